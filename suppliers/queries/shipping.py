"""What a supplier can ship, and what it has announced."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from suppliers.ledger import STANDING
from suppliers.models import Shipment
from suppliers.queries.portal import OwnLine, open_lines, own_lines
from suppliers.tenancy import Tenant

ROWS = 200
LATEST = 50


def shippable(
    tenant: Tenant, *, now: datetime, keys: Collection[int] = ()
) -> list[OwnLine]:
    """Return promised lines of which something has not left yet. Two queries."""
    lines = open_lines(tenant, now=now).filter(commitment__state__in=STANDING)
    if keys:
        lines = lines.filter(pk__in=keys)
    found = own_lines(lines[:ROWS], now=now)
    return [own for own in found if left_to_ship(own)]


def left_to_ship(own: OwnLine) -> int:
    """Return the pieces that are promised and have neither left nor come."""
    promised = sum(delivery.quantity for delivery in own.promise)
    return max(0, promised - own.line.on_the_way)


def announced(tenant: Tenant) -> QuerySet[Shipment]:
    """Return the supplier's shipments, the newest first."""
    return (
        tenant.shipments()
        .select_related("site")
        .prefetch_related("lines__line__purchase_order", "lines__line__part")
        .order_by("-pk")[:LATEST]
    )
