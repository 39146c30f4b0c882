"""The forecast as a supplier answers it, and as the buyer reads the gaps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
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
    """What one supplier is told of one part for one site.

    Attributes:
        supplier: Who is told.
        part: What will be needed.
        site: Who needs it.
        weeks: A cell a week; empty where only quarters were asked for.
        quarters: A cell a quarter; empty where only weeks were asked for.
        declared: What the supplier says it can make, in force and to come.
    """

    supplier: Supplier
    part: Part
    site: Site
    weeks: tuple[Cell, ...] = ()
    quarters: tuple[Cell, ...] = ()
    declared: tuple[DeclaredCapacity, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return the weeks, or the quarters where only they were asked for."""
        return self.weeks or self.quarters

    @property
    def short(self) -> int:
        """Return pieces of all cells that the answers do not cover."""
        return sum(max(0, cell.gap or 0) for cell in self.cells)

    @property
    def unanswered(self) -> int:
        """Return how many cells with a need have no answer to it as it is now."""
        return sum(
            cell.forecast > 0 and (cell.committed is None or cell.is_outdated)
            for cell in self.cells
        )


class _Told(NamedTuple):
    """A bucket as cells need it; a row of the model would cost ten times as much."""

    supplier: int
    part: int
    site: int
    span: str
    starts_on: date
    key: int
    quantity: int
    committed: int | None
    answered_to: int | None


_COLUMNS = (
    "supplier",
    "part",
    "site",
    "span",
    "starts_on",
    "pk",
    "quantity",
    "response__quantity",
    "response__forecast_quantity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What cells are made of, read once."""

    buckets: Mapping[tuple[int, int, int, str, date], _Told]
    seen: Mapping[int, int]
    ordered: Mapping[tuple[int, int, int, date], int]
    capacities: Mapping[tuple[int, int], Sequence[DeclaredCapacity]]


def supplier_forecast(
    person: SupplierUser, *, now: datetime
) -> tuple[list[PartForecast], datetime | None]:
    """Return what a person's supplier is told, and when that person last looked.

    Eight queries, whatever is told.
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


def site_forecast(
    site: Site, *, now: datetime, span: Span = Span.WEEK
) -> list[PartForecast]:
    """Return what all suppliers of a site are told, most short first. Six queries.

    Args:
        site: Who needs.
        now: The moment, aware.
        span: By week or by quarter.
    """
    found = _parts(
        ForecastBucket.objects.for_staff().filter(site=site),
        PurchaseOrderLine.objects.for_staff().filter(purchase_order__site=site),
        DeclaredCapacity.objects.for_staff(),
        now=now,
        since=None,
        spans=(span,),
    )
    return sorted(found, key=lambda row: (-row.short, -row.unanswered, row.part.code))


def _parts(
    buckets: QuerySet[ForecastBucket],
    lines: QuerySet[PurchaseOrderLine],
    capacities: QuerySet[DeclaredCapacity],
    *,
    now: datetime,
    since: datetime | None,
    spans: Collection[Span] = tuple(Span),
) -> list[PartForecast]:
    rows = [
        _Told(*row)
        for row in buckets.filter(
            starts_on__gte=quarters_from(now.date())[0], span__in=spans
        )
        .order_by("part__code", "supplier__name", "site__code")
        .values_list(*_COLUMNS)
    ]
    suppliers = Supplier.objects.in_bulk({row.supplier for row in rows})
    parts = Part.objects.in_bulk({row.part for row in rows})
    sites = Site.objects.in_bulk({row.site for row in rows})
    facts = _Facts(
        buckets={row[:5]: row for row in rows},
        seen=_seen(rows, buckets, since),
        ordered=_ordered(lines),
        capacities=capacities_of(capacities),
    )
    today = {
        key: now.astimezone(ZoneInfo(site.zone)).date() for key, site in sites.items()
    }
    found = []
    for supplier, part, site in dict.fromkeys(row[:3] for row in rows):
        of = (suppliers[supplier], parts[part], sites[site])
        cells = {span: _cells(facts, of, span, today[site]) for span in spans}
        found.append(
            PartForecast(
                supplier=of[0],
                part=of[1],
                site=of[2],
                weeks=cells.get(Span.WEEK, ()),
                quarters=cells.get(Span.QUARTER, ()),
                declared=_still_declared(
                    facts.capacities.get((supplier, part), ()), today[site]
                ),
            )
        )
    return found


def _seen(
    rows: Sequence[_Told],
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


def _still_declared(
    declared: Iterable[DeclaredCapacity], today: date
) -> tuple[DeclaredCapacity, ...]:
    """Return what is in force this week and what follows; the newest said of each."""
    newest = {row.valid_from: row for row in declared}
    in_force = max((day for day in newest if day <= week_of(today)), default=date.min)
    return tuple(newest[day] for day in sorted(newest) if day >= in_force)


def _cells(
    facts: _Facts, of: tuple[Supplier, Part, Site], span: Span, today: date
) -> tuple[Cell, ...]:
    supplier, part, site = of
    fences = Fences(frozen_days=site.frozen_days, slushy_days=site.slushy_days)
    is_weekly = span == Span.WEEK
    declared = facts.capacities.get((supplier.pk, part.pk), ())
    cells = []
    for starts_on in weeks_from(today) if is_weekly else quarters_from(today):
        row = facts.buckets.get((supplier.pk, part.pk, site.pk, span, starts_on))
        forecast = row.quantity if row else 0
        cells.append(
            Cell(
                bucket=row.key if row else None,
                starts_on=starts_on,
                fence=fences.of(starts_on, today),
                forecast=forecast,
                seen=facts.seen.get(row.key) if row else None,
                ordered=(
                    facts.ordered.get((supplier.pk, part.pk, site.pk, starts_on), 0)
                    if is_weekly
                    else 0
                ),
                committed=row.committed if row else None,
                is_outdated=(
                    row is not None
                    and row.committed is not None
                    and row.answered_to != forecast
                ),
                capacity=capacity_on(declared, starts_on) if is_weekly else None,
            )
        )
    return tuple(cells)
