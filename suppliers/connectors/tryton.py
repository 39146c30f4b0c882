"""Tryton and Rackline kept in step: orders flow in, promises and shipments flow back.

One cycle reads what changed in Tryton, states it in Rackline, then brings what changed
in Rackline to Tryton. Every step looks before it writes, so that a cycle that was
killed anywhere is simply run again. ``docs/tryton.md`` says what means what.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from suppliers.connectors.book import Book, alone, keep_book, read_book
from suppliers.connectors.patience import RefusedError, with_patience
from suppliers.connectors.rackline import Rackline, rackline_client
from suppliers.connectors.tryton_orders import (
    ORDER_FIELDS,
    Arrival,
    UnfitError,
    Wanted,
    arrivals,
    goods_lines,
    order_push,
    promised,
    reshaped,
    wanted,
)
from suppliers.connectors.tryton_rest import Record, TrytonRest, tryton_client
from suppliers.connectors.tryton_shipments import Consignments, line_of, new_move

PAGE: Final = 100
"""Orders a page: about 200 kB of JSON with their lines and moves."""

OVERLAP: Final = timedelta(minutes=10)
"""How far a sweep reaches back before the last one: Tryton stamps a change when its
transaction begins, and shows it when it ends."""

CHANGES: Final = tuple(
    f"{of}{name}"
    for of in ("", "lines.", "lines.moves.")
    for name in ("write_date", "create_date")
)

TOLD: Final = ("commitment", "shipment")
"""Types of object Tryton is told of; their lists are their names in the plural."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where both systems are and how they are read.

    Attributes:
        tryton_url: Of server and database.
        tryton_key: Of a REST user application.
        company: Key of the company in Tryton.
        rackline_url: Of the server.
        rackline_key: Of an API client with sensitive data.
        system: What that client is called in external ids.
        book: File that keeps where the connector stands.
        back: How long ago a finished order may have changed to be read the first time.
    """

    tryton_url: str
    tryton_key: str
    company: int
    rackline_url: str
    rackline_key: str
    system: str
    book: Path
    back: timedelta


@dataclass(slots=True, kw_only=True)
class Report:
    """What one cycle did; ``problems`` are sentences for a person."""

    orders: int = 0
    receipts: int = 0
    written: int = 0
    shipments: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the counts in one line."""
        return (
            f"{self.orders} orders and {self.receipts} receipts stated, "
            f"{self.written} lines and {self.shipments} shipments written back, "
            f"{len(self.problems)} problems"
        )


