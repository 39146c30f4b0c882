"""What has happened since the plan that somebody looks at: one quiet sentence."""

from typing import Any

from journal.models import Event
from scheduling.models import Plan
from scheduling.queries.standing import Standing
from scheduling.staleness import LIMITS, sites_of_events

MOST_READ = 100
"""Newest events looked through for one of the site."""


def news_of(plan: Plan, now: Standing) -> dict[str, Any]:
    """Return what is newer than a plan, for the page that shows it.

    Two queries, and one a kind of object that the newest events are about. What
    happens at another site is no news here.

    Args:
        plan: The plan on the page.
        now: Where its site stands.
    """
    said = []
    if now.publication and now.publication.plan_id > plan.pk:
        who = now.publication.by.get_full_name() if now.publication.by else "The system"
        said.append(f"{who} published plan {now.publication.number}.")
    if now.proposal and now.proposal.pk > plan.pk:
        asked = now.proposal.run.requested_by
        who = f" by {asked.get_full_name()}" if asked else ""
        said.append(f"A newer proposal{who} is there.")
    newer = Event.objects.filter(kind__in=LIMITS, seq__gt=plan.event_seq)
    ours = sites_of_events(newer.order_by("-seq")[:MOST_READ]).get(now.site.pk, [])
    newest = ours[0] if ours else None
    if newest is not None:
        said.append(f"Since this plan: {newest.summary or newest.kind}.")
    return {
        "sentence": " ".join(said),
        "is_superseded": plan not in (now.proposal, now.plan),
        "event": newest.seq if newest else None,
        "is_running": now.run is not None,
    }
