"""Moments and durations as OpenADR 3 writes them (ISO 8601), within sane bounds.

Source: OpenADR 3.1, definitions ``dateTime`` and ``duration``.
"""

import re
from datetime import UTC, datetime, timedelta

from factory.reach import is_in_reach
from scheduling.errors import OpenAdrError

AT_ONCE = "0001-01-01"
"""A start that means: from the moment the event was written."""
LONGEST = timedelta(days=366)
"""Longer durations, ``P9999Y`` first of all, mean "until further notice"."""
FAR = "within three years of today"

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?"
    r"(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,9})(?:\.\d{1,9})?S)?)?"
)
_SECONDS = {
    "years": 366 * 86_400,
    "months": 31 * 86_400,
    "weeks": 7 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


def moment(text: object, field: str, *, at_once: datetime) -> datetime:
    """Return a moment in UTC.

    Args:
        text: As it was sent.
        field: Its place in the event, for the refusal.
        at_once: What a start of ``0001-01-01`` means.

    Raises:
        OpenAdrError: If it is no moment with a zone, or over three years off.
    """
    if not isinstance(text, str) or len(text) > 40:  # noqa: PLR2004
        raise OpenAdrError(field, text, "a moment such as 2026-12-01T16:00:00Z")
    if text.startswith(AT_ONCE):
        return at_once
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OpenAdrError(
            field, text, "a moment such as 2026-12-01T16:00:00Z"
        ) from None
    if found.tzinfo is None:
        raise OpenAdrError(field, text, "a moment with its zone, such as Z")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise OpenAdrError(field, text, FAR) from None
    if not is_in_reach(found, at_once):
        raise OpenAdrError(field, text, FAR)
    return found


def duration(text: object, field: str) -> timedelta:
    """Return a duration, at most ``LONGEST``.

    Raises:
        OpenAdrError: If it is none, or negative.
    """
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    parts = {} if found is None else found.groupdict(default="")
    if found is None or not any(parts[name] for name in _SECONDS):
        raise OpenAdrError(field, text, "a duration such as PT1H")
    seconds = sum(int(parts[name] or 0) * each for name, each in _SECONDS.items())
    if parts["sign"] and seconds:
        raise OpenAdrError(field, text, "not negative")
    return min(timedelta(seconds=min(seconds, 2**31)), LONGEST)
