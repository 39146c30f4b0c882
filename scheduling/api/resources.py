"""Every resource of the API, in the order of the contract."""

from collections.abc import Mapping

from factory.api.boms import BOMS
from factory.api.orders import ORDER_CHANGES, ORDERS
from factory.api.parts import PARTS
from factory.api.sites import POWER_BAYS, POWER_NODES, SITES
from factory.api.stock import RACKS, STOCK
from journal.api.resources import Resource
from scheduling.api.plans import GRID_EVENTS, PLANS, SCENARIOS
from scheduling.api.promises import PROMISE_DATES
from scheduling.api.runs import RUNS
from suppliers.api.commitments import COMMITMENTS, RECEIPTS
from suppliers.api.purchase_orders import PURCHASE_ORDERS
from suppliers.api.shipments import SHIPMENTS
from suppliers.api.suppliers import SUPPLIERS

RESOURCES = (
    PARTS,
    BOMS,
    SITES,
    POWER_NODES,
    POWER_BAYS,
    ORDERS,
    ORDER_CHANGES,
    RACKS,
    STOCK,
    SUPPLIERS,
    PURCHASE_ORDERS,
    COMMITMENTS,
    SHIPMENTS,
    PLANS,
    SCENARIOS,
    GRID_EVENTS,
    PROMISE_DATES,
)

BY_TYPE: Mapping[str, Resource] = {
    resource.rows().model.__name__.lower(): resource
    for resource in (*RESOURCES, RECEIPTS, RUNS)
}
"""The resource that shows an object of each type, as the journal names types."""
