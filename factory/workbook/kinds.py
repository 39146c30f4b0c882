"""What a cell may hold: each kind turns a cell into a value, or says what it takes.

A kind is a function of the cell that raises ``CellError`` with a predicate about it,
such as "is 0; 1 to 1,440 can be given".
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Cell = str | int | float | bool | datetime | date | time
Value = str | int | bool | datetime | date | time | tuple[str, ...]

SLUG = re.compile(r"[-a-zA-Z0-9_]+")
DECIMALS = 3
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 1_440
LONGEST_SHOWN = 40


class CellError(Exception):
    """Say what is wrong with a cell, as a predicate about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a cell is read.

    Attributes:
        takes: What can be given, in words, for the template.
        read: Turns a cell that is not empty into a value; raises ``CellError``.
    """

    takes: str
    read: Callable[[Cell], Value]


def text(most: int) -> Kind:
    """Take plain text up to a length."""

    def read(cell: Cell) -> str:
        """Return the text, trimmed."""
        given = _text_of(cell)
        if len(given) > most:
            raise CellError(f"has {len(given)} characters; {most} fit")
        return given

    return Kind(takes=f"text, up to {most} characters", read=read)


def code(most: int = 20) -> Kind:
    """Take a code: letters, digits, hyphen, underscore."""

    def read(cell: Cell) -> str:
        """Return the code as it is written."""
        given = _text_of(cell)
        if not SLUG.fullmatch(given):
            raise CellError(
                f"is {_shown(given)}; letters, digits, - and _ can be given"
            )
        if len(given) > most:
            raise CellError(f"has {len(given)} characters; {most} fit")
        return given

    return Kind(takes=f"code, up to {most} letters, digits, - and _", read=read)


def codes() -> Kind:
    """Take several codes, separated by commas."""
    one = code()

    def read(cell: Cell) -> tuple[str, ...]:
        """Return the codes, each once, in order."""
        parts = [part for part in re.split(r"[,;\s]+", _text_of(cell)) if part]
        return tuple(dict.fromkeys(str(one.read(part)) for part in parts))

    return Kind(takes="codes, separated by commas", read=read)


def whole(least: int, most: int) -> Kind:
    """Take a whole number in a range."""
    return amount(least, most, per_unit=1, decimals=0)


def amount(
    least: float,
    most: float,
    *,
    per_unit: int,
    unit: str = "",
    decimals: int = DECIMALS,
) -> Kind:
    """Take a number in a range and return it in a smaller whole unit.

    Args:
        least: Smallest number that can be given.
        most: Largest.
        per_unit: How many of the kept unit make one of the given.
        unit: Of the number as given.
        decimals: Digits behind the point.
    """
    words = f" {unit}" if unit else ""
    limits = f"{_number(least)} to {_number(most)}{words}"

    def read(cell: Cell) -> int:
        """Return the whole number of kept units."""
        if isinstance(cell, (bool, date, time)):
            raise CellError(f"is {_shown(cell)}; a number is needed")
        try:
            given = Decimal(str(cell).strip().replace(",", ""))
        except InvalidOperation:
            raise CellError(f"is {_shown(cell)}; a number is needed") from None
        if not given.is_finite() or not Decimal(str(least)) <= given <= Decimal(
            str(most)
        ):
            raise CellError(f"is {_shown(cell)}; {limits} can be given")
        kept = given * per_unit
        if kept != kept.to_integral_value():
            behind = f"{decimals} decimals" if decimals else "no decimals"
            raise CellError(f"is {_shown(cell)}; it can have {behind}")
        return int(kept)

    digits = "whole number" if not decimals else "number"
    return Kind(takes=f"{digits}, {limits}", read=read)


def choice(values: Iterable[str]) -> Kind:
    """Take one word of a list."""
    known = tuple(values)
    listed = ", ".join(known)

    def read(cell: Cell) -> str:
        """Return the word as the list has it."""
        given = _text_of(cell).lower().replace(" ", "_")
        if given not in known:
            raise CellError(f"is {_shown(cell)}; one of {listed} can be given")
        return given

    return Kind(takes=f"one of {listed}", read=read)


def yes_or_no() -> Kind:
    """Take yes or no."""
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False}
    words["0"] = False

    def read(cell: Cell) -> bool:
        """Return whether it is yes."""
        given = str(cell).strip().lower()
        if given not in words:
            raise CellError(f"is {_shown(cell)}; yes or no can be given")
        return words[given]

    return Kind(takes="yes or no", read=read)


def weekday() -> Kind:
    """Take a weekday by its first three letters."""

    def read(cell: Cell) -> int:
        """Return 0 for Monday to 6 for Sunday."""
        given = _text_of(cell)[:3].capitalize()
        if given not in WEEKDAYS:
            raise CellError(
                f"is {_shown(cell)}; one of {', '.join(WEEKDAYS)} can be given"
            )
        return WEEKDAYS.index(given)

    return Kind(takes=f"one of {', '.join(WEEKDAYS)}", read=read)


def clock() -> Kind:
    """Take a time of day; 24:00 is the end of the day."""

    def read(cell: Cell) -> int:
        """Return minutes from midnight, 0 to 1,440."""
        if isinstance(cell, datetime):
            cell = cell.time()
        if isinstance(cell, time):
            return cell.hour * 60 + cell.minute
        found = re.fullmatch(r"(\d{1,2}):(\d{2})(:00)?", str(cell).strip())
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if not 0 <= minutes <= MINUTES_A_DAY or (found and int(found[2]) > 59):  # noqa: PLR2004
            raise CellError(f"is {_shown(cell)}; 00:00 to 24:00 can be given")
        return minutes

    return Kind(takes="time, 00:00 to 24:00", read=read)


def day() -> Kind:
    """Take a date."""

    def read(cell: Cell) -> date:
        """Return the date."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        try:
            return date.fromisoformat(str(cell).strip())
        except ValueError:
            raise CellError(
                f"is {_shown(cell)}; a date such as 2026-11-23 is needed"
            ) from None

    return Kind(takes="date, such as 2026-11-23", read=read)


def moment() -> Kind:
    """Take a date, or a date and time at the site."""

    def read(cell: Cell) -> datetime:
        """Return the moment without a zone; a date alone means midnight."""
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=None)
        try:
            return datetime.fromisoformat(str(cell).strip()).replace(tzinfo=None)
        except ValueError:
            raise CellError(
                f"is {_shown(cell)}; a date, or a date and time, is needed"
            ) from None

    return Kind(takes="date, or date and time at the site", read=read)


def zone() -> Kind:
    """Take the name of a time zone."""

    def read(cell: Cell) -> str:
        """Return the name of a zone that exists."""
        given = _text_of(cell)
        try:
            return ZoneInfo(given).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise CellError(
                f"is {_shown(given)}; a zone such as America/Monterrey is needed"
            ) from None

    return Kind(takes="time zone, such as America/Monterrey", read=read)


def _text_of(cell: Cell) -> str:
    """Return a cell as one line of text; 7.0 reads as 7.

    Raises:
        CellError: If it holds control characters.
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    given = str(cell).strip()
    # Control characters, and halves of a pair that no encoding can write.
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in given):
        raise CellError("holds characters that are no text")
    return given


def _shown(cell: Cell) -> str:
    """Return a cell for a sentence, shortened."""
    given = str(cell)
    if len(given) <= LONGEST_SHOWN:
        return given
    return f"{given[:LONGEST_SHOWN]}…"


def _number(value: float) -> str:
    """Return a limit for a sentence."""
    return f"{value:,}"
