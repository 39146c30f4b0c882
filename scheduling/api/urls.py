"""Addresses of the API, below ``/api/v1/``."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views import View
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from factory.api.views import OrderUpsertView
from scheduling.api import views
from suppliers.api.views import PurchaseOrderUpsertView


def _open(route: str, view: type[View], name: str, **kwargs: object) -> URLPattern:
    """Return a route that asks for a client's key instead of a session."""
    return path(route, login_not_required(view.as_view(**kwargs)), name=name)


urlpatterns: list[URLPattern] = [
    _open("orders:bulk-upsert", OrderUpsertView, "api-orders-upsert"),
    _open(
        "purchase-orders:bulk-upsert",
        PurchaseOrderUpsertView,
        "api-purchase-orders-upsert",
    ),
    _open("promise-dates", views.PromiseDateView, "api-promise-dates"),
    _open("runs", views.RunsView, "api-runs"),
    _open("runs/<str:run>:cancel", views.RunCancelView, "api-run-cancel"),
    _open("runs/<str:run>", views.RunView, "api-run"),
    _open("openapi.yaml", SpectacularAPIView, "api-schema", authentication_classes=[]),
    _open(
        "docs",
        SpectacularSwaggerView,
        "api-docs",
        url_name="api-schema",
        authentication_classes=[],
    ),
]
