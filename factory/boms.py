"""What a line of a bill of material must be, whoever states it."""

from collections.abc import Container, Iterator
from typing import Any

from factory.models import BomLine


def line_faults(
    *, model: str, part: str, parent: str, consumed_at: str, steps: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a line in itself: a column and what it is.

    Args:
        model: Code of the rack model.
        part: Code of the part.
        parent: Code of the part it goes into; empty: into the rack.
        consumed_at: Code of the step that takes it; empty: none.
        steps: Codes of the model's routing.
    """
    if parent and consumed_at:
        yield "consumed_at", f"a part inside {parent} is not consumed by the rack"
    elif not parent and not consumed_at:
        yield "consumed_at", "is empty; a part on rack level names its step"
    elif consumed_at and consumed_at not in steps:
        yield (
            "consumed_at",
            f"is {consumed_at}; the routing of {model} has no such step",
        )
    if parent and parent == part:
        yield "parent", "a part is not in itself"


def line_facts(line: BomLine) -> dict[str, Any]:
    """Return what events keep of a line."""
    return {
        "part": line.part.code,
        "parent": line.parent.code if line.parent else None,
        "quantity": line.quantity,
        "consumed_at": line.consumed_at.code if line.consumed_at else None,
    }
