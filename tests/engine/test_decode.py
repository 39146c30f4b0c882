"""Decoding an order: every rule kept, nobody left out whom a plain scheduler places."""

from dataclasses import replace

import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.pools import Pool, Stay, group_bays, name_bays
from scheduling.engine.decode.render import render
from scheduling.engine.improve import best_cents
from scheduling.engine.profile import constant
from scheduling.engine.rules import RULES, order_by
from scheduling.engine.schedule import PhaseKind
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.instances import a_random_problem
from tests.builders.kernels import told_by_both
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_manual_step,
    a_material,
    a_node,
    a_pin,
    a_place,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    a_soak,
    a_station_step,
    a_supply,
    a_template,
    amount,
    prices,
)
from tests.builders.reference import reference_plan
from tests.builders.schedules import left_out


def decoded(problem, rule="earliest_due_date", **options):
    board = Board(problem)
    board.decode(order_by(rule, board.tables), **options)
    return board, render(board)


def steps_of(schedule, rack="R1"):
    return {one.step: one for one in schedule.steps if one.rack == rack}


# In the last four, held stations overload their work centre by themselves.
@pytest.mark.parametrize("seed", [*range(40), 868, 1025, 1130, 1192])
def test_a_random_problem_is_decoded_without_a_breach(seed):
    problem = a_random_problem(seed, racks=3 + seed % 6)

    _, schedule = decoded(problem)

    assert made(breaches(problem, schedule)) == ()
    assert len(schedule.unplannable) <= len(reference_plan(problem).unplannable)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_plans_the_demo_site_without_a_breach(rule):
    problem = a_demo_like_problem(40, curtailed=True)

    board, schedule = decoded(problem, rule)

    assert made(breaches(problem, schedule)) == ()
    assert schedule.unplannable == ()
    assert cost(problem, schedule).total == pytest.approx(
        best_cents(board.price()), abs=3
    )


# In 14 the base load rises after the last step: only the board looks on.
@pytest.mark.parametrize("seed", [seed for seed in range(40) if seed != 14])
def test_the_kernels_price_is_the_plans_cost_in_every_tariff(seed):
    problem = a_random_problem(seed, racks=3 + seed % 6)
    board, schedule = decoded(problem)
    if schedule.unplannable:
        # A place that was not found has a price of its own.
        return

    found = cost(problem, schedule)

    assert found.total == pytest.approx(best_cents(board.price()), abs=3)


