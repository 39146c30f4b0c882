"""How far from the present a date may lie: three years, as far as anybody plans.

Systems write 9999-12-31 where no date is known, people mistype a year, and not every
clock can show what lies far off.
"""

from datetime import date, datetime, timedelta
from typing import Final, overload

REACH: Final = timedelta(days=3 * 365)


@overload
def is_in_reach(at: datetime, now: datetime) -> bool: ...
@overload
def is_in_reach(at: date, now: date) -> bool: ...
def is_in_reach(at: date, now: date) -> bool:
    """Return whether a day or a moment lies within three years, before or after.

    Args:
        at: What was said.
        now: The present, of the same kind.
    """
    return now - REACH <= at <= now + REACH


def out_of_reach(name: str) -> str:
    """Return the sentence that refuses a date too far off.

    Args:
        name: What lies there, with its article: ``An outage``.
    """
    return f"{name} lies within three years of today."
