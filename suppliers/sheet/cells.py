"""What a cell says: dates that are never guessed, numbers in any script.

Everything here takes what a workbook or a text file holds and returns a value, or
refuses with a sentence that names what was found.
"""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils.translation import gettext as _

from journal.export import FORMULA_STARTS
from journal.wording import full_date
from suppliers.sheet.errors import CellError

Cell = str | int | float | bool | date | datetime | time | None
"""What a workbook or a text file can hold."""

SHOWN: Final = 40
LARGEST: Final = 2**31 - 1
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_ENDS_WITH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_EAST_ASIAN = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?")
_NAMED = re.compile(
    r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ,]+(\d{4})"
    r"|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})"
)
_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def text_of(cell: Cell) -> str:
    """Return a cell as plain text: full-width as half-width, blanks at the ends off.

    The apostrophe that an export puts before what a spreadsheet would compute is taken
    off again.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    words = str(cell)
    if not words.isascii():
        words = unicodedata.normalize("NFKC", words)
    words = words.strip()
    if words.startswith("'") and words[1:].startswith(FORMULA_STARTS):
        return words[1:].strip()
    return words


def shown(cell: Cell) -> str:
    """Return what a refusal quotes of a cell."""
    words = text_of(cell)
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def read_quantity(cell: Cell, column: str) -> int | None:
    """Return a whole number from 1 on; None for an empty cell.

    ``12``, ``12.0``, ``1,200`` and full-width digits are read; ``1.200`` and ``1,2``
    are refused, since one of us would take them for something else.

    Raises:
        CellError: If it is anything else; names the column and what was found.
    """
    if isinstance(cell, bool | date | time):
        raise CellError(
            _("%(column)s: %(found)s is no number of pieces.")
            % {"column": column, "found": shown(cell)}
        )
    words = text_of(cell).replace("\u2212", "-")
    if not words:
        return None
    _refuse_formula(words, column)
    if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", words) and isinstance(cell, str):
        raise CellError(
            _(
                "%(column)s: %(found)s can be read two ways, with and without "
                "thousands. Write %(plain)s or the fraction out."
            )
            % {"column": column, "found": shown(cell), "plain": words.replace(".", "")}
        )
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.0+)?", words):
        words = words.replace(",", "")
    elif re.fullmatch(r"-?\d{1,3}([ '\u202f\u00a0]\d{3})+", words):
        words = re.sub(r"[ '\u202f\u00a0]", "", words)
    elif "," in words:
        raise CellError(
            _(
                "%(column)s: %(found)s has a comma that does not part "
                "thousands. Write whole pieces without it."
            )
            % {"column": column, "found": shown(cell)}
        )
    try:
        number = Decimal(words)
    except InvalidOperation:
        raise CellError(
            _("%(column)s: %(found)s is no number.")
            % {"column": column, "found": shown(cell)}
        ) from None
    return _whole(number, shown(cell), column)


def _whole(number: Decimal, words: str, column: str) -> int:
    """Return a number as pieces, or refuse it."""
    if not number.is_finite():
        raise CellError(
            _("%(column)s: %(found)s is no number.")
            % {"column": column, "found": words}
        )
    if number < 0:
        raise CellError(
            _("%(column)s: %(found)s is negative. Give 1 or more pieces.")
            % {"column": column, "found": words}
        )
    if number == 0:
        raise CellError(
            _(
                "%(column)s: 0 pieces are none. Take the row out, or withdraw "
                "the promise on the line's own page."
            )
            % {"column": column}
        )
    if number > LARGEST:
        raise CellError(
            _("%(column)s: %(found)s is more than can be kept.")
            % {"column": column, "found": words}
        )
    if number != number.to_integral_value():
        raise CellError(
            _("%(column)s: %(found)s is a fraction. Give whole pieces.")
            % {"column": column, "found": words}
        )
    return int(number)


def read_number(cell: Cell, column: str) -> int:
    """Return the whole number that names a line or a version.

    Raises:
        CellError: If the cell is empty or anything else.
    """
    words = text_of(cell)
    if isinstance(cell, bool | date | time) or not re.fullmatch(r"\d{1,9}", words):
        raise CellError(
            _("%(column)s: %(found)s is no number.")
            % {"column": column, "found": shown(cell) or _("an empty cell")}
        )
    return int(words)


def read_date(cell: Cell, column: str) -> date | None:
    """Return a date; None for an empty cell.

    A workbook's date cell, ``2026-12-09``, ``9 Dec 2026`` and the same in Chinese or
    Japanese are read. ``03/04/2026`` is refused with both readings; so is a date that
    ends with its year and has only one reading, with that reading, since the next row
    may have two.
    may have two.

    Raises:
        CellError: If it is anything else; names the column and what was found.
    """
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise CellError(
                _("%(column)s: %(found)s has a time of day. Give the date.")
                % {"column": column, "found": f"{cell:%Y-%m-%d %H:%M}"}
            )
        cell = cell.date()
    if isinstance(cell, date):
        return _in_reach(cell, column)
    words = text_of(cell)
    if not words:
        return None
    _refuse_formula(words, column)
    if isinstance(cell, bool | int | float | time) or words.isdecimal():
        raise CellError(
            _(
                "%(column)s: %(found)s is a number, not a date. Give the date "
                "as year-month-day, such as 2026-12-09."
            )
            % {"column": column, "found": shown(cell)}
        )
    if found := _ISO.fullmatch(words) or _EAST_ASIAN.fullmatch(words):
        year, month, day = map(int, found.groups())
        return _made(year, month, day, words, column)
    if found := _NAMED.fullmatch(words):
        return _named(found, words, column)
    if found := _ENDS_WITH_YEAR.fullmatch(words):
        raise _two_readings(found, words, column)
    raise CellError(
        _(
            "%(column)s: %(found)s is no date. Give it as year-month-day, "
            "such as 2026-12-09."
        )
        % {"column": column, "found": shown(cell)}
    )


def _named(found: re.Match[str], words: str, column: str) -> date:
    """Return a date whose month is a word."""
    day, name, year, name_first, day_second, year_second = found.groups()
    name = (name or name_first).casefold()
    months = [n for n, month in enumerate(_MONTHS, 1) if month.startswith(name)]
    if len(months) != 1:
        raise CellError(
            _("%(column)s: %(found)s names no month.")
            % {"column": column, "found": words}
        )
    return _made(
        int(year or year_second), months[0], int(day or day_second), words, column
    )


def _two_readings(found: re.Match[str], words: str, column: str) -> CellError:
    """Return the refusal of a date with its year at the end, with its readings."""
    first, second, year = (int(part) for part in found.groups())
    if year < 100:  # noqa: PLR2004 - two digits
        year += FIRST_YEAR
    readings = []
    for month, day in ((second, first), (first, second)):
        try:
            reading = date(year, month, day)
        except ValueError:
            continue
        if reading not in readings:
            readings.append(reading)
    if not readings:
        return CellError(
            _("%(column)s: %(found)s is no date.") % {"column": column, "found": words}
        )
    if len(readings) == 1:
        return CellError(
            _(
                "%(column)s: %(found)s is written in a way that other dates "
                "can be read two ways in. If it is %(day)s, write "
                "%(iso)s."
            )
            % {
                "column": column,
                "found": words,
                "day": full_date(readings[0]),
                "iso": readings[0].isoformat(),
            }
        )
    one, other = readings
    return CellError(
        _(
            "%(column)s: %(found)s can be read two ways, %(one)s and "
            "%(other)s. Write %(one_iso)s or %(other_iso)s."
        )
        % {
            "column": column,
            "found": words,
            "one": full_date(one),
            "other": full_date(other),
            "one_iso": one.isoformat(),
            "other_iso": other.isoformat(),
        }
    )


def _made(year: int, month: int, day: int, words: str, column: str) -> date:
    """Return a date of its parts, or refuse it."""
    try:
        made = date(year, month, day)
    except ValueError:
        raise CellError(
            _("%(column)s: there is no day %(found)s.")
            % {"column": column, "found": words}
        ) from None
    return _in_reach(made, column)


def _in_reach(day: date, column: str) -> date:
    """Refuse a year that a spreadsheet makes of nothing: 1899, 1900, 1970, 9999."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError(
            _(
                "%(column)s: %(day)s lies out of any plan. Years from "
                "%(first)s to %(last)s are read."
            )
            % {
                "column": column,
                "day": day.isoformat(),
                "first": FIRST_YEAR,
                "last": LAST_YEAR,
            }
        )
    return day


def _refuse_formula(words: str, column: str) -> None:
    """Refuse what a spreadsheet would compute."""
    if words.startswith(("=", "@")):
        raise CellError(
            _("%(column)s: a formula is not read. Give the value itself.")
            % {"column": column}
        )
