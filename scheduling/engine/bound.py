"""What no plan can beat: for one rack, for the site, in money, in a week.

Every bound leaves rules out and keeps the rest, so it never lies on the wrong side.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from scheduling.engine.blocks import least_minutes
from scheduling.engine.bounds.alone import Alone, Arrivals, alone
from scheduling.engine.bounds.floor import least_cost
from scheduling.engine.bounds.machines import machines
from scheduling.engine.bounds.makespan import tightest
from scheduling.engine.bounds.priced.least import priced_costs
from scheduling.engine.bounds.reason import (
    BoundKind,
    CostBound,
    Reason,
    sentence,
)
from scheduling.engine.bounds.span import Spans
from scheduling.engine.bounds.week import Ceiling, ceilings_of
from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import PowerClass, Problem, Rack, Template
from scheduling.engine.units import Minutes

__all__ = [
    "BoundKind",
    "Ceiling",
    "CostBound",
    "Earliest",
    "Reason",
    "SiteBound",
    "ceilings",
    "cost_floor",
    "earliest",
    "priced_floors",
    "sentence",
    "site",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earliest:
    """The earliest one rack can be ready.

    Attributes:
        physics_ship: End of its last step by physics alone: lags of physics since the
            order, then pure work; no shift, queue, allowance or material.
        physics_min: Minutes of physics from order to dock, its speed of light.
        material_ship: End of its last step alone on the site, with material, calendars,
            pins and allowance; None when that lies beyond the horizon or never comes.
    """

    physics_ship: Minutes
    physics_min: Minutes
    material_ship: Minutes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBound:
    """The least makespan of the whole site.

    Attributes:
        makespan: No plan ends earlier; the horizon if no plan ends within it.
        reason: What gives it: one rack alone, or one limit and its window.
        by_limit: What each limit gives by itself, by its key.
    """

    makespan: Minutes
    reason: Reason
    by_limit: dict[str, Minutes]


def earliest(problem: Problem) -> dict[str, Earliest]:
    """Return the earliest of every rack whose model is known, by its key."""
    book = look_up(problem)
    arrivals = Arrivals(book)
    found = {}
    for rack in problem.racks:
        template = book.templates.get(rack.template)
        if template is None:
            continue
        by_itself = alone(book, arrivals, rack)
        found[rack.key] = Earliest(
            physics_ship=_physics_ship(book, rack, template),
            physics_min=Minutes(
                sum(
                    lag.minutes
                    for lag in (*template.lags_before, *template.lags_after)
                    if lag.is_physics
                )
                + sum(step.work for step in template.steps)
            ),
            material_ship=Minutes(by_itself.end) if by_itself else None,
        )
    return found


def _physics_ship(book: Lookup, rack: Rack, template: Template) -> Minutes:
    progress = rack.progress
    now = 0
    if progress.done == 0 and progress.running is None:
        lags = sum(lag.minutes for lag in template.lags_before if lag.is_physics)
        now = max(0, min(rack.release, rack.received + lags))
    for index, step in enumerate(template.steps[progress.done :]):
        work = int(step.work)
        if index == 0 and progress.running:
            work = progress.running.remaining * step.work // step.duration
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            work = least_minutes(book.problem.soak, work)
        now += work
    if progress.done == len(template.steps):
        now = progress.last_end or 0
    return Minutes(now)


def site(problem: Problem, left_out: Collection[str] = ()) -> SiteBound:
    """Return the least makespan of all racks but those left out."""
    book = look_up(problem)
    racks = _alone(book, left_out)
    keys = [one.rack.key for one in racks]
    makespan = max((one.end for one in racks), default=0)
    reason = Reason(kind=BoundKind.ALONE, end=Minutes(makespan))
    by_limit = {}
    for machine in machines(book, racks, Spans(book=book)):
        window = tightest(machine, keys)
        start, end = (window.start, window.end) if window else (0, problem.horizon)
        end = min(end, problem.horizon)
        by_limit[machine.key] = Minutes(end)
        if end > makespan:
            makespan = end
            reason = machine.reason(start, end)
    return SiteBound(makespan=Minutes(makespan), reason=reason, by_limit=by_limit)


def cost_floor(problem: Problem, left_out: Collection[str] = ()) -> CostBound:
    """Return what no plan of all racks but those left out can undercut, and why.

    Racks that cannot be ready within the horizon even alone count as left out.
    """
    book = look_up(problem)
    racks = _alone(book, left_out)
    planned = {one.rack.key for one in racks}
    missing = {rack.key for rack in problem.racks if rack.key not in planned}
    return least_cost(book, racks, missing)


def priced_floors(
    problem: Problem, left_out: Collection[str] = ()
) -> Iterator[CostBound]:
    """Yield what no plan can undercut with a price on every limit, ever better.

    It ends when nothing more is to be gained, and may be left at any time. Nothing
    comes of a problem in which nothing is left to plan. Not every step is better than
    ``cost_floor``, whose arguments are others.
    """
    book = look_up(problem)
    racks = _alone(book, left_out)
    planned = {one.rack.key for one in racks}
    missing = {rack.key for rack in problem.racks if rack.key not in planned}
    yield from priced_costs(book, racks, missing)


def _alone(book: Lookup, left_out: Collection[str]) -> list[Alone]:
    skipped = set(left_out)
    arrivals = Arrivals(book)
    found = (
        alone(book, arrivals, rack)
        for rack in book.problem.racks
        if rack.key not in skipped and rack.template in book.templates
    )
    return [one for one in found if one]


def ceilings(problem: Problem, template_key: str) -> tuple[Ceiling, ...]:
    """Return what each limit could carry in a week if only this model were built.

    Raises:
        KeyError: If the problem has no such model.
    """
    book = look_up(problem)
    return ceilings_of(book, book.templates[template_key])
