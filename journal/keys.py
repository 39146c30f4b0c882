"""API clients and their keys: made once, shown once, kept as a hash."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from journal.errors import (
    CapabilityRefusedError,
    ClientIsOffError,
    ClientNameTakenError,
    KeyHasEndedError,
)
from journal.models import ApiClient, ClientKey, Event
from journal.scopes import checked_scopes
from journal.services import record

PREFIX_LENGTH = 10
LAST_USE_RESOLUTION = timedelta(minutes=1)
"""How stale ``last_used_at`` may be, so that reads do not write a row each."""

CAPABILITIES = ("sensitive_data", "code_execution", "external_communication")
TWO_OF_THREE = "api_client_two_of_three_capabilities"
REFUSED = "integration.capability_denied"


class NewClient(NamedTuple):
    """A client and its key; the key is nowhere else afterwards."""

    client: ApiClient
    key: str


def _digest(key: str) -> str:
    """Return the SHA-256 of a key in hex; keys are random, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def create_client(
    *,
    name: str,
    system: str,
    actor: str,
    sensitive_data: bool = False,
    code_execution: bool = False,
    external_communication: bool = False,
    scopes: str = "",
    acknowledges_promises: bool = False,
    requests_per_min: int | None = None,
    expires_at: datetime | None = None,
    key: str = "",
) -> NewClient:
    """Make a client with a fresh key and say so in the journal.

    Args:
        name: What people call it; unique.
        system: The ERP's name in external identifiers.
        actor: Who made it.
        sensitive_data: Whether it may read and write orders, prices and promises.
        code_execution: Whether it may start runs.
        external_communication: Whether it may be sent webhooks.
        scopes: By comma; empty: all that the capabilities open.
        acknowledges_promises: Whether promise dates it has not stored are an alarm.
        requests_per_min: Its own limit; None: the house's.
        expires_at: When the key stops working; None: never.
        key: A given key, for the demo's fixed log-in only.

    Raises:
        CapabilityRefusedError: For a third capability; the database refuses it, and
            the journal says who asked.
        ClientNameTakenError: If another client has the name.
        ScopesRefusedError: If a scope is none.
    """
    client = ApiClient(
        name=name,
        system=system,
        sensitive_data=sensitive_data,
        code_execution=code_execution,
        external_communication=external_communication,
        scopes=checked_scopes(scopes),
        acknowledges_promises=acknowledges_promises,
        requests_per_min=requests_per_min,
    )
    try:
        with transaction.atomic():
            client.save()
            shown = _add_key(client, expires_at=expires_at, key=key)
            record(
                kind="api_client.created",
                about=client,
                actor=actor,
                summary=f"API client {name} created",
                after=_facts(client),
            )
    except IntegrityError as error:
        raise _refusal(error, client, actor) from error
    return NewClient(client, shown)


def change_client(*, client: ApiClient, actor: str, **values: Any) -> None:
    """Change what a client may do, and say so in the journal.

    Args:
        client: Is changed in place too, unless refused.
        actor: Who changes it.
        **values: Columns of the client by name.

    Raises:
        CapabilityRefusedError: For a third capability; the refusal is an event.
        ClientNameTakenError: If another client has the name.
        ScopesRefusedError: If a scope is none.
    """
    if "scopes" in values:
        values["scopes"] = checked_scopes(values["scopes"])
    changed = ApiClient.objects.get(pk=client.pk)
    before = _facts(changed)
    for name, value in values.items():
        setattr(changed, name, value)
    after = _facts(changed)
    if after == before:
        return
    try:
        with transaction.atomic():
            changed.save(update_fields=list(values))
            record(
                kind="api_client.changed",
                about=changed,
                actor=actor,
                summary=f"API client {changed.name} changed",
                before=before,
                after=after,
            )
    except IntegrityError as error:
        raise _refusal(error, changed, actor) from error
    for name in values:
        setattr(client, name, getattr(changed, name))


@transaction.atomic
def rotate_key(
    *,
    client: ApiClient,
    actor: str,
    overlap: timedelta,
    expires_at: datetime | None = None,
) -> str:
    """Give a client a new key; its older ones work until the overlap is over.

    Returns:
        The new key; it is nowhere else afterwards.

    Raises:
        ClientIsOffError: If the client is switched off.
    """
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    if not client.is_active:
        raise ClientIsOffError(client.name)
    now = timezone.now()
    end = now + overlap
    ends_later = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=end)
    client.keys.valid(now).filter(ends_later).update(expires_at=end)
    shown = _add_key(client, expires_at=expires_at)
    record(
        kind="api_client.key_rotated",
        about=client,
        actor=actor,
        summary=f"API client {client.name} got a new key",
        after={"prefix": shown[:PREFIX_LENGTH], "older_until": end.isoformat()},
    )
    return shown


@transaction.atomic
def revoke_key(*, key: ClientKey, actor: str) -> None:
    """Let a key open nothing from now on.

    Raises:
        KeyHasEndedError: If it opened nothing already.
    """
    now = timezone.now()
    still_valid = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
    if not ClientKey.objects.filter(still_valid, pk=key.pk).update(expires_at=now):
        raise KeyHasEndedError(key.prefix, key.expires_at)
    record(
        kind="api_client.key_revoked",
        about=key.client,
        actor=actor,
        summary=f"A key of API client {key.client.name} taken back",
        after={"prefix": key.prefix},
    )


def client_of(key: str) -> ApiClient | None:
    """Return the active client a key belongs to, or None. At most two queries."""
    now = timezone.now()
    kept = (
        ClientKey.objects.valid(now)
        .filter(prefix=key[:PREFIX_LENGTH])
        .select_related("client")
        .first()
    )
    if kept is None or not hmac.compare_digest(kept.digest, _digest(key)):
        return None
    if kept.last_used_at is None or now - kept.last_used_at > LAST_USE_RESOLUTION:
        ClientKey.objects.filter(pk=kept.pk).update(last_used_at=now)
    return kept.client


def _add_key(client: ApiClient, *, expires_at: datetime | None, key: str = "") -> str:
    """Store the hash of a fresh key and return the key."""
    key = key or f"rk_{secrets.token_urlsafe(32)}"
    ClientKey.objects.create(
        client=client,
        prefix=key[:PREFIX_LENGTH],
        digest=_digest(key),
        expires_at=expires_at,
    )
    return key


def _facts(client: ApiClient) -> dict[str, Any]:
    """Return what the journal keeps of a client."""
    return {
        "name": client.name,
        "system": client.system,
        "capabilities": [name for name in CAPABILITIES if getattr(client, name)],
        "scopes": client.scopes,
        "acknowledges_promises": client.acknowledges_promises,
        "requests_per_min": client.requests_per_min,
        "is_active": client.is_active,
    }


def _refusal(error: IntegrityError, client: ApiClient, actor: str) -> Exception:
    """Return what the database refused, in words; a third capability is an event."""
    if TWO_OF_THREE in str(error):
        Event.objects.create(
            kind=REFUSED,
            object_type="apiclient",
            object_id=str(client.pk or ""),
            actor=actor,
            summary=f"A third capability refused to API client {client.name}",
            after=_facts(client),
        )
        return CapabilityRefusedError(client.name)
    if ApiClient.objects.exclude(pk=client.pk).filter(name=client.name).exists():
        return ClientNameTakenError(client.name)
    return error
