"""Bad input: each case in one sentence that names the object and the limit."""

from dataclasses import replace

import pytest

from scheduling.engine.problem import Session
from scheduling.engine.validate import inspect
from tests.builders.instances import a_random_problem
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_curtailment,
    a_demo_like_problem,
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
    soak_rule,
)
from tests.builders.reference import reference_plan


def errors(problem):
    found = inspect(problem)
    assert found.errors == () or found.unplannable == ()
    return [(error.code, error.sentence) for error in found.errors]


def left_out(problem):
    found = inspect(problem)
    assert found.errors == ()
    return [(one.rack, one.code, one.limit, one.sentence) for one in found.unplannable]


def of_steps(*steps, **changes):
    return a_problem(templates=(a_template(steps=steps),), **changes)


def test_a_sound_problem_has_nothing_to_say():
    found = inspect(a_problem())

    assert (found.errors, found.unplannable) == ((), ())


@pytest.mark.parametrize("curtailed", [False, True])
def test_the_default_site_has_nothing_to_say(curtailed):
    found = inspect(a_demo_like_problem(120, 1, curtailed=curtailed))

    assert (found.errors, found.unplannable) == ((), ())


@pytest.mark.parametrize("seed", range(60))
def test_what_a_plain_scheduler_plans_is_not_called_unplannable(seed):
    problem = a_random_problem(seed)

    planned = {step.rack for step in reference_plan(problem).steps}

    assert planned.isdisjoint({one[0] for one in left_out(problem)})


# The whole problem


def test_no_racks():
    assert errors(a_problem(racks=())) == [("no_racks", "There is no rack to plan.")]


def test_no_bays():
    assert errors(a_problem(bays=())) == [
        ("no_bays", "Site S1 has no power bay; FILL of M needs one.")
    ]
    assert errors(of_steps(a_step("CUT"), bays=())) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epoch": "soon"}, "The epoch soon is no ISO 8601 instant."),
        (
            {"epoch": "2026-11-23T06:05:00Z"},
            "The epoch 2026-11-23T06:05:00Z is not on a quarter of an hour.",
        ),
        ({"zone": "Mars/Olympus"}, "The time zone Mars/Olympus is unknown."),
        ({"zone": "../etc"}, "The time zone ../etc is unknown."),
        ({"horizon": 0}, "The horizon is 0 minutes; at least 1."),
    ],
)
def test_time_that_cannot_be_read(changes, sentence):
    assert ("bad_value", sentence) in errors(a_problem(**changes))


def test_an_epoch_without_a_zone_is_read_as_utc():
    assert errors(a_problem(epoch="2026-11-23T06:15:00")) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"racks": (a_rack(), a_rack())}, "The key R1 stands for more than one rack."),
        ({"bays": (a_bay(), a_bay())}, "The key bay:1 stands for more than one bay."),
        (
            {"supplies": (a_supply(), a_supply())},
            "The key lot:1 stands for more than one supply.",
        ),
        (
            {"templates": (a_template(), a_template())},
            "The key M stands for more than one model.",
        ),
        (
            {"calendars": (a_calendar(), a_calendar())},
            "The key calendar:always stands for more than one calendar.",
        ),
    ],
)
def test_a_key_given_twice(changes, sentence):
    assert errors(a_problem(**changes)) == [("key_twice", sentence)]


@pytest.mark.parametrize(
    "rule",
    [
        soak_rule(block=0),
        soak_rule(resume=-1),
        soak_rule(standby_percent=101),
        soak_rule(levels=()),
        soak_rule(levels=((80, 150), (100, 120))),
        soak_rule(levels=((100, 120), (100, 150))),
        soak_rule(levels=((101, 120),)),
        soak_rule(levels=((100, 0),)),
    ],
)
def test_a_soak_rule_that_cannot_be_read(rule):
    found = errors(a_problem(soak=rule))

    assert [code for code, _ in found] == ["bad_value"]
    assert found[0][1].startswith("The soak rule cannot be read: blocks of ")


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            a_problem(calendars=()),
            "Test: calendar calendar:always is unknown.",
        ),
        (
            a_problem(bays=(a_bay(nodes=("node:x",)),)),
            "Bay 1: node node:x is unknown.",
        ),
        (
            a_problem(bays=(a_bay(site="loop:hall"),)),
            "Bay 1: site loop:hall is unknown.",
        ),
        (a_problem(bays=(a_bay(loop=""),)), "Bay 1: loop (none) is unknown."),
        (of_steps(a_step("CUT", crew="crew:x")), "M CUT: crew crew:x is unknown."),
        (of_steps(a_step("CUT", place="")), "M CUT: place (none) is unknown."),
        (
            of_steps(a_step("CUT", extra="place:x")),
            "M CUT: place place:x is unknown.",
        ),
        (
            a_problem(templates=(a_template(materials=(a_material(step="WASH"),)),)),
            "M: the step that consumes part:x, WASH is unknown.",
        ),
    ],
)
def test_a_key_nobody_knows(problem, sentence):
    assert ("unknown_key", sentence) in errors(problem)


