"""The referee on what racks share: bays, places, people, power, cooling, material."""

from dataclasses import replace

import pytest

from scheduling.engine.check import BreachKind, Rule, breaches
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
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
from tests.builders.schedules import (
    a_peg,
    a_phase,
    a_planned_step,
    a_schedule,
    left_out,
)

MADE, INHERITED = BreachKind.MADE, BreachKind.INHERITED


def rules(problem, schedule):
    return [(breach.rule, breach.kind) for breach in breaches(problem, schedule)]


def facts(problem, schedule):
    return [
        (b.kind, b.object, b.amount, b.unit, b.start, b.end)
        for b in breaches(problem, schedule)
    ]


# Two racks, each one step of an hour

TWO = (a_rack("R1"), a_rack("R2"))
LEAK = a_step("LEAK", 60)


def two_racks(step, *, racks=TWO, **changes):
    return a_problem(
        templates=(a_template(steps=(step,)),),
        racks=racks,
        bays=(a_bay("bay:1"), a_bay("bay:2")),
        **changes,
    )


def both(step, first=0, second=0, **changes):
    return a_schedule(
        *(
            a_planned_step(
                step.code,
                start,
                start + 60,
                rack=rack,
                bay=bay if step.draw else "",
                draw=step.draw,
            )
            for rack, start, bay in (("R1", first, "bay:1"), ("R2", second, "bay:2"))
        ),
        **changes,
    )


CARTED = a_step("LEAK", 60, extra="place:cart", place="place:lane")
FUNC = a_bay_step("FUNC", 60, 50_001)


@pytest.mark.parametrize(
    ("step", "resource", "enough", "unit"),
    [
        (LEAK, a_place(capacity=2), 2, "places"),
        (LEAK, a_crew(capacity=16), 16, "eighths"),
        (FUNC, a_node(capacity=100_002), 100_002, "W"),
        # 1,108 and 900 thousandths of 50,001 W, each rounded up, twice.
        (FUNC, a_site(capacity=110_804), 110_804, "W"),
        (FUNC, a_loop(capacity=90_002), 90_002, "W"),
    ],
    ids=["place", "crew", "node", "site", "loop"],
)
def test_a_limit_holds_to_the_last_unit(step, resource, enough, unit):
    def found(capacity, second=0):
        limit = replace(resource, capacity=amount((0, capacity)))
        problem = two_racks(step, with_resources=(limit,))
        return facts(problem, both(step, 0, second))

    assert found(enough) == []
    assert found(enough - 1) == [(MADE, resource.key, 1, unit, 0, 60)]
    assert found(enough - 1, second=60) == []
    assert found(enough - 1, second=59) == [(MADE, resource.key, 1, unit, 59, 60)]


def test_a_cart_is_held_beside_the_place():
    def found(carts):
        problem = two_racks(CARTED, with_resources=(a_place("place:cart", carts),))
        return facts(problem, both(CARTED))

    assert found(2) == []
    assert found(1) == [(MADE, "place:cart", 1, "places", 0, 60)]


def test_a_limit_that_drops_for_a_while_is_broken_only_then():
    crew = a_crew(capacity=amount((0, 16), (20, 15), (30, 9), (40, 16)))
    problem = two_racks(LEAK, with_resources=(crew,))

    found = breaches(problem, both(LEAK))

    assert [(b.amount, b.start, b.end) for b in found] == [(7, 20, 40)]
    assert found[0].sentence == (
        "Test: 2 people needed, 1.125 people allowed, Mon 00:20 to Mon 00:40. "
        "Owner of crew:test owns this limit."
    )


def test_power_names_kilowatts_and_the_owner():
    problem = two_racks(FUNC, with_resources=(a_node(capacity=100_001),))

    found = breaches(problem, both(FUNC))

    assert found[0].rule is Rule.POWER
    assert found[0].owner == "Owner of node:hall"
    assert found[0].sentence == (
        "Hall: 100.002 kW needed, 100.001 kW allowed, Mon 00:00 to Mon 01:00. "
        "Owner of node:hall owns this limit."
    )


