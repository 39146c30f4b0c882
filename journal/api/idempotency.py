"""Repeated requests: the same key gives the same answer, byte for byte."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from journal.models import ApiClient, IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
KEPT_HEADERS = (
    "ETag",
    "Location",
    "Operation-Location",
    "Preference-Applied",
    "Retry-After",
)
"""Of an answer that is given again."""
KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
KEY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": f"^{KEY.pattern}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Visible ASCII; the same key and body is done once.",
)


class KeyReusedError(APIException):
    """Another body was sent with a key already used."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with another request."


class InFlightError(APIException):
    """The first request with this key has not been answered yet."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency_key_in_flight"
    default_detail = "A request with this Idempotency-Key is being answered."


def forget_old(now: datetime | None = None) -> int:
    """Delete keys used ``IDEMPOTENCY_KEPT_H`` ago or earlier; return how many.

    Args:
        now: Aware; None is now.
    """
    until = (now or timezone.now()) - timedelta(hours=settings.IDEMPOTENCY_KEPT_H)
    deleted, _ = IdempotencyKey.objects.filter(created_at__lte=until).delete()
    return deleted


class Replay(NamedTuple):
    """An answer given before."""

    status: int
    body: bytes
    headers: dict[str, str]


def begin(client: ApiClient, request: Request) -> IdempotencyKey | Replay:
    """Take the key inside the caller's transaction, or return what was answered.

    A second request with the key waits for the first one's commit.

    Raises:
        ValidationError: If the header is missing or too long.
        KeyReusedError: If the key was used with another method, path or body.
        InFlightError: If the first request takes longer than the database waits.
    """
    key = request.headers.get(HEADER, "")
    if not KEY.fullmatch(key):
        raise ValidationError(
            {
                HEADER: [
                    f"Send this header: 1 to {LONGEST_KEY} visible ASCII characters."
                ]
            }
        )
    request_hash = _hash(request)
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                client=client, key=key, request_hash=request_hash
            )
    except IntegrityError:
        kept = IdempotencyKey.objects.get(client=client, key=key)
    except OperationalError as error:
        raise InFlightError from error
    if kept.request_hash != request_hash:
        raise KeyReusedError
    if kept.status is None:
        raise InFlightError
    return Replay(kept.status, bytes(kept.body), kept.headers)


def keep(started: IdempotencyKey, answer: HttpResponse) -> None:
    """Write the answer beside the change it reports. One UPDATE."""
    started.status = answer.status_code
    started.body = answer.content
    started.headers = {
        name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers
    }
    started.save(update_fields=["status", "body", "headers"])


def _hash(request: Request) -> str:
    """Return the SHA-256 of method, path with query, and body."""
    http = request._request  # noqa: SLF001 - the raw body, before any parser
    text = f"{http.method} {http.get_full_path()}\n".encode()
    return hashlib.sha256(text + http.body).hexdigest()
