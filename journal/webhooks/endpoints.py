"""Endpoints: made, changed, given new secrets, switched off and on."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from journal.errors import (
    CapabilityMissingError,
    EndpointIsOffError,
    EndpointTakenError,
)
from journal.models import ApiClient, WebhookEndpoint, WebhookSecret
from journal.reach import kinds_of
from journal.services import record
from journal.webhooks.addresses import Door
from journal.webhooks.signing import new_salt, shown

SYSTEM = "system"


class NewEndpoint(NamedTuple):
    """An endpoint and its secret; the secret is shown nowhere else afterwards."""

    endpoint: WebhookEndpoint
    secret: str


def create_endpoint(
    *, client: ApiClient, url: str, kinds: str, actor: str, door: Door | None = None
) -> NewEndpoint:
    """Make an endpoint of a client with a fresh secret.

    Args:
        client: Must hold external communication.
        url: Where it is; checked in its form now, and in full at each sending.
        kinds: Kinds of event by comma; empty: all the client may learn.
        actor: Who made it.
        door: What may be reached; None: as the settings say.

    Raises:
        CapabilityMissingError: If the client may not be told anything.
        AddressRefusedError: If the address is not allowed; names what is wrong.
        KindsRefusedError: If the kinds cannot be read.
        EndpointTakenError: If the client has this address already.
    """
    if not client.external_communication:
        raise CapabilityMissingError(client.name, "external communication")
    (door or Door()).target_of(url)
    wanted = ",".join(kinds_of(kinds))
    try:
        with transaction.atomic():
            endpoint = WebhookEndpoint.objects.create(
                client=client, url=url, kinds=wanted
            )
            secret = _add_secret(endpoint)
            _record("created", endpoint, actor, after=_facts(endpoint))
    except IntegrityError as error:
        raise EndpointTakenError(url) from error
    return NewEndpoint(endpoint, secret)


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, actor: str, overlap: timedelta) -> str:
    """Give an endpoint a new secret; older ones sign beside it until the overlap ends.

    Returns:
        The new secret; it is shown nowhere else afterwards.
    """
    end = timezone.now() + overlap
    ends_later = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=end)
    endpoint.secrets.filter(ends_later).update(expires_at=end)
    secret = _add_secret(endpoint)
    _record("secret_rotated", endpoint, actor, after={"older_until": end.isoformat()})
    return secret


@transaction.atomic
def change_kinds(*, endpoint: WebhookEndpoint, kinds: str, actor: str) -> None:
    """Change what an endpoint is sent.

    Raises:
        KindsRefusedError: If the kinds cannot be read.
    """
    before = _facts(endpoint)
    endpoint.kinds = ",".join(kinds_of(kinds))
    endpoint.save(update_fields=["kinds"])
    _record("changed", endpoint, actor, before=before, after=_facts(endpoint))


@transaction.atomic
def switch_off(
    *,
    endpoint: WebhookEndpoint,
    because: WebhookEndpoint.Reason,
    now: datetime,
    actor: str = SYSTEM,
) -> bool:
    """Send nothing more to an endpoint; what waits stays; say whether it was on."""
    switched = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(
        is_active=False, disabled_at=now, disabled_because=because
    )
    if switched:
        _record("disabled", endpoint, actor, after={"because": str(because)})
    return bool(switched)


@transaction.atomic
def switch_on(*, endpoint: WebhookEndpoint, actor: str) -> None:
    """Send to an endpoint again, what waits first.

    Raises:
        EndpointIsOffError: If its client is off or may not be told anything.
    """
    client = endpoint.client
    if not client.is_active or not client.external_communication:
        raise EndpointIsOffError(endpoint.url)
    switched = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=False).update(
        is_active=True, disabled_at=None, disabled_because="", failing_since=None
    )
    if switched:
        _record("enabled", endpoint, actor)


def _add_secret(endpoint: WebhookEndpoint) -> str:
    """Store a fresh salt and return its secret."""
    salt = new_salt()
    WebhookSecret.objects.create(endpoint=endpoint, salt=salt)
    return shown(salt)


def _facts(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return what the journal keeps of an endpoint."""
    return {
        "client": endpoint.client.name,
        "url": endpoint.url,
        "kinds": endpoint.kinds,
    }


def _record(verb: str, endpoint: WebhookEndpoint, actor: str, **facts: Any) -> None:
    """Say in the journal what happened to an endpoint. One INSERT."""
    record(
        kind=f"webhook.{verb}",
        about=endpoint,
        actor=actor,
        summary=f"Webhook to {endpoint.url[:200]} {verb.replace('_', ' ')}",
        **facts,
    )
