"""One webhook over the wire: to a checked address, within limits, without redirects.

The body of an answer is never read: its status says all, and what is not read cannot
tell anybody what a host behind the wall answers.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import httpcore
import httpx

from journal.errors import AddressRefusedError
from journal.webhooks.addresses import Door

SEND_WITHIN_S = 15.0
CONNECT_WITHIN_S = 5.0
ANSWER_BYTES = 64 * 1024
LONGEST_ERROR = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent where."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went.

    Attributes:
        status: Of the answer, or None without one.
        error: A sentence's beginning, without full stop; empty where it arrived.
    """

    status: int | None
    error: str = ""

    @property
    def has_arrived(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and HTTPStatus(200) <= self.status < 300  # noqa: PLR2004

    @property
    def is_gone(self) -> bool:
        """Tell whether the receiver wants no more."""
        return self.status == HTTPStatus.GONE


@dataclass(slots=True)
class Limits:
    """What is left of a sending's time and of the answer's size.

    Attributes:
        clock: Monotonic seconds.
        until: When it is over, by the clock.
        bytes_left: Of the answer.
    """

    clock: Callable[[], float]
    until: float
    bytes_left: int = ANSWER_BYTES

    def time_left(self, most: float | None) -> float:
        """Return how long one step may take, in seconds.

        Raises:
            ReadTimeout: If the time is over.
        """
        left = self.until - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is over")
        return left if most is None else min(left, most)

    def take(self, data: bytes) -> bytes:
        """Count what was read.

        Raises:
            ReadError: If the answer is over its size.
        """
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            raise httpcore.ReadError(f"answer over {ANSWER_BYTES:,} bytes")
        return data


class LimitedStream(httpcore.NetworkStream):
    """A connection that ends when its limits do."""

    def __init__(self, inner: httpcore.NetworkStream, limits: Limits) -> None:
        """Wrap one connection."""
        self._inner = inner
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the limits."""
        left = self._limits.time_left(timeout)
        return self._limits.take(self._inner.read(max_bytes, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within the limits."""
        self._inner.write(buffer, self._limits.time_left(timeout))

    def close(self) -> None:
        """Close."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Speak TLS with the host by its name, whatever address it has."""
        left = self._limits.time_left(timeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return LimitedStream(inner, self._limits)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        """Return what the connection knows of itself."""
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore.NetworkBackend):
    """Connections to addresses that a door lets through, resolved once."""

    def __init__(self, door: Door, limits: Limits) -> None:
        """Keep the rules of one sending."""
        self._door = door
        self._limits = limits
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the address that was checked.

        Raises:
            AddressRefusedError: If the host may not be reached.
        """
        address = self._door.address_of(host, port)
        left = self._limits.time_left(timeout)
        stream = self._inner.connect_tcp(
            address,
            port,
            timeout=left,
            local_address=local_address,
            socket_options=socket_options,
        )
        return LimitedStream(stream, self._limits)


@cache
def tls() -> ssl.SSLContext:
    """Return how certificates are checked; built once, since it reads a bundle."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Sends letters.

    Attributes:
        door: What may be reached.
        within_s: Longest time of one sending, in seconds.
        clock: Monotonic seconds.
        ssl_context: How certificates are checked; None: as browsers do.
    """

    door: Door = field(default_factory=Door)
    within_s: float = SEND_WITHIN_S
    clock: Callable[[], float] = time.monotonic
    ssl_context: ssl.SSLContext | None = None

    def send(self, letter: Letter) -> Sent:
        """Send one letter and say how it went; raises nothing that a receiver causes.

        Anything but 2xx is a failure, a redirect too: it is not followed.
        """
        limits = Limits(self.clock, self.clock() + self.within_s)
        try:
            self.door.target_of(letter.url)
            status = self._status(letter, limits)
        except AddressRefusedError as error:
            return Sent(None, str(error)[:LONGEST_ERROR].removesuffix("."))
        except httpcore.TimeoutException:
            return Sent(None, f"No answer within {self.within_s:.0f} s")
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Sent(None, f"No connection: {error}"[:LONGEST_ERROR])
        sent = Sent(status)
        return sent if sent.has_arrived else Sent(status, f"Answered {status}")

    def _status(self, letter: Letter, limits: Limits) -> int:
        """Return the status of the answer; its body stays where it is."""
        timeouts = {
            "connect": CONNECT_WITHIN_S,
            "read": self.within_s,
            "write": self.within_s,
            "pool": self.within_s,
        }
        with (
            httpcore.ConnectionPool(
                ssl_context=self.ssl_context or tls(),
                max_connections=1,
                network_backend=PinnedBackend(self.door, limits),
            ) as pool,
            pool.stream(
                "POST",
                letter.url,
                headers=list(letter.headers.items()),
                content=letter.body,
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            return int(answer.status)
