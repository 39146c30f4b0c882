"""Addresses of the API, below ``/api/v1/``."""

from django.urls import URLPattern
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from factory.api.orders import ORDERS
from journal.api.events import EventsBaselineView, EventsView, EventView
from journal.api.operations import (
    OPERATION_ITEMS,
    OPERATIONS,
    OperationCancelView,
    OperationResultsView,
    OperationsView,
    OperationView,
)
from journal.api.reading import ListView, parameters_of
from journal.api.resources import EXECUTION
from journal.api.routes import open_route, routes
from scheduling.api.openadr import OpenAdrView
from scheduling.api.order_changes import (
    CHANGE_PREVIEWS,
    OrderChangesView,
    PreviewsView,
)
from scheduling.api.plans import PLANS
from scheduling.api.promises import PROMISE_DATES, AckView
from scheduling.api.quotes import QUOTES, QuoteBookView, QuotesView
from scheduling.api.resources import BY_TYPE, LISTINGS, RESOURCES, UPSERTS, VERBS
from scheduling.api.runs import RUNS, RunCancelView, RunsView
from scheduling.api.savings import PlanStudiesView
from suppliers.api.commitments import RECEIPTS
from suppliers.api.forecasts import FORECASTS, ForecastAnswersView
from suppliers.api.receipts import ReceiptsView

urlpatterns: list[URLPattern] = [
    open_route(
        "promise-dates/<path:key>/ack",
        AckView,
        "api-promise-dates-ack",
        resource=PROMISE_DATES,
        capabilities={"PUT": PROMISE_DATES.capability},
    ),
    open_route("openadr/<str:site>", OpenAdrView, "api-openadr"),
    open_route(
        "orders/<path:key>/changes",
        OrderChangesView,
        "api-orders-change",
        resource=ORDERS,
        capabilities={"POST": ORDERS.capability},
    ),
    open_route(
        "plans/<path:key>/studies",
        PlanStudiesView,
        "api-plans-study",
        resource=PLANS,
        # A read of a plan is sensitive data; to have it searched is code execution.
        capabilities={"POST": EXECUTION},
    ),
    open_route(
        "forecasts:answer",
        ForecastAnswersView,
        "api-forecasts-answer",
        resource=FORECASTS,
        capabilities={"POST": FORECASTS.capability},
    ),
    open_route("events", EventsView, "api-events", resources=BY_TYPE),
    open_route("events/<str:key>", EventView, "api-events-one", resources=BY_TYPE),
    open_route("events:baseline", EventsBaselineView, "api-events-baseline"),
    open_route(
        "operations/<path:key>/results",
        OperationResultsView,
        "api-operations-results",
        resource=OPERATION_ITEMS,
        capabilities={"GET": OPERATION_ITEMS.capability},
        query_parameters=frozenset(parameters_of(OPERATION_ITEMS)),
    ),
    *routes(
        OPERATIONS,
        listing=OperationsView,
        detail=OperationView,
        verbs={"cancel": OperationCancelView},
    ),
    *routes(RECEIPTS, listing=ReceiptsView),
    *routes(RUNS, listing=RunsView, verbs={"cancel": RunCancelView}),
    *routes(QUOTES, listing=QuotesView, verbs={"book": QuoteBookView}),
    *routes(CHANGE_PREVIEWS, listing=PreviewsView),
    open_route(
        "openapi.yaml", SpectacularAPIView, "api-schema", authentication_classes=[]
    ),
    open_route(
        "docs",
        SpectacularSwaggerView,
        "api-docs",
        url_name="api-schema",
        authentication_classes=[],
    ),
    *(
        route
        for resource in RESOURCES
        for route in routes(
            resource,
            listing=LISTINGS.get(resource, ListView),
            upsert=UPSERTS.get(resource),
            verbs=VERBS.get(resource),
        )
    ),
]
