"""Files of JSON lines, to which a long measurement adds what it knows."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def read_lines(out: Path) -> list[dict[str, Any]]:
    """Return what a file knows; nothing if there is none."""
    if not out.exists():
        return []
    return [json.loads(line) for line in out.read_text().splitlines()]


def add_line(out: Path, one: "DataclassInstance") -> None:
    """Add a record to a file, and print it."""
    line = json.dumps(asdict(one))
    with out.open("a") as lines:
        lines.write(f"{line}\n")
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
