"""Workbooks as they leave the house: the one way to write them.

openpyxl reads what others send; XlsxWriter writes, since openpyxl makes an object of
each cell.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from xlsxwriter import Workbook

Value = str | int | float | date | None

TITLE_MOST: Final = 31
NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
FIRST_DAY: Final = date(1900, 3, 1)
"""A sheet has a 29 February 1900; days before it are written as text."""
MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks know no zone
"""When every workbook says that it was made: the same cells give the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook; its first row is a bold heading that stays in sight.

    Attributes:
        title: What stands on its tab; cut to 31 characters.
        rows: Cells; dates stay dates.
        widths: Characters of each column.
    """

    title: str
    rows: Iterable[Sequence[Value]]
    widths: Sequence[int] = ()


def workbook_bytes(sheets: Sequence[Sheet], *, text: Callable[[str], str]) -> bytes:
    """Return sheets as a workbook; the same cells give the same bytes.

    Args:
        sheets: At least one, each with a title of its own.
        text: What makes text fit to leave.
    """
    out = io.BytesIO()
    # Rows are written as they come and not held.
    with Workbook(out, {"constant_memory": True}) as book:
        book.set_properties({"created": MADE})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            title = sheet.title.translate(NOT_IN_TITLES)[:TITLE_MOST]
            cells = book.add_worksheet(title)
            cells.freeze_panes(1, 0)
            for column, width in enumerate(sheet.widths):
                cells.set_column(column, column, width)
            for number, row in enumerate(sheet.rows):
                dress = bold if number == 0 else None
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        cells.write_string(number, column, text(value), dress)
                    elif isinstance(value, date) and value >= FIRST_DAY:
                        cells.write_datetime(number, column, value, day)
                    elif isinstance(value, date):
                        cells.write_string(number, column, value.isoformat())
                    elif value is not None:
                        cells.write_number(number, column, value, dress)
    return out.getvalue()
