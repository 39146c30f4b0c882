"""The referee against a plain scheduler: its plans pass, bent plans are caught."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from scheduling.engine.check import BreachKind, Rule, breaches, made
from scheduling.engine.problem import Pin
from scheduling.engine.schedule import PhaseKind
from tests.builders.instances import a_random_problem
from tests.builders.problems import a_demo_like_problem
from tests.builders.reference import reference_plan
from tests.builders.schedules import moved, with_steps

BATCHES = [range(start, start + 25) for start in range(0, 200, 25)]
CAPACITY_RULES = {Rule.PLACE, Rule.PEOPLE, Rule.POWER, Rule.COOLING}


@cache
def judged_plan(seed, racks):
    problem = a_random_problem(seed, racks=racks)
    random = Random(seed) if seed % 2 else None
    return problem, reference_plan(problem, random=random)


def planned(seed, *, racks=5):
    return *judged_plan(seed, racks), Random(seed)


def found(problem, schedule):
    return {breach.rule for breach in made(breaches(problem, schedule))}


def changed(schedule, target, new):
    return with_steps(schedule, lambda step: new if step is target else step)


def free_steps(problem, schedule):
    """Return planned steps that are not under way, each after another of its rack."""
    pairs = zip(schedule.steps, schedule.steps[1:], strict=False)
    return [
        (before, step)
        for before, step in pairs
        if before.rack == step.rack and step.start >= 0 and before.end > 0
    ]


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_a_plain_plan_breaks_no_rule(seeds):
    for seed in seeds:
        problem, schedule, _ = planned(seed)

        assert made(breaches(problem, schedule)) == ()


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_a_step_shifted_before_its_predecessors_end_is_caught(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        for before, step in free_steps(problem, schedule):
            early = step.start - before.end + random.randrange(1, 30)

            bent = changed(schedule, step, moved(step, -early))

            assert Rule.ORDER in found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_a_step_shifted_without_its_phases_is_caught(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        step = random.choice(schedule.steps)
        late = random.randrange(1, 60)

        bent = changed(schedule, step, replace(step, end=step.end + late))

        assert Rule.PHASES in found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_two_steps_swapped_in_time_are_caught(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        pairs = free_steps(problem, schedule)
        if not pairs:
            continue
        before, step = random.choice(pairs)
        swap = {
            id(before): moved(before, step.start - before.start),
            id(step): moved(step, before.start - step.start),
        }

        bent = with_steps(schedule, lambda one, swap=swap: swap.get(id(one), one))

        assert found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_every_dropped_step_is_caught(seeds):
    for seed in seeds:
        problem, schedule, _ = planned(seed)
        for step in schedule.steps:
            bent = changed(schedule, step, None)

            assert Rule.ROUTING in found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_every_dropped_doubled_or_enlarged_peg_is_caught(seeds):
    for seed in seeds:
        problem, schedule, _ = planned(seed)
        for index, peg in enumerate(schedule.pegs):
            others = schedule.pegs[:index] + schedule.pegs[index + 1 :]
            more = replace(peg, quantity=peg.quantity + 1)
            for pegs in (others, (*schedule.pegs, peg), (*others, more)):
                assert Rule.MATERIAL in found(problem, replace(schedule, pegs=pegs))


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_a_rack_put_on_top_of_another_overbooks_its_bay(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        stays = [step for step in schedule.steps if step.bay and step.start >= 0]
        pairs = [(a, b) for a in stays for b in stays if a.rack != b.rack]
        for one, other in random.sample(pairs, min(3, len(pairs))):
            shift = other.start - one.start

            bent = with_steps(
                schedule,
                lambda step, one=one, bay=other.bay, shift=shift: (
                    moved(
                        replace(step, bay=bay if step.bay else ""),
                        shift if step.rack == one.rack else 0,
                    )
                    if step.rack == one.rack
                    else step
                ),
            )

            assert found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_every_phase_that_draws_or_lasts_otherwise_is_caught(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        for step in schedule.steps:
            index = random.randrange(len(step.phases))
            phase = step.phases[index]
            other = PhaseKind.WORK if phase.kind == "resume" else PhaseKind.RESUME
            for change in (
                {"draw": phase.draw + 1},
                {"kind": other},
                {"end": phase.end + 1},
            ):
                phases = list(step.phases)
                phases[index] = replace(phase, **change)
                bent = changed(schedule, step, replace(step, phases=tuple(phases)))

                assert found(problem, bent)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_a_pinned_plan_keeps_its_pins_and_a_moved_one_does_not(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed)
        free = [step for step in schedule.steps if step.start >= 0]
        running = {
            (rack.key, rack.progress.running.step)
            for rack in problem.racks
            if rack.progress.running
        }
        free = [step for step in free if (step.rack, step.step) not in running]
        if not free:
            continue
        step = random.choice(free)
        pin = Pin(step=step.step, start=step.start, bay=step.bay)
        racks = tuple(
            replace(rack, pins=(pin,)) if rack.key == step.rack else rack
            for rack in problem.racks
        )
        pinned = replace(problem, racks=racks)

        bent = changed(schedule, step, moved(step, random.choice((-1, 1))))

        assert made(breaches(pinned, schedule)) == ()
        assert Rule.PIN in found(pinned, bent)


def dense(problem, schedule):
    """Return the minutes in which each limit is exceeded, without any cleverness."""
    used = {resource.key: [0] * problem.horizon for resource in problem.resources}
    for key, start, end, amount in taken(problem, schedule):
        for minute in range(max(0, start), min(end, problem.horizon)):
            used[key][minute] += amount
    return {
        (resource.key, minute)
        for resource in problem.resources
        for start, end, capacity in resource.capacity.pieces(problem.horizon)
        for minute in range(start, end)
        if used[resource.key][minute] > capacity
    }


def taken(problem, schedule):
    """Yield what each planned step takes: limit, start, end, amount."""
    templates = {template.key: template for template in problem.templates}
    bays = {bay.key: bay for bay in problem.bays}
    for rack in problem.racks:
        template = templates[rack.template]
        station = [0] if rack.progress.holds_station else []
        for row in (row for row in schedule.steps if row.rack == rack.key):
            step = template.steps[template.index_of(row.step)]
            if step.extra:
                yield step.extra, row.start, row.end, 1
            if step.session == "" and step.place:
                yield step.place, row.start, row.end, 1
            if step.session == "station":
                station += [row.start, row.end]
            for phase in row.phases:
                span = (phase.start, phase.end)
                if phase.kind in {"work", "derated", "resume"}:
                    yield step.crew, *span, step.crew_eighths
                if row.bay:
                    yield from watts(template, bays[row.bay], span, phase.draw)
        if len(station) > 1:
            yield "place:station", min(station), max(station), 1


def watts(template, bay, span, draw):
    """Yield what a phase takes of nodes, site and loop."""
    for node in bay.nodes:
        yield node, *span, draw
    yield bay.site, *span, -(-draw * template.site_permille // 1_000)
    yield bay.loop, *span, -(-draw * template.liquid_permille // 1_000)


@pytest.mark.parametrize("seeds", BATCHES[:4], ids=str)
def test_limits_are_broken_in_exactly_the_minutes_a_plain_sum_says(seeds):
    for seed in seeds:
        problem, schedule, random = planned(seed, racks=8)
        shifts = {rack.key: random.randrange(-400, 400) for rack in problem.racks}

        bent = with_steps(
            schedule,
            lambda step, shifts=shifts: moved(
                step, max(-step.start, shifts[step.rack]) if step.start > 0 else 0
            ),
        )

        judged = {
            (breach.object, minute)
            for breach in breaches(problem, bent)
            if breach.rule in CAPACITY_RULES
            for minute in range(breach.start, breach.end)
        }
        assert judged == dense(problem, bent)


@pytest.mark.parametrize("curtailed", [False, True])
def test_a_plan_of_the_default_site_breaks_no_rule(curtailed):
    problem = a_demo_like_problem(30, 1, curtailed=curtailed)

    schedule = reference_plan(problem)

    assert breaches(problem, schedule) == ()
    assert schedule.unplannable == ()


def test_without_its_limits_the_same_plan_would_break_them_all():
    problem = a_demo_like_problem(30, 1)
    schedule = reference_plan(problem)
    tight = replace(
        problem,
        resources=tuple(
            replace(
                resource,
                capacity=replace(
                    resource.capacity, values=(0,) * len(resource.capacity.values)
                ),
            )
            for resource in problem.resources
        ),
    )

    broken = {breach.object for breach in breaches(tight, schedule)}

    used = {b.site for b in problem.bays} | {
        r.key for r in problem.resources if r.kind in {"place", "crew"}
    }
    assert used <= broken
    kinds = {breach.kind for breach in breaches(tight, schedule)}
    assert kinds == {BreachKind.MADE, BreachKind.INHERITED}
