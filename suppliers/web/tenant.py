"""The portal's door: every view gets its tenant, in the tenant's own time zone."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from factory.access import SAFE_METHODS
from suppliers.tenancy import Tenant, tenant_of

TenantView = Callable[Concatenate[HttpRequest, Tenant, ...], HttpResponse]
"""A view of the portal."""


def for_tenant(view: TenantView) -> Callable[..., HttpResponse]:
    """Give a view its tenant; only who may answer gets past a changing request.

    Raises:
        PermissionDenied: If the user acts for no supplier, or may only read.
    """

    @wraps(view)
    def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Find the tenant, check the right, show times in its zone."""
        tenant = tenant_of(request)
        if request.method not in SAFE_METHODS:
            tenant.must_answer()
        with timezone.override(tenant.zone):
            return view(request, tenant, *args, **kwargs)

    return scoped
