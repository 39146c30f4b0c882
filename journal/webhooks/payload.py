"""What a webhook says: that something happened and where to read it, no more.

A payload holds no fact of an order or a promise, so a receiver's log leaks nothing; who
gets it reads the facts with its client's key.
"""

import json
from typing import Any

from journal.api.ids import event_id
from journal.models import Delivery, Event

PING = "ping"
FEED = "/api/v1/events"


def message_of(delivery: Delivery) -> str:
    """Return the id of a message: an event's is the same at each try and replay."""
    if delivery.event is None:
        return f"ping_{delivery.pk}"
    return event_id(delivery.event.seq)


def body_of(delivery: Delivery) -> bytes:
    """Return the bytes that are signed and sent; the same at each try."""
    event = delivery.event
    said = _ping(delivery) if event is None else _news(event)
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def _ping(delivery: Delivery) -> dict[str, Any]:
    """Return the payload that only tries the way."""
    return {
        "type": PING,
        "timestamp": delivery.made_at.isoformat(),
        "data": {"endpoint": delivery.endpoint_id},
    }


def _news(event: Event) -> dict[str, Any]:
    """Return the payload of an event; what it says is read at its address."""
    return {
        "type": event.kind,
        "timestamp": event.at.isoformat(),
        "data": {
            "seq": event.seq,
            "object_type": event.object_type,
            "address": f"{FEED}/{event_id(event.seq)}",
        },
    }
