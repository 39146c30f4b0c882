"""The demo's orders and racks, due at 95 % of what the site's power can carry."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from factory.ceilings import weekly_ceilings
from factory.models import (
    ChangeDecision,
    Customer,
    Order,
    OrderChange,
    RackModel,
    Site,
    Unit,
)

SHARES = {"GB200": 0.2, "GB300": 0.6, "VR200": 0.2}
LOAD = 0.95
SHORTEST_SPAN_DAYS = 10
FIRST_DUE_DAYS = 1
FLEXIBLE_SHARE = 0.3
FLEXIBLE_LATE_CENTS_PER_DAY = 300_000
MOST_RACKS = {"GB200": 6, "GB300": 8, "VR200": 4}
FIRST_ORDER_NUMBER = 2101
FIRST_RACK_NUMBER = 301
OLDEST_DAYS = 70
NEWEST_DAYS = 18
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Book:
    """The demo's orders with their racks, both in order of due date."""

    orders: tuple[Order, ...]
    racks: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyers:
    """Who orders what, when: the givens of the order book."""

    site: Site
    models: dict[str, RackModel]
    customers: tuple[Customer, ...]
    as_of: datetime
    seed: int


def build_orders(given: Buyers, racks: int) -> Book:
    """Write orders of 1 to 8 racks and their racks, all planned.

    Racks are due one after the other at the pace at which the site's power could make
    95 % of them, over ten days at least (the test floor works every day). A date
    that falls on a Sunday, when nothing is packed, moves a day, each second one back.

    Args:
        given: Site, models, customers, moment and seed.
        racks: How many; at least 1.
    """
    random = Random(f"{given.seed}:orders")  # noqa: S311 - dice of a demo
    weeks_a_rack = {
        code: 1
        / (LOAD * weekly_ceilings(given.site, model)["power:site"].racks_per_week)
        for code, model in given.models.items()
    }
    sizes = _sizes(random, racks)
    total_days = 7 * sum(weeks_a_rack[code] * size for code, size in sizes)
    stretch = max(1.0, SHORTEST_SPAN_DAYS / total_days)
    zone = ZoneInfo(given.site.zone)
    first_due = given.as_of.astimezone(zone).date() + timedelta(days=FIRST_DUE_DAYS)
    orders = []
    weeks = 0.0
    for place, (code, size) in enumerate(sizes):
        weeks += weeks_a_rack[code] * size * stretch
        # A hair before its end: the last rack of a full day is due on that day.
        due = first_due + timedelta(days=int(7 * weeks - 1e-6))
        orders.append(_order(given, random, (place, code, size, due)))
    Order.objects.bulk_create(orders, batch_size=1_000)
    _build_changes(given, orders)
    return Book(orders=tuple(orders), racks=_build_racks(orders))


def _sizes(random: Random, racks: int) -> list[tuple[str, int]]:
    """Return model and size of each order, the mix kept all along."""
    made = dict.fromkeys(SHARES, 0)
    sizes = []
    left = racks
    while left:
        done = racks - left + 1
        code = max(SHARES, key=lambda name: SHARES[name] * done - made[name])
        size = min(left, random.randint(1, MOST_RACKS[code]))
        made[code] += size
        left -= size
        sizes.append((code, size))
    return sizes


def _order(given: Buyers, random: Random, row: tuple[int, str, int, date]) -> Order:
    """Return one unsaved order."""
    place, code, size, due = row
    is_flexible = random.random() < FLEXIBLE_SHARE
    received = given.as_of - timedelta(
        days=random.randint(NEWEST_DAYS, OLDEST_DAYS), minutes=random.randrange(600)
    )
    order = Order(
        number=f"CO-{FIRST_ORDER_NUMBER + place}",
        customer=random.choice(given.customers),
        site=given.site,
        rack_model=given.models[code],
        quantity=size,
        received_at=received,
        requested_date=due + timedelta(days=_off_sunday(due, place)),
    )
    if is_flexible:
        order.service_class = Order.ServiceClass.FLEXIBLE
        order.late_cents_per_day = FLEXIBLE_LATE_CENTS_PER_DAY
    return order


def _off_sunday(day: date, place: int) -> int:
    """Return the days to move a due date by, so that none is a Sunday."""
    if day.weekday() != _SUNDAY:
        return 0
    return 1 if place % 2 else -1


def _build_changes(given: Buyers, orders: list[Order]) -> None:
    """Write one change the factory has absorbed already."""
    order = orders[len(orders) // 2]
    at = given.as_of - timedelta(days=5)
    change = OrderChange.objects.create(
        order=order,
        kind=OrderChange.Kind.PUSH_OUT,
        author=order.customer.name,
        reason="The hall at the customer's is ready later.",
        requested_date=order.requested_date,
        at=at,
    )
    ChangeDecision.objects.create(
        change=change,
        kind=change.kind,
        is_granted=True,
        author="Planning desk",
        actor="system",
        granted_date=order.requested_date,
        state_before=order.state,
        state_after=order.state,
        quantity_before=order.quantity,
        quantity_after=order.quantity,
        racks_begun=0,
        racks_tested=0,
        at=at,
    )


def _build_racks(orders: list[Order]) -> tuple[Unit, ...]:
    """Write the racks of each order, planned."""
    racks: list[Unit] = []
    for order in orders:
        for _ in range(order.quantity):
            number = FIRST_RACK_NUMBER + len(racks)
            racks.append(
                Unit(
                    serial=f"R-{number:04}",
                    kind=Unit.Kind.RACK,
                    site=order.site,
                    rack_model=order.rack_model,
                    order=order,
                )
            )
    Unit.objects.bulk_create(racks, batch_size=1_000)
    return tuple(racks)
