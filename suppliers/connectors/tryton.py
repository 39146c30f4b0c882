"""Tryton and Rackline kept in step: orders flow in, promises and shipments flow back.

One cycle reads what changed in Tryton, states it in Rackline, then brings what changed
in Rackline to Tryton. Every step looks before it writes, so that a cycle that was
killed anywhere is simply run again. ``docs/tryton.md`` says what means what.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from suppliers.connectors.book import Book, alone, keep_book, read_book
from suppliers.connectors.patience import with_patience
from suppliers.connectors.rackline import Rackline, rackline_client
from suppliers.connectors.tryton_orders import (
    MOVE_FIELDS,
    ORDER_FIELDS,
    UnfitError,
    Wanted,
    order_push,
    reshaped,
    wanted,
)
from suppliers.connectors.tryton_rest import Record, TrytonRest, tryton_client

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

NEW_MOVE: Final = ("product", "unit", "from_location", "to_location")
"""What a new stock move of a line takes over from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where both systems are and how they are read.

    Attributes:
        tryton_url: Of server and database.
        tryton_key: Of a REST user application.
        company: Key of the company in Tryton.
        rackline_url: Of the server.
        rackline_key: Of an API client with sensitive data.
        book: File that keeps where the connector stands.
        back: How long ago a finished order may have changed to be read the first time.
    """

    tryton_url: str
    tryton_key: str
    company: int
    rackline_url: str
    rackline_key: str
    book: Path
    back: timedelta


@dataclass(slots=True, kw_only=True)
class Report:
    """What one cycle did; ``problems`` are sentences for a person."""

    orders: int = 0
    written: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the counts in one line."""
        return (
            f"{self.orders} orders stated, {self.written} lines written back, "
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

    def _refuse(self, order: Record, sentence: str) -> None:
        """Tell of an order that does not fit, and take it along in the next sweep."""
        self.book.refused[str(order["id"])] = sentence
        self.report.problems.append(sentence)

    def write_back(self, line: int, promised: Iterable[Wanted]) -> None:
        """Let a line's stock moves say what is promised, by one write of Tryton's."""
        promises = list(promised)

        def step() -> bool:
            """Compare and write; a lost answer is looked at before another write."""
            record = self.tryton.get(
                "purchase.line",
                line,
                fields=[
                    *(f"{name}.id" for name in NEW_MOVE),
                    "unit_price",
                    "purchase.company.id",
                    "purchase.currency.id",
                    *(f"moves.{name}" for name in MOVE_FIELDS),
                ],
            )
            target = wanted(record["moves"], promises)
            actions = reshaped(record["moves"], target, _new_move(record))
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


def _new_move(line: Record) -> Record:
    """Return what a stock move of a line has besides quantity and date."""
    purchase = line["purchase"]
    return {name: line[name]["id"] for name in NEW_MOVE} | {
        "company": purchase["company"]["id"],
        "currency": purchase["currency"]["id"],
        "unit_price": line["unit_price"],
    }
