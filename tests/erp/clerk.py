"""People at Tryton's desk, through its own client library; run by Tryton's own Python.

``python clerk.py URL KEY`` reads one JSON list a line, ``[verb, argument, …]``, and
answers each with one line of JSON.
"""

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

from naiad import Client


class Clerk:
    """A buyer and a dock clerk."""

    def __init__(self, url: str, key: str) -> None:
        """Sign in."""
        context = {"company": 1, "companies": [1]}
        self.client = Client(url, key, context=context, max_retries=0)

    def ping(self) -> bool:
        """Say that the server answers."""
        return bool(self.client.search("company.company", limit=1))

    def order(self, supplier: str, need_by: str, *lines: list[Any]) -> dict[str, Any]:
        """Write, quote and confirm a purchase order; lines are part and quantity."""
        fields = ["addresses.id"]
        find = self.client.search
        (party,) = find("party.party", [("code", "=", supplier)], fields=fields)
        written = []
        for part, quantity in lines:
            fields = ["default_uom.id"]
            found = find("product.product", [("code", "=", part)], fields=fields)
            line = {"type": "line", "product": found[0].id, "quantity": float(quantity)}
            line |= {"unit": found[0].default_uom.id, "unit_price": Decimal("5.00")}
            written.append(line)
        values = {
            "party": party.id,
            "invoice_address": party.addresses[0].id,
            "purchase_date": dt.date.today(),  # noqa: DTZ011 - Tryton's own day
            "delivery_date": dt.date.fromisoformat(need_by),
            "lines": [("create", written)],
        }
        key = self.client.create("purchase.purchase", values).id
        for button in ("quote", "confirm"):
            self.client.action("purchase.purchase", button, key)
        return self.show(key)

    def show(self, order: int) -> dict[str, Any]:
        """Return how an order stands."""
        names = ("id", "quantity", "planned_date", "state", "shipment")
        fields = ["number", "state", "shipment_state", "lines.delivery_date"]
        fields += [f"lines.moves.{name}" for name in names]
        found = self.client.get("purchase.purchase", order, fields=fields)
        return {
            "id": order,
            "number": found.number,
            "state": found.state,
            "shipment_state": found.shipment_state,
            "lines": [self._line(line) for line in found.lines],
        }

    def _line(self, line: Any) -> dict[str, Any]:
        """Return a line with its moves by date."""
        moves = [
            [move.quantity, move.planned_date and str(move.planned_date), move.state]
            for move in line.moves
        ]
        return {
            "id": line.id,
            "delivery_date": line.delivery_date and str(line.delivery_date),
            "moves": sorted(moves, key=lambda move: (move[1] or "~", move[0])),
        }

    def shipments(self) -> list[dict[str, Any]]:
        """Return every supplier shipment."""
        fields = ["reference", "state", "incoming_moves.quantity", "planned_date"]
        return [
            {
                "id": found.id,
                "reference": found.reference,
                "state": found.state,
                "planned_date": str(found.planned_date),
                "quantities": sorted(move.quantity for move in found.incoming_moves),
            }
            for found in self.client.search("stock.shipment.in", [], fields=fields)
        ]

    def receive(self, shipment: int) -> str:
        """Receive a shipment at the dock and put it away."""
        for button in ("receive", "do"):
            self.client.action("stock.shipment.in", button, shipment)
        return str(self.client.get("stock.shipment.in", shipment, ["state"]).state)


if __name__ == "__main__":
    clerk = Clerk(*sys.argv[1:])
    for request in sys.stdin:
        verb, *arguments = json.loads(request)
        print(json.dumps(getattr(clerk, verb)(*arguments)), flush=True)
