"""Rackline as a connector sees it: its REST API and nothing else."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import httpx

from suppliers.connectors.patience import send, with_patience

SYSTEM = "Rackline"
TIMEOUT_S = 60.0
PAGE = 100
FEED_PAGE = 1_000
KINDS = "commitment.*,shipment.*"
"""Kinds of event that Tryton is told of."""

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

    def place(self) -> str:
        """Return the change feed's cursor of now."""
        return str(self._call("GET", "events:baseline")["cursor"])

    def changes(self, cursor: str) -> tuple[list[tuple[str, str]], str, bool]:
        """Return what changed after a cursor: type and id, each once; the next; more.

        Raises:
            RefusedError: 410 if the cursor is too old.
        """
        asked = {"cursor": cursor, "kind": KINDS, "limit": str(FEED_PAGE)}
        page = self._call("GET", "events", params=asked)
        found = [(one["object"]["type"], one["object"]["id"]) for one in page["items"]]
        return list(dict.fromkeys(found)), page["next"], page["has_more"]

    def all_of(self, resource: str, **narrowed: str) -> Iterator[Json]:
        """Yield every object of a resource that fits."""
        asked = narrowed | {"limit": str(PAGE)}
        while True:
            page = self._call("GET", resource, params=asked)
            yield from page["items"]
            if not page["has_more"]:
                return
            asked["cursor"] = page["next"]

    def one_of(self, resource: str, key: str) -> Json:
        """Return one object by its id."""
        return self._call("GET", f"{resource}/{key}")

    def receive(self, receipt: Json) -> None:
        """Record pieces that came; the lot's name in it makes it one receipt."""
        self._post("receipts", receipt, token="")

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
