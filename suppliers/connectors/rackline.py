"""Rackline as a connector sees it: its REST API and nothing else."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx

from suppliers.connectors.patience import send, with_patience

SYSTEM = "Rackline"
TIMEOUT_S = 60.0
PAGE = 100

Json = dict[str, Any]


def rackline_client(
    url: str, key: str, *, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """Return a client of the API.

    Args:
        url: Of the server: ``https://rackline.example.com``.
        key: Of an API client that may handle sensitive data.
        transport: Another way than the network, for tests.
    """
    return httpx.Client(
        base_url=f"{url.rstrip('/')}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=TIMEOUT_S,
        transport=transport,
    )


class Rackline:
    """Reads and repeatable writes; every call is tried again while that may help."""

    def __init__(
        self, client: httpx.Client, *, sleep: Callable[[float], object]
    ) -> None:
        """Take a client of ``rackline_client``."""
        self._client = client
        self._sleep = sleep

    def push_orders(self, orders: Sequence[Json], *, token: str) -> list[Json]:
        """Bring purchase orders to the state they are stated in; a result each.

        Args:
            orders: At most 1,000.
            token: Names the sweep they were read in: the same orders in the same
                sweep are one request, in a later one another, since what was refused
                then may fit now.
        """
        answer = self._post(
            "purchase-orders:bulk-upsert?atomic=false",
            {"purchase_orders": list(orders)},
            token=token,
        )
        results: list[Json] = answer["results"]
        return results

    def _post(self, path: str, body: Json, *, token: str) -> Json:
        """Write once, however often it is sent: the key is made of the content."""
        content = json.dumps(body, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{token}\n{path}\n{content}".encode()).hexdigest()
        headers = {
            "Idempotency-Key": f"tryton-{digest[:40]}",
            "Content-Type": "application/json",
        }
        return self._call("POST", path, content=content, headers=headers)

    def _call(self, method: str, path: str, **parts: Any) -> Json:
        """Call with patience and return the answer's body."""
        step = partial(send, self._client, SYSTEM, method, path, **parts)
        body: Json = with_patience(step, sleep=self._sleep).json()
        return body
