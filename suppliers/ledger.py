"""The rules of the commitment ledger, without a database: moves, comparisons, replay.

Services change rows by these rules, and a test replays every ledger with them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Final

from django.utils.translation import gettext_noop

from suppliers.models.commitment import Commitment, CommitRevision

State = Commitment.State
Kind = CommitRevision.Kind


class Verb(StrEnum):
    """What can happen to a commitment, in the words of a refusal."""

    ACKNOWLEDGE = gettext_noop("acknowledged")
    COMMIT = gettext_noop("promised")
    CANNOT_SAY = gettext_noop("put off to a later word")
    DECOMMIT = gettext_noop("withdrawn")
    REJECT = gettext_noop("rejected")
    SHIP = gettext_noop("shipped")
    RECEIVE = gettext_noop("received")
    CANCEL = gettext_noop("cancelled")
    ASK_AGAIN = gettext_noop("asked for again")


MOVES: Final[dict[Verb, dict[State, State]]] = {
    Verb.ACKNOWLEDGE: {State.REQUESTED: State.ACKNOWLEDGED},
    Verb.COMMIT: {
        State.REQUESTED: State.COMMITTED,
        State.ACKNOWLEDGED: State.COMMITTED,
        State.COMMITTED: State.COMMITTED,
        State.SHIPPED: State.COMMITTED,
        State.DECOMMITTED: State.COMMITTED,
        State.REJECTED: State.COMMITTED,
    },
    Verb.CANNOT_SAY: {
        State.REQUESTED: State.ACKNOWLEDGED,
        State.ACKNOWLEDGED: State.ACKNOWLEDGED,
        State.COMMITTED: State.ACKNOWLEDGED,
        State.DECOMMITTED: State.ACKNOWLEDGED,
    },
    Verb.DECOMMIT: {State.COMMITTED: State.DECOMMITTED},
    Verb.REJECT: {
        State.REQUESTED: State.REJECTED,
        State.ACKNOWLEDGED: State.REJECTED,
    },
    # A part of the promise leaves it committed: ``settled`` says which of the two.
    Verb.SHIP: {
        State.COMMITTED: State.SHIPPED,
        State.SHIPPED: State.SHIPPED,
    },
    # The last piece has come. Goods that came without a promise close the line.
    Verb.RECEIVE: {
        State.REQUESTED: State.CLOSED,
        State.ACKNOWLEDGED: State.CLOSED,
        State.COMMITTED: State.RECEIVED,
        State.SHIPPED: State.RECEIVED,
        State.REJECTED: State.CLOSED,
        State.DECOMMITTED: State.CLOSED,
        State.ON_HOLD: State.CLOSED,
    },
    Verb.CANCEL: {
        state: State.CANCELLED
        for state in State
        if state not in {State.RECEIVED, State.CLOSED, State.CANCELLED}
    },
    Verb.ASK_AGAIN: {
        State.RECEIVED: State.REQUESTED,
        State.CLOSED: State.REQUESTED,
        State.CANCELLED: State.REQUESTED,
    },
}
"""From which state each verb leads where; what is not listed is refused.

