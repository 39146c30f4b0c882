"""Lot recalls by genealogy: what is in stock is held, what is built in is found."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from factory.errors import StockRefusedError
from factory.models import LotRecall, Part, Site, StepRecord, StockIssue, StockLot, Unit
from factory.models.site import Place
from factory.services.order_changes import Signed
from factory.services.stock import LOT_MAX, checked_reason
from journal.services import record

DEEPEST = 5
"""Levels of assembly looked up from a piece to its rack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One rack that holds pieces of a lot.

    Attributes:
        rack: With its order and customer.
        pieces: How many, as units or as issued.
        place: Where it is: ``not begun``, the running or last step, or ``shipped``.
        is_in_test: Whether its running or last step is in a power bay.
    """

    rack: Unit
    pieces: int
    place: str
    is_in_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where the pieces of a lot are.

    Attributes:
        stock: Lots with pieces left, of every site.
        in_work: Racks on the floor, those in test included.
        shipped: Racks that have left.
        other: Units of the lot that are in no rack and no stock, such as scrapped ones.
    """

    stock: tuple[StockLot, ...]
    in_work: tuple[Traced, ...]
    shipped: tuple[Traced, ...]
    other: tuple[Unit, ...]

    @property
    def in_test(self) -> tuple[Traced, ...]:
        """Return the racks that are in a power bay."""
        return tuple(one for one in self.in_work if one.is_in_test)


def trace(part: Part, lot: str) -> Trace:
    """Return where the pieces of a lot are. Six queries and one a level of assembly.

    Racks are found by the units built into them and by what was issued to them.
    """
    pieces = _pieces_by_rack(part, lot)
    racks = {
        rack.pk: rack
        for rack in Unit.objects.filter(pk__in=pieces)
        .select_related("order__customer", "site")
        .order_by("serial")
    }
    last = {
        one.rack_id: one
        for one in StepRecord.objects.filter(rack__in=pieces)
        .exclude(outcome=StepRecord.Outcome.WITHDRAWN)
        .select_related("step")
        .order_by("started_at", "pk")
    }
    traced = [_traced(rack, pieces[pk], last.get(pk)) for pk, rack in racks.items()]
    is_gone = Unit.State.SHIPPED
    loose = Unit.objects.filter(part=part, lot=lot, parent__isnull=True)
    return Trace(
        stock=tuple(
            one
            for one in StockLot.objects.filter(part=part, lot=lot)
            .select_related("site", "part")
            .order_by("site__code")
            if one.free
        ),
        in_work=tuple(one for one in traced if one.rack.state != is_gone),
        shipped=tuple(one for one in traced if one.rack.state == is_gone),
        other=tuple(loose.exclude(state__in=[Unit.State.IN_STOCK, Unit.State.ON_HOLD])),
    )


def _pieces_by_rack(part: Part, lot: str) -> dict[int, int]:
    """Return how many pieces of a lot each rack holds, by primary key."""
    found: dict[int, int] = {}
    units: dict[int, int] = {}
    held = Unit.objects.filter(
        part=part, lot=lot, removed_at__isnull=True, parent__isnull=False
    ).values_list("parent", flat=True)
    for parent in held:
        if parent is not None:
            units[parent] = units.get(parent, 0) + 1
    for _ in range(DEEPEST):
        if not units:
            break
        above: dict[int, int] = {}
        rows = Unit.objects.filter(pk__in=units).values_list("pk", "kind", "parent")
        for pk, kind, parent in rows:
            if kind == Unit.Kind.RACK:
                found[pk] = found.get(pk, 0) + units[pk]
            elif parent is not None:
                above[parent] = above.get(parent, 0) + units[pk]
        units = above
    issues = StockIssue.objects.filter(lot__part=part, lot__lot=lot)
    issued: dict[int, int] = {}
    for rack, quantity in issues.values_list("rack", "quantity"):
        issued[rack] = issued.get(rack, 0) + quantity
    # A traced piece is a unit and an issue: it is counted once.
    return {
        rack: max(found.get(rack, 0), issued.get(rack, 0))
        for rack in found.keys() | issued.keys()
    }


def _traced(rack: Unit, pieces: int, last: StepRecord | None) -> Traced:
    """Return one rack with where it is."""
    if rack.state == Unit.State.SHIPPED:
        place, in_test = "shipped", False
    elif last is None:
        place, in_test = "not begun", False
    else:
        place, in_test = last.step.name, last.step.place == Place.BAY
    return Traced(rack=rack, pieces=pieces, place=place, is_in_test=in_test)


