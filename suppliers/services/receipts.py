"""What the dock records: pieces of a line arrive and become stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from django.db import transaction

from factory.errors import SerialTakenError, StockRefusedError
from factory.models import Part, StockLot
from factory.services.stock import Goods, take_in
from journal.services import record
from journal.wording import column_date, grouped
from suppliers.errors import ReceiptRefusedError
from suppliers.ledger import State, Verb, settled
from suppliers.models import PurchaseOrderLine, Receipt
from suppliers.sentences import line_name
from suppliers.serials import checked_serials
from suppliers.services.due import tell_arrived
from suppliers.services.hold import Held, change, hold, standing_promise
from suppliers.services.shipments import count_arrival

_FIRST_ZONE = timezone(timedelta(hours=14))
"""Where every day begins first, of all places."""

_LOT_OF_ORDER = 28
"""Characters of an order's number that a lot's name begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """What reached the dock, as it was recorded."""

    quantity: int
    received_on: date
    lot: str
    serials: Sequence[str]
    hold_reason: str
    part: Part


@transaction.atomic
def record_receipt(
    *,
    line_id: int,
    quantity: int,
    received_on: date,
    actor: str,
    now: datetime,
    lot: str = "",
    serials: Sequence[str] = (),
    hold_reason: str = "",
    shipment_line_id: int | None = None,
    part: str = "",
) -> Receipt:
    """Record that pieces reached the dock; they are stock from then on.

    Goods are a fact, so a line takes them whatever was promised. The last piece makes
    a standing promise received, and closes a line on which nothing was promised. What
    came is counted against what was announced: the shipment named, then the earliest.

    Args:
        line_id: The line they came for.
        quantity: From 1 to what the line still asks for; more than was ordered stays
            at the dock until the buyer raises the line.
        received_on: Dock date at the site; not before the order, not after today. A
            day that has begun elsewhere on Earth, and not yet at the site, is taken
            for the site's today: an ERP may write the date of its own zone.
        actor: ``user:12``, ``client:3`` or ``system``.
        now: The moment of recording, aware.
        lot: The lot's name; made from order and line if empty.
        serials: One a piece, or none; each becomes a unit of the lot.
        hold_reason: Why quality must see them first; empty if they may be used.
        shipment_line_id: The announcement they came with, of the same line.
        part: Code of what came: the part ordered, or the alternate promised in its
            place; empty: the one that was promised last.

    Raises:
        IllegalMoveError: If the line is complete or cancelled.
        ReceiptRefusedError: If a field is out of range; names it and its limit.
    """
    held = hold(line_id=line_id, now=now)
    received_on = _day_at_site(held, received_on)
    state_when_complete = held.after(Verb.RECEIVE)
    arrival = _Arrival(
        quantity=quantity,
        received_on=received_on,
        lot=lot,
        serials=serials,
        hold_reason=hold_reason,
        part=part_that_came(held, part),
    )
    _check(held, arrival)
    before = held.facts()
    announced = count_arrival(held, quantity, first=shipment_line_id)
    receipt = Receipt.objects.create(
        line=held.line,
        quantity=quantity,
        received_on=received_on,
        lot=_stock(held, arrival),
        shipment_line=announced,
        actor=actor,
        recorded_at=now,
    )
    stood = held.promise
    _count(held, arrival, state_when_complete)
    record(
        kind="receipt.recorded",
        about=receipt,
        actor=actor,
        scope=held.line.purchase_order.supplier.scope,
        summary=(
            f"{line_name(held.line)}, {arrival.part.code}: {grouped(quantity)} "
            f"received on {column_date(received_on, held.today)}"
        ),
        before=before,
        after=held.facts(),
    )
    tell_arrived(held, stood, received_on)
    return receipt


def part_that_came(held: Held, code: str) -> Part:
    """Return which part a line brought; for an empty code the one expected.

    Raises:
        ReceiptRefusedError: If it is neither ordered nor promised in its place.
    """
    expected = held.part_coming
    for part in (expected, held.line.part):
        if code in {"", part.code}:
            return part
    known = " or ".join(sorted({expected.code, held.line.part.code}))
    raise ReceiptRefusedError(
        "part", f"{held.name} brings {known}; {code} is another part."
    )


def _count(held: Held, arrival: _Arrival, state_when_complete: State) -> None:
    """Write what has come to line and commitment."""
    line = held.line
    line.received += arrival.quantity
    if line.outstanding == 0:
        line.received_in_full_on = arrival.received_on
        line.state = PurchaseOrderLine.State.CLOSED
    line.save(update_fields=["received", "received_in_full_on", "state", "on_the_way"])
    state = state_when_complete
    if line.outstanding:
        promise = standing_promise(held.commitment, line)
        state = settled(State(held.commitment.state), promise, line.on_the_way)
    change(held, state=state)
    held.promise = standing_promise(held.commitment, line)


def _day_at_site(held: Held, given: date) -> date:
    """Return the site's today for a day that has begun elsewhere alone."""
    if given <= held.now.astimezone(_FIRST_ZONE).date():
        return min(given, held.today)
    return given


def _check(held: Held, arrival: _Arrival) -> None:
    """Refuse what the line does not ask for and days that cannot be."""
    limit = held.line.outstanding
    if not 1 <= arrival.quantity <= limit:
        raise ReceiptRefusedError(
            "quantity",
            f"{held.name} takes 1 to {limit:,} more pieces; {arrival.quantity:,} are "
            "given.",
        )
    zone = ZoneInfo(held.line.purchase_order.site.zone)
    first = held.line.purchase_order.ordered_at.astimezone(zone).date()
    if not first <= arrival.received_on <= held.today:
        raise ReceiptRefusedError(
            "received_on",
            f"{held.name}: pieces can have come from {first:%-d %b %Y} to "
            f"{held.today:%-d %b %Y}; {arrival.received_on:%-d %b %Y} is given.",
        )
    serials = checked_serials(arrival.serials)
    if serials and len(serials) != arrival.quantity:
        raise ReceiptRefusedError(
            "serials",
            f"{held.name}: {arrival.quantity:,} pieces with {len(serials):,} serial "
            "numbers. Give one for each piece.",
        )


def _stock(held: Held, arrival: _Arrival) -> StockLot:
    """Make stock of what came."""
    order, name = held.line.purchase_order, arrival.lot
    if not name:
        count = held.line.receipts.count() + 1
        name = f"{order.number[:_LOT_OF_ORDER]}/{held.line.number}-{count}"
    usable_from = datetime.combine(
        arrival.received_on, order.site.dock_usable_from, ZoneInfo(order.site.zone)
    )
    goods = Goods(
        site=order.site,
        part=arrival.part,
        lot=name,
        quantity=arrival.quantity,
        received_at=min(usable_from, held.now),
        source=line_name(held.line),
        serials=arrival.serials,
        hold_reason=arrival.hold_reason,
    )
    try:
        return take_in(goods)
    except StockRefusedError as error:
        raise ReceiptRefusedError(error.field, str(error)) from error
    except SerialTakenError as error:
        raise ReceiptRefusedError("serials", str(error)) from error
