"""API clients as their administrators see them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from journal.keys import CAPABILITIES, REFUSED
from journal.models import ApiClient, ClientKey, Event, WebhookEndpoint

REFUSALS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """One client in the list.

    Attributes:
        client: The row.
        may: Its capabilities in words.
        keys: Keys that work now.
        ends_at: When the last of them ends; None if one never does, or none works.
        last_used_at: When any of its keys was used last.
        endpoints: Endpoints that are sent to.
        state: A word of ``journal.wording``.
    """

    client: ApiClient
    may: str
    keys: int
    ends_at: datetime | None
    last_used_at: datetime | None
    endpoints: int
    state: str


def client_rows(now: datetime) -> list[ClientRow]:
    """Return every client by name. One query."""
    works = Q(keys__expires_at__isnull=True) | Q(keys__expires_at__gt=now)
    clients = ApiClient.objects.annotate(
        working=Count("keys", filter=works, distinct=True),
        endless=Count("keys", filter=Q(keys__expires_at__isnull=True), distinct=True),
        ends=Max("keys__expires_at", filter=works),
        used=Max("keys__last_used_at"),
        sent_to=Count("endpoints", filter=Q(endpoints__is_active=True), distinct=True),
    ).order_by("name")
    return [
        ClientRow(
            client=client,
            may=in_words(client),
            keys=client.working,
            ends_at=None if client.endless else client.ends,
            last_used_at=client.used,
            endpoints=client.sent_to,
            state=_state(client, client.working),
        )
        for client in clients
    ]


def in_words(client: ApiClient) -> str:
    """Return a client's capabilities: "sensitive data, external communication"."""
    held = [name.replace("_", " ") for name in CAPABILITIES if getattr(client, name)]
    return ", ".join(held) or "nothing"


def _state(client: ApiClient, keys: int) -> str:
    """Return whether a client can call."""
    if not client.is_active:
        return "inactive"
    return "active" if keys else "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key of a client, and whether it works."""

    key: ClientKey
    works: bool


def key_rows(client: ApiClient, now: datetime) -> list[KeyRow]:
    """Return a client's keys, the newest first. One query."""
    return [
        KeyRow(key=key, works=client.is_active and key.opens_at(now))
        for key in client.keys.order_by("-pk")
    ]


def refusals() -> list[Event]:
    """Return the last refused capabilities. One query."""
    return list(Event.objects.filter(kind=REFUSED).order_by("-pk")[:REFUSALS_SHOWN])


def state_of(endpoint: WebhookEndpoint) -> str:
    """Return how an endpoint stands, as a word of ``journal.wording``."""
    if not endpoint.is_active:
        return "disabled"
    return "failing" if endpoint.failing_since else "active"
