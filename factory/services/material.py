"""Giving a step its parts: first in, first out, from lots that may be used."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum

from factory.alternates import stand_ins
from factory.errors import MaterialShortError
from factory.models import BomLine, Part, RoutingStep, StockIssue, StockLot, Unit
from journal.setwise import update_rows


def issue_material(*, rack: Unit, step: RoutingStep, now: datetime) -> list[StockIssue]:
    """Take what a step consumes from stock; return the issues. At most eight queries.

    What the rack has been given for this step before is not given again. A customer's
    own stock goes first, and only into that customer's racks; then the part itself,
    then its approved alternates, each the oldest lot first. Lots on hold are left
    alone. The caller has opened a transaction.

    Raises:
        MaterialShortError: If any part is short; names every short part.
    """
    needed = _still_needed(rack, step)
    if not needed:
        return []
    today = now.astimezone(ZoneInfo(rack.site.zone)).date()
    serves = {part: part for part in needed} | stand_ins(list(needed), by=today)
    lots = _usable_lots(rack, serves)
    there: Counter[int] = Counter()
    for lot in lots:
        there[serves[lot.part_id]] += lot.free
    if any(there[part] < quantity for part, quantity in needed.items()):
        codes = Part.objects.in_bulk(list(needed))
        raise MaterialShortError(
            rack.serial,
            step.name,
            sorted(
                (codes[part].code, quantity, there[part])
                for part, quantity in needed.items()
                if there[part] < quantity
            ),
        )
    issues = []
    for lot in lots:
        part = serves[lot.part_id]
        taken = min(needed[part], lot.free)
        if taken:
            needed[part] -= taken
            lot.issued += taken
            issues.append(
                StockIssue(lot=lot, rack=rack, step=step, quantity=taken, at=now)
            )
    update_rows([issue.lot for issue in issues], ["issued"])
    return StockIssue.objects.bulk_create(issues)


def _still_needed(rack: Unit, step: RoutingStep) -> Counter[int]:
    """Return the pieces a step still needs, by part. Three queries."""
    lines = BomLine.objects.filter(consumed_at=step, parent=None)
    needed = Counter({line.part_id: line.quantity for line in lines})
    if needed:
        serves = stand_ins(list(needed))
        given = StockIssue.objects.filter(rack=rack, step=step)
        for part, pieces in given.values_list("lot__part").annotate(Sum("quantity")):
            needed[serves.get(part, part)] -= pieces
    return +needed


def _usable_lots(rack: Unit, serves: Mapping[int, int]) -> list[StockLot]:
    """Return the lots a rack may be served from, locked, first to be used first.

    Args:
        rack: To be served.
        serves: Which part a part of a lot serves: itself, or the one it stands in for.
    """
    customer = rack.order.customer_id if rack.order else None
    lots = (
        StockLot.objects.select_for_update()
        .filter(
            Q(consigned_by=None) | Q(consigned_by=customer),
            site=rack.site_id,
            part__in=list(serves),
            is_on_hold=False,
            issued__lt=F("quantity"),
        )
        # Always locked in this order, so that two racks never wait for each other.
        .order_by("pk")
    )
    return sorted(
        lots,
        key=lambda lot: (
            lot.consigned_by_id is None,
            serves[lot.part_id] != lot.part_id,
            lot.received_at,
            lot.pk,
        ),
    )
