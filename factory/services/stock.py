"""Goods that come into the house: a lot, its units, and whether they may be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from factory.errors import SerialTakenError, StockRefusedError
from factory.models import Part, Site, StockLot, Unit
from journal.services import record
from journal.wording import counted, grouped

LOT_MAX = 40
HOLD_REASON_MAX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What is taken in as one lot.

    Attributes:
        site: Where it lies.
        part: What it is.
        lot: The lot's name, up to 40 characters.
        quantity: Pieces, at least 1.
        received_at: From when it may be used, aware.
        source: What it came from, for people.
        serials: One a piece, or none.
        hold_reason: Why it may not be used; empty if it may.
    """

    site: Site
    part: Part
    lot: str
    quantity: int
    received_at: datetime
    source: str
    serials: Sequence[str] = ()
    hold_reason: str = ""


@transaction.atomic
def take_in(goods: Goods) -> StockLot:
    """Make a stock lot of what came, and one unit of each serial number.

    A serial number that was sent back to its maker may come again: its unit is the
    same one, and the journal keeps the lots it was in. At most six queries, however
    many pieces.

    Raises:
        StockRefusedError: If the lot's name is taken or cannot be kept.
        SerialTakenError: If a serial number is on file already; names it, and what it
            is.
    """
    _check_lot(goods)
    again = _come_again(goods)
    lot = StockLot.objects.create(
        site=goods.site,
        part=goods.part,
        lot=goods.lot,
        quantity=goods.quantity,
        received_at=goods.received_at,
        source=goods.source,
        is_on_hold=bool(goods.hold_reason),
        hold_reason=goods.hold_reason,
    )
    states = Unit.State
    there: dict[str, Any] = {
        "site": goods.site,
        "revision": goods.part.revision,
        "lot": goods.lot,
        "state": states.ON_HOLD if goods.hold_reason else states.IN_STOCK,
    }
    Unit.objects.bulk_create(
        (
            Unit(serial=serial, kind=Unit.Kind.PART, part=goods.part, **there)
            for serial in goods.serials
            if serial not in again
        ),
        batch_size=1_000,
    )
    if again:
        Unit.objects.filter(serial__in=again).update(**there)
        record(
            kind="stock.came_again",
            about=lot,
            actor="system",
            summary=f"{goods.part.code}, lot {goods.lot}: "
            f"{counted(len(again), 'serial number')} came again after a return",
            before={"lots": again},
            after={"lot": goods.lot},
        )
    return lot


@transaction.atomic
def hold_lot(*, lot_id: int, reason: str, actor: str) -> StockLot:
    """Keep a lot, and what is left of its units, from being used.

    Raises:
        StockRefusedError: If it is on hold already, nothing of it is left, or the
            reason is missing or too long.
    """
    lot = _lock(lot_id)
    if lot.is_on_hold:
        raise StockRefusedError("lot", f"Lot {lot.lot} is on hold already.")
    if not lot.free:
        raise StockRefusedError("lot", f"Nothing is left of lot {lot.lot}.")
    return _set_hold(lot, reason=checked_reason(reason), actor=actor)


@transaction.atomic
def send_back_lot(*, lot_id: int, reason: str, actor: str) -> list[str]:
    """Let what is left of a lot on hold go back to its maker; return its serials.

    The lot stays on hold, since it is out of the house; its units wait to come again.

    Raises:
        StockRefusedError: If it is not on hold.
    """
    lot = _lock(lot_id)
    if not lot.is_on_hold:
        raise StockRefusedError("lot", f"Lot {lot.lot} is not on hold.")
    units = Unit.objects.filter(
        site=lot.site_id, part=lot.part_id, lot=lot.lot, state=Unit.State.ON_HOLD
    )
    serials = list(units.in_order_of_serial().values_list("serial", flat=True))
    units.update(state=Unit.State.RETURNED)
    record(
        kind="stock.returned",
        about=lot,
        actor=actor,
        summary=f"Lot {lot.lot} of {lot.part.code}, {grouped(lot.free)}, sent back: "
        f"{reason}",
        after={"lot": lot.lot, "reason": reason, "serials": serials},
    )
    return serials


