"""Receivers of webhooks on this machine, endpoints, and couriers without threads."""

import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from journal.models import ApiClient
from journal.webhooks.addresses import Door
from journal.webhooks.courier import Courier
from journal.webhooks.endpoints import NewEndpoint, create_endpoint
from journal.webhooks.sending import Letter, Sent
from tests.builders.api import Caller

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(slots=True)
class Receiver:
    """A server on this machine that keeps what it is sent.

    Attributes:
        port: Where it listens.
        status: What it answers.
        headers: What it answers with.
        requests: Paths, headers and bodies, in the order they came.
    """

    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}/hooks"


@contextmanager
def a_receiver(
    *, tls: ssl.SSLContext | None = None, **values: Any
) -> Iterator[Receiver]:
    """Serve until the block ends."""
    receiver = Receiver(**values)

    class Handler(BaseHTTPRequestHandler):
        """Keep the request and answer as told."""

        def do_POST(self) -> None:
            """Answer."""
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append((self.path, headers, self.rfile.read(length)))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


OPEN_DOOR = Door(private_hosts={"127.0.0.1"})


def an_endpoint(
    client: ApiClient | None = None,
    url: str = "http://127.0.0.1/hooks",
    kinds: str = "",
) -> NewEndpoint:
    """Return an endpoint of a client that may read orders and be told of them."""
    if client is None:
        client = Caller(sensitive_data=True, external_communication=True).client
    return create_endpoint(
        client=client, url=url, kinds=kinds, actor="user:7", door=OPEN_DOOR
    )


class AtOnce:
    """Threads that are none: work is done when it is handed over."""

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            done.set_exception(error)
        return done

    def shutdown(self) -> None:
        """Do nothing."""


class Held(AtOnce):
    """Threads whose work never ends by itself."""

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Keep it waiting."""
        return Future()


@dataclass(slots=True)
class Post:
    """A post that answers from a list, the last for ever, and keeps the letters.

    Attributes:
        answers: What comes back, in order.
        now: What the courier's clock shows.
        letters: What was sent.
    """

    answers: list[Sent]
    now: datetime = NOON
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> Sent:
        """Keep the letter and answer."""
        self.letters.append(letter)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def later(self, **by: float) -> None:
        """Move the clock on."""
        self.now += timedelta(**by)

    def courier(self, threads: AtOnce | None = None) -> Courier:
        """Return a courier that sends by this post, without threads."""
        return Courier(
            send=self.send,
            clock=lambda: self.now,
            threads=threads or AtOnce(),  # type: ignore[arg-type]  # stands in
        )
