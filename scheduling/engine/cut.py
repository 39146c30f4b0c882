"""Pauses tests under way at a tray boundary, where the grid leaves no other way.

A pure function on a problem: a function or fabric test that is cut becomes two steps,
the part that runs to the end of its tray, which nobody can stop, and the rest, which
waits in the bay for its power. Everything else, the referee too, needs no rule for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Progress,
    Rack,
    ResourceKind,
    Step,
    Template,
)
from scheduling.engine.schedule import PlannedStep
from scheduling.engine.units import FULL_PERMILLE, Minutes

TRAYS = 18
"""Compute trays a rack is tested by. Source: docs/sources.md, rack."""
REST = ":REST"
"""Ends the code of a step that is the rest of a cut one."""
MARK = "~"
"""Between a model and the rack whose own routing a template is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One test that is paused.

    Attributes:
        rack: The rack's key.
        step: The step's code.
        at: The tray boundary, in minutes from the epoch; at least 1.
        left: Full-power minutes still to do from there, the restart included.
    """

    rack: str
    step: str
    at: Minutes
    left: Minutes


def model_of(template: str) -> str:
    """Return the model of a template key, a cut rack's own included."""
    return template.partition(MARK)[0]


def step_of(code: str) -> str:
    """Return the routing's code of a step, the rest of a cut one included."""
    return code.removesuffix(REST)


def whole(steps: Iterable[PlannedStep]) -> Iterator[PlannedStep]:
    """Yield planned steps, a cut test and its rest as one from begin to end."""
    cut: PlannedStep | None = None
    for step in steps:
        if step.step.endswith(REST) and cut is not None and cut.rack == step.rack:
            cut = replace(cut, end=step.end, phases=(*cut.phases, *step.phases))
            continue
        if cut is not None:
            yield cut
        cut = step
    if cut is not None:
        yield cut


def cut_running(problem: Problem) -> tuple[Problem, tuple[Cut, ...]]:
    """Return a problem in which as few tests as possible go on above the cap.

    Only where a curtailment leaves less than what runs needs even with every soak at
    its lowest level; flexible orders first, then the cheapest lateness.
    """
    if not problem.curtailments:
        return problem, ()
    templates = {one.key: one for one in problem.templates}
    site = next(
        (one for one in problem.resources if one.kind is ResourceKind.SITE), None
    )
    running = [rack for rack in problem.racks if rack.progress.running is not None]
    tests = [rack for rack in running if _is_test(rack, templates[rack.template])]
    if site is None or not tests:
        return problem, ()
    until = max(_left(rack) for rack in tests)
    if all(event.start >= until for event in problem.curtailments):
        return problem, ()
    excess = [-site.capacity.at(minute) for minute in range(until)]
    for rack in running:
        _add_least(excess, rack, templates[rack.template], problem)
    cuts = []
    for rack in sorted(tests, key=_rank):
        template = templates[rack.template]
        cut = _cut_of(rack, _running_step(rack, template), problem)
        if cut is None or max(excess[cut.at : _left(rack)], default=0) <= 0:
            continue
        watts = _import(_running_step(rack, template).draw, template)
        for minute in range(cut.at, _left(rack)):
            excess[minute] -= watts
        cuts.append(cut)
    return apply(problem, cuts), tuple(cuts)


def apply(problem: Problem, cuts: Sequence[Cut]) -> Problem:
    """Return a problem in which tests are cut."""
    templates = {one.key: one for one in problem.templates}
    by_rack = {rack.key: rack for rack in problem.racks}
    own = {
        cut.rack: _with_rest(templates[by_rack[cut.rack].template], cut) for cut in cuts
    }
    at = {cut.rack: cut.at for cut in cuts}
    return _with_own(problem, own, lambda rack: _until(rack.progress, at[rack.key]))


