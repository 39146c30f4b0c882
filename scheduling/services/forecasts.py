"""What suppliers will be asked for, week by week and quarter by quarter.

Weeks follow the published plan: pieces it takes from promises, by the last dock date
that keeps its step, and pieces that nobody has promised. Quarters follow the orders on
file and what is expected beyond them. Pieces from stock are nobody's to make.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum

from factory.models import BomLine, DemandOutlook, Part, RoutingStep, Site, Unit
from factory.quarters import quarter_of
from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import DAY, SiteClock
from scheduling.models import Pegging, Plan, PlannedStep
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.shortage import shortages
from scheduling.snapshot.supplies import Dock, dock_of
from suppliers.horizon import quarters_from, shared, week_of, weeks_from
from suppliers.models import Source
from suppliers.services.forecasts import BucketKey, Span, tell


@dataclass(frozen=True, slots=True)
class _Need:
    """Pieces of a part that racks of one model need on the dock in a week.

    ``supplier`` is who has promised them; None where nobody has.
    """

    model: int
    part: int
    week: date
    supplier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bom:
    """What goes into racks of each model, and into their parts.

    Attributes:
        pieces: Pieces a rack by model and part.
        inside: What a part of a model is made of: parts and pieces a rack.
    """

    pieces: Mapping[tuple[int, int], int]
    inside: Mapping[tuple[int, int], tuple[tuple[int, int], ...]]

    def of(self, model: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a model at every level, with the pieces a rack."""
        return (
            (part, pieces) for (of, part), pieces in self.pieces.items() if of == model
        )


def write_forecast(*, plan: Plan, site: Site, number: int, now: datetime) -> int:
    """Tell suppliers what a published plan needs of them; return buckets changed.

    Called in the publication's transaction. Constant queries, two of them for blobs.
    """
    clock = SiteClock(epoch=plan.epoch, zone=ZoneInfo(site.zone))
    today = clock.day_of(0)
    bom = _bom()
    needs = _weekly(plan, dock_of(site, clock, read_weeks(site)), today)
    _add_inside(needs, bom)
    shares = _shares()
    wanted: Counter[BucketKey] = Counter()
    weeks = weeks_from(today)
    for need, pieces in needs.items():
        # What is late or past is asked for now.
        week = max(need.week, weeks[0])
        takers = _split(need.part, need.supplier, pieces, shares)
        for supplier, share in takers if week <= weeks[-1] else ():
            wanted[BucketKey(supplier, need.part, Span.WEEK, week)] += share
    for part, quarter, pieces in _quarterly(site, today, bom):
        for supplier, share in _split(part, None, pieces, shares):
            wanted[BucketKey(supplier, part, Span.QUARTER, quarter)] += share
    return tell(
        site=site,
        needs=wanted,
        publication=str(number),
        today=today,
        now=now,
        cause=f"run:{plan.run_id}",
    )


def _weekly(plan: Plan, dock: Dock, today: date) -> Counter[_Need]:
    """Return what the plan's racks need of rack-level parts, week by week."""
    needs: Counter[_Need] = Counter()
    starts = {
        (rack, step): start
        for rack, step, start in PlannedStep.objects.filter(plan=plan).values_list(
            "rack", "step", "starts_at"
        )
    }
    days: dict[datetime, date] = {}
    rows = Pegging.objects.filter(plan=plan, tranche__isnull=False).values_list(
        "rack",
        "rack__rack_model",
        "step",
        "quantity",
        "tranche__revision__commitment__line__part",
        "tranche__revision__commitment__line__purchase_order__supplier",
    )
    for rack, model, step, pieces, part, supplier in rows:
        start = starts[rack, step]
        if start not in days:
            days[start] = dock.latest(dock.clock.minute(start))
        needs[_Need(model, part, week_of(days[start]), supplier)] += pieces
    for day, model, part, pieces in _unpromised(plan):
        needs[_Need(model, part, week_of(max(today, day)))] += pieces
    return needs


