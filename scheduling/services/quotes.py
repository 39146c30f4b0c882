"""Quotes: asked for, answered by a worker, booked for a while, released in time."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone

from factory.models import RackModel, Site
from factory.reach import is_in_reach, out_of_reach
from journal.services import record
from scheduling.errors import (
    QuoteBookedError,
    QuoteOutdatedError,
    QuoteUnansweredError,
)
from scheduling.models import Booking, Publication, Quote

VALID_FOR = timedelta(minutes=30)
"""How long an answer may be booked."""
CLAIM_FOR = timedelta(seconds=120)
"""A worker that has not answered by then is taken for lost."""
WORKER_LOST = "The worker stopped each time it worked on this quote; its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker found, in the columns of a quote.

    Attributes:
        ships_on: The earliest day with every promise kept; None when there is none.
        bound_on: No plan ships earlier.
        moved_racks: Other racks that make room.
        eased_ships_on: The day if some promises move, when that is earlier.
        eased_orders: Numbers of the orders whose promises would move.
        limit: Word of the limit that decides.
        sentence: Why not earlier, or why not at all.
        owner: Who owns the limit.
        places: Step code, start and bay code by rack.
        reserved: Parts and pieces by rack that are yet to be bought.
    """

    ships_on: date | None = None
    bound_on: date | None = None
    moved_racks: int = 0
    eased_ships_on: date | None = None
    eased_orders: list[str] = field(default_factory=list)
    limit: str = ""
    sentence: str = ""
    owner: str = ""
    places: list[list[list[str]]] = field(default_factory=list)
    reserved: list[list[list[Any]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer stands on: the plan in force and the newest booking then."""

    publication: Publication | None
    booking: int


def why_not(wish: date, today: date) -> str:
    """Return why nobody can wish for a day, in a sentence; empty if one can."""
    if wish < today:
        return "The wish date has passed."
    return "" if is_in_reach(wish, today) else out_of_reach("The wish date")


@transaction.atomic
def request_quote(
    *,
    site: Site,
    rack_model: RackModel,
    quantity: int,
    wish_date: date,
    most_promises: int = 0,
    actor: str,
) -> Quote:
    """Ask for a date; the dispatcher sends the question to a worker."""
    quote = Quote.objects.create(
        site=site,
        rack_model=rack_model,
        quantity=quantity,
        wish_date=wish_date,
        most_promises=most_promises,
        actor=actor,
    )
    record(
        kind="quote.requested",
        about=quote,
        actor=actor,
        scope=f"site:{site.pk}",
        summary=f"Quote {quote.pk} asked for: {quantity} {rack_model.code}",
        after={"quantity": quantity, "wish_date": wish_date.isoformat()},
    )
    return quote


def claim(quote_id: int) -> Quote | None:
    """Take a quote that nobody answers; None when it is not there to be taken."""
    rows = Quote.objects.filter(pk=quote_id, state=Quote.State.REQUESTED).exclude(
        claimed_until__gte=Now()
    )
    claimed = rows.filter(attempt__lt=Quote.MAX_ATTEMPTS).update(
        claimed_until=Now() + CLAIM_FOR, attempt=F("attempt") + 1
    )
    if not claimed:
        if rows.exists():
            _end(quote_id, Quote.State.FAILED, sentence=WORKER_LOST)
        return None
    return Quote.objects.select_related("site", "rack_model").get(pk=quote_id)


def mark_sent(quote_id: int) -> None:
    """Note that the broker has taken a quote's message. One UPDATE."""
    Quote.objects.filter(pk=quote_id).update(sent_at=Now())


def basis_of(site: Site) -> Basis:
    """Return what an answer from now on stands on. Two queries."""
    newest = Booking.objects.filter(site=site).aggregate(last=Max("pk"))["last"]
    published = Publication.objects.filter(site=site).order_by("-number").first()
    return Basis(publication=published, booking=newest or 0)


def answer(quote: Quote, found: Found, basis: Basis) -> None:
    """Write a quote's answer down, unless it has one."""
    _end(
        quote.pk,
        Quote.State.ANSWERED,
        publication=basis.publication,
        known_booking=basis.booking,
        valid_until=timezone.now() + VALID_FOR,
        **{name: getattr(found, name) for name in Found.__slots__},
    )


def fail(quote: Quote, sentence: str) -> None:
    """End a quote that cannot be answered."""
    _end(quote.pk, Quote.State.FAILED, sentence=sentence)


@transaction.atomic
def book(*, quote: Quote, hours: int, reference: str = "", actor: str) -> Booking:
    """Hold what a quote offers, until it expires or its first step is due.

    One booking a site at a time: of two that want the last capacity, one comes second
    and is refused, since its quote does not know of the other.

    Args:
        quote: Answered with a date, not long ago.
        hours: How long to hold it, 1 to 168.
        reference: The client's own words for it.
        actor: ``client:3``.

    Raises:
        QuoteUnansweredError: If it has no date.
        QuoteBookedError: If it is booked already.
        QuoteOutdatedError: If it is too old, a plan was published or capacity was
            booked since, or its first step is due.
    """
    Site.objects.select_for_update(no_key=True).get(pk=quote.site_id)
    quote = Quote.objects.select_for_update(no_key=True).get(pk=quote.pk)
    if quote.state != Quote.State.ANSWERED or quote.ships_on is None:
        raise QuoteUnansweredError(quote.pk, quote.state)
    booked = Booking.objects.filter(quote=quote).first()
    if booked is not None:
        raise QuoteBookedError(quote.pk, booked.pk)
    now = timezone.now()
    first = min(datetime.fromisoformat(rack[0][1]) for rack in quote.places)
    _refuse_outdated(quote, now, first)
    booking = Booking.objects.create(
        quote=quote,
        site_id=quote.site_id,
        ships_on=quote.ships_on,
        reference=reference,
        actor=actor,
        booked_at=now,
        expires_at=min(now + timedelta(hours=hours), first),
    )
    record(
        kind="quote.booked",
        about=booking,
        actor=actor,
        scope=f"site:{quote.site_id}",
        cause=f"quote:{quote.pk}",
        summary=f"Quote {quote.pk} booked: {quote.quantity} racks by {quote.ships_on}",
        after={
            "quote": quote.pk,
            "ships_on": quote.ships_on.isoformat(),
            "expires_at": booking.expires_at.isoformat(),
        },
    )
    return booking


def release_expired() -> int:
    """End bookings whose time is over, each with an event; return how many."""
    if not Booking.objects.held().filter(expires_at__lte=Now()).exists():
        return 0
    with transaction.atomic():
        lapsed = list(
            Booking.objects.held()
            .filter(expires_at__lte=Now())
            .select_for_update(skip_locked=True)
        )
        for booking in lapsed:
            Booking.objects.filter(pk=booking.pk).update(
                state=Booking.State.EXPIRED, released_at=Now()
            )
            record(
                kind="booking.expired",
                about=booking,
                actor="system",
                scope=f"site:{booking.site_id}",
                cause=f"quote:{booking.quote_id}",
                summary=f"Booking {booking.pk} has expired; its capacity is free again",
            )
    return len(lapsed)


def _refuse_outdated(quote: Quote, now: datetime, first: datetime) -> None:
    """Refuse a quote that is too old, or that something overtook."""
    if quote.valid_until is None or quote.valid_until <= now:
        raise QuoteOutdatedError(quote.pk, "its answer is older than half an hour")
    if first <= now:
        raise QuoteOutdatedError(quote.pk, "its first step should have begun")
    basis = basis_of(quote.site)
    if basis.publication != quote.publication:
        raise QuoteOutdatedError(quote.pk, "another plan was published since")
    if basis.booking != quote.known_booking:
        raise QuoteOutdatedError(quote.pk, "somebody else booked capacity since")


@transaction.atomic
def _end(quote_id: int, state: Quote.State, **columns: Any) -> None:
    """End a quote that has no end yet, with an event."""
    ended = Quote.objects.filter(pk=quote_id, state=Quote.State.REQUESTED).update(
        state=state, answered_at=Now(), claimed_until=None, **columns
    )
    if not ended:
        return
    quote = Quote.objects.get(pk=quote_id)
    record(
        kind=f"quote.{state.value}",
        about=quote,
        actor="system",
        scope=f"site:{quote.site_id}",
        summary=f"Quote {quote_id} {state.value}",
        after={"ships_on": quote.ships_on.isoformat() if quote.ships_on else None},
    )
