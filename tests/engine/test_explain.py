"""The waterfall: additive to the minute, each wait with the limit that caused it."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.explain import attribute
from scheduling.engine.problem import PowerClass
from scheduling.engine.referee.case import open_case
from scheduling.engine.waterfall.lead import bars
from scheduling.engine.waterfall.room import Room
from scheduling.engine.waterfall.stock import Stock
from scheduling.engine.waterfall.waits import Waits
from tests.builders.instances import a_queue, a_random_problem
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_curtailment,
    a_demo_like_problem,
    a_lag,
    a_loop,
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
    a_step,
    a_supply,
    a_template,
    amount,
)
from tests.builders.reference import reference_plan
from tests.builders.schedules import (
    a_peg,
    a_phase,
    a_planned_step,
    a_schedule,
    left_out,
    moved,
    with_steps,
)


def waterfall(problem, schedule, rack="R1"):
    """Return ``(step, limit, what, minutes)`` of one rack."""
    return [
        (bar.step, bar.limit, bar.resource or bar.label, bar.minutes)
        for bar in attribute(problem, schedule)
        if bar.rack == rack
    ]


def waits(problem, schedule, rack="R1"):
    """Return what a rack waits for, work aside."""
    return [
        bar
        for bar in waterfall(problem, schedule, rack)
        if bar[1] not in {"physics", "rework"}
    ]


def of_step(*steps, racks=None, **changes):
    return a_problem(
        templates=(a_template(steps=steps, site_permille=1_000),),
        racks=racks or (a_rack("R1"), a_rack("R2")),
        bays=changes.pop("bays", (a_bay("bay:1"), a_bay("bay:2"))),
        **changes,
    )


def one_after_the_other(step, first=0, second=60, *, bays=("bay:1", "bay:2")):
    """Plan R2 first and R1 after it."""
    return a_schedule(
        *(
            a_planned_step(
                step.code,
                start,
                start + step.duration,
                rack=rack,
                bay=bay if step.draw else "",
                draw=step.draw,
            )
            for rack, start, bay in (
                ("R1", second, bays[0]),
                ("R2", first, bays[1]),
            )
        )
    )


# Fixed times and work


def test_a_rack_without_a_wait_is_physics_and_rework():
    template = a_template(
        steps=(a_step("CUT", 60, allowance=12),),
        lags_before=(
            a_lag("ANSWER", 100, is_physics=False, limit="answer"),
            a_lag("L10", 50),
        ),
        lags_after=(
            a_lag("AIR", 70),
            a_lag("TRUCK", 30, is_physics=False, limit="freight"),
        ),
    )
    rack = a_rack(received=-150, release=0)
    problem = a_problem(templates=(template,), racks=(rack,), bays=())

    found = waterfall(problem, a_schedule(a_planned_step("CUT", 0, 72)))

    assert found == [
        ("ANSWER", "answer", "ANSWER", 100),
        ("L10", "physics", "L10", 50),
        ("CUT", "physics", "work", 60),
        ("CUT", "rework", "rework allowance", 12),
        ("AIR", "physics", "AIR", 70),
        ("TRUCK", "freight", "TRUCK", 30),
    ]


def test_bars_are_numbered_and_name_their_owner():
    template = a_template(steps=(a_step("CUT", 60),), lags_before=(a_lag("L10", 50),))
    problem = a_problem(templates=(template,), racks=(a_rack(received=-50),), bays=())

    bars = attribute(problem, a_schedule(a_planned_step("CUT", 0, 60)))

    assert [(bar.sequence, bar.is_physics, bar.owner) for bar in bars] == [
        (0, True, "Owner of L10"),
        (1, True, ""),
    ]


def test_closed_hours_inside_a_step_are_shift():
    problem = of_step(
        a_manual_step("KIT", 60),
        racks=(a_rack(),),
        calendars=(a_calendar(windows=((0, 30), (100, 200))),),
    )
    phases = [a_phase(0, 30), a_phase(30, 100, 0, "closed"), a_phase(100, 130)]

    found = waterfall(problem, a_schedule(a_planned_step("KIT", 0, 130, phases=phases)))

    assert found == [
        ("KIT", "physics", "work", 60),
        ("KIT", "shift", "crew:hands", 70),
    ]


def soaked(phases, *, curtailments=(), work=240, allowance=0, start=None, rack=None):
    problem = of_step(
        a_soak(work, allowance=allowance),
        racks=(rack or a_rack(),),
        curtailments=curtailments,
    )
    step = a_planned_step(
        "SOAK",
        phases[0].start if start is None else start,
        phases[-1].end,
        bay="bay:1",
        phases=phases,
    )
    return waterfall(problem, a_schedule(step))


def test_derating_adds_power_or_curtailment_minutes():
    phases = [
        a_phase(0, 200, 60_000, "derated", 60),
        a_phase(200, 350, 80_000, "derated", 80),
        a_phase(350, 455, 80_000, "derated", 80),
    ]

    event = a_curtailment(300, 350)
    found = soaked(phases, curtailments=(event,), work=250, allowance=74)

    assert found == [
        ("SOAK", "physics", "work", 250),
        ("SOAK", "rework", "rework allowance", 74),
        ("SOAK", "power", "site:main", 80),
        ("SOAK", "curtailment", "grid:1", 30),
        ("SOAK", "power", "site:main", 21),
    ]


def test_a_pause_and_its_resumption_belong_together():
    phases = [
        a_phase(0, 120, 100_000),
        a_phase(120, 300, 8_000, "standby", 8),
        a_phase(300, 330, 100_000, "resume"),
        a_phase(330, 450, 100_000),
    ]

    by_the_grid = soaked(phases, curtailments=(a_curtailment(110, 300),))
    by_power = soaked(phases)

    assert by_the_grid == [
        ("SOAK", "physics", "work", 240),
        ("SOAK", "curtailment", "grid:1", 180),
        ("SOAK", "curtailment", "grid:1", 30),
    ]
    assert {bar[1] for bar in by_power[1:]} == {"power"}


def test_a_soak_at_a_level_nobody_knows_still_adds_up():
    found = soaked([a_phase(0, 240, 70_000, "derated", 70)])

    assert sum(bar[3] for bar in found) == 240


# Facts


def test_a_running_step_counts_what_is_done_and_what_remains():
    rack = a_rack(
        received=-500,
        release=-400,
        progress=a_progress(running=a_running("CUT", -100, 30), kit_started=-100),
    )
    problem = of_step(a_step("CUT", 60, allowance=12), racks=(rack,))

    found = waterfall(problem, a_schedule(a_planned_step("CUT", -100, 30)))

    # 42 of 72 minutes were done in 100.
    assert found == [
        ("CUT", "release", "before this plan", 400),
        ("CUT", "release", "before this plan", 58),
        ("CUT", "physics", "work", 60),
        ("CUT", "rework", "rework allowance", 12),
    ]


def test_finished_steps_count_as_far_as_they_are_known():
    steps = (a_step("CUT", 60, allowance=10), a_step("WASH", 20), a_step("LEAK", 30))

    def found(**progress):
        rack = a_rack(received=-500, progress=a_progress(done=2, **progress))
        problem = of_step(*steps, racks=(rack,))
        return waterfall(problem, a_schedule(a_planned_step("LEAK", 0, 30)))

    assert found(kit_started=-300, last_end=-100) == [
        ("CUT", "release", "before this plan", 200),
        ("CUT", "physics", "work", 60),
        ("WASH", "physics", "work", 20),
        ("CUT", "rework", "rework allowance", 10),
        ("WASH", "release", "before this plan", 110),
        ("LEAK", "release", "before this plan", 100),
        ("LEAK", "physics", "work", 30),
    ]
    assert found(kit_started=-70, last_end=0) == [
        ("CUT", "release", "before this plan", 430),
        ("CUT", "physics", "work", 60),
        ("WASH", "physics", "work", 10),
        ("LEAK", "physics", "work", 30),
    ]
    assert found(last_end=-100) == [
        ("WASH", "release", "before this plan", 400),
        ("LEAK", "release", "before this plan", 100),
        ("LEAK", "physics", "work", 30),
    ]
    assert found() == [
        ("WASH", "release", "before this plan", 500),
        ("LEAK", "physics", "work", 30),
    ]


def test_a_rack_begun_before_its_order_counts_from_its_start():
    rack = a_rack(
        received=-50,
        progress=a_progress(running=a_running("CUT", -100, 10), kit_started=-100),
    )
    problem = of_step(a_step("CUT", 60), racks=(rack,))

    found = waterfall(problem, a_schedule(a_planned_step("CUT", -100, 10)))

    assert sum(bar[3] for bar in found) == 110


def test_lags_longer_than_the_time_before_the_first_step_are_cut():
    template = a_template(steps=(a_step("CUT", 60),), lags_before=(a_lag("L10", 500),))
    rack = a_rack(received=-100, progress=a_progress(running=a_running("CUT", -20, 60)))
    problem = a_problem(templates=(template,), racks=(rack,), bays=())

    found = waterfall(problem, a_schedule(a_planned_step("CUT", -20, 60)))

    assert found == [
        ("L10", "physics", "L10", 80),
        ("CUT", "release", "before this plan", 20),
        ("CUT", "physics", "work", 60),
    ]


def test_a_release_later_than_the_lags_holds_time():
    rack = a_rack(received=-100, release=40)
    problem = of_step(a_step("CUT", 60), racks=(rack,))

    found = waits(problem, a_schedule(a_planned_step("CUT", 40, 100)))

    assert found == [("CUT", "release", "held until its release", 140)]


# Each limit in turn


def test_minutes_nobody_asks_for_are_held_by_the_plan():
    problem = of_step(a_step("CUT", 60), racks=(a_rack(),))

    found = waits(problem, a_schedule(a_planned_step("CUT", 90, 150)))

    assert found == [("CUT", "batching", "held by the plan", 90)]


def test_a_wait_for_a_place_names_the_place():
    step = a_step("CUT", 60)
    problem = of_step(step, with_resources=(a_place(capacity=1),))

    found = waits(problem, one_after_the_other(step))

    assert found == [("CUT", "batching", "place:lane", 60)]


def test_a_wait_longer_than_its_limit_is_split():
    step = a_step("CUT", 60)
    problem = of_step(step, with_resources=(a_place(capacity=1),))

    found = waits(problem, one_after_the_other(step, second=100))

    assert found == [
        ("CUT", "batching", "place:lane", 60),
        ("CUT", "batching", "held by the plan", 40),
    ]


def test_a_wait_for_people_names_the_crew():
    step = a_step("CUT", 60)
    problem = of_step(step, with_resources=(a_crew(capacity=15),))

    found = waits(problem, one_after_the_other(step))

    assert found == [("CUT", "people", "crew:test", 60)]


def test_ties_go_by_the_fixed_order():
    step = a_step("CUT", 60)
    problem = of_step(step, with_resources=(a_crew(capacity=15), a_place(capacity=1)))

    found = waits(problem, one_after_the_other(step))

    assert found == [("CUT", "people", "crew:test", 60)]


def test_the_furthest_limit_takes_the_wait():
    step = a_step("CUT", 60)
    supply = a_supply(available=50)
    template = a_template(steps=(step,), materials=(a_material(step="CUT"),))
    racks = (a_rack("R1"), a_rack("R2", materials_reserved=(("part:x", 1),)))
    problem = a_problem(
        templates=(template,),
        racks=racks,
        supplies=(supply,),
        with_resources=(a_place(capacity=1),),
    )
    schedule = replace(one_after_the_other(step), pegs=(a_peg("CUT"),))
    later = replace(problem, supplies=(replace(supply, available=60),))

    assert waits(problem, schedule) == [("CUT", "batching", "place:lane", 60)]
    assert waits(later, schedule) == [("CUT", "material", "lot:1", 60)]


def test_a_second_limit_takes_over_where_the_first_ends():
    step = a_step("CUT", 60)
    crew = a_crew(capacity=amount((0, 16), (100, 0), (130, 16)))
    problem = of_step(
        step,
        racks=(a_rack("R1"), a_rack("R2")),
        with_resources=(a_place(capacity=1), crew),
    )
    schedule = one_after_the_other(step, second=130)

    # From 60 on the crew would have to stay beyond 100.
    assert waits(problem, schedule) == [
        ("CUT", "batching", "place:lane", 60),
        ("CUT", "people", "crew:test", 70),
    ]


def test_closed_hours_before_a_step_are_shift():
    hours = (a_calendar(windows=((0, 20), (90, 400))),)
    for step in (a_step("LEAK", 60), a_manual_step("KIT", 60)):
        problem = of_step(step, racks=(a_rack(release=30),), calendars=hours)
        schedule = a_schedule(a_planned_step(step.code, 90, 150))

        found = waits(problem, schedule)

        assert found == [
            (step.code, "release", "held until its release", 30),
            (step.code, "shift", step.crew, 60),
        ]


def test_a_soak_waits_for_its_people_but_not_while_it_pauses():
    phases = [
        a_phase(50, 170, 100_000),
        a_phase(170, 200, 8_000, "standby", 8),
        a_phase(200, 230, 100_000, "resume"),
        a_phase(230, 350, 100_000),
    ]
    step = a_planned_step("SOAK", 50, 350, bay="bay:1", phases=phases)
    problem = of_step(
        a_soak(),
        racks=(a_rack(),),
        calendars=(a_calendar(windows=((50, 170), (200, 350))),),
    )

    assert waits(problem, a_schedule(step))[0] == ("SOAK", "shift", "crew:test", 50)


def test_a_step_nobody_could_ever_do_is_a_matter_of_shift():
    problem = of_step(
        a_step("LEAK", 60),
        racks=(a_rack(),),
        calendars=(a_calendar(windows=((0, 20),)),),
    )

    found = waits(problem, a_schedule(a_planned_step("LEAK", 90, 150)))

    assert found == [("LEAK", "shift", "crew:test", 90)]
    manual = of_step(
        a_manual_step("KIT", 60),
        racks=(a_rack(release=30),),
        calendars=(a_calendar(windows=((0, 20),)),),
    )
    assert waits(manual, a_schedule(a_planned_step("KIT", 90, 150)))[-1] == (
        "KIT",
        "shift",
        "crew:hands",
        60,
    )


def test_material_names_the_supply_and_its_owner():
    template = a_template(
        steps=(a_step("CUT", 60),), materials=(a_material(quantity=3, step="CUT"),)
    )
    supplies = (
        a_supply("lot:0", quantity=1),
        a_supply("lot:1", available=80, quantity=5),
    )
    problem = a_problem(templates=(template,), supplies=supplies, bays=())
    schedule = a_schedule(
        a_planned_step("CUT", 80, 140),
        pegs=[a_peg("CUT", "lot:0"), a_peg("CUT", "lot:1", quantity=2)],
    )

    bar = attribute(problem, schedule)[0]

    assert (bar.limit, bar.resource, bar.owner, bar.minutes) == (
        "material",
        "lot:1",
        "Owner of lot:1",
        80,
    )


def test_material_nobody_pegged_would_have_done():
    template = a_template(
        steps=(a_step("CUT", 60),), materials=(a_material(quantity=2, step="CUT"),)
    )
    supplies = (
        a_supply("lot:0", quantity=2, available=30),
        a_supply("lot:1", available=80, label=""),
    )
    problem = a_problem(templates=(template,), supplies=supplies, bays=())
    schedule = a_schedule(
        a_planned_step("CUT", 80, 140),
        pegs=[a_peg("CUT", "lot:1", quantity=2), a_peg("CUT", "lot:9")],
    )

    assert waits(problem, schedule) == [
        ("CUT", "material", "lot:0", 30),
        ("CUT", "batching", "held by the plan", 50),
    ]
    taken = replace(problem, supplies=(replace(supplies[0], quantity=1), supplies[1]))
    assert waits(taken, schedule) == [("CUT", "material", "lot:1", 80)]


def test_pieces_nobody_pegged_complete_what_was_pegged_earlier():
    template = a_template(
        steps=(a_step("CUT", 60),), materials=(a_material(quantity=3, step="CUT"),)
    )
    supplies = (
        a_supply("lot:0", quantity=1, available=10),
        a_supply("lot:1", quantity=1, available=40),
        a_supply("lot:2", quantity=2, available=80),
        a_supply("lot:3", quantity=1, available=20),
    )
    problem = a_problem(templates=(template,), supplies=supplies, bays=())
    schedule = a_schedule(
        a_planned_step("CUT", 80, 140),
        pegs=[
            a_peg("CUT", "lot:0"),
            a_peg("CUT", "lot:1"),
            a_peg("CUT", "lot:2"),
        ],
    )

    # lot:3 would have done for the piece of lot:2.
    assert waits(problem, schedule)[0] == ("CUT", "material", "lot:1", 40)
    late = (*supplies[:3], replace(supplies[3], available=60))
    assert waits(replace(problem, supplies=late), schedule)[0] == (
        "CUT",
        "material",
        "lot:3",
        60,
    )


def test_minutes_before_the_epoch_go_to_the_material_the_first_wait_names():
    template = a_template(
        steps=(a_step("CUT", 60),), materials=(a_material(step="CUT"),)
    )
    rack = a_rack(received=-500, release=-400)
    problem = a_problem(
        templates=(replace(template, lags_before=(a_lag("L10", 100),)),),
        racks=(rack,),
        supplies=(a_supply(available=80),),
        bays=(),
    )
    schedule = a_schedule(a_planned_step("CUT", 80, 140), pegs=[a_peg("CUT")])

    assert waits(problem, schedule) == [
        ("CUT", "material", "lot:1", 400),
        ("CUT", "material", "lot:1", 80),
    ]
    in_stock = replace(problem, supplies=(a_supply(),))
    assert waits(in_stock, schedule) == [
        ("CUT", "release", "before this plan", 400),
        ("CUT", "batching", "held by the plan", 80),
    ]


def test_a_pin_is_frozen():
    rack = a_rack(pins=(a_pin("CUT", 90),))
    problem = of_step(a_step("CUT", 60), racks=(rack,))

    found = waits(problem, a_schedule(a_planned_step("CUT", 90, 150)))

    assert found == [("CUT", "frozen", "pinned by a planner", 90)]


FUNC = a_bay_step("FUNC", 60, 50_000)


@pytest.mark.parametrize(
    ("limit", "word"),
    [
        (a_node(capacity=99_999), "power"),
        (a_site(capacity=99_999), "power"),
        (a_loop(capacity=89_999), "cooling"),
    ],
)
def test_a_wait_for_watts_names_the_node_or_loop(limit, word):
    problem = of_step(FUNC, with_resources=(limit,))

    found = waits(problem, one_after_the_other(FUNC))

    assert found == [("FUNC", word, limit.key, 60)]


def test_a_wait_in_a_window_of_the_grid_is_curtailment():
    site = a_site(capacity=amount((0, 100_000), (30, 50_000), (200, 100_000)))
    problem = of_step(
        FUNC,
        with_resources=(site,),
        curtailments=(a_curtailment(30, 200), a_curtailment(900, 990, key="grid:2")),
    )

    # R2 draws until 240; R1 finds room in the curtailed hours only after 180.
    schedule = one_after_the_other(FUNC, first=180, second=240)
    early = one_after_the_other(FUNC, first=120, second=180)

    assert waits(problem, schedule) == [("FUNC", "batching", "held by the plan", 240)]
    assert waits(problem, early) == [("FUNC", "batching", "held by the plan", 180)]
    longer = a_bay_step("FUNC", 180, 50_000)
    blocked = of_step(longer, with_resources=(site,), curtailments=problem.curtailments)
    found = waits(blocked, one_after_the_other(longer, first=20, second=200))
    assert found == [("FUNC", "curtailment", "grid:1", 200)]


def test_power_outside_the_window_is_no_curtailment():
    site = a_site(capacity=amount((0, 60_000), (100, 200_000)))
    problem = of_step(
        FUNC, with_resources=(site,), curtailments=(a_curtailment(300, 400),)
    )

    found = waits(problem, one_after_the_other(FUNC, first=0, second=60))

    assert found == [("FUNC", "power", "site:main", 60)]


def test_a_wait_for_any_bay_is_bay():
    problem = of_step(FUNC, bays=(a_bay("bay:1"), a_bay("bay:2", capacity=0)))

    found = waits(problem, one_after_the_other(FUNC, bays=("bay:1", "bay:1")))

    assert found == [("FUNC", "bay", "bay:1", 60)]


def test_a_free_bay_the_plan_did_not_take_is_the_plans_choice():
    problem = of_step(FUNC)

    found = waits(problem, one_after_the_other(FUNC, bays=("bay:1", "bay:1")))

    assert found == [("FUNC", "batching", "held by the plan", 60)]


def test_a_free_bay_without_power_above_it_is_no_choice():
    bays = (a_bay("bay:1"), a_bay("bay:2", nodes=("node:weak",)))
    problem = of_step(FUNC, bays=bays, with_resources=(a_node("node:weak", 1),))

    found = waits(problem, one_after_the_other(FUNC, bays=("bay:1", "bay:1")))

    assert found == [("FUNC", "bay", "bay:1", 60)]


def test_a_free_planned_bay_is_never_waited_for():
    bays = (a_bay("bay:1", nodes=("node:weak",)), a_bay("bay:2", limit=1))
    weak = a_node("node:weak", amount((0, 50_000), (90, 49_999)))
    problem = of_step(FUNC, bays=bays, with_resources=(weak,), racks=(a_rack("R1"),))
    step = a_planned_step("FUNC", 20, 80, bay="bay:1", draw=50_000)

    assert waits(problem, a_schedule(step)) == [
        ("FUNC", "batching", "held by the plan", 20)
    ]


def test_a_bay_session_waits_for_what_its_later_steps_need():
    steps = (a_bay_step("FILL", 30, 1_000), a_bay_step("FUNC", 60, 50_000))
    node = a_node(capacity=amount((0, 1_000), (130, 60_000)))
    problem = of_step(*steps, racks=(a_rack(),), with_resources=(node,))
    schedule = a_schedule(
        a_planned_step("FILL", 100, 130, bay="bay:1", draw=1_000),
        a_planned_step("FUNC", 130, 190, bay="bay:1", draw=50_000),
    )

    assert waits(problem, schedule) == [("FILL", "power", "node:hall", 100)]


def test_a_gap_inside_a_bay_is_asked_about_without_the_bay():
    steps = (a_bay_step("FILL", 30, 1_000), a_bay_step("FUNC", 60, 50_000))
    node = a_node(capacity=amount((0, 1_000), (130, 60_000)))
    problem = of_step(*steps, racks=(a_rack(),), with_resources=(node,))
    schedule = a_schedule(
        a_planned_step("FILL", 0, 30, bay="bay:1", draw=1_000),
        a_planned_step("FUNC", 140, 200, bay="bay:1", draw=50_000),
    )

    assert waits(problem, schedule) == [
        ("FUNC", "power", "node:hall", 100),
        ("FUNC", "batching", "held by the plan", 10),
    ]


def test_a_held_bay_is_not_waited_for():
    rack = a_rack(received=0, progress=a_progress(bay="bay:1"))
    problem = of_step(FUNC, racks=(rack,), bays=(a_bay(capacity=0),))
    schedule = a_schedule(a_planned_step("FUNC", 40, 100, bay="bay:1", draw=50_000))

    assert waits(problem, schedule) == [("FUNC", "batching", "held by the plan", 40)]


def stations(second, **changes):
    steps = (
        a_station_step("PREP", 60),
        a_station_step("TRAY", 30, crew="crew:test"),
    )
    problem = of_step(
        *steps,
        racks=changes.pop("racks", (a_rack("R1"), a_rack("R2"))),
        with_resources=(a_place("place:station", 1), *changes.pop("limits", ())),
        **changes,
    )
    schedule = a_schedule(
        a_planned_step("PREP", second, second + 60, rack="R1"),
        a_planned_step("TRAY", second + 60, second + 90, rack="R1"),
        a_planned_step("PREP", 0, 60, rack="R2"),
        a_planned_step("TRAY", 60, 90, rack="R2"),
    )
    return problem, schedule


def test_a_station_is_waited_for_as_a_whole():
    assert waits(*stations(90)) == [("PREP", "batching", "place:station", 90)]


def test_a_station_waits_for_the_people_of_its_later_steps():
    crew = a_crew("crew:test", amount((0, 8), (70, 0), (200, 8)))
    hours = a_calendar(windows=((0, 100), (130, 900)))

    always = stations(140, limits=(crew,))
    shifts = stations(170, limits=(crew,), calendars=(hours,))

    assert waits(*always) == [("PREP", "people", "crew:test", 140)]
    # 60 open minutes before 200 begin at 140.
    assert waits(*shifts)[0] == ("PREP", "people", "crew:test", 140)


def test_a_station_waits_for_the_parts_of_its_later_steps():
    steps = (a_station_step("PREP", 60), a_station_step("TRAY", 30))
    template = a_template(steps=steps, materials=(a_material(step="TRAY"),))

    def found(available, windows=((0, 20_160),)):
        problem = a_problem(
            templates=(template,),
            supplies=(a_supply(available=available),),
            calendars=(a_calendar(windows=windows),),
            bays=(),
        )
        schedule = a_schedule(
            a_planned_step("PREP", 140, 200),
            a_planned_step("TRAY", 200, 230),
            pegs=[a_peg("TRAY")],
        )
        return waits(problem, schedule)[0]

    assert found(150) == ("PREP", "material", "lot:1", 90)
    # Closed from 20 to 100: 60 open minutes before 150 begin at 10.
    assert found(150, ((0, 20), (100, 900))) == ("PREP", "material", "lot:1", 10)
    assert found(50) == ("PREP", "batching", "held by the plan", 140)
    # Never open again after 160: the wait is for the parts.
    assert found(170, ((0, 160),)) == ("PREP", "material", "lot:1", 140)


def test_a_pinned_later_step_holds_its_session():
    steps = (a_bay_step("FILL", 30, 1_000), a_bay_step("FUNC", 60, 50_000))
    rack = a_rack(pins=(a_pin("FUNC", 100), a_pin("FILL", 10)))
    problem = of_step(*steps, racks=(rack,))
    schedule = a_schedule(
        a_planned_step("FILL", 70, 100, bay="bay:1", draw=1_000),
        a_planned_step("FUNC", 100, 160, bay="bay:1", draw=50_000),
    )

    assert waits(problem, schedule) == [("FILL", "frozen", "pinned by a planner", 70)]


def test_a_cart_is_a_place():
    step = a_bay_step("FILL", 60, 1_000, extra="place:cart")
    problem = of_step(step, with_resources=(a_place("place:cart", 1),))

    found = waits(problem, one_after_the_other(step))

    assert found == [("FILL", "batching", "place:cart", 60)]


def test_what_an_unplannable_rack_holds_is_waited_for():
    stuck = a_rack(
        "R2",
        progress=a_progress(running=a_running("FUNC", -10, 50), bay="bay:1"),
    )
    problem = of_step(FUNC, racks=(a_rack("R1"), stuck), bays=(a_bay("bay:1"),))
    step = a_planned_step("FUNC", 50, 110, bay="bay:1", draw=50_000)

    found = waits(problem, a_schedule(step, unplannable=[left_out("R2")]))

    assert found == [("FUNC", "bay", "bay:1", 50)]


def test_a_station_that_begins_with_a_step_that_runs_through():
    steps = (
        a_station_step("TEST", 30, power_class=PowerClass.NON_PREEMPTIVE),
        a_station_step("PREP", 60),
    )
    problem = of_step(
        *steps,
        racks=(a_rack(),),
        calendars=(a_calendar(windows=((0, 20), (50, 90), (120, 400))),),
    )
    phases = [a_phase(80, 90), a_phase(90, 120, 0, "closed"), a_phase(120, 170)]
    schedule = a_schedule(
        a_planned_step("TEST", 50, 80),
        a_planned_step("PREP", 80, 170, phases=phases),
    )

    assert waits(problem, schedule) == [
        ("TEST", "shift", "crew:hands", 50),
        ("PREP", "shift", "crew:hands", 30),
    ]


def test_a_window_of_the_grid_without_end_is_curtailment_to_the_start():
    site = a_site(capacity=amount((0, 100_000), (30, 10_000)))
    event = a_curtailment(30, 30_000)
    problem = of_step(
        FUNC, racks=(a_rack(),), with_resources=(site,), curtailments=(event,)
    )
    step = a_planned_step("FUNC", 50, 110, bay="bay:1", draw=50_000)

    assert waits(problem, a_schedule(step)) == [("FUNC", "curtailment", "grid:1", 50)]


def test_a_step_that_draws_nothing_waits_for_no_power():
    step = a_bay_step("FILL", 60, 0)
    problem = of_step(
        step,
        racks=(a_rack(),),
        with_resources=(a_site(capacity=0),),
        curtailments=(a_curtailment(0, 900),),
    )

    found = waits(problem, a_schedule(a_planned_step("FILL", 50, 110, bay="bay:1")))

    assert found == [("FILL", "batching", "held by the plan", 50)]


def test_a_limit_nobody_knows_is_not_waited_for():
    problem = of_step(a_step("CUT", 60, place="place:nowhere"), racks=(a_rack(),))

    found = waits(problem, a_schedule(a_planned_step("CUT", 50, 110)))

    assert found == [("CUT", "batching", "held by the plan", 50)]


def held_for(crew, *, start, later):
    """Return what a free KIT waits for when a later LEAK needs a crew."""
    steps = (a_manual_step("KIT", 60), a_step("LEAK", 30), a_step("PACK", 10))
    problem = of_step(*steps, racks=(a_rack(),), with_resources=(crew,))
    schedule = a_schedule(
        a_planned_step("KIT", start, start + 60),
        a_planned_step("LEAK", later, later + 30),
        a_planned_step("PACK", later + 30, later + 40),
    )
    return waits(problem, schedule)


def test_a_step_held_back_is_held_for_what_a_later_one_waits_for():
    crew = a_crew(capacity=amount((0, 0), (100, 80)))

    just_in_time = held_for(crew, start=40, later=100)
    too_late = held_for(crew, start=90, later=150)
    too_early = held_for(crew, start=10, later=100)

    assert just_in_time == [("KIT", "people", "crew:test", 40)]
    assert too_late == [
        ("KIT", "people", "crew:test", 40),
        ("KIT", "batching", "held by the plan", 50),
    ]
    assert too_early == [
        ("KIT", "people", "crew:test", 10),
        ("LEAK", "people", "crew:test", 30),
    ]


# Additivity, whatever the plan


def lead_times(problem, schedule):
    after = {
        template.key: sum(lag.minutes for lag in template.lags_after)
        for template in problem.templates
    }
    ends: dict[str, int] = {}
    for step in schedule.steps:
        ends[step.rack] = max(step.end, ends.get(step.rack, step.end))
    return {
        rack.key: ends[rack.key] + after[rack.template] - rack.received
        for rack in problem.racks
        if rack.key in ends
    }


def totals(problem, schedule):
    found = Counter()
    for bar in attribute(problem, schedule):
        assert bar.minutes > 0
        found[bar.rack] += bar.minutes
    return found


@pytest.mark.parametrize("seed", range(100))
def test_the_minutes_of_each_rack_add_up_to_its_lead_time(seed):
    problem = a_random_problem(seed)
    random = Random(seed) if seed % 2 else None
    schedule = reference_plan(problem, random=random)

    assert totals(problem, schedule) == lead_times(problem, schedule)


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_that_breaks_rules_still_adds_up(seed):
    problem = a_random_problem(seed)
    random = Random(seed)
    schedule = with_steps(
        reference_plan(problem),
        lambda step: moved(step, random.randrange(0, 40)) if step.start > 0 else step,
    )

    assert totals(problem, schedule) == lead_times(problem, schedule)


def attribute_alone(problem, schedule):
    """Return the waterfalls of racks that are told nothing that others were told."""
    case = open_case(problem, schedule)
    room, stock = Room(case), Stock(case)
    for plan in case.plans:
        if plan.rows:
            room.lift(plan)
            yield from bars(room, Waits(room, stock), plan)
            room.put_back()


@pytest.mark.parametrize("seed", range(60))
def test_racks_that_wait_together_are_told_what_each_is_told_alone(seed):
    problem = a_random_problem(seed, racks=14)
    schedule = reference_plan(problem)

    assert attribute(problem, schedule) == tuple(attribute_alone(problem, schedule))


@pytest.mark.parametrize("seed", range(24))
def test_racks_that_wait_by_turns_under_other_feeders_are_told_their_own(seed):
    problem = a_queue(seed)
    schedule = reference_plan(problem)

    assert attribute(problem, schedule) == tuple(attribute_alone(problem, schedule))


def test_a_demo_whose_racks_queue_is_told_what_each_is_told_alone():
    problem = a_demo_like_problem(120, 1, curtailed=True)
    schedule = reference_plan(problem)

    assert attribute(problem, schedule) == tuple(attribute_alone(problem, schedule))


def held_by_turns(turns):
    """Return a step that waits ten minutes for people, ten for a cart, and so on."""
    step = a_step("FILL", 10, place="place:cart")
    end = 20 * turns
    carts = [(20 * turn + odd, odd // 10) for turn in range(turns) for odd in (0, 10)]
    people = [(time, 8 - 8 * free) for time, free in carts]
    problem = of_step(
        step,
        racks=(a_rack(),),
        with_resources=(
            a_place("place:cart", amount(*carts, (end, 1))),
            a_crew("crew:test", amount(*people, (end, 8))),
        ),
    )
    return problem, a_schedule(a_planned_step("FILL", end, end + 10))


def test_turns_are_told_one_after_the_other():
    found = waits(*held_by_turns(50))

    turn = [("FILL", "batching", "place:cart", 10), ("FILL", "people", "crew:test", 10)]
    assert found == turn * 50


def test_too_many_turns_are_told_as_one_wait_for_each_limit():
    found = waits(*held_by_turns(51))

    assert found == [
        ("FILL", "batching", "place:cart", 510),
        ("FILL", "people", "crew:test", 510),
    ]


def test_the_default_site_adds_up_and_names_an_owner_for_every_limit():
    problem = a_demo_like_problem(40, 1, curtailed=True)
    schedule = reference_plan(problem)

    bars = attribute(problem, schedule)

    assert totals(problem, schedule) == lead_times(problem, schedule)
    nobodys = {"work", "rework allowance", "before this plan", "held by the plan"}
    assert all(bar.owner for bar in bars if bar.label not in nobodys)
    assert bars == attribute(problem, schedule)


def test_a_plan_without_racks_has_no_bars():
    assert attribute(a_problem(racks=()), a_schedule()) == ()
    schedule = a_schedule(unplannable=[left_out()])
    assert attribute(a_problem(), schedule) == ()
