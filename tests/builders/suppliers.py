"""Rows of the suppliers for tests: valid by default, only what matters is stated.

Every builder saves and returns its row. Answers go through the services, so that a
builder cannot make a ledger that nobody could have written.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from factory.models import Part, Site
from suppliers.horizon import week_of
from suppliers.ledger import Delivery
from suppliers.models import (
    Commitment,
    DeclaredCapacity,
    Dispute,
    Finding,
    ForecastBucket,
    LineNeed,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    RequestChange,
    Shipment,
    Source,
    Supplier,
    SupplierUser,
    Upload,
    UploadRow,
)
from suppliers.services import (
    commitments,
    disputes,
    forecasts,
    receipts,
    requests,
    shipments,
)
from suppliers.services.author import Author, Door
from suppliers.services.notices import Item, Notice
from tests.builders.factory import NOW, a_part, a_site

_numbers = count(1)

TODAY = date(2026, 11, 23)
"""The builders' present as a date at their site in Monterrey."""

BY_SYSTEM = Author(actor="system", door=Door.IMPORT)


def a_supplier(code: str = "", **fields: Any) -> Supplier:
    """Return a supplier in Taipei."""
    code = code or f"supplier-{next(_numbers)}"
    return Supplier.objects.create(
        code=code,
        **{
            "name": f"{code.capitalize()} Works",
            "region": "TW",
            "zone": "Asia/Taipei",
            "buyer": "Mei-Ling Hsu",
        }
        | fields,
    )


def a_supplier_user(
    supplier: Supplier | None = None, *, role: str = SupplierUser.Role.ANSWER
) -> User:
    """Return a person of a supplier, without a password; use ``force_login``."""
    number = next(_numbers)
    user = User.objects.create_user(
        username=f"supplier-user-{number}", first_name="Yu-Ting", last_name="Lin"
    )
    SupplierUser.objects.create(user=user, supplier=supplier or a_supplier(), role=role)
    return user


def a_source(
    supplier: Supplier | None = None, part: Part | None = None, **fields: Any
) -> Source:
    """Return an approved source of twelve weeks at P50 and twenty-two at P90."""
    return Source.objects.create(
        supplier=supplier or a_supplier(),
        part=part or a_part(),
        **{"lead_time_p50_days": 84, "lead_time_p90_days": 154} | fields,
    )


def a_purchase_order(
    supplier: Supplier | None = None, *, site: Site | None = None, **fields: Any
) -> PurchaseOrder:
    """Return an order without lines, ordered three months ago."""
    return PurchaseOrder.objects.create(
        number=fields.pop("number", "") or f"4500-{next(_numbers):04}",
        supplier=supplier or a_supplier(),
        site=site or a_site(),
        ordered_at=fields.pop("ordered_at", NOW - timedelta(days=90)),
        **fields,
    )


def a_line(
    purchase_order: PurchaseOrder | None = None,
    *,
    supplier: Supplier | None = None,
    site: Site | None = None,
    part: Part | None = None,
    quantity: int = 90,
    need_by: date = TODAY + timedelta(days=14),
    **fields: Any,
) -> PurchaseOrderLine:
    """Return a line for 90 pieces in two weeks, asked for and not yet answered."""
    if purchase_order is None:
        purchase_order = a_purchase_order(supplier, site=site)
    line = PurchaseOrderLine.objects.create(
        purchase_order=purchase_order,
        number=fields.pop("number", 0) or 10 * (purchase_order.lines.count() + 1),
        part=part or a_part(),
        quantity=quantity,
        need_by=need_by,
        **fields,
    )
    requests.ask(lines=[line], now=purchase_order.ordered_at)
    return line


def a_commitment(
    line: PurchaseOrderLine | None = None,
    *promises: Sequence[tuple[date, int]],
    by: Author = BY_SYSTEM,
    reason_code: str = "capacity",
    now: datetime = NOW - timedelta(days=1),
) -> Commitment:
    """Return the commitment on a line after promises, said an hour apart.

    Args:
        line: An open line; one is made if none is given.
        promises: Each a list of (dock date, pieces); as asked if none is given.
        by: Who promises.
        reason_code: Given with every promise but the first.
        now: When the first was said.
    """
    line = line or a_line()
    commitment = line.commitment
    for number, promise in enumerate(promises or [[(line.need_by, line.quantity)]]):
        commitment = commitments.commit(
            line_id=line.pk,
            expected_version=commitment.version,
            deliveries=[Delivery(on, quantity) for on, quantity in promise],
            author=by,
            now=now + timedelta(hours=number),
            reason_code=reason_code,
        )
    return commitment


def a_receipt(
    line: PurchaseOrderLine,
    quantity: int | None = None,
    on: date = TODAY,
    **fields: Any,
) -> Receipt:
    """Return a receipt on a line, of all it still asks for unless less is said."""
    line.refresh_from_db()
    return receipts.record_receipt(
        line_id=line.pk,
        quantity=line.outstanding if quantity is None else quantity,
        received_on=on,
        actor="system",
        **{"now": NOW} | fields,
    )


