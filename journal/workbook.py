"""Workbooks, written as what they are: small XML files in an archive.

One way for every workbook that leaves the house. Text is held once however often it
stands in a sheet, and a sheet is packed while it is written.
Source: ECMA-376 part 1, 5th edition: SpreadsheetML, chapters 18.2 to 18.8.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.utils import get_column_letter

Value = str | int | float | date | None

ROWS_AT_ONCE: Final = 1_000
TITLE_MOST: Final = 31
NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
DAY_0: Final = date(1899, 12, 30).toordinal()
FIRST_DAY: Final = date(1900, 3, 1).toordinal()
"""A sheet has a 29 February 1900; days before it are written as text."""
BOLD, DAY = 1, 2
"""Styles of a cell, by their place among those of ``_STYLES``; 0 is plain."""

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/>'
    '<xf xfId="0" numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles>"
    "</styleSheet>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook; its first row is a bold heading that stays in sight.

    Attributes:
        title: What stands on its tab; cut to 31 characters.
        rows: Cells; dates stay dates.
        widths: Characters of each column.
    """

    title: str
    rows: Sequence[Sequence[Value]]
    widths: Sequence[int] = ()


def workbook_bytes(sheets: Sequence[Sheet], *, text: Callable[[str], str]) -> bytes:
    """Return sheets as a workbook; the same cells give the same bytes.

    Args:
        sheets: At least one, each with a title of its own.
        text: What makes text fit to leave, called once for each.
    """
    out = io.BytesIO()
    texts = _Texts(text)
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for number, sheet in enumerate(sheets, start=1):
            _keep(archive, f"xl/worksheets/sheet{number}.xml", _sheet(sheet, texts))
        _keep(archive, "xl/sharedStrings.xml", texts.written())
        _keep(archive, "xl/styles.xml", [_STYLES])
        _keep(archive, "xl/workbook.xml", _book(sheets))
        _keep(archive, "xl/_rels/workbook.xml.rels", _relations(len(sheets)))
        _keep(archive, "_rels/.rels", [_ROOT])
        _keep(archive, "[Content_Types].xml", _types(len(sheets)))
    return out.getvalue()


class _Texts:
    """The texts of a workbook, each once, with the number that cells name it by."""

    def __init__(self, fit: Callable[[str], str]) -> None:
        """Begin with none."""
        self._fit = fit
        self._number: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return a text's number."""
        return self._number.setdefault(text, len(self._number))

    def written(self) -> Iterator[str]:
        """Yield the file of texts, in order of their numbers."""
        yield f'{_HEAD}<sst xmlns="{_MAIN}" uniqueCount="{len(self._number)}">'
        for text in self._number:
            kept = escape(self._fit(text), {"\r": "&#13;"})
            yield f'<si><t xml:space="preserve">{kept}</t></si>'
        yield "</sst>"


def _sheet(sheet: Sheet, texts: _Texts) -> Iterator[str]:
    """Yield a sheet's file."""
    rows = sheet.rows
    most = max(map(len, rows), default=0) or 1
    columns = [get_column_letter(place) for place in range(1, most + 1)]
    # Without its size in the file, a reader unpacks the whole sheet once to find it.
    corner = f"{columns[-1]}{len(rows) or 1}"
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{corner}"/>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    )
    if sheet.widths:
        yield "<cols>"
        for place, width in enumerate(sheet.widths, start=1):
            yield f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        yield "</cols>"
    yield "<sheetData>"
    for number, row in enumerate(rows, start=1):
        yield f'<row r="{number}">{_cells(row, number, columns, texts)}</row>'
    yield "</sheetData></worksheet>"


def _cells(
    row: Sequence[Value], number: int, columns: Sequence[str], texts: _Texts
) -> str:
    """Return one row's cells."""
    style = f' s="{BOLD}"' if number == 1 else ""
    found = []
    for letters, value in zip(columns, row, strict=False):
        if value is None:
            continue
        at = f'<c r="{letters}{number}"'
        if isinstance(value, str):
            found.append(f'{at}{style} t="s"><v>{texts.number(value)}</v></c>')
        elif not isinstance(value, date):
            # The sign makes a number of what is true.
            found.append(f"{at}{style}><v>{+value!r}</v></c>")
        elif value.toordinal() < FIRST_DAY:
            found.append(f'{at} t="s"><v>{texts.number(value.isoformat())}</v></c>')
        else:
            found.append(f'{at} s="{DAY}"><v>{value.toordinal() - DAY_0}</v></c>')
    return "".join(found)


def _book(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Yield the file that lists the sheets."""
    yield f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    for number, sheet in enumerate(sheets, start=1):
        title = quoteattr(sheet.title.translate(NOT_IN_TITLES)[:TITLE_MOST])
        yield f'<sheet name={title} sheetId="{number}" r:id="rId{number}"/>'
    yield "</sheets></workbook>"


def _relations(sheets: int) -> Iterator[str]:
    """Yield where the parts of a workbook lie."""
    yield f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    parts = [
        *(("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, sheets + 1)),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
    ]
    for number, (kind, target) in enumerate(parts, start=1):
        yield (
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" '
            f'Target="{target}"/>'
        )
    yield "</Relationships>"


_ROOT: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def _types(sheets: int) -> Iterator[str]:
    """Yield what kind of file each part is."""
    yield (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    parts = [
        ("/xl/workbook.xml", "sheet.main"),
        ("/xl/styles.xml", "styles"),
        ("/xl/sharedStrings.xml", "sharedStrings"),
        *(
            (f"/xl/worksheets/sheet{at}.xml", "worksheet")
            for at in range(1, sheets + 1)
        ),
    ]
    for name, kind in parts:
        yield f'<Override PartName="{name}" ContentType="{_KIND}.{kind}+xml"/>'
    yield "</Types>"


def _keep(archive: ZipFile, name: str, parts: Iterable[str]) -> None:
    """Write one file of the archive as it comes, many parts at once."""
    # A fixed day, the first an archive can name: the same cells give the same bytes.
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as file:
        waiting: list[str] = []
        for part in parts:
            waiting.append(part)
            if len(waiting) == ROWS_AT_ONCE:
                file.write("".join(waiting).encode())
                waiting.clear()
        file.write("".join(waiting).encode())
