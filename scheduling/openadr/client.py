"""A utility's OpenADR 3.1 server (VTN) over HTTP: token, events, reports.

Connections go where webhooks may go: a public address looked at once, or a host the
operator names in ``OPENADR_PRIVATE_HOSTS``; no redirects, 10 s, 2 MB.
Source: OpenADR 3.1, "Security" (OAuth2 client credentials), openadr3 OpenAPI file.
"""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpcore
from django.conf import settings

from journal.errors import AddressRefusedError
from journal.webhooks.addresses import Door
from journal.webhooks.sending import Limits, PinnedBackend, tls
from scheduling.errors import VtnError

WITHIN_S = 10.0
CONNECT_WITHIN_S = 5.0
ANSWER_BYTES = 2 * 1024 * 1024
PAGE = 50
MOST_EVENTS = 1_000
TOKEN_MARGIN_S = 30.0
SCOPES = "read_all write_reports"


def vtn_door() -> Door:
    """Return the rules of where a VTN may be."""
    return Door(
        private_hosts=frozenset(
            host.strip().lower() for host in settings.OPENADR_PRIVATE_HOSTS
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: status and body."""

    status: int
    body: bytes


@dataclass(slots=True, kw_only=True)
class Vtn:
    """One server, asked as one client.

    Attributes:
        url: Its root, such as ``https://vtn.example/openadr3/3.1.0``.
        client_id: Ours there.
        secret: Ours there.
        door: What may be reached.
        clock: Monotonic seconds.
        ssl_context: How certificates are checked; None: as browsers do.
    """

    url: str
    client_id: str
    secret: str = field(repr=False)
    door: Door = field(default_factory=vtn_door)
    clock: Callable[[], float] = time.monotonic
    ssl_context: ssl.SSLContext | None = None
    _token: str = field(default="", init=False, repr=False)
    _token_until: float = field(default=0.0, init=False)

    def events(self, program: str = "") -> list[Any]:
        """Return all events this client may see, page by page.

        Raises:
            VtnError: If the server cannot be asked, or answers what cannot be read.
        """
        found: list[Any] = []
        while len(found) < MOST_EVENTS:
            query = {"skip": str(len(found)), "limit": str(PAGE)}
            if program:
                query["programID"] = program
            page = self._json("GET", f"/events?{urlencode(query)}")
            if not isinstance(page, list):
                raise VtnError("The VTN's answer to /events is no list.")
            found += page
            if len(page) < PAGE:
                return found
        raise VtnError(f"The VTN has more than {MOST_EVENTS:,} events for one client.")

    def report(self, body: Mapping[str, Any]) -> None:
        """Send one report.

        Raises:
            VtnError: If it is not taken.
        """
        self._json("POST", "/reports", json.dumps(body).encode())

    def _json(self, method: str, path: str, body: bytes = b"") -> object:
        """Ask with a token; once more with a fresh one where it is refused."""
        answer = self._ask(method, path, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._token = ""
            answer = self._ask(method, path, body)
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            about = path.partition("?")[0]
            raise VtnError(f"The VTN answered {answer.status} to {about}.")
        return _parsed(answer.body)

    def _ask(self, method: str, path: str, body: bytes) -> Answer:
        headers = {"Authorization": f"Bearer {self._token_now()}"}
        if body:
            headers["Content-Type"] = "application/json"
        return self._send(method, f"{self.url.rstrip('/')}{path}", headers, body)

    def _token_now(self) -> str:
        """Return a token that still holds, asking for one where need be."""
        if self._token and self.clock() < self._token_until:
            return self._token
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.secret,
                "scope": SCOPES,
            }
        ).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", self._token_url(), headers, form)
        if answer.status != HTTPStatus.OK:
            raise VtnError(f"The VTN gives no token: it answered {answer.status}.")
        found = _parsed(answer.body)
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise VtnError("The VTN's token cannot be read.")
        lasts = found.get("expires_in") if isinstance(found, dict) else None
        seconds = float(lasts) if isinstance(lasts, int | float) else 0.0
        self._token = token
        self._token_until = self.clock() + seconds - TOKEN_MARGIN_S
        return token

    def _token_url(self) -> str:
        """Return where tokens are given: where ``/auth/server`` says, or beside it."""
        root = self.url.rstrip("/")
        answer = self._send("GET", f"{root}/auth/server", {}, b"")
        if answer.status == HTTPStatus.OK:
            found = _parsed(answer.body)
            named = found.get("tokenURL") if isinstance(found, dict) else None
            if isinstance(named, str):
                return named
        return f"{root}/auth/token"

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send one request within the limits; follow nothing.

        Raises:
            VtnError: If the address may not be reached or does not answer.
        """
        limits = Limits(self.clock, self.clock() + WITHIN_S, bytes_left=ANSWER_BYTES)
        timeouts = {
            "connect": CONNECT_WITHIN_S,
            "read": WITHIN_S,
            "write": WITHIN_S,
            "pool": WITHIN_S,
        }
        try:
            self.door.target_of(url)
            with httpcore.ConnectionPool(
                ssl_context=self.ssl_context or tls(),
                max_connections=1,
                network_backend=PinnedBackend(self.door, limits),
            ) as pool:
                answer = pool.request(
                    method,
                    url,
                    headers=list(headers.items()),
                    content=body,
                    extensions={"timeout": timeouts},
                )
        except AddressRefusedError as error:
            raise VtnError(f"The VTN may not be asked: {error}"[:200]) from error
        except httpcore.TimeoutException as error:
            raise VtnError(
                f"The VTN did not answer within {WITHIN_S:.0f} s."
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise VtnError(f"The VTN cannot be reached: {error}"[:200]) from error
        return Answer(status=int(answer.status), body=answer.content)


def _parsed(body: bytes) -> object:
    try:
        found: object = json.loads(body or b"null")
    except (ValueError, RecursionError) as error:
        raise VtnError("The VTN's answer is not JSON.") from error
    return found
