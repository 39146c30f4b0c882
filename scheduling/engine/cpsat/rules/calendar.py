"""Rule: manual steps pause while their crew is closed, the others run through."""

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.variables import StepVariables, Variables
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import Problem


def add(model: cp_model.CpModel, _: Problem, variables: Variables) -> None:
    """Add how long each step takes.

    A manual step starts and ends in open minutes and grows by each closed stretch it
    begins before and ends after; every other step but soak takes exactly its work and
    fits one open window; a soak takes its work if it runs at full power, else longer.

    ``end - start = work + sum(length[c] for c crossed)``; ``end - start = work``;
    ``full -> end - start = work``, ``not full -> end - start > work``.
    """
    for one in variables.all_steps():
        if one.full is not None:
            length = one.end - one.start
            model.add(length == one.work).only_enforce_if(one.full)
            model.add(length > one.work).only_enforce_if(~one.full)
        elif one.is_manual:
            _pause(model, one, variables.hours[one.step.crew], variables.horizon)
        else:
            model.add(one.end - one.start == one.work)
            if not one.is_fact:
                _fit(model, one, variables.hours[one.step.crew], variables.horizon)


def _windows(hours: OpenHours, horizon: int) -> list[tuple[int, int]]:
    return [
        (start, end) for start, end, is_open in hours.stretches(0, horizon) if is_open
    ]


def _fit(
    model: cp_model.CpModel, one: StepVariables, hours: OpenHours, horizon: int
) -> None:
    """Keep a step inside one open window."""
    starts = [
        [start, end - one.work]
        for start, end in _windows(hours, horizon)
        if end - one.work >= start
    ]
    domain = cp_model.Domain.from_intervals(starts)
    model.add_linear_expression_in_domain(one.start, domain)


def _pause(
    model: cp_model.CpModel, one: StepVariables, hours: OpenHours, horizon: int
) -> None:
    """Stretch a manual step over the closed hours it meets."""
    windows = _windows(hours, horizon)
    running = one.rack.progress.running
    if running is not None and running.step == one.step.code:
        end = hours.finish(0, one.work)
        model.add(one.end == (horizon if end is None else end))
        return
    ends = [[start + 1, end] for start, end in windows]
    domain = cp_model.Domain.from_intervals(ends)
    model.add_linear_expression_in_domain(one.end, domain)
    if not one.is_fact:
        starts = [[start, end - 1] for start, end in windows]
        domain = cp_model.Domain.from_intervals(starts)
        model.add_linear_expression_in_domain(one.start, domain)
    crossed = []
    for start, end, is_open in hours.stretches(0, horizon):
        if is_open or start == 0:
            continue
        name = f"{one.rack.key} {one.step.code} over {start}"
        before = model.new_bool_var(f"{name} begins before")
        after = model.new_bool_var(f"{name} ends after")
        both = model.new_bool_var(name)
        model.add(one.start < start).only_enforce_if(before)
        model.add(one.start >= start).only_enforce_if(~before)
        model.add(one.end > end).only_enforce_if(after)
        model.add(one.end <= end).only_enforce_if(~after)
        model.add_bool_and(before, after).only_enforce_if(both)
        model.add_bool_or(~before, ~after, both)
        crossed.append((end - start) * both)
    model.add(one.end - one.start == one.work + sum(crossed))
