"""Many answers at once, by the rules of a single one: judged, then kept in bulk.

What a single answer costs in queries, a thousand cost here. Each line is decided by
``decide``; nothing is decided a second way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from journal.services import Fact, record_many
from journal.setwise import insert_rows
from suppliers import sentences
from suppliers.errors import StaleCommitmentError, SuppliersError
from suppliers.ledger import Delivery, Promise, State, settled
from suppliers.models import Commitment, CommitRevision, PurchaseOrderLine
from suppliers.services.author import Author
from suppliers.services.decision import (
    EVENT_OF,
    Decision,
    decide,
    revision_of,
    tranches_of,
)
from suppliers.services.hold import (
    EVENT_SUMMARY_MAX,
    Held,
    lines_with_orders,
    standing_promise,
)

BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is promised on one line, and the version it was promised on."""

    line_id: int
    expected_version: int
    deliveries: tuple[Delivery, ...]
    reason_code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer does.

    Attributes:
        held: The line it is for.
        decision: What is to be kept; None if nothing changes or it is refused.
        refusal: Why it is refused; empty if it is not.
    """

    held: Held
    decision: Decision | None = None
    refusal: str = ""


def hold_many(
    line_ids: Iterable[int], now: datetime, *, is_locked: bool
) -> dict[int, Held]:
    """Load lines with their commitments, by key. Six queries, however many.

    Args:
        line_ids: Keys of lines that have a commitment.
        now: The moment of the change, aware.
        is_locked: Whether to lock the lines until the transaction ends, always in one
            order, so that two never wait for each other.
    """
    lines = PurchaseOrderLine.objects.for_staff().filter(pk__in=list(line_ids))
    if is_locked:
        lines = lines.select_for_update(of=("self",))
    by_key = lines_with_orders(lines)
    commitments = (
        Commitment.objects.for_staff()
        .filter(line__in=list(by_key))
        .select_related("current__substitute")
        .prefetch_related("current__tranches")
    )
    helds = {}
    for commitment in commitments:
        line = by_key[commitment.line_id]
        helds[line.pk] = Held(
            line=line,
            commitment=commitment,
            now=now,
            promise=standing_promise(commitment, line),
        )
    return helds


def judge(held: Held, answer: Answer, author: Author) -> Verdict:
    """Say what an answer does to a line, without doing it.

    What stands already changes nothing, on whatever version it was said: a file sent
    twice, or sent back as it was, is no answer.
    """
    if tuple(sorted(answer.deliveries)) == held.promise:
        return Verdict(held=held)
    found = held.commitment.version
    try:
        author.must_speak_for(held.line)
        if answer.expected_version != found:
            raise StaleCommitmentError(held.name, answer.expected_version, found)
        decision = decide(
            held,
            answer.deliveries,
            author,
            reason_code=answer.reason_code,
            note=answer.note,
            substitute=None,
        )
    except SuppliersError as error:
        return Verdict(held=held, refusal=str(error))
    return Verdict(held=held, decision=decision)


def keep_many(verdicts: Sequence[Verdict], author: Author) -> None:
    """Keep what was decided on locked lines. Seven queries a thousand lines.

    Each change is one revision, one version and one event, as if it had come alone.
    """
    kept = [(one.held, one.decision) for one in verdicts if one.decision is not None]
    for start in range(0, len(kept), BATCH):
        _keep(kept[start : start + BATCH], author)


def _keep(kept: Sequence[tuple[Held, Decision]], author: Author) -> None:
    """Keep one batch."""
    newest = dict(
        CommitRevision.objects.for_staff()
        .filter(commitment__in=[held.commitment.pk for held, _ in kept])
        .order_by()
        .values_list("commitment")
        .annotate(Max("number"))
    )
    before = [(held.facts(), held.promise) for held, _ in kept]
    revisions = CommitRevision.objects.bulk_create(
        revision_of(
            held, decision, author, number=newest.get(held.commitment.pk, 0) + 1
        )
        for held, decision in kept
    )
    insert_rows(
        [
            tranche
            for revision, (_, decision) in zip(revisions, kept, strict=True)
            for tranche in tranches_of(revision, decision.promise)
        ]
    )
    _move(kept)
    record_many(
        _fact(held, revision, author, facts, stood)
        for (held, _), revision, (facts, stood) in zip(
            kept, revisions, before, strict=True
        )
    )


def _move(kept: Sequence[tuple[Held, Decision]]) -> None:
    """Move the commitments to their newest promise: one update a state."""
    states: list[tuple[State, int]] = []
    for held, decision in kept:
        state = settled(decision.state, decision.promise, held.line.on_the_way)
        states.append((state, held.commitment.pk))
        held.commitment.state, held.commitment.word_by = state, None
        held.commitment.version += 1
        held.promise = decision.promise
    promises = CommitRevision.objects.for_staff().filter(
        commitment=OuterRef("pk"), quantity__gte=1
    )
    newest = Subquery(promises.order_by("-number").values("pk")[:1])
    for state, pairs in groupby(sorted(states), key=itemgetter(0)):
        Commitment.objects.for_staff().filter(pk__in=[pk for _, pk in pairs]).update(
            state=state,
            word_by=None,
            version=F("version") + 1,
            changed_at=kept[0][0].now,
            current=newest,
            original=Coalesce(F("original"), newest),
        )


def _fact(
    held: Held,
    revision: CommitRevision,
    author: Author,
    before: dict[str, object],
    stood: Promise,
) -> Fact:
    """Return the event about one changed commitment."""
    return Fact(
        kind=EVENT_OF.get(CommitRevision.Kind(revision.kind), "commitment.changed"),
        about=held.commitment,
        actor=author.actor,
        scope=held.line.purchase_order.supplier.scope,
        request_id=author.request_id,
        summary=sentences.answer_words(
            held.line, revision, held.promise, stood, held.today
        )[:EVENT_SUMMARY_MAX],
        before=before,
        after=held.facts(),
    )
