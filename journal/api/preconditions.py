"""Writes that hold for one version of an object: If-Match, and its refusals."""

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

HEADER = "If-Match"
ETAG = re.compile(r'(?:W/)?"([^"]*)"')


class PreconditionRequired(APIException):
    """The request does not say in If-Match which version it was decided on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "precondition_required"
    default_detail = "Send If-Match with the object's ETag as you read it."


class ChangedSince(APIException):
    """The object is not what the caller decided on."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed_since"
    default_detail = "The object has changed since you read it. Nothing was changed."


def if_match(about: str, *, required: bool = False) -> OpenApiParameter:
    """Return the header as the contract describes it."""
    return OpenApiParameter(
        HEADER, str, OpenApiParameter.HEADER, required=required, description=about
    )


def decided_on(request: Request, version: int) -> int:
    """Return the version a change was decided on: the object's own, or ``*``.

    Raises:
        PreconditionRequired: If the request does not say.
        ChangedSince: If it is another than the object's.
    """
    header = version_of(request)
    if header != "*" and str(version) not in ETAG.findall(header):
        raise ChangedSince
    return version


def version_of(request: Request) -> str:
    """Return what a request says in If-Match.

    Raises:
        PreconditionRequired: If it says nothing.
    """
    said = request.headers.get(HEADER, "").strip()
    if not said:
        raise PreconditionRequired
    return said