def _unpromised(plan: Plan) -> Iterator[tuple[date, int, int, int]]:
    """Yield day needed, model, part and pieces of racks that lack parts.

    The day is the one by which a rack that takes the time of physics ships when asked.
    """
    if not plan.unplannable_racks:
        return
    short = shortages(load_problem(plan), load_schedule(plan))
    parts = dict(
        Part.objects.filter(code__in={one.part for one in short}).values_list(
            "code", "pk"
        )
    )
    racks = {
        serial: (model, requested)
        for serial, model, requested in Unit.objects.filter(
            serial__in={one.rack for one in short}
        ).values_list("serial", "rack_model", "order__requested_date")
    }
    floor_min = dict(
        RoutingStep.objects.values_list("rack_model").annotate(total=Sum("minutes"))
    )
    for one in short:
        model, requested = racks[one.rack]
        floor = timedelta(minutes=floor_min[model])
        yield requested - floor - DAY, model, parts[one.part], one.missing


def _bom() -> _Bom:
    """Return every bill of materials, by key. One query."""
    inside: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    pieces: Counter[tuple[int, int]] = Counter()
    rows = BomLine.objects.values_list("rack_model", "part", "parent", "quantity")
    for model, part, parent, quantity in rows:
        pieces[model, part] += quantity
        if parent is not None:
            inside[model, parent].append((part, quantity))
    return _Bom(
        pieces=pieces, inside={key: tuple(lines) for key, lines in inside.items()}
    )


def _add_inside(needs: Counter[_Need], bom: _Bom) -> None:
    """Add what goes into the parts needed, in the week the parts are needed."""
    level = list(needs.items())
    while level:
        below: Counter[_Need] = Counter()
        for need, pieces in level:
            parent = bom.pieces.get((need.model, need.part), 1)
            for part, quantity in bom.inside.get((need.model, need.part), ()):
                child = _Need(need.model, part, need.week)
                below[child] += -(-pieces * quantity // parent)
        needs.update(below)
        level = list(below.items())


def _quarterly(site: Site, today: date, bom: _Bom) -> Iterable[tuple[int, date, int]]:
    """Return part, quarter and pieces of what is ordered or expected. Two queries."""
    quarters = quarters_from(today)
    ordered: Counter[tuple[int, date]] = Counter()
    racks = (
        Unit.objects.to_plan(site)
        .order_by()
        .values_list("rack_model", "order__requested_date")
        .annotate(racks=Count("pk"))
    )
    for model, requested, count in racks:
        ordered[model, max(quarters[0], quarter_of(requested))] += count
    expected = {
        (model, quarter): racks
        for model, quarter, racks in DemandOutlook.objects.filter(
            site=site, starts_on__in=quarters
        ).values_list("rack_model", "starts_on", "racks")
    }
    pieces: Counter[tuple[int, date]] = Counter()
    for model, quarter in {*ordered, *expected}:
        most = max(ordered[model, quarter], expected.get((model, quarter), 0))
        for part, quantity in bom.of(model) if quarter <= quarters[-1] else ():
            pieces[part, quarter] += most * quantity
    return [(part, quarter, count) for (part, quarter), count in pieces.items()]


def _shares() -> dict[int, dict[int, int]]:
    """Return each part's approved suppliers with their shares. One query."""
    shares: dict[int, dict[int, int]] = defaultdict(dict)
    rows = Source.objects.for_staff().filter(supplier__is_active=True)
    for part, supplier, share in rows.values_list("part", "supplier", "share_percent"):
        shares[part][supplier] = share
    return shares


def _split(
    part: int, supplier: int | None, pieces: int, shares: dict[int, dict[int, int]]
) -> Iterable[tuple[int, int]]:
    """Return who is to make how many: who promised them, else all who may."""
    if supplier is not None:
        return [(supplier, pieces)]
    if part not in shares:
        return []
    return shared(pieces, shares[part]).items()
