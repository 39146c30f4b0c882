"""Announcing what has left: shipments, changes to them, calling them back.

A shipment is a fact beside the ledger: it never changes what was promised. A line
whose promise is on the way in full is shipped; one that is so in part stays committed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from journal.services import record
from journal.wording import column_date, counted, grouped
from suppliers.errors import (
    ShipmentOverError,
    ShipmentRefusedError,
    StaleShipmentError,
)
from suppliers.ledger import State, Verb, settled
from suppliers.models import (
    PurchaseOrderLine,
    Shipment,
    ShipmentLine,
    ShipmentSerial,
    Supplier,
)
from suppliers.services.author import Author
from suppliers.services.hold import Held, change, hold, tell
from suppliers.services.notices import (
    LINES_MAX,
    Item,
    Notice,
    check_item,
    check_notice,
    check_number,
    check_pieces,
    check_serials,
    facts,
    next_number,
    notice_of,
    one_site,
)

_ON_THE_WAY = ShipmentLine.State.ON_THE_WAY


@transaction.atomic
def announce_shipment(
    *, supplier: Supplier, notice: Notice, author: Author, now: datetime
) -> Shipment:
    """Announce what has left for the dock of one site.

    Args:
        supplier: Whose shipment it is; lines of others are not there.
        notice: What is said.
        author: Who says it.
        now: The moment, aware.

    Raises:
        IllegalMoveError: If a line is not promised, so that nothing of it can ship.
        ShipmentRefusedError: If a field cannot be; names it and its limit.
    """
    # One announcement of a supplier at a time: numbers and serials are its own.
    Supplier.objects.select_for_update().get(pk=supplier.pk)
    helds = _hold_all(supplier, notice.items, now)
    site = one_site(helds.values())
    check_notice(notice, next(iter(helds.values())), supplier)
    check_number(supplier, notice.number)
    shipment = Shipment.objects.create(
        supplier=supplier,
        site=site,
        number=notice.number or next_number(supplier),
        carrier=notice.carrier,
        tracking_number=notice.tracking_number,
        packing_list=notice.packing_list,
        shipped_on=notice.shipped_on,
        expected_on=notice.expected_on,
        actor=author.actor,
        announced_at=now,
        changed_at=now,
    )
    _load(shipment, notice.items, helds)
    _move(helds.values(), author, shipment)
    _tell(shipment, "shipment.announced", author, before=None, items=notice.items)
    return shipment


@transaction.atomic
def change_shipment(
    *,
    supplier: Supplier,
    shipment_id: int,
    expected_version: int,
    notice: Notice,
    author: Author,
    now: datetime,
) -> Shipment:
    """Say of a shipment on the way what it really is; the event keeps what was said.

    Saying again what was said changes nothing. Once the dock has counted a piece of it
    only carrier, numbers and dates change.

    Raises:
        StaleShipmentError: If it was changed in between.
        ShipmentOverError: If it has arrived or was called back.
        ShipmentRefusedError: If a field cannot be; names it and its limit.
    """
    shipment = _hold_shipment(supplier, shipment_id, expected_version)
    before = notice_of(shipment)
    wanted = replace(notice, number=notice.number or before.number)
    if wanted == before:
        return shipment
    is_reloaded = wanted.items != before.items
    if is_reloaded and any(line.received for line in shipment.lines.all()):
        raise ShipmentRefusedError(
            "lines",
            _(
                "Shipment %(number)s is being counted at the dock; what is in "
                "it can not be changed any more."
            )
            % {"number": shipment.number},
        )
    if wanted.number != before.number:
        check_number(supplier, wanted.number)
    helds = _hold_all(supplier, [*before.items, *wanted.items], now, is_new=False)
    if one_site(helds.values()).pk != shipment.site_id:
        raise ShipmentRefusedError(
            "lines",
            _("Shipment %(number)s goes to %(site)s only.")
            % {"number": shipment.number, "site": shipment.site.name},
        )
    check_notice(wanted, next(iter(helds.values())), supplier)
    if is_reloaded:
        _unload(shipment, helds)
        _load(shipment, wanted.items, helds)
    _move(helds.values(), author, shipment)
    for field in ("number", "carrier", "tracking_number", "packing_list"):
        setattr(shipment, field, getattr(wanted, field))
    shipment.shipped_on, shipment.expected_on = wanted.shipped_on, wanted.expected_on
    shipment.version += 1
    shipment.changed_at = now
    shipment.save()
    _tell(shipment, "shipment.changed", author, before=before, items=wanted.items)
    return shipment


@transaction.atomic
def cancel_shipment(
    *,
    supplier: Supplier,
    shipment_id: int,
    expected_version: int,
    author: Author,
    now: datetime,
) -> Shipment:
    """Call a shipment back: what was promised is owed as before, its serials are free.

    Raises:
        StaleShipmentError: If it was changed in between.
        ShipmentOverError: If it has arrived or was called back.
        ShipmentRefusedError: If the dock has counted a piece of it.
    """
    shipment = _hold_shipment(supplier, shipment_id, expected_version)
    before = notice_of(shipment)
    if any(line.received for line in shipment.lines.all()):
        raise ShipmentRefusedError(
            "number",
            _(
                "Shipment %(number)s is being counted at the dock and can not be "
                "called back."
            )
            % {"number": shipment.number},
        )
    helds = _hold_all(supplier, before.items, now, is_new=False)
    for line in shipment.lines.all():
        helds[line.line_id].line.on_the_way -= line.outstanding
    shipment.lines.update(state=ShipmentLine.State.CANCELLED)
    ShipmentSerial.objects.for_staff().filter(shipment_line__shipment=shipment).update(
        is_live=False
    )
    _move(helds.values(), author, shipment)
    shipment.state = Shipment.State.CANCELLED
    shipment.version += 1
    shipment.changed_at = now
    shipment.save(update_fields=["state", "version", "changed_at"])
    _tell(shipment, "shipment.cancelled", author, before=before, items=())
    return shipment


def count_arrival(
    held: Held, quantity: int, *, first: int | None = None
) -> ShipmentLine | None:
    """Count pieces that came against what was announced; return where it began.

    The caller holds the line and saves it. Two queries, and two for each announcement
    that is touched.

    Args:
        held: The line they came for.
        quantity: Pieces.
        first: The announcement they came with; then follow the earliest expected.
    """
    if not held.line.on_the_way:
        return None
    rows = held.line.shipment_lines.select_for_update().filter(state=_ON_THE_WAY)
    lines = sorted(
        rows.select_related("shipment"),
        key=lambda row: (row.pk != first, row.shipment.expected_on, row.pk),
    )
    began = lines[0] if lines else None
    for row in lines:
        taken = min(quantity, row.outstanding)
        if not taken:
            break
        quantity -= taken
        row.received += taken
        held.line.on_the_way -= taken
        if row.received == row.quantity:
            row.state = ShipmentLine.State.ARRIVED
        row.save(update_fields=["received", "state"])
        close_if_empty(row.shipment, held.now)
    return began


def close_if_empty(shipment: Shipment, now: datetime) -> None:
    """Call a shipment arrived once none of its lines is on the way. Two queries."""
    if shipment.lines.filter(state=_ON_THE_WAY).exists():
        return
    shipment.state = Shipment.State.ARRIVED
    shipment.version += 1
    shipment.changed_at = now
    shipment.save(update_fields=["state", "version", "changed_at"])


def _hold_shipment(
    supplier: Supplier, shipment_id: int, expected_version: int
) -> Shipment:
    """Lock one shipment of a supplier that is on the way and as it was seen."""
    Supplier.objects.select_for_update().get(pk=supplier.pk)
    shipment = (
        Shipment.objects.for_supplier(supplier)
        .select_for_update(of=("self",))
        .select_related("site", "supplier")
        .filter(pk=shipment_id)
        .first()
    )
    if shipment is None:
        raise ShipmentRefusedError("number", _("That is not one of your shipments."))
    if shipment.version != expected_version:
        raise StaleShipmentError(shipment.number, expected_version, shipment.version)
    if shipment.state != Shipment.State.ANNOUNCED:
        raise ShipmentOverError(shipment.number, shipment.get_state_display().lower())
    return shipment


def _hold_all(
    supplier: Supplier, items: Sequence[Item], now: datetime, *, is_new: bool = True
) -> dict[int, Held]:
    """Lock every line of a shipment, always in one order, and return them by key.

    Raises:
        ShipmentRefusedError: If there is no item or too many, or one names a line that
            is not the supplier's.
        IllegalMoveError: If nothing of a line can ship.
    """
    wanted = {item.line_id for item in items}
    if not wanted or (is_new and len(items) > LINES_MAX):
        raise ShipmentRefusedError(
            "lines",
            _("%(given)s lines are given; a shipment has 1 to %(limit)s.")
            % {"given": grouped(len(items)), "limit": LINES_MAX},
        )
    own = set(
        PurchaseOrderLine.objects.for_supplier(supplier)
        .filter(pk__in=wanted)
        .values_list("pk", flat=True)
    )
    for number, item in enumerate(items):
        if item.line_id not in own:
            raise ShipmentRefusedError(
                f"lines.{number}.line", _("That is not one of your lines.")
            )
    return {pk: hold(line_id=pk, now=now) for pk in sorted(wanted)}


def _load(shipment: Shipment, items: Sequence[Item], helds: dict[int, Held]) -> None:
    """Write a shipment's lines and serials, each within what is promised."""
    asked: Counter[int] = Counter()
    for number, item in enumerate(items):
        held = helds[item.line_id]
        held.after(Verb.SHIP)
        asked[item.line_id] += item.quantity
        check_item(f"lines.{number}", item, held)
    for key, quantity in asked.items():
        helds[key].line.on_the_way += quantity
    check_serials(shipment.supplier, items)
    lines = ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=shipment,
            number=number,
            line=helds[item.line_id].line,
            quantity=item.quantity,
            promised_on=item.promised_on,
            lot=item.lot,
            package=item.package,
        )
        for number, item in enumerate(items, start=1)
    )
    ShipmentSerial.objects.bulk_create(
        (
            ShipmentSerial(
                shipment_line=line, supplier=shipment.supplier, serial=serial
            )
            for line, item in zip(lines, items, strict=True)
            for serial in item.serials
        ),
        batch_size=1_000,
    )
    for number, item in enumerate(items):
        check_pieces(f"lines.{number}.quantity", helds[item.line_id])


