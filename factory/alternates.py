"""Which parts may stand in for which: what planning and the floor both go by."""

from collections.abc import Collection
from datetime import date

from factory.models import BomLine, PartAlternate


def stand_ins(parts: Collection[int], *, by: date | None = None) -> dict[int, int]:
    """Return which of some parts each approved alternate serves. One query.

    An alternate that racks need themselves is kept for them and serves no other part.
    One that is approved for several serves the part it was approved for first.

    Args:
        parts: Primary keys of the parts that are needed.
        by: The last day of approval that counts; None for every approval on file.

    Returns:
        Primary key of the part served, by that of the alternate.
    """
    needed = BomLine.objects.filter(parent=None).values("part")
    rows = PartAlternate.objects.filter(part__in=parts).exclude(alternate__in=needed)
    if by is not None:
        rows = rows.filter(valid_from__lte=by)
    latest_first = rows.order_by("-valid_from", "-part__code")
    return dict(latest_first.values_list("alternate", "part"))
