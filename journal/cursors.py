"""How a consumer reads the journal: from its own place, each event once.

The place moves by compare-and-set, so that two processes of one consumer cannot both
deal with the same events. What is dealt with and the move commit together.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from journal.models import Cursor, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One reader of the journal.

    Attributes:
        name: Of its place; never changed, or it would begin at the first event again.
        handle: Deals with events in their order, inside the transaction that moves
            the place; what it raises leaves the place where it was.
    """

    name: str
    handle: Callable[[tuple[Event, ...]], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a consumer has before it.

    Attributes:
        since: The consumer's place: the last event it has dealt with, 0 for none.
        events: What follows, in order.
    """

    since: int
    events: tuple[Event, ...]

    @property
    def until(self) -> int:
        """Return the place after these events."""
        return (self.events[-1].seq or 0) if self.events else self.since


def read_after(consumer: str, limit: int) -> Reading:
    """Return the next events of a consumer, whose place is made at first sight.

    At most ``limit`` events; two queries, and two more the first time.
    """
    cursor, _ = Cursor.objects.get_or_create(consumer=consumer)
    return Reading(cursor.seq, tuple(Event.objects.after(cursor.seq)[:limit]))


def advance(consumer: str, *, since: int, until: int) -> bool:
    """Move a consumer's place if it still stands at ``since``; say whether it moved."""
    moved = Cursor.objects.filter(consumer=consumer, seq=since).update(
        seq=until, moved_at=Now()
    )
    return moved == 1


def consume(consumer: Consumer, *, limit: int) -> int:
    """Let a consumer deal with its next events; they and its place commit together.

    Returns:
        How many events were dealt with; 0 too when another process was faster.
    """
    reading = read_after(consumer.name, limit)
    if not reading.events:
        return 0
    with transaction.atomic():
        # Moved first: the loser waits for this row, then finds it moved and steps back.
        if not advance(consumer.name, since=reading.since, until=reading.until):
            return 0
        consumer.handle(reading.events)
    return len(reading.events)
