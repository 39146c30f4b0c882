"""The order in which a plan gives way, as the cap goes deeper: rung by rung."""

from dataclasses import replace

import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.cut import cut_running
from scheduling.engine.given_up import given_up
from scheduling.engine.problem import PowerClass, Problem
from scheduling.engine.repair import repair
from scheduling.engine.schedule import PhaseKind, Schedule
from scheduling.engine.shedding import site_load
from tests.builders.changes import published
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_curtailment,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    a_soak,
    a_template,
    amount,
    soak_rule,
)

OVER = 240
"""Minutes the cap lasts, from minute 0 on."""
FREE_W = 400_000
NEVER = {
    "FILL": PowerClass.NON_PREEMPTIVE,
    "LEAK": PowerClass.NON_PREEMPTIVE,
    "FLASH": PowerClass.NEVER_INTERRUPT,
}


def routing(code: str):
    """Return one step that is under way, then a drain."""
    step = {
        "FILL": a_bay_step("FILL", 300, 40_000, power_class=NEVER["FILL"]),
        "LEAK": a_bay_step("LEAK", 300, 40_000, power_class=NEVER["LEAK"]),
        "FLASH": a_bay_step("FLASH", 300, 40_000, power_class=NEVER["FLASH"]),
        "FUNC": a_bay_step("FUNC", 360, 80_000, power_class=PowerClass.RESTARTABLE),
        "SOAK": a_soak(600, 100_000),
        "POWERON": a_bay_step(
            "POWERON", 300, 60_000, power_class=PowerClass.INTERRUPTIBLE
        ),
    }[code]
    steps = [step, a_bay_step("DRAIN", 60, 0, power_class=NEVER["FILL"])]
    return a_template(code, steps, site_permille=1_000)


def in_force(stubborn: str = "FLASH") -> Problem:
    """Return a site in the middle of its work, its plan published.

    One step that never gives way at 40 kW, a function test at 80, a soak at 100, and a
    power-on of 60 kW that begins in half an hour: 280 kW together. Blocks of soak are
    short, since a soak pauses at the end of the block that begins at minute 0.
    """
    running = {
        "R1": (stubborn, a_running(stubborn, started=-20, remaining=280)),
        "R2": ("FUNC", a_running("FUNC", started=-100, remaining=260)),
        "R3": ("SOAK", a_running("SOAK", started=-110, remaining=490)),
        "R4": ("POWERON", None),
    }
    codes = [code for code, _ in running.values()]
    racks = tuple(
        a_rack(
            key,
            template=code,
            release=30 if step is None else 0,
            due=100_000,
            progress=a_progress(running=step, bay=f"bay:{key}", bay_since=-120)
            if step
            else a_progress(),
        )
        for key, (code, step) in running.items()
    )
    problem = a_problem(
        resources=(
            *(one for one in a_problem().resources if one.kind != "site"),
            a_site(capacity=FREE_W),
        ),
        bays=tuple(a_bay(f"bay:{rack.key}", models=tuple(codes)) for rack in racks),
        templates=tuple(routing(code) for code in codes),
        racks=racks,
        soak=soak_rule(block=10, levels=((100, 10), (80, 13), (60, 17))),
    )
    plan = repair(problem, time_limit_s=0.0).schedule
    assert plan is not None
    return published(problem, plan)


def under(problem: Problem, cap: int) -> Problem:
    """Return a problem with a cap from minute 0 on, tests cut where need be."""
    lowered = replace(
        problem,
        resources=(
            *(one for one in problem.resources if one.kind != "site"),
            a_site(capacity=amount((0, cap), (OVER, FREE_W))),
        ),
        curtailments=(a_curtailment(0, OVER, limit=cap),),
    )
    return cut_running(lowered)[0]


def obeyed(problem: Problem, cap: int) -> tuple[Problem, Schedule]:
    capped = under(problem, cap)
    plan = repair(capped, time_limit_s=0.0).schedule
    assert plan is not None
    assert made(breaches(capped, plan)) == ()
    return capped, plan


def rungs(problem: Problem, capped: Problem, plan: Schedule) -> set[tuple[str, str]]:
    """Return which rack gave what up, against the plan in force; soaks with percent."""
    before = repair(problem, time_limit_s=0.0).schedule
    assert before is not None
    found = {
        (one.rack, one.action)
        for one in given_up(capped, plan, window=(0, OVER), before=before)
    }
    least = min(
        phase.percent
        for step in plan.steps
        for phase in step.phases
        if step.step == "SOAK"
        and phase.start < OVER
        and phase.kind != PhaseKind.STANDBY
    )
    return {
        (rack, f"{action} {least}" if action == "derated" else action)
        for rack, action in found
    }


HELD, AT_80, AT_60 = ("R4", "held"), ("R3", "derated 80"), ("R3", "derated 60")
PAUSED, CUT = ("R3", "paused"), ("R2", "cut")


@pytest.mark.parametrize(
    ("cap", "given"),
    [
        (280_000, set()),
        (279_999, {HELD}),
        (220_000, {HELD}),
        (219_999, {HELD, AT_80}),
        (200_000, {HELD, AT_80}),
        (199_999, {HELD, AT_60}),
        (180_000, {HELD, AT_60}),
        (179_999, {HELD, AT_60, PAUSED}),
        (128_000, {HELD, AT_60, PAUSED}),
        (50_000, {HELD, AT_60, PAUSED, CUT}),
    ],
)
def test_a_deeper_cap_takes_the_next_rung(cap, given):
    problem = in_force()
    capped, plan = obeyed(problem, cap)

    assert rungs(problem, capped, plan) == given
    load = site_load(capped, plan, window=(0, OVER))
    # A block ends in 17 minutes at 60 %, a tray in 20: nobody can stop them before.
    first = 20 if PAUSED in given else 0
    assert int(load[first:].max()) <= cap


@pytest.mark.parametrize("stubborn", sorted(NEVER))
def test_a_fill_a_leak_test_and_a_flash_go_on_at_any_cap(stubborn):
    problem = in_force(stubborn)
    capped, plan = obeyed(problem, 0)

    (step,) = [one for one in plan.steps if one.step == stubborn]
    assert (step.start, step.end) == (-20, 280)
    assert CUT in rungs(problem, capped, plan)
    load = site_load(capped, plan, window=(0, OVER))
    assert int(load[20:].min()) >= 40_000
