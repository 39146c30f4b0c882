"""Scenarios side by side: what each assumes, costs and ships, against one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from factory.models import Order, Site
from scheduling.engine.adjust.base import AdjustmentError
from scheduling.engine.adjust.kinds import adjustments_from
from scheduling.models import CustomerPromise, Plan, PlannedRack, Run, Scenario

MOST_COMPARED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcome:
    """What a plan says of one order.

    Attributes:
        ships: The day its last rack ships, or None while one has no plan.
        racks: Its racks.
        late: Those that ship after the day asked for.
    """

    ships: date | None
    racks: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One scenario, its newest plan, and the run that comes after it.

    Attributes:
        scenario: The scenario.
        words: What it assumes, an assumption a text.
        run: Its newest run, or None.
        plan: Its newest plan, or None.
        searched_s: Seconds of search behind that plan, or None.
        lead_min: Median lead time of the plan, or None.
        kept: Orders whose plan keeps the promise.
        promised: Orders with a promise.
        orders: By number, what the plan says of each.
        is_older: Whether the plan was made before its assumptions were changed.
    """

    scenario: Scenario
    words: tuple[str, ...]
    run: Run | None
    plan: Plan | None
    searched_s: int | None
    lead_min: int | None
    kept: int
    promised: int
    orders: dict[str, OrderOutcome]
    is_older: bool


def words_of(scenario: Scenario) -> tuple[str, ...]:
    """Return what a scenario assumes; what cannot be read any more says so."""
    try:
        return tuple(one.words for one in adjustments_from(scenario.adjustments))
    except AdjustmentError as error:
        return (str(error),)


def scenarios_of(site: Site) -> list[Column]:
    """Return a site's what-ifs that are not put away, newest first. Three queries."""
    rows = Scenario.objects.filter(
        site=site, is_base=False, archived_at__isnull=True
    ).order_by("-pk")[:200]
    return columns_of(list(rows), with_orders=False)


def columns_of(
    scenarios: Sequence[Scenario],
    *,
    with_orders: bool = True,
    plans: dict[int, Plan] | None = None,
) -> list[Column]:
    """Return scenarios with their newest plans, in the order given.

    Two queries, and with orders two more, and two or three a plan.

    Args:
        scenarios: Of one site.
        with_orders: Whether lead times and orders are read too.
        plans: Plans to show instead of the newest, by scenario.
    """
    newest = _newest(scenarios, plans or {})
    runs = {
        run.scenario_id: run
        for run in Run.objects.filter(scenario__in=scenarios).order_by("pk")
    }
    promised = promised_days(scenarios[0].site) if with_orders and scenarios else {}
    found = []
    for scenario in scenarios:
        plan = newest.get(scenario.pk)
        orders: dict[str, OrderOutcome] = {}
        lead_min = None
        if plan is not None and with_orders:
            orders = outcomes_of(plan, ZoneInfo(scenario.site.zone))
            lead_min = _median_lead(plan)
        kept = sum(
            one.ships is not None and one.ships <= promised[number]
            for number, one in orders.items()
            if number in promised
        )
        found.append(
            Column(
                scenario=scenario,
                words=words_of(scenario),
                run=runs.get(scenario.pk),
                plan=plan,
                searched_s=searched_s(plan) if plan and with_orders else None,
                lead_min=lead_min,
                kept=kept,
                promised=sum(number in promised for number in orders),
                orders=orders,
                is_older=plan is not None
                and plan.run.requested_at < scenario.changed_at,
            )
        )
    return found


def outcomes_of(plan: Plan, zone: ZoneInfo) -> dict[str, OrderOutcome]:
    """Return what a plan says of each order, by number. At most one query."""
    if plan.order_dates:
        return {
            number: OrderOutcome(
                ships=date.fromisoformat(one["ships"]) if one["ships"] else None,
                racks=one["racks"],
                late=one["late"],
            )
            for number, one in plan.order_dates.items()
        }
    rows = (
        PlannedRack.objects.filter(plan=plan, rack__order__isnull=False)
        .order_by()
        .values("rack__order__number")
        .annotate(
            ships=Max("ships_at"),
            racks=Count("pk"),
            late=Count("pk", filter=Q(late_min__gt=0)),
            without=Count("pk", filter=Q(ships_at__isnull=True)),
        )
    )
    return {
        row["rack__order__number"]: OrderOutcome(
            ships=None
            if row["without"] or row["ships"] is None
            else row["ships"].astimezone(zone).date(),
            racks=row["racks"],
            late=row["late"],
        )
        for row in rows
    }


def _newest(scenarios: Sequence[Scenario], given: dict[int, Plan]) -> dict[int, Plan]:
    """Return the newest plan of each scenario, those given first. Two queries."""
    rows = (
        Plan.objects.filter(run__scenario__in=scenarios)
        .order_by()
        .values("run__scenario")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    plans = Plan.objects.filter(pk__in=rows).select_related("run")
    return {plan.run.scenario_id: plan for plan in plans} | given


def searched_s(plan: Plan) -> int:
    """Return how many seconds of search stand behind a plan. At most one query.

    A repair of the plan in force keeps what the optimization before it found: the
    longer of the two counts.
    """
    run = plan.run
    own = run.time_limit_s
    if run.state == Run.State.CANCELLED and run.started_at and run.ended_at:
        own = min(own, round((run.ended_at - run.started_at).total_seconds()))
    if not run.is_repair:
        return own
    kept = Run.objects.filter(
        scenario=run.scenario_id,
        kind=Run.Kind.OPTIMIZE,
        plan__publication__isnull=False,
        plan__lt=plan.pk,
    )
    before = kept.order_by("-plan").values_list("time_limit_s", flat=True).first()
    return max(own, before or 0)


def promised_days(site: Site) -> dict[str, date]:
    """Return the date each open order is promised for, by number. One query."""
    rows = (
        CustomerPromise.objects.filter(order__site=site, order__state=Order.State.OPEN)
        .order_by("number")
        .values_list("order__number", "date")
    )
    return dict(rows)


def _median_lead(plan: Plan) -> int | None:
    """Return the median lead time of a plan's racks in minutes. One query."""
    leads = PlannedRack.objects.filter(plan=plan, lead_min__isnull=False)
    known = [lead for lead in leads.values_list("lead_min", flat=True) if lead]
    return round(median(known)) if known else None


def differing(columns: Iterable[Column], most: int) -> tuple[list[str], int]:
    """Return orders that ship on different days, most late racks first, and how many.

    Args:
        columns: At least two.
        most: Numbers to return.
    """
    columns = [one for one in columns if one.plan is not None]
    numbers = {number for one in columns for number in one.orders}
    changed = [
        number
        for number in numbers
        if len({one.orders.get(number) for one in columns}) > 1
    ]
    changed.sort(
        key=lambda number: (
            -max(one.orders[number].late for one in columns if number in one.orders),
            number,
        )
    )
    return changed[:most], len(changed)
