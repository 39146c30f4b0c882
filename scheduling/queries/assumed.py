"""What adjustments of a scenario may name, for forms and for refusals."""

from collections.abc import Collection

from factory.models import (
    Calendar,
    CoolingLoop,
    Crew,
    Order,
    Part,
    PowerBay,
    PowerNode,
    RackModel,
    Site,
    WorkCentre,
)
from scheduling.engine.adjust.base import Asks
from suppliers.models import PurchaseOrder, Supplier

Choice = tuple[str, str]
"""The name as an adjustment has it, and what people call it."""

MOST_CHOICES = 500
"""Of one field; more are typed, not chosen."""


def choices_of(site: Site, asks: Asks) -> list[Choice]:
    """Return what a field may name at a site. At most three queries.

    Empty for fields that count or date something.
    """
    read = _CHOICES.get(asks)
    return read(site)[:MOST_CHOICES] if read else []


def known_names(site: Site, asks: Asks, names: Collection[str]) -> set[str] | None:
    """Return which of some names are there; None where nothing is named."""
    if asks == Asks.ORDER:
        rows = Order.objects.filter(site=site, number__in=names)
        return set(rows.values_list("number", flat=True))
    if asks == Asks.PART:
        return set(Part.objects.filter(code__in=names).values_list("code", flat=True))
    if asks == Asks.SUPPLIER:
        return set(
            Supplier.objects.filter(name__in=names).values_list("name", flat=True)
        )
    read = _CHOICES.get(asks)
    return {name for name, _ in read(site)} if read else None


def _bays(site: Site) -> list[Choice]:
    codes = PowerBay.objects.filter(site=site).order_by("code")
    return [(code, code) for code in codes.values_list("code", flat=True)]


def _power(site: Site) -> list[Choice]:
    nodes = PowerNode.objects.filter(site=site).order_by("kind", "code")
    loops = CoolingLoop.objects.filter(site=site).order_by("code")
    return [
        (f"site:{site.code}", "Site power"),
        *(
            (f"node:{node.code}", f"{node.get_kind_display()} {node.code}")
            for node in nodes
            if node.kind != PowerNode.Kind.FEED
        ),
        *((f"loop:{loop.code}", loop.name) for loop in loops),
    ]


def _places(site: Site) -> list[Choice]:
    rows = WorkCentre.objects.filter(site=site).order_by("place")
    return [(f"place:{row.place}", row.name) for row in rows]


def _crews(site: Site) -> list[Choice]:
    rows = Crew.objects.filter(site=site).order_by("skill")
    return [(f"crew:{row.skill}", row.name) for row in rows]


def _calendars(site: Site) -> list[Choice]:
    rows = Calendar.objects.filter(site=site).order_by("code")
    return [(f"calendar:{row.code}", row.name) for row in rows]


def _outages(site: Site) -> list[Choice]:
    bays = [(f"bay:{code}", f"Bay {label}") for code, label in _bays(site)]
    return [*bays, *_power(site), *_places(site), *_crews(site)]


def _suppliers(site: Site) -> list[Choice]:
    """Return suppliers with an order that is open."""
    open_ = PurchaseOrder.objects.for_staff().filter(
        site=site, state=PurchaseOrder.State.OPEN
    )
    names = Supplier.objects.filter(pk__in=open_.values("supplier")).order_by("name")
    return [(name, name) for name in names.values_list("name", flat=True)]


def _parts(site: Site) -> list[Choice]:  # noqa: ARG001 - parts belong to no site
    rows = Part.objects.filter(used_in__isnull=False).distinct().order_by("code")
    return [
        (code, f"{code}, {name}") for code, name in rows.values_list("code", "name")
    ]


def _orders(site: Site) -> list[Choice]:
    rows = (
        Order.objects.filter(site=site, state=Order.State.OPEN)
        .order_by("requested_date", "number")
        .values_list("number", "customer__name", "quantity")
    )
    return [
        (number, f"{number}, {customer}, {quantity} racks")
        for number, customer, quantity in rows
    ]


def _models(site: Site) -> list[Choice]:  # noqa: ARG001 - models belong to no site
    rows = RackModel.objects.filter(steps__isnull=False).distinct().order_by("code")
    return [(code, code) for code in rows.values_list("code", flat=True)]


_CHOICES = {
    Asks.BAY: _bays,
    Asks.POWER: _power,
    Asks.PLACE: _places,
    Asks.CREW: _crews,
    Asks.CALENDAR: _calendars,
    Asks.OUTAGE: _outages,
    Asks.SUPPLIER: _suppliers,
    Asks.PART: _parts,
    Asks.ORDER: _orders,
    Asks.MODEL: _models,
}
