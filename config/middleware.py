"""What every request passes: id, log line, headers, body limit, the reader's zone."""

import re
import time
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from config.problems import content_too_large, wants_problem, wrong_method
from suppliers.languages import written_for

GetResponse = Callable[[HttpRequest], HttpResponseBase]

log = structlog.get_logger("rackline.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Probes come every few seconds and say nothing.
UNLOGGED_ROUTES = frozenset({"healthz", "readyz"})


def request_context(get_response: GetResponse) -> GetResponse:
    """Give each request an id, bind it to every log line, and log its end.

    The caller's ``X-Request-ID`` is kept where it is plain. The route is logged, not
    the path: a path can carry a secret, such as a link's token.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Bind, call, log, unbind."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = get_response(request)
            _log_end(request, response, started)
        response.headers["X-Request-ID"] = request_id
        return response

    return middleware


def _log_end(request: HttpRequest, response: HttpResponseBase, started: float) -> None:
    """Write the one line of a request."""
    match = request.resolver_match
    route = match.route if match else ""
    if route in UNLOGGED_ROUTES:
        return
    user = getattr(request, "user", None)
    log.info(
        "request",
        method=request.method,
        route=route,
        status=response.status_code,
        took_ms=round((time.perf_counter() - started) * 1000, 1),
        user_id=user.pk if user is not None else None,
    )


def response_headers(get_response: GetResponse) -> GetResponse:
    """Add what Django has no setting for: no device access, no shared caching."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Call, then add the headers a view has not set itself."""
        response = get_response(request)
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        )
        # A page is kept by its reader's browser alone, and asked about each time.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def body_limit(get_response: GetResponse) -> GetResponse:
    """Refuse a body over ``REQUEST_BODY_MAX_BYTES`` before a byte of it is read."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Compare the declared length; a body without one is never read."""
        try:
            length = int(request.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        if length > settings.REQUEST_BODY_MAX_BYTES:
            return content_too_large(request, settings.REQUEST_BODY_MAX_BYTES)
        return get_response(request)

    return middleware


def page_for_wrong_method(get_response: GetResponse) -> GetResponse:
    """Give a reader a page where Django answers a wrong method with nothing at all."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Call, then put the page in place of an empty refusal."""
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not wants_problem(request):
            return wrong_method(request, response.headers["Allow"])
        return response

    return middleware


def reader_zone(get_response: GetResponse) -> GetResponse:
    """Show moments in the zone of the reader's site, or of the supplier's people.

    Two queries at most, kept on the user for the page itself.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Activate the zone for this request alone."""
        with timezone.override(_zone_of(request)):
            return get_response(request)

    return middleware


def reader_language(get_response: GetResponse) -> GetResponse:
    """Show pages in the reader's language: a supplier's people read in their own.

    Everything else is written in English alone, whatever a browser asks for, so that no
    page is half in one language and half in another.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        """Activate the language for this request alone."""
        language = _language_of(request)
        with translation.override(language):
            response = get_response(request)
            response.headers["Content-Language"] = language
        return response

    return middleware


def _language_of(request: HttpRequest) -> str:
    """Return the code of the language to answer in."""
    user = request.user
    if hasattr(user, "supplier_user"):
        return written_for(user.supplier_user)
    return settings.LANGUAGE_CODE


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    """Return the reader's zone; None leaves the default, UTC."""
    user = request.user
    if hasattr(user, "staff_profile"):
        return ZoneInfo(user.staff_profile.site.zone)
    if hasattr(user, "supplier_user"):
        return ZoneInfo(user.supplier_user.supplier.zone)
    return None
