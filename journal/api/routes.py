"""Addresses of resources: one declaration, all its routes."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.views import View

from journal.api.bulk import BulkUpsertView
from journal.api.names import ByReference
from journal.api.naming import NameView
from journal.api.reading import DetailView, ListView, ResourceView, parameters_of
from journal.api.resources import Resource
from journal.api.single import DetailUpsertView, RemovableView
from journal.api.writing import Upsert


def open_route(
    route: str, view: type[View], name: str, **options: object
) -> URLPattern:
    """Return a route that asks for a client's key instead of a session."""
    return path(route, login_not_required(view.as_view(**options)), name=name)


def routes(
    resource: Resource,
    *,
    listing: type[ListView] = ListView,
    detail: type[DetailView] = DetailView,
    upsert: Upsert | None = None,
    verbs: Mapping[str, type[ResourceView]] | None = None,
) -> list[URLPattern]:
    """Return the routes of a resource: its list, verbs on one, and details.

    An ERP's id may hold slashes, so a key takes the rest of the address, and details
    come last.

    Args:
        resource: What the views show.
        listing: Serves ``parts``, and what is posted there.
        detail: Serves ``parts/{key}`` if clients may not write it.
        upsert: How it is written, if clients may write it.
        verbs: Views of ``parts/{key}:verb``; what clients may not write has ``name``.
    """
    name = resource.name
    verbs = dict(verbs or {})
    if upsert is None and isinstance(resource.naming, ByReference):
        verbs["name"] = NameView
    writes = [
        _route(
            f"{name}:bulk-upsert",
            BulkUpsertView,
            f"api-{name}-upsert",
            resource,
            upsert=upsert,
        )
    ]
    return [
        *(writes if upsert else []),
        _route(name, listing, f"api-{name}", resource, parameters_of(resource)),
        *(
            _route(f"{name}/<path:key>:{verb}", view, f"api-{name}-{verb}", resource)
            for verb, view in verbs.items()
        ),
        _route(
            f"{name}/<path:key>",
            _single_view(upsert, detail),
            f"api-{name}-one",
            resource,
            {"fields"},
            **({"upsert": upsert} if upsert else {}),
        ),
    ]


def _single_view(upsert: Upsert | None, detail: type[DetailView]) -> type[DetailView]:
    """Return what serves one object."""
    if upsert is None:
        return detail
    return DetailUpsertView if upsert.remove is None else RemovableView


def _route(
    route: str,
    view: type[ResourceView],
    name: str,
    resource: Resource,
    parameters: Iterable[str] = (),
    **given: object,
) -> URLPattern:
    """Return one route; each method the view serves needs the resource's capability."""
    served = [
        one for one in ("GET", "POST", "PUT", "DELETE") if hasattr(view, one.lower())
    ]
    return open_route(
        route,
        view,
        name,
        resource=resource,
        capabilities=dict.fromkeys(served, resource.capability),
        query_parameters=frozenset(parameters) | view.query_parameters,
        **given,
    )
