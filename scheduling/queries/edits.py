"""A planner's own steps on a plan: what can be undone, what redone, what each cost."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from factory.models import Site
from scheduling.models import Pin, Plan, PlanEdit
from scheduling.queries.standing import Standing

MOST_EDITS = 100
"""Steps that can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the cost curve.

    Attributes:
        steps: How many of the planner's steps stand at this point.
        edit: The step that led here; None at the beginning.
        cents: What the plan costs then; None while unknown.
        moved_racks: Racks that the step moved; None while unknown.
        is_done: Whether the step stands.
        is_here: Whether this is the present.
    """

    steps: int
    edit: PlanEdit | None
    cents: int | None
    moved_racks: int | None
    is_done: bool
    is_here: bool


def done_edits(now: Standing, by: User) -> list[PlanEdit]:
    """Return a planner's steps since the last publication that stand, oldest first.

    The last hundred. One query.
    """
    rows = _edits(now, by).filter(undone_at__isnull=True).order_by("-pk")[:MOST_EDITS]
    return list(rows)[::-1]


def undone_edits(now: Standing, by: User) -> list[PlanEdit]:
    """Return a planner's steps that can be redone, first to last. One query."""
    rows = _edits(now, by).filter(undone_at__isnull=False, dropped_at__isnull=True)
    return list(rows.order_by("pk")[:MOST_EDITS])


def cost_curve(now: Standing, by: User) -> list[Point]:
    """Return the points a planner can go back and forward to. Two queries.

    Nothing where there was no step since the last publication.
    """
    done, undone = done_edits(now, by), undone_edits(now, by)
    edits = [*done, *undone]
    if not edits:
        return []
    points = [
        Point(
            steps=0,
            edit=None,
            cents=edits[0].base.objective_cents,
            moved_racks=0,
            is_done=True,
            is_here=not done,
        )
    ]
    for number, edit in enumerate(edits, start=1):
        plan: Plan | None = getattr(edit.run, "plan", None)
        points.append(
            Point(
                steps=number,
                edit=edit,
                cents=plan.objective_cents if plan else None,
                moved_racks=plan.moved_racks if plan else None,
                is_done=number <= len(done),
                is_here=number == len(done),
            )
        )
    return points


def pins_in_force(site: Site) -> QuerySet[Pin]:
    """Return a site's pins of racks, soonest first."""
    return (
        Pin.objects.in_force()
        .filter(rack__site=site)
        .select_related("rack", "step", "bay", "by")
        .order_by("starts_at", "pk")
    )


def _edits(now: Standing, by: User) -> QuerySet[PlanEdit]:
    publication = now.publication
    rows = PlanEdit.objects.filter(by=by, scenario__site=now.site)
    if publication is None:
        rows = rows.filter(publication__isnull=True)
    else:
        rows = rows.filter(publication=publication)
    return rows.select_related(
        "base__run__scenario",
        "run__plan__run__scenario",
        "before__rack",
        "before__step",
        "before__bay",
        "after__rack",
        "after__step",
        "after__bay",
    )
