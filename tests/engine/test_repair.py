"""A published plan is mended: what can stay stays, what moves is said and pays."""

from collections import defaultdict
from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.blocks import blocks_of
from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.decode.render import render
from scheduling.engine.following import following
from scheduling.engine.outcome import Outcome, Progress, Status
from scheduling.engine.problem import Pin, PowerClass, Problem
from scheduling.engine.repair import MOST_MOVED, Favour, Mender, repair
from scheduling.engine.schedule import Phase, PhaseKind, Schedule
from scheduling.engine.serial import problem_from_json, problem_to_json
from scheduling.engine.solve import solve
from tests.builders.changes import CHANGES, published
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.problems import (
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    amount,
)

RACKS = 60
PARTS = 6
"""Of a plan's cost."""


@pytest.fixture(scope="module")
def in_force() -> tuple[Problem, Schedule]:
    """Return a problem that knows its published plan, and that plan."""
    problem = a_demo_like_problem(RACKS, curtailed=True)
    outcome = solve(problem, time_limit_s=30, max_moves=400)
    assert outcome.schedule is not None
    return published(problem, outcome.schedule), outcome.schedule


def places(schedule: Schedule) -> dict[str, list[tuple[str, int, str]]]:
    found = defaultdict(list)
    for step in schedule.steps:
        found[step.rack].append((step.step, step.start, step.bay))
    return dict(found)


def moved(before: Schedule, after: Schedule) -> set[str]:
    was, now = places(before), places(after)
    return {rack for rack in was if was[rack] != now.get(rack)}


def test_without_a_change_every_step_stays_to_the_minute(in_force):
    problem, schedule = in_force

    mender = Mender(problem)
    mender.keep()

    kept = render(mender.board, ())
    assert not len(mender.lost)
    assert kept.steps == schedule.steps
    assert cost(problem, kept).moved == 0


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_mended_plan_passes_the_referee_and_moves_few(in_force, name):
    problem, _ = in_force
    changed = CHANGES[name](problem, Random(3))
    mender = Mender(changed)
    mender.keep()
    legal = render(mender.board, ())
    looks = iter(range(6))

    end = mender.improve(Favour.BALANCE, goes_on=lambda: next(looks, None) is not None)

    better = render(mender.board, ())
    unaffected = RACKS - len(mender.lost)
    assert not made(breaches(changed, legal))
    assert not made(breaches(changed, better))
    assert cost(changed, better).total <= cost(changed, legal).total
    # The board rounds the whole once, the cost each of its six parts.
    assert abs(end.cents - cost(changed, better).total) <= PARTS / 2
    assert end.moved <= MOST_MOVED * unaffected


@pytest.mark.parametrize("name", list(CHANGES))
def test_fewest_moved_touches_only_racks_that_lost_their_place(in_force, name):
    problem, schedule = in_force
    changed = CHANGES[name](problem, Random(5))
    mender = Mender(changed)
    mender.keep()
    lost = {mender.board.encoded.racks[at].key for at in mender.lost}
    looks = iter(range(4))

    end = mender.improve(Favour.MOVES, goes_on=lambda: next(looks, None) is not None)

    assert end.moved == 0
    assert moved(schedule, render(mender.board, ())) <= lost


def test_both_ends_are_told_and_the_one_asked_for_is_taken(in_force):
    problem, _ = in_force
    changed = CHANGES["slip"](problem, Random(1))
    seen: list[Progress] = []

    outcome = repair(
        changed, time_limit_s=0.5, favour=Favour.MOVES, on_progress=seen.append
    )

    assert outcome.status is Status.FEASIBLE
    assert seen[0].schedule is not None
    assert outcome.bound <= (outcome.objective or 0)
    assert [note.split(":")[0] for note in outcome.notes[1:]] == [
        "Balanced",
        "Fewest moved",
        "Fewest promises broken",
    ]


def test_a_repair_that_is_stopped_returns_the_legal_plan(in_force):
    problem, _ = in_force
    changed = CHANGES["bay down"](problem, Random(1))

    outcome = repair(changed, time_limit_s=60, should_stop=lambda: True)

    assert outcome.status is Status.CANCELLED
    assert outcome.schedule is not None
    assert not made(breaches(changed, outcome.schedule))


def test_a_rack_whose_bay_goes_down_takes_another_at_the_same_time(in_force):
    problem, schedule = in_force
    busy = next(step.bay for step in schedule.steps if step.bay and step.start > 3_000)
    changed = replace(
        problem, bays=tuple(bay for bay in problem.bays if bay.key != busy)
    )
    held = {rack.progress.bay for rack in problem.racks}
    assert busy not in held

    mender = Mender(changed)
    mender.keep()

    lost = {mender.board.encoded.racks[at].key for at in mender.lost}
    was = {step.rack for step in schedule.steps if step.bay == busy}
    assert lost == was


