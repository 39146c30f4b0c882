"""What the dock expects, and what waits there for quality."""

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from factory.models import Site
from suppliers.models import Finding, Receipt, ShipmentLine

AHEAD_DAYS = 1
ROWS = 60


def expected(
    site: Site, *, today: date, is_all: bool = False, also: Collection[int] = ()
) -> list[ShipmentLine]:
    """Return what should come by tomorrow, overdue first. Two queries.

    Args:
        site: Where it comes.
        today: Date there.
        is_all: Whatever is on the way: a lorry may be early.
        also: Keys of lines to be among them, on whatever day they are due.
    """
    on_the_way = _on_the_way(site)
    if not is_all:
        soon = Q(shipment__expected_on__lte=today + timedelta(days=AHEAD_DAYS))
        on_the_way = on_the_way.filter(soon | Q(pk__in=also))
    rows = (
        on_the_way.select_related(
            "shipment__supplier",
            "line__purchase_order",
            "line__part",
            "line__commitment__current__substitute",
        )
        .prefetch_related("serials")
        .order_by("shipment__expected_on", "shipment", "number")
    )
    return list(rows[:ROWS])


def later(site: Site, *, today: date) -> int:
    """Return how many lines of shipments come after tomorrow. One query."""
    after = today + timedelta(days=AHEAD_DAYS)
    return _on_the_way(site).filter(shipment__expected_on__gt=after).count()


def _on_the_way(site: Site) -> QuerySet[ShipmentLine]:
    """Return the lines of shipments that have not been counted to their end."""
    return ShipmentLine.objects.for_staff().filter(
        shipment__site=site, state=ShipmentLine.State.ON_THE_WAY
    )


def on_hold(site: Site) -> QuerySet[Receipt]:
    """Return deliveries that quality has to look at, oldest first."""
    return (
        Receipt.objects.for_staff()
        .filter(line__purchase_order__site=site, lot__is_on_hold=True)
        .exclude(findings__kind=Finding.Kind.RETURN)
        .select_related("lot__part", "line__purchase_order__supplier")
        .order_by("received_on", "pk")
    )


def announced_line(site: Site, key: int) -> ShipmentLine | None:
    """Return one line of a shipment to a site, counted or not. One query."""
    return (
        ShipmentLine.objects.for_staff()
        .select_related(
            "line__purchase_order",
            "line__part",
            "line__commitment__current__substitute",
        )
        .filter(pk=key, shipment__site=site)
        .first()
    )