ON_HOLD is a state of the field that no verb leads to yet.
"""

STANDING: Final = frozenset({State.COMMITTED, State.SHIPPED})
"""States in which the current promise is planned with."""


@dataclass(frozen=True, slots=True, order=True)
class Delivery:
    """So many pieces on one dock date."""

    on: date
    quantity: int


Promise = tuple[Delivery, ...]
"""Deliveries by date, one a day."""


def outstanding(promise: Promise, received: int) -> Promise:
    """Return what is still to come: receipts are counted against the earliest."""
    left = []
    for delivery in promise:
        come = min(received, delivery.quantity)
        received -= come
        if come < delivery.quantity:
            left.append(Delivery(delivery.on, delivery.quantity - come))
    return tuple(left)


def settled(state: State, promise: Promise, on_the_way: int) -> State:
    """Return a standing promise's state: shipped once all of it is on the way.

    Args:
        state: After the change; one without a standing promise is returned as it is.
        promise: What stands and is still to come.
        on_the_way: Pieces announced as shipped that have not come yet.
    """
    if state not in STANDING:
        return state
    is_shipped = 0 < _sum(promise) <= on_the_way
    return State.SHIPPED if is_shipped else State.COMMITTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Pieces of one line in one shipment that has not come yet.

    Attributes:
        key: Names the leg in the answer.
        quantity: Pieces still on the way; at least 1.
        arrives: Expected dock date.
        answers: The promised dock date they are for; None is the earliest.
    """

    key: int
    quantity: int
    arrives: date
    answers: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Pieces of one promised delivery, and when they will be here.

    Attributes:
        promised: The dock date they were promised for.
        arrives: That date, or that of the shipment they are in.
        quantity: Pieces; at least 1.
        leg: Key of the leg they are in; None has not left yet.
    """

    promised: date
    arrives: date
    quantity: int
    leg: int | None


def coming(promise: Promise, legs: Iterable[Leg]) -> tuple[Coming, ...]:
    """Return a promise with what has left standing on its shipment's date.

    A leg serves the delivery it names, then the earliest that is left. Pieces on the
    way beyond the promise belong to no delivery and are left out.

    Args:
        promise: What stands and is still to come.
        legs: What has left and not come yet.
    """
    left = {delivery.on: delivery.quantity for delivery in promise}
    found: list[Coming] = []
    for leg in sorted(legs, key=_legs_with_a_day_first):
        pieces = leg.quantity
        named = [] if leg.answers is None else [leg.answers]
        for on in [*named, *sorted(left)]:
            taken = min(pieces, left.get(on, 0))
            if taken:
                pieces -= taken
                left[on] -= taken
                found.append(
                    Coming(
                        promised=on, arrives=leg.arrives, quantity=taken, leg=leg.key
                    )
                )
    found.extend(
        Coming(promised=on, arrives=on, quantity=quantity, leg=None)
        for on, quantity in left.items()
        if quantity
    )
    return tuple(sorted(found, key=lambda one: (one.promised, one.arrives)))


def _legs_with_a_day_first(leg: Leg) -> tuple[bool, date, int]:
    """Return where a leg stands in the order in which legs are served."""
    return (leg.answers is None, leg.arrives, leg.key)


def arrived_by(promise: Promise, day: date) -> int:
    """Return how many pieces come on a day or before it."""
    return sum(delivery.quantity for delivery in promise if delivery.on <= day)


def is_worse(promise: Promise, base: Promise) -> bool:
    """Say whether on any day fewer pieces will have come than before."""
    return any(
        arrived_by(promise, delivery.on) < come
        for delivery, come in zip(
            base, accumulate(delivery.quantity for delivery in base), strict=True
        )
    )


def kind_of(promise: Promise, before: Promise, *, is_first: bool) -> Kind:
    """Say what sort of answer a promise is.

    Args:
        promise: What is said now.
        before: What stood until now and is still to come; empty if nothing stood.
        is_first: Whether nothing was ever promised on this line.
    """
    if is_first:
        return Kind.COMMIT
    if not before or promise == before:
        return Kind.RECOMMIT
    if _sum(promise) != _sum(before):
        return Kind.QUANTITY_CHANGE
    if len(promise) > len(before):
        return Kind.SPLIT
    return Kind.PUSH_OUT if is_worse(promise, before) else Kind.PULL_IN


def _sum(promise: Promise) -> int:
    """Return the pieces of a promise."""
    return sum(delivery.quantity for delivery in promise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a ledger stands after its revisions; revisions are named by number."""

    state: State
    original: int | None
    current: int | None
    word_by: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a replay needs of one revision."""

    number: int
    kind: Kind
    word_by: date | None = None


_STATE_AFTER: Final[dict[Kind, State]] = {
    Kind.DECOMMIT: State.DECOMMITTED,
    Kind.REJECT: State.REJECTED,
    Kind.CANNOT_SAY: State.ACKNOWLEDGED,
}


def replay(entries: Iterable[Entry], *, is_acknowledged: bool) -> Position:
    """Return where a ledger stands by its revisions alone.

    An UNDO takes the revision before it back: what held until then holds again.
    """
    valid: list[Entry] = []
    for entry in entries:
        if entry.kind == Kind.UNDO:
            valid.pop()
        else:
            valid.append(entry)
    promises = [entry.number for entry in valid if entry.kind not in _STATE_AFTER]
    return Position(
        state=_state_of(valid, is_acknowledged=is_acknowledged),
        original=promises[0] if promises else None,
        current=promises[-1] if promises else None,
        word_by=valid[-1].word_by if valid else None,
    )


def _state_of(valid: Sequence[Entry], *, is_acknowledged: bool) -> State:
    """Return the state after the last revision that was not taken back."""
    if not valid:
        return State.ACKNOWLEDGED if is_acknowledged else State.REQUESTED
    return _STATE_AFTER.get(valid[-1].kind, State.COMMITTED)
