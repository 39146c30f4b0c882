"""Invented histories of deliveries, for what is learnt from them."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from suppliers.arrivals import Outcome

PUNCTUAL = (0,)
LATE = (0, 0, 3, 7, 14)
EARLY = (-10, -5, 0)


def deliveries(
    supplier: str,
    delays: tuple[int, ...],
    *,
    first: date,
    last: date,
    every_days: int = 3,
    seed: int = 1,
) -> Iterator[Outcome]:
    """Yield deliveries due every few days, each delayed by one of ``delays``."""
    drawn = random.Random(f"{supplier}:{seed}")
    for days in range(0, (last - first).days + 1, every_days):
        promised = first + timedelta(days=days)
        yield Outcome(
            supplier=supplier,
            part="bolts",
            promised=promised,
            arrived=promised + timedelta(days=drawn.choice(delays)),
        )
