"""What Tryton's purchase orders and stock moves mean to Rackline, without any call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from suppliers.connectors.tryton_rest import Record

MOVE_FIELDS: Final = (
    "quantity",
    "planned_date",
    "origin_planned_date",
    "effective_date",
    "state",
    "shipment",
    "create_date",
    "write_date",
)
LINE_FIELDS: Final = (
    "type",
    "product.code",
    "quantity",
    "unit.symbol",
    "unit_price",
    "delivery_date_edit",
    "delivery_date_store",
    "create_date",
    "write_date",
    "moves_ignored.quantity",
    *(f"moves.{name}" for name in MOVE_FIELDS),
)
ORDER_FIELDS: Final = (
    "number",
    "state",
    "purchase_date",
    "delivery_date",
    "party.code",
    "warehouse.code",
    "create_date",
    "write_date",
    *(f"lines.{name}" for name in LINE_FIELDS),
)

FIRST_REVISION = datetime(2020, 1, 1, tzinfo=UTC)
"""Revisions are seconds since then: they fit 31 bits until 2083."""

UNCERTAIN = date.max
"""Sorts what has no date after everything that has one."""


class UnfitError(Exception):
    """A purchase order says what Rackline has no room for; the sentence says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Pieces that Tryton's dock has received.

    Attributes:
        move: Key of the stock move.
        line: Key of the purchase-order line.
        quantity: Pieces; at least 1.
        on: Dock date.
        shipment: Key of the supplier shipment they came in; None came without one.
    """

    move: int
    line: int
    quantity: int
    on: date
    shipment: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Pieces of a line and the day they come; None is not promised."""

    quantity: int
    on: date | None


def order_push(order: Record) -> dict[str, Any]:
    """Return a purchase order as ``purchase-orders:bulk-upsert`` takes it.

    Raises:
        UnfitError: If something is missing or no whole number of pieces.
    """
    name = order["number"] or order["id"]
    lines = goods_lines(order)
    if not lines:
        raise UnfitError(f"Order {name} has no line of goods.")
    return {
        "external_id": str(order["id"]),
        "revision": revision_of(order),
        "number": order["number"] or "",
        "supplier": _code(order["party"], f"Order {name}: its supplier"),
        "site": _code(order["warehouse"], f"Order {name}: its warehouse"),
        "ordered_at": f"{_ordered_on(order)}T00:00:00Z",
        "lines": [
            _line_push(order, line, number) for number, line in enumerate(lines, 1)
        ],
    }


def goods_lines(order: Record) -> list[Record]:
    """Return the lines that bring goods, in the order they were written.

    A confirmed order loses no line, and a new one gets a higher key, so that a line's
    place is its number for good.
    """
    lines = [line for line in order["lines"] if line["type"] == "line"]
    goods = [line for line in lines if line["product"] and line["quantity"] > 0]
    return sorted(goods, key=lambda line: line["id"])


def revision_of(order: Record) -> int:
    """Return when anything of an order changed last, in seconds."""
    moments = [
        record["write_date"] or record["create_date"]
        for line in order["lines"]
        for record in (order, line, *line["moves"])
    ]
    return int((max(moments) - FIRST_REVISION).total_seconds())


def arrivals(order: Record) -> Iterable[Arrival]:
    """Yield what the dock has received of an order."""
    for line in goods_lines(order):
        for move in sorted(line["moves"], key=lambda move: move["id"]):
            if move["state"] == "done" and move["quantity"] >= 1:
                yield Arrival(
                    move=move["id"],
                    line=line["id"],
                    quantity=_pieces(move["quantity"], f"Stock move {move['id']}"),
                    on=move["effective_date"],
                    shipment=_shipment(move),
                )


def is_announced(move: Record) -> bool:
    """Say whether a move's goods are on the way in a shipment."""
    return move["state"] == "draft" and bool(move["shipment"])


def is_open(move: Record) -> bool:
    """Say whether a move waits for goods that nobody has announced."""
    return move["state"] == "draft" and not move["shipment"]


def promised(commitment: Record) -> list[Wanted] | None:
    """Return what stands of a commitment and is still to come.

    None leaves Tryton's dates alone: nobody has answered, or the line is over. An empty
    list takes them away: what was promised is no more, or the supplier said no.
    """
    promise = commitment["promise"]
    if commitment["state"] in {"committed", "shipped"} and promise:
        come = commitment["received"] - promise["received"]
        said = [
            Wanted(quantity=one["quantity"], on=date.fromisoformat(one["dock_date"]))
            for one in promise["tranches"]
        ]
        return without_earliest(said, come)
    is_unknown = commitment["state"] == "acknowledged" and (
        promise or commitment["word_by"]
    )
    return (
        [] if is_unknown or commitment["state"] in {"rejected", "decommitted"} else None
    )


