"""What is wrong between this system and others, in sentences for the office."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from journal.models import WebhookEndpoint
from journal.wording import counted
from scheduling.queries.acknowledgements import overdue

FAILING_FOR = timedelta(hours=1)
"""A receiver that fails for less may be restarting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that somebody must look at.

    Attributes:
        kind: For programs: ``promises_not_stored``, ``webhook_off``, ...
        title: Which, in a few words.
        sentence: What it means if nobody does.
        since: When it began.
    """

    kind: str
    title: str
    sentence: str
    since: datetime


def alarms(now: datetime) -> list[Alarm]:
    """Return what is wrong, the oldest first. Two queries."""
    return sorted(
        [*_promises(now), *_webhooks(now)], key=lambda alarm: (alarm.since, alarm.kind)
    )


def _promises(now: datetime) -> list[Alarm]:
    """Return promise dates that an ERP has not stored in time."""
    return [
        Alarm(
            kind="promises_not_stored",
            title=f"{counted(one.count, 'promise date')} not stored in {one.system}.",
            sentence="The ERP still shows customers an older date, or none.",
            since=one.since,
        )
        for one in overdue(now)
    ]


def _webhooks(now: datetime) -> list[Alarm]:
    """Return endpoints that were switched off by what they answered, or fail."""
    off = Q(is_active=False) & ~Q(disabled_because=WebhookEndpoint.Reason.BY_HAND)
    failing = Q(is_active=True, failing_since__lte=now - FAILING_FOR)
    found = (
        WebhookEndpoint.objects.filter(off | failing, client__is_active=True)
        .select_related("client")
        .order_by("pk")
    )
    return [_webhook(endpoint) for endpoint in found]


def _webhook(endpoint: WebhookEndpoint) -> Alarm:
    """Return the alarm of one endpoint."""
    name = endpoint.client.name
    if endpoint.is_active:
        return Alarm(
            kind="webhook_failing",
            title=f"A webhook of {name} fails.",
            sentence="Its deliveries wait and are tried again.",
            since=endpoint.failing_since or endpoint.made_at,
        )
    return Alarm(
        kind="webhook_off",
        title=f"A webhook of {name} is off.",
        sentence=f"{endpoint.get_disabled_because_display()}; nothing is sent to it.",
        since=endpoint.disabled_at or endpoint.made_at,
    )
