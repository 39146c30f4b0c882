"""Answering for a line: every change of a promise is one revision and one event.

Each service takes the version its caller saw; whoever comes second is told, and
nothing of that answer is kept. Acknowledging and promising are two facts.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from suppliers import sentences
from suppliers.errors import NothingToUndoError, UndoTooLateError
from suppliers.ledger import (
    Delivery,
    Entry,
    Kind,
    Promise,
    State,
    Verb,
    replay,
    settled,
)
from suppliers.models import Commitment, CommitRevision, Tranche
from suppliers.services.author import Author
from suppliers.services.checks import (
    check_day,
    check_on_the_way,
    check_reason,
    check_words,
)
from suppliers.services.decision import (
    EVENT_OF,
    Decision,
    decide,
    revision_of,
    tranches_of,
)
from suppliers.services.hold import (
    Held,
    change,
    hold,
    standing_promise,
    still_to_come,
    tell,
)


@transaction.atomic
def acknowledge(
    *, line_id: int, expected_version: int, author: Author, now: datetime
) -> Commitment:
    """Note that the supplier has seen the line. It promises nothing.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        IllegalMoveError: If it has been acknowledged or answered already.
    """
    held = _held(line_id, expected_version, author, now)
    before = held.facts()
    change(held, state=held.after(Verb.ACKNOWLEDGE), acknowledged_at=now)
    supplier = held.line.purchase_order.supplier.name
    tell(
        held,
        kind="commitment.acknowledged",
        actor=author.actor,
        request_id=author.request_id,
        summary=(
            f"{sentences.line_name(held.line)}, {held.line.part.code}: "
            f"{supplier} has seen it"
        ),
        before=before,
    )
    return held.commitment


def accept(
    *, line_id: int, expected_version: int, author: Author, now: datetime
) -> Commitment:
    """Promise what is still to come as it was asked: one tranche, on the day asked.

    Raises:
        DateRangeError: If the day asked for has passed.
        SuppliersError: As ``commit``.
    """
    with transaction.atomic():
        held = _held(line_id, expected_version, author, now)
        return _commit(held, (_asked(held),), author, reason_code="", note="")


@transaction.atomic
def commit(
    *,
    line_id: int,
    expected_version: int,
    deliveries: Sequence[Delivery],
    author: Author,
    now: datetime,
    reason_code: str = "",
    note: str = "",
    substitute: str | None = None,
) -> Commitment:
    """Promise pieces on dock dates; the kind of answer follows from what stood before.

    Saying again what stands already changes nothing and keeps the version.

    Args:
        line_id: The line.
        expected_version: Version of the commitment the answer was made on.
        deliveries: 1 to ``PROMISE_TRANCHES_MAX``, one a day; together at most what the
            line still asks for, since more than was ordered is refused.
        author: Who answers, and through which door.
        now: The moment, aware; dates run from that day at the receiving site to
            ``PROMISE_HORIZON_DAYS`` later.
        reason_code: Needed if on any day fewer pieces will have come than was promised
            (or, at the first promise, asked).
        note: Up to 300 characters.
        substitute: Code of the approved alternate that will come; empty: the part
            ordered; None: what stands.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        IllegalMoveError: If the line takes no promise any more.
        AnswerRefusedError: If a field is out of range; names the field and the limit.
    """
    held = _held(line_id, expected_version, author, now)
    return _commit(
        held,
        deliveries,
        author,
        reason_code=reason_code,
        note=note,
        substitute=substitute,
    )


@transaction.atomic
def decommit(
    *,
    line_id: int,
    expected_version: int,
    reason_code: str,
    author: Author,
    now: datetime,
    note: str = "",
) -> Commitment:
    """Withdraw a promise without a new one. The reason is mandatory.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        IllegalMoveError: If nothing is promised.
        AnswerRefusedError: If the reason is missing or unknown.
    """
    held = _held(line_id, expected_version, author, now)
    state = held.after(Verb.DECOMMIT)
    check_on_the_way(held, 0)
    check_reason(reason_code, _("Withdrawing a promise"))
    return _say(held, Kind.DECOMMIT, state, author, reason_code=reason_code, note=note)


@transaction.atomic
def reject(
    *,
    line_id: int,
    expected_version: int,
    reason_code: str,
    author: Author,
    now: datetime,
    note: str = "",
) -> Commitment:
    """Refuse a line that was never promised. The reason is mandatory.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        IllegalMoveError: If something is promised; that is withdrawn, not rejected.
        AnswerRefusedError: If the reason is missing or unknown.
    """
    held = _held(line_id, expected_version, author, now)
    state = held.after(Verb.REJECT)
    check_on_the_way(held, 0)
    check_reason(reason_code, _("Rejecting a line"))
    return _say(held, Kind.REJECT, state, author, reason_code=reason_code, note=note)


@transaction.atomic
def cannot_say(
    *,
    line_id: int,
    expected_version: int,
    word_by: date,
    author: Author,
    now: datetime,
    reason_code: str = "",
    note: str = "",
) -> Commitment:
    """Answer "cannot say yet", with the day of the next word.

    A promise that stood no longer does, and then the reason is mandatory.

    Args:
        line_id: The line.
        expected_version: Version of the commitment the answer was made on.
        word_by: From today at the site to ``WORD_BY_MAX_DAYS`` later.
        author: Who answers, and through which door.
        now: The moment, aware.
        reason_code: Needed if a promise stood.
        note: Up to 300 characters.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        IllegalMoveError: If the line takes no answer any more.
        AnswerRefusedError: If a field is out of range; names the field and the limit.
    """
    held = _held(line_id, expected_version, author, now)
    state = held.after(Verb.CANNOT_SAY)
    check_on_the_way(held, 0)
    check_day("word_by", word_by, held.today, settings.WORD_BY_MAX_DAYS)
    if held.promise:
        check_reason(reason_code, _("Taking back a promise"))
    return _say(
        held,
        Kind.CANNOT_SAY,
        state,
        author,
        reason_code=reason_code,
        note=note,
        word_by=word_by,
    )


@transaction.atomic
def undo(
    *, line_id: int, expected_version: int, author: Author, now: datetime
) -> Commitment:
    """Take the last answer back, by a revision of its own; the one before holds again.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        NothingToUndoError: If the newest fact is not an answer, or is an undo.
        UndoTooLateError: If ``ANSWER_UNDO_WINDOW_S`` seconds have passed.
    """
    held = _held(line_id, expected_version, author, now)
    said = list(held.commitment.revisions.order_by("number"))
    if not said or not can_be_undone(held.commitment, said[-1]):
        raise NothingToUndoError(held.name)
    last = said[-1]
    if now - last.made_at > timedelta(seconds=settings.ANSWER_UNDO_WINDOW_S):
        raise UndoTooLateError(held.name, settings.ANSWER_UNDO_WINDOW_S)
    position = replay(
        [*map(_entry, said), Entry(number=last.number + 1, kind=Kind.UNDO)],
        is_acknowledged=held.commitment.acknowledged_at is not None,
    )
    by_number = {revision.number: revision for revision in said}
    return _say(
        held,
        Kind.UNDO,
        position.state,
        author,
        word_by=position.word_by,
        original=by_number.get(position.original or 0),
        current=by_number.get(position.current or 0),
    )


def can_be_undone(commitment: Commitment, newest: CommitRevision) -> bool:
    """Say whether the newest revision is an answer that nothing has followed."""
    return newest.kind != Kind.UNDO and commitment.changed_at == newest.made_at


def _held(line_id: int, version: int, author: Author, now: datetime) -> Held:
    """Lock a line for one of those who may answer for it."""
    held = hold(line_id=line_id, now=now, expected_version=version)
    author.must_speak_for(held.line)
    return held


def _entry(revision: CommitRevision) -> Entry:
    """Return what a replay needs of a revision."""
    return Entry(
        number=revision.number, kind=Kind(revision.kind), word_by=revision.word_by
    )


def _asked(held: Held) -> Delivery:
    """Return what the line still asks for, as one delivery."""
    return Delivery(held.line.need_by, held.line.outstanding)


def _commit(
    held: Held,
    deliveries: Sequence[Delivery],
    author: Author,
    *,
    reason_code: str,
    note: str,
    substitute: str | None = "",
) -> Commitment:
    """Decide a promise and keep it, if it changes anything."""
    decision = decide(
        held,
        deliveries,
        author,
        reason_code=reason_code,
        note=note,
        substitute=substitute,
    )
    return held.commitment if decision is None else _keep(held, decision, author)


def _say(
    held: Held,
    kind: Kind,
    state: State,
    author: Author,
    *,
    reason_code: str = "",
    note: str = "",
    word_by: date | None = None,
    **position: CommitRevision | None,
) -> Commitment:
    """Keep an answer without a promise."""
    check_words(reason_code, note)
    decision = Decision(
        kind=kind,
        state=state,
        cause=author.cause,
        reason_code=reason_code,
        note=note,
        word_by=word_by,
    )
    return _keep(held, decision, author, **position)


def _keep(
    held: Held, decision: Decision, author: Author, **position: CommitRevision | None
) -> Commitment:
    """Append one revision with its tranches, move the commitment, tell the journal."""
    before, stood, promise = held.facts(), held.promise, decision.promise
    newest = held.commitment.revisions.aggregate(newest=Max("number"))["newest"] or 0
    revision = revision_of(held, decision, author, number=newest + 1)
    revision.save(force_insert=True)
    Tranche.objects.bulk_create(tranches_of(revision, promise))
    if promise:
        original = held.commitment.original or revision
        position = {"original": original, "current": revision}
    acknowledged_at = held.commitment.acknowledged_at
    left = promise or _revived(held, position)
    state = settled(decision.state, left, held.line.on_the_way)
    if state == State.ACKNOWLEDGED and acknowledged_at is None:
        acknowledged_at = held.now
    change(
        held,
        state=state,
        word_by=decision.word_by,
        acknowledged_at=acknowledged_at,
        **position,
    )
    held.promise = promise or standing_promise(held.commitment, held.line)
    tell(
        held,
        kind=EVENT_OF.get(decision.kind, "commitment.changed"),
        actor=author.actor,
        request_id=author.request_id,
        summary=sentences.answer_words(
            held.line, revision, held.promise, stood, held.today
        ),
        before=before,
    )
    return held.commitment


def _revived(held: Held, position: dict[str, CommitRevision | None]) -> Promise:
    """Return what an undo lets hold again. At most one query."""
    current = position.get("current")
    return still_to_come(current, held.line) if current else ()