def wanted(moves: Sequence[Record], promised: Iterable[Wanted]) -> list[Wanted]:
    """Return how the open moves of a line should stand.

    Goods that are announced are the earliest that were promised, as in the ledger.
    What is open and not promised has no date: Tryton counts it last.

    Args:
        moves: Of one line, as Tryton has them.
        promised: What stands and is still to come, in any order.
    """
    room = _pieces_of(moves, is_open)
    said = list(promised)
    announced = _pieces_of(moves, is_announced)
    surplus = sum(one.quantity for one in said) - announced - room
    found = without_earliest(said, announced + max(0, surplus))
    rest = room - sum(one.quantity for one in found)
    return [*found, Wanted(quantity=rest, on=None)] if rest else found


def _pieces_of(moves: Iterable[Record], fits: Callable[[Record], bool]) -> int:
    """Return the pieces of the moves that fit."""
    return sum(round(move["quantity"]) for move in moves if fits(move))


def without_earliest(said: Iterable[Wanted], come: int) -> list[Wanted]:
    """Return deliveries by date, without so many pieces from the earliest on."""
    left: list[Wanted] = []
    for one in sorted(said, key=lambda one: one.on or UNCERTAIN):
        gone = min(come, one.quantity)
        come -= gone
        if gone < one.quantity:
            left.append(Wanted(quantity=one.quantity - gone, on=one.on))
    return left


def reshaped(
    moves: Sequence[Record], target: Sequence[Wanted], template: Record
) -> list[list[Any]]:
    """Return what to do to a line's open moves, in Tryton's words; empty for nothing.

    Moves that stand as wanted are left alone, the others take a new date and quantity,
    and only then are moves made or deleted.

    Args:
        moves: Of one line, as Tryton has them.
        target: How the open ones should stand.
        template: What a new move has besides quantity and date.
    """
    left = list(target)
    changed: list[Record] = []
    for move in sorted(filter(is_open, moves), key=by_date):
        stands = Wanted(quantity=move["quantity"], on=move["planned_date"])
        if stands in left:
            left.remove(stands)
        else:
            changed.append(move)
    actions: list[list[Any]] = []
    for move, one in zip(changed, left, strict=False):
        values = {"quantity": float(one.quantity), "planned_date": one.on}
        actions.append(["write", [move["id"]], values])
    actions.extend(
        [
            "create",
            [template | {"quantity": float(one.quantity), "planned_date": one.on}],
        ]
        for one in left[len(changed) :]
    )
    if superfluous := [move["id"] for move in changed[len(left) :]]:
        actions.append(["delete", superfluous])
    return actions


def _line_push(order: Record, line: Record, number: int) -> dict[str, Any]:
    """Return one line as the bulk upsert takes it."""
    name = f"Order {order['number']} line {number}"
    asked = _pieces(line["quantity"], name)
    dropped = sum(move["quantity"] for move in line["moves_ignored"])
    left = asked - _pieces(dropped, name)
    cents = (line["unit_price"] or Decimal(0)) * 100
    return {
        "number": number,
        "external_id": str(line["id"]),
        "part": _code(line["product"], f"{name}: its product"),
        "quantity": left if left > 0 else asked,
        "need_by": _need_by(order, line, name).isoformat(),
        "price_cents": int(cents.quantize(Decimal(1), ROUND_HALF_UP)),
        "cancelled": left <= 0,
    }


def _need_by(order: Record, line: Record, name: str) -> date:
    """Return the date asked for, which no promise of ours ever moved.

    ``planned_date`` is what the connector writes, and ``delivery_date`` of a line
    follows it; ``origin_planned_date`` is Tryton's own and cannot be written.
    """
    if line["delivery_date_edit"] and line["delivery_date_store"]:
        found: date = line["delivery_date_store"]
        return found
    if order["delivery_date"]:
        asked: date = order["delivery_date"]
        return asked
    planned = [move["origin_planned_date"] for move in line["moves"]]
    if dates := sorted(filter(None, planned)):
        first: date = dates[0]
        return first
    raise UnfitError(
        f"{name} has no delivery date: give the order one, or its supplier a lead time."
    )


def _ordered_on(order: Record) -> date:
    """Return the day of the order."""
    day: date = order["purchase_date"] or order["create_date"].date()
    return day


def _code(record: Record | None, name: str) -> str:
    """Return a record's code, which is how the two systems call the same thing."""
    code = (record or {}).get("code")
    if not code:
        raise UnfitError(f"{name} has no code.")
    return str(code)


def _pieces(quantity: float, name: str) -> int:
    """Return a quantity as a whole number of pieces."""
    if quantity != int(quantity):
        raise UnfitError(f"{name}: {quantity} is no whole number of pieces.")
    return int(quantity)


def _shipment(move: Record) -> int | None:
    """Return the supplier shipment a move belongs to."""
    model, _, key = (move["shipment"] or "").partition(",")
    return int(key) if model == "stock.shipment.in" else None


def by_date(move: Record) -> tuple[date, int]:
    """Sort moves by their date; those without one come last."""
    return move["planned_date"] or UNCERTAIN, move["id"]
