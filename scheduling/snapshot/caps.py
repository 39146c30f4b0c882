"""Grid events as the caps that hold: by priority, by contact, with their ramps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.problem import Curtailment
from scheduling.engine.units import Minutes, Watts
from scheduling.models import GridEvent, GridLink

LOWEST_PRIORITY = 1 << 32
MOST_STAIRS = 60
"""Steps of one ramp at most; a slower ramp takes longer steps."""

Window = tuple[int, int, int]
"""Start, end and watts allowed."""


def read_caps(
    site: Site, clock: SiteClock, owner: str, events: Sequence[GridEvent] | None = None
) -> tuple[Curtailment, ...]:
    """Return the caps that hold from the epoch on, in order of time. Two queries.

    Of OpenADR events of one program the highest priority holds where they overlap;
    of everything else the least. Subscriptions hold while contact is lost.

    Args:
        site: The site.
        clock: Epoch and zone.
        owner: Who answers the grid.
        events: Instead of those announced, for a preview.
    """
    rows = announced(site, clock) if events is None else list(events)
    groups: dict[str, list[GridEvent]] = defaultdict(list)
    for row in rows:
        groups[row.program or f"alone:{id(row)}"].append(row)
    found = [
        Curtailment(
            key=f"grid:{row.pk}" + (f":{part}" if part else ""),
            label=row.name,
            start=Minutes(start),
            end=Minutes(end),
            limit=Watts(row.cap_w),
            owner=owner,
        )
        for group in groups.values()
        for row in group
        for part, (start, end) in enumerate(_left_of(row, group, clock))
        if end > 0
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.key)))


def event_of(cap: Curtailment) -> int:
    """Return the primary key of the grid event that a cap was read from."""
    return int(cap.key.split(":")[1])


def announced(site: Site, clock: SiteClock) -> list[GridEvent]:
    """Return events that ask for something and are not over. Two queries."""
    rows = GridEvent.objects.filter(
        site=site, state=GridEvent.State.ANNOUNCED, ends_at__gt=clock.epoch
    ).order_by("starts_at", "pk")
    if GridLink.objects.filter(site=site, is_on=True, is_lost=True).exists():
        return list(rows)
    return [row for row in rows if row.kind == GridEvent.Kind.CURTAILMENT]


def ramps(
    events: Iterable[Curtailment], contract_w: int, ramp_w_per_min: int
) -> Iterator[Window]:
    """Yield caps around each event: import falls before it, and rises after it.

    In no minute is more allowed than half the ramp above what the minute nearer to the
    event allows: the other half is for import that lies below what is allowed.
    """
    rise = ramp_w_per_min // 2
    for event in events:
        depth = contract_w - event.limit
        if depth <= rise or rise <= 0:
            continue
        stairs = -(-depth // rise) - 1
        wide = -(-stairs // MOST_STAIRS)
        for stair in range(0, stairs, wide):
            allowed = event.limit + (stair + 1) * rise
            yield event.end + stair, event.end + stair + wide, allowed
            yield event.start - stair - wide, event.start - stair, allowed


def _left_of(
    row: GridEvent, group: Sequence[GridEvent], clock: SiteClock
) -> list[tuple[int, int]]:
    """Return the stretches of an event that no higher priority takes over."""
    own = _priority(row)
    spans = [_span(row, clock)]
    for other in group:
        if other.kind == row.kind and _priority(other) < own:
            first, last = _span(other, clock)
            spans = [
                piece
                for start, end in spans
                for piece in ((start, min(end, first)), (max(start, last), end))
                if piece[0] < piece[1]
            ]
    return spans


def _span(row: GridEvent, clock: SiteClock) -> tuple[int, int]:
    return clock.minute(row.starts_at), clock.minute_after(row.ends_at)


def _priority(row: GridEvent) -> int:
    return LOWEST_PRIORITY if row.priority is None else row.priority
