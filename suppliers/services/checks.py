"""What an answer may say: each refusal names the field and its limit."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from django.conf import settings

from factory.models import Part
from suppliers.errors import (
    DateRangeError,
    DateTwiceError,
    NoteRefusedError,
    PiecesOnTheWayError,
    QuantityRangeError,
    ReasonMissingError,
    SubstituteNotApprovedError,
    TooManyPiecesError,
    TrancheCountError,
    UnknownReasonError,
)
from suppliers.ledger import Delivery, Promise
from suppliers.models import CommitRevision
from suppliers.queries.alternates import approved_alternates
from suppliers.services.hold import Held

NOTE_MAX = 300
_REASONS = frozenset(CommitRevision.Reason.values)


def checked_promise(held: Held, deliveries: Sequence[Delivery]) -> Promise:
    """Return a promise by date, or refuse it with the field and the limit."""
    limit = settings.PROMISE_TRANCHES_MAX
    if not 1 <= len(deliveries) <= limit:
        raise TrancheCountError(len(deliveries), limit)
    promise = tuple(sorted(deliveries))
    # An ERP may place an order dated ahead; nothing comes before it is placed.
    first = max(held.today, held.ordered_on)
    for delivery in promise:
        if delivery.quantity < 1:
            raise QuantityRangeError(delivery.quantity)
        check_day("tranches", delivery.on, first, settings.PROMISE_HORIZON_DAYS)
    for earlier, later in pairwise(promise):
        if earlier.on == later.on:
            raise DateTwiceError(later.on)
    pieces = sum(delivery.quantity for delivery in promise)
    if pieces > held.line.outstanding:
        raise TooManyPiecesError(held.name, pieces, held.line.outstanding)
    check_on_the_way(held, pieces)
    return promise


def check_on_the_way(held: Held, pieces: int) -> None:
    """Refuse to promise less than has left already; 0 is to promise nothing."""
    on_the_way = min(held.line.on_the_way, held.line.outstanding)
    if pieces < on_the_way:
        raise PiecesOnTheWayError(held.name, on_the_way)


def checked_substitute(held: Held, code: str, promise: Promise) -> Part | None:
    """Return the part that will come in place of the one ordered, if one will.

    It must be an approved alternate by the first day of the promise. One query, and
    none for the part ordered.
    """
    if code in {"", held.line.part.code}:
        return None
    approved = approved_alternates(held.line.part_id, by=promise[0].on)
    found = next((part for part in approved if part.code == code), None)
    if found is None:
        raise SubstituteNotApprovedError(
            code, held.line.part.code, [part.code for part in approved]
        )
    return found


def check_day(field: str, day: date, today: date, horizon_days: int) -> None:
    """Refuse a day that has passed or lies too far off."""
    last = today + timedelta(days=horizon_days)
    if not today <= day <= last:
        raise DateRangeError(field, day, today, last)


def check_reason(reason_code: str, what: str) -> None:
    """Refuse a worse answer without a reason."""
    if not reason_code:
        raise ReasonMissingError(what)


def check_words(reason_code: str, note: str) -> None:
    """Refuse a reason that is not on the list and a note that cannot be kept."""
    if reason_code not in _REASONS:
        raise UnknownReasonError(reason_code)
    if len(note) > NOTE_MAX or "\x00" in note:
        raise NoteRefusedError(len(note), NOTE_MAX)
