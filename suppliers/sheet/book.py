"""A workbook as a table, taken in as if a stranger had sent it.

What it unpacks to is limited twice: by what its directory declares, and by unpacking it
byte by byte without keeping any, since a directory may lie.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from journal.wording import grouped
from suppliers.sheet.cells import Cell
from suppliers.sheet.errors import SheetRefusedError
from suppliers.sheet.layout import COLUMNS_MAX

UNPACKED_BYTES_MAX: Final = 150 * 1024 * 1024
PACKED_FILES_MAX: Final = 500
FORMULA: Final = "="
"""Stands for any formula: what it computes is not read."""

_CHUNK: Final = 1024 * 1024
_BROKEN: Final = (
    AttributeError,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl raises, sooner or later, on a file that is none of its own kind.

What defusedxml refuses, entities above all, is a ``ValueError``.
"""


def is_workbook(content: bytes) -> bool:
    """Say whether a file is packed the way workbooks are."""
    return content.startswith(b"PK\x03\x04")


def is_old_workbook(content: bytes) -> bool:
    """Say whether a file is a workbook of the old binary kind, or an encrypted one."""
    return content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def rows_of(content: bytes, *, rows_max: int) -> list[list[Cell]]:
    """Return the cells of a workbook's first sheet, row by row.

    Raises:
        SheetRefusedError: If it unpacks to too much, has too many rows, or is broken.
    """
    try:
        refuse_bombs(content)
        return _rows(content, rows_max)
    except _BROKEN:
        raise SheetRefusedError(_("The file is not a workbook (.xlsx).")) from None


def refuse_bombs(content: bytes) -> None:
    """Refuse what unpacks to too much, by its directory and by its bytes.

    Raises:
        SheetRefusedError: If it does; names the limit.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = packed.infolist()
        declared = sum(entry.file_size for entry in entries)
        if declared > UNPACKED_BYTES_MAX or len(entries) > PACKED_FILES_MAX:
            raise _too_large(declared, len(entries))
        unpacked = 0
        for entry in entries:
            with packed.open(entry) as file:
                while chunk := file.read(_CHUNK):
                    unpacked += len(chunk)
                    if unpacked > UNPACKED_BYTES_MAX:
                        raise _too_large(unpacked, len(entries))


def _too_large(unpacked: int, files: int) -> SheetRefusedError:
    """Return the refusal of what unpacks to too much."""
    return SheetRefusedError(
        _(
            "The workbook unpacks to %(unpacked)s bytes or more in "
            "%(files)s files; %(limit)s in "
            "%(files_max)s are read."
        )
        % {
            "unpacked": grouped(unpacked),
            "files": grouped(files),
            "limit": grouped(UNPACKED_BYTES_MAX),
            "files_max": PACKED_FILES_MAX,
        }
    )


def _rows(content: bytes, rows_max: int) -> list[list[Cell]]:
    """Return the first sheet's cells; a broken file raises as openpyxl likes."""
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    try:
        sheets = workbook.worksheets
        if not sheets:
            raise SheetRefusedError(_("The workbook has no sheet with cells."))
        sheet = sheets[0]
        # What a file says of its own size is not believed.
        sheet.reset_dimensions()
        cells: Iterator[tuple[Any, ...]] = sheet.iter_rows(max_col=COLUMNS_MAX)
        rows: list[list[Cell]] = []
        for row in cells:
            if len(rows) > rows_max:
                raise SheetRefusedError(
                    _("The workbook has more than %(limit)s rows; send it in pieces.")
                    % {"limit": grouped(rows_max)}
                )
            rows.append([_value(cell) for cell in row])
    finally:
        workbook.close()
    return rows


def _value(cell: Any) -> Cell:  # noqa: ANN401 - openpyxl's many kinds of cell
    """Return what a cell holds; a formula only as the fact that it is one."""
    if cell.data_type == "f":
        return FORMULA
    value: Cell = cell.value
    return value
