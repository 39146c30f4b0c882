"""API clients and their calls, for tests."""

import json
from itertools import count
from typing import Any

import httpx
from django.http import HttpResponse
from django.test import Client

from journal.keys import create_client

_keys = count(1)


class Caller:
    """An API client with its key, as an ERP's program holds it."""

    def __init__(self, *, host: str = "testserver", **capabilities: bool) -> None:
        """Make a client with the named capabilities, which calls a host by its name."""
        number = next(_keys)
        made = create_client(
            name=f"erp-{number}", system="erp", actor="system", **capabilities
        )
        self.client = made.client
        self.key = made.key
        self._http = Client(raise_request_exception=False, SERVER_NAME=host)

    def get(
        self, path: str, *, headers: dict[str, str] | None = None, **query: Any
    ) -> HttpResponse:
        """GET below /api/v1/."""
        sent = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        return self._http.get(f"/api/v1/{path}", query, headers=sent)

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """POST JSON below /api/v1/ with a fresh idempotency key unless one is given."""
        return self._http.post(
            f"/api/v1/{path}",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {self.key}",
                "Idempotency-Key": key or f"key-{next(_keys)}",
            }
            | (headers or {}),
        )

    def put(
        self,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        query: str = "",
    ) -> HttpResponse:
        """PUT JSON, or nothing, below /api/v1/."""
        return self._http.put(
            f"/api/v1/{path}{query}",
            body if isinstance(body, bytes) else json.dumps(body) if body else "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"} | (headers or {}),
        )

    def delete(
        self, path: str, *, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        """DELETE below /api/v1/."""
        sent = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        return self._http.delete(f"/api/v1/{path}", headers=sent)


def to_rackline() -> httpx.MockTransport:
    """Return a way for httpx into this process, inside the test's transaction."""
    http = Client(raise_request_exception=False)

    def answer(request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        response = http.generic(
            request.method,
            request.url.raw_path.decode(),
            request.content,
            content_type=request.headers.get("Content-Type", "application/json"),
            headers=dict(request.headers),
        )
        return httpx.Response(
            response.status_code,
            headers=dict(response.items()),
            content=response.content,
        )

    return httpx.MockTransport(answer)