def test_a_model_no_rack_needs_may_be_odd():
    odd = a_template("N", (a_step("CUT", crew="crew:x"),))

    assert errors(a_problem(templates=(a_template(), odd))) == []


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((a_step("CUT"), a_step("CUT")), "M has the step CUT more than once."),
        (
            (a_step("CUT", draw=5),),
            "M CUT draws 5 W outside a bay; only bays give power.",
        ),
        (
            (a_bay_step("FILL"), a_step("CUT"), a_bay_step("FUNC")),
            "M: CUT stands between two steps that hold one bay together.",
        ),
        (
            (a_station_step("PREP"), a_station_step("TRAY", place="place:lane")),
            "M: steps at one station name 2 places, place:lane, place:station.",
        ),
    ],
)
def test_a_routing_that_cannot_be_read(steps, sentence):
    assert sentence in [found for _, found in errors(of_steps(*steps))]


def test_a_calendar_with_no_open_hour():
    shift = a_calendar("calendar:shift", ())
    after = a_calendar("calendar:shift", ((30_000, 31_000),))
    for calendar in (shift, after):
        problem = a_problem(
            calendars=(a_calendar(), calendar),
            with_resources=(a_crew("crew:hands", calendar="calendar:shift"),),
        )
        assert errors(problem) == [
            (
                "closed_calendar",
                (
                    "Hands: the calendar calendar:shift has no open hour. Owner of "
                    "crew:hands owns this limit."
                ),
            )
        ]


def test_a_crew_nobody_needs_may_be_closed():
    problem = a_problem(
        calendars=(a_calendar(), a_calendar("calendar:shift", ())),
        with_resources=(a_crew("crew:paint", calendar="calendar:shift"),),
    )

    assert errors(problem) == []


def test_a_curtailment_to_zero_from_first_to_last_minute():
    dark = a_problem(
        with_resources=(a_site(capacity=0),),
        curtailments=(a_curtailment(0, 20_160, 0),),
    )

    assert errors(dark) == [
        (
            "no_power",
            (
                "Grid event: 0 kW are left for bays from first to last minute. "
                "Owner of the grid owns this limit."
            ),
        )
    ]
    assert errors(replace(dark, curtailments=())) == [
        (
            "no_power",
            (
                "Main: 0 kW are left for bays from first to last minute. Owner of "
                "site:main owns this limit."
            ),
        )
    ]


def test_a_curtailment_to_zero_for_a_while_is_no_error():
    site = a_site(capacity=amount((0, 0), (600, 200_000)))

    assert errors(a_problem(with_resources=(site,))) == []
    nothing_drawn = of_steps(a_step("CUT"), with_resources=(a_site(capacity=0),))
    assert errors(nothing_drawn) == []


# Single racks


def test_one_bad_rack_does_not_stop_the_others():
    problem = a_problem(racks=(a_rack(), a_rack("R2", template="X"), a_rack("R3")))

    assert left_out(problem) == [
        ("R2", "unknown_model", "", "R2: its model X is unknown.")
    ]


def test_racks_of_one_model_share_the_reason_but_not_the_name():
    problem = a_problem(racks=(a_rack(), a_rack("R2")), bays=(a_bay(models=("X",)),))

    assert left_out(problem) == [
        ("R1", "no_bay", "bay", "R1: no bay takes M."),
        ("R2", "no_bay", "bay", "R2: no bay takes M."),
    ]


def test_a_bay_never_in_service_takes_no_rack():
    assert left_out(a_problem(bays=(a_bay(capacity=0),)))[0][1] == "no_bay"


def test_a_rack_past_its_bay_needs_none():
    rack = a_rack(progress=a_progress(done=3, last_end=0))

    assert left_out(a_problem(racks=(rack,), bays=(a_bay(models=()),))) == []


def test_a_rack_keeps_a_bay_that_would_not_take_it():
    rack = a_rack(progress=a_progress(done=2, bay="bay:1"))
    problem = a_problem(racks=(rack,), bays=(a_bay(models=(), limit=1),))

    assert left_out(problem) == []


def test_a_step_that_draws_more_than_any_bay_allows():
    def found(limit):
        bays = (a_bay(limit=limit), a_bay("bay:2", limit=5))
        return left_out(a_problem(bays=bays))

    assert found(100_000) == []
    assert found(99_999) == [
        (
            "R1",
            "bay_limit",
            "bay",
            (
                "R1 SOAK: 100 kW needed, the strongest bay that takes M (1) allows "
                "99.999 kW."
            ),
        )
    ]


