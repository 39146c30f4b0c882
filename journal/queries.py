"""Reads of the journal for those who may see only a part of it."""

from collections.abc import Collection

from journal.models import Event
from journal.models.event import EventQuerySet


def feed(*, after: int, scopes: Collection[str] | None = None) -> EventQuerySet:
    """Return sequenced events later than ``after``, in order, as one reader may see.

    Args:
        after: The last event the reader knows; 0 for none.
        scopes: The reader's tenants, such as ``{"supplier:17"}``; an empty one sees
            nothing. None is staff, who see all.

    Raises:
        ValueError: If the empty scope is among them: it means "staff only" on an
            event, so a tenant that names it by mistake would read everything internal.
    """
    events = Event.objects.after(after)
    if scopes is None:
        return events
    if "" in scopes:
        raise ValueError("The empty scope is for staff; it is no tenant.")
    return events.filter(scope__in=scopes)
