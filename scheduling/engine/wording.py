"""How the engine says amounts and moments in its sentences."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduling.engine.problem import Problem
from scheduling.engine.units import WATTS_PER_KILOWATT

EIGHTHS = 8
MINUTES_PER_HOUR = 60
HOURS_BEFORE_DAYS = 72
NEAR_DAYS = 6


def _number(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def power(watts: int) -> str:
    """Return watts as kilowatts, exact: ``3,600.5 kW``."""
    return f"{_number(watts / WATTS_PER_KILOWATT, 3)} kW"


def people(eighths: int) -> str:
    """Return eighths as people: ``2.5 people``."""
    noun = "person" if eighths == EIGHTHS else "people"
    return f"{_number(eighths / EIGHTHS, 3)} {noun}"


def places(count: int) -> str:
    """Return a count of places."""
    return f"{count:,} {'place' if count == 1 else 'places'}"


def racks(count: int) -> str:
    """Return a count of racks."""
    return f"{count:,} {'rack' if count == 1 else 'racks'}"


def pieces(count: int) -> str:
    """Return a count of pieces."""
    return f"{count:,} {'piece' if count == 1 else 'pieces'}"


def duration(minutes: int) -> str:
    """Return a length of time: minutes, hours up to 72, then days."""
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    if hours > HOURS_BEFORE_DAYS:
        return f"{_number(minutes / (24 * MINUTES_PER_HOUR), 1)} d"
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


class Clock:
    """Says a minute of a problem as people at the site read it."""

    __slots__ = ("_epoch",)

    def __init__(self, problem: Problem) -> None:
        """Take epoch and zone; an unknown zone is read as UTC."""
        try:
            zone = ZoneInfo(problem.zone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        epoch = datetime.fromisoformat(problem.epoch)
        aware = epoch if epoch.tzinfo else epoch.replace(tzinfo=UTC)
        self._epoch = aware.astimezone(zone)

    def say(self, minute: int) -> str:
        """Return ``Thu 05:00``, or ``Thu 3 Dec, 05:00`` beyond six days."""
        moment = (self._epoch.astimezone(UTC) + timedelta(minutes=minute)).astimezone(
            self._epoch.tzinfo
        )
        if abs(minute) < NEAR_DAYS * 24 * MINUTES_PER_HOUR:
            return f"{moment:%a %H:%M}"
        return f"{moment:%a} {moment.day} {moment:%b, %H:%M}"
