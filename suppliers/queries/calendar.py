"""A supplier's promises as a calendar: one all-day event a delivery still to come.

A dock date is a date, so an event has no hour and no zone can move it. An event keeps
its identity when its date moves; a calendar that subscribes moves it along.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from journal.wording import grouped
from suppliers.ledger import STANDING, Delivery, outstanding
from suppliers.models import CalendarFeed, Commitment, PurchaseOrderLine, Supplier
from suppliers.sentences import line_words

REFRESH = timedelta(hours=4)
EVENTS_MAX = 5_000
"""Lines of a calendar; the next to come are in it."""


def feed_of(token_hash: str) -> CalendarFeed | None:
    """Return the feed of a token's hash whose person still acts. One query."""
    return (
        CalendarFeed.objects.for_staff()
        .select_related("person__user", "person__supplier")
        .filter(
            token_hash=token_hash,
            person__user__is_active=True,
            person__supplier__is_active=True,
        )
        .first()
    )


def own_feed(supplier: Supplier, user: User) -> CalendarFeed | None:
    """Return one person's own feed, if there is one. One query."""
    feeds = CalendarFeed.objects.for_supplier(supplier)
    return feeds.filter(person__user=user).first()


def calendar_of(supplier: Supplier, *, now: datetime) -> Calendar:
    """Return a supplier's standing promises as a calendar. Two queries."""
    calendar = Calendar()
    calendar.add("prodid", "-//Rackline//Promises//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    title = _("Promises of %(supplier)s") % {"supplier": supplier.name}
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for commitment in _standing(supplier):
        for event in _events(commitment, now):
            calendar.add_component(event)
    return calendar


def _standing(supplier: Supplier) -> Iterable[Commitment]:
    """Return the commitments with a promise that stands, the next to come first."""
    return (
        Commitment.objects.for_supplier(supplier)
        .filter(state__in=STANDING, line__state=PurchaseOrderLine.State.OPEN)
        .select_related(
            "current__substitute", "line__purchase_order__site", "line__part"
        )
        .prefetch_related("current__tranches")
        .order_by("current__last_dock_date", "pk")[:EVENTS_MAX]
    )


def _events(commitment: Commitment, now: datetime) -> Iterable[Event]:
    """Yield what is still to come of a promise, one event a delivery."""
    line, revision = commitment.line, commitment.current
    if revision is None:
        return
    said = tuple(
        sorted(Delivery(row.dock_date, row.quantity) for row in revision.tranches.all())
    )
    since = line.received - revision.received_quantity
    for place, delivery in enumerate(outstanding(said, since), start=1):
        part = commitment.stands_in or line.part.code
        event = Event()
        event.add("uid", f"line-{line.pk}-{place}@rackline")
        event.add("dtstamp", now)
        event.add("last-modified", revision.made_at)
        event.add("sequence", commitment.version)
        event.add("dtstart", delivery.on)
        event.add("dtend", delivery.on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", f"{grouped(delivery.quantity)} {part}, {line_words(line)}")
        event.add("location", line.purchase_order.site.name)
        yield event
