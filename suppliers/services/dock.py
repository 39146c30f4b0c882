"""The dock: counting what a shipment brought, and what quality says of it later.

Good pieces become stock, pieces set aside become stock on hold, and whatever is not as
announced is a finding. Nothing is hidden in a smaller number.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from factory.errors import StockRefusedError
from factory.models import Part, Site, Unit
from factory.services.stock import (
    checked_reason,
    free_lot_name,
    release_lot,
    send_back_lot,
)
from journal.services import record
from suppliers.errors import ReceiptRefusedError, ShipmentOverError
from suppliers.ledger import State, settled
from suppliers.models import Finding, Receipt, ShipmentLine, ShipmentSerial
from suppliers.sentences import line_name
from suppliers.services.hold import Held, change, hold
from suppliers.services.receipts import part_that_came, record_receipt
from suppliers.services.shipments import close_if_empty

Kind = Finding.Kind
AT_THE_DOCK = "More than the line asks for; at the dock until the buyer raises it."
NOT_THERE = "Announced and not in the consignment."


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What was counted of one line of a shipment.

    Attributes:
        good: Pieces that may be used.
        serials: Of the good ones; needed where the part is traced by serial number.
        aside: Pieces that quality must see first.
        aside_serials: Of those.
        is_damaged: Whether they are damaged, or held for another reason.
        wrong: Pieces of another part; they are no stock.
        reason: Why pieces are set aside, wrong or missing.
        is_last: Whether nothing more of this line comes with the shipment.
        part: Code of what came, as ``record_receipt`` takes it.
    """

    good: int
    serials: tuple[str, ...] = ()
    aside: int = 0
    aside_serials: tuple[str, ...] = ()
    is_damaged: bool = False
    wrong: int = 0
    reason: str = ""
    is_last: bool = True
    part: str = ""


@transaction.atomic
def count_shipment_line(
    *,
    site: Site,
    shipment_line_id: int,
    count: Count,
    received_on: date,
    actor: str,
    now: datetime,
) -> list[Receipt]:
    """Record what came of one line of a shipment; return its receipts.

    Pieces beyond what the line asks for stay at the dock and are a finding; missing
    ones are owed as before, and a finding too.

    Raises:
        ShipmentOverError: If the line was counted to its end already.
        ReceiptRefusedError: If a number, a reason or a serial number cannot be; names
            the field.
    """
    line_id = (
        ShipmentLine.objects.for_staff()
        .values_list("line", flat=True)
        .get(pk=shipment_line_id, shipment__site=site)
    )
    held = hold(line_id=line_id, now=now)
    row = (
        ShipmentLine.objects.for_staff()
        .select_related("shipment")
        .get(pk=shipment_line_id)
    )
    if row.state != ShipmentLine.State.ON_THE_WAY:
        raise ShipmentOverError(row.shipment.number, row.get_state_display().lower())
    came = part_that_came(held, count.part)
    _check(held, count, came)
    aside = min(count.aside, held.line.outstanding)
    good = min(count.good, held.line.outstanding - aside)
    receipts = []
    for pieces, serials, reason in (
        (good, count.serials[:good], ""),
        (aside, count.aside_serials[:aside], count.reason),
    ):
        if pieces:
            receipts.append(
                record_receipt(
                    line_id=line_id,
                    quantity=pieces,
                    received_on=received_on,
                    actor=actor,
                    now=now,
                    lot=_lot(held, row, came),
                    serials=serials,
                    hold_reason=reason,
                    shipment_line_id=row.pk,
                    part=came.code,
                )
            )
    facts = _Facts(row=row, actor=actor, now=now)
    if aside:
        kind = Kind.DAMAGED if count.is_damaged else Kind.HOLD
        facts.find(kind, aside, count.reason, receipts[-1])
    facts.find(Kind.WRONG_PART, count.wrong, count.reason)
    facts.find(Kind.OVER, count.good + count.aside - good - aside, AT_THE_DOCK)
    if count.is_last:
        _close(row.pk, count, facts)
    return receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What findings about one line of a shipment share."""

    row: ShipmentLine
    actor: str
    now: datetime

    def find(
        self, kind: Kind, quantity: int, reason: str, receipt: Receipt | None = None
    ) -> None:
        """Keep a finding about pieces, if there are any."""
        if quantity > 0:
            Finding.objects.create(
                line_id=self.row.line_id,
                shipment_line=self.row,
                receipt=receipt,
                kind=kind,
                quantity=quantity,
                reason=reason,
                actor=self.actor,
                at=self.now,
            )


@transaction.atomic
def release_receipt(
    *, receipt: Receipt, reason: str, actor: str, now: datetime
) -> None:
    """Let what was set aside be used.

    Raises:
        ReceiptRefusedError: If it is not on hold, went back, or no reason is given.
    """
    _must_be_held(receipt)
    words = _reason(reason)
    if receipt.lot is not None:
        release_lot(lot_id=receipt.lot.pk, actor=actor)
    _judge(receipt, Kind.RELEASE, words, actor, now)


@transaction.atomic
def return_receipt(*, receipt: Receipt, reason: str, actor: str, now: datetime) -> None:
    """Send what was set aside back; it stays out of use, its serials may come again.

    What the line still asks for is the buyer's to raise: a return is not an order.

    Raises:
        ReceiptRefusedError: If it is not on hold, went back, or no reason is given.
    """
    _must_be_held(receipt)
    words = _reason(reason)
    if receipt.lot is not None:
        serials = send_back_lot(lot_id=receipt.lot.pk, reason=words, actor=actor)
        ShipmentSerial.objects.for_staff().filter(
            shipment_line=receipt.shipment_line, serial__in=serials
        ).update(is_live=False)
    _judge(receipt, Kind.RETURN, words, actor, now)


def _check(held: Held, count: Count, came: Part) -> None:
    """Refuse a count that says nothing, or leaves out what is needed."""
    if min(count.good, count.aside, count.wrong) < 0:
        raise ReceiptRefusedError("good", "Count 0 pieces or more.")
    if not count.is_last and not count.good + count.aside + count.wrong:
        raise ReceiptRefusedError("good", f"{held.name}: nothing is counted.")
    if count.aside or count.wrong:
        _reason(count.reason)
    if came.trace != Part.Trace.SERIAL:
        return
    for field, pieces, serials in (
        ("serials", count.good, count.serials),
        ("aside_serials", count.aside, count.aside_serials),
    ):
        if pieces != len(serials):
            raise ReceiptRefusedError(
                field,
                f"{came.code} is traced by serial number: {pieces:,} pieces "
                f"with {len(serials):,} serial numbers. Scan one for each piece.",
            )


def _lot(held: Held, row: ShipmentLine, came: Part) -> str:
    """Return a free name for the supplier's lot; empty if it named none."""
    if not row.lot:
        return ""
    return free_lot_name(held.line.purchase_order.site, came, row.lot)


