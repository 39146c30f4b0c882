"""The suppliers, each with how its commitments stand."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Sum

from factory.models import Site
from suppliers.models import Commitment, LineNeed, PurchaseOrderLine, Supplier
from suppliers.queries.standing import Standing, lately, with_standing
from suppliers.queries.trust import Marks, marks


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRow:
    """One supplier in the list.

    Attributes:
        supplier: Who.
        counts: Its commitments, open and of the last 13 weeks, by standing; a standing
            nobody has is 0.
        marks: Its trust, as it was worked out last; None before the first time.
        racks: Racks of the published plan that wait for its open lines.
    """

    supplier: Supplier
    counts: Mapping[Standing, int]
    marks: Marks | None = None
    racks: int = 0

    @property
    def unanswered(self) -> int:
        """Return how many lines wait for a first word."""
        return self.counts[Standing.NOT_ANSWERED]

    @property
    def broken(self) -> int:
        """Return how many promises are broken."""
        return self.counts[Standing.BROKEN]

    @property
    def moved(self) -> int:
        """Return how many promises were moved in time."""
        return self.counts[Standing.MOVED]

    @property
    def kept(self) -> int:
        """Return how many promises were kept or are on course."""
        return self.counts[Standing.KEPT] + self.counts[Standing.ON_COURSE]

    @property
    def total(self) -> int:
        """Return how many commitments there are."""
        return sum(self.counts.values())


def directory(*, today: date, site: Site | None = None) -> list[DirectoryRow]:
    """Return every supplier, those with most broken promises first. Four queries.

    Args:
        today: Date at the site.
        site: Only commitments to this one.
    """
    counts: dict[int, dict[Standing, int]] = defaultdict(
        lambda: dict.fromkeys(Standing, 0)
    )
    rows_of_site = Commitment.objects.for_staff()
    if site is not None:
        rows_of_site = rows_of_site.filter(line__purchase_order__site=site)
    found = (
        with_standing(lately(rows_of_site, today), today)
        .values("standing", "line__purchase_order__supplier")
        .annotate(count=Count("pk"))
        .order_by()
        .values_list("line__purchase_order__supplier", "standing", "count")
    )
    for supplier_id, standing, count in found:
        counts[supplier_id][Standing(standing)] = count
    trusted, waiting = marks(), _racks_waiting()
    rows = [
        DirectoryRow(
            supplier=supplier,
            counts=counts[supplier.pk],
            marks=trusted.get(supplier.pk),
            racks=waiting.get(supplier.pk, 0),
        )
        for supplier in Supplier.objects.all()
    ]
    return sorted(rows, key=lambda row: (-row.broken, -row.unanswered))


def _racks_waiting() -> dict[int, int]:
    """Return how many racks wait for each supplier's open lines. One query."""
    rows = (
        LineNeed.objects.for_staff()
        .filter(line__state=PurchaseOrderLine.State.OPEN)
        .order_by()
        .values_list("line__purchase_order__supplier")
        .annotate(racks=Sum("racks"))
    )
    return dict(rows)
