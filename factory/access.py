"""Who may open a page: one decorator, denied by default.

Every view in the URL tree carries ``allow(...)``; a test walks the tree and fails for a
view without it. Rows are scoped by the queries; this module decides about pages only.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Audience(StrEnum):
    """Everybody who may sign in: DESIGN's staff roles, and suppliers."""

    PLANNER = "planner"
    BUYER = "buyer"
    ENERGY_DESK = "energy_desk"
    TECHNICIAN = "technician"
    QUALITY = "quality"
    ADMINISTRATOR = "administrator"
    SUPPLIER = "supplier"


STAFF = tuple(audience for audience in Audience if audience != Audience.SUPPLIER)
OFFICE = tuple(audience for audience in STAFF if audience != Audience.TECHNICIAN)


def audience_of(user: AbstractBaseUser | AnonymousUser) -> Audience | None:
    """Return what a signed-in user is, or None for a user who is nothing yet.

    A superuser is an administrator. Costs at most two queries, cached on the user.
    """
    if not user.is_authenticated:
        return None
    if getattr(user, "is_superuser", False):
        return Audience.ADMINISTRATOR
    if hasattr(user, "staff_profile"):
        return Audience(user.staff_profile.role)
    if hasattr(user, "supplier_user"):
        return Audience.SUPPLIER
    return None


View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]
"""A function view."""


def allow(
    *readers: Audience, writers: tuple[Audience, ...] = ()
) -> Callable[[View], View]:
    """Let ``readers`` open a view and ``writers`` also change something with it.

    Administrators may do what any member of staff may. Anybody else who is signed in
    gets 403; who is not signed in is sent to the sign-in page.

    Args:
        readers: May send GET, HEAD and OPTIONS.
        writers: May also send POST; empty means nobody does.
    """

    def decorate(view: View) -> View:
        """Wrap one view and note its audiences for the access matrix."""

        @wraps(view)
        def checked(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            """Check the audience before anything else happens."""
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            is_reading = request.method in SAFE_METHODS
            if not is_reading and not writers:
                return HttpResponseNotAllowed(sorted(SAFE_METHODS))
            audience = audience_of(request.user)
            if audience not in granted(readers + writers if is_reading else writers):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.readers = granted(readers + writers)  # type: ignore[attr-defined]
        checked.writers = granted(writers)  # type: ignore[attr-defined]
        return checked

    return decorate


def granted(audiences: tuple[Audience, ...]) -> frozenset[Audience]:
    """Return the audiences with administrators added where any staff is allowed."""
    if any(audience in STAFF for audience in audiences):
        return frozenset(audiences) | {Audience.ADMINISTRATOR}
    return frozenset(audiences)
