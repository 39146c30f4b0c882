"""Work not begun goes to a site that builds it sooner: proposed, confirmed, told.

A plan covers one site. Which site builds an order is decided above: the most urgent
orders that are late or curtailed at home are quoted at the others, each on its own live
data, material and power, and a planner confirms.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from factory.models import Order, PowerBay, Site, SiteLane, Unit
from factory.services.order_changes import Signed
from factory.services.order_racks import BEGUN, living
from journal.services import record
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.errors import MoveRefusedError
from scheduling.models import GridEvent, PlannedRack, Publication, Quote, SiteMove
from scheduling.services.quotes import basis_of, request_quote

MOST_ORDERS = 5
"""Orders that are looked at elsewhere at once: the most urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """One order that home is slow with.

    Attributes:
        order: Not begun.
        ships_on: Day the plan in force ships it; None if a rack of it has no plan.
        why: Late, or in a window of the grid.
    """

    order: Order
    ships_on: date | None
    why: str


def urgent_orders(site: Site) -> list[Urgent]:
    """Return orders not begun that are late or curtailed, soonest due first.

    Five queries.
    """
    published = Publication.objects.filter(site=site).order_by("-number").first()
    if published is None:
        return []
    begun = Unit.objects.racks().filter(BEGUN, site=site).values("order")
    rows = (
        PlannedRack.objects.filter(plan=published.plan_id, rack__order__site=site)
        .filter(rack__order__state=Order.State.OPEN)
        .exclude(rack__order__in=begun)
        .values("rack__order")
        .annotate(
            ships=Max("ships_at"),
            late=Max("late_min"),
            since=Min("bay_from"),
            until=Max("bay_until"),
        )
    )
    windows = list(
        GridEvent.objects.filter(
            site=site, state=GridEvent.State.ANNOUNCED, ends_at__gt=timezone.now()
        )
    )
    unplanned = set(
        PlannedRack.objects.filter(plan=published.plan_id, ships_at=None).values_list(
            "rack__order", flat=True
        )
    )
    zone = ZoneInfo(site.zone)
    orders = Order.objects.select_related("customer", "site", "rack_model").in_bulk(
        [row["rack__order"] for row in rows]
    )
    found = []
    for row in rows:
        order = orders[row["rack__order"]]
        curtailed = [
            one
            for one in windows
            if row["since"] is not None
            and row["since"] < one.ends_at
            and row["until"] > one.starts_at
        ]
        is_unplanned = order.pk in unplanned
        if not (row["late"] or is_unplanned or curtailed):
            continue
        ships = None if is_unplanned else row["ships"].astimezone(zone).date()
        why = "It ships late." if row["late"] else "A rack of it has no plan."
        if curtailed and not row["late"] and not is_unplanned:
            why = f"Its time in the bay meets {curtailed[0].name}."
        found.append(Urgent(order=order, ships_on=ships, why=why))
    return sorted(found, key=lambda one: (one.order.requested_date, one.order.number))


@transaction.atomic
def look_elsewhere(*, site: Site, actor: str) -> list[SiteMove]:
    """Ask every site a lane leads to for the most urgent orders of one.

    Each question is a quote, answered by a worker on that site's live data.
    """
    lanes = list(SiteLane.objects.filter(origin=site).select_related("target"))
    made = []
    for one in urgent_orders(site)[:MOST_ORDERS]:
        for lane in lanes:
            is_open = SiteMove.objects.filter(
                order=one.order, target=lane.target, state=SiteMove.State.OPEN
            ).exists()
            if is_open or not _can_build(lane.target, one.order):
                continue
            quote = request_quote(
                site=lane.target,
                rack_model=one.order.rack_model,
                quantity=one.order.quantity,
                wish_date=one.order.requested_date - _days(lane.transit_min),
                actor=actor,
            )
            made.append(
                SiteMove.objects.create(
                    order=one.order,
                    origin=site,
                    target=lane.target,
                    transit_min=lane.transit_min,
                    quote=quote,
                    home_on=one.ships_on,
                    why=one.why,
                )
            )
    return made


def built_nowhere_else(site: Site) -> list[Order]:
    """Return the most urgent orders whose model no site a lane leads to has a bay for.

    Five queries, and one for each of these orders and each lane.
    """
    targets = [
        lane.target
        for lane in SiteLane.objects.filter(origin=site).select_related("target")
    ]
    return [
        one.order
        for one in urgent_orders(site)[:MOST_ORDERS]
        if not any(_can_build(target, one.order) for target in targets)
    ]


