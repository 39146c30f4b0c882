"""The referee on the steps of one rack: routing, order, window, facts, hours, soak."""

from dataclasses import replace

import pytest

from scheduling.engine.check import BreachKind, Rule, breaches, made
from scheduling.engine.problem import PowerClass
from tests.builders.problems import (
    HORIZON,
    a_bay_step,
    a_calendar,
    a_crew,
    a_manual_step,
    a_pin,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_soak,
    a_step,
    a_template,
    soak_rule,
)
from tests.builders.reference import reference_plan
from tests.builders.schedules import (
    a_phase,
    a_planned_step,
    a_schedule,
    left_out,
    moved,
    with_steps,
)

MADE, INHERITED = BreachKind.MADE, BreachKind.INHERITED


def rules(problem, schedule):
    return [(breach.rule, breach.kind) for breach in breaches(problem, schedule)]


def a_two_step_problem(**changes):
    steps = (a_step("CUT", 60), a_step("LEAK", 30))
    return a_problem(templates=(a_template(steps=steps),), bays=(), **changes)


def two_steps(first=0, second=60):
    return a_schedule(
        a_planned_step("CUT", first, first + 60),
        a_planned_step("LEAK", second, second + 30),
    )


# Routing


def test_a_whole_rack_planned_in_order_keeps_every_rule():
    problem = a_problem()

    schedule = reference_plan(problem)

    assert breaches(problem, schedule) == ()


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (a_schedule(), "R1 is neither planned nor listed as unplannable."),
        (
            a_schedule(a_planned_step("CUT", 0, 60)),
            "R1 LEAK is planned 0 times, 1 needed.",
        ),
        (
            a_schedule(*two_steps().steps, a_planned_step("LEAK", 200, 230)),
            "R1 LEAK is planned 2 times, 1 needed.",
        ),
        (
            a_schedule(*two_steps().steps, unplannable=[left_out()]),
            "R1 is listed as unplannable and planned as well.",
        ),
        (
            a_schedule(*reversed(two_steps(60, 0).steps)),
            "R1: its steps do not stand in the routing's order.",
        ),
        (
            replace(two_steps(), unplannable=(left_out("R2"),)),
            "R2 is not a rack of this problem.",
        ),
        (
            a_schedule(unplannable=[left_out(), left_out()]),
            "R1 is listed as unplannable twice.",
        ),
        (
            a_schedule(*two_steps().steps, a_planned_step("CUT", 0, 60, rack="R9")),
            "R9 is not a rack of this problem.",
        ),
        (
            a_schedule(*two_steps().steps, a_planned_step("POLISH", 90, 99)),
            "R1 POLISH is planned 1 times, 0 needed.",
        ),
    ],
)
def test_a_rack_half_planned_or_planned_twice_is_named(schedule, sentence):
    found = breaches(a_two_step_problem(), schedule)

    assert [b.sentence for b in found if b.rule is Rule.ROUTING] == [sentence]
    assert made(found) == found


def test_a_rack_listed_as_unplannable_is_no_breach():
    schedule = a_schedule(unplannable=[left_out()])

    assert breaches(a_two_step_problem(), schedule) == ()


def test_a_finished_step_that_is_planned_again_is_named():
    rack = a_rack(progress=a_progress(done=1, last_end=0))
    problem = a_two_step_problem(racks=(rack,))

    assert breaches(problem, a_schedule(a_planned_step("LEAK", 0, 30))) == ()
    assert rules(problem, two_steps()) == [(Rule.ROUTING, MADE)]


def test_a_rack_with_nothing_left_to_do_needs_no_step():
    rack = a_rack(progress=a_progress(done=2, last_end=0))

    assert breaches(a_two_step_problem(racks=(rack,)), a_schedule()) == ()