def test_a_limit_nobody_knows_allows_nothing():
    step = a_step("LEAK", 60, place="place:nowhere")
    problem = two_racks(step, racks=(a_rack("R1"),))
    schedule = a_schedule(a_planned_step("LEAK", 0, 60))

    found = breaches(problem, schedule)

    assert [b.sentence for b in found] == [
        "place:nowhere: 1 place needed, 0 places allowed, Mon 00:00 to Mon 01:00."
    ]


def test_what_running_steps_take_is_inherited_and_what_the_plan_adds_is_made():
    racks = (
        a_rack("R1", progress=a_progress(running=a_running("LEAK", -10, 60))),
        a_rack("R2"),
    )
    step = replace(LEAK, work=60)
    schedule = both(step)
    first = replace(schedule.steps[0], start=-10)
    problem = two_racks(step, racks=racks, with_resources=(a_crew(capacity=3),))

    found = facts(problem, replace(schedule, steps=(first, schedule.steps[1])))

    assert found == [
        (INHERITED, "crew:test", 5, "eighths", 0, 60),
        (MADE, "crew:test", 8, "eighths", 0, 60),
    ]


def test_pinned_steps_that_break_a_limit_alone_are_inherited():
    racks = tuple(a_rack(key, pins=(a_pin("LEAK", 0),)) for key in ("R1", "R2"))
    problem = two_racks(LEAK, racks=racks, with_resources=(a_place(capacity=1),))

    assert facts(problem, both(LEAK)) == [(INHERITED, "place:lane", 1, "places", 0, 60)]


def test_a_pinned_step_beside_a_free_one_is_the_plans_making():
    racks = (a_rack("R1", pins=(a_pin("LEAK", 0),)), a_rack("R2"))
    problem = two_racks(LEAK, racks=racks, with_resources=(a_place(capacity=1),))

    assert facts(problem, both(LEAK)) == [(MADE, "place:lane", 1, "places", 0, 60)]


def test_people_are_free_while_a_manual_step_is_closed():
    def problem(people):
        pieces = ((0, 8), (30, people), (100, 8))
        return two_racks(
            a_manual_step("KIT", 60),
            calendars=(a_calendar("calendar:shift", ((0, 30), (100, 190))),),
            with_resources=(
                a_crew("crew:hands", amount(*pieces), "calendar:shift"),
                a_place(capacity=1),
            ),
            racks=(a_rack("R1"),),
        )

    phases = [a_phase(0, 30), a_phase(30, 100, 0, "closed"), a_phase(100, 130)]
    schedule = a_schedule(a_planned_step("KIT", 0, 130, phases=phases))

    assert facts(problem(0), schedule) == []


# Running soak: only what it cannot avoid is inherited


def soaking(site, phases):
    rack = a_rack(
        progress=a_progress(
            running=a_running("SOAK", -60, 240), bay="bay:1", bay_since=-60
        )
    )
    template = a_template(
        steps=(a_soak(240, 100_000),), site_permille=1_000, liquid_permille=0
    )
    problem = a_problem(
        templates=(template,), racks=(rack,), with_resources=(a_site(capacity=site),)
    )
    step = a_planned_step("SOAK", -60, phases[-1].end, bay="bay:1", phases=phases)
    return facts(problem, a_schedule(step))


def test_a_running_soak_at_full_power_above_the_limit_is_partly_inherited():
    assert soaking(50_000, [a_phase(0, 240, 100_000)]) == [
        (INHERITED, "site:main", 10_000, "W", 0, 120),
        (MADE, "site:main", 50_000, "W", 0, 240),
    ]


def test_a_running_soak_at_its_lowest_level_is_inherited_for_one_block():
    phases = [
        a_phase(0, 200, 60_000, "derated", 60),
        a_phase(200, 300, 8_000, "standby", 8),
        a_phase(300, 330, 60_000, "resume", 60),
        a_phase(330, 530, 60_000, "derated", 60),
    ]

    assert soaking(amount((0, 50_000), (300, 60_000)), phases) == [
        (INHERITED, "site:main", 10_000, "W", 0, 200)
    ]
    assert soaking(amount((0, 60_000), (210, 7_999), (300, 60_000)), phases) == [
        (INHERITED, "site:main", 1, "W", 210, 300)
    ]


