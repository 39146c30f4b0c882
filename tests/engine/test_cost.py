"""The price of a plan: exact, part by part, half cents up."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.cost import bill, cost, half_up, peak_import
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.profile import constant
from tests.builders.instances import a_random_problem
from tests.builders.problems import (
    a_bay_step,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_step,
    a_template,
    amount,
    prices,
)
from tests.builders.reference import reference_plan
from tests.builders.schedules import a_planned_step, a_schedule, left_out

FREE = prices(
    wip_per_day=0,
    move=0,
    move_fenced=0,
    broken_promise=0,
    demand_per_kw=0,
    energy_per_mwh=0,
)


def one_step(start=0, end=60, *, rack=None, **changes):
    problem = a_problem(
        templates=(a_template(steps=(a_step("CUT", 60),)),),
        racks=(rack or a_rack(due=None),),
        **{"prices": FREE} | changes,
    )
    return cost(problem, a_schedule(a_planned_step("CUT", start, end)))


@pytest.mark.parametrize(
    ("amount_", "divisor", "expected"),
    [(0, 7, 0), (1, 2, 1), (1, 3, 0), (3, 2, 2), (5, 10, 1), (4, 10, 0)],
)
def test_half_a_cent_goes_up(amount_, divisor, expected):
    assert half_up(amount_, divisor) == expected


def test_a_rack_on_time_costs_nothing_for_lateness():
    found = one_step(end=60, rack=a_rack(due=60))

    assert (found.late, found.late_racks, found.total) == (0, 0, 0)


def test_each_minute_late_costs_its_share_of_a_day():
    minute = one_step(end=61, rack=a_rack(due=60, late_cents_per_day=600_000))
    day = one_step(end=1_500, rack=a_rack(due=60, late_cents_per_day=600_000))

    # 600,000 / 1,440 = 416.67
    assert (minute.late, minute.late_racks) == (417, 1)
    assert day.late == 600_000


def test_lateness_is_rounded_once_for_all_racks():
    problem = a_problem(
        templates=(a_template(steps=(a_step("CUT", 60),)),),
        racks=tuple(
            a_rack(key, due=59, late_cents_per_day=480) for key in ("R1", "R2", "R3")
        ),
        prices=FREE,
    )
    steps = (a_planned_step("CUT", 0, 60, rack=key) for key in ("R1", "R2", "R3"))

    # A third of a cent each.
    assert cost(problem, a_schedule(*steps)).late == 1


def test_a_rack_without_a_due_date_is_never_late():
    found = one_step(start=9_000, end=9_060)

    assert (found.late, found.late_racks) == (0, 0)


def test_work_in_progress_runs_from_the_first_start_to_the_last_end():
    found = one_step(start=100, end=1_540, prices=replace(FREE, wip_per_day=93_000))

    assert found.wip == 93_000


def test_work_in_progress_runs_from_the_kit_that_has_begun():
    begun = a_rack(due=None, progress=a_progress(kit_started=-1_380))

    found = one_step(end=60, rack=begun, prices=replace(FREE, wip_per_day=93_000))

    assert found.wip == 93_000


@pytest.mark.parametrize(("end", "broken", "cents"), [(60, 0, 0), (61, 1, 2_000_000)])
def test_a_promise_breaks_the_minute_after(end, broken, cents):
    found = one_step(
        end=end,
        rack=a_rack(due=None, promise=60),
        prices=replace(FREE, broken_promise=2_000_000),
    )

    assert (found.broken_promises, found.broken) == (broken, cents)


PLAN = prices(move=5_000, move_fenced=500_000, fence=10_080, move_tolerance=15)


def moved_to(start, previous, *, bay="", previous_bay="", progress=None):
    rack = a_rack(
        due=None,
        previous=(("CUT", previous, previous_bay), ("GONE", 1, "")),
        progress=progress or a_progress(),
    )
    problem = a_problem(
        templates=(a_template(steps=(a_step("CUT", 60),)),),
        racks=(rack,),
        prices=PLAN,
        horizon=90_000,
    )
    step = a_planned_step("CUT", start, start + 60, bay=bay)
    found = cost(problem, a_schedule(step))
    return found.moved, found.moved_starts


@pytest.mark.parametrize(
    ("start", "previous", "expected"),
    [
        (115, 100, (0, 0)),
        (116, 100, (500_000, 1)),
        (85, 100, (0, 0)),
        (84, 100, (500_000, 1)),
        (0, 10_079, (500_000, 1)),
        (0, 10_080, (2_500, 1)),
        (0, 20_159, (2_500, 1)),
        (0, 20_160, (1_250, 1)),
        (0, 80_640, (19, 1)),
        (100, -100, (500_000, 1)),
    ],
)
def test_a_moved_start_costs_less_the_further_ahead_it_was(start, previous, expected):
    assert moved_to(start, previous) == expected


def test_another_bay_is_a_move_and_a_bay_unknown_before_is_not():
    assert moved_to(100, 100, bay="bay:2", previous_bay="bay:1") == (500_000, 1)
    assert moved_to(100, 100, bay="bay:1", previous_bay="bay:1") == (0, 0)
    assert moved_to(100, 100, bay="bay:1") == (0, 0)


def test_a_step_under_way_cannot_be_moved():
    progress = a_progress(running=a_running("CUT", -20, 60))

    assert moved_to(-20, 500, progress=progress) == (0, 0)


def test_an_unplannable_rack_is_late_to_the_horizon_and_breaks_its_promise():
    problem = a_problem(
        racks=(a_rack(due=0, promise=100),),
        prices=replace(FREE, broken_promise=7, wip_per_day=99),
        horizon=1_440,
    )

    found = cost(problem, a_schedule(unplannable=[left_out()]))

    assert (found.late, found.late_racks) == (600_000, 1)
    assert (found.broken, found.broken_promises) == (7, 1)
    assert (found.wip, found.total) == (0, 600_007)


def test_a_finished_rack_keeps_the_day_it_was_finished():
    rack = a_rack(due=-1_500, progress=a_progress(done=4, last_end=-60))

    assert cost(a_problem(racks=(rack,), prices=FREE), a_schedule()).late == 600_000
    never = replace(rack, progress=a_progress(done=4))
    assert cost(a_problem(racks=(never,), prices=FREE), a_schedule()).late == 625_000


# Power


def drawing(draw=100_000, start=0, end=60, *, site_permille=1_000, **changes):
    template = a_template(
        steps=(a_bay_step("FUNC", end - start, draw),), site_permille=site_permille
    )
    problem = a_problem(
        templates=(template,), racks=(a_rack(due=None),), **{"prices": FREE} | changes
    )
    step = a_planned_step("FUNC", start, end, bay="bay:1", draw=draw)
    return cost(problem, a_schedule(step))


def test_energy_is_import_over_time():
    # 100 kW for an hour at 8,000 cents a MWh, cooling 10.8 %.
    found = drawing(
        site_permille=1_108,
        prices=replace(FREE, energy_per_mwh=8_000),
        base_load=constant(500_000),
    )

    assert found.energy == 886


@pytest.mark.parametrize(
    ("start", "end", "peak"),
    [
        (0, 60, 100_000),
        (0, 15, 100_000),
        (0, 14, 93_334),
        (7, 22, 53_334),
        (8, 38, 100_000),
        (5, 10, 33_334),
        (0, 1, 6_667),
    ],
)
def test_the_peak_is_the_mean_of_a_clock_quarter(start, end, peak):
    assert drawing(start=start, end=end).peak_w == peak


def test_the_peak_includes_the_base_load_up_to_the_last_quarter():
    base = amount((0, 5_000), (30, 1_000), (60, 900_000))

    assert drawing(start=0, end=20, base_load=base).peak_w == 105_000
    assert drawing(start=30, end=60, base_load=base).peak_w == 101_000
    # A plan that ends at 61 sees the quarter from 60 to 75.
    assert drawing(start=31, end=61, base_load=base).peak_w == 906_667


def test_demand_is_charged_by_the_kilowatt_or_by_the_ratchet():
    tariff = replace(FREE, demand_per_kw=1_500)
    ratchet = replace(tariff, demand_floor=200_000)

    assert drawing(prices=tariff).demand == 150_000
    assert drawing(draw=100_001, prices=tariff).demand == 150_002
    assert drawing(prices=ratchet).demand == 300_000


def test_a_plan_without_steps_has_no_peak():
    problem = a_problem(racks=(), base_load=constant(5_000), prices=FREE)

    assert cost(problem, a_schedule()).peak_w == 0


def test_a_step_of_an_unknown_rack_imports_nothing():
    problem = a_problem(racks=(a_rack(template="X", due=None),), prices=FREE)
    step = a_planned_step("FUNC", 0, 60, bay="bay:1", draw=100_000)

    assert cost(problem, a_schedule(step)).peak_w == 0


def plain_peak(phases, base, *, averaging, begun, last):
    until = last + -(last + begun) % averaging
    minutes = [base.at(0)] * begun + [base.at(minute) for minute in range(until)]
    for start, end, watts in phases:
        for minute in range(start, end):
            minutes[begun + minute] += watts
    windows = range(0, begun + until, averaging)
    sums = [sum(minutes[at : at + averaging]) for at in windows]
    return -(-max(sums, default=0) // averaging)


@pytest.mark.parametrize("averaging", [1, 5, 15, 30, 60])
@pytest.mark.parametrize("seed", range(20))
def test_the_peak_agrees_with_a_sum_minute_by_minute(averaging, seed):
    random = Random(seed)
    last = random.randrange(1, 300)
    begun = random.randrange(averaging)
    phases = []
    for _ in range(random.randrange(0, 8)):
        start = random.randrange(0, last)
        phases.append(
            (start, random.randrange(start + 1, last + 1), random.randrange(1, 999))
        )
    base = amount((0, random.randrange(99)), (random.randrange(1, 99), 50))
    tariff = prices(averaging=averaging, averaging_begun=begun)

    found = peak_import(phases, base, tariff, last)

    assert found == plain_peak(
        phases, base, averaging=averaging, begun=begun, last=last
    )


def test_a_longer_window_bills_less_of_a_short_peak():
    # 100 kW for 20 minutes, of which 10 fall into the hour that has begun.
    def peak(averaging, begun=0):
        return peak_import(
            [(0, 20, 100_000)],
            constant(0),
            prices(averaging=averaging, averaging_begun=begun),
            20,
        )

    assert peak(15) == 100_000
    assert peak(60) == 33_334
    assert peak(60, begun=50) == 16_667


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"averaging": 0}, "averaging"),
        ({"averaging": 61}, "averaging"),
        ({"averaging": 15, "averaging_begun": 15}, "averaging_begun"),
        ({"averaging_begun": -1}, "averaging_begun"),
    ],
)
def test_windows_that_no_meter_has_are_refused(fields, message):
    with pytest.raises(InvalidProblemError, match=message):
        prices(**fields)


@pytest.mark.parametrize("seed", range(20))
def test_energy_by_the_hour_agrees_with_a_sum_minute_by_minute(seed):
    random = Random(seed)
    price = amount(
        *((60 * hour, random.randrange(30_000)) for hour in range(24)),
    )
    phases = []
    for _ in range(random.randrange(0, 8)):
        start = random.randrange(0, 2_000)
        phases.append(
            (start, start + random.randrange(1, 500), random.randrange(1, 999))
        )

    assert bill(phases, price) == sum(
        watts * price.at(minute)
        for start, end, watts in phases
        for minute in range(start, end)
    )


def test_a_step_in_a_dear_hour_costs_more():
    by_hour = replace(FREE, energy_steps=amount((0, 2_000), (60, 20_000)))

    cheap = drawing(draw=1_000_000, prices=by_hour, start=0, end=60)
    dear = drawing(draw=1_000_000, prices=by_hour, start=60, end=120)

    # One megawatt-hour.
    assert (cheap.energy, dear.energy) == (2_000, 20_000)


@pytest.mark.parametrize("seed", range(30))
def test_the_parts_of_a_cost_are_its_total_and_none_is_negative(seed):
    problem = a_random_problem(seed)

    found = cost(problem, reference_plan(problem))

    parts = (
        found.late,
        found.wip,
        found.moved,
        found.broken,
        found.demand,
        found.energy,
    )
    assert min(parts) >= 0
    assert found.total == sum(parts)
