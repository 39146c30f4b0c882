"""Keys of API clients: made once, shown once, kept as a hash."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from journal.models import ApiClient
from journal.services import record

PREFIX_LENGTH = 10
LAST_USE_RESOLUTION = timedelta(minutes=1)
"""How stale ``last_used_at`` may be, so that reads do not write a row each."""


class NewClient(NamedTuple):
    """A client and its key; the key is nowhere else afterwards."""

    client: ApiClient
    key: str


def _digest(key: str) -> str:
    """Return the SHA-256 of a key in hex; keys are random, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_client(
    *,
    name: str,
    system: str,
    actor: str,
    sensitive_data: bool = False,
    code_execution: bool = False,
    external_communication: bool = False,
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
        expires_at: When the key stops working; None: never.
        key: A given key, for the demo's fixed log-in only.

    Raises:
        IntegrityError: ``api_client_two_of_three_capabilities`` for a third one.
    """
    key = key or f"rk_{secrets.token_urlsafe(32)}"
    client = ApiClient.objects.create(
        name=name,
        system=system,
        key_prefix=key[:PREFIX_LENGTH],
        key_hash=_digest(key),
        sensitive_data=sensitive_data,
        code_execution=code_execution,
        external_communication=external_communication,
        expires_at=expires_at,
    )
    record(
        kind="api_client.created",
        about=client,
        actor=actor,
        summary=f"API client {name} created",
    )
    return NewClient(client, key)


def client_of(key: str) -> ApiClient | None:
    """Return the active client a key belongs to, or None. At most two queries."""
    client = ApiClient.objects.filter(
        key_prefix=key[:PREFIX_LENGTH], is_active=True
    ).first()
    if client is None or not hmac.compare_digest(client.key_hash, _digest(key)):
        return None
    now = timezone.now()
    if client.expires_at is not None and client.expires_at <= now:
        return None
    if client.last_used_at is None or now - client.last_used_at > LAST_USE_RESOLUTION:
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
    return client