def test_a_rack_of_an_unknown_model_must_be_left_out():
    problem = a_two_step_problem(racks=(a_rack(template="X"),))

    assert breaches(problem, a_schedule(unplannable=[left_out()])) == ()
    for schedule in (
        a_schedule(),
        two_steps(),
        replace(two_steps(), unplannable=(left_out(),)),
    ):
        assert [b.sentence for b in breaches(problem, schedule)] == [
            "R1: its model X is unknown."
        ]


# Order and window


def test_a_step_may_start_the_minute_its_predecessor_ends():
    assert breaches(a_two_step_problem(), two_steps(0, 60)) == ()


def test_a_step_that_starts_a_minute_before_its_predecessor_ends_is_a_breach():
    found = breaches(a_two_step_problem(), two_steps(0, 59))

    assert [(b.rule, b.kind, b.amount, b.unit) for b in found] == [
        (Rule.ORDER, MADE, 1, "min")
    ]
    assert found[0].sentence == "R1 LEAK starts Mon 00:59, 1 min before CUT ends."


@pytest.mark.parametrize(("release", "expected"), [(10, []), (11, [(11, 1)])])
def test_the_first_step_waits_for_the_release(release, expected):
    problem = a_two_step_problem(racks=(a_rack(release=release),))

    found = breaches(problem, two_steps(10, 80))

    assert [(release, b.amount) for b in found if b.rule is Rule.WINDOW] == expected


def test_only_the_first_step_of_the_routing_waits_for_the_release():
    rack = a_rack(release=500, progress=a_progress(done=1, last_end=0))
    problem = a_two_step_problem(racks=(rack,))

    assert breaches(problem, a_schedule(a_planned_step("LEAK", 0, 30))) == ()


def test_a_step_before_minute_0_is_a_breach():
    schedule = a_schedule(a_planned_step("CUT", -1, 59), a_planned_step("LEAK", 60, 90))

    assert (Rule.WINDOW, MADE) in rules(a_two_step_problem(), schedule)


@pytest.mark.parametrize(("horizon", "late"), [(90, []), (89, [1])])
def test_the_last_step_ends_by_the_horizon(horizon, late):
    problem = a_two_step_problem(horizon=horizon)

    found = breaches(problem, two_steps())

    assert [b.amount for b in found if b.rule is Rule.WINDOW] == late


def test_a_pin_before_the_release_is_inherited():
    rack = a_rack(release=11, pins=(a_pin("CUT", 10),))
    problem = a_two_step_problem(racks=(rack,))

    assert rules(problem, two_steps(10, 80)) == [(Rule.WINDOW, INHERITED)]


def test_two_pins_that_overlap_are_inherited_and_one_alone_is_made():
    both = a_rack(pins=(a_pin("CUT", 0), a_pin("LEAK", 50)))
    one = a_rack(pins=(a_pin("LEAK", 50),))

    assert rules(a_two_step_problem(racks=(both,)), two_steps(0, 50)) == [
        (Rule.ORDER, INHERITED)
    ]
    assert rules(a_two_step_problem(racks=(one,)), two_steps(0, 50)) == [
        (Rule.ORDER, MADE)
    ]


def test_a_pin_inside_a_running_soak_is_inherited_only_if_soak_cannot_be_faster():
    steps = (a_soak(240), a_bay_step("POST", 30))

    def found(pin):
        rack = a_rack(
            progress=a_progress(
                running=a_running("SOAK", 0, 240), bay="bay:1", kit_started=0
            ),
            pins=(a_pin("POST", pin),),
        )
        problem = a_problem(templates=(a_template(steps=steps),), racks=(rack,))
        slow = a_phase(0, 400, 60_000, "derated", 60)
        schedule = a_schedule(
            a_planned_step("SOAK", 0, 400, bay="bay:1", phases=[slow]),
            a_planned_step("POST", pin, pin + 30, bay="bay:1", draw=50_000),
        )
        return [b.kind for b in breaches(problem, schedule) if b.rule is Rule.ORDER]

    assert found(239) == [INHERITED]
    assert found(240) == [MADE]