def test_a_limit_that_drops_after_the_first_block_is_the_plans_to_keep():
    phases = [a_phase(0, 240, 100_000)]

    assert soaking(amount((0, 100_000), (120, 60_000)), phases) == [
        (MADE, "site:main", 40_000, "W", 120, 240)
    ]


# Bays


def in_bays(first, second, *, start=30, racks=TWO, **changes):
    """Plan two racks of one bay step each, an hour from 0 and an hour from start."""
    problem = two_racks(a_bay_step("FUNC", 60, 1_000), racks=racks, **changes)
    schedule = a_schedule(
        a_planned_step("FUNC", 0, 60, rack="R1", bay=first, draw=1_000),
        a_planned_step("FUNC", start, start + 60, rack="R2", bay=second, draw=1_000),
    )
    return breaches(problem, schedule)


def test_two_racks_share_a_bay_one_after_the_other():
    assert in_bays("bay:1", "bay:2") == ()
    assert in_bays("bay:1", "bay:1", start=60) == ()


def test_two_racks_in_one_bay_at_once_are_named():
    found = in_bays("bay:1", "bay:1", start=59)

    assert [(b.rule, b.kind, b.start, b.end) for b in found] == [
        (Rule.BAY, MADE, 59, 60)
    ]
    assert found[0].sentence == (
        "Bay 1: held by R1, R2, room for one rack, Mon 00:59 to Mon 01:00. "
        "Owner of node:hall owns this limit."
    )


def test_a_bay_out_of_service_takes_no_rack():
    found = []
    for opens in (30, 31):
        bay = a_bay("bay:2", capacity=amount((0, 0), (opens, 1)))
        problem = replace(
            two_racks(a_bay_step("FUNC", 60, 1_000)), bays=(a_bay("bay:1"), bay)
        )
        schedule = a_schedule(
            a_planned_step("FUNC", 0, 60, rack="R1", bay="bay:1", draw=1_000),
            a_planned_step("FUNC", 30, 90, rack="R2", bay="bay:2", draw=1_000),
        )
        found.append([b.sentence for b in breaches(problem, schedule)])

    assert found == [
        [],
        [
            (
                "Bay 2: held by R2, out of service, Mon 00:30 to Mon 00:31. "
                "Owner of node:hall owns this limit."
            )
        ],
    ]


def test_a_bay_is_held_in_the_gap_between_two_steps():
    steps = (a_bay_step("FUNC", 60, 1_000), a_bay_step("POST", 30, 1_000))
    problem = a_problem(
        templates=(a_template(steps=steps),), racks=(a_rack("R1"), a_rack("R2"))
    )

    def rack(key, func, post):
        return (
            a_planned_step("FUNC", func, func + 60, rack=key, bay="bay:1", draw=1_000),
            a_planned_step("POST", post, post + 30, rack=key, bay="bay:1", draw=1_000),
        )

    inside = a_schedule(*rack("R1", 0, 300), *rack("R2", 100, 160))
    after = a_schedule(*rack("R1", 0, 300), *rack("R2", 330, 390))

    assert facts(problem, inside) == [(MADE, "bay:1", 1, "places", 100, 190)]
    assert facts(problem, after) == []


def test_a_rack_keeps_one_bay():
    steps = (a_bay_step("FUNC", 60, 1_000), a_bay_step("POST", 30, 1_000))
    problem = a_problem(
        templates=(a_template(steps=steps),), bays=(a_bay("bay:1"), a_bay("bay:2"))
    )
    schedule = a_schedule(
        a_planned_step("FUNC", 0, 60, bay="bay:1", draw=1_000),
        a_planned_step("POST", 60, 90, bay="bay:2", draw=1_000),
    )

    assert [b.sentence for b in breaches(problem, schedule)] == [
        "R1 is planned in 2 bays; it keeps one."
    ]


