"""A supplier's open lines as the rows of a spreadsheet, one row a delivery."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from journal.workbook import Value
from suppliers.queries.portal import OwnLine, open_lines, own_lines
from suppliers.sheet.layout import COLUMNS
from suppliers.tenancy import Tenant


def open_rows(tenant: Tenant, *, now: datetime) -> Iterator[Sequence[Value]]:
    """Yield the heading, then a row for each delivery promised. Two queries.

    A line without a promise is one row with empty answer cells.
    """
    yield [str(column.name) for column in COLUMNS]
    lines = open_lines(tenant, now=now).order_by("purchase_order__number", "number")
    for own in own_lines(lines, now=now):
        yield from _rows(own)


def _rows(own: OwnLine) -> Iterable[Sequence[Value]]:
    """Yield the rows of one line."""
    line = own.line
    asked: list[Value] = [
        line.purchase_order.number,
        line.number,
        line.part.code,
        line.part.name,
        line.quantity,
        line.need_by,
        line.outstanding,
    ]
    version = own.commitment.version
    for delivery in own.promise:
        yield [*asked, delivery.quantity, delivery.on, "", "", version]
    if not own.promise:
        yield [*asked, None, None, "", "", version]