# Facts and pins


def a_running_problem(**running):
    rack = a_rack(
        progress=a_progress(running=a_running("CUT", **running), kit_started=-10)
    )
    return a_two_step_problem(racks=(rack,))


def test_a_running_step_goes_on_from_minute_0_for_what_remains():
    problem = a_running_problem(started=-10, remaining=50)
    schedule = a_schedule(
        a_planned_step("CUT", -10, 50), a_planned_step("LEAK", 50, 80)
    )

    assert breaches(problem, schedule) == ()


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [(-9, 50, Rule.FACT), (-10, 51, Rule.PHASES), (-10, 49, Rule.PHASES)],
)
def test_a_running_step_cannot_be_moved_stretched_or_cut(start, end, rule):
    problem = a_running_problem(started=-10, remaining=50)
    schedule = a_schedule(
        a_planned_step("CUT", start, end), a_planned_step("LEAK", 60, 90)
    )

    found = breaches(problem, schedule)

    assert [(b.rule, b.amount) for b in found] == [(rule, 1)]


def test_a_pinned_step_keeps_its_minute():
    problem = a_two_step_problem(racks=(a_rack(pins=(a_pin("LEAK", 70),)),))

    assert breaches(problem, two_steps(0, 70)) == ()
    assert rules(problem, two_steps(0, 71)) == [(Rule.PIN, MADE)]


def test_a_pin_on_a_running_step_says_nothing():
    rack = a_rack(
        progress=a_progress(running=a_running("CUT", -10, 50)),
        pins=(a_pin("CUT", 5),),
    )
    schedule = a_schedule(
        a_planned_step("CUT", -10, 50), a_planned_step("LEAK", 50, 80)
    )

    assert breaches(a_two_step_problem(racks=(rack,)), schedule) == ()


# Hours


def a_shift_problem(step, windows, **changes):
    return a_problem(
        templates=(a_template(steps=(step,)),),
        bays=(),
        with_resources=(
            a_crew("crew:hands", calendar="calendar:shift"),
            a_crew("crew:test", calendar="calendar:shift"),
        ),
        calendars=(a_calendar("calendar:shift", windows),),
        **changes,
    )


SHIFTS = ((0, 100), (200, 300), (400, 500))


def test_a_manual_step_pauses_at_closing_and_goes_on_at_opening():
    problem = a_shift_problem(a_manual_step("KIT", 60), SHIFTS)
    phases = [a_phase(60, 100), a_phase(100, 200, 0, "closed"), a_phase(200, 220)]

    schedule = a_schedule(a_planned_step("KIT", 60, 220, phases=phases))

    assert breaches(problem, schedule) == ()


@pytest.mark.parametrize(
    "phases",
    [
        [a_phase(60, 120)],
        [a_phase(60, 100), a_phase(100, 210, 0, "closed"), a_phase(210, 230)],
        [a_phase(60, 90), a_phase(90, 200, 0, "closed"), a_phase(200, 230)],
        [a_phase(100, 200, 0, "closed"), a_phase(200, 260)],
        [a_phase(240, 300), a_phase(300, 301, 0, "closed")],
    ],
    ids=["works-closed", "idles-open", "stops-early", "starts-closed", "ends-closed"],
)
def test_a_manual_step_that_does_not_follow_the_hours_is_a_breach(phases):
    problem = a_shift_problem(a_manual_step("KIT", 60), SHIFTS)
    schedule = a_schedule(
        a_planned_step("KIT", phases[0].start, phases[-1].end, phases=phases)
    )

    assert rules(problem, schedule) == [(Rule.CALENDAR, MADE)]


@pytest.mark.parametrize(("end", "off"), [(219, 1), (221, 1)])
def test_a_manual_step_works_exactly_its_minutes(end, off):
    problem = a_shift_problem(a_manual_step("KIT", 60), SHIFTS)
    phases = [a_phase(60, 100), a_phase(100, 200, 0, "closed"), a_phase(200, end)]

    found = breaches(problem, a_schedule(a_planned_step("KIT", 60, end, phases=phases)))

    assert [(b.rule, b.amount) for b in found] == [(Rule.PHASES, off)]


