"""Repairs that facts started, with what became of each proposal since."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from factory.models import Site
from scheduling.models import AutoRepair, Plan, Publication, Run

State = AutoRepair.State


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair that facts started, as it stands now.

    Attributes:
        row: What it did by itself.
        number: The publication that put its plan in force, or None.
        is_overtaken: Whether another plan was put in force since it began to wait.
        is_improving: Whether a further search looks for something better than its plan.
    """

    row: AutoRepair
    number: int | None
    is_overtaken: bool
    is_improving: bool

    @property
    def waits(self) -> bool:
        """Return whether its proposal still waits for a planner."""
        is_open = self.number is None and not self.is_overtaken
        return self.row.state == State.WAITING and is_open

    @property
    def is_under_way(self) -> bool:
        """Return whether it looks for a plan now."""
        return self.row.state in {State.GATHERING, State.RUNNING}

    @property
    def found_nothing(self) -> bool:
        """Return whether its run ended without a plan, and no plan came since."""
        return self.row.state == State.DROPPED and not self.is_overtaken

    @property
    def mark(self) -> tuple[str, str]:
        """Return status and word."""
        if self.number is not None:
            return "published", f"Plan {self.number} in force"
        if self.row.state == State.WAITING and self.is_overtaken:
            return "closed", "Overtaken"
        return self.row.state, self.row.get_state_display()


def repairs_of(site: Site, most: int) -> list[Repair]:
    """Return the newest repairs that facts started at a site. One query."""
    return [_repair(row) for row in _rows(site)[:most]]


def answer_to_grid(site: Site) -> Repair | None:
    """Return the newest repair that the grid started, and that had to run. One query.

    One that was dropped because a plan knew of everything says nothing.
    """
    rows = _rows(site).filter(is_grid=True)
    row = rows.exclude(state=State.DROPPED, run__isnull=True).first()
    return None if row is None else _repair(row)


def _rows(site: Site) -> QuerySet[AutoRepair, Any]:
    """Return repairs with the publication of their plan, and whether one came since."""
    published = Publication.objects.filter(plan__run=OuterRef("run"))
    later = Publication.objects.filter(site=site, at__gt=OuterRef("ended_at"))
    newer = Plan.objects.filter(
        run__scenario__site=site, run__scenario__is_base=True, run__gt=OuterRef("run")
    ).exclude(run__improves__run=OuterRef("run"))
    further = Run.objects.going().filter(improves__run=OuterRef("run"))
    rows: QuerySet[AutoRepair, Any] = AutoRepair.objects.filter(site=site)
    return rows.select_related("run").annotate(
        number=Subquery(published.values("number")[:1]),
        is_past=Exists(later) | Exists(newer),
        is_improving=Exists(further),
    )


def _repair(row: Any) -> Repair:  # noqa: ANN401 - annotated by the query
    return Repair(row, row.number, row.is_past, row.is_improving)