@dataclass(slots=True, kw_only=True)
class Connector:
    """Both systems and the book; ``cycle`` does everything once."""

    tryton: TrytonRest
    rackline: Rackline
    book: Book
    settings: Settings
    sleep: Callable[[float], object] = time.sleep
    report: Report = field(default_factory=Report)

    def cycle(self) -> Report:
        """Bring both systems in step once."""
        self.report = Report()
        self._take_orders()
        self._bring_changes()
        return self.report

    def _take_orders(self) -> None:
        """State in Rackline what changed in Tryton, page by page, and keep the place.

        A sweep that was broken off goes on after its last page, and what changed
        meanwhile is found by the next one, which begins where this one began.
        """
        for page in self._sweep():
            self._state_orders(page)
            self.book.sweep_after = page[-1]["id"]
            self._keep()
        self.book.orders_since = self.book.sweep_began
        self.book.sweep_began, self.book.sweep_after = "", 0
        self._keep()

    def _sweep(self) -> Iterator[list[Record]]:
        """Yield pages of changed orders by key."""
        domain = self._changed()
        while True:
            page = self.tryton.search(
                "purchase.purchase",
                [*domain, ["id", ">", self.book.sweep_after]],
                fields=ORDER_FIELDS,
                limit=PAGE,
            )
            if not self.book.sweep_began:
                began = self.tryton.clock or datetime.now(UTC)  # noqa: TID251
                self.book.sweep_began = began.isoformat()
                self.book.sweep_token = uuid.uuid4().hex
                self._keep()
            if page:
                yield page
            if len(page) < PAGE:
                return

    def _changed(self) -> list[Any]:
        """Return Tryton's domain for orders that may have changed since."""
        ordered = [
            ["company", "=", self.settings.company],
            ["state", "in", ["processing", "done"]],
        ]
        if not self.book.orders_since:
            now = datetime.now(UTC)  # noqa: TID251
            recent = ["write_date", ">=", now - self.settings.back]
            return [*ordered, ["OR", ["state", "=", "processing"], recent]]
        since = datetime.fromisoformat(self.book.orders_since) - OVERLAP
        refused = ["id", "in", [int(key) for key in self.book.refused]]
        changed = [[name, ">=", since] for name in CHANGES]
        return [*ordered, ["OR", *changed, refused]]

    def _state_orders(self, page: list[Record]) -> None:
        """Push one page; keep what Rackline refused for the next sweep."""
        fitting: list[Record] = []
        pushes: list[dict[str, Any]] = []
        for order in page:
            self.book.refused.pop(str(order["id"]), None)
            try:
                pushes.append(order_push(order))
            except UnfitError as error:
                self._refuse(order, str(error))
            else:
                fitting.append(order)
        if not pushes:
            return
        results = self.rackline.push_orders(pushes, token=self.book.sweep_token)
        for order, result in zip(fitting, results, strict=True):
            if result["outcome"] == "failed":
                faults = "; ".join(fault["detail"] for fault in result["errors"])
                self._refuse(order, f"Order {order['number']}: {faults}")
            else:
                self.report.orders += 1
                self._state_arrivals(order)

    def _state_arrivals(self, order: Record) -> None:
        """Record here what Tryton's dock has received and nobody has recorded here.

        What both docks counted is counted once: pieces recorded here by other hands
        are taken off.
        """
        arrived = list(arrivals(order))
        if not arrived:
            return
        system = self.settings.system
        number = order["number"]
        known = list(self.rackline.all_of("receipts", purchase_order=number))
        lots = {one["lot"] for one in known}
        here = Counter[int]()
        for one in known:
            here[one["line"]] += one["quantity"]
        places = {line["id"]: at for at, line in enumerate(goods_lines(order), 1)}
        there = Counter[int]()
        for arrival in arrived:
            place = places[arrival.line]
            there[place] += arrival.quantity
            missing = min(arrival.quantity, there[place] - here[place])
            lot = f"tryton-{arrival.move}"
            if lot in lots or missing <= 0:
                continue
            receipt = {
                "commitment": f"{system}:{arrival.line}",
                "quantity": missing,
                "received_on": arrival.on.isoformat(),
                "lot": lot,
            } | self._announced(arrival, missing)
            try:
                self.rackline.receive(receipt)
            except RefusedError as error:
                self._refuse(order, f"Order {number} line {place}: {error}")
            else:
                here[place] += missing
                self.report.receipts += 1

    def _announced(self, arrival: Arrival, quantity: int) -> dict[str, Any]:
        """Return the announcement an arrival came with, and its serials if all came."""
        if arrival.shipment is None:
            return {}
        shipment = self.tryton.get(
            "stock.shipment.in", arrival.shipment, fields=["reference", "supplier.code"]
        )
        if not shipment["reference"]:
            return {}
        for asn in self.rackline.all_of(
            "shipments",
            number=shipment["reference"],
            supplier=shipment["supplier"]["code"],
        ):
            for line in asn["lines"]:
                names = line["external_ids"]
                if names.get(self.settings.system) == str(arrival.line):
                    is_whole = quantity == len(line["serials"]) and not line["received"]
                    serials = line["serials"] if is_whole else []
                    return {"shipment": asn["id"], "serials": serials}
        return {}

    def _refuse(self, order: Record, sentence: str) -> None:
        """Tell of an order that does not fit, and take it along in the next sweep."""
        self.book.refused[str(order["id"])] = sentence
        self.report.problems.append(sentence)

    def _bring_changes(self) -> None:
        """Tell Tryton what changed here since the last cycle, and what it refused then.

        Without a place in the feed everything is told once: the place is taken first,
        so that nothing falls between.
        """
        owed, self.book.owed = self.book.owed, []
        if not self.book.feed:
            self._bring_everything()
            return
        for kind, key in owed:
            self._bring(kind, key)
        has_more = True
        while has_more:
            try:
                changed, place, has_more = self.rackline.changes(self.book.feed)
            except RefusedError as error:
                if error.status != httpx.codes.GONE:
                    raise
                self._bring_everything()
                return
            for kind, key in changed:
                self._bring(kind, key)
            self.book.feed = place
            self._keep()

    def _bring_everything(self) -> None:
        """Tell Tryton every commitment and every shipment on the way."""
        place = self.rackline.place()
        for commitment in self.rackline.all_of("commitments"):
            self._told("commitment", commitment)
        for shipment in self.rackline.all_of("shipments", state="announced"):
            self._told("shipment", shipment)
        self.book.feed = place
        self._keep()

    def _bring(self, kind: str, key: str) -> None:
        """Tell Tryton how one commitment or shipment stands now."""
        if kind in TOLD:
            self._told(kind, self.rackline.one_of(f"{kind}s", key))

    def _told(self, kind: str, shown: Record) -> None:
        """Tell Tryton; what it refuses is told to a person and tried in each cycle."""
        try:
            if kind == "commitment":
                self._bring_commitment(shown)
            else:
                self._bring_shipment(shown)
        except RefusedError as error:
            self.book.owed.append([kind, shown["id"]])
            self.report.problems.append(f"{kind.capitalize()} {shown['id']}: {error}")

    def _bring_commitment(self, commitment: Record) -> None:
        """Write a promise into the planned dates of a line's stock moves."""
        line = commitment["external_ids"].get(self.settings.system)
        stands = promised(commitment)
        if line is not None and stands is not None:
            self.write_back(int(line), stands)

    def _bring_shipment(self, asn: Record) -> None:
        """Make a supplier shipment of an announcement, change it or cancel it."""
        system = self.settings.system
        pieces = Counter[int]()
        for line in asn["lines"]:
            if system in line["external_ids"]:
                pieces[int(line["external_ids"][system])] += line["quantity"]
        if pieces and asn["state"] != "arrived":
            lines = [] if asn["state"] == "cancelled" else sorted(pieces.items())
            consignments = Consignments(
                tryton=self.tryton, company=self.settings.company
            )
            step = partial(consignments.stand, asn, lines)
            self.report.shipments += with_patience(step, sleep=self.sleep)
            # What was taken out of a shipment waits for its promised day again.
            for line in asn["lines"]:
                shown = self.rackline.one_of("commitments", line["commitment"])
                self._bring_commitment(shown)

    def write_back(self, line: int, promised: Iterable[Wanted]) -> None:
        """Let a line's stock moves say what is promised, by one write of Tryton's."""
        promises = list(promised)

        def step() -> bool:
            """Compare and write; a lost answer is looked at before another write."""
            record = line_of(self.tryton, line)
            target = wanted(record["moves"], promises)
            actions = reshaped(record["moves"], target, new_move(record))
            if actions:
                self.tryton.update("purchase.line", line, {"moves": actions})
            return bool(actions)

        if with_patience(step, sleep=self.sleep):
            self.report.written += 1

    def _keep(self) -> None:
        """Keep the book."""
        keep_book(self.settings.book, self.book)


def run_once(
    settings: Settings,
    *,
    tryton: httpx.BaseTransport | None = None,
    rackline: httpx.BaseTransport | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Report:
    """Do one cycle from where the book says, alone.

    Args:
        settings: Addresses, keys and the book's place.
        tryton: Another way to Tryton than the network, for tests.
        rackline: The same to Rackline.
        sleep: Waits between tries.

    Raises:
        BookTakenError: If another connector works with the same book.
        PassingError: If a system stayed away; the next cycle goes on from there.
        RefusedError: If a key or an address is wrong.
    """
    with (
        alone(settings.book),
        tryton_client(
            settings.tryton_url,
            settings.tryton_key,
            settings.company,
            transport=tryton,
        ) as there,
        rackline_client(
            settings.rackline_url, settings.rackline_key, transport=rackline
        ) as here,
    ):
        connector = Connector(
            tryton=TrytonRest(there, sleep=sleep),
            rackline=Rackline(here, sleep=sleep),
            book=read_book(settings.book),
            settings=settings,
            sleep=sleep,
        )
        return connector.cycle()
