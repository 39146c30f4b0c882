"""Tables that leave the house: CSV and workbooks in which nothing is computed.

Every file of rows is written here, so that text which a spreadsheet would take for a
formula is defused in one place.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from django.http import HttpResponse

from journal.workbook import Sheet, Value, workbook_bytes

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet computes, dials out with, or runs, if text begins with it."""

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_BEFORE_A_SIGN: Final = re.compile(r'[\s"]+')


def defused(text: str) -> str:
    """Return text that a spreadsheet shows and never computes.

    An apostrophe goes before it; blanks before the sign do not hide it, and signs that
    no file can hold are taken out.
    """
    kept = text
    if not text.isprintable():
        kept = "".join(sign for sign in text if _is_kept(sign))
    blanks = _BEFORE_A_SIGN.match(kept)
    starts = kept[blanks.end() :] if blanks else kept
    if kept.startswith(FORMULA_STARTS) or starts.startswith(FORMULA_STARTS):
        return f"'{kept}"
    return kept


def _is_kept(sign: str) -> bool:
    """Say whether a file can hold a sign; spaces that do not break are no print."""
    return sign.isprintable() or sign in "\t\n\r" or unicodedata.category(sign) == "Zs"


def csv_bytes(rows: Iterable[Sequence[Value]]) -> bytes:
    """Return rows as CSV in UTF-8 with its mark, which Excel needs to read it so."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_text(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def csv_answer(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]
) -> HttpResponse:
    """Return a table as a CSV file to download.

    Args:
        name: Of the file, without its ending.
        head: Names of the columns.
        rows: Cells.
    """
    return HttpResponse(
        csv_bytes([head, *rows]),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def xlsx_answer(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]
) -> HttpResponse:
    """Return a table as a workbook to download; see ``csv_answer``."""
    return HttpResponse(
        xlsx_bytes([head, *rows], title=name),
        content_type=XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


def xlsx_bytes(
    rows: Iterable[Sequence[Value]], *, title: str, widths: Sequence[int] = ()
) -> bytes:
    """Return rows as a workbook of one sheet; the first row is its bold heading.

    Args:
        rows: Cells; dates stay dates.
        title: Of the sheet.
        widths: Characters of each column.
    """
    sheet = Sheet(title=title, rows=rows, widths=widths)
    return workbook_bytes([sheet], text=defused)


def _text(value: Value) -> str:
    """Return one value as the text of a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return defused(value) if isinstance(value, str) else str(value)
