"""Addresses of resources: one declaration, all its routes."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views import View

from journal.api.reading import DetailView, ListView, parameters_of
from journal.api.resources import Resource


def open_route(
    route: str, view: type[View], name: str, **options: object
) -> URLPattern:
    """Return a route that asks for a client's key instead of a session."""
    return path(route, login_not_required(view.as_view(**options)), name=name)


def routes(resource: Resource) -> list[URLPattern]:
    """Return the routes of a resource's list and details.

    An ERP's id may hold slashes, so the detail's route takes the rest of the address
    and comes after every route below the resource.
    """
    capabilities = {"GET": resource.capability}
    return [
        open_route(
            resource.name,
            ListView,
            f"api-{resource.name}",
            resource=resource,
            capabilities=capabilities,
            query_parameters=frozenset(parameters_of(resource)),
        ),
        open_route(
            f"{resource.name}/<path:key>",
            DetailView,
            f"api-{resource.name}-one",
            resource=resource,
            capabilities=capabilities,
            query_parameters=frozenset({"fields"}),
        ),
    ]
