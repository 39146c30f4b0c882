"""How many requests each client has left this minute.

Counted in the broker's Redis, so that every web process counts the same. While Redis is
away each process counts for itself: nobody is locked out, and nobody is let loose.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

WINDOW_S = 60
ANSWER_WITHIN_S = 0.1
"""A count is not worth more of a request's time."""
AWAY_S = 5.0
"""For how long a Redis that did not answer is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Where a client stands in this window.

    Attributes:
        limit: Requests a window.
        left: Requests that remain, at least 0.
        reset_s: Seconds until the window ends, at least 1.
        is_spent: Whether this request is one too many.
    """

    limit: int
    left: int
    reset_s: int
    is_spent: bool

    @property
    def headers(self) -> dict[str, str]:
        """Return the two headers of the draft (RateLimit, version 10)."""
        return {
            "RateLimit-Policy": f'"client";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"client";r={self.left};t={self.reset_s}',
        }


class CounterAwayError(Exception):
    """A counter does not answer."""


class Counter(Protocol):
    """Counts requests by client and window."""

    def add(self, client: int, window: int) -> int:
        """Count one request and return how many there are now.

        Raises:
            CounterAwayError: If it does not answer.
        """


@dataclass(slots=True)
class LocalCounter:
    """A count of this process alone; one number a client."""

    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, client: int, window: int) -> int:
        """Count one request; what is of an older window is forgotten."""
        with self.lock:
            kept, count = self.counts.get(client, (window, 0))
            count = count + 1 if kept == window else 1
            self.counts[client] = (window, count)
        return count


@dataclass(slots=True)
class RedisCounter:
    """A count that every process shares.

    Attributes:
        client: Of Redis; gives up soon.
        clock: Monotonic seconds.
        away_until: Until when it is not asked, since it did not answer.
    """

    client: redis.Redis
    clock: Callable[[], float] = time.monotonic
    away_until: float = 0.0

    def add(self, client: int, window: int) -> int:
        """Count one request; Redis forgets the key after two windows."""
        if self.clock() < self.away_until:
            raise CounterAwayError
        key = f"rackline:requests:{client}:{window}"
        pipeline = self.client.pipeline(transaction=False)
        pipeline.incr(key)
        pipeline.expire(key, 2 * WINDOW_S)
        try:
            count, _ = pipeline.execute()
        except redis.RedisError as error:
            self.away_until = self.clock() + AWAY_S
            raise CounterAwayError from error
        return int(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Every client's allowance.

    Attributes:
        shared: Asked first; None where there is no Redis.
        local: Asked while the shared one is away.
        clock: Seconds since the epoch, the same on every machine.
    """

    shared: Counter | None
    local: Counter = field(default_factory=LocalCounter)
    clock: Callable[[], float] = time.time

    def spend(self, client: int, limit: int) -> Allowance:
        """Count one request of a client and say where it stands.

        Args:
            client: Its primary key.
            limit: Requests a window, at least 1.
        """
        now = int(self.clock())
        window = now // WINDOW_S
        count = self._count(client, window)
        return Allowance(
            limit=limit,
            left=max(0, limit - count),
            reset_s=(window + 1) * WINDOW_S - now,
            is_spent=count > limit,
        )

    def _count(self, client: int, window: int) -> int:
        """Return the shared count, or this process's own while that is away."""
        if self.shared is not None:
            try:
                return self.shared.add(client, window)
            except CounterAwayError:
                pass
        return self.local.add(client, window)


@cache
def rates_at(broker_url: str) -> Rates:
    """Return this process's rates, counted in a broker if it is a Redis."""
    if not broker_url.startswith(("redis:", "rediss:")):
        return Rates(shared=None)
    client = redis.Redis.from_url(
        broker_url,
        socket_connect_timeout=ANSWER_WITHIN_S,
        socket_timeout=ANSWER_WITHIN_S,
        retry=Retry(NoBackoff(), 0),
    )
    return Rates(shared=RedisCounter(client))


def spend(client: int, requests_per_min: int | None) -> Allowance:
    """Count one request of a client against its own limit, else the house's."""
    limit = requests_per_min or settings.API_REQUESTS_PER_MIN
    return rates_at(settings.CELERY_BROKER_URL).spend(client, limit)
