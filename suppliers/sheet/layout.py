"""The columns of a supplier's spreadsheet: what we write, and what we read them by."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from suppliers.languages import in_every_language
from suppliers.sheet.errors import SheetRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: Heading as we write it, in the reader's language.
        key: What it is called in code.
        is_needed: Whether a file without it cannot be read.
        is_answer: Whether the supplier fills it in.
        width: Characters, in a workbook.
    """

    name: str | Promise
    key: str
    is_needed: bool = False
    is_answer: bool = False
    width: int = 14


COLUMNS: Final = (
    Column(name=_("Order"), key="order", is_needed=True, width=18),
    Column(name=_("Line"), key="line", is_needed=True, width=6),
    Column(name=_("Part"), key="part", width=16),
    Column(name=_("Description"), key="description", width=30),
    Column(name=_("Asked quantity"), key="asked_quantity"),
    Column(name=_("Asked date"), key="asked_date"),
    Column(name=_("Still to come"), key="outstanding"),
    Column(
        name=_("Promised quantity"),
        key="quantity",
        is_needed=True,
        is_answer=True,
        width=18,
    ),
    Column(name=_("Promised date"), key="dock_date", is_needed=True, is_answer=True),
    Column(name=_("Reason"), key="reason", is_answer=True, width=18),
    Column(name=_("Note"), key="note", is_answer=True, width=30),
    Column(name=_("Version"), key="version", is_needed=True, width=9),
)

COLUMNS_MAX: Final = 40


def name_of(key: str) -> str:
    """Return a column's heading in the reader's language."""
    return _names(get_language())[key]


@cache
def _names(_language: str | None) -> dict[str, str]:
    """Return the headings by key in the language that is active; kept by language."""
    return {column.key: str(column.name) for column in COLUMNS}


@cache
def _by_name() -> dict[str, Column]:
    """Return the columns by their heading in every language.

    A file goes from hand to hand: who sends it back may read another language than who
    downloaded it.
    """
    return {
        name.casefold(): column
        for column in COLUMNS
        for name in in_every_language(column.name)
    }


def matched(header: list[str]) -> dict[str, int]:
    """Return where each known column stands, in whatever order they are.

    Columns nobody knows are left alone: people keep their own notes beside ours.

    Raises:
        SheetRefusedError: If one stands there twice, or one that is needed is missing.
    """
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        column = _by_name().get(" ".join(name.split()).casefold())
        if column is None:
            continue
        if column.key in found:
            raise SheetRefusedError(
                gettext(
                    "The column %(column)s stands there twice, as column %(one)s "
                    "and %(other)s. Keep one."
                )
                % {
                    "column": column.name,
                    "one": found[column.key] + 1,
                    "other": place + 1,
                }
            )
        found[column.key] = place
    missing = [str(c.name) for c in COLUMNS if c.is_needed and c.key not in found]
    if len(missing) == sum(column.is_needed for column in COLUMNS):
        wanted = ", ".join(str(column.name) for column in COLUMNS if column.is_needed)
        raise SheetRefusedError(
            gettext(
                "The first row does not name the columns. It needs %(wanted)s; "
                "download your open lines to see how it looks."
            )
            % {"wanted": wanted}
        )
    if missing:
        raise SheetRefusedError(
            ngettext(
                "The file lacks the column %(missing)s.",
                "The file lacks the columns %(missing)s.",
                len(missing),
            )
            % {"missing": ", ".join(missing)}
        )
    return found
