"""Supplier shipments in Tryton: one for each announcement, made of a line's moves."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from suppliers.connectors.patience import RefusedError
from suppliers.connectors.tryton_orders import (
    MOVE_FIELDS,
    Wanted,
    by_date,
    is_open,
    reshaped,
    without_earliest,
)
from suppliers.connectors.tryton_rest import Record, TrytonRest

NEW_MOVE: Final = ("product", "unit", "from_location", "to_location")
"""What a new stock move of a line takes over from it."""

LINE: Final = (
    *(f"{name}.id" for name in NEW_MOVE),
    "unit_price",
    "purchase.company.id",
    "purchase.currency.id",
    "purchase.party.id",
    "purchase.warehouse.id",
    "purchase.warehouse.input_location.id",
    "purchase.warehouse.storage_location.id",
    *(f"moves.{name}" for name in MOVE_FIELDS),
)
SHIPMENT_FIELDS: Final = (
    "state",
    "planned_date",
    "incoming_moves.quantity",
    "incoming_moves.origin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignments:
    """A company's supplier shipments in Tryton."""

    tryton: TrytonRest
    company: int

    def stand(self, asn: Record, lines: list[tuple[int, int]]) -> bool:
        """Look for an announcement's shipment and let it stand as announced.

        Returns:
            Whether anything was written.
        """
        found = self.tryton.search(
            "stock.shipment.in",
            [
                ["reference", "=", asn["number"]],
                ["supplier.code", "=", asn["supplier"]],
                ["state", "!=", "cancelled"],
            ],
            fields=SHIPMENT_FIELDS,
        )
        if found and found[0]["state"] != "draft":
            return False
        if not lines:
            for shipment in found:
                self._empty(shipment)
                self.tryton.act("stock.shipment.in", shipment["id"], "cancel")
            return bool(found)
        day = date.fromisoformat(asn["expected_on"])
        if found:
            held = Counter[int]()
            for move in found[0]["incoming_moves"]:
                held[_line_of(move)] += round(move["quantity"])
            if sorted(held.items()) == lines and found[0]["planned_date"] == day:
                return False
            self._empty(found[0])
        records = [line_of(self.tryton, line) for line, _ in lines]
        moves = [
            self._set_apart(record, pieces)
            for record, (_, pieces) in zip(records, lines, strict=True)
        ]
        loaded = {"planned_date": day, "incoming_moves": [["add", moves]]}
        if found:
            self.tryton.update("stock.shipment.in", found[0]["id"], loaded)
            return True
        purchase = records[0]["purchase"]
        warehouse = purchase["warehouse"]
        self.tryton.create(
            "stock.shipment.in",
            loaded
            | {
                "company": self.company,
                "supplier": purchase["party"]["id"],
                "reference": asn["number"],
                "warehouse": warehouse["id"],
                "warehouse_input": warehouse["input_location"]["id"],
                "warehouse_storage": warehouse["storage_location"]["id"],
            },
        )
        return True

    def _empty(self, shipment: Record) -> None:
        """Take a draft shipment's moves out; the orders wait for them as before."""
        keys = [move["id"] for move in shipment["incoming_moves"]]
        if keys:
            taken = {"incoming_moves": [["remove", keys]]}
            self.tryton.update("stock.shipment.in", shipment["id"], taken)

    def _set_apart(self, line: Record, pieces: int) -> int:
        """Return an open move of exactly so many pieces, made of the earliest ones."""
        moves = sorted(filter(is_open, line["moves"]), key=by_date)
        for move in moves:
            if move["quantity"] == pieces:
                return int(move["id"])
        room = round(sum(move["quantity"] for move in moves))
        if not moves or pieces > room:
            raise RefusedError(
                "Tryton", 0, f"line {line['id']} waits for {room} pieces, not {pieces}."
            )
        first = moves[0]
        stands = [
            Wanted(quantity=round(m["quantity"]), on=m["planned_date"]) for m in moves
        ]
        rest = without_earliest(stands, pieces)
        actions: list[list[Any]] = [
            ["write", [first["id"]], {"quantity": float(pieces)}]
        ]
        actions += reshaped(moves[1:], rest, new_move(line))
        self.tryton.update("purchase.line", line["id"], {"moves": actions})
        return int(first["id"])


def line_of(tryton: TrytonRest, line: int) -> Record:
    """Return a purchase line with its moves and what a new one takes over."""
    return tryton.get("purchase.line", line, fields=LINE)


def new_move(line: Record) -> Record:
    """Return what a stock move of a line has besides quantity and date."""
    purchase = line["purchase"]
    return {name: line[name]["id"] for name in NEW_MOVE} | {
        "company": purchase["company"]["id"],
        "currency": purchase["currency"]["id"],
        "unit_price": line["unit_price"],
    }


def _line_of(move: Record) -> int:
    """Return the purchase line a move was made for; 0 for none."""
    model, _, key = (move["origin"] or "").partition(",")
    return int(key) if model == "purchase.line" else 0
