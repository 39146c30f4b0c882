"""Writers side by side, and a reader of the change feed beside them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

from journal.models import Event
from journal.sequencing import sequence
from tests.builders.api import Caller

PAGE = 1_000
SIZES = (1, 7, 2, 13, 40, 3)
"""Events of one transaction after the other: commits overlap in every way."""


def read_on(erp: Caller, cursor: str | None) -> tuple[list[dict[str, Any]], str]:
    """Return every event after a cursor, page by page, and where that ends."""
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
    while True:
        page = erp.get("events", **query).json()
        items += page["items"]
        query["cursor"] = page["next"]
        if not page["has_more"]:
            return items, page["next"]


def read_beside_writers(*, writers: int, each: int) -> list[dict[str, Any]]:
    """Let writers append while events are numbered and read; return what was read.

    Args:
        writers: Threads, each with a connection of its own.
        each: Events each of them writes.
    """
    erp = Caller(sensitive_data=True)
    written = threading.Event()

    def write(writer: int) -> None:
        """Append events in transactions of changing size."""
        done = turn = 0
        while done < each:
            size = min(SIZES[turn % len(SIZES)], each - done)
            with transaction.atomic():
                for number in range(done, done + size):
                    Event.objects.create(
                        kind="order.changed",
                        object_type="order",
                        object_id=f"{writer}-{number}",
                        actor="system",
                    )
            done, turn = done + size, turn + 1
        connection.close()

    def number() -> None:
        """Number until all is written and nothing is left."""
        while True:
            is_last_look = written.is_set()
            if not sequence(limit=500) and is_last_look:
                connection.close()
                return

    items: list[dict[str, Any]] = []
    cursor = erp.get("events:baseline").json()["cursor"]
    with ThreadPoolExecutor(writers + 1) as pool:
        numbering = pool.submit(number)
        writing = [pool.submit(write, writer) for writer in range(writers)]
        while not all(one.done() for one in writing):
            some, cursor = read_on(erp, cursor)
            items += some
        for one in writing:
            one.result()
        written.set()
        numbering.result()
    some, _ = read_on(erp, cursor)
    return [item for item in items + some if item["kind"] == "order.changed"]


def is_whole(items: list[dict[str, Any]], *, writers: int, each: int) -> bool:
    """Tell whether every event was read once, in order, without a gap."""
    seqs = [item["seq"] for item in items]
    objects = {item["object"]["id"] for item in items}
    return (
        seqs == list(range(seqs[0], seqs[0] + writers * each))
        and len(objects) == writers * each
    )