def arrives_on(move: SiteMove) -> date | None:
    """Return the day a move's last rack is where home would ship from."""
    if move.quote.ships_on is None:
        return None
    return move.quote.ships_on + _days(move.transit_min)


def gain_days(move: SiteMove) -> int | None:
    """Return how many days sooner the other site is; None while unknown."""
    arrives = arrives_on(move)
    if arrives is None or move.home_on is None:
        return None
    return (move.home_on - arrives).days


@transaction.atomic
def confirm_move(*, move: SiteMove, by: Signed) -> Order:
    """Let another site build an order: its racks, none begun, are that site's now.

    Both sites' plans are stale then. The promise stays as it is.

    Raises:
        MoveRefusedError: If it is decided, unanswered or out of date, or the order has
            begun or is no longer open.
    """
    sites = {
        one.pk: one
        for one in Site.objects.select_for_update(no_key=True)
        .filter(pk__in=[move.origin_id, move.target_id])
        .order_by("pk")
    }
    move = SiteMove.objects.select_for_update(of=("self",)).get(pk=move.pk)
    order = Order.objects.select_for_update(of=("self",)).get(pk=move.order_id)
    quote = Quote.objects.get(pk=move.quote_id)
    _refuse(move, order, quote, sites[move.target_id])
    origin, target = sites[move.origin_id], sites[move.target_id]
    order.site = target
    order.transit_min = move.transit_min
    order.version += 1
    order.save(update_fields=["site", "transit_min", "version"])
    living(order).update(site=target)
    _decide(move, SiteMove.State.MOVED, by)
    before, after = {"site": origin.code}, {"site": target.code}
    summary = f"{order.number} is built at {target.name}, not at {origin.name}"
    for kind, about, scope in (
        ("order.changed", order, target),
        ("order.left", origin, origin),
    ):
        record(
            kind=kind,
            about=about,
            actor=by.actor,
            scope=f"site:{scope.pk}",
            cause=f"sitemove:{move.pk}",
            summary=summary,
            before=before,
            after=after,
        )
    return order


@transaction.atomic
def leave(*, move: SiteMove, by: Signed) -> None:
    """Leave an order where it is.

    Raises:
        MoveRefusedError: If it is decided.
    """
    move = SiteMove.objects.select_for_update(of=("self",)).get(pk=move.pk)
    if move.state != SiteMove.State.OPEN:
        raise MoveRefusedError(move.order.number, "it is decided already")
    _decide(move, SiteMove.State.LEFT, by)
    record(
        kind="site_move.left",
        about=move,
        actor=by.actor,
        scope=f"site:{move.origin_id}",
        summary=f"{move.order.number} stays where it is",
    )


def moves_of(site: Site) -> QuerySet[SiteMove]:
    """Return a site's proposals, newest first."""
    return SiteMove.objects.filter(Q(origin=site) | Q(target=site)).select_related(
        "order__customer", "order__rack_model", "origin", "target", "quote"
    )


def _can_build(site: Site, order: Order) -> bool:
    """Return whether a site has a bay for an order's model. One query."""
    return PowerBay.objects.filter(
        site=site, supported_models=order.rack_model_id
    ).exists()


def _refuse(move: SiteMove, order: Order, quote: Quote, target: Site) -> None:
    """Refuse what cannot be moved; ``confirm_move`` lists the reasons."""
    if move.state != SiteMove.State.OPEN:
        raise MoveRefusedError(order.number, "it is decided already")
    if order.state != Order.State.OPEN or order.site_id != move.origin_id:
        raise MoveRefusedError(order.number, "it is no longer open here")
    if living(order).filter(BEGUN).exists():
        raise MoveRefusedError(order.number, "work on it has begun")
    if quote.state != Quote.State.ANSWERED or quote.ships_on is None:
        raise MoveRefusedError(order.number, f"{target.name} has no date for it")
    basis = basis_of(target)
    is_old = quote.valid_until is None or quote.valid_until <= timezone.now()
    if is_old or basis.publication != quote.publication:
        raise MoveRefusedError(order.number, f"{target.name}'s answer is out of date")
    if order.quantity != quote.quantity:
        raise MoveRefusedError(order.number, "its quantity has changed")


def _decide(move: SiteMove, state: SiteMove.State, by: Signed) -> None:
    """Write a decision down."""
    move.state, move.decided_by, move.decided_at = state, by.author, timezone.now()
    move.save(update_fields=["state", "decided_by", "decided_at"])


def _days(minutes: int) -> timedelta:
    """Return transit in whole days, rounded up: a promise is a date."""
    return timedelta(days=-(-minutes // MINUTES_PER_DAY))
