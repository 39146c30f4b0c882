"""Orders beside their plan: promised, planned, and the earliest physics allows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from django.db.models import (
    Count,
    DateField,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from factory.models import (
    ChangeDecision,
    Order,
    OrderChange,
    Place,
    RoutingStep,
    Site,
    StaffProfile,
    Unit,
)
from scheduling.models import (
    CustomerPromise,
    LimitAttribution,
    Pegging,
    Plan,
    PlannedRack,
)

STOPPED_BY: dict[str, OrderChange.Kind] = {
    Order.State.PAUSED: OrderChange.Kind.PAUSE,
    Order.State.CANCELLED: OrderChange.Kind.CANCEL,
}
"""States in which an order is not planned until it is restarted, and what led there."""


class Dates(TypedDict):
    """What ``orders_of`` adds to an order."""

    promised: date | None
    first_promised: date | None
    late_min: int


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    DatedOrder = WithAnnotations[Order, Dates]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order as a planner reads it.

    Dates are days at the site. ``slip_days`` is planned less promised; ``slack_days``
    the days a promise has left. ``earliest`` is the first day physics allows.
    """

    order: Order
    racks: int
    unplannable: int
    requested: date
    promised: date | None
    first_promised: date | None
    planned: date | None
    earliest: date | None
    late_racks: int
    limit: str
    sentence: str
    owner: str

    @property
    def late_days(self) -> int | None:
        """Return by how many days it ships after the day asked for, if it has a day."""
        return None if self.planned is None else (self.planned - self.requested).days

    @property
    def slip_days(self) -> int | None:
        """Return how many days the plan lies after the promise; negative before."""
        if self.planned is None or self.promised is None:
            return None
        return (self.planned - self.promised).days

    @property
    def status(self) -> str:
        """Return the word of wording.STATUSES for this order's promise."""
        if self.order.state in STOPPED_BY:
            return self.order.state
        if self.unplannable:
            return "unplannable"
        if self.planned is None:
            return "waiting"
        if self.promised is None:
            return "late" if self.planned > self.requested else "planned"
        if self.planned > self.promised:
            return "breaks"
        has_moved = (
            self.first_promised is not None and self.promised > self.first_promised
        )
        return "moved" if has_moved else "kept"


def promises_of_orders() -> QuerySet[CustomerPromise]:
    """Return the promises of the outer query's order."""
    return CustomerPromise.objects.filter(order=OuterRef("pk"))


def orders_of(site: Site, plan: Plan | None) -> "QuerySet[DatedOrder]":
    """Return a site's orders with ``promised``, ``first_promised`` and ``late_min``.

    One query however many orders; nothing is fetched yet.
    """
    promises = promises_of_orders()
    late = (
        PlannedRack.objects.filter(plan=plan, rack__order=OuterRef("pk"))
        .order_by()
        .values("rack__order")
        .annotate(most=Max("late_min"))
        .values("most")
    )
    return (
        Order.objects.filter(site=site)
        .select_related("customer", "rack_model")
        .annotate(
            promised=Subquery(
                promises.order_by("-number").values("date")[:1],
                output_field=DateField(),
            ),
            first_promised=Subquery(
                promises.order_by("number").values("date")[:1],
                output_field=DateField(),
            ),
            late_min=Coalesce(Subquery(late, output_field=IntegerField()), 0),
        )
    )


def rows_of(
    orders: "Sequence[DatedOrder]", plan: Plan | None, zone: ZoneInfo
) -> list[OrderRow]:
    """Return a row for each order of ``orders_of``. Two queries."""
    last: dict[int, PlannedRack] = {}
    tally: dict[int, dict[str, int]] = {}
    earliest: dict[int, datetime] = {}
    planned = (
        PlannedRack.objects.filter(plan=plan, rack__order__in=[o.pk for o in orders])
        .annotate(order_id=F("rack__order"))
        .order_by("ships_at", "rack_id")
    )
    for rack in planned if plan else ():
        order_id: int = rack.order_id
        counts = tally.setdefault(order_id, {"late": 0, "unplannable": 0})
        counts["late"] += rack.late_min > 0
        counts["unplannable"] += bool(rack.unplannable_code)
        if rack.earliest_at is not None:
            earliest[order_id] = max(
                rack.earliest_at, earliest.get(order_id, rack.earliest_at)
            )
        if _decides(rack, last.get(order_id)):
            last[order_id] = rack
    living = dict(
        Unit.objects.racks()
        .filter(order__in=[o.pk for o in orders])
        .exclude(state=Unit.State.CANCELLED)
        .order_by()
        .values_list("order")
        .annotate(Count("pk"))
    )
    return [
        OrderRow(
            order=order,
            racks=living.get(order.pk, 0),
            unplannable=tally.get(order.pk, {}).get("unplannable", 0),
            requested=order.requested_date,
            promised=order.promised,
            first_promised=order.first_promised,
            planned=_day(last[order.pk].ships_at, zone) if order.pk in last else None,
            earliest=_day(earliest.get(order.pk), zone),
            late_racks=tally.get(order.pk, {}).get("late", 0),
            limit=last[order.pk].limit if order.pk in last else "",
            sentence=last[order.pk].sentence if order.pk in last else "",
            owner=last[order.pk].owner if order.pk in last else "",
        )
        for order in orders
    ]


