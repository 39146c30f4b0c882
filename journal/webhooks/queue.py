"""What is to be sent to whom: one delivery an event and endpoint, written once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from journal.cursors import Consumer
from journal.errors import EndpointIsOffError, TooManyToReplayError
from journal.models import Delivery, Event, WebhookEndpoint
from journal.reach import is_of, kinds_of, learnt_by, may_learn, of_kinds

CONSUMER = "webhooks"
REPLAY_MOST = 10_000
AT_ONCE = 1_000


def endpoints_on() -> list[WebhookEndpoint]:
    """Return the endpoints that are sent to, with their clients. One query."""
    return list(
        WebhookEndpoint.objects.filter(
            is_active=True, client__is_active=True, client__external_communication=True
        ).select_related("client")
    )


def wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    """Tell whether an event is sent to an endpoint that is on.

    It must be newer than the endpoint, of a kind asked for, and such that the client
    could read it.
    """
    kinds = kinds_of(endpoint.kinds)
    return (
        event.at >= endpoint.made_at
        and (not kinds or is_of(event.kind, kinds))
        and may_learn(endpoint.client, event)
    )


def queue(events: Sequence[Event]) -> None:
    """Write a delivery for each event and endpoint that wants it. Two queries."""
    endpoints = endpoints_on()
    _add(
        Delivery(endpoint=endpoint, event=event)
        for event in events
        for endpoint in endpoints
        if wants(endpoint, event)
    )


WEBHOOKS = Consumer(name=CONSUMER, handle=queue)


def ping(*, endpoint: WebhookEndpoint) -> Delivery:
    """Queue a message that only tries the way.

    Raises:
        EndpointIsOffError: If nothing is sent to the endpoint.
    """
    _must_be_on(endpoint)
    return Delivery.objects.create(endpoint=endpoint, event=None)


def send_again(*, delivery: Delivery) -> None:
    """Let a delivery that ended begin anew; one that waits is due now.

    Raises:
        EndpointIsOffError: If nothing is sent to the endpoint.
    """
    _must_be_on(delivery.endpoint)
    _begin_anew(Q(pk=delivery.pk))


@transaction.atomic
def replay(*, endpoint: WebhookEndpoint, since: datetime) -> int:
    """Queue every event since a moment again, as the client may learn and asked for.

    Returns:
        How many are sent.

    Raises:
        EndpointIsOffError: If nothing is sent to the endpoint.
        TooManyToReplayError: If there are over ``REPLAY_MOST``.
    """
    _must_be_on(endpoint)
    events = Event.objects.sequenced().filter(learnt_by(endpoint.client), at__gte=since)
    if kinds := kinds_of(endpoint.kinds):
        events = events.filter(of_kinds(kinds))
    wanted = list(events.values_list("pk", flat=True)[: REPLAY_MOST + 1])
    if len(wanted) > REPLAY_MOST:
        raise TooManyToReplayError(REPLAY_MOST)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        _begin_anew(Q(endpoint=endpoint, event__in=some))
        _add(Delivery(endpoint=endpoint, event_id=pk) for pk in some)
    return len(wanted)


def forget_old(now: datetime | None = None) -> int:
    """Delete deliveries that ended ``WEBHOOK_KEPT_DAYS`` ago; return how many.

    Args:
        now: Aware; None is now.
    """
    until = (now or timezone.now()) - timedelta(days=settings.WEBHOOK_KEPT_DAYS)
    deleted, _ = Delivery.objects.filter(ended_at__lt=until).delete()
    return deleted


def _add(deliveries: Iterable[Delivery]) -> None:
    """Store deliveries; one that is there already stays as it is."""
    Delivery.objects.bulk_create(
        list(deliveries), ignore_conflicts=True, batch_size=AT_ONCE
    )


def _begin_anew(which: Q) -> None:
    """Make deliveries due now, with all their tries before them. One UPDATE."""
    Delivery.objects.filter(which).update(
        state=Delivery.State.WAITING,
        attempts=0,
        due_at=timezone.now(),
        ended_at=None,
        status=None,
        error="",
    )


def _must_be_on(endpoint: WebhookEndpoint) -> None:
    """Refuse an endpoint that nothing is sent to.

    Raises:
        EndpointIsOffError: Names it.
    """
    client = endpoint.client
    may_be_told = client.is_active and client.external_communication
    if not endpoint.is_active or not may_be_told:
        raise EndpointIsOffError(endpoint.url)
