"""How fast an ERP reads the change feed, through the whole stack."""

from time import perf_counter

from journal.models import Event
from journal.sequencing import sequence
from tests.bench.row import Row
from tests.bench.worlds import HOST
from tests.builders.api import Caller
from tests.builders.feed import PAGE, read_on

GOAL = 5_000


def feed_row(events: int) -> Row:
    """Read events with facts in pages, key check and rate limit included."""
    erp = Caller(host=HOST, sensitive_data=True)
    facts = {"date": "2026-12-14", "quantity": 144, "state": "committed"}
    Event.objects.bulk_create(
        (
            Event(
                kind="commitment.changed",
                object_type="commitment",
                object_id=str(number),
                scope=f"supplier:{number % 200}",
                actor="user:40",
                summary=f"PO-{number} line 1 moved to Mon 14 Dec",
                before=facts,
                after=facts,
            )
            for number in range(events)
        ),
        batch_size=2_000,
    )
    while sequence(limit=10_000):
        pass
    began = perf_counter()
    items, _ = read_on(erp, None)
    took_s = perf_counter() - began
    rate = len(items) / took_s
    return Row(
        figure="change feed read",
        goal=f"≥ {GOAL:,} events/s",
        result=f"{rate:,.0f} events/s",
        is_missed=rate < GOAL,
        note=f"{len(items):,} events in pages of {PAGE:,}, {took_s:.1f} s",
    )
