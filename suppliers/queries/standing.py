"""How each commitment stands: kept, moved, broken, not answered; decided in SQL.

Planned with the newest promise, judged on the first: a promise that came in full by
the day first said is kept, one that was moved before its day is moved, one whose last
day passed is broken. What the buyer moved is not counted as moved.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

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
        standing=Case(
            When(state=_STATE.CANCELLED, then=Value(Standing.CANCELLED)),
            When(state=_STATE.REJECTED, then=Value(Standing.REJECTED)),
            When(
                state=_STATE.ACKNOWLEDGED,
                word_by__isnull=False,
                then=Value(Standing.CANNOT_SAY),
            ),
            When(
                state__in=[_STATE.REQUESTED, _STATE.ACKNOWLEDGED],
                then=Value(Standing.NOT_ANSWERED),
            ),
            When(state=_STATE.DECOMMITTED, then=Value(Standing.BROKEN)),
            When(state=_STATE.CLOSED, then=Value(Standing.CLOSED)),
            When(
                _OVER & Q(line__received_in_full_on__lte=_first()),
                then=Value(Standing.KEPT),
            ),
            When(
                _OVER & Q(line__received_in_full_on__gt=_now()),
                then=Value(Standing.BROKEN),
            ),
            When(
                ~_OVER & Q(current__last_dock_date__lt=today),
                then=Value(Standing.BROKEN),
            ),
            When(
                _OVER & Q(current__cause=CommitRevision.Cause.BUYER),
                then=Value(Standing.KEPT),
            ),
            When(
                Q(current__cause=CommitRevision.Cause.BUYER),
                then=Value(Standing.ON_COURSE),
            ),
            When(
                Q(current__last_dock_date__gt=_first()) | _LESS,
                then=Value(Standing.MOVED),
            ),
            When(_OVER, then=Value(Standing.KEPT)),
            default=Value(Standing.ON_COURSE),
            output_field=CharField(),
        )
    )


def _first() -> F:
    """Return the last dock date first said."""
    return F("original__last_dock_date")


def _now() -> F:
    """Return the last dock date said now."""
    return F("current__last_dock_date")