@pytest.mark.parametrize(
    ("limit", "code", "sentence"),
    [
        (
            a_node(capacity=49_999),
            "power_limit",
            (
                "R1 FUNC: 50 kW needed, Hall allows 49.999 kW at most. "
                "Owner of node:hall owns this limit."
            ),
        ),
        (
            a_site(capacity=55_399),
            "power_limit",
            (
                "R1 FUNC: 55.4 kW needed, Main allows 55.399 kW at most. Owner of "
                "site:main owns this limit."
            ),
        ),
        (
            a_loop(capacity=44_999),
            "cooling_limit",
            (
                "R1 FUNC: 45 kW needed, Hall allows 44.999 kW at most. "
                "Owner of loop:hall owns this limit."
            ),
        ),
    ],
)
def test_a_step_that_draws_more_than_its_feeder_site_or_loop(limit, code, sentence):
    one_more = replace(
        limit, capacity=amount((0, 1), (50, limit.capacity.values[0] + 1))
    )
    step = a_bay_step("FUNC", 60, 50_000)

    found = left_out(of_steps(step, with_resources=(limit,)))

    assert [(code_, said) for _, code_, _, said in found] == [(code, sentence)]
    assert left_out(of_steps(step, with_resources=(one_more,))) == []


def test_one_bay_with_enough_power_above_it_is_enough():
    bays = (a_bay(nodes=("node:weak",)), a_bay("bay:2"))
    problem = of_steps(
        a_bay_step("FUNC", 60, 50_000),
        bays=bays,
        with_resources=(a_node("node:weak", 1),),
    )

    assert left_out(problem) == []
    assert left_out(replace(problem, bays=bays[:1]))[0][1] == "power_limit"


def test_a_soak_needs_only_its_lowest_level():
    def found(watts):
        return left_out(
            of_steps(a_soak(240, 100_000), with_resources=(a_node(capacity=watts),))
        )

    assert found(60_000) == []
    assert found(59_999)[0][1] == "power_limit"


def test_a_place_of_which_there_is_none():
    for step, key in (
        (a_step("CUT"), "place:lane"),
        (a_bay_step("FILL", extra="place:cart"), "place:cart"),
    ):
        none = a_place(key, 0)
        found = left_out(of_steps(step, with_resources=(none,)))
        assert [(code, limit) for _, code, limit, _ in found] == [
            ("no_place", "batching")
        ]
        assert found[0][3] == (
            f"R1 {step.code}: {none.label} has no place. "
            f"Owner of {key} owns this limit."
        )


def test_a_crew_smaller_than_a_step_needs():
    def found(people, calendar="calendar:always"):
        crew = a_crew(capacity=people, calendar=calendar)
        night = a_calendar("calendar:night", ((0, 100),))
        return left_out(
            of_steps(
                a_step("CUT", crew_eighths=12),
                with_resources=(crew,),
                calendars=(a_calendar(), night),
            )
        )

    assert found(12) == []
    assert found(11) == [
        (
            "R1",
            "small_crew",
            "people",
            (
                "R1 CUT: 1.5 people of Test needed, 1.375 people there. Owner of "
                "crew:test owns this limit."
            ),
        )
    ]
    only_by_day = amount((0, 8), (100, 16))
    assert found(only_by_day) == []
    assert found(only_by_day, "calendar:night")[0][1] == "small_crew"


def test_a_step_that_runs_through_and_fits_no_window():
    def found(step, length):
        hours = a_calendar(windows=((0, 30), (100, 100 + length)))
        return left_out(of_steps(step, calendars=(hours,), bays=()))

    step = a_step("LEAK", 60, allowance=5)
    assert found(step, 65) == []
    assert found(step, 64) == [
        (
            "R1",
            "no_window",
            "shift",
            (
                "R1 LEAK runs through for 1 h 5 min; Test never works longer than "
                "1 h 4 min. Owner of crew:test owns this limit."
            ),
        )
    ]
    assert found(a_manual_step("KIT", 60), 30) == []


def test_a_running_step_that_fits_no_window_goes_on():
    rack = a_rack(progress=a_progress(running=a_running("LEAK", -1, 60)))
    problem = of_steps(
        a_step("LEAK", 60), racks=(rack,), calendars=(a_calendar(windows=((0, 30),)),)
    )

    assert left_out(problem) == []


def test_an_owner_nobody_named_is_not_named():
    crew = replace(a_crew(capacity=1), owner="")

    found = left_out(of_steps(a_step("CUT"), with_resources=(crew,)))

    assert found[0][3] == "R1 CUT: 1 person of Test needed, 0.125 people there."