@transaction.atomic
def release_lot(*, lot_id: int, actor: str) -> StockLot:
    """Let a lot on hold be used again, with its units.

    Raises:
        StockRefusedError: If it is not on hold.
    """
    lot = _lock(lot_id)
    if not lot.is_on_hold:
        raise StockRefusedError("lot", f"Lot {lot.lot} is not on hold.")
    return _set_hold(lot, reason="", actor=actor)


def checked_reason(reason: str) -> str:
    """Return a hold's reason, or refuse one that is empty or cannot be kept."""
    words = reason.strip()
    if not words or len(words) > HOLD_REASON_MAX or "\x00" in words:
        raise StockRefusedError(
            "reason", f"Say why, in 1 to {HOLD_REASON_MAX} characters of plain text."
        )
    return words


def free_lot_name(site: Site, part: Part, wanted: str) -> str:
    """Return a lot's name that is not taken: the wanted one, or it with a number."""
    taken = set(
        StockLot.objects.filter(
            site=site, part=part, lot__startswith=wanted[: LOT_MAX - 4]
        ).values_list("lot", flat=True)
    )
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted[: LOT_MAX - 4]}/{count}"
    return name


def _check_lot(goods: Goods) -> None:
    """Refuse a lot's name that is taken or cannot be kept."""
    name = goods.lot
    if not name or len(name) > LOT_MAX or "\x00" in name:
        raise StockRefusedError(
            "lot", f"A lot's name is plain text of up to {LOT_MAX} characters."
        )
    taken = StockLot.objects.filter(site=goods.site, part=goods.part, lot=name)
    if taken.exists():
        raise StockRefusedError(
            "lot",
            f"Lot {name} of {goods.part.code} is in stock at {goods.site.name} "
            "already. Give another name.",
        )


def _come_again(goods: Goods) -> dict[str, str]:
    """Return the lot that each serial number was in which had been sent back.

    Raises:
        SerialTakenError: If one is on file and was not sent back, or is another part's.
    """
    if not goods.serials:
        return {}
    units = Unit.objects.filter(serial__in=goods.serials)
    found = {}
    for unit in units.select_related("part", "parent").in_order_of_serial():
        if unit.state != Unit.State.RETURNED or unit.part_id != goods.part.pk:
            raise SerialTakenError(
                unit.serial, unit.part.code if unit.part else "a rack", _where(unit)
            )
        found[unit.serial] = unit.lot
    return found


def _where(unit: Unit) -> str:
    """Say where a unit is."""
    if unit.parent is not None and unit.removed_at is None:
        return f"installed in {unit.parent.serial}"
    return unit.get_state_display().lower()


def _lock(lot_id: int) -> StockLot:
    """Return a lot, locked until the transaction ends."""
    return (
        StockLot.objects.select_for_update(of=("self",))
        .select_related("part")
        .get(pk=lot_id)
    )


def _set_hold(lot: StockLot, *, reason: str, actor: str) -> StockLot:
    """Write a hold or its end to a lot and its units, and tell the journal."""
    lot.is_on_hold, lot.hold_reason = bool(reason), reason
    lot.save(update_fields=["is_on_hold", "hold_reason"])
    states = Unit.State
    before, after = states.IN_STOCK, states.ON_HOLD
    if not reason:
        before, after = after, before
    Unit.objects.filter(
        site=lot.site_id, part=lot.part_id, lot=lot.lot, state=before
    ).update(state=after)
    words = f"held: {reason}" if reason else "released"
    record(
        kind="stock.held" if reason else "stock.released",
        about=lot,
        actor=actor,
        summary=f"Lot {lot.lot} of {lot.part.code}, {grouped(lot.free)} free, {words}",
        after={"lot": lot.lot, "is_on_hold": lot.is_on_hold, "reason": reason},
    )
    return lot
