"""A utility's OpenADR 3.1 server (VTN) of our own, as small as its specification lets.

It gives tokens to one client (OAuth2 client credentials), lists events page by page and
takes reports, over plain HTTP on this machine. What it holds is set by the test.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = "/openadr3/3.1.0"
CLIENT, SECRET = "ven-mty", "s3cret"


def an_event(key: str = "dyn-1", **changes: Any) -> dict[str, Any]:
    """Return the specification's dynamic operating envelope: two hours at 3,600 kW."""
    return {
        "id": key,
        "objectType": "EVENT",
        "createdDateTime": "2026-11-23T13:00:00Z",
        "modificationDateTime": "2026-11-23T13:00:00Z",
        "programID": "dyn-limit-1",
        "eventName": "reduce-to-80",
        "priority": 0,
        "targets": ["site-mty"],
        "payloadDescriptors": [
            {
                "objectType": "EVENT_PAYLOAD_DESCRIPTOR",
                "payloadType": "IMPORT_CAPACITY_LIMIT",
                "units": "KW",
            }
        ],
        "intervalPeriod": {"start": "2026-11-24T16:00:00Z", "duration": "PT1H"},
        "intervals": [an_interval(0, 3_600), an_interval(1, 3_600)],
    } | changes


def an_interval(
    number: int, value: Any, kind: str = "IMPORT_CAPACITY_LIMIT", **changes: Any
) -> dict[str, Any]:
    """Return one interval with one payload."""
    payload = {"type": kind, "values": [value]}
    return {"id": number, "payloads": [payload]} | changes


@dataclass
class TestDouble:
    """What the server holds, and what it was told.

    Attributes:
        url: Its root.
        events: What it lists.
        reports: What it was sent.
        tokens: How many it gave.
        is_away: Whether it answers 503 to everything.
    """

    __test__ = False

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    is_away: bool = False

    @property
    def host(self) -> str:
        """Return ``host:port``."""
        return urlsplit(self.url).netloc


class Handler(BaseHTTPRequestHandler):
    """Answers as a VTN does."""

    vtn: TestDouble

    def do_GET(self) -> None:
        """Say where tokens are; list events."""
        parts = urlsplit(self.path)
        if self.vtn.is_away:
            return self._answer(503, {"title": "away"})
        if parts.path == f"{ROOT}/auth/server":
            return self._answer(200, {"tokenURL": f"{self.vtn.url}/auth/token"})
        if not self._is_known():
            return self._answer(401, {"title": "no token"})
        if parts.path != f"{ROOT}/events":
            return self._answer(404, {"title": "nothing here"})
        query = parse_qs(parts.query)
        skip, limit = int(query["skip"][0]), int(query["limit"][0])
        program = query.get("programID", [""])[0]
        found = [
            one for one in self.vtn.events if program in ("", one.get("programID"))
        ]
        return self._answer(200, found[skip : skip + limit])

    def do_POST(self) -> None:
        """Give a token; take a report."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.vtn.is_away:
            return self._answer(503, {"title": "away"})
        if self.path == f"{ROOT}/auth/token":
            form = parse_qs(body.decode())
            if form["client_secret"] != [SECRET] or form["client_id"] != [CLIENT]:
                return self._answer(401, {"error": "invalid_client"})
            self.vtn.tokens += 1
            return self._answer(
                200, {"access_token": f"t{self.vtn.tokens}", "expires_in": 3_600}
            )
        if not self._is_known():
            return self._answer(401, {"title": "no token"})
        self.vtn.reports.append(json.loads(body))
        return self._answer(201, json.loads(body))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _is_known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer t{self.vtn.tokens}"

    def _answer(self, status: int, body: Any) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)


@contextmanager
def a_vtn() -> Iterator[TestDouble]:
    """Run a server on a free port of this machine until the test ends."""
    vtn = TestDouble()
    handler = type("Bound", (Handler,), {"vtn": vtn})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    vtn.url = f"http://127.0.0.1:{server.server_address[1]}{ROOT}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield vtn
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
