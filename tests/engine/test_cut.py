"""Tests under way are paused at a tray boundary, and nothing else ever is."""

from dataclasses import replace

import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.cut import REST, Cut, cut_running, whole
from scheduling.engine.decode.render import render
from scheduling.engine.problem import PowerClass, Problem
from scheduling.engine.repair import Mender
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_curtailment,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    a_template,
    amount,
)
from tests.builders.reference import reference_plan

FUNC, FLASH = PowerClass.RESTARTABLE, PowerClass.NEVER_INTERRUPT


def two_racks(kind: PowerClass = FUNC, *, cap: int = 100_000, **first) -> Problem:
    """Return two racks 100 minutes into a test of 360 at 80 kW, and a cap for 4 h."""
    step = a_bay_step("FUNC", work=360, draw=80_000, power_class=kind)
    template = a_template(
        "M", [step, a_bay_step("DRAIN", work=60, draw=0)], site_permille=1_000
    )
    progress = a_progress(
        running=a_running("FUNC", started=-100, remaining=260), bay_since=-100
    )
    return a_problem(
        resources=(
            *(one for one in a_problem().resources if one.kind != "site"),
            a_site(capacity=amount((0, cap), (240, 400_000))),
        ),
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        templates=(template,),
        racks=tuple(
            a_rack(
                key,
                template="M",
                progress=replace(progress, bay=f"bay:{key[-1]}"),
                **(first if key == "R1" else {}),
            )
            for key in ("R1", "R2")
        ),
        curtailments=(a_curtailment(0, 240, limit=cap),),
    )


def test_one_of_two_tests_over_the_cap_stops_when_its_tray_is_done():
    problem, cuts = cut_running(two_racks())

    # 360 minutes are 18 trays of 20; 100 are done, so the sixth ends in 20.
    assert cuts == (Cut(rack="R1", step="FUNC", at=20, left=240 + 30),)
    first, second = problem.racks
    assert first.progress.running.remaining == 20
    assert second.progress.running.remaining == 260
    rest = next(t for t in problem.templates if t.key == first.template).steps[1]
    assert (rest.code, rest.duration, rest.draw) == (f"FUNC{REST}", 270, 80_000)


def test_a_flexible_order_is_cut_before_a_cheaper_firm_one():
    problem = two_racks(late_cents_per_day=1)
    firm, other = problem.racks
    flexible = replace(other, is_flexible=True)

    _, cuts = cut_running(replace(problem, racks=(firm, flexible)))

    assert [cut.rack for cut in cuts] == ["R2"]


def test_what_fits_exactly_is_not_cut():
    assert cut_running(two_racks(cap=160_000))[1] == ()


def test_a_watt_too_little_cuts_one():
    assert len(cut_running(two_racks(cap=159_999))[1]) == 1


@pytest.mark.parametrize("kind", [FLASH, PowerClass.NON_PREEMPTIVE])
def test_a_flash_and_a_fill_are_never_cut(kind):
    problem = two_racks(kind, cap=0)

    assert cut_running(problem) == (problem, ())


def test_without_a_curtailment_nothing_is_cut():
    problem = replace(two_racks(cap=0), curtailments=())

    assert cut_running(problem) == (problem, ())


def test_a_test_in_its_last_tray_runs_to_its_end():
    problem = two_racks(cap=0)
    late = replace(
        problem.racks[0].progress, running=a_running("FUNC", -350, remaining=10)
    )
    racks = (replace(problem.racks[0], progress=late), problem.racks[1])

    _, cuts = cut_running(replace(problem, racks=racks))

    assert [cut.rack for cut in cuts] == ["R2"]


def test_the_plan_of_a_cut_problem_makes_no_breach_and_goes_on_later():
    problem, _ = cut_running(two_racks())
    mender = Mender(problem)

    mender.keep()

    schedule = render(mender.board, ())
    assert made(breaches(problem, schedule)) == ()
    assert made(breaches(problem, reference_plan(problem))) == ()
    steps = {(one.rack, one.step): one for one in schedule.steps}
    assert (steps["R1", "FUNC"].start, steps["R1", "FUNC"].end) == (-100, 20)
    assert steps["R1", f"FUNC{REST}"].start == 240
    joined = next(whole(schedule.steps))
    assert (joined.rack, joined.step) == ("R1", "FUNC")
    assert (joined.start, joined.end) == (-100, 510)
