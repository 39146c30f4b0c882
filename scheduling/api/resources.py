"""Every resource of the API, in the order of the contract."""

from collections.abc import Mapping

from factory.api.boms import BOM_UPSERT, BOMS
from factory.api.orders import ORDER_CHANGES, ORDER_UPSERT, ORDERS
from factory.api.outages import OUTAGES, OutageEndView, OutagesView
from factory.api.parts import PART_UPSERT, PARTS
from factory.api.recalls import (
    RECALLS,
    RecallEndView,
    RecallsView,
    RecallTraceView,
)
from factory.api.sites import (
    POWER_BAY_UPSERT,
    POWER_BAYS,
    POWER_NODE_UPSERT,
    POWER_NODES,
    SITE_UPSERT,
    SITES,
)
from factory.api.stock import RACKS, STOCK, STOCK_UPSERT
from journal.api.operations import OPERATIONS
from journal.api.reading import ListView, ResourceView
from journal.api.resources import Resource
from scheduling.api.grid_events import GRID_EVENT_UPSERT, GRID_EVENTS
from scheduling.api.moves import PlanCheckMoveView
from scheduling.api.order_changes import (
    CHANGE_PREVIEWS,
    ChangeGrantView,
    ChangeRefuseView,
)
from scheduling.api.plans import PLANS, SCENARIOS
from scheduling.api.promises import PROMISE_DATES
from scheduling.api.publishing import PlanPreviewView, PlanPublishView
from scheduling.api.quotes import QUOTES
from scheduling.api.runs import RUNS
from scheduling.api.savings import OrderLatenessView, PlanSavingsView
from scheduling.api.scenarios import ScenariosView
from suppliers.api.answers import ANSWERS
from suppliers.api.commitments import COMMITMENTS, RECEIPTS
from suppliers.api.forecasts import FORECASTS
from suppliers.api.purchase_orders import PURCHASE_ORDER_UPSERT, PURCHASE_ORDERS
from suppliers.api.shipments import SHIPMENT_VERBS, SHIPMENTS, ShipmentsView
from suppliers.api.suppliers import SUPPLIER_UPSERT, SUPPLIERS

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
    FORECASTS,
    PLANS,
    SCENARIOS,
    GRID_EVENTS,
    OUTAGES,
    RECALLS,
    PROMISE_DATES,
)

BY_TYPE: Mapping[str, Resource] = {
    resource.object_type: resource
    for resource in (
        *RESOURCES,
        RECEIPTS,
        RUNS,
        OPERATIONS,
        QUOTES,
        CHANGE_PREVIEWS,
    )
}
"""The resource that shows an object of each type, as the journal names types."""

UPSERTS = {
    upsert.resource: upsert
    for upsert in (
        PART_UPSERT,
        BOM_UPSERT,
        SITE_UPSERT,
        POWER_NODE_UPSERT,
        POWER_BAY_UPSERT,
        ORDER_UPSERT,
        STOCK_UPSERT,
        SUPPLIER_UPSERT,
        PURCHASE_ORDER_UPSERT,
        GRID_EVENT_UPSERT,
    )
}
"""How those are written that clients may write."""

LISTINGS: Mapping[Resource, type[ListView]] = {
    OUTAGES: OutagesView,
    RECALLS: RecallsView,
    SCENARIOS: ScenariosView,
    SHIPMENTS: ShipmentsView,
}
"""Lists that take new objects too."""

VERBS: Mapping[Resource, Mapping[str, type[ResourceView]]] = {
    COMMITMENTS: ANSWERS,
    SHIPMENTS: SHIPMENT_VERBS,
    OUTAGES: {"end": OutageEndView},
    RECALLS: {"end": RecallEndView, "trace": RecallTraceView},
    ORDERS: {"lateness": OrderLatenessView},
    PLANS: {
        "check-move": PlanCheckMoveView,
        "savings": PlanSavingsView,
        "preview": PlanPreviewView,
        "publish": PlanPublishView,
    },
    ORDER_CHANGES: {"grant": ChangeGrantView, "refuse": ChangeRefuseView},
}
"""What else can be done with one object."""
