"""Deciding a promise: what it is beside the request and what stood, and its rows.

A single answer and a thousand at once are decided here and nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from factory.models import Part
from suppliers.ledger import Delivery, Kind, Promise, State, Verb, is_worse, kind_of
from suppliers.models import CommitRevision, Tranche
from suppliers.services.author import Author, Cause
from suppliers.services.checks import (
    check_reason,
    check_words,
    checked_promise,
    checked_substitute,
)
from suppliers.services.hold import Held

EVENT_OF = {
    Kind.COMMIT: "commitment.committed",
    Kind.DECOMMIT: "commitment.decommitted",
    Kind.REJECT: "commitment.rejected",
}
"""Kinds of revision with an event of their own; any other is a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One revision to be kept, and the state it leads to.

    Attributes:
        kind: What sort of answer it is.
        state: Where it leaves the commitment.
        cause: Whose doing it is.
        promise: By date; empty for an answer without one.
        reason_code: Empty if none is needed.
        note: Up to 300 characters.
        word_by: Day of the next word, for "cannot say yet".
        substitute: The approved alternate that will come, if one will.
    """

    kind: Kind
    state: State
    cause: Cause
    promise: Promise = ()
    reason_code: str = ""
    note: str = ""
    word_by: date | None = None
    substitute: Part | None = None


def decide(
    held: Held,
    deliveries: Sequence[Delivery],
    author: Author,
    *,
    reason_code: str,
    note: str,
    substitute: str | None = "",
) -> Decision | None:
    """Check a promise against the request and what stood; None if nothing changes.

    ``substitute`` is as ``commit`` takes it.

    Raises:
        IllegalMoveError: If the line takes no promise any more.
        AnswerRefusedError: If a field is out of range; names the field and the limit.
    """
    state = held.after(Verb.COMMIT)
    promise = checked_promise(held, deliveries)
    current = held.commitment.current
    was = current.substitute if current is not None and held.promise else None
    part = was if substitute is None else checked_substitute(held, substitute, promise)
    is_request_new = current is not None and (
        (current.requested_quantity, current.requested_date)
        != (held.line.quantity, held.line.need_by)
    )
    if (promise, part) == (held.promise, was) and not is_request_new:
        return None
    base: Promise = (
        Delivery(max(held.line.need_by, held.today), held.line.outstanding),
    )
    if held.promise and not is_request_new:
        base = held.promise
    cause = author.cause
    if is_worse(promise, base):
        check_reason(reason_code, _("Promising later or less"))
    elif is_request_new and held.promise:
        # What the buyer moved and the supplier followed is the buyer's doing.
        reason_code, cause = CommitRevision.Reason.BUYER_REQUEST, Cause.BUYER
    check_words(reason_code, note)
    kind = kind_of(promise, held.promise, is_first=current is None)
    if part not in {None, was} and kind != Kind.COMMIT:
        kind = Kind.SUBSTITUTE
    return Decision(
        kind=kind,
        state=state,
        cause=cause,
        promise=promise,
        reason_code=reason_code,
        note=note,
        substitute=part,
    )


def revision_of(
    held: Held, decision: Decision, author: Author, *, number: int
) -> CommitRevision:
    """Return the unsaved revision of a decision."""
    promise = decision.promise
    return CommitRevision(
        commitment=held.commitment,
        number=number,
        kind=decision.kind,
        reason_code=decision.reason_code,
        note=decision.note,
        cause=decision.cause,
        door=author.door,
        by_id=author.user_id,
        actor=author.actor,
        made_at=held.now,
        requested_quantity=held.line.quantity,
        requested_date=held.line.need_by,
        received_quantity=held.line.received,
        quantity=sum(delivery.quantity for delivery in promise),
        last_dock_date=promise[-1].on if promise else None,
        word_by=decision.word_by,
        substitute=decision.substitute,
    )


def tranches_of(revision: CommitRevision, promise: Promise) -> Iterator[Tranche]:
    """Yield the unsaved tranches of a revision."""
    for number, delivery in enumerate(promise, start=1):
        yield Tranche(
            revision=revision,
            number=number,
            quantity=delivery.quantity,
            dock_date=delivery.on,
        )
