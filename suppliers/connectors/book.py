"""Where the connector stands, kept in a small file.

Losing the file costs one full read and changes nothing: what is pushed again is
unchanged, and what is written back is compared first.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


class BookTakenError(Exception):
    """Another connector works with the same file."""


@dataclass(slots=True, kw_only=True)
class Book:
    """How far each stream was read.

    Attributes:
        orders_since: Tryton's time when the last full sweep of its changes began.
        sweep_began: The same of a sweep that was broken off; empty for none.
        sweep_after: Key of the last order of that sweep.
        sweep_token: Names that sweep, so that going on with it repeats its requests.
        refused: Orders that Rackline refused, by key, with the sentence; each sweep
            takes them along until they fit.
        feed: Where to go on in Rackline's change feed; empty: read everything once.
        owed: What Tryton refused to be told, as type and id; each cycle tries again.
    """

    orders_since: str = ""
    sweep_began: str = ""
    sweep_after: int = 0
    sweep_token: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    feed: str = ""
    owed: list[list[str]] = field(default_factory=list)


def read_book(path: Path) -> Book:
    """Return what was kept; an empty book where nothing was, or nothing readable."""
    try:
        return Book(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return Book()


def keep_book(path: Path, book: Book) -> None:
    """Keep the book so that a crash leaves the old one or the new one."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(book), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the book's lock: two connectors would undo each other's splits.

    Raises:
        BookTakenError: If another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BookTakenError(f"Another connector works with {path}.") from error
        yield
