"""A text file or pasted rows as a table: its encoding, its separator, its rows."""

import csv
import io
from typing import Final

from django.utils.translation import gettext as _

from journal.wording import grouped
from suppliers.sheet.errors import SheetRefusedError

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LEGACY: Final = (("gb18030", "GB18030"), ("big5", "Big5"), ("cp1252", "Windows-1252"))
SEPARATORS: Final = ("\t", ",", ";", "|")
CELL_MAX: Final = 2_000


def decode(content: bytes) -> str:
    """Return a file's text.

    UTF-8 is read with and without its mark, UTF-16 with its mark or where every other
    byte is empty. Anything else is ASCII or refused by name: of bytes that are at once
    good GB18030 and good Big5 nobody can say which, and a part's name or a note would
    silently become another.

    Raises:
        SheetRefusedError: If the encoding is another; names what it may be.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    if _is_wide(content):
        return _decoded(
            content, "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise SheetRefusedError(_foreign(content)) from None


def _decoded(content: bytes, encoding: str) -> str:
    """Return text of an encoding the file claims, or refuse the file."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        name = encoding.removesuffix("-sig").upper()
        raise SheetRefusedError(
            _("The file says it is %(name)s and is not. Save it as CSV UTF-8.")
            % {"name": name}
        ) from None


def _is_wide(content: bytes) -> bool:
    """Say whether it looks like UTF-16 without a mark."""
    start = content[:400]
    zeros = start.count(0)
    return len(start) >= 4 and zeros * 2 >= len(start) - 1  # noqa: PLR2004


def _foreign(content: bytes) -> str:
    """Return the refusal of an encoding that is not Unicode."""
    names = []
    for encoding, name in _LEGACY:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        names.append(name)
    if not names:
        return _(
            "The file is not in UTF-8 or UTF-16. Save it as CSV UTF-8 or as a workbook "
            "(.xlsx)."
        )
    return _(
        "The file is not in UTF-8 or UTF-16. It looks like %(names)s. Save it as CSV "
        "UTF-8 or as a workbook (.xlsx)."
    ) % {"names": _(" or ").join(names)}


def rows_of(text: str, *, rows_max: int) -> list[list[str]]:
    """Return the cells of a text, row by row; the separator is that of its first row.

    Raises:
        SheetRefusedError: If it holds what no text does, or has too many rows.
    """
    if "\x00" in text:
        raise SheetRefusedError(_("The file holds empty bytes; it is no text file."))
    lines = text.lstrip("\ufeff")
    first = lines.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    rows: list[list[str]] = []
    # A lone carriage return ends a line in old files, and the reader wants one kind.
    unified = lines.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(unified), delimiter=separator, strict=False)
    try:
        for row in reader:
            if len(rows) > rows_max:
                raise SheetRefusedError(
                    _("The file has more than %(limit)s rows; send it in pieces.")
                    % {"limit": grouped(rows_max)}
                )
            rows.append(row)
    except csv.Error as error:
        raise SheetRefusedError(
            _("Row %(row)s can not be read as text with separators: %(error)s.")
            % {"row": grouped(len(rows) + 1), "error": error}
        ) from None
    return rows
