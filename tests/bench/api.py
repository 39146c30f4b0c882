"""What an ERP's nightly push costs, and how quickly it reads."""

import json
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tasks import work_operation
from factory.models import Part
from journal.keys import create_client
from journal.models import BulkOperation, Event
from journal.models.client import RATE_MOST
from suppliers.models import PurchaseOrderLine, Supplier
from tests.bench.row import Row, at_most, p95
from tests.bench.worlds import HOST, World

PUSH_S = 10.0
AGAIN_S = 5.0
CHANGED_S = 15.0
READ_MS = 20.0
LONG_S, LONG_LINES = 60.0, 100_000
LINES_AN_ORDER = 20


class Erp:
    """An ERP's program with its key, through all the middleware."""

    def __init__(self) -> None:
        """Make a client that may read and write."""
        made = create_client(
            name="bench", system="bench", actor="system", sensitive_data=True
        )
        made.client.requests_per_min = RATE_MOST
        made.client.save()
        self._key = made.key
        self._http = Client(SERVER_NAME=HOST)

    def send(
        self, orders: list[dict[str, Any]], key: str, *, query: str = "", status: int
    ) -> Any:
        """Push purchase orders; return the answer.

        Raises:
            RuntimeError: If it has another status.
        """
        answer = self._http.post(
            f"/api/v1/purchase-orders:bulk-upsert{query}",
            json.dumps({"purchase_orders": orders}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self._key}", "Idempotency-Key": key},
        )
        if answer.status_code != status:
            raise RuntimeError(answer.content[:500])
        return answer.json()

    def push(self, orders: list[dict[str, Any]], key: str) -> tuple[float, Any]:
        """Push purchase orders; return the seconds it took and the answer."""
        begun_s = time.perf_counter()
        answer = self.send(orders, key, status=200)
        return time.perf_counter() - begun_s, answer

    def first(self, path: str) -> str:
        """Return the id of the first object of a list."""
        answer = self._http.get(
            f"/api/v1/{path}?limit=1", headers={"Authorization": f"Bearer {self._key}"}
        )
        return str(answer.json()["items"][0]["id"])

    def read(self, path: str) -> float:
        """Read one object and return the milliseconds it took."""
        begun_s = time.perf_counter()
        answer = self._http.get(
            f"/api/v1/{path}", headers={"Authorization": f"Bearer {self._key}"}
        )
        if answer.status_code != 200:
            raise RuntimeError(answer.content[:500])
        return (time.perf_counter() - begun_s) * 1_000


def some_orders(
    world: World, count: int, *, revision: int = 1, prefix: str = "B", quantity: int = 9
) -> list[dict[str, Any]]:
    """Return purchase orders of 20 lines each, over all suppliers and parts."""
    suppliers = list(Supplier.objects.values_list("code", flat=True))
    parts = list(Part.objects.values_list("code", flat=True))
    site = world.site.code
    return [
        {
            "external_id": f"{prefix}-{number}",
            "revision": revision,
            "supplier": suppliers[number % len(suppliers)],
            "site": site,
            "ordered_at": "2026-11-01T10:00:00Z",
            "lines": [
                {
                    "number": line,
                    "part": parts[(number + line) % len(parts)],
                    "quantity": quantity,
                    "need_by": f"2026-12-{1 + line % 28:02d}",
                    "price_cents": 41_500,
                }
                for line in range(1, LINES_AN_ORDER + 1)
            ],
        }
        for number in range(count)
    ]


def push_rows(world: World, erp: Erp, orders: int) -> Iterator[Row]:
    """Measure a book pushed, pushed again, changed, and what a chunk asks."""
    book = some_orders(world, orders)
    lines = orders * LINES_AN_ORDER
    note = f"{orders:,} orders of {LINES_AN_ORDER} lines, {connection.vendor}"
    # The first request of a process loads every address; a server has done that.
    erp.first("parts")
    took_s, answer = erp.push(book, "first")
    created = answer["summary"]["created"]
    yield at_most(f"bulk upsert of {lines:,} new lines", took_s, PUSH_S, "s", note)
    events = Event.objects.count()
    took_s, answer = erp.push(book, "again")
    written = Event.objects.count() - events
    yield at_most(
        f"the same {lines:,} lines again",
        took_s,
        AGAIN_S,
        "s",
        f"{answer['summary']['unchanged']:,} of {created:,} unchanged, "
        f"{written} events written",
    )
    changed = some_orders(world, orders, revision=2, quantity=10)
    took_s, _ = erp.push(changed, "changed")
    yield at_most(
        f"every one of {lines:,} lines changed",
        took_s,
        CHANGED_S,
        "s",
        "with an event and a kept change each",
    )
    yield _growth(world, erp)


def _growth(world: World, erp: Erp) -> Row:
    """Compare the queries of a small chunk with those of a large one."""
    counts = []
    erp.push(some_orders(world, 1, prefix="W"), "warm-up")
    for place, size in enumerate((5, 100)):
        orders = some_orders(world, size, prefix=f"Q{place}")
        with CaptureQueriesContext(connection) as queries:
            erp.push(orders, f"queries-{place}")
        counts.append(len(queries))
    return Row(
        figure="queries of one chunk, 100 and 2,000 lines",
        goal="equal, ≤ 30",
        result=" and ".join(map(str, counts)),
        is_missed=counts[0] != counts[1] or counts[0] > 30,
        note="key, idempotency and savepoints included",
    )


def long_row(world: World, erp: Erp, orders: int) -> Row:
    """Measure a book so long that a worker stores it, from the push to its end."""
    lines = orders * LINES_AN_ORDER
    book = some_orders(world, orders, prefix="L")
    begun_s = time.perf_counter()
    erp.send(book, "long", query="?atomic=false", status=202)
    answered_s = time.perf_counter() - begun_s
    operation = BulkOperation.objects.latest("pk")
    work_operation(operation.pk)
    took_s = time.perf_counter() - begun_s
    operation.refresh_from_db()
    if operation.created != orders:
        raise RuntimeError(operation.error or operation.state)
    return at_most(
        f"long bulk write of {lines:,} new lines",
        took_s,
        LONG_S * lines / LONG_LINES,
        "s",
        f"202 after {answered_s:.1f} s, then a worker's task in this process; "
        f"goal {LONG_S:.0f} s for {LONG_LINES:,} lines",
    )


def read_rows(erp: Erp, requests: int) -> Iterator[Row]:
    """Measure reads of single objects, beside all that was pushed before."""
    lines = PurchaseOrderLine.objects.for_staff().count()
    paths = {
        "part": f"parts/{erp.first('parts')}",
        "purchase order": "purchase-orders/bench:B-7",
        "commitment": "commitments/bench:B-7.3",
    }
    for name, path in paths.items():
        for _ in range(3):
            erp.read(path)
        times = [erp.read(path) for _ in range(requests)]
        yield at_most(
            f"one {name} read, p95",
            p95(times),
            READ_MS,
            "ms",
            f"{requests} requests, {lines:,} lines in the book, not analyzed since",
        )
