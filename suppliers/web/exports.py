"""What the buyer's pages show, as rows of a CSV file."""

from datetime import UTC
from typing import Any

from journal.workbook import Value
from suppliers.queries.expedite import ExpediteRow, GoldenScrew

EXPEDITE_HEAD = (
    "order",
    "line",
    "part",
    "supplier",
    "standing",
    "pieces outstanding",
    "asked for",
    "promised",
    "needed by",
    "racks",
    "racks held",
    "rack-days saved at most",
    "mail",
)


def expedite_cells(row: ExpediteRow) -> list[Value]:
    """Return a line as cells."""
    line = row.line
    return [
        line.purchase_order.number,
        line.number,
        line.part.code,
        line.purchase_order.supplier.name,
        row.standing.value,
        line.outstanding,
        line.need_by.isoformat(),
        row.promised.isoformat() if row.promised else "",
        line.need.needed_by.isoformat(),
        line.need.racks,
        line.need.blocked_racks,
        row.rack_days,
        row.fate.value if row.fate else "",
    ]


SCREW_HEAD = (
    "part",
    "name",
    "price in cents",
    "racks held",
    "value of racks in cents",
    "pieces outstanding",
    "rack-days waited",
    "lines",
)


def screw_cells(row: GoldenScrew) -> list[Value]:
    """Return a part as cells."""
    return [
        row.code,
        row.name,
        row.price_cents,
        row.racks,
        row.value_cents,
        row.missing,
        row.rack_days,
        ", ".join(f"{line.purchase_order.number}/{line.number}" for line in row.lines),
    ]


MAIL_HEAD = (
    "to",
    "supplier",
    "purpose",
    "lines",
    "queued at",
    "sent at",
    "opened at",
    "bounced at",
    "fate",
    "error",
    "reason",
)


def mail_cells(row: Any) -> list[Value]:  # noqa: ANN401 - an annotated row
    """Return a mail as cells."""
    moments = (row.queued_at, row.sent_at, row.opened_at, row.bounced_at)
    return [
        row.to,
        row.contact.supplier.name,
        row.purpose,
        row.count,
        *(at.astimezone(UTC).isoformat() if at else "" for at in moments),
        row.fate,
        row.error,
        row.reason,
    ]
