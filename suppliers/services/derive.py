"""Working out scores and arrival habits, so that a page only reads them.

Both follow from the ledger alone. After an event the supplier it is about is worked
out anew, and on a new day everybody.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from journal.cursors import advance
from journal.models import Cursor, Event
from journal.models.event import EventQuerySet
from suppliers.arrivals import Habits, as_json, from_json, pooled
from suppliers.models import ArrivalHabit, PurchaseOrderLine, Score, Supplier
from suppliers.queries.evidence import (
    Window,
    cases_of,
    counted_day,
    lines_with_history,
)
from suppliers.trust.facts import Line
from suppliers.trust.figures import figures_of
from suppliers.trust.outcomes import outcomes_of

AT_ONCE: Final = 20
"""Suppliers whose lines are held in memory together."""

QUARTERS: Final = (0, 1)

SCOPE: Final = "supplier:"

CONSUMER: Final = "scores"
"""Of the place in the journal up to which scores are worked out."""


def derive_all(*, now: datetime) -> int:
    """Work everybody out; return how many suppliers. About ten queries each twenty."""
    return _derive(Supplier.objects.order_by("pk").values_list("pk", flat=True), now)


def refresh(*, now: datetime | None = None) -> int:
    """Work out whom events were about since the last time, and some of an old day.

    On a new day everybody is worked out, ``AT_ONCE`` suppliers a call, so that whoever
    calls is never held up for long. Four queries when nothing has happened.

    Returns:
        How many suppliers were worked out.
    """
    now = now or timezone.now()
    cursor, _ = Cursor.objects.get_or_create(consumer=CONSUMER)
    fresh = Event.objects.after(cursor.seq)
    until = fresh.aggregate(last=Max("seq"))["last"] or cursor.seq
    wanted = {*_touched(fresh.filter(seq__lte=until)), *_stale(counted_day(now))}
    count = _derive(sorted(wanted), now)
    advance(CONSUMER, since=cursor.seq, until=until)
    return count


def _stale(today: date) -> list[int]:
    """Return some suppliers whose scores are of another day, or missing. One query."""
    fresh = Score.objects.for_staff().filter(as_of=today).values("supplier")
    stale = Supplier.objects.exclude(pk__in=fresh).order_by("pk")
    return list(stale.values_list("pk", flat=True)[:AT_ONCE])


def _touched(events: EventQuerySet) -> list[int]:
    """Return the suppliers that events are about. Two queries."""
    scopes = events.filter(scope__startswith=SCOPE).order_by()
    keys = {
        int(scope.removeprefix(SCOPE))
        for scope in scopes.values_list("scope", flat=True).distinct()
    }
    found = Supplier.objects.filter(pk__in=keys) if keys else Supplier.objects.none()
    return list(found.values_list("pk", flat=True))


def _derive(suppliers: Iterable[int], now: datetime) -> int:
    """Work out some suppliers and everybody's habit from it."""
    today = counted_day(now)
    waiting = iter(list(suppliers))
    count = 0
    while keys := list(islice(waiting, AT_ONCE)):
        count += len(keys)
        lines = PurchaseOrderLine.objects.for_staff().filter(
            purchase_order__supplier__in=keys
        )
        found = lines_with_history(lines, today=today)
        with transaction.atomic():
            _keep_scores(keys, found, today, now)
            _keep_habits(keys, found, today)
    if count:
        _keep_pool(today)
    return count


def _keep_scores(
    keys: list[int], found: dict[int, list[Line]], today: date, now: datetime
) -> None:
    """Replace the scores of some suppliers. Two queries."""
    rows = []
    for supplier in keys:
        cases = [
            case
            for line_cases in cases_of(
                found.get(supplier, ()), today=today, now=now
            ).values()
            for case in line_cases
        ]
        for quarters_ago in QUARTERS:
            window = Window.of(today, quarters_ago=quarters_ago)
            figures = figures_of(case for case in cases if window.holds(case.on))
            rows.append(
                Score(
                    supplier_id=supplier,
                    quarters_ago=quarters_ago,
                    as_of=today,
                    figures=figures.as_json(),
                )
            )
    Score.objects.for_staff().filter(supplier__in=keys).delete()
    Score.objects.bulk_create(rows)


def _keep_habits(keys: list[int], found: dict[int, list[Line]], today: date) -> None:
    """Replace the arrival habits of some suppliers. Three queries."""
    habits = Habits.learn(
        (
            outcome
            for supplier in keys
            for line in found.get(supplier, ())
            for outcome in outcomes_of(
                line, supplier=str(supplier), part=str(line.part_key)
            )
        ),
        as_of=today,
    )
    ArrivalHabit.objects.for_staff().filter(supplier__in=keys).delete()
    ArrivalHabit.objects.bulk_create(_rows(habits, today))


def _rows(habits: Habits, today: date) -> Iterator[ArrivalHabit]:
    """Yield the rows that keep some suppliers' habits."""
    for supplier, weights in habits.suppliers.items():
        yield ArrivalHabit(
            supplier_id=int(supplier), as_of=today, weights=as_json(weights)
        )
    for (supplier, part), weights in habits.parts.items():
        yield ArrivalHabit(
            supplier_id=int(supplier),
            part_id=int(part),
            as_of=today,
            weights=as_json(weights),
        )


def _keep_pool(today: date) -> None:
    """Replace everybody's habit by the sum of the suppliers'. Three queries."""
    with transaction.atomic():
        rows = ArrivalHabit.objects.for_staff()
        stored = rows.filter(supplier__isnull=False, part=None).values_list(
            "weights", flat=True
        )
        pool = pooled(from_json(weights) for weights in stored)
        rows.filter(supplier=None).delete()
        ArrivalHabit.objects.create(as_of=today, weights=as_json(pool))
