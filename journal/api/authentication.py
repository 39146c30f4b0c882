"""Who calls the API: a client, by the key it sends as a bearer token."""

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from journal.keys import client_of
from journal.models import ApiClient

LONGEST_KEY = 200


class ClientKeyAuthentication(BaseAuthentication):
    """Read ``Authorization: Bearer rk_…`` and set ``request.auth`` to the client."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiClient] | None:
        """Return the client, or None when no bearer token was sent.

        Raises:
            AuthenticationFailed: If the key is unknown, expired or switched off; the
                answer does not say which.
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        key = words[1].decode("ascii", "replace") if len(words) == 2 else ""  # noqa: PLR2004
        client = client_of(key) if 0 < len(key) <= LONGEST_KEY else None
        if client is None:
            raise AuthenticationFailed("The API key is not valid.")
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing key is 401 and not 403."""
        return 'Bearer realm="rackline"'


class ClientKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the OpenAPI file about bearer keys."""

    target_class = "journal.api.authentication.ClientKeyAuthentication"
    name = "clientKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rk_…"}
