"""The demo's data files, read: one site, three routings, forty components."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of ``data/components.json``, as the demo's suppliers need it.

    Attributes:
        code: The part's code.
        lead_time_p50_weeks: Half of all deliveries take no longer.
        lead_time_p90_weeks: Nine in ten take no longer.
        suppliers: How many suppliers make it; over all parts 200.
        is_rack_level: Whether a rack consumes it; else it is tier 2.
    """

    code: str
    lead_time_p50_weeks: int
    lead_time_p90_weeks: int
    suppliers: int
    is_rack_level: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNeed:
    """What the racks still to be supplied need of one rack-level part.

    Attributes:
        code: The part's code.
        by_date: ``(date, pieces)``, rising: pieces that must reach the dock by that
            date, so that every rack can be ready when it is due.
        in_stock: Pieces free in the house, without held and consigned lots.
    """

    code: str
    by_date: tuple[tuple[date, int], ...]
    in_stock: int

    def uncovered(self) -> tuple[tuple[date, int], ...]:
        """Return ``by_date`` less what stock covers, first needs first."""
        left = self.in_stock
        missing = []
        for day, quantity in self.by_date:
            covered = min(left, quantity)
            left -= covered
            if quantity > covered:
                missing.append((day, quantity - covered))
        return tuple(missing)


def read_data(name: str) -> Any:  # noqa: ANN401 - a file's own shape
    """Return one of ``site``, ``routing`` and ``components`` as it stands."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


def components() -> Mapping[str, Component]:
    """Return what the data file says of each part, by code, in its order."""
    return {
        row["code"]: Component(
            code=row["code"],
            lead_time_p50_weeks=row["lead_time_p50_weeks"],
            lead_time_p90_weeks=row["lead_time_p90_weeks"],
            suppliers=row["suppliers"],
            is_rack_level=row["consumed_at"] is not None,
        )
        for row in read_data("components")
    }
