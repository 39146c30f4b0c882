"""How far back the feed hands out events. Nothing is ever erased.

The floor is a number: events up to it are still in the journal, for the audit trail,
but no client reads on from below it. It only rises.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from journal.models import Cursor, Event

FLOOR = "feed floor"
"""Name of the floor among the journal's places."""


def floor() -> int:
    """Return the last event that is no longer handed out; 0 for none. One query."""
    return (
        Cursor.objects.filter(consumer=FLOOR).values_list("seq", flat=True).first() or 0
    )


def raise_floor(now: datetime | None = None) -> int:
    """Move the floor up to what is older than ``FEED_KEPT_DAYS``; return it.

    Events are looked at in their order and the first young one ends the search, so an
    old one that was numbered late waits for its neighbours. Three queries.

    Args:
        now: Aware; None is now.
    """
    oldest = (now or timezone.now()) - timedelta(days=settings.FEED_KEPT_DAYS)
    place, _ = Cursor.objects.get_or_create(consumer=FLOOR)
    later = Event.objects.after(place.seq)
    young = later.filter(at__gte=oldest).values_list("seq", flat=True).first()
    if young is None:
        reached = later.order_by().aggregate(last=Max("seq"))["last"]
    else:
        reached = young - 1
    if reached is None or reached <= place.seq:
        return place.seq
    Cursor.objects.filter(pk=place.pk, seq__lt=reached).update(
        seq=reached, moved_at=Now()
    )
    return int(reached)