@pytest.mark.parametrize(
    ("bay", "sentence"),
    [
        ("", "R1 needs a bay; the plan names none."),
        ("bay:9", "R1 needs a bay; the plan names bay:9."),
    ],
)
def test_a_bay_step_names_a_known_bay(bay, sentence):
    problem = two_racks(a_bay_step("FUNC", 60, 1_000), racks=(a_rack("R1"),))
    schedule = a_schedule(a_planned_step("FUNC", 0, 60, bay=bay, draw=1_000))

    assert [b.sentence for b in breaches(problem, schedule)] == [sentence]


def test_a_step_outside_a_bay_names_none():
    problem = two_racks(LEAK, racks=(a_rack("R1"),))

    found = rules(problem, a_schedule(a_planned_step("LEAK", 0, 60, bay="bay:1")))

    assert found == [(Rule.BAY, MADE)]


@pytest.mark.parametrize(
    ("limit", "expected"), [(50_001, []), (50_000, [(Rule.BAY, MADE)])]
)
def test_a_bays_own_limit_holds_the_steps_draw(limit, expected):
    problem = replace(
        two_racks(FUNC, racks=(a_rack("R1"),)), bays=(a_bay("bay:1", limit=limit),)
    )
    schedule = a_schedule(a_planned_step("FUNC", 0, 60, bay="bay:1", draw=50_001))

    assert rules(problem, schedule) == expected


def test_a_bay_takes_only_its_models():
    problem = replace(
        two_racks(FUNC, racks=(a_rack("R1"),)), bays=(a_bay("bay:1", models=("X",)),)
    )
    schedule = a_schedule(a_planned_step("FUNC", 0, 60, bay="bay:1", draw=50_001))

    assert [b.sentence for b in breaches(problem, schedule)] == [
        "Bay 1 does not take M."
    ]


def held(**changes):
    return a_progress(
        running=a_running("FUNC", -10, 50), bay="bay:1", bay_since=-10, **changes
    )


def test_a_held_bay_is_kept():
    problem = two_racks(FUNC, racks=(a_rack("R1", progress=held()),))

    def found(bay):
        step = a_planned_step("FUNC", -10, 50, bay=bay, draw=50_001)
        return rules(problem, a_schedule(step))

    assert found("bay:1") == []
    assert found("bay:2") == [(Rule.FACT, MADE)]


def test_a_held_bay_that_does_not_fit_is_inherited():
    problem = replace(
        two_racks(FUNC, racks=(a_rack("R1", progress=held()),)),
        bays=(a_bay("bay:1", models=(), limit=1, capacity=0),),
    )
    step = a_planned_step("FUNC", -10, 50, bay="bay:1", draw=50_001)

    found = rules(problem, a_schedule(step))

    assert found == [(Rule.BAY, INHERITED)] * 3


def test_a_bay_is_held_from_minute_0_by_a_rack_that_waits_in_it():
    racks = (
        a_rack("R1", progress=a_progress(bay="bay:1", bay_since=-30)),
        a_rack("R2"),
    )
    schedule = a_schedule(
        a_planned_step("FUNC", 60, 120, rack="R1", bay="bay:1", draw=50_001),
        a_planned_step("FUNC", 0, 60, rack="R2", bay="bay:1", draw=50_001),
    )

    found = facts(two_racks(FUNC, racks=racks), schedule)

    assert found == [(MADE, "bay:1", 1, "places", 0, 60)]


def test_a_pin_names_its_bay():
    rack = a_rack("R1", pins=(a_pin("FUNC", 0, "bay:2"),))
    problem = two_racks(FUNC, racks=(rack,))

    def found(bay):
        step = a_planned_step("FUNC", 0, 60, bay=bay, draw=50_001)
        return [b.sentence for b in breaches(problem, a_schedule(step))]

    assert found("bay:2") == []
    assert found("bay:1") == ["R1 FUNC is pinned to bay 2, planned in 1."]


