"""Telling what became of promises: their day went by without the pieces, or they came.

Both are told once a promise, as events beside the ledger: nothing promised changes.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from factory.models import Site
from journal.wording import column_date, grouped
from suppliers.ledger import STANDING, Promise, State
from suppliers.models import Commitment, Tranche
from suppliers.services.hold import Held, hold, tell

MISSED, MET = "commitment.missed", "commitment.met"
SYSTEM = "system"
AT_ONCE = 200
"""Lines a call tells of, so that whoever calls is never held up for long."""


def tell_missed(*, now: datetime) -> int:
    """Tell of promises whose day is over at their dock without their pieces.

    Args:
        now: The moment, aware.

    Returns:
        How many were told of, ``AT_ONCE`` at most. One query a site where there is
        nothing to tell.
    """
    told = 0
    for site in Site.objects.order_by("pk"):
        today = now.astimezone(ZoneInfo(site.zone)).date()
        lines = list(_missed(site, today).values_list("line")[: AT_ONCE - told])
        told += sum(_tell_missed(line_id, now) for (line_id,) in lines)
    return told


def tell_arrived(held: Held, before: Promise, received_on: date) -> None:
    """Tell of a promise whose last piece has come: met, or missed if too late.

    Says nothing where the promise has been told of as missed. Two queries.

    Args:
        held: The line, as it is with the pieces.
        before: What stood before they came.
        received_on: The day they reached the dock.
    """
    commitment = held.commitment
    if commitment.state != State.RECEIVED or _is_told(commitment):
        return
    if _overdue(before, received_on):
        _tell_of_missed(held, before)
        return
    tell(
        held,
        kind=MET,
        actor=SYSTEM,
        summary=f"{held.name}, {held.line.part.code}: all came as promised",
        before=held.facts(),
    )


def _missed(site: Site, today: date) -> QuerySet[Commitment]:
    """Return what stands at a site with pieces overdue, and has not been told of."""
    due = (
        Tranche.objects.for_staff()
        .filter(revision=OuterRef("current"), dock_date__lt=today)
        .order_by()
        .values("revision")
        .annotate(pieces=Sum("quantity"))
        .values("pieces")
    )
    return (
        Commitment.objects.for_staff()
        .filter(line__purchase_order__site=site, state__in=STANDING)
        .filter(Q(missed__isnull=True) | ~Q(missed=F("current")))
        .annotate(due=Subquery(due))
        .filter(due__gt=F("line__received") - F("current__received_quantity"))
        .order_by("pk")
    )


@transaction.atomic
def _tell_missed(line_id: int, now: datetime) -> bool:
    """Tell of one line; return whether there was anything to tell once it was held."""
    held = hold(line_id=line_id, now=now)
    if _is_told(held.commitment) or not _overdue(held.promise, held.today):
        return False
    _tell_of_missed(held, held.promise)
    return True


def _tell_of_missed(held: Held, promise: Promise) -> None:
    """Note that a promise was told of, and append the event."""
    held.commitment.missed = held.commitment.current
    held.commitment.save(update_fields=["missed"])
    first = min(promise)
    tell(
        held,
        kind=MISSED,
        actor=SYSTEM,
        summary=(
            f"{held.name}, {held.line.part.code}: {grouped(first.quantity)} promised "
            f"for {column_date(first.on, held.today)} did not come"
        ),
        before=held.facts(),
    )


def _overdue(promise: Promise, today: date) -> bool:
    """Say whether pieces were promised for a day before one."""
    return any(delivery.on < today for delivery in promise)


def _is_told(commitment: Commitment) -> bool:
    """Say whether the promise that stands was told of as missed."""
    return commitment.missed_id is not None and (
        commitment.missed_id == commitment.current_id
    )
