"""One shape of error: problem+json (RFC 9457) under /api/, a page everywhere else."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
PAGES = "/api/v1/problems/"
"""Where each kind of problem has its page."""


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    members: Mapping[str, Any] | None = None,
) -> JsonResponse:
    """Answer with a problem.

    Args:
        status: HTTP status, 400 to 599.
        code: Stable, for machines: ``not_found``.
        detail: One plain sentence for people.
        errors: For bad input, one entry a fault: JSON pointer, code, detail.
        members: What this problem says beyond the others, such as an address.
    """
    body: dict[str, Any] = {
        "type": f"{PAGES}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    body.update(members or {})
    if errors is not None:
        body["errors"] = errors
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def wants_problem(request: HttpRequest) -> bool:
    """Tell whether the caller is a program and not a browser."""
    return request.path_info.startswith(API_PREFIX)


def content_too_large(request: HttpRequest, limit_bytes: int) -> HttpResponse:
    """Refuse a body over its limit, in bytes."""
    detail = _("The request's body is over the limit of %(limit)s bytes.") % {
        "limit": f"{limit_bytes:,}"
    }
    if wants_problem(request):
        return problem(status=413, code="content_too_large", detail=detail)
    return render(request, "413.html", {"detail": detail}, status=413)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses before a view sees it."""
    if isinstance(exception, RequestDataTooBig):
        return content_too_large(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if wants_problem(request):
        return problem(
            status=400, code="bad_request", detail="The request cannot be understood."
        )
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal."""
    if wants_problem(request):
        return problem(
            status=403, code="permission_denied", detail="This is not yours to do."
        )
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if wants_problem(request):
        return problem(
            status=404, code="not_found", detail="Nothing is at this address."
        )
    return defaults.page_not_found(request, exception)


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer a reader whom a new sign-in, say, led to the address of a form.

    Args:
        request: The request.
        allowed: The methods that the address takes, as in ``Allow``.
    """
    page = render(request, "405.html", status=405)
    page.headers["Allow"] = allowed
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours; the log has it under the request's id."""
    if wants_problem(request):
        return problem(
            status=500,
            code="server_error",
            detail="Something failed here. The request's id finds it in the log.",
        )
    return defaults.server_error(request)