def _unload(shipment: Shipment, helds: dict[int, Held]) -> None:
    """Take a shipment's lines out again; the event keeps what they were."""
    for line in shipment.lines.all():
        helds[line.line_id].line.on_the_way -= line.outstanding
    ShipmentSerial.objects.for_staff().filter(shipment_line__shipment=shipment).delete()
    shipment.lines.all().delete()


def _move(helds: Iterable[Held], author: Author, shipment: Shipment) -> None:
    """Write what is on the way to lines, and where that leaves their commitments."""
    for held in helds:
        line, state = held.line, State(held.commitment.state)
        stored = PurchaseOrderLine.objects.for_staff().values_list(
            "on_the_way", flat=True
        )
        if line.on_the_way == stored.get(pk=line.pk):
            continue
        before = held.facts()
        line.save(update_fields=["on_the_way"])
        change(held, state=settled(state, held.promise, line.on_the_way))
        tell(
            held,
            kind="commitment.shipped",
            actor=author.actor,
            request_id=author.request_id,
            cause=f"shipment:{shipment.pk}",
            summary=(
                f"{held.name}, {line.part.code}: {grouped(line.on_the_way)} on the way"
            ),
            before=before,
        )


def _tell(
    shipment: Shipment,
    kind: str,
    author: Author,
    *,
    before: Notice | None,
    items: Sequence[Item],
) -> None:
    """Append the event about a shipment."""
    pieces = sum(item.quantity for item in items)
    verb = kind.rpartition(".")[2]
    with override("en"):
        words = f"{grouped(pieces)} pieces of {counted(len(items), 'line')}"
        arrives = column_date(shipment.expected_on, shipment.shipped_on)
    told = f", {words} with {shipment.carrier}, expected {arrives}" if items else ""
    record(
        kind=kind,
        about=shipment,
        actor=author.actor,
        scope=shipment.supplier.scope,
        request_id=author.request_id,
        summary=f"Shipment {shipment.number} of {shipment.supplier.name} {verb}{told}",
        before=facts(before) if before else None,
        after=facts(notice_of(shipment))
        | {"state": str(shipment.state), "cause": str(author.cause)},
    )