@pytest.mark.parametrize(
    "phase",
    [a_phase(0, 60, 5), a_phase(0, 60, 0, "derated"), a_phase(0, 60, 0, "resume")],
)
def test_a_manual_step_only_works_or_waits(phase):
    problem = a_shift_problem(a_manual_step("KIT", 60), SHIFTS)

    found = rules(problem, a_schedule(a_planned_step("KIT", 0, 60, phases=[phase])))

    assert (Rule.PHASES, MADE) in found


def test_a_running_manual_step_may_find_its_crew_closed():
    rack = a_rack(progress=a_progress(running=a_running("KIT", -30, 20)))
    problem = a_shift_problem(a_manual_step("KIT", 60), ((100, 200),), racks=(rack,))
    phases = [a_phase(0, 100, 0, "closed"), a_phase(100, 120)]

    schedule = a_schedule(a_planned_step("KIT", -30, 120, phases=phases))

    assert breaches(problem, schedule) == ()


def test_a_pin_on_a_closed_minute_is_inherited():
    rack = a_rack(pins=(a_pin("KIT", 150),))
    problem = a_shift_problem(a_manual_step("KIT", 60), SHIFTS, racks=(rack,))
    phases = [a_phase(150, 200, 0, "closed"), a_phase(200, 260)]

    schedule = a_schedule(a_planned_step("KIT", 150, 260, phases=phases))

    assert rules(problem, schedule) == [(Rule.CALENDAR, INHERITED)]


@pytest.mark.parametrize(
    ("start", "expected"), [(40, []), (41, [(Rule.CALENDAR, MADE)])]
)
def test_a_step_that_runs_through_fits_one_open_window(start, expected):
    problem = a_shift_problem(a_step("LEAK", 60), SHIFTS)

    found = rules(problem, a_schedule(a_planned_step("LEAK", start, start + 60)))

    assert found == expected


def test_a_step_that_runs_through_cannot_pause():
    problem = a_shift_problem(a_step("LEAK", 60), ((0, 500),))
    phases = [a_phase(0, 30), a_phase(30, 40, 0, "closed"), a_phase(40, 70)]

    found = rules(problem, a_schedule(a_planned_step("LEAK", 0, 70, phases=phases)))

    assert found == [(Rule.PHASES, MADE)]


def test_phases_cut_into_equal_neighbours_mean_the_same():
    problem = a_shift_problem(a_step("LEAK", 60), ((0, 500),))
    phases = [a_phase(0, 30), a_phase(30, 60)]

    schedule = a_schedule(a_planned_step("LEAK", 0, 60, phases=phases))

    assert breaches(problem, schedule) == ()


@pytest.mark.parametrize(
    "phases",
    [
        [a_phase(1, 60)],
        [a_phase(0, 59)],
        [a_phase(0, 30), a_phase(31, 60)],
        [a_phase(0, 60), a_phase(60, 60)],
    ],
    ids=["late", "short", "gap", "empty"],
)
def test_phases_that_leave_a_gap_are_a_breach(phases):
    problem = a_shift_problem(a_step("LEAK", 60), ((0, 500),))

    found = rules(problem, a_schedule(a_planned_step("LEAK", 0, 60, phases=phases)))

    assert found == [(Rule.PHASES, MADE)]


def test_a_step_without_phases_is_a_breach():
    problem = a_shift_problem(a_step("LEAK", 60), ((0, 500),))
    step = replace(a_planned_step("LEAK", 0, 60), phases=())

    assert rules(problem, a_schedule(step)) == [(Rule.PHASES, MADE)]


