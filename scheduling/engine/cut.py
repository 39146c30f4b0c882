"""Pauses tests under way at a tray boundary, where the grid leaves no other way.

A pure function on a problem: a function or fabric test that is cut becomes two steps,
the part that runs to the end of its tray, which nobody can stop, and the rest, which
waits in the bay for its power. Everything else, the referee too, needs no rule for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from scheduling.engine.problem import (
    PowerClass,
    Problem,
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


def apply(problem: Problem, cuts: list[Cut]) -> Problem:
    """Return a problem in which tests are cut."""
    by_rack = {cut.rack: cut for cut in cuts}
    if not by_rack:
        return problem
    templates = {one.key: one for one in problem.templates}
    racks = []
    for rack in problem.racks:
        cut = by_rack.get(rack.key)
        if cut is None:
            racks.append(rack)
            continue
        template = _with_rest(templates[rack.template], rack, cut)
        templates[template.key] = template
        racks.append(_cut_rack(rack, template.key, cut))
    added = [one for key, one in templates.items() if MARK in key]
    return replace(
        problem,
        racks=tuple(racks),
        templates=(
            *(one for one in problem.templates if MARK not in one.key),
            *sorted(added, key=lambda one: one.key),
        ),
        bays=tuple(
            replace(
                bay,
                models=(
                    *bay.models,
                    *(
                        one.key
                        for one in added
                        if model_of(one.key) in bay.models and one.key not in bay.models
                    ),
                ),
            )
            for bay in problem.bays
        ),
    )


def _cut_rack(rack: Rack, template: str, cut: Cut) -> Rack:
    """Return a rack whose step under way ends at the boundary."""
    running = rack.progress.running
    assert running is not None  # noqa: S101 - only running tests are cut
    return replace(
        rack,
        template=template,
        progress=replace(rack.progress, running=replace(running, remaining=cut.at)),
    )


def _with_rest(template: Template, rack: Rack, cut: Cut) -> Template:
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
        template, key=f"{model_of(template.key)}{MARK}{rack.key}", steps=tuple(steps)
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
