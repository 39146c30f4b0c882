"""The control page: seven numbers, what is late and why, in a few queries."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Sum

from factory.models import Order, RackModel, Site
from scheduling.models import LimitAttribution, Plan, PlannedRack
from scheduling.queries.orders import OrderRow, orders_of, rows_of
from scheduling.queries.scenarios import outcomes_of, promised_days

CLEAR_DAYS = 14
LATE_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """The control page's numbers for one plan; also kept with each publication.

    Attributes:
        promises_kept_permille: Orders whose plan keeps the promise, per mille of those
            with a promise; None without any.
        late_racks: Racks that ship after their due date.
        racks: Racks planned or unplannable.
        late_cents: What lateness costs, in cents.
        lead_min: Median lead time, order received to dock, in minutes.
        physics_min: Median of what physics needs of it.
        clear_racks: Racks that start within 14 days and wait for no material.
        starting_racks: Racks that start within 14 days.
        peak_w: Highest mean of import over an averaging window, in watts.
        contract_w: Contracted import.
        shipping_racks: Racks that ship within 14 days.
        shipping_w: Their soak power added up, in watts.
    """

    promises_kept_permille: int | None
    late_racks: int
    racks: int
    late_cents: int
    lead_min: int | None
    physics_min: int | None
    clear_racks: int
    starting_racks: int
    peak_w: int
    contract_w: int
    shipping_racks: int
    shipping_w: int

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as a publication keeps them."""
        return asdict(self)


def kpis_of(site: Site, plan: Plan) -> Kpis:
    """Return a plan's numbers. Five queries however many racks."""
    soon = plan.epoch + timedelta(days=CLEAR_DAYS)
    racks = list(
        PlannedRack.objects.filter(plan=plan).values_list(
            "rack_id", "starts_at", "ships_at", "lead_min", "physics_min"
        )
    )
    waiting = set(
        LimitAttribution.objects.filter(plan=plan, limit="material")
        .order_by()
        .values_list("rack_id", flat=True)
        .distinct()
    )
    starting = [
        rack_id
        for rack_id, starts_at, *_ in racks
        if starts_at is not None and plan.epoch <= starts_at < soon
    ]
    shipping = [
        rack_id
        for rack_id, _, ships_at, *_ in racks
        if ships_at is not None and ships_at < soon
    ]
    kept, promised = _promises(site, plan)
    return Kpis(
        promises_kept_permille=1000 * kept // promised if promised else None,
        late_racks=plan.late_racks,
        racks=plan.racks,
        late_cents=plan.late_cents,
        lead_min=_median([lead for *_, lead, _ in racks]),
        physics_min=_median([physics for *_, physics in racks]),
        clear_racks=len(set(starting) - waiting),
        starting_racks=len(starting),
        peak_w=plan.peak_w,
        contract_w=site.contracted_import_w,
        shipping_racks=len(shipping),
        shipping_w=_soak_power(plan, soon),
    )


def _promises(site: Site, plan: Plan) -> tuple[int, int]:
    """Return how many open orders keep their promise in a plan, of how many."""
    promised = promised_days(site)
    shipping = outcomes_of(plan, ZoneInfo(site.zone))
    days = ((shipping.get(number), day) for number, day in promised.items())
    kept = sum(
        one is not None and one.ships is not None and one.ships <= day
        for one, day in days
    )
    return kept, len(promised)


def _soak_power(plan: Plan, until: datetime) -> int:
    """Return the highest step draw of each rack that ships, added up, in watts."""
    by_model = (
        PlannedRack.objects.filter(plan=plan, ships_at__lt=until)
        .order_by()
        .values("rack__rack_model")
        .annotate(count=Count("pk", distinct=True))
    )
    counts = {row["rack__rack_model"]: row["count"] for row in by_model}
    return sum(
        counts[model] * draw for model, draw in _highest_draws() if model in counts
    )


def _highest_draws() -> list[tuple[int, int]]:
    """Return each rack model's highest draw in watts."""
    return list(
        RackModel.objects.annotate(most=Max("steps__draw_w")).values_list("pk", "most")
    )


def _median(minutes: list[int | None]) -> int | None:
    """Return the median of the known minutes, or None."""
    known = [minute for minute in minutes if minute is not None]
    return round(median(known)) if known else None


def late_orders(site: Site, plan: Plan) -> tuple[list[OrderRow], int]:
    """Return the orders that cost most by being late, and how many there are.

    Four queries however many orders.
    """
    zone = ZoneInfo(site.zone)
    late = (
        orders_of(site, plan)
        .filter(state=Order.State.OPEN, late_min__gt=0)
        .order_by("-late_min", "number")
    )
    return rows_of(list(late[:LATE_SHOWN]), plan, zone), late.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLimit:
    """The limit that makes most racks late, and who owns it."""

    limit: str
    owner: str
    racks: int


def late_limit_of(plan: Plan) -> LateLimit | None:
    """Return the limit that makes most racks late, or None. One query."""
    row = (
        PlannedRack.objects.filter(plan=plan, late_min__gt=0)
        .exclude(limit="")
        .order_by()
        .values("limit", "owner")
        .annotate(racks=Count("pk"))
        .order_by("-racks", "limit")
        .first()
    )
    return LateLimit(**row) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTotal:
    """What one limit takes of all lead times of a plan, in rack-minutes."""

    limit: str
    owner: str
    minutes: int
    racks: int


def limits_of(plan: Plan, most: int = 6) -> list[LimitTotal]:
    """Return the limits that take most time beyond physics. One query."""
    rows = (
        LimitAttribution.objects.filter(plan=plan, is_physics=False)
        .order_by()
        .values("limit", "owner")
        .annotate(minutes=Sum("minutes"), racks=Count("rack", distinct=True))
        .order_by("-minutes", "limit", "owner")[:most]
    )
    return [
        LimitTotal(
            limit=row["limit"],
            owner=row["owner"],
            minutes=row["minutes"],
            racks=row["racks"],
        )
        for row in rows
    ]