def a_notice(*items: Item | tuple[PurchaseOrderLine, int], **fields: Any) -> Notice:
    """Return a notice of what left yesterday and comes in three days.

    Args:
        items: Each an item, or a line and so many pieces of it.
        fields: Of the notice.
    """
    return Notice(
        items=tuple(
            one if isinstance(one, Item) else Item(line_id=one[0].pk, quantity=one[1])
            for one in items
        ),
        **{
            "carrier": "Kestrel Freight",
            "shipped_on": TODAY - timedelta(days=1),
            "expected_on": TODAY + timedelta(days=3),
        }
        | fields,
    )


def a_shipment(
    *items: Item | tuple[PurchaseOrderLine, int], now: datetime = NOW, **fields: Any
) -> Shipment:
    """Return a shipment of promised lines, announced as ``a_notice`` says."""
    notice = a_notice(*items, **fields)
    line = PurchaseOrderLine.objects.for_staff().get(pk=notice.items[0].line_id)
    return shipments.announce_shipment(
        supplier=line.purchase_order.supplier, notice=notice, author=BY_SYSTEM, now=now
    )


def a_finding(line: PurchaseOrderLine, **fields: Any) -> Finding:
    """Return the finding that one piece of a line was missing."""
    return Finding.objects.create(
        line=line,
        **{"kind": "short", "quantity": 1, "reason": "Box open", "actor": "system"}
        | fields,
    )


def an_upload(supplier: Supplier, *names: str, **fields: Any) -> Upload:
    """Return an upload with a row of each name, checked and waiting for a word."""
    upload = Upload.objects.create(
        supplier=supplier,
        **{
            "name": "promises.xlsx",
            "actor": "system",
            "state": Upload.State.READY,
            "rows_total": len(names),
        }
        | fields,
    )
    UploadRow.objects.bulk_create(
        UploadRow(upload=upload, number=number, name=name)
        for number, name in enumerate(names, start=2)
    )
    return upload


def a_line_need(line: PurchaseOrderLine, **fields: Any) -> LineNeed:
    """Return the need of six racks for a line, with five days of slack."""
    return LineNeed.objects.create(
        line=line,
        **{
            "racks": 6,
            "blocked_racks": 0,
            "serials": ["R-0437", "R-0438"],
            "needed_by": line.need_by + timedelta(days=5),
            "slack_min": 5 * 1_440,
            "publication": "412",
        }
        | fields,
    )


def a_request_change(
    line: PurchaseOrderLine, *, now: datetime = NOW, **fields: Any
) -> RequestChange:
    """Return a change of what a line asks for: ten pieces more unless said."""
    line.refresh_from_db()
    request = requests.Request(
        **{"quantity": line.quantity + (0 if fields else 10), "need_by": line.need_by}
        | fields
    )
    requests.change_request(line_id=line.pk, request=request, actor="user:1", now=now)
    return line.request_changes.latest("number")


def a_dispute(
    line: PurchaseOrderLine,
    measure: Dispute.Measure = Dispute.Measure.ORIGINAL,
    *,
    is_upheld: bool | None = None,
) -> Dispute:
    """Return a dispute of a line's case, answered if ``is_upheld`` is given."""
    change = line.request_changes.last() if measure == "absorption" else None
    row = disputes.dispute(
        case=disputes.Case(line=line, measure=measure, change=change),
        note="The dock was closed",
        author=BY_SYSTEM,
        now=NOW,
    )
    if is_upheld is not None:
        disputes.answer(
            row=row, is_upheld=is_upheld, note="Looked up", author=BY_SYSTEM, now=NOW
        )
    return row


def a_forecast_bucket(
    supplier: Supplier,
    part: Part,
    *,
    site: Site,
    starts_on: date = TODAY,
    span: forecasts.Span = forecasts.Span.WEEK,
    quantity: int = 40,
    answered: int | None = None,
    now: datetime = NOW,
) -> ForecastBucket:
    """Return 40 pieces needed in the builders' week, and what was answered if said.

    A quarter's ``starts_on`` is its first day.
    """
    first = week_of(starts_on) if span == forecasts.Span.WEEK else starts_on
    key = forecasts.BucketKey(supplier.pk, part.pk, span, first)
    known = {
        forecasts.BucketKey(
            row.supplier_id, row.part_id, forecasts.Span(row.span), row.starts_on
        ): row.quantity
        for row in ForecastBucket.objects.for_staff().filter(site=site)
    }
    forecasts.tell(
        site=site,
        needs=known | {key: quantity},
        publication="1",
        today=TODAY,
        now=now,
    )
    bucket = ForecastBucket.objects.for_supplier(supplier).get(
        part=part, site=site, span=key.span, starts_on=key.starts_on
    )
    if answered is not None:
        forecasts.answer(
            supplier=supplier,
            quantities={bucket.pk: answered},
            author=BY_SYSTEM,
            now=now,
        )
        bucket.refresh_from_db()
    return bucket


def a_declared_capacity(
    supplier: Supplier,
    part: Part,
    *,
    per_week: int | None = 40,
    valid_from: date = TODAY,
) -> DeclaredCapacity:
    """Return 40 pieces a week from the builders' week on."""
    return forecasts.declare_capacity(
        supplier=supplier,
        part=part,
        per_week=per_week,
        valid_from=week_of(valid_from),
        author=BY_SYSTEM,
        now=NOW,
    )