def test_two_racks_pinned_to_one_bay_are_inherited():
    racks = tuple(
        a_rack(key, pins=(a_pin("FUNC", 0, "bay:1"),)) for key in ("R1", "R2")
    )

    found = in_bays_pinned(racks)

    assert found == [(INHERITED, "bay:1", 1, "places", 0, 60)]


def in_bays_pinned(racks):
    problem = two_racks(FUNC, racks=racks)
    steps = (
        a_planned_step("FUNC", 0, 60, rack=key, bay="bay:1", draw=50_001)
        for key in ("R1", "R2")
    )
    return facts(problem, a_schedule(*steps))


# Stay


def staying(limit, *, since=None, post=100):
    steps = (a_bay_step("FUNC", 60, 1_000), a_bay_step("POST", 30, 1_000))
    progress = a_progress()
    if since is not None:
        progress = a_progress(bay="bay:1", bay_since=since)
    problem = a_problem(
        templates=(a_template(steps=steps),),
        racks=(a_rack(progress=progress),),
        bay_stay_limit=limit,
    )
    schedule = a_schedule(
        a_planned_step("FUNC", 0, 60, bay="bay:1", draw=1_000),
        a_planned_step("POST", post, post + 30, bay="bay:1", draw=1_000),
    )
    return [(b.rule, b.kind, b.amount) for b in breaches(problem, schedule)]


def test_a_stay_may_last_to_the_limit():
    assert staying(130) == []
    assert staying(129) == [(Rule.BAY_STAY, MADE, 1)]


def test_a_held_bays_stay_counts_from_when_it_was_taken():
    assert staying(150, since=-20) == []
    assert staying(149, since=-20) == [(Rule.BAY_STAY, MADE, 1)]


def test_a_stay_that_could_never_be_kept_is_inherited():
    assert staying(110, since=-20) == [(Rule.BAY_STAY, MADE, 40)]
    assert staying(109, since=-20) == [(Rule.BAY_STAY, INHERITED, 41)]


def test_the_stay_of_a_held_soak_counts_its_fastest_level():
    rack = a_rack(
        progress=a_progress(
            running=a_running("SOAK", -10, 240), bay="bay:1", bay_since=-10
        )
    )
    problem = a_problem(
        templates=(a_template(steps=(a_soak(),)),), racks=(rack,), bay_stay_limit=250
    )
    phases = [a_phase(0, 400, 60_000, "derated", 60)]
    step = a_planned_step("SOAK", -10, 400, bay="bay:1", phases=phases)

    assert rules(problem, a_schedule(step)) == [(Rule.BAY_STAY, MADE)]
    shorter = replace(problem, bay_stay_limit=249)
    assert rules(shorter, a_schedule(step)) == [(Rule.BAY_STAY, INHERITED)]


# Stations


def assembling(*racks, first=(0, 60), second=(200, 230), pauses=True, places=1):
    steps = (a_station_step("PREP", 60), a_station_step("TRAY", 30))
    problem = a_problem(
        templates=(a_template(steps=steps),),
        racks=racks,
        bays=(),
        with_resources=(a_place("place:station", places),),
    )
    rows = []
    for rack, (start, end) in zip(racks, (first, second), strict=False):
        done = rack.progress.done
        if not done:
            rows.append(a_planned_step("PREP", start, start + 60, rack=rack.key))
        rows.append(a_planned_step("TRAY", end - 30, end, rack=rack.key))
    return problem, a_schedule(*rows)


def test_a_station_is_held_from_prep_to_the_last_step_gaps_included():
    racks = (a_rack("R1"), a_rack("R2"))

    apart = assembling(*racks, first=(0, 150), second=(150, 240))
    inside = assembling(*racks, first=(0, 300), second=(100, 190))

    assert facts(*apart) == []
    assert facts(*inside) == [(MADE, "place:station", 1, "places", 100, 190)]