def test_a_rack_that_must_stay_in_its_bay_takes_it_from_a_begun_one_that_comes_later():
    stays = a_rack(
        "R1",
        progress=a_progress(done=2, bay="bay:1", bay_since=-60, last_end=-5),
        previous=(("SOAK", 0, "bay:1"), ("PACK", 240, "")),
    )
    follows = a_rack(
        "R2",
        progress=a_progress(running=a_running(), kit_started=-10),
        previous=(("FILL", 300, "bay:1"), ("SOAK", 600, "bay:1"), ("PACK", 840, "")),
    )
    # No soak may run before minute 600, so the first is still there at 300.
    site = a_site(capacity=amount((0, 50_000), (600, 1_000_000)))
    whole = a_problem(racks=(stays, follows))
    resources = (one for one in whole.resources if one.key != site.key)
    problem = replace(whole, resources=(*resources, site))

    mender = Mender(problem)
    mender.keep()

    kept = render(mender.board, ())
    assert not made(breaches(problem, kept))
    assert {step.rack for step in kept.steps} == {"R1", "R2"}


def test_optimizing_again_after_one_fact_moves_only_what_pays(in_force):
    problem, schedule = in_force
    changed = CHANGES["new order"](problem, Random(1))
    prices = replace(changed.prices, fence=0)
    free = replace(changed, prices=prices)

    outcome: Outcome = solve(free, time_limit_s=30, max_moves=300)

    assert outcome.schedule is not None
    charged = cost(free, outcome.schedule)
    kept = Mender(free)
    kept.keep()
    assert charged.total <= cost(free, render(kept.board, ())).total
    assert len(moved(schedule, outcome.schedule)) < RACKS // 2


def test_racks_inside_the_frozen_fence_stay_without_permission(in_force):
    problem, schedule = in_force
    changed = CHANGES["new order"](problem, Random(1))
    fenced = {
        rack.key
        for rack in problem.racks
        if any(start < problem.prices.fence for _, start, _ in rack.previous)
    }

    outcome = solve(changed, time_limit_s=30, max_moves=200)

    assert outcome.schedule is not None
    assert fenced
    assert not moved(schedule, outcome.schedule) & fenced
    assert any("frozen fence" in note for note in outcome.notes)


def test_a_pin_that_differs_from_the_published_start_wins(in_force):
    problem, _ = in_force
    rack = problem.racks[-1]
    step, start, _ = rack.previous[0]
    pinned = replace(rack, pins=(Pin(step=step, start=start + 1_440),))
    changed = replace(problem, racks=(*problem.racks[:-1], pinned))

    mender = Mender(changed)
    mender.keep()

    kept = render(mender.board, ())
    assert places(kept)[rack.key][0][1] == start + 1_440
    assert not made(breaches(changed, kept))


def test_blocks_of_a_paused_soak_are_read_back(in_force):
    problem, _ = in_force
    rule = problem.soak
    phases = (
        Phase(start=0, end=240, draw=100, kind=PhaseKind.WORK),
        Phase(start=240, end=300, draw=8, kind=PhaseKind.STANDBY, percent=8),
        Phase(start=300, end=330, draw=80, kind=PhaseKind.RESUME, percent=80),
        Phase(start=330, end=480, draw=80, kind=PhaseKind.DERATED, percent=80),
        Phase(start=480, end=540, draw=100, kind=PhaseKind.WORK),
    )

    found = blocks_of(rule, 420, phases)

    assert found == ((100, 0), (100, 0), (80, 60), (100, 0))
    assert blocks_of(rule, 240, phases[:1]) == ()


def test_published_soaks_survive_json(in_force):
    problem, _ = in_force
    soak = next(
        step.code
        for step in problem.templates[0].steps
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE
    )
    rack = replace(problem.racks[0], previous_soak=((soak, ((100, 0), (80, 15))),))
    known = replace(problem, racks=(rack, *problem.racks[1:]))

    assert problem_from_json(problem_to_json(known)) == known


def test_the_same_number_of_moves_makes_the_same_plan(in_force):
    problem, _ = in_force
    changed = CHANGES["kilowatts out"](problem, Random(2))

    one, other = (repair(changed, time_limit_s=0, max_moves=300) for _ in range(2))

    assert one.moves == other.moves >= 300
    assert one.schedule == other.schedule


def test_a_repair_that_begins_at_another_plan_is_no_worse(in_force):
    problem = CHANGES["new order"](in_force[0], Random(3))
    options = {"time_limit_s": 0, "favour": Favour.PROMISES, "may_move_frozen": True}
    kept = repair(problem, max_moves=0, **options)
    long = repair(problem, max_moves=600, **options)
    start = following(problem, long.schedule, problem.epoch)

    again = repair(problem, max_moves=0, start=start, **options)
    further = repair(problem, max_moves=600, start=start, **options)

    assert again.objective == long.objective < kept.objective
    assert again.schedule == long.schedule
    assert further.objective <= long.objective
    assert not made(breaches(problem, further.schedule))


def test_of_all_plans_found_each_way_takes_what_suits_it(in_force):
    problem, _ = in_force
    mender = Mender(CHANGES["slip"](problem, Random(1)))
    mender.keep()
    found = [mender.end(Favour.MOVES)]
    for favour in (Favour.BALANCE, Favour.PROMISES):
        most = mender.moves + 200
        found.append(
            mender.improve(
                favour,
                goes_on=lambda most=most: mender.moves < most,
                start=found[-1].seats,
            )
        )

    promises, moves = (
        mender.best(Favour.PROMISES, found),
        mender.best(Favour.MOVES, found),
    )

    assert promises.broken == min(end.broken for end in found)
    assert moves.moved == 0
    assert moves.cents == min(end.cents for end in found if not end.moved)
