"""A supplier's file as rows: columns found by name, every cell read or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from django.utils.translation import gettext as _

from journal.wording import grouped
from suppliers.languages import in_every_language
from suppliers.models import CommitRevision
from suppliers.sentences import numbered
from suppliers.sheet import book, text
from suppliers.sheet.cells import (
    Cell,
    read_date,
    read_number,
    read_quantity,
    shown,
    text_of,
)
from suppliers.sheet.errors import CellError, SheetRefusedError
from suppliers.sheet.layout import COLUMNS, COLUMNS_MAX, matched, name_of

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
ROWS_MAX: Final = 20_000
NOTE_MAX: Final = 300
ORDER_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was read.

    Attributes:
        number: In the file, from 1; the heading is 1.
        order: The purchase order it names.
        line: The line it names; None if that cannot be read.
        quantity: Pieces promised; None if nothing is said.
        dock_date: The day promised; None if nothing is said.
        reason_code: Empty if none is given.
        note: Empty if none is given.
        version: The version the file was made on; None if that cannot be read.
        refusal: What is wrong with it; empty if nothing is.
    """

    number: int
    order: str
    line: int | None = None
    quantity: int | None = None
    dock_date: date | None = None
    reason_code: str = ""
    note: str = ""
    version: int | None = None
    refusal: str = ""

    @property
    def name(self) -> str:
        """Return the line as people call it, in the reader's language."""
        return self.order if self.line is None else numbered(self.order, self.line)


def read_file(content: bytes) -> list[Row]:
    """Return the rows of a workbook or a text file.

    Raises:
        SheetRefusedError: If it is too large, of no kind that is read, or its columns
            are not those of the file we write.
    """
    if not content.strip():
        raise SheetRefusedError(_("The file is empty."))
    if len(content) > FILE_BYTES_MAX:
        raise SheetRefusedError(
            _("The file has %(given)s bytes; %(limit)s are read.")
            % {"given": grouped(len(content)), "limit": grouped(FILE_BYTES_MAX)}
        )
    if book.is_old_workbook(content):
        raise SheetRefusedError(
            _(
                "The file is a workbook of the old kind (.xls) or has a "
                "password. Save it as .xlsx without one."
            )
        )
    if book.is_workbook(content):
        return read_rows(book.rows_of(content, rows_max=ROWS_MAX))
    return read_text(text.decode(content))


def read_text(words: str) -> list[Row]:
    """Return the rows of a text file, or of rows pasted from a spreadsheet.

    Raises:
        SheetRefusedError: As ``read_file``.
    """
    return read_rows(text.rows_of(words, rows_max=ROWS_MAX), is_pasted=True)


def read_rows(cells: Sequence[Sequence[Cell]], *, is_pasted: bool = False) -> list[Row]:
    """Return rows by the columns that the first filled row names.

    Pasted rows may come without a heading, if they have our columns in our order.
    """
    filled = [
        (number, row)
        for number, row in enumerate(cells, start=1)
        if any(text_of(cell) for cell in row)
    ]
    if not filled:
        raise SheetRefusedError(_("The file is empty."))
    header = filled[0][1]
    if len(header) > COLUMNS_MAX and any(
        text_of(cell) for cell in header[COLUMNS_MAX:]
    ):
        raise SheetRefusedError(
            _("The file has more than %(limit)s columns.") % {"limit": COLUMNS_MAX}
        )
    if is_pasted and len(header) == len(COLUMNS) and _is_data(header):
        places = {column.key: place for place, column in enumerate(COLUMNS)}
        return [_row(number, row, places) for number, row in filled]
    places = matched([text_of(cell) for cell in header])
    return [_row(number, row, places) for number, row in filled[1:]]


def _is_data(row: Sequence[Cell]) -> bool:
    """Say whether a first row is one of our rows without a heading over it."""
    return text_of(row[1]).isdecimal() and text_of(row[-1]).isdecimal()


def _row(number: int, cells: Sequence[Cell], places: dict[str, int]) -> Row:
    """Return one row; what cannot be read is its refusal."""
    values = {
        key: cells[place] if place < len(cells) else None
        for key, place in places.items()
    }
    order = text_of(values["order"])
    if not order or len(order) > ORDER_MAX or not order.isprintable():
        return Row(
            number=number,
            order=shown(order),
            refusal=_("Order: %(found)s names no order.")
            % {"found": shown(order) or _("an empty cell")},
        )
    line = None
    try:
        line = read_number(values["line"], name_of("line"))
        return _answered(Row(number=number, order=order, line=line), values)
    except CellError as error:
        return Row(number=number, order=order, line=line, refusal=str(error))


def _answered(row: Row, values: dict[str, Cell]) -> Row:
    """Return a row with what the supplier filled in.

    Raises:
        CellError: If a cell cannot be read.
    """
    quantity = read_quantity(values["quantity"], name_of("quantity"))
    dock_date = read_date(values["dock_date"], name_of("dock_date"))
    if (quantity is None) != (dock_date is None):
        has, lacks = (
            ("quantity", "dock_date") if quantity else ("dock_date", "quantity")
        )
        raise CellError(
            _(
                "%(has)s is given without %(lacks)s. Give both, or neither to "
                "leave the line as it is."
            )
            % {"has": name_of(has), "lacks": name_of(lacks).lower()}
        )
    note = text_of(values.get("note"))
    if (
        len(note) > NOTE_MAX
        or not note.replace("\n", "").replace("\t", "").isprintable()
    ):
        raise CellError(
            _("Note: plain text of up to %(limit)s characters is kept.")
            % {"limit": NOTE_MAX}
        )
    return Row(
        number=row.number,
        order=row.order,
        line=row.line,
        quantity=quantity,
        dock_date=dock_date,
        reason_code=_reason(values.get("reason")),
        note=note,
        version=read_number(values["version"], name_of("version")),
    )


@cache
def _reasons() -> dict[str, str]:
    """Return the reason codes by every way to spell them, in every language."""
    return {
        spelled.casefold(): value
        for value, label in CommitRevision.Reason.choices
        for spelled in (value, *in_every_language(label))
        if value
    }


def _reasons_listed() -> str:
    """Return the reasons that can be given, in the reader's language."""
    return ", ".join(
        str(label) for value, label in CommitRevision.Reason.choices if value
    )


def _reason(cell: Cell) -> str:
    """Return a reason code, given by its code or by its words."""
    words = text_of(cell)
    if not words:
        return ""
    code = _reasons().get(words.casefold())
    if code is None:
        raise CellError(
            _("Reason: %(found)s is not on the list, which has %(reasons)s.")
            % {"found": shown(cell), "reasons": _reasons_listed()}
        )
    return code