def test_a_held_station_is_held_from_minute_0():
    begun = a_rack("R1", progress=a_progress(done=1, last_end=-5, holds_station=True))
    left = replace(begun, progress=replace(begun.progress, holds_station=False))
    other = a_rack("R2")

    assert facts(*assembling(begun, other, first=(0, 130), second=(0, 90))) == [
        (MADE, "place:station", 1, "places", 0, 90),
    ]
    assert facts(*assembling(left, other, first=(0, 130), second=(0, 90))) == []


def test_two_held_stations_beyond_the_places_are_inherited():
    progress = a_progress(done=1, last_end=-5, holds_station=True)
    racks = (a_rack("R1", progress=progress), a_rack("R2", progress=progress))

    found = facts(*assembling(*racks, first=(0, 30), second=(0, 60)))

    assert found == [(INHERITED, "place:station", 1, "places", 0, 30)]


def test_a_pinned_station_step_fixes_its_own_time():
    racks = (
        a_rack("R1", pins=(a_pin("TRAY", 100),)),
        a_rack("R2", pins=(a_pin("TRAY", 110),)),
    )

    found = facts(*assembling(*racks, first=(0, 130), second=(20, 140)))

    assert found == [
        (MADE, "place:station", 1, "places", 20, 110),
        (INHERITED, "place:station", 1, "places", 110, 130),
    ]


# Racks left out still stand where they stand


def test_an_unplannable_rack_keeps_its_bay_for_the_least_time():
    racks = (
        a_rack("R1", progress=held()),
        a_rack("R2"),
    )
    problem = two_racks(FUNC, racks=racks)

    def found(start):
        step = a_planned_step(
            "FUNC", start, start + 60, rack="R2", bay="bay:1", draw=50_001
        )
        return facts(problem, a_schedule(step, unplannable=[left_out()]))

    assert found(50) == []
    assert found(49) == [(MADE, "bay:1", 1, "places", 49, 50)]


def test_an_unplannable_racks_running_step_goes_on_drawing():
    racks = (a_rack("R1", progress=held()), a_rack("R2"))
    problem = two_racks(FUNC, racks=racks, with_resources=(a_node(capacity=100_001),))
    step = a_planned_step("FUNC", 0, 60, rack="R2", bay="bay:2", draw=50_001)

    found = facts(problem, a_schedule(step, unplannable=[left_out()]))

    assert found == [(MADE, "node:hall", 1, "W", 0, 50)]


def test_an_unplannable_running_soak_counts_its_lowest_level_for_a_block():
    rack = a_rack(progress=a_progress(running=a_running("SOAK", 0, 240), bay="bay:1"))
    problem = a_problem(
        templates=(a_template(steps=(a_soak(240, 100_000),)),),
        racks=(rack,),
        with_resources=(a_node(capacity=59_999),),
    )

    found = facts(problem, a_schedule(unplannable=[left_out()]))

    assert found == [(INHERITED, "node:hall", 1, "W", 0, 200)]


def test_an_unplannable_running_soak_stands_by_for_as_long_as_its_bay_is_held():
    rack = a_rack(progress=a_progress(running=a_running("SOAK", 0, 480), bay="bay:1"))
    template = a_template(steps=(a_soak(480, 100_000), a_bay_step("AGAIN", 60, 1_000)))
    problem = a_problem(
        templates=(template,),
        racks=(rack,),
        with_resources=(a_node(capacity=amount((0, 60_000), (200, 7_999))),),
    )

    found = facts(problem, a_schedule(unplannable=[left_out()]))

    # A block at the lowest level, then standby until soak and test could be over.
    assert found == [(INHERITED, "node:hall", 1, "W", 200, 540)]


