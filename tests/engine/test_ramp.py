"""How fast import rises and falls, by the minute and by the contract's window."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from scheduling.engine.profile import constant
from scheduling.engine.ramp import ramp
from tests.builders.instances import a_random_problem
from tests.builders.problems import (
    a_bay_step,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_template,
    amount,
    prices,
)
from tests.builders.reference import reference_plan
from tests.builders.schedules import a_planned_step, a_schedule


def two_racks(first, second, *, begun=0, **changes):
    """Return the problem and plan of two tests of 100 kW, from and to these minutes."""
    template = a_template(
        steps=(a_bay_step("FUNC", first[1] - first[0], 100_000),), site_permille=1_000
    )
    problem = a_problem(
        templates=(template,),
        racks=(a_rack("R1"), a_rack("R2")),
        prices=prices(averaging_begun=begun),
        **{"base_load": constant(500_000)} | changes,
    )
    plan = a_schedule(
        *(
            a_planned_step("FUNC", *span, rack=rack, bay=f"bay:{rack}", draw=100_000)
            for rack, span in (("R1", first), ("R2", second))
        )
    )
    return problem, plan


def test_what_starts_in_one_minute_rises_together():
    found = ramp(*two_racks((30, 90), (30, 100)))

    assert (found.rise, found.rise_at) == (200_000, 30)
    assert (found.fall, found.fall_at) == (100_000, 90)


def test_a_staggered_restart_rises_one_by_one():
    found = ramp(*two_racks((30, 90), (31, 91)))

    assert (found.rise, found.rise_at) == (100_000, 30)


@pytest.mark.parametrize(
    ("averaging", "rise", "rise_at", "fall", "fall_at"),
    [
        (1, 200_000, 30, 200_000, 90),
        (5, 200_000, 30, 200_000, 90),
        # The mean from 30 on holds both, that from 90 on neither.
        (15, 200_000, 30, 200_000, 90),
        # The hour has them for half of its minutes, and so has the next one.
        (60, 0, 0, 0, 0),
    ],
)
def test_a_ramp_by_averaging_window(averaging, rise, rise_at, fall, fall_at):
    found = ramp(*two_racks((30, 90), (30, 90)), averaging=averaging)

    assert (found.rise, found.rise_at) == (rise, rise_at)
    assert (found.fall, found.fall_at) == (fall, fall_at)


def test_windows_that_begin_inside_a_test_see_a_part_of_it():
    # Windows from 25 and from 40 on: the first has 10 of 15 minutes.
    problem, plan = two_racks((30, 90), (30, 90), begun=5)

    found = ramp(problem, plan, averaging=15)

    assert (found.rise, found.rise_at) == (133_333, 25)


def test_what_starts_at_minute_0_is_a_rise_and_what_runs_is_none():
    running = a_rack(
        "R1", progress=a_progress(running=a_running("FUNC", -10, 60), bay="bay:R1")
    )
    problem, plan = two_racks((0, 60), (0, 60))

    both = ramp(problem, plan)
    one = ramp(replace(problem, racks=(running, a_rack("R2"))), plan)

    assert (both.rise, both.rise_at) == (200_000, 0)
    assert (one.rise, one.rise_at) == (100_000, 0)


def test_base_load_that_changes_is_part_of_the_ramp():
    found = ramp(
        *two_racks((30, 90), (200, 260), base_load=amount((0, 500_000), (90, 900_000)))
    )

    assert (found.rise, found.rise_at) == (300_000, 90)


def test_a_plan_without_steps_neither_rises_nor_falls():
    problem = a_problem(racks=(), base_load=constant(5_000))

    found = ramp(problem, a_schedule())

    assert (found.rise, found.fall) == (0, 0)


@pytest.mark.parametrize("averaging", [1, 5, 15, 30])
@pytest.mark.parametrize("seed", range(10))
def test_a_ramp_agrees_with_a_sum_minute_by_minute(averaging, seed):
    problem = a_random_problem(seed, begun=False)
    begun = Random(seed).randrange(averaging)
    problem = replace(
        problem,
        prices=replace(problem.prices, averaging=averaging, averaging_begun=begun),
    )
    plan = reference_plan(problem)

    found = ramp(problem, plan, averaging=averaging)

    means = plain_means(problem, plan, averaging=averaging, begun=begun)
    if averaging == 1:
        means = [problem.base_load.at(0), *means]
    steps = [after - before for before, after in pairwise(means)]
    assert found.rise == round(max([0, *steps]))
    assert found.fall == round(max([0, *(-step for step in steps)]))


def plain_means(problem, plan, *, averaging, begun):
    """Return the means of the windows that begin at minute 0 or after it."""
    site = {
        rack.key: next(
            one.site_permille for one in problem.templates if one.key == rack.template
        )
        for rack in problem.racks
    }
    until = max((step.end for step in plan.steps), default=0)

    def watts(minute):
        return problem.base_load.at(minute) + sum(
            -(-phase.draw * site[step.rack] // 1_000)
            for step in plan.steps
            if step.bay
            for phase in step.phases
            if phase.start <= minute < phase.end
        )

    first = -begun % averaging
    return [
        sum(watts(minute) for minute in range(at, at + averaging)) / averaging
        for at in range(first, until + 1, averaging)
    ]