def _decides(rack: PlannedRack, so_far: PlannedRack | None) -> bool:
    """Return whether a rack rather than ``so_far`` decides its order's ship date.

    A rack without a plan decides: the order has no ship date while it lacks one.
    """
    if so_far is None:
        return True
    if rack.ships_at is None or so_far.ships_at is None:
        return rack.ships_at is None
    return rack.ships_at >= so_far.ships_at


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the local day of a moment."""
    return at.astimezone(zone).date() if at else None


def racks_of(order: Order, plan: Plan | None) -> list[PlannedRack]:
    """Return the planned racks of an order, the last to ship first. One query."""
    if plan is None:
        return []
    return list(
        PlannedRack.objects.filter(plan=plan, rack__order=order)
        .select_related("rack", "bay")
        .order_by(F("ships_at").desc(nulls_first=True), "rack__serial")
    )


def bars_of(plan: Plan, rack: Unit) -> list[LimitAttribution]:
    """Return the bars of one rack's waterfall in order of time. One query."""
    return list(
        LimitAttribution.objects.filter(plan=plan, rack=rack).order_by("sequence")
    )


def bay_waits(plan: Plan) -> dict[str, list[tuple[str, int]]]:
    """Return what each rack's bay session waited for, by serial. One query.

    Limit and minutes, in order of time, of the first bay step before its work.
    """
    first_bay_step = (
        RoutingStep.objects.filter(
            rack_model=OuterRef("rack__rack_model"), place=Place.BAY
        )
        .order_by("op")
        .values("code")[:1]
    )
    bars = (
        LimitAttribution.objects.filter(plan=plan, step=Subquery(first_bay_step))
        .order_by("rack_id", "sequence")
        .values_list("rack__serial", "limit", "minutes", "is_physics")
    )
    waits: dict[str, list[tuple[str, int]]] = {}
    begun: set[str] = set()
    for serial, limit, minutes, is_physics in bars:
        if is_physics:
            begun.add(serial)
        elif serial not in begun:
            waits.setdefault(serial, []).append((limit, minutes))
    return waits


def pegs_of(plan: Plan, rack: Unit) -> list[Pegging]:
    """Return what one rack is built from, promises first. One query."""
    return list(
        Pegging.objects.filter(plan=plan, rack=rack)
        .select_related(
            "step",
            "stock_lot__part",
            "tranche__revision__commitment__line__part",
            "tranche__revision__commitment__line__purchase_order__supplier",
        )
        .order_by(F("tranche__dock_date").desc(nulls_last=True), "step__op", "pk")
    )


def promises_of(order: Order) -> list[CustomerPromise]:
    """Return every promise made for an order, first to last. One query."""
    promises = CustomerPromise.objects.filter(order=order)
    return list(promises.select_related("publication").order_by("number"))


def changes_of(order: Order) -> list[OrderChange]:
    """Return what was asked of an order, newest first, with what became of it."""
    found = OrderChange.objects.filter(order=order).select_related(
        "customer", "rack_model", "decision", "order"
    )
    return list(found.order_by("-at", "-pk"))


def stop_of(order: Order) -> ChangeDecision | None:
    """Return the decision that paused or cancelled an order, if one did. One query."""
    granted = ChangeDecision.objects.filter(
        change__order=order, kind=STOPPED_BY[order.state], is_granted=True
    )
    return granted.select_related("change").order_by("-at", "-pk").first()


def planners_of(site: Site) -> list[str]:
    """Return the names of a site's planners, who decide about its orders. One query."""
    profiles = StaffProfile.objects.filter(
        site=site, role=StaffProfile.Role.PLANNER, user__is_active=True
    ).select_related("user")
    return sorted(
        one.user.get_full_name() or one.user.get_username() for one in profiles
    )


def promises_by(change: OrderChange) -> list[CustomerPromise]:
    """Return the promises that granting a change has written."""
    rows = CustomerPromise.objects.filter(change=change)
    return list(rows.select_related("order", "predecessor").order_by("pk"))


def promised_dates(orders: Iterable[int]) -> dict[int, date]:
    """Return the date each order is promised for, by primary key. One query."""
    promises = CustomerPromise.objects.filter(order__in=set(orders))
    return dict(promises.order_by("number").values_list("order", "date"))


def matching(orders: "QuerySet[DatedOrder]", text: str) -> "QuerySet[DatedOrder]":
    """Return orders whose number, customer or model holds a text."""
    if not text:
        return orders
    return orders.filter(
        Q(number__icontains=text)
        | Q(customer__name__icontains=text)
        | Q(rack_model__code__icontains=text)
    )
