"""Errors of API views, in one shape."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from config.problems import problem
from journal.api.faults import faults_of

ERRORS_MAX = 1_000


def problem_from_exception(
    exception: Exception,
    context: dict[str, Any],  # noqa: ARG001
) -> JsonResponse | None:
    """Answer an exception of an API view as a problem; None leaves it to the 500."""
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    if not isinstance(exception, exceptions.APIException):
        return None
    set_rollback()
    response = _problem(exception)
    if challenge := getattr(exception, "auth_header", None):
        response.headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(exception, "wait", None):
        response.headers["Retry-After"] = str(int(wait_s))
    for name, value in getattr(exception, "headers", {}).items():
        response.headers[name] = value
    return response


def _problem(exception: exceptions.APIException) -> JsonResponse:
    """Word one exception; bad input lists at most ``ERRORS_MAX`` faults."""
    if not isinstance(exception.detail, exceptions.ErrorDetail):
        faults = list(faults_of(exception.detail))
        return problem(
            status=exception.status_code,
            code="invalid",
            detail="The request is understood, but some of its values are wrong.",
            errors=faults[:ERRORS_MAX],
        )
    return problem(
        status=exception.status_code,
        code=exception.detail.code or "error",
        detail=str(exception.detail),
        members=getattr(exception, "members", None),
    )
