"""What the dock records: pieces of a line arrive and become stock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from factory.models import StockLot
from journal.services import record
from journal.wording import column_date, grouped
from suppliers.errors import ReceiptRefusedError
from suppliers.ledger import Verb
from suppliers.models import PurchaseOrderLine, Receipt
from suppliers.services.hold import Held, change, hold, standing_promise

LOT_MAX = 40
_LOT_OF_ORDER = 28
"""Characters of an order's number that a lot's name begins with."""


@transaction.atomic
def record_receipt(
    *,
    line_id: int,
    quantity: int,
    received_on: date,
    actor: str,
    now: datetime,
    lot: str = "",
) -> Receipt:
    """Record that pieces reached the dock; they are stock from then on.

    Goods are a fact, so a line takes them whatever was promised. The last piece makes
    a standing promise received, and closes a line on which nothing was promised.

    Args:
        line_id: The line they came for.
        quantity: From 1 to what the line still asks for; more than was ordered stays
            at the dock until the buyer raises the line.
        received_on: Dock date at the site; not before the order, not after today.
        actor: ``user:12``, ``client:3`` or ``system``.
        now: The moment of recording, aware.
        lot: The lot's name; made from order and line if empty.

    Raises:
        IllegalMoveError: If the line is complete or cancelled.
        ReceiptRefusedError: If a field is out of range; names it and its limit.
    """
    held = hold(line_id=line_id, now=now)
    state_when_complete = held.after(Verb.RECEIVE)
    _check(held, quantity, received_on)
    before = held.facts()
    receipt = Receipt.objects.create(
        line=held.line,
        quantity=quantity,
        received_on=received_on,
        lot=_stock(held, quantity, received_on, lot),
        recorded_at=now,
    )
    held.line.received += quantity
    is_complete = held.line.outstanding == 0
    if is_complete:
        held.line.received_in_full_on = received_on
        held.line.state = PurchaseOrderLine.State.CLOSED
    held.line.save(update_fields=["received", "received_in_full_on", "state"])
    change(held, state=state_when_complete if is_complete else held.commitment.state)
    held.promise = standing_promise(held.commitment, held.line)
    record(
        kind="receipt.recorded",
        about=receipt,
        actor=actor,
        scope=held.line.purchase_order.supplier.scope,
        summary=(
            f"{held.name}, {held.line.part.code}: {grouped(quantity)} received on "
            f"{column_date(received_on, held.today)}"
        ),
        before=before,
        after=held.facts(),
    )
    return receipt


def _check(held: Held, quantity: int, received_on: date) -> None:
    """Refuse what the line does not ask for and days that cannot be."""
    limit = held.line.outstanding
    if not 1 <= quantity <= limit:
        raise ReceiptRefusedError(
            "quantity",
            f"{held.name} takes 1 to {limit:,} more pieces; {quantity:,} are given.",
        )
    zone = ZoneInfo(held.line.purchase_order.site.zone)
    first = held.line.purchase_order.ordered_at.astimezone(zone).date()
    if not first <= received_on <= held.today:
        raise ReceiptRefusedError(
            "received_on",
            f"{held.name}: pieces can have come from {first:%-d %b %Y} to "
            f"{held.today:%-d %b %Y}; {received_on:%-d %b %Y} is given.",
        )


def _stock(held: Held, quantity: int, received_on: date, name: str) -> StockLot:
    """Create the stock lot a receipt becomes."""
    order = held.line.purchase_order
    if not name:
        count = held.line.receipts.count() + 1
        name = f"{order.number[:_LOT_OF_ORDER]}/{held.line.number}-{count}"
    if len(name) > LOT_MAX or "\x00" in name:
        raise ReceiptRefusedError(
            "lot", f"A lot's name is plain text of up to {LOT_MAX} characters."
        )
    taken = StockLot.objects.filter(site=order.site, part=held.line.part, lot=name)
    if taken.exists():
        raise ReceiptRefusedError(
            "lot",
            f"Lot {name} of {held.line.part.code} is in stock at {order.site.name} "
            "already. Give another name.",
        )
    usable_from = datetime.combine(
        received_on, order.site.dock_usable_from, ZoneInfo(order.site.zone)
    )
    return StockLot.objects.create(
        site=order.site,
        part=held.line.part,
        lot=name,
        quantity=quantity,
        received_at=min(usable_from, held.now),
        source=held.name,
    )
