"""A workbook's cells, taken in as if a stranger had sent it.

Sizes are limited before anything is unpacked, formulas are refused as what they are,
and every cell is checked by its column; all findings are gathered, none stops the rest.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from factory.errors import WorkbookRefusedError
from factory.workbook.kinds import CellError, Value
from factory.workbook.layout import SHEETS, Sheet

FILE_BYTES_MAX = 10 * 1024 * 1024
UNPACKED_BYTES_MAX = 100 * 1024 * 1024
PACKED_FILES_MAX = 500
ROWS_MAX = 20_000
COLUMNS_MAX = 60
FINDINGS_MAX = 1_000
NOTES_SHEET = "read me"

_BROKEN = (
    AttributeError,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    OSError,
    ParseError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl raises, sooner or later, on a file that is none of its own kind."""

Row = dict[str, Value]


@dataclass(slots=True)
class Findings:
    """What is wrong, in the order it was found; no more than can be read."""

    said: list[str] = field(default_factory=list)
    unsaid: int = 0

    def add(self, sentence: str) -> None:
        """Note one finding; beyond the limit they are only counted."""
        if len(self.said) < FINDINGS_MAX:
            self.said.append(sentence)
        else:
            self.unsaid += 1

    def at(self, sheet: str, row: int, name: str, predicate: str) -> None:
        """Note what is wrong with one cell."""
        self.add(f"{sheet} row {row}, {name}: {predicate}.")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet: where it stands, and its values; empty cells are absent."""

    sheet: str
    number: int
    values: Row

    def key(self, names: tuple[str, ...]) -> tuple[Value | None, ...]:
        """Return the values that name it."""
        return tuple(self.values.get(name) for name in names)


Book = dict[str, list[Line]]
"""Lines by sheet."""


def read_workbook(path: Path, findings: Findings) -> Book:
    """Return the lines of every known sheet, with findings about the rest.

    Raises:
        WorkbookRefusedError: If the file is too large, or no workbook at all.
    """
    _refuse_oversize(path)
    try:
        return _read(path, findings)
    except _BROKEN:
        raise _no_workbook(path) from None


def _read(path: Path, findings: Findings) -> Book:
    """Return the lines of every known sheet; a broken file raises as openpyxl likes."""
    book: Book = {sheet.name: [] for sheet in SHEETS}
    known = {sheet.name: sheet for sheet in SHEETS}
    # Opened here, since openpyxl leaves a file open that it cannot read.
    with path.open("rb") as file:
        workbook = load_workbook(file, read_only=True, data_only=False)
        for name in workbook.sheetnames:
            title = name.strip().lower()
            if title in known:
                book[title] = _lines(known[title], workbook[name], findings)
            elif title != NOTES_SHEET:
                findings.add(
                    f"Sheet {name[:40]} is not known; the sheets are "
                    f"{', '.join(known)}."
                )
    return book


def _no_workbook(path: Path) -> WorkbookRefusedError:
    """Return the refusal of a file that cannot be read as a workbook."""
    return WorkbookRefusedError([f"{path.name} is not a workbook (.xlsx)."])


def _refuse_oversize(path: Path) -> None:
    """Look at sizes before a byte is unpacked.

    Raises:
        WorkbookRefusedError: If the file, or what it unpacks to, is too large.
    """
    try:
        size = path.stat().st_size
    except OSError:
        raise WorkbookRefusedError([f"{path} can not be read."]) from None
    if size > FILE_BYTES_MAX:
        raise WorkbookRefusedError(
            [f"{path.name} has {size:,} bytes; {FILE_BYTES_MAX:,} are read."]
        )
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, OSError):
        raise WorkbookRefusedError(
            [f"{path.name} is not a workbook (.xlsx)."]
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED_BYTES_MAX or len(entries) > PACKED_FILES_MAX:
        sentence = (
            f"{path.name} unpacks to {unpacked:,} bytes in {len(entries):,} files; "
            f"{UNPACKED_BYTES_MAX:,} in {PACKED_FILES_MAX} are read."
        )
        raise WorkbookRefusedError([sentence])


def _lines(sheet: Sheet, cells: Any, findings: Findings) -> list[Line]:  # noqa: ANN401
    """Return a sheet's lines; the first row names the columns."""
    # What a file says of its own size is not believed.
    cells.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = cells.iter_rows(
        max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX + 1
    )
    names = _header(sheet, next(rows, ()), findings)
    lines = []
    for number, row in enumerate(rows, start=2):
        if number > ROWS_MAX + 1:
            findings.add(f"{sheet.name} has more than {ROWS_MAX:,} rows.")
            break
        filled = [cell for cell in row if cell.value is not None]
        if not any(str(cell.value).strip() for cell in filled):
            continue
        lines.append(_line(sheet, number, names, row, findings))
    _refuse_twice(sheet, lines, findings)
    return lines


def _header(sheet: Sheet, row: tuple[Any, ...], findings: Findings) -> list[str]:
    """Return the column name over each cell; empty where it is not known."""
    names: list[str] = []
    for cell in row:
        name = str(cell.value or "").strip().lower()
        if len(names) >= COLUMNS_MAX:
            if not name:
                break
            findings.add(f"{sheet.name} has more than {COLUMNS_MAX} columns.")
            break
        if name and name not in sheet.by_name:
            findings.add(f"{sheet.name} has a column {name[:40]} that is not known.")
            name = ""
        if name and name in names:
            findings.add(f"{sheet.name} has the column {name} twice.")
            name = ""
        names.append(name)
    for column in sheet.columns:
        if column.is_needed and column.name not in names:
            findings.add(f"{sheet.name} lacks the column {column.name}.")
    return names


def _line(
    sheet: Sheet,
    number: int,
    names: list[str],
    row: tuple[Any, ...],
    findings: Findings,
) -> Line:
    """Return one row's values; a cell that cannot be read is a finding and absent."""
    values: Row = {}
    wrong = set()
    for name, cell in zip(names, row, strict=False):
        content = cell.value
        if not name or content is None or not str(content).strip():
            continue
        try:
            if cell.data_type == "f" or str(content).startswith("="):
                raise CellError("holds a formula; give the value itself")  # noqa: TRY301
            values[name] = sheet.by_name[name].kind.read(content)
        except CellError as error:
            wrong.add(name)
            findings.at(sheet.name, number, name, str(error))
    for column in sheet.columns:
        is_there = column.name in values or column.name in wrong
        if column.is_needed and column.name in names and not is_there:
            findings.at(sheet.name, number, column.name, "is empty")
    return Line(sheet.name, number, values)


def _refuse_twice(sheet: Sheet, lines: list[Line], findings: Findings) -> None:
    """Find rows that name the same thing."""
    seen: dict[tuple[Value | None, ...], int] = {}
    for line in lines:
        key = line.key(sheet.key)
        if key in seen:
            named = ", ".join(str(value) for value in key if value is not None)
            findings.add(
                f"{sheet.name} row {line.number}: {named} stands in row {seen[key]} "
                "already."
            )
        seen.setdefault(key, line.number)