def test_an_unplannable_rack_keeps_its_station_over_closed_hours():
    progress = a_progress(running=a_running("PREP", -5, 40), holds_station=True)
    racks = (a_rack("R1", progress=progress), a_rack("R2"))
    problem, _ = assembling(*racks)
    shifts = replace(
        problem,
        calendars=(a_calendar(windows=((0, 30), (100, 400))),),
    )

    def found(start):
        schedule = a_schedule(
            a_planned_step("PREP", start, start + 60, rack="R2"),
            a_planned_step("TRAY", start + 60, start + 90, rack="R2"),
            unplannable=[left_out()],
        )
        return facts(shifts, schedule)

    # 40 minutes of PREP and 30 of TRAY from minute 0 end at 140.
    assert found(140) == []
    assert found(139) == [(MADE, "place:station", 1, "places", 139, 140)]


def test_an_unplannable_rack_that_never_gets_out_holds_to_the_horizon():
    progress = a_progress(done=1, last_end=0, holds_station=True)
    problem, _ = assembling(a_rack("R1", progress=progress))
    never = replace(
        problem,
        calendars=(a_calendar(windows=((0, 10),)),),
        resources=tuple(
            replace(r, capacity=amount((0, 0))) if r.key == "place:station" else r
            for r in problem.resources
        ),
    )

    found = facts(never, a_schedule(unplannable=[left_out()]))

    assert found == [(INHERITED, "place:station", 1, "places", 0, problem.horizon)]


def test_an_unplannable_rack_takes_the_lane_of_its_running_step():
    rack = a_rack(progress=a_progress(running=a_running("LEAK", -5, 20)))
    problem = two_racks(
        CARTED, racks=(rack,), with_resources=(a_place("place:cart", 0),)
    )

    found = facts(problem, a_schedule(unplannable=[left_out()]))

    assert found == [(INHERITED, "place:cart", 1, "places", 0, 20)]


def test_a_unplannable_rack_outside_a_bay_and_idle_holds_nothing():
    problem = two_racks(FUNC, racks=(a_rack(progress=a_progress(done=0)),))

    assert facts(problem, a_schedule(unplannable=[left_out()])) == []


# Material


STOCK = (a_supply(),)


def with_parts(pegs, *, supplies=STOCK, start=0, rack=None, materials=None):
    step = a_step("KIT", 60)
    problem = a_problem(
        templates=(
            a_template(
                steps=(step, a_step("PACK", 10)),
                materials=materials or (a_material(quantity=2),),
            ),
        ),
        bays=(),
        racks=(rack or a_rack(),),
        supplies=supplies,
    )
    schedule = a_schedule(
        a_planned_step("KIT", start, start + 60),
        a_planned_step("PACK", start + 60, start + 70),
        pegs=pegs,
    )
    return breaches(problem, schedule)


def test_pegs_add_up_to_the_need():
    assert with_parts([a_peg(quantity=2)]) == ()
    assert with_parts([a_peg(), a_peg()]) == ()
    for quantity, sentence in (
        (1, "R1 KIT is pegged 1 piece of part:x; it needs 2."),
        (3, "R1 KIT is pegged 3 pieces of part:x; it needs 2."),
    ):
        found = with_parts([a_peg(quantity=quantity)])
        assert [(b.sentence, b.amount) for b in found] == [(sentence, 1)]


def test_no_supply_is_pegged_beyond_its_quantity():
    enough = (a_supply(quantity=2),)
    short = (a_supply(quantity=1),)

    assert with_parts([a_peg(quantity=2)], supplies=enough) == ()
    assert [b.sentence for b in with_parts([a_peg(quantity=2)], supplies=short)] == [
        "lot:1: 2 pieces pegged, 1 piece there. Owner of lot:1 answers for it."
    ]


def test_an_overdrawn_supply_without_an_owner_names_none():
    found = with_parts([a_peg(quantity=2)], supplies=(a_supply(quantity=1, owner=""),))

    assert [b.sentence for b in found] == ["lot:1: 2 pieces pegged, 1 piece there."]


@pytest.mark.parametrize(("start", "late"), [(100, []), (99, [1])])
def test_a_part_is_usable_when_its_step_starts(start, late):
    found = with_parts(
        [a_peg(quantity=2)], supplies=(a_supply(available=100),), start=start
    )

    assert [b.amount for b in found] == late
    if late:
        assert found[0].sentence == (
            "R1 KIT starts Mon 01:39, 1 min before part:x from lot:1 is usable. "
            "Owner of lot:1 answers for it."
        )


