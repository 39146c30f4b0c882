"""What a cap would shed, in the order of the house, watt by watt; and what it did."""

from dataclasses import replace

import numpy as np
import pytest

from scheduling.engine.given_up import given_up
from scheduling.engine.problem import PowerClass
from scheduling.engine.profile import constant
from scheduling.engine.shedding import Action, available, shed, site_load
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_problem,
    a_rack,
    a_soak,
    a_template,
)
from tests.builders.schedules import a_phase, a_planned_step, a_schedule

BASE, HOUR = 50_000, 60

FILL = a_bay_step("FILL", work=60, draw=2_000, power_class=PowerClass.NON_PREEMPTIVE)
ON = a_bay_step("POWERON", work=60, draw=20_000, power_class=PowerClass.INTERRUPTIBLE)
FLASH = a_bay_step(
    "FLASH", work=60, draw=40_000, power_class=PowerClass.NEVER_INTERRUPT
)
FUNC = a_bay_step("FUNC", work=180, draw=80_000, power_class=PowerClass.RESTARTABLE)
SOAK = a_soak(work=240, draw=100_000)
ROUTING = (FILL, ON, FLASH, FUNC, SOAK)
LATE = 100_000


def site(*racks):
    """Return a problem of racks in bays of their own, import equal to bay draw."""
    return a_problem(
        templates=(a_template("M", ROUTING, site_permille=1_000),),
        bays=tuple(a_bay(f"bay:{number}") for number in range(len(racks))),
        racks=racks,
        base_load=constant(BASE),
    )


def work(rack, code, start, bay="bay:0"):
    """Return one step at full draw from a minute on."""
    step = next(one for one in ROUTING if one.code == code)
    end = start + step.duration
    phases = (a_phase(max(start, 0), end, step.draw),)
    return a_planned_step(code, start, end, rack=rack, bay=bay, phases=phases)


def taken(problem, *steps, cap, window=(0, HOUR), **options):
    result = shed(problem, a_schedule(*steps), window=window, cap=cap, **options)
    return [(one.rack, one.action.value, one.saved_w) for one in result.given]


def test_under_the_cap_nothing_is_shed():
    problem = site(a_rack("R1", promise=LATE))

    assert taken(problem, work("R1", "SOAK", 0), cap=150_000) == []


def test_new_power_ons_are_held_before_any_soak_is_touched():
    problem = site(a_rack("R1", promise=LATE), a_rack("R2", promise=LATE))
    steps = (work("R1", "SOAK", 0), work("R2", "POWERON", 10, "bay:1"))

    assert taken(problem, *steps, cap=150_000) == [("R2", "held", 20_000)]


def test_a_soak_goes_to_80_then_to_60_then_to_standby():
    problem = site(a_rack("R1", promise=LATE))
    soak = work("R1", "SOAK", 0)

    found = [
        (cap, taken(problem, soak, cap=cap)[0][1:])
        for cap in (149_999, 130_000, 129_999, 110_000, 109_999, 0)
    ]

    assert found == [
        (149_999, ("derated", 20_000)),
        (130_000, ("derated", 20_000)),
        (129_999, ("derated", 40_000)),
        (110_000, ("derated", 40_000)),
        (109_999, ("paused", 92_000)),
        (0, ("paused", 92_000)),
    ]


def test_tests_pause_last_at_the_end_of_a_tray_and_only_where_policy_lets_them():
    problem = site(a_rack("R1", promise=LATE))
    # 180 minutes are 18 trays of 10; 25 are done at minute 0, so 5 more go on.
    func = work("R1", "FUNC", -25)

    result = shed(problem, a_schedule(func), window=(0, HOUR), cap=60_000)

    (given,) = result.given
    assert (given.action, given.start, given.saved_w) == (Action.CUT, 5, 80_000)
    assert given.delay_min == 55 + 30
    assert (result.over_w, result.over_until) == (70_000, 5)
    assert taken(problem, func, cap=60_000, may_cut=False) == []


@pytest.mark.parametrize("code", ["FLASH", "FILL"])
def test_a_flash_and_a_fill_never_give_way_and_what_is_over_is_said(code):
    problem = site(a_rack("R1", promise=LATE))

    result = shed(problem, a_schedule(work("R1", code, 0)), window=(0, HOUR), cap=0)

    assert result.given == ()
    assert result.over_until == HOUR
    assert result.over_w == int(result.load.max())


def test_flexible_orders_give_way_before_cheaper_firm_ones():
    firm = a_rack("R1", promise=LATE, late_cents_per_day=1)
    flexible = a_rack("R2", promise=LATE, late_cents_per_day=9, is_flexible=True)
    problem = site(firm, flexible)
    steps = (work("R1", "SOAK", 0), work("R2", "SOAK", 0, "bay:1"))

    assert taken(problem, *steps, cap=230_000) == [("R2", "derated", 20_000)]