def test_a_stay_in_a_bay_that_is_always_too_long():
    def found(limit, **changes):
        return left_out(a_problem(bay_stay_limit=limit, **changes))

    assert found(270) == []
    assert found(269) == [
        (
            "R1",
            "bay_stay",
            "bay",
            "R1 holds its bay for 4 h 30 min at least; 4 h 29 min is allowed.",
        )
    ]
    held = a_rack(progress=a_progress(done=2, bay="bay:1", bay_since=-300))
    assert found(269, racks=(held,)) == []


# Material


def of_parts(*supplies, **changes):
    template = a_template(
        materials=(a_material(quantity=2), a_material(step="PACK")),
    )
    return left_out(
        a_problem(templates=(template,), supplies=supplies, horizon=2_000, **changes)
    )


def test_a_part_with_no_source():
    assert of_parts(a_supply(quantity=3)) == []
    assert of_parts() == [
        (
            "R1",
            "no_material",
            "material",
            "R1: 3 pieces of part:x needed, 0 in stock or promised.",
        )
    ]
    assert of_parts(a_supply(quantity=2))[0][3] == (
        "R1: 3 pieces of part:x needed, 2 in stock or promised."
    )


def test_material_that_never_arrives_in_time():
    late = a_supply("lot:2", quantity=1, available=2_000)
    stock = a_supply(quantity=2)

    assert of_parts(stock, late) == [
        (
            "R1",
            "no_material",
            "material",
            (
                "R1: 3 pieces of part:x needed, 2 usable before the plan ends, the "
                "rest Tue 09:20."
            ),
        )
    ]
    assert of_parts(stock, replace(late, available=1_900)) == []


def test_material_set_aside_or_already_used_is_not_needed():
    reserved = a_rack(materials_reserved=(("part:x", 3),))
    running = a_rack(progress=a_progress(running=a_running("KIT", -1, 10)))
    done = a_rack(progress=a_progress(done=3, running=a_running("PACK", -1, 10)))

    assert of_parts(racks=(reserved,)) == []
    assert of_parts(racks=(done,)) == []
    assert of_parts(racks=(running,))[0][3] == (
        "R1: 1 piece of part:x needed, 0 in stock or promised."
    )


def test_a_rack_that_ends_after_the_horizon_even_alone():
    assert left_out(a_problem(horizon=360)) == []
    assert left_out(a_problem(horizon=359)) == [
        (
            "R1",
            "horizon",
            "shift",
            "R1: even alone it ends after the plan does, Mon 05:59.",
        )
    ]


# Facts and pins


@pytest.mark.parametrize(
    "progress",
    [
        a_progress(done=5),
        a_progress(done=-1),
        a_progress(done=4, running=a_running("PACK")),
        a_progress(done=1, running=a_running("KIT")),
        a_progress(running=a_running("KIT", 1, 10)),
        a_progress(running=a_running("KIT", -1, 0)),
        a_progress(done=1, running=a_running("FILL", -1, 10)),
        a_progress(done=2, bay="bay:9"),
    ],
)
def test_facts_that_cannot_be(progress):
    found = left_out(a_problem(racks=(a_rack(progress=progress),)))

    assert [code for _, code, _, _ in found] == ["bad_progress"]


def test_a_fact_is_said_in_words():
    rack = a_rack(progress=a_progress(done=5))

    assert left_out(a_problem(racks=(rack,)))[0][3] == (
        "R1 has finished 5 steps; M has 4."
    )


@pytest.mark.parametrize(
    ("pin", "where"),
    [
        (a_pin("WASH", 5), "WASH to minute 5"),
        (a_pin("FILL", 90, "bay:9"), "FILL to minute 90 in bay bay:9"),
        (a_pin("KIT", -1), "KIT to minute -1"),
        (a_pin("KIT", 20_160), "KIT to minute 20,160"),
    ],
)
def test_a_pin_that_cannot_be_read(pin, where):
    found = left_out(a_problem(racks=(a_rack(pins=(pin,)),)))

    assert found == [
        ("R1", "bad_pin", "frozen", f"R1: the pin of {where} cannot be read.")
    ]


def test_a_pin_earlier_than_the_rack_alone_can_be():
    def found(*pins):
        return left_out(a_problem(racks=(a_rack(pins=pins),)))

    assert found(a_pin("FILL", 60)) == []
    assert found(a_pin("FILL", 59)) == [
        (
            "R1",
            "early_pin",
            "frozen",
            (
                "R1 FILL is pinned to Mon 00:59; even alone it cannot start before "
                "Mon 01:00."
            ),
        )
    ]
    # Two pins that overlap are a breach the plan inherits.
    assert found(a_pin("KIT", 0), a_pin("FILL", 59)) == []


def test_a_session_of_one_step_is_a_session():
    steps = (a_step("CUT"), a_bay_step("FILL", session=Session.BAY))

    assert errors(of_steps(*steps)) == []
