"""Starts that planners have fixed, as the engine takes them."""

from collections import defaultdict
from collections.abc import Mapping

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine import problem as engine
from scheduling.models import Pin


def read_pins(
    site: Site, clock: SiteClock, codes: Mapping[int, str], bays: Mapping[int, str]
) -> dict[int, list[engine.Pin]]:
    """Return the pins in force by rack. One query.

    A pin whose moment has passed before its step began holds nothing any more: nobody
    can start in the past.

    Args:
        site: The site.
        clock: Epoch and zone.
        codes: Step codes by primary key.
        bays: Bay keys by primary key.
    """
    found: dict[int, list[engine.Pin]] = defaultdict(list)
    rows = (
        Pin.objects.in_force()
        .filter(rack__site=site, starts_at__gte=clock.epoch)
        .order_by("pk")
        .values_list("rack", "step", "bay", "starts_at")
    )
    for rack, step, bay, starts_at in rows:
        if step in codes:
            start = clock.minute(starts_at)
            found[rack].append(
                engine.Pin(step=codes[step], start=start, bay=bays.get(bay, ""))
            )
    return found