def _close(shipment_line_id: int, count: Count, facts: _Facts) -> None:
    """End one line of a shipment: what is missing is not on the way any more."""
    row = (
        ShipmentLine.objects.for_staff()
        .select_related("shipment")
        .get(pk=shipment_line_id)
    )
    missing = row.outstanding
    if not missing:
        return
    row.state = ShipmentLine.State.ARRIVED
    row.save(update_fields=["state"])
    held = hold(line_id=row.line_id, now=facts.now)
    held.line.on_the_way -= missing
    held.line.save(update_fields=["on_the_way"])
    state = settled(State(held.commitment.state), held.promise, held.line.on_the_way)
    change(held, state=state)
    came = Unit.objects.filter(serial__in=row.serials.values("serial"))
    row.serials.exclude(serial__in=came.values("serial")).update(is_live=False)
    facts.find(Kind.SHORT, missing - count.wrong, count.reason or NOT_THERE)
    close_if_empty(row.shipment, facts.now)
    record(
        kind="shipment.counted",
        about=row.shipment,
        actor=facts.actor,
        scope=held.line.purchase_order.supplier.scope,
        summary=(
            f"{line_name(held.line)}: {missing:,} of shipment "
            f"{row.shipment.number} missing"
        ),
        after=held.facts(),
    )


def _must_be_held(receipt: Receipt) -> None:
    """Refuse to judge what quality has nothing to say about."""
    is_held = receipt.lot is not None and receipt.lot.is_on_hold
    if not is_held or receipt.findings.filter(kind=Kind.RETURN).exists():
        raise ReceiptRefusedError("receipt", "This delivery is not on hold any more.")


def _reason(reason: str) -> str:
    """Return a reason, or refuse one that is missing or cannot be kept."""
    try:
        return checked_reason(reason)
    except StockRefusedError as error:
        raise ReceiptRefusedError("reason", str(error)) from error


def _judge(
    receipt: Receipt, kind: Kind, reason: str, actor: str, now: datetime
) -> None:
    """Keep what quality said, and tell the supplier's side of the journal."""
    Finding.objects.create(
        line=receipt.line,
        shipment_line=receipt.shipment_line,
        receipt=receipt,
        kind=kind,
        quantity=receipt.quantity,
        reason=reason,
        actor=actor,
        at=now,
    )
    word = "released" if kind == Kind.RELEASE else "returned"
    record(
        kind=f"receipt.{word}",
        about=receipt,
        actor=actor,
        scope=receipt.line.purchase_order.supplier.scope,
        summary=f"{receipt.line}: {receipt.quantity:,} {word}: {reason}",
        after={"quantity": receipt.quantity, "reason": reason},
    )
