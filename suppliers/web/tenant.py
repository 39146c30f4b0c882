"""The doors of suppliers' pages: every view gets its tenant, in its own time zone.

One door is the log-in, the other a link from a mail. A link's page uses no cookie: the
token in its address is what lets it in, and what a forged request would not know, so a
CSRF token would guard nothing. Nothing is told to where the reader goes next.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from factory.access import SAFE_METHODS
from suppliers.languages import written_for
from suppliers.models import AnswerLink
from suppliers.queries.links import LinkState, link_of, state_of
from suppliers.services.links import note_use
from suppliers.tenancy import Role, Tenant, tenant_of, tenant_of_link

LINK_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
}

TenantView = Callable[Concatenate[HttpRequest, Tenant, ...], HttpResponse]
"""A view of the portal."""


def for_role(role: Role) -> Callable[[TenantView], Callable[..., HttpResponse]]:
    """Give a view its tenant; a changing request needs the rights of a role.

    Raises:
        PermissionDenied: If the user acts for no supplier, or has not that right.
    """

    def decorate(view: TenantView) -> Callable[..., HttpResponse]:
        """Wrap one view."""

        @wraps(view)
        def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            """Find the tenant, check the right, show times in its zone."""
            tenant = tenant_of(request)
            if request.method not in SAFE_METHODS:
                tenant.must(role)
            with timezone.override(tenant.zone):
                return view(request, tenant, *args, **kwargs)

        return scoped

    return decorate


for_tenant = for_role(Role.ANSWER)
"""Give a view its tenant; only who may answer gets past a changing request."""


LinkView = Callable[Concatenate[HttpRequest, AnswerLink, str, ...], HttpResponse]
"""A view of a link, live or not; takes the link and its token."""


def for_link(view: LinkView) -> Callable[..., HttpResponse]:
    """Give a view the link its address names; one that nobody was sent is not there."""

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def found(
        request: HttpRequest, token: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Find the link, and let nothing of its address out."""
        link = link_of(token)
        if link is None:
            response = render(request, "suppliers/link_unknown.html", status=404)
        else:
            with (
                timezone.override(link.contact.supplier.zone),
                translation.override(written_for(link.contact)),
            ):
                response = view(request, link, token, *args, **kwargs)
        for name, value in LINK_HEADERS.items():
            response.headers[name] = value
        return response

    return found


def by_link(view: TenantView) -> Callable[..., HttpResponse]:
    """Give a view the tenant a live link stands for; another link gets its own page."""

    @wraps(view)
    def opened(
        request: HttpRequest, link: AnswerLink, token: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Look whether the link still opens its order; only a POST leaves a trace."""
        now = timezone.now()
        state = state_of(link, now=now)
        if state is not LinkState.LIVE:
            return link_gone(request, link, token, state)
        if request.method not in SAFE_METHODS:
            note_use(link=link, now=now)
        return view(request, tenant_of_link(link, token), *args, **kwargs)

    return for_link(opened)


def link_gone(
    request: HttpRequest,
    link: AnswerLink,
    token: str,
    state: LinkState,
    *,
    refusal: str = "",
    status: int = 410,
) -> HttpResponse:
    """Say that a link opens nothing any more, and offer a fresh one where it may."""
    context = {
        "token": token,
        "is_expired": state is LinkState.EXPIRED,
        "order": link.purchase_order,
        "supplier": link.contact.supplier,
        "to": masked(link.message.to),
        "refusal": refusal,
        "csrf_token": "",
    }
    return render(request, "suppliers/link_gone.html", context, status=status)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}…@{host[:1]}….{host.rpartition('.')[2]}"
