"""How long a supplier's spreadsheet of many rows takes, from the file to the ledger."""

import time
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from config.celery import freeze_what_is_loaded
from factory.models import Part
from journal.export import xlsx_bytes
from suppliers.models import (
    Commitment,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
    Upload,
)
from suppliers.queries.sheet import open_rows
from suppliers.services.uploads import claim, take_upload, work
from suppliers.sheet.layout import COLUMNS
from suppliers.tenancy import Role, Tenant
from tests.bench.row import Row, at_most, say
from tests.bench.worlds import World

ROWS = 10_000
LINES_AN_ORDER = 100
GOAL_S = 10.0
PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


def upload_rows(world: World, times: int) -> Iterator[Row]:
    """Yield the figure of a workbook that answers every line, and of it sent again.

    The work is a worker process's, so it begins as one does.
    """
    freeze_what_is_loaded()
    took, again = [], []
    for number in range(times):
        tenant = _a_supplier_with_lines(world, number)
        content = _answered(tenant)
        took.append(_send(tenant, content, changed=ROWS))
        again.append(_send(tenant, content, changed=0))
        say(f"  {took[-1]:.1f} s, again {again[-1]:.1f} s")
    note = f"{ROWS:,} lines, {len(content) / 1000:,.0f} kB .xlsx, {connection.vendor}"
    name = "rows of a workbook checked and applied"
    yield at_most(f"{ROWS:,} {name}", max(took), GOAL_S, "s", f"slowest; {note}")
    yield at_most(f"{ROWS:,} {name}, again", max(again), GOAL_S, "s", "changes nothing")


def _send(tenant: Tenant, content: bytes, *, changed: int) -> float:
    """Send a workbook row by row; return the seconds until it is applied."""
    began = time.perf_counter()
    upload = take_upload(
        supplier=tenant.supplier,
        by=tenant.person.pk,
        name="bench.xlsx",
        content=content,
        mode=Upload.Mode.EACH,
    )
    claimed = claim(upload.pk, now=timezone.now())
    if claimed is not None:
        work(claimed)
    seconds = time.perf_counter() - began
    upload.refresh_from_db()
    if (upload.state, upload.changed) != (Upload.State.APPLIED, changed):
        raise RuntimeError(f"{upload.state}, {upload.changed} changed: {upload.error}")
    return seconds


def _answered(tenant: Tenant) -> bytes:
    """Return the open lines as a workbook in which each is promised as asked."""
    rows = [list(row) for row in open_rows(tenant, now=timezone.now())]
    for row in rows[1:]:
        row[PLACE["quantity"]] = row[PLACE["outstanding"]]
        row[PLACE["dock_date"]] = row[PLACE["asked_date"]]
    return xlsx_bytes(rows, title="Open lines")


def _a_supplier_with_lines(world: World, number: int) -> Tenant:
    """Return a supplier with so many lines that nobody has answered."""
    supplier = Supplier.objects.create(
        code=f"bench-{number}", name=f"Bench {number}", region="TW", zone="Asia/Taipei"
    )
    person = User.objects.create_user(username=f"bench-{number}")
    parts = list(Part.objects.all())
    now = timezone.now()
    due = timezone.localdate(now, ZoneInfo(world.site.zone)) + timedelta(days=30)
    orders = PurchaseOrder.objects.bulk_create(
        PurchaseOrder(
            number=f"B{number}-{place}",
            supplier=supplier,
            site=world.site,
            ordered_at=now - timedelta(days=90),
        )
        for place in range(ROWS // LINES_AN_ORDER)
    )
    lines = PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(
            purchase_order=order,
            number=10 * place,
            part=parts[place % len(parts)],
            quantity=90,
            need_by=due,
        )
        for order in orders
        for place in range(1, LINES_AN_ORDER + 1)
    )
    Commitment.objects.bulk_create(Commitment(line=line) for line in lines)
    return Tenant(supplier=supplier, person=person, role=Role.ANSWER)
