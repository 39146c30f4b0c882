"""What the dock expects, and what waits there for quality."""

from datetime import date, timedelta

from django.db.models import QuerySet

from factory.models import Site
from suppliers.models import Finding, Receipt, ShipmentLine

AHEAD_DAYS = 1
ROWS = 60


def expected(site: Site, *, today: date) -> list[ShipmentLine]:
    """Return what should come by tomorrow, overdue first. Two queries."""
    rows = (
        ShipmentLine.objects.for_staff()
        .filter(
            shipment__site=site,
            state=ShipmentLine.State.ON_THE_WAY,
            shipment__expected_on__lte=today + timedelta(days=AHEAD_DAYS),
        )
        .select_related(
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
    return (
        ShipmentLine.objects.for_staff()
        .filter(
            shipment__site=site,
            state=ShipmentLine.State.ON_THE_WAY,
            shipment__expected_on__gt=today + timedelta(days=AHEAD_DAYS),
        )
        .count()
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
