"""The forecast as a supplier answers it, and as the buyer reads the gaps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Sum

from factory.models import Part, Site
from suppliers.horizon import Fence, Fences, quarters_from, week_of, weeks_from
from suppliers.models import (
    DeclaredCapacity,
    ForecastBucket,
    ForecastLook,
    ForecastRevision,
    PurchaseOrderLine,
    Supplier,
    SupplierUser,
)

Span = ForecastBucket.Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One week or quarter of one part.

    Attributes:
        bucket: Key of the bucket; None where nothing was ever needed.
        starts_on: Its first day.
        fence: How firm it is.
        forecast: Pieces needed.
        seen: Pieces told when the reader last looked; None if it never did, or the
            bucket was not there.
        ordered: Pieces of open purchase orders asked for in it.
        committed: Pieces the supplier said it can deliver; None without an answer.
        is_outdated: Whether the forecast changed after the answer.
        capacity: Pieces it declared it can make in it; None without a limit.
    """

    bucket: int | None
    starts_on: date
    fence: Fence
    forecast: int
    seen: int | None
    ordered: int
    committed: int | None
    is_outdated: bool
    capacity: int | None

    @property
    def gap(self) -> int | None:
        """Return pieces needed beyond what was answered; None without an answer."""
        return None if self.committed is None else self.forecast - self.committed

    @property
    def change(self) -> int:
        """Return how many pieces more are needed since the reader last looked."""
        return 0 if self.seen is None else self.forecast - self.seen

    @property
    def is_over_capacity(self) -> bool:
        """Say whether more is needed than can be made."""
        return self.capacity is not None and self.forecast > self.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class PartForecast:
    """What one supplier is told of one part for one site."""

    supplier: Supplier
    part: Part
    site: Site
    weeks: tuple[Cell, ...]
    quarters: tuple[Cell, ...]

    @property
    def short(self) -> int:
        """Return pieces of all weeks that the answers do not cover."""
        return sum(max(0, cell.gap or 0) for cell in self.weeks)

    @property
    def unanswered(self) -> int:
        """Return how many weeks with a need have no answer to it as it is now."""
        return sum(
            cell.forecast > 0 and (cell.committed is None or cell.is_outdated)
            for cell in self.weeks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What cells are made of, read once."""

    buckets: Mapping[tuple[int, int, int, str, date], ForecastBucket]
    seen: Mapping[int, int]
    ordered: Mapping[tuple[int, int, int, date], int]
    capacities: Mapping[tuple[int, int], Sequence[DeclaredCapacity]]


def supplier_forecast(
    person: SupplierUser, *, now: datetime
) -> tuple[list[PartForecast], datetime | None]:
    """Return what a person's supplier is told, and when that person last looked.

    Five queries, whatever is told.
    """
    supplier = person.supplier
    look = ForecastLook.objects.for_supplier(supplier).filter(person=person).first()
    since = look.seen_at if look else None
    return (
        _parts(
            ForecastBucket.objects.for_supplier(supplier),
            PurchaseOrderLine.objects.for_supplier(supplier),
            DeclaredCapacity.objects.for_supplier(supplier),
            now=now,
            since=since,
        ),
        since,
    )


def site_forecast(site: Site, *, now: datetime) -> list[PartForecast]:
    """Return what all suppliers of a site are told, most short first. Four queries."""
    found = _parts(
        ForecastBucket.objects.for_staff().filter(site=site),
        PurchaseOrderLine.objects.for_staff().filter(purchase_order__site=site),
        DeclaredCapacity.objects.for_staff(),
        now=now,
        since=None,
    )
    return sorted(found, key=lambda row: (-row.short, -row.unanswered, row.part.code))


def _parts(
    buckets: QuerySet[ForecastBucket],
    lines: QuerySet[PurchaseOrderLine],
    capacities: QuerySet[DeclaredCapacity],
    *,
    now: datetime,
    since: datetime | None,
) -> list[PartForecast]:
    rows = list(
        buckets.filter(starts_on__gte=quarters_from(now.date())[0])
        .select_related("supplier", "part", "site", "response")
        .order_by("part__code", "supplier__name", "site__code")
    )
    facts = _Facts(
        buckets={
            (row.supplier_id, row.part_id, row.site_id, row.span, row.starts_on): row
            for row in rows
        },
        seen=_seen(rows, buckets, since),
        ordered=_ordered(lines),
        capacities=capacities_of(capacities),
    )
    owners = {(row.supplier, row.part, row.site): None for row in rows}
    return [
        PartForecast(
            supplier=supplier,
            part=part,
            site=site,
            weeks=_cells(facts, (supplier, part, site), Span.WEEK, now),
            quarters=_cells(facts, (supplier, part, site), Span.QUARTER, now),
        )
        for supplier, part, site in owners
    ]


def _seen(
    rows: Sequence[ForecastBucket],
    buckets: QuerySet[ForecastBucket],
    since: datetime | None,
) -> dict[int, int]:
    """Return what buckets said at a moment. One query, none without a moment."""
    if since is None or not rows:
        return {}
    told = ForecastRevision.objects.for_staff().filter(
        bucket__in=buckets.order_by(), made_at__lte=since
    )
    newest = (
        told.filter(bucket=OuterRef("bucket"))
        .order_by()
        .values("bucket")
        .annotate(newest=Max("number"))
        .values("newest")
    )
    return dict(told.filter(number=Subquery(newest)).values_list("bucket", "quantity"))


def _ordered(
    lines: QuerySet[PurchaseOrderLine],
) -> dict[tuple[int, int, int, date], int]:
    """Return open pieces by supplier, part, site and Monday. One query."""
    found: dict[tuple[int, int, int, date], int] = defaultdict(int)
    rows = (
        lines.filter(state=PurchaseOrderLine.State.OPEN)
        .order_by()
        .values_list("purchase_order__supplier", "part", "purchase_order__site")
        .annotate(on=F("need_by"), left=Sum(F("quantity") - F("received")))
    )
    for supplier, part, site, on, left in rows:
        found[supplier, part, site, week_of(on)] += left
    return found


def capacities_of(
    rows: QuerySet[DeclaredCapacity],
) -> dict[tuple[int, int], list[DeclaredCapacity]]:
    """Return what was declared by supplier and part, as it was said. One query."""
    found: dict[tuple[int, int], list[DeclaredCapacity]] = defaultdict(list)
    for row in rows.order_by("number"):
        found[row.supplier_id, row.part_id].append(row)
    return found


def capacity_on(declared: Iterable[DeclaredCapacity], monday: date) -> int | None:
    """Return pieces a week that hold for a week; None is no limit.

    Of what is in force by then the latest first week rules, and of one the newest said.
    """
    ruling = max(
        (row for row in declared if row.valid_from <= monday),
        key=lambda row: (row.valid_from, row.number),
        default=None,
    )
    return ruling.per_week if ruling else None


def _cells(
    facts: _Facts, of: tuple[Supplier, Part, Site], span: Span, now: datetime
) -> tuple[Cell, ...]:
    supplier, part, site = of
    today = now.astimezone(ZoneInfo(site.zone)).date()
    fences = Fences(frozen_days=site.frozen_days, slushy_days=site.slushy_days)
    is_weekly = span == Span.WEEK
    declared = facts.capacities.get((supplier.pk, part.pk), ())
    cells = []
    for starts_on in weeks_from(today) if is_weekly else quarters_from(today):
        row = facts.buckets.get((supplier.pk, part.pk, site.pk, span, starts_on))
        response = row.response if row else None
        forecast = row.quantity if row else 0
        cells.append(
            Cell(
                bucket=row.pk if row else None,
                starts_on=starts_on,
                fence=fences.of(starts_on, today),
                forecast=forecast,
                seen=facts.seen.get(row.pk) if row else None,
                ordered=(
                    facts.ordered.get((supplier.pk, part.pk, site.pk, starts_on), 0)
                    if is_weekly
                    else 0
                ),
                committed=response.quantity if response else None,
                is_outdated=bool(response and response.forecast_quantity != forecast),
                capacity=capacity_on(declared, starts_on) if is_weekly else None,
            )
        )
    return tuple(cells)