def paused(problem: Problem, left: Mapping[str, int]) -> Problem:
    """Return a problem in which tests stand still at minute 0 that count as running.

    Args:
        problem: The problem.
        left: Full-power minutes still to do by rack, the restart included.
    """
    templates = {one.key: one for one in problem.templates}
    own = {
        rack.key: _shortened(templates[rack.template], rack, left[rack.key])
        for rack in problem.racks
        if rack.key in left
    }
    return _with_own(problem, own, lambda rack: replace(rack.progress, running=None))


def _with_own(
    problem: Problem,
    own: Mapping[str, Template],
    progress_of: Callable[[Rack], Progress],
) -> Problem:
    """Return a problem in which some racks have a routing and progress of their own."""
    if not own:
        return problem
    keys = [template.key for template in own.values()]
    return replace(
        problem,
        racks=tuple(
            replace(rack, template=own[rack.key].key, progress=progress_of(rack))
            if rack.key in own
            else rack
            for rack in problem.racks
        ),
        templates=(*problem.templates, *own.values()),
        bays=tuple(
            replace(
                bay,
                models=(
                    *bay.models,
                    *(key for key in keys if model_of(key) in bay.models),
                ),
            )
            for bay in problem.bays
        ),
    )


def _until(progress: Progress, at: Minutes) -> Progress:
    """Return progress whose step under way ends at a boundary."""
    running = progress.running
    return replace(
        progress, running=None if running is None else replace(running, remaining=at)
    )


def _shortened(template: Template, rack: Rack, left: int) -> Template:
    """Return a routing whose next step has only so many minutes."""
    done = rack.progress.done
    step = replace(template.steps[done], work=Minutes(left), allowance=Minutes(0))
    return replace(
        template,
        key=f"{model_of(template.key)}{MARK}{rack.key}",
        steps=(*template.steps[:done], step, *template.steps[done + 1 :]),
    )


def _with_rest(template: Template, cut: Cut) -> Template:
    """Return a routing with the rest of the cut step behind it."""
    steps: list[Step] = []
    for step in template.steps:
        steps.append(step)
        if step.code == cut.step:
            steps.append(
                replace(
                    step,
                    code=f"{step.code}{REST}",
                    label=f"{step.label}, rest",
                    work=cut.left,
                    allowance=Minutes(0),
                )
            )
    return replace(
        template, key=f"{model_of(template.key)}{MARK}{cut.rack}", steps=tuple(steps)
    )


def _cut_of(rack: Rack, step: Step, problem: Problem) -> Cut | None:
    """Return where a test may be paused first; None in its last tray."""
    tray = -(-step.duration // TRAYS)
    done = step.duration - _left(rack)
    at = tray - done % tray
    if at >= _left(rack):
        return None
    left = _left(rack) - at + problem.soak.resume
    return Cut(rack=rack.key, step=step.code, at=Minutes(at), left=Minutes(left))


def _add_least(
    excess: list[int], rack: Rack, template: Template, problem: Problem
) -> None:
    """Add the least that a step under way takes of the import, minute by minute."""
    step = _running_step(rack, template)
    first, minutes, later = int(step.draw), 0, int(step.draw)
    if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
        percent, minutes = problem.soak.levels[-1]
        first = -(-step.draw * percent // 100)
        later = -(-step.draw * problem.soak.standby_percent // 100)
    for minute in range(min(_left(rack), len(excess))):
        draw = first if minute < minutes else later
        excess[minute] += _import(draw, template)


def _import(draw: int, template: Template) -> int:
    return -(-draw * template.site_permille // FULL_PERMILLE)


def _is_test(rack: Rack, template: Template) -> bool:
    return _running_step(rack, template).power_class is PowerClass.RESTARTABLE


def _running_step(rack: Rack, template: Template) -> Step:
    return template.steps[rack.progress.done]


def _left(rack: Rack) -> int:
    return rack.progress.running.remaining if rack.progress.running else 0


def _rank(rack: Rack) -> tuple[bool, int, int, str]:
    """Return what is paused first: flexible, cheap, with time to spare."""
    target = rack.due if rack.promise is None else rack.promise
    return (
        not rack.is_flexible,
        rack.late_cents_per_day,
        -(target or 0),
        rack.key,
    )
