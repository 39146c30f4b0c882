"""What the grid asks of a site: announced, changed, called off; always on record."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from factory.models import Site
from factory.reach import is_in_reach, out_of_reach
from journal.services import record
from journal.wording import kw
from scheduling.errors import GridEventRefusedError
from scheduling.models import GridContract, GridEvent

LONGEST = timedelta(days=366)


def contract_of(site: Site) -> GridContract:
    """Return a site's grid contract, saved or with its defaults. One query."""
    return GridContract.objects.filter(site=site).first() or GridContract(site=site)


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
    """Cancel a grid event: the contract holds again. Twice is once.

    Raises:
        GridEventRefusedError: If it is called off already.
    """
    if event.is_cancelled:
        raise GridEventRefusedError("state", f"{event.name} is called off already.")
    event.state = GridEvent.State.CANCELLED
    return announce(event=event, actor=actor)


@transaction.atomic
def end_past(*, now: datetime) -> int:
    """Call announced events whose window is over ended, each with an event of its own.

    Args:
        now: The moment, aware.

    Returns:
        How many ended. One query where none did.
    """
    over = GridEvent.objects.filter(state=GridEvent.State.ANNOUNCED, ends_at__lte=now)
    ended = list(over.select_for_update().order_by("ends_at", "pk"))
    for event in ended:
        event.state = GridEvent.State.ENDED
        event.save(update_fields=["state"])
        record(
            kind="grid.event_ended",
            about=event,
            actor="system",
            scope=f"site:{event.site_id}",
            summary=f"{event.name} is over",
            after=_facts(event),
        )
    return len(ended)


def refuse_nonsense(event: GridEvent, *, now: datetime) -> None:
    """Refuse a cap no site can be asked to keep. No query.

    Overlapping caps are welcome: the least of them holds in every minute.

    Raises:
        GridEventRefusedError: If it ends before it starts or lies in the past, is
            longer than a year, begins further off than anybody plans, or asks for more
            than the contract allows anyhow.
    """
    if event.ends_at <= event.starts_at:
        raise GridEventRefusedError("ends_at", "A grid event ends after it starts.")
    if event.ends_at <= now:
        raise GridEventRefusedError(
            "ends_at", f"{event.name} is over: nobody can obey a cap in the past."
        )
    if event.ends_at - event.starts_at > LONGEST:
        raise GridEventRefusedError(
            "ends_at", "A cap for more than a year is a new contract: change the site."
        )
    if not is_in_reach(event.starts_at, now):
        raise GridEventRefusedError("starts_at", out_of_reach("A grid event"))
    if event.cap_w > event.site.contracted_import_w:
        raise GridEventRefusedError(
            "cap_w",
            f"{kw(event.cap_w)} is more than the contracted import of "
            f"{kw(event.site.contracted_import_w)}: it asks for nothing.",
        )


def _facts(event: GridEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "kind": event.kind,
        "source": event.source,
        "state": event.state,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "cap_w": event.cap_w,
        "priority": event.priority,
    }


def _words(event: GridEvent) -> str:
    """Return what the grid asks, without a full stop."""
    if event.state == GridEvent.State.CANCELLED:
        return f"{event.name} is called off"
    return f"{event.name}: {kw(event.cap_w)} for the whole site"
