"""What a declared capacity makes of promises: pieces beyond it come a week later."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TypeVar

from suppliers.horizon import WEEK, week_of

LONGEST = 260
"""Weeks a piece is put off at most; five years on, it is not counted on at all."""

Key = TypeVar("Key")


def paced(
    deliveries: Iterable[tuple[Key, date, int]],
    per_week: Callable[[date], int | None],
) -> Iterator[tuple[Key, date, int]]:
    """Yield deliveries so that no week has more pieces than can be made in it.

    What is promised first is made first. Pieces that a week has no room for come on the
    same day of the first week that has; a delivery may so become several.

    Args:
        deliveries: What they belong to, dock date and pieces.
        per_week: Pieces that can be made in the week of a Monday; None is no limit.
    """
    made: Counter[date] = Counter()
    for key, promised, pieces in sorted(deliveries, key=lambda one: one[1]):
        left, day = pieces, promised
        for _ in range(LONGEST):
            monday = week_of(day)
            limit = per_week(monday)
            now = left if limit is None else min(left, max(0, limit - made[monday]))
            if now:
                made[monday] += now
                left -= now
                yield key, day, now
            if not left:
                break
            day += WEEK
