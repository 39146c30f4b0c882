"""Quarters of the year: January, April, July and October begin one."""

from datetime import date, timedelta
from typing import Final

MONTHS: Final = 3
_INTO_THE_NEXT: Final = timedelta(days=100)
"""Longer than any quarter, and shorter than two."""


def quarter_of(day: date) -> date:
    """Return the first day of a day's quarter."""
    return day.replace(month=day.month - (day.month - 1) % MONTHS, day=1)


def next_quarter(day: date) -> date:
    """Return the first day of the quarter after a day's."""
    return quarter_of(quarter_of(day) + _INTO_THE_NEXT)
