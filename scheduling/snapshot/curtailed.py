"""What a curtailment makes of tests under way: cut in two, one step in the rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from factory.models import Site
from scheduling.blobs import SLOW, slow_steps
from scheduling.clock import SiteClock
from scheduling.engine.blocks import permille, share
from scheduling.engine.cut import MARK, REST, model_of, paused, step_of
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Progress,
    Rack,
    ResourceKind,
    SoakRule,
    Template,
)
from scheduling.engine.schedule import PhaseKind, PlannedStep
from scheduling.engine.units import Minutes
from scheduling.errors import DamagedBlobError
from scheduling.models import GridContract, GridEvent, Publication
from scheduling.snapshot.amounts import added, reduced
from scheduling.snapshot.amounts import steps as through

LOOK_BACK = timedelta(days=7)
"""Longer than a rack may stay in its bay."""

Steps = Mapping[tuple[str, str], int]
"""Primary keys of routing steps by template key and code."""


def may_cut(site: Site) -> bool:
    """Return whether tests may be paused at a tray boundary. One query."""
    return not GridContract.objects.filter(
        site=site, cuts_function_tests=False
    ).exists()


def with_cut(steps: Steps, problem: Problem) -> Steps:
    """Return the way back to routing steps, for racks with a routing of their own too.

    The rest of a cut step is the same step of the routing.
    """
    own = [one for one in problem.templates if MARK in one.key]
    return {
        **steps,
        **{
            (template.key, step.code): steps[model_of(template.key), step_of(step.code)]
            for template in own
            for step in template.steps
        },
    }


def as_worked(site: Site, clock: SiteClock, problem: Problem) -> Problem:
    """Return a problem in which work under way has done what the grid let it do.

    Records say when a soak or a test began, not at what power it ran. Where the plan
    in force derated or paused it for a grid event, the minutes lost are still to do; a
    test or soak whose pause goes on stands still until there is room. One query where
    the grid asked for nothing lately, else three.
    """
    if not GridEvent.objects.filter(
        site=site, starts_at__lt=clock.epoch, ends_at__gt=clock.epoch - LOOK_BACK
    ).exists():
        return problem
    published = _in_force(site, clock)
    templates = {one.key: one for one in problem.templates}
    standing: dict[str, int] = {}
    racks = []
    for rack in problem.racks:
        lost, is_paused = _lost(rack, templates[rack.template], published)
        worked = _with_lost(rack, lost, templates[rack.template])
        racks.append(worked)
        if is_paused and worked.progress.running is not None:
            standing[rack.key] = worked.progress.running.remaining
    worked_on = replace(problem, racks=tuple(racks))
    return paused(_with_standby(worked_on, standing), standing)


def _with_standby(problem: Problem, standing: Collection[str]) -> Problem:
    """Return a problem that leaves room for what soaks on standby draw.

    Until the grid event that paused them ends, as part of the base load; what waits for
    its next step is given no power of its own.

    Args:
        problem: The problem, these racks still under way in it.
        standing: Keys of racks whose step under way is paused.
    """
    templates = {one.key: one for one in problem.templates}
    watts = sum(
        _standby_import(rack, templates[rack.template])
        for rack in problem.racks
        if rack.key in standing
    )
    until = max((one.end for one in problem.curtailments if one.start <= 0), default=0)
    if not watts or not until:
        return problem
    drawn = through([(0, watts), (until, 0)])
    return replace(
        problem,
        base_load=added(problem.base_load, drawn),
        resources=tuple(
            replace(one, capacity=reduced(one.capacity, drawn))
            if one.kind is ResourceKind.SITE
            else one
            for one in problem.resources
        ),
    )


def _standby_import(rack: Rack, template: Template) -> int:
    """Return the import of a rack whose step under way is paused."""
    step = template.steps[rack.progress.done]
    if step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
        return 0
    return permille(share(step.draw, SOAK.standby_percent), template.site_permille)


SOAK = SoakRule()
WORK_PERMILLE = {
    percent: 1_000 * SOAK.levels[0][1] // minutes for percent, minutes in SOAK.levels
}
"""Work done in a thousand minutes at each level."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Minutes at less than full power.

    Attributes:
        start: First minute, from the epoch.
        end: First minute after it.
        permille: Work done in a thousand minutes.
        stands: Whether a test or soak is paused.
    """

    start: int
    end: int
    permille: int = 0
    stands: bool = False


Stretches = list[_Stretch]


def _in_force(site: Site, clock: SiteClock) -> dict[tuple[str, str], Stretches]:
    """Return slow stretches of the plan in force by rack and step, in minutes now."""
    publication = (
        Publication.objects.filter(site=site)
        .select_related("plan")
        .order_by("-number")
        .first()
    )
    if publication is None:
        return {}
    try:
        steps = slow_steps(publication.plan)
    except (DamagedBlobError, InvalidProblemError):
        return {}
    shift = clock.minute(publication.plan.epoch)
    found: dict[tuple[str, str], Stretches] = {}
    ends: dict[tuple[str, str], int] = {}
    for step in steps:
        key = (step.rack, step_of(step.step))
        if step.step.endswith(REST) and key in ends:
            again = step.start + shift
            found.setdefault(key, []).extend(
                (
                    _Stretch(ends[key] + shift, again, stands=True),
                    _Stretch(again, again + SOAK.resume),
                )
            )
        ends[key] = step.end
        found.setdefault(key, []).extend(_slow(step, shift))
    return found


def _slow(step: PlannedStep, shift: int) -> Stretches:
    """Return the stretches of a step below full power."""
    return [
        _Stretch(
            phase.start + shift,
            phase.end + shift,
            WORK_PERMILLE.get(phase.percent, 0)
            if phase.kind is PhaseKind.DERATED
            else 0,
            stands=phase.kind is PhaseKind.STANDBY,
        )
        for phase in step.phases
        if phase.kind in SLOW
    ]


def _lost(
    rack: Rack,
    template: Template,
    published: Mapping[tuple[str, str], Stretches],
) -> tuple[int, bool]:
    """Return minutes of work lost since a step began, and whether it stands still."""
    running = rack.progress.running
    if running is None:
        return 0, False
    kind = template.steps[rack.progress.done].power_class
    if kind not in (PowerClass.RESTARTABLE, PowerClass.PREEMPTIVE_DERATABLE):
        return 0, False
    lost = 0
    stands = False
    for slow in published.get((rack.key, running.step), []):
        first, last = max(slow.start, running.started), min(slow.end, 0)
        if first < last:
            lost += -(-(last - first) * (1_000 - slow.permille) // 1_000)
            stands |= slow.stands and slow.end > 0
    return lost + (SOAK.resume if stands else 0), stands


def _with_lost(rack: Rack, lost: int, template: Template) -> Rack:
    """Return a rack with lost minutes still to do, at most its whole step."""
    running = rack.progress.running
    if not lost or running is None:
        return rack
    step = template.steps[rack.progress.done]
    left = min(step.duration, running.remaining + lost)
    progress: Progress = replace(
        rack.progress, running=replace(running, remaining=Minutes(left))
    )
    return replace(rack, progress=progress)
