"""Who an API view serves; it must not import views, which look here when they load."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from journal.models import ApiClient
from journal.scopes import allows, scope_of

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """Refuse everybody: the answer of a view that declared no permission."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse."""
        return False


class HasCapability(BasePermission):
    """Let a client in that holds a capability the view names for the method.

    A view names one, or several by space: any of them opens it. A client that is held
    to scopes needs the request's as well.
    """

    code = "permission_denied"
    message = "This API client lacks the capability the request needs."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Deny by default: a method without a capability serves nobody."""
        method = request.method or ""
        capability = getattr(view, "capabilities", {}).get(method)
        client = request.auth
        if not isinstance(client, ApiClient) or capability is None:
            return False
        if not any(getattr(client, name) for name in capability.split()):
            return False
        needed = scope_of(view, getattr(view, "resource", None), method)
        if not allows(client.scopes, needed):
            self.code = "scope_missing"
            self.message = f"This API client is held to other scopes than {needed}."
            return False
        return True
