"""A Tryton in memory for tests: as much of its REST interface as the connector uses."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from suppliers.connectors.tryton_rest import read_value, written

EPOCH = datetime(2026, 11, 20, 8, tzinfo=UTC)
MATCHES = {
    "=": lambda value, other: value == other,
    "!=": lambda value, other: value != other,
    "in": lambda value, other: value in other,
    ">": lambda value, other: value is not None and value > other,
    ">=": lambda value, other: value is not None and value >= other,
}


class Killed(BaseException):
    """The connector's process is gone; nothing catches it on the way."""


@dataclass
class FakeTryton:
    """Rows of four models, a clock that ticks once a change, and a transport."""

    clock: datetime = EPOCH
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    shipments: dict[int, dict[str, Any]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    _keys: Any = field(default_factory=lambda: count(1))

    @property
    def transport(self) -> httpx.MockTransport:
        """Return the way to it."""
        return httpx.MockTransport(self.answer)

    def an_order(self, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Confirm an order: each line gets one stock move, as Tryton does."""
        key = next(self._keys)
        order = {
            "id": key,
            "number": f"P{key}",
            "company": 1,
            "state": "processing",
            "purchase_date": date(2026, 11, 1),
            "delivery_date": date(2026, 12, 14),
            "party": {"id": 7, "code": "tessaline"},
            "warehouse": {"id": 5, "code": "MTY"},
            "currency": {"id": 1, "code": "USD"},
            "lines": [],
            "create_date": self._tick(),
            "write_date": None,
        } | fields
        self.orders[key] = order
        for line in lines:
            self.add_line(order, **line)
        return order

    def add_line(self, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Add a line and the move it is waited for by."""
        line = {
            "id": next(self._keys),
            "type": "line",
            "product": {"id": 3, "code": fields.pop("part", "SENSOR")},
            "quantity": 144.0,
            "unit": {"id": 1, "symbol": "u"},
            "unit_price": Decimal("5.00"),
            "delivery_date_edit": 0,
            "delivery_date_store": None,
            "from_location": {"id": 8},
            "to_location": {"id": 9},
            "purchase": {
                "company": {"id": 1},
                "currency": {"id": 1},
                "party": order["party"],
                "warehouse": order["warehouse"]
                | {"input_location": {"id": 9}, "storage_location": {"id": 10}},
            },
            "moves": [],
            "moves_ignored": [],
            "create_date": self._tick(),
            "write_date": None,
        } | fields
        order["lines"].append(line)
        self.add_move(
            line,
            quantity=line["quantity"],
            planned_date=order["delivery_date"],
            origin_planned_date=order["delivery_date"],
        )
        return line

    def add_move(self, line: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Add a draft move to a line."""
        move = {
            "id": next(self._keys),
            "planned_date": None,
            "origin_planned_date": None,
            "effective_date": None,
            "state": "draft",
            "shipment": None,
            "origin": f"purchase.line,{line['id']}",
            "create_date": self._tick(),
            "write_date": None,
        } | {name: fields[name] for name in fields if name in MOVE}
        line["moves"].append(move)
        return move

    def ignore(self, line: dict[str, Any]) -> None:
        """Cancel a line's open moves and say that they will not be made again."""
        for move in line["moves"]:
            if move["state"] == "draft":
                move |= {"state": "cancelled", "write_date": self._tick()}
                line["moves_ignored"].append(move)

    def receive(self, shipment: int, on: date) -> None:
        """Receive a supplier shipment at the dock."""
        self.shipments[shipment]["state"] = "received"
        for move in self.carried(shipment):
            move |= {"state": "done", "effective_date": on, "write_date": self._tick()}

    def lines(self) -> list[dict[str, Any]]:
        """Return every line."""
        return [line for order in self.orders.values() for line in order["lines"]]

    def moves(self) -> list[dict[str, Any]]:
        """Return every move."""
        return [move for line in self.lines() for move in line["moves"]]

    def carried(self, shipment: int) -> list[dict[str, Any]]:
        """Return the moves of a supplier shipment."""
        name = f"stock.shipment.in,{shipment}"
        return [move for move in self.moves() if move["shipment"] == name]

    def planned(self, line: dict[str, Any]) -> list[tuple[float, date | None]]:
        """Return quantity and planned date of a line's moves that live, in order."""
        return sorted(
            (
                (move["quantity"], move["planned_date"])
                for move in line["moves"]
                if move["state"] != "cancelled"
            ),
            key=lambda pair: (pair[1] or date.max, pair[0]),
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        model, *rest = request.url.path.removeprefix("/erp/rest/model/").split("/")
        key = int(rest[0]) if rest else 0
        if request.method == "GET":
            found = self._rows(model) if not key else [self._rows_by_key(model)[key]]
            shown = found[0] if key else self._search(found, request.url.params)
            return self._say(shown)
        values = json.loads(request.content, object_hook=read_value)
        self.writes.append(f"{request.method} {model}")
        if model == "purchase.line":
            self._nested(self._rows_by_key(model)[key], values["moves"])
        else:
            key = self._shipment(key, values, rest)
        return self._say({"id": key})

    def _rows(self, model: str) -> list[dict[str, Any]]:
        """Return a model's rows."""
        rows = {
            "purchase.purchase": list(self.orders.values()),
            "purchase.line": self.lines(),
            "stock.shipment.in": [
                shipment | {"incoming_moves": self.carried(shipment["id"])}
                for shipment in self.shipments.values()
            ],
        }
        return rows[model]

    def _rows_by_key(self, model: str) -> dict[int, dict[str, Any]]:
        """Return a model's rows by key."""
        return {row["id"]: row for row in self._rows(model)}

    def _search(
        self, rows: list[dict[str, Any]], params: httpx.QueryParams
    ) -> list[dict[str, Any]]:
        """Return the rows of a domain, by key, at most so many."""
        text = base64.urlsafe_b64decode(params["d"])
        domain = json.loads(text, object_hook=read_value)
        found = [row for row in rows if self._fits(row, domain)]
        return sorted(found, key=lambda row: row["id"])[: int(params["s"])]

    def _fits(self, row: dict[str, Any], clause: list[Any]) -> bool:
        """Say whether a row is in a domain."""
        if clause and clause[0] == "OR":
            return any(self._fits(row, inner) for inner in clause[1:])
        if clause and isinstance(clause[0], str):
            name, operator, other = clause
            return any(
                MATCHES[operator](value, other)
                for value in _values(row, name.split("."))
            )
        return all(self._fits(row, inner) for inner in clause)

    def _nested(self, line: dict[str, Any], actions: list[list[Any]]) -> None:
        """Write a line's moves, as one transaction."""
        for action, *arguments in actions:
            if action == "create":
                for values in arguments[0]:
                    self.add_move(line, **values)
            elif action == "delete":
                left = [one for one in line["moves"] if one["id"] not in arguments[0]]
                line["moves"] = left
            else:
                for move in line["moves"]:
                    if move["id"] in arguments[0]:
                        move.update(arguments[1], write_date=self._tick())
        line["write_date"] = self._tick()

    def _shipment(self, key: int, values: dict[str, Any], rest: list[str]) -> int:
        """Create a supplier shipment, write it or press its button."""
        if len(rest) > 1:
            self.shipments[key]["state"] = {"cancel": "cancelled"}[rest[1]]
            return key
        loads = values.pop("incoming_moves", [])
        key = key or next(self._keys)
        if supplier := values.pop("supplier", None):
            values["supplier"] = {"id": supplier, "code": "tessaline"}
        fresh = {"id": key, "state": "draft", "planned_date": None}
        self.shipments[key] = self.shipments.get(key, fresh) | values
        for action, keys in loads:
            name = f"stock.shipment.in,{key}" if action == "add" else None
            for move in self.moves():
                if move["id"] in keys:
                    move |= {"shipment": name, "write_date": self._tick()}
        for move in self.carried(key):
            move["planned_date"] = self.shipments[key]["planned_date"]
        return key

    def _tick(self) -> datetime:
        """Return the next second."""
        self.clock += timedelta(seconds=1)
        return self.clock

    def _say(self, content: object) -> httpx.Response:
        """Return an answer with the clock's time."""
        return httpx.Response(
            200,
            content=written(content),
            headers={"Date": f"{self.clock:%a, %d %b %Y %H:%M:%S} GMT"},
        )


MOVE = (
    "quantity",
    "planned_date",
    "origin_planned_date",
    "effective_date",
    "state",
    "shipment",
)


def _values(row: Any, path: list[str]) -> list[Any]:
    """Return what a dotted name leads to; a list of rows leads to each of them."""
    if not path:
        return [row]
    if isinstance(row, list):
        return [value for one in row for value in _values(one, path)]
    return _values(row[path[0]], path[1:]) if row else [None]


@dataclass
class Wire(httpx.BaseTransport):
    """A way that counts its calls and can be cut.

    Attributes:
        inner: Where calls go.
        calls: ``METHOD path`` of each.
        kill_before: The call before which the connector dies; 0: none.
        kill_after: The call after which it dies, the answer lost.
        answers: What to answer instead, by number of call.
    """

    inner: httpx.BaseTransport
    calls: list[str] = field(default_factory=list)
    kill_before: int = 0
    kill_after: int = 0
    answers: dict[int, httpx.Response | Exception] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass one call on, or cut it."""
        self.calls.append(f"{request.method} {request.url.path}")
        number = len(self.calls)
        if number == self.kill_before:
            raise Killed
        instead = self.answers.get(number)
        if isinstance(instead, Exception):
            raise instead
        if instead is not None:
            return instead
        response = self.inner.handle_request(request)
        if number == self.kill_after:
            response.read()
            raise Killed
        return response