@pytest.mark.parametrize("averaging", [5, 15, 60])
def test_the_peak_on_the_board_is_the_plans_by_the_contracts_window(averaging):
    tariff = prices(averaging=averaging, averaging_begun=averaging // 3)
    problem = replace(a_demo_like_problem(20), prices=tariff)

    board, schedule = decoded(problem)

    # Base load after the last step belongs to nobody's plan.
    assert board.peak() == cost(problem, schedule).peak_w


@pytest.mark.parametrize("racks", [40, 200])
def test_beginning_later_is_cheaper_and_ships_each_rack_when_it_did(racks):
    problem = a_demo_like_problem(racks)

    early, early_schedule = decoded(problem, delay=False)
    late, late_schedule = decoded(problem)

    assert late.price() < early.price()
    assert (late.time[:, -1, 1] == early.time[:, -1, 1]).all()
    assert made(breaches(problem, late_schedule)) == ()
    assert made(breaches(problem, early_schedule)) == ()


@pytest.mark.parametrize("seed", range(40))
def test_beginning_later_makes_no_random_plan_dearer(seed):
    problem = a_random_problem(seed, racks=3 + seed % 6)

    early, _ = decoded(problem, delay=False)
    late, schedule = decoded(problem)

    assert late.price() <= early.price()
    assert late.placed() == early.placed()
    assert made(breaches(problem, schedule)) == ()


def test_a_session_begins_later_past_hours_without_a_free_station():
    bays = a_bay(capacity=amount((0, 0), (500, 1)))
    stations = a_place("place:station", amount((0, 1), (200, 0), (300, 1)))
    template = a_template(
        steps=[
            a_station_step("PREP", 50),
            a_station_step("TRAY", 50),
            a_bay_step("TEST", 100),
        ]
    )
    problem = a_problem(
        templates=(template,),
        bays=(bays,),
        racks=(a_rack("R1"),),
        with_resources=(stations,),
    )

    _, schedule = decoded(problem)

    assert [step.start for step in schedule.steps] == [400, 450, 500]


def test_the_last_rack_begins_later_first_so_that_it_makes_room():
    """Early, R2 is kitted right before R1's test; late, right before its own."""
    template = a_template(steps=[a_manual_step("KIT", 100), a_bay_step("TEST", 300)])
    problem = a_problem(
        templates=(template,),
        racks=(a_rack("R1", due=1_000), a_rack("R2", due=2_000)),
        bays=(a_bay(capacity=amount((0, 0), (200, 1))),),
        with_resources=(a_place(capacity=1),),
    )

    _, early = decoded(problem, delay=False)
    _, late = decoded(problem)

    assert [steps_of(early, rack)["KIT"].start for rack in ("R1", "R2")] == [0, 100]
    assert [steps_of(late, rack)["KIT"].start for rack in ("R1", "R2")] == [100, 400]


def test_two_racks_over_the_limit_of_the_site_run_one_after_the_other():
    template = a_template(steps=[a_bay_step("TEST", 100, draw=60_000)])
    problem = a_problem(
        templates=(template,),
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        racks=(a_rack("R1"), a_rack("R2")),
        with_resources=(a_site(capacity=119_999),),
    )

    _, schedule = decoded(problem)

    starts = sorted(step.start for step in schedule.steps)
    assert starts == [0, 100]


def test_two_racks_exactly_at_the_limit_of_a_node_run_together():
    template = a_template(steps=[a_bay_step("TEST", 100, draw=60_000)])
    problem = a_problem(
        templates=(template,),
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        racks=(a_rack("R1"), a_rack("R2")),
        with_resources=(a_node(capacity=120_000),),
    )

    _, schedule = decoded(problem)

    assert [step.start for step in schedule.steps] == [0, 0]
    assert {step.bay for step in schedule.steps} == {"bay:1", "bay:2"}


def test_manual_work_pauses_at_closing_and_keeps_its_place():
    template = a_template(steps=[a_manual_step("KIT", 100)])
    problem = a_problem(
        templates=(template,),
        with_resources=(
            a_crew("crew:hands", calendar="calendar:day"),
            a_place(capacity=1),
        ),
        calendars=(
            a_calendar(),
            a_calendar("calendar:day", ((0, 60), (500, 560), (900, 2_000))),
        ),
        racks=(a_rack("R1"), a_rack("R2")),
    )

    _, schedule = decoded(problem, delay=False)

    first, second = sorted(schedule.steps, key=lambda step: step.start)
    assert (first.start, first.end) == (0, 540)
    assert [(p.start, p.end, p.kind) for p in first.phases] == [
        (0, 60, PhaseKind.WORK),
        (60, 500, PhaseKind.CLOSED),
        (500, 540, PhaseKind.WORK),
    ]
    assert second.start == 540


def test_a_soak_is_derated_while_the_grid_allows_less():
    template = a_template(steps=[a_soak(work=360, draw=100_000)])
    problem = a_problem(
        templates=(template,),
        with_resources=(
            a_site(capacity=amount((0, 200_000), (120, 90_000), (400, 200_000))),
        ),
    )

    _, schedule = decoded(problem)

    (soak,) = schedule.steps
    assert [(p.start, p.end, p.draw, p.kind) for p in soak.phases] == [
        (0, 120, 100_000, PhaseKind.WORK),
        (120, 420, 80_000, PhaseKind.DERATED),
    ]
    assert made(breaches(problem, schedule)) == ()


def test_a_running_soak_goes_on_from_minute_0_at_the_level_that_fits():
    template = a_template(steps=[a_soak(work=360, draw=100_000)])
    rack = a_rack(
        progress=a_progress(
            running=a_running("SOAK", -60, 240), bay="bay:1", bay_since=-60
        )
    )
    problem = a_problem(
        templates=(template,), racks=(rack,), with_resources=(a_site(capacity=70_000),)
    )

    _, schedule = decoded(problem)

    (soak,) = schedule.steps
    assert soak.start == -60
    assert soak.phases[0].start == 0
    assert made(breaches(problem, schedule)) == ()


def test_a_running_soak_that_pauses_has_its_standby_for_as_long_as_it_pauses():
    template = a_template(steps=[a_soak(work=900, draw=100_000)])
    # The second has little left; under the cap it waits far longer than that.
    racks = tuple(
        a_rack(
            f"R{n}",
            progress=a_progress(
                running=a_running("SOAK", -60, left), bay=f"bay:{n}", bay_since=-60
            ),
        )
        for n, left in ((1, 720), (2, 180))
    )
    problem = a_problem(
        templates=(template,),
        racks=racks,
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        with_resources=(
            a_site(capacity=amount((0, 200_000), (120, 80_000), (240, 112_000))),
        ),
    )

    _, schedule = decoded(problem)

    assert len(schedule.steps) == 2
    assert made(breaches(problem, schedule)) == ()


@pytest.mark.parametrize(("left", "start"), [(180, 200), (480, 480)])
def test_a_rack_left_out_stands_by_for_as_long_as_it_holds_its_bay(left, start):
    progress = a_progress(
        running=a_running("SOAK", -60, left), bay="bay:2", bay_since=-60
    )
    problem = a_problem(
        templates=(
            a_template("soaks", steps=[a_soak(work=900, draw=100_000)]),
            a_template(steps=[a_bay_step("FUNC", 60, 50_001)]),
        ),
        racks=(
            a_rack("R1"),
            a_rack("R2", template="soaks", progress=progress),
        ),
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        # Beside a soak on standby there is room for 49 kW.
        with_resources=(a_node(capacity=amount((0, 60_000), (200, 57_000))),),
    )
    board = Board(problem, left_out={"R2"})

    board.decode(order_by("earliest_due_date", board.tables))

    schedule = render(board, (left_out("R2"),))
    assert steps_of(schedule)["FUNC"].start == start
    assert made(breaches(problem, schedule)) == ()


def test_a_step_waits_for_the_last_of_its_parts():
    template = a_template(
        steps=[a_manual_step("KIT", 30)], materials=(a_material("part:x", 2),)
    )
    problem = a_problem(
        templates=(template,),
        supplies=(
            a_supply("lot:1", part="part:x", quantity=1, available=0),
            a_supply("lot:2", part="part:x", quantity=1, available=777),
        ),
    )

    _, schedule = decoded(problem)

    assert schedule.steps[0].start == 777
    assert [(peg.supply, peg.quantity) for peg in schedule.pegs] == [
        ("lot:1", 1),
        ("lot:2", 1),
    ]


def test_a_pinned_step_starts_where_it_is_pinned():
    template = a_template(steps=[a_bay_step("TEST", 100, draw=60_000)])
    problem = a_problem(
        templates=(template,),
        racks=(a_rack("R1"), a_rack("R2", pins=(a_pin("TEST", 50, "bay:1"),))),
    )

    _, schedule = decoded(problem)

    assert steps_of(schedule, "R2")["TEST"].start == 50
    assert steps_of(schedule, "R1")["TEST"].start == 150


def test_a_rack_without_parts_is_left_out_with_its_reason():
    template = a_template(
        steps=[a_manual_step("KIT", 30)], materials=(a_material("part:x", 2),)
    )
    problem = a_problem(
        templates=(template,),
        supplies=(a_supply("lot:1", part="part:x", quantity=3, available=0),),
        racks=(a_rack("R1"), a_rack("R2")),
    )

    _, schedule = decoded(problem)

    (left_out,) = schedule.unplannable
    assert (left_out.code, left_out.limit) == ("no_material", "material")
    assert "part:x" in left_out.sentence


def test_bays_that_nothing_tells_apart_are_one_pool_and_pinned_ones_stand_alone():
    bays = (a_bay("bay:1"), a_bay("bay:2"), a_bay("bay:3", limit=160_000))
    rack = a_rack(pins=(a_pin("KIT", 5, "bay:2"),))

    pools = group_bays(a_problem(bays=bays))
    with_pin = group_bays(a_problem(bays=bays, racks=(rack,)))

    assert [pool.keys for pool in pools] == [("bay:1", "bay:2"), ("bay:3",)]
    assert [pool.keys for pool in with_pin] == [("bay:1",), ("bay:2",), ("bay:3",)]


def test_racks_keep_their_held_and_published_bays():
    pool = Pool(bay=a_bay(capacity=constant(1)), keys=("bay:1", "bay:2"))
    stays = [
        Stay(rack=0, start=0, end=50, held="bay:2"),
        Stay(rack=1, start=10, end=40),
        Stay(rack=2, start=60, end=90, wanted="bay:2", settled=True),
        Stay(rack=3, start=55, end=95),
    ]

    named = name_bays(pool, stays)

    assert named == {0: "bay:2", 1: "bay:1", 2: "bay:2", 3: "bay:1"}


PLAIN = """
import json, sys
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.render import render
from scheduling.engine.improve import Improver
from scheduling.engine.kernels.compile import is_compiled
from scheduling.engine.rules import order_by
from scheduling.engine.serial import digest, schedule_to_json
from tests.builders.instances import a_random_problem
found = []
for seed in range(4):
    board = Board(a_random_problem(seed, racks=4))
    board.decode(order_by("critical_ratio", board.tables))
    improver = Improver(board, seed=seed)
    improver.make(12, 0.5)
    board.restore(improver.best_seats())
    found.append([digest(schedule_to_json(render(board))), int(improver.best)])
print(json.dumps([is_compiled(), found]))
"""


def test_compiled_and_plain_kernels_make_the_same_plans():
    compiled, plain = told_by_both(PLAIN)

    assert compiled == plain


def test_published_starts_are_kept_where_they_can_be():
    problem = a_demo_like_problem(12, started=0)
    _, published = decoded(problem)
    previous = {
        rack.key: tuple(
            (step.step, step.start, step.bay)
            for step in published.steps
            if step.rack == rack.key
        )
        for rack in problem.racks
    }
    again = a_problem_like(problem, previous)

    board = Board(again)
    board.decode(order_by("earliest_due_date", board.tables), keep=True)
    schedule = render(board)

    assert cost(again, schedule).moved_starts == 0


def a_problem_like(problem, previous):
    return replace(
        problem,
        racks=tuple(
            replace(rack, previous=previous[rack.key]) for rack in problem.racks
        ),
        prices=prices(demand_per_kw=0),
    )
