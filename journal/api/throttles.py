"""A client's requests a minute, told in headers and refused beyond."""

from typing import TYPE_CHECKING

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from journal.models import ApiClient
from journal.rates import Allowance, spend

if TYPE_CHECKING:
    from rest_framework.views import APIView


class RateLimitedError(APIException):
    """The client has used up its requests; ``wait`` becomes Retry-After."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "rate_limited"

    def __init__(self, allowance: Allowance) -> None:
        """Name the limit and when it begins anew."""
        super().__init__(
            f"This client has made its {allowance.limit:,} requests of this minute: "
            f"go on in {allowance.reset_s} s."
        )
        self.wait = allowance.reset_s


class ClientRate(BaseThrottle):
    """Count each request of a client that may make it."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count, and leave the allowance for the answer's headers.

        Raises:
            RateLimitedError: If the request is one too many.
        """
        if not isinstance(request.auth, ApiClient):
            return True
        allowance = spend(request.auth.pk, request.auth.requests_per_min)
        view.allowance = allowance  # type: ignore[attr-defined]  # ClientView reads it
        if allowance.is_spent:
            raise RateLimitedError(allowance)
        return True
