"""How each commitment stands: kept, moved, broken, not answered; decided in SQL.

Planned with the newest promise, judged on the first: a promise that came in full by
the day first said is kept, one that was moved before its day is moved, one whose last
day passed is broken. What the buyer moved is not counted as moved.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, F, Field, Q, QuerySet, Value, When

from suppliers.models import Commitment, CommitRevision, PurchaseOrderLine


class Standing(StrEnum):
    """How a commitment stands; the values are states of ``journal.wording``."""

    KEPT = "kept"
    ON_COURSE = "committed"
    MOVED = "moved"
    BROKEN = "broken"
    NOT_ANSWERED = "requested"
    CANNOT_SAY = "cannot_say"
    REJECTED = "rejected"
    CLOSED = "closed"
    CANCELLED = "cancelled"


LATELY_DAYS = 91
"""Closed lines asked for earlier than this are history."""

_STATE = Commitment.State
_OVER = Q(line__received_in_full_on__isnull=False)
_BY_BUYER = Q(current__cause=CommitRevision.Cause.BUYER)
_LESS = Q(
    current__quantity__lt=F("original__quantity")
    + F("original__received_quantity")
    - F("current__received_quantity")
)


def lately(rows: QuerySet[Commitment], today: date) -> QuerySet[Commitment]:
    """Return commitments that are open, or were asked for in the last 13 weeks.

    Both halves read one index of lines, by state and day.
    """
    states = PurchaseOrderLine.State
    since = today - timedelta(days=LATELY_DAYS)
    return rows.filter(
        Q(line__state=states.OPEN)
        | Q(line__state__in=[states.CLOSED, states.CANCELLED], line__need_by__gte=since)
    )


def with_standing(rows: QuerySet[Commitment], today: date) -> QuerySet[Any]:
    """Annotate ``standing`` as of a date at the receiving site.

    Goods that came unpromised are CLOSED.
    """
    return rows.annotate(
        standing=by_standing({item: item for item in Standing}, today, CharField())
    )


def by_standing(
    values: Mapping[Standing, Any], today: date, kind: "Field[Any, Any]"
) -> Case:
    """Return an expression that is one value for each way to stand.

    Args:
        values: The value of every standing.
        today: Date at the receiving site.
        kind: What the values are.
    """
    first_that_holds = (
        (Q(state=_STATE.CANCELLED), Standing.CANCELLED),
        (Q(state=_STATE.REJECTED), Standing.REJECTED),
        (
            Q(state=_STATE.ACKNOWLEDGED, word_by__isnull=False),
            Standing.CANNOT_SAY,
        ),
        (
            Q(state__in=[_STATE.REQUESTED, _STATE.ACKNOWLEDGED]),
            Standing.NOT_ANSWERED,
        ),
        (Q(state=_STATE.DECOMMITTED), Standing.BROKEN),
        (Q(state=_STATE.CLOSED), Standing.CLOSED),
        (_OVER & Q(line__received_in_full_on__lte=_first()), Standing.KEPT),
        (_OVER & Q(line__received_in_full_on__gt=_now()), Standing.BROKEN),
        (~_OVER & Q(current__last_dock_date__lt=today), Standing.BROKEN),
        (_OVER & _BY_BUYER, Standing.KEPT),
        (_BY_BUYER, Standing.ON_COURSE),
        (Q(current__last_dock_date__gt=_first()) | _LESS, Standing.MOVED),
        (_OVER, Standing.KEPT),
    )
    return Case(
        *(When(holds, then=Value(values[item])) for holds, item in first_that_holds),
        default=Value(values[Standing.ON_COURSE]),
        output_field=kind,
    )


def _first() -> F:
    """Return the last dock date first said."""
    return F("original__last_dock_date")


def _now() -> F:
    """Return the last dock date said now."""
    return F("current__last_dock_date")
