"""What happened since a plan was made: the reasons why it is stale."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from journal.models import Event
from scheduling.models import Plan

FACT_KINDS = (
    "commitment.committed",
    "commitment.changed",
    "commitment.decommitted",
    "commitment.rejected",
    "grid.event_received",
    "order.changed",
    "order.created",
    "outage.recorded",
    "purchase_order.changed",
    "purchase_order.created",
    "receipt.recorded",
    "step.corrected",
    "step.failed",
    "step.passed",
    "step.started",
    "stock.held",
    "stock.released",
)
"""Events that change what a plan rests on."""

EVENTS_READ = 1_000
"""Beyond this many events the count says "at least"; the plan is stale anyhow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that changed, however many events told of it.

    Attributes:
        kind: The newest event's kind.
        sentence: What happened last, in plain words.
        count: How many events there were.
        at: The newest event's moment.
    """

    kind: str
    sentence: str
    count: int
    at: datetime


def facts_newer_than(plan: Plan) -> list[Fact]:
    """Return what changed since a plan's snapshot, the newest first. One query.

    An event without its place in the order yet may or may not be in the plan; it counts
    as newer, so that a plan is never called fresh wrongly.
    """
    events = (
        Event.objects.filter(
            Q(seq__gt=plan.event_seq) | Q(seq__isnull=True), kind__in=FACT_KINDS
        )
        .order_by("-pk")
        .values_list("object_type", "object_id", "kind", "summary", "at")[:EVENTS_READ]
    )
    facts: dict[tuple[str, str], Fact] = {}
    for object_type, object_id, kind, summary, at in events:
        key = (object_type, object_id)
        newest = facts.get(key)
        facts[key] = Fact(
            kind=newest.kind if newest else kind,
            sentence=newest.sentence if newest else summary or kind,
            count=newest.count + 1 if newest else 1,
            at=newest.at if newest else at,
        )
    return list(facts.values())