def test_whose_promise_a_delay_reaches_is_named():
    steps = (work("R1", "SOAK", 0),)
    near, far = (
        shed(
            site(a_rack("R1", promise=promise)),
            a_schedule(*steps),
            window=(0, HOUR),
            cap=0,
        ).given[0]
        # 240 minutes of soak, 60 of them paused, 30 to come back.
        for promise in (329, 330)
    )

    assert (near.ships, near.delay_min) == (330, 90)
    assert near.touches_promise
    assert not far.touches_promise


def test_what_could_be_shed_at_most_is_told_minute_by_minute():
    problem = site(a_rack("R1", promise=LATE))

    load, free = available(problem, a_schedule(work("R1", "SOAK", 30)), window=(0, 60))

    assert load[29:31].tolist() == [50_000, 150_000]
    assert free[29:31].tolist() == [0, 92_000]
    assert isinstance(load, np.ndarray)


# ---- what a plan did give up


def soaked(*phases, rack="R1"):
    """Return a soak made of phases ``(start, end, draw, kind, percent)``."""
    made = tuple(
        a_phase(start, end, draw, kind=kind, percent=percent)
        for start, end, draw, kind, percent in phases
    )
    start, end = made[0].start, made[-1].end
    return a_planned_step("SOAK", start, end, rack=rack, bay="bay:0", phases=made)


def gave(problem, before, after, window=(0, 240), ago=0):
    return [
        (one.action, one.start, one.end, one.saved_w, one.delay_min, one.is_broken)
        for one in given_up(problem, after, window=window, before=before, ago=ago)
    ]


def test_a_soak_that_is_derated_and_paused_is_two_things_given_up():
    problem = site(a_rack("R1", promise=300))
    before = a_schedule(work("R1", "SOAK", 0))
    after = a_schedule(
        soaked(
            (0, 150, 80_000, "derated", 80),
            (150, 240, 8_000, "standby", 8),
            (240, 270, 100_000, "resume", 100),
            (270, 390, 100_000, "work", 100),
        )
    )

    assert gave(problem, before, after) == [
        ("derated", 0, 150, 20_000, 150, True),
        ("paused", 150, 240, 92_000, 150, True),
    ]


def test_a_power_on_that_waits_is_held_from_when_it_was_planned():
    problem = site(a_rack("R1", promise=LATE))
    before = a_schedule(work("R1", "POWERON", 100))
    after = a_schedule(work("R1", "POWERON", 240))

    assert gave(problem, before, after) == [("held", 100, 240, 20_000, 140, False)]


def test_a_power_on_before_the_window_that_now_waits_for_its_end_is_held():
    problem = site(a_rack("R1", promise=LATE))
    before = a_schedule(work("R1", "POWERON", 20), work("R1", "SOAK", 80))
    after = a_schedule(work("R1", "POWERON", 240), work("R1", "SOAK", 300))

    assert gave(problem, before, after, window=(100, 240)) == [
        ("held", 20, 240, 20_000, 220, False)
    ]


def test_a_plan_made_an_hour_before_is_compared_by_the_clock():
    problem = site(a_rack("R1", promise=LATE))
    before = a_schedule(work("R1", "POWERON", 160))
    after = a_schedule(work("R1", "POWERON", 100))

    assert gave(problem, before, after, ago=60) == []


def test_a_rack_in_another_hall_was_moved():
    problem = site(a_rack("R1", promise=LATE))
    problem = replace(
        problem,
        bays=(
            a_bay("bay:0", nodes=("node:A",)),
            a_bay("bay:1", nodes=("node:B",)),
        ),
    )
    before = a_schedule(work("R1", "SOAK", 0))
    after = a_schedule(work("R1", "SOAK", 0, "bay:1"))

    assert gave(problem, before, after) == [("moved", 0, 240, 0, 0, False)]


def test_the_sites_load_is_what_its_bays_take_and_the_base():
    problem = site(a_rack("R1"), a_rack("R2"))
    plan = a_schedule(
        work("R1", "FUNC", -60),
        work("R1", "SOAK", 120),
        work("R2", "FUNC", 30, bay="bay:1"),
    )

    load = site_load(problem, plan, window=(0, 6 * HOUR))

    assert [int(load[minute]) - BASE for minute in (0, 29, 30, 119, 120, 210)] == [
        80_000,
        80_000,
        160_000,
        160_000,
        180_000,
        100_000,
    ]
    assert load.tolist() == shed(problem, plan, window=(0, 360), cap=0).load.tolist()
