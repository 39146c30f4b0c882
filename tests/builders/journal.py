"""Events as the services write them; valid by default."""

from typing import Any

from journal.models import Event
from journal.sequencing import sequence


def an_event(**changes: Any) -> Event:
    """Return a stored event that has no number yet."""
    values: dict[str, Any] = {
        "kind": "order.created",
        "object_type": "order",
        "object_id": "1",
        "actor": "system",
    }
    return Event.objects.create(**values | changes)


def numbered_events(count: int, **changes: Any) -> list[Event]:
    """Return as many stored events, each with its place in the order."""
    events = [an_event(**changes) for _ in range(count)]
    sequence(limit=count)
    return list(Event.objects.filter(pk__in=[e.pk for e in events]).order_by("seq"))
