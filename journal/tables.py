"""Tables that leave the system as CSV: what a spreadsheet would run is defused."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

Cell = str | int | float | None

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""


def defused(cell: Cell) -> Cell:
    """Return a cell no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(RUN_BY_SPREADSHEETS):
        return f"'{cell}"
    return cell


def csv_answer(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> HttpResponse:
    """Return a table as a file to download.

    Args:
        name: Of the file, without its ending.
        head: Names of the columns.
        rows: Cells; dates as ISO text.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return HttpResponse(
        BYTE_ORDER_MARK + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
