"""What the grid asks of a site: announced, changed, called off; always on record."""

from typing import Any

from django.db import transaction

from journal.services import record
from journal.wording import kw
from scheduling.models import GridEvent


@transaction.atomic
def announce(*, event: GridEvent, actor: str) -> GridEvent:
    """Save a grid event, new or changed, and append what it says. Three queries.

    Args:
        event: Unsaved, or saved with changed columns.
        actor: ``user:12``, ``client:3`` or ``system``.
    """
    before = GridEvent.objects.filter(pk=event.pk).first() if event.pk else None
    event.save()
    record(
        kind="grid.event_received",
        about=event,
        actor=actor,
        scope=f"site:{event.site_id}",
        summary=_words(event),
        before=_facts(before) if before else None,
        after=_facts(event),
    )
    return event


def call_off(*, event: GridEvent, actor: str) -> GridEvent:
    """Cancel a grid event: the contract holds again."""
    event.state = GridEvent.State.CANCELLED
    return announce(event=event, actor=actor)


def _facts(event: GridEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "state": event.state,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "cap_w": event.cap_w,
    }


def _words(event: GridEvent) -> str:
    """Return what the grid asks, without a full stop."""
    if event.state == GridEvent.State.CANCELLED:
        return f"{event.name} is called off"
    return f"{event.name}: {kw(event.cap_w)} for the whole site"