def test_a_crew_without_a_calendar_never_works():
    for crew in ("crew:hands", "crew:nobody"):
        problem = a_shift_problem(a_step("LEAK", 60, crew=crew), ((0, 500),))
        shifts = replace(problem, calendars=())

        found = rules(shifts, a_schedule(a_planned_step("LEAK", 0, 60)))

        assert (Rule.CALENDAR, MADE) in found


# Soak


def soak_problem(work=240, **changes):
    template = a_template(steps=(a_soak(work, 100_001),))
    return a_problem(templates=(template,), **changes)


def soaked(*phases, start=None):
    return a_schedule(
        a_planned_step(
            "SOAK",
            phases[0].start if start is None else start,
            phases[-1].end,
            bay="bay:1",
            phases=phases,
        )
    )


FULL, AT_80, AT_60, PAUSED = 100_001, 80_001, 60_001, 8_001


@pytest.mark.parametrize(
    "phases",
    [
        [a_phase(0, 240, FULL)],
        [a_phase(0, 120, FULL), a_phase(120, 240, FULL)],
        [a_phase(0, 120, FULL), a_phase(120, 270, AT_80, "derated", 80)],
        [a_phase(0, 400, AT_60, "derated", 60)],
        [a_phase(0, 200, AT_60, "derated", 60), a_phase(200, 320, FULL)],
        [
            a_phase(0, 120, FULL),
            a_phase(120, 121, PAUSED, "standby", 8),
            a_phase(121, 151, AT_80, "resume", 80),
            a_phase(151, 301, AT_80, "derated", 80),
        ],
    ],
    ids=["full", "cut", "then-80", "60", "60-then-full", "pause"],
)
def test_soak_in_whole_blocks_at_known_levels_is_kept(phases):
    assert breaches(soak_problem(), soaked(*phases)) == ()


def pause(*, before=120, standby=(120, 180), resume=(180, 210), draw=FULL, percent=100):
    return [
        a_phase(0, before, FULL),
        a_phase(*standby, PAUSED, "standby", 8),
        a_phase(*resume, draw, "resume", percent),
        a_phase(resume[1], resume[1] + 120, FULL),
    ]


@pytest.mark.parametrize(
    "phases",
    [
        [a_phase(0, 239, FULL)],
        [a_phase(0, 241, FULL)],
        [a_phase(0, 119, FULL), a_phase(119, 269, AT_80, "derated", 80)],
        [a_phase(0, 240, FULL), a_phase(240, 390, AT_80, "derated", 80)],
        [a_phase(0, 360, FULL), a_phase(360, 510, AT_80, "derated", 80)],
        [a_phase(0, 399, AT_60, "derated", 60)],
        [a_phase(0, 343, 70_001, "derated", 70)],
        [a_phase(0, 240, FULL - 1)],
        [a_phase(0, 240, FULL, "derated", 100)],
        [a_phase(0, 300, AT_80, "work", 80)],
        [a_phase(0, 240, FULL, "closed")],
        pause(before=110, standby=(110, 180)),
        pause(resume=(180, 209)),
        pause(resume=(180, 211)),
        pause(draw=AT_80, percent=80),
        [
            a_phase(0, 120, FULL),
            a_phase(120, 180, PAUSED, "standby", 8),
            a_phase(180, 300, FULL),
        ],
        [a_phase(0, 240, FULL), a_phase(240, 250, PAUSED, "standby", 8)],
        [
            a_phase(0, 10, PAUSED, "standby", 8),
            a_phase(10, 40, FULL, "resume"),
            a_phase(40, 280, FULL),
        ],
        [a_phase(0, 30, FULL, "resume"), a_phase(30, 270, FULL)],
        [
            a_phase(0, 120, FULL),
            a_phase(120, 180, PAUSED + 1, "standby", 8),
            a_phase(180, 210, FULL, "resume"),
            a_phase(210, 330, FULL),
        ],
        [a_phase(0, 240, PAUSED, "standby", 8)],
        [
            a_phase(0, 240, FULL),
            a_phase(240, 250, PAUSED, "standby", 8),
            a_phase(250, 280, FULL, "resume"),
        ],
    ],
)
def test_soak_that_breaks_its_blocks_is_a_breach(phases):
    found = rules(soak_problem(), soaked(*phases))

    assert found
    assert set(found) == {(Rule.SOAK, MADE)}


