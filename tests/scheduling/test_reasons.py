"""Why a rack ships when it does: one limit, one sentence, one owner."""

import pytest

from scheduling.engine.schedule import Peg, Phase, PhaseKind, PlannedStep, Schedule
from scheduling.reasons import PLANNING, reasons_of
from tests.builders.problems import (
    a_lag,
    a_manual_step,
    a_material,
    a_problem,
    a_progress,
    a_rack,
    a_supply,
    a_template,
)
from tests.builders.reference import reference_plan

DAY = 1_440


def work(step, start, minutes):
    phase = Phase(start=start, end=start + minutes, draw=0, kind=PhaseKind.WORK)
    return PlannedStep(
        rack="R1", step=step, start=start, end=start + minutes, bay="", phases=(phase,)
    )


def two_steps(**rack):
    """Return a problem of KIT and PREP; PREP takes a part that comes on day 10."""
    return a_problem(
        templates=(
            a_template(
                steps=(a_manual_step("KIT"), a_manual_step("PREP")),
                materials=(a_material(step="PREP"),),
                lags_before=(a_lag("ANSWER", 300, is_physics=False, limit="answer"),),
            ),
        ),
        supplies=(a_supply("tranche:1", available=10 * DAY, owner="Mei-Ling Hsu"),),
        racks=(a_rack(**{"received": -300} | rack),),
    )


def planned(*steps):
    peg = Peg(rack="R1", step="PREP", part="part:x", supply="tranche:1", quantity=1)
    return Schedule(steps=steps, pegs=(peg,))


def test_a_rack_held_back_for_a_later_steps_part_waits_for_that_part():
    problem = two_steps()
    schedule = planned(work("KIT", 10 * DAY - 60, 60), work("PREP", 10 * DAY, 60))

    reason = reasons_of(problem, schedule)["R1"]

    (wait,) = [bar for bar in reason.bars if bar.limit == "material"]
    assert wait.minutes == 10 * DAY - 60
    assert (wait.resource, wait.owner) == ("tranche:1", "Mei-Ling Hsu")
    assert reason.limit == "material"
    assert reason.sentence == (
        "R1 ships 9\u00a0d late: it waits 10\u00a0d for tranche:1 before Kit. "
        "Mei-Ling Hsu owns this limit."
    )
    assert reason.lead_min == 300 + 10 * DAY + 60


def test_what_the_part_does_not_explain_stays_the_plans_own():
    problem = two_steps()
    schedule = planned(work("KIT", 10 * DAY + 40, 60), work("PREP", 10 * DAY + 100, 60))

    reason = reasons_of(problem, schedule)["R1"]

    lost = [(bar.limit, bar.minutes) for bar in reason.bars if not bar.is_physics]
    assert lost == [
        ("answer", 300),
        ("material", 10 * DAY - 60),
        ("batching", 100),
    ]
    assert [bar.sequence for bar in reason.bars] == list(range(len(reason.bars)))


def test_a_rack_that_waits_at_the_step_itself_says_so():
    problem = two_steps()
    schedule = planned(work("KIT", 0, 60), work("PREP", 10 * DAY, 60))

    reason = reasons_of(problem, schedule)["R1"]

    assert reason.limit == "material"
    assert sum(b.minutes for b in reason.bars if b.limit == "material") == 10 * DAY - 60


def test_a_rack_in_time_that_waits_for_nothing_needs_no_words():
    problem = a_problem(racks=(a_rack(due=5 * DAY),))

    reason = reasons_of(problem, reference_plan(problem))["R1"]

    assert (reason.limit, reason.sentence, reason.owner) == ("physics", "", "")


def test_a_late_rack_that_waits_for_nothing_names_what_takes_longest():
    problem = two_steps(due=-2 * DAY)
    steps = work("KIT", 0, 60), work("PREP", 60, 60)
    problem = a_problem(
        templates=(
            a_template(
                steps=problem.templates[0].steps,
                lags_before=problem.templates[0].lags_before,
            ),
        ),
        racks=problem.racks,
    )

    reason = reasons_of(problem, Schedule(steps=steps, pegs=()))["R1"]

    assert reason.limit == "answer"
    assert reason.sentence == (
        "R1 ships 50\u00a0h late: ANSWER takes 5\u00a0h. "
        "Owner of ANSWER owns this limit."
    )


@pytest.mark.parametrize("minutes", [60, 600])
def test_time_nobody_else_owns_is_the_planning_desks(minutes):
    problem = a_problem(
        templates=(a_template(steps=(a_manual_step("KIT"),)),),
        racks=(a_rack(due=0, progress=a_progress()),),
    )
    schedule = Schedule(steps=(work("KIT", minutes, 60),), pegs=())

    reason = reasons_of(problem, schedule)["R1"]

    assert reason.owner == PLANNING
    assert "the plan holds it" in reason.sentence