def test_a_late_part_without_an_owner_names_none():
    supply = a_supply(available=100, owner="", label="")

    found = with_parts([a_peg(quantity=2)], supplies=(supply,), start=99)

    assert found[0].sentence == (
        "R1 KIT starts Mon 01:39, 1 min before part:x from lot:1 is usable."
    )


@pytest.mark.parametrize(
    "peg",
    [
        a_peg(supply="lot:9", quantity=2),
        a_peg(part="part:y", quantity=2),
        a_peg(step="PACK", quantity=2),
    ],
)
def test_a_peg_of_something_else_is_a_breach(peg):
    assert {b.rule for b in with_parts([peg])} == {Rule.MATERIAL}


def test_an_empty_peg_is_a_breach():
    found = with_parts([a_peg(quantity=2), a_peg(quantity=0)])

    assert [b.sentence for b in found] == ["R1 KIT: lot:1 does not give 0 of part:x."]


def test_what_is_set_aside_for_a_rack_serves_the_earliest_step_first():
    materials = (a_material(quantity=2, step="PACK"), a_material(quantity=2))
    rack = a_rack(materials_reserved=(("part:x", 3),))

    kept = with_parts([a_peg("PACK")], rack=rack, materials=materials)
    other = with_parts([a_peg("KIT")], rack=rack, materials=materials)

    assert kept == ()
    assert len(other) == 2


def test_a_running_step_consumes_nothing_more():
    rack = a_rack(progress=a_progress(running=a_running("KIT", 0, 60)))

    assert with_parts([], rack=rack) == ()
    assert len(with_parts([a_peg(quantity=2)], rack=rack)) == 1


def test_racks_that_are_not_planned_peg_nothing():
    problem = a_problem(supplies=(a_supply(),))
    for schedule in (
        a_schedule(unplannable=[left_out()], pegs=[a_peg()]),
        a_schedule(unplannable=[left_out()], pegs=[a_peg(rack="R9")]),
    ):
        found = breaches(problem, schedule)
        assert [b.rule for b in found] == [Rule.MATERIAL]
        assert "is not planned and pegs parts" in found[0].sentence


def test_a_pin_before_its_part_is_inherited_only_if_no_part_could_be_there():
    pinned = a_rack(pins=(a_pin("KIT", 50),))
    late = a_supply(available=100)
    stock = a_supply("lot:0", quantity=1)
    enough = a_supply("lot:0", quantity=2)

    def found(*supplies, rack=pinned):
        pegs = [a_peg(quantity=2)]
        return [
            b.kind for b in with_parts(pegs, supplies=supplies, start=50, rack=rack)
        ]

    assert found(late) == [INHERITED]
    assert found(late, stock) == [INHERITED]
    assert found(late, enough) == [MADE]
    assert found(late, rack=a_rack()) == [MADE]


def test_what_other_pinned_racks_need_of_a_part_counts_too():
    racks = tuple(
        a_rack(key, pins=(a_pin("KIT", 50),) if key != "R3" else ())
        for key in ("R1", "R2", "R3")
    )
    problem = a_problem(
        templates=(a_template(steps=(a_step("KIT", 60),), materials=(a_material(),)),),
        bays=(),
        racks=racks,
        supplies=(
            a_supply("lot:0", quantity=1),
            a_supply("lot:1", quantity=2, available=100),
        ),
    )
    schedule = a_schedule(
        a_planned_step("KIT", 50, 110, rack="R1"),
        a_planned_step("KIT", 50, 110, rack="R2"),
        a_planned_step("KIT", 100, 160, rack="R3"),
        pegs=[
            a_peg(supply="lot:0"),
            a_peg(supply="lot:1", rack="R2"),
            a_peg(supply="lot:1", rack="R3"),
        ],
    )

    assert rules(problem, schedule) == [(Rule.MATERIAL, INHERITED)]
