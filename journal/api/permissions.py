"""Who an API view serves; it must not import views, which look here when they load."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from journal.models import ApiClient

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """Refuse everybody: the answer of a view that declared no permission."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse."""
        return False


class HasCapability(BasePermission):
    """Let a client in that holds a capability the view names for the method.

    A view names one, or several by space: any of them opens it.
    """

    message = "This API client lacks the capability the request needs."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Deny by default: a method without a capability serves nobody."""
        capability = getattr(view, "capabilities", {}).get(request.method)
        return (
            isinstance(request.auth, ApiClient)
            and capability is not None
            and any(getattr(request.auth, name) for name in capability.split())
        )