@transaction.atomic
def recall_lot(
    *, site: Site, part: Part, lot: str, reason: str, holds_racks: bool, by: Signed
) -> LotRecall:
    """Call a lot back: hold what is in stock, and racks in work if wished.

    Shipped racks are named by ``trace``; their customers are told by people.

    Raises:
        StockRefusedError: If nobody knows the lot, it is called back already, or the
            reason is missing.
    """
    name = lot.strip()
    words = checked_reason(reason)
    if not name or len(name) > LOT_MAX or "\0" in name or not _is_known(part, name):
        raise StockRefusedError(
            "lot", f"No lot {name[:LOT_MAX]} of {part.code} is on file."
        )
    now = timezone.now()
    try:
        with transaction.atomic():
            recall = LotRecall.objects.create(
                site=site,
                part=part,
                lot=name,
                reason=words,
                holds_racks=holds_racks,
                author=by.author,
                at=now,
            )
    except IntegrityError as error:
        raise StockRefusedError(
            "lot", f"Lot {name} of {part.code} is called back already."
        ) from error
    held = _hold_stock(recall, by.actor)
    racks = _hold_racks(recall) if holds_racks else 0
    record(
        kind="lot.recalled",
        about=recall,
        actor=by.actor,
        scope=f"site:{site.pk}",
        summary=f"Lot {name} of {part.code} called back: {words}"[:300],
        after={"part": part.code, "lot": name, "lots_held": held, "racks_held": racks},
    )
    return recall


@transaction.atomic
def end_recall(*, recall: LotRecall, by: Signed) -> LotRecall:
    """End a recall: its pieces proved good. What it held is released.

    Raises:
        StockRefusedError: If it has ended.
    """
    recall = (
        LotRecall.objects.select_for_update(of=("self",))
        .select_related("part")
        .get(pk=recall.pk)
    )
    if recall.ended_at is not None:
        raise StockRefusedError("lot", f"The recall of lot {recall.lot} has ended.")
    recall.ended_at, recall.ended_by = timezone.now(), by.author
    recall.save(update_fields=["ended_at", "ended_by"])
    lots = StockLot.objects.filter(
        part=recall.part,
        lot=recall.lot,
        is_on_hold=True,
        hold_reason=_hold_words(recall),
    )
    for lot in lots.select_for_update():
        lot.is_on_hold, lot.hold_reason = False, ""
        lot.save(update_fields=["is_on_hold", "hold_reason"])
    Unit.objects.filter(
        part=recall.part, lot=recall.lot, state=Unit.State.ON_HOLD, parent=None
    ).update(state=Unit.State.IN_STOCK)
    racks = _release_racks(recall) if recall.holds_racks else 0
    record(
        kind="lot.recall_ended",
        about=recall,
        actor=by.actor,
        scope=f"site:{recall.site_id}",
        summary=f"Recall of lot {recall.lot} of {recall.part.code} ended: it is good",
        after={"racks_released": racks},
    )
    return recall


def _is_known(part: Part, lot: str) -> bool:
    """Return whether a lot was ever on file. At most two queries."""
    return (
        StockLot.objects.filter(part=part, lot=lot).exists()
        or Unit.objects.filter(part=part, lot=lot).exists()
    )


def _hold_words(recall: LotRecall) -> str:
    """Return the hold reason of a recall's lots."""
    return f"Recall {recall.pk}: {recall.reason}"[:160]


def _hold_stock(recall: LotRecall, actor: str) -> int:
    """Hold every lot of the name that is not held; return how many."""
    lots = StockLot.objects.select_for_update(of=("self",)).filter(
        part=recall.part, lot=recall.lot, is_on_hold=False
    )
    held = 0
    for lot in lots.select_related("part"):
        lot.is_on_hold, lot.hold_reason = True, _hold_words(recall)
        lot.save(update_fields=["is_on_hold", "hold_reason"])
        held += 1
        record(
            kind="stock.held",
            about=lot,
            actor=actor,
            cause=f"lotrecall:{recall.pk}",
            summary=f"Lot {lot.lot} of {lot.part.code} held: {lot.hold_reason}"[:300],
            after={"lot": lot.lot, "is_on_hold": True, "reason": lot.hold_reason},
        )
    Unit.objects.filter(
        part=recall.part, lot=recall.lot, state=Unit.State.IN_STOCK
    ).update(state=Unit.State.ON_HOLD)
    return held


def _affected(recall: LotRecall) -> QuerySet[Unit]:
    """Return the racks that hold pieces of a recalled lot."""
    return Unit.objects.racks().filter(pk__in=_pieces_by_rack(recall.part, recall.lot))


def _hold_racks(recall: LotRecall) -> int:
    """Put racks in work on hold where they stand."""
    return (
        _affected(recall)
        .filter(state=Unit.State.IN_WORK)
        .update(state=Unit.State.ON_HOLD)
    )


def _release_racks(recall: LotRecall) -> int:
    """Let racks go on, unless another open recall holds them."""
    others = LotRecall.objects.filter(ended_at=None, holds_racks=True).exclude(
        pk=recall.pk
    )
    kept: set[int] = set()
    for other in others.select_related("part"):
        kept |= set(_pieces_by_rack(other.part, other.lot))
    return (
        _affected(recall)
        .filter(state=Unit.State.ON_HOLD)
        .exclude(pk__in=kept)
        .update(state=Unit.State.IN_WORK)
    )