def test_soak_pauses_are_kept_at_block_ends():
    assert breaches(soak_problem(), soaked(*pause())) == ()


def test_a_shorter_last_block_takes_its_share_rounded_up():
    problem = soak_problem(work=121)

    def found(end):
        return rules(problem, soaked(a_phase(0, end, AT_80, "derated", 80)))

    assert found(150 + 2) == []
    assert found(150 + 1) == [(Rule.SOAK, MADE)]


def test_soak_without_a_resumption_goes_straight_on():
    problem = soak_problem(soak=soak_rule(resume=0))
    phases = [
        a_phase(0, 120, FULL),
        a_phase(120, 180, PAUSED, "standby", 8),
        a_phase(180, 300, FULL),
    ]

    assert breaches(problem, soaked(*phases)) == ()


def test_a_running_soak_counts_its_blocks_from_minute_0():
    rack = a_rack(progress=a_progress(running=a_running("SOAK", -70, 170), bay="bay:1"))
    problem = soak_problem(racks=(rack,))

    kept = soaked(
        a_phase(0, 120, FULL), a_phase(120, 183, AT_80, "derated", 80), start=-70
    )
    broken = soaked(
        a_phase(0, 50, FULL), a_phase(50, 200, AT_80, "derated", 80), start=-70
    )

    assert breaches(problem, kept) == ()
    assert rules(problem, broken) == [(Rule.SOAK, MADE)]


def with_test_hours(problem, *windows):
    return replace(problem, calendars=(a_calendar(windows=windows),))


def test_soak_needs_people_at_work_and_none_on_standby():
    problem = with_test_hours(soak_problem(), (0, 120), (180, 400))

    assert breaches(problem, soaked(*pause())) == ()
    assert rules(problem, soaked(a_phase(0, 240, FULL))) == [(Rule.CALENDAR, MADE)]


def test_a_running_soak_has_no_say_in_its_first_block():
    rack = a_rack(progress=a_progress(running=a_running("SOAK", -70, 240), bay="bay:1"))
    first = with_test_hours(soak_problem(racks=(rack,)), (120, 400))
    second = with_test_hours(soak_problem(racks=(rack,)), (0, 120))
    schedule = soaked(a_phase(0, 240, FULL), start=-70)

    assert rules(first, schedule) == [(Rule.CALENDAR, INHERITED)]
    assert rules(second, schedule) == [(Rule.CALENDAR, MADE)]


# Shape of a breach


def test_breaches_come_in_order_of_time():
    problem = a_problem(racks=(a_rack("R1"), a_rack("R2", release=50)))
    schedule = with_steps(
        reference_plan(problem), lambda step: moved(step, -10 if step.start else 0)
    )

    found = breaches(problem, schedule)

    assert len(found) > 1
    assert [b.start for b in found] == sorted(b.start for b in found)


def test_the_same_schedule_is_judged_the_same_twice():
    problem = a_problem(horizon=HORIZON)
    schedule = with_steps(reference_plan(problem), lambda step: moved(step, 3_000))

    assert breaches(problem, schedule) == breaches(problem, schedule)


def test_a_step_that_runs_through_in_a_bay_draws_its_full_power():
    step = a_bay_step("FUNC", 60, 50_000, power_class=PowerClass.INTERRUPTIBLE)
    problem = a_problem(templates=(a_template(steps=(step,)),))

    def found(draw):
        schedule = a_schedule(a_planned_step("FUNC", 0, 60, bay="bay:1", draw=draw))
        return rules(problem, schedule)

    assert found(50_000) == []
    assert found(49_999) == [(Rule.PHASES, MADE)]
