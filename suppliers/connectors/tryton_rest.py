"""Tryton's REST interface of user applications, as far as the connector needs it."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx

from suppliers.connectors.patience import send, with_patience

SYSTEM = "Tryton"
TIMEOUT_S = 60.0

Record = dict[str, Any]
"""A record as Tryton shows it: nested records are records."""


def tryton_client(
    url: str,
    key: str,
    company: int,
    *,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Return a client of one database's REST interface.

    Args:
        url: Of server and database: ``https://erp.example.com/production``.
        key: Of a user application of kind REST, validated by its user.
        company: Key of the company whose orders are read.
        transport: Another way than the network, for tests.
    """
    context = json.dumps({"company": company, "companies": [company]})
    return httpx.Client(
        base_url=f"{url.rstrip('/')}/rest/model",
        headers={
            "Authorization": f"bearer {key}",
            "X-Tryton-Context": packed(context),
        },
        timeout=TIMEOUT_S,
        transport=transport,
    )


class TrytonRest:
    """Reads that are tried again, and writes that are not: they have no keys."""

    def __init__(
        self, client: httpx.Client, *, sleep: Callable[[float], object]
    ) -> None:
        """Take a client of ``tryton_client``."""
        self._client = client
        self._sleep = sleep
        self.clock: datetime | None = None
        """Tryton's own time at its last answer, aware, to the second."""

    def search(
        self, model: str, domain: list[Any], *, fields: Sequence[str], limit: int = 1
    ) -> list[Record]:
        """Return records in the order of their keys."""
        found: list[Record] = self._read(
            model,
            {
                "d": packed(written(domain)),
                "o": packed(written([["id", "ASC"]])),
                "s": str(limit),
                "f": list(fields),
            },
        )
        return found

    def get(self, model: str, key: int, *, fields: Sequence[str]) -> Record:
        """Return one record."""
        found: Record = self._read(f"{model}/{key}", {"f": list(fields)})
        return found

    def create(self, model: str, values: Record) -> Record:
        """Create a record and return its key, in one transaction of Tryton's."""
        return self._write("POST", model, values)

    def update(self, model: str, key: int, values: Record) -> Record:
        """Write a record and those nested in it, in one transaction of Tryton's."""
        return self._write("PUT", f"{model}/{key}", values)

    def act(self, model: str, key: int, action: str) -> Record:
        """Press a record's button."""
        return self._write("POST", f"{model}/{key}/{action}", {})

    def _read(self, path: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Read with patience."""
        step = partial(send, self._client, SYSTEM, "GET", path, params=params)
        return self._told(with_patience(step, sleep=self._sleep))

    def _write(self, method: str, path: str, values: Record) -> Record:
        """Write once."""
        response = send(
            self._client,
            SYSTEM,
            method,
            path,
            params={"f": ["id"]},
            headers={"Content-Type": "application/json"},
            content=written(values),
        )
        told: Record = self._told(response)
        return told

    def _told(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        """Return an answer's content and keep its time."""
        if stamp := response.headers.get("Date"):
            self.clock = parsedate_to_datetime(stamp).astimezone(UTC)
        return response.json(object_hook=read_value) if response.content else {}


def packed(text: str) -> str:
    """Return text as Tryton takes it in addresses and headers."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def written(values: object) -> str:
    """Return JSON with Tryton's own kinds of values."""
    return json.dumps(values, default=_write_value, separators=(",", ":"))


def _write_value(value: object) -> dict[str, object]:
    """Return a date, an instant or a decimal as Tryton's JSON."""
    if isinstance(value, datetime):
        utc = value.astimezone(UTC)
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime"} | {name: getattr(utc, name) for name in names}
    if isinstance(value, date):
        return {
            "__class__": "date",
            "year": value.year,
            "month": value.month,
            "day": value.day,
        }
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    raise TypeError(f"Tryton takes no {type(value).__name__}.")


def read_value(pairs: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a value of Tryton's JSON; its instants are UTC."""
    kind = pairs.pop("__class__", None)
    if kind == "datetime":
        return datetime(**pairs, tzinfo=UTC)
    if kind == "date":
        return date(**pairs)
    if kind == "Decimal":
        return Decimal(pairs["decimal"])
    return pairs
