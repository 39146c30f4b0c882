"""Prices on every limit: at no prices do they promise what a plan could beat."""

from itertools import accumulate, islice, permutations
from random import Random

import pytest

from scheduling.engine.bound import BoundKind, cost_floor, priced_floors, sentence
from scheduling.engine.bounds.priced.ticks import Ticks, tick_size
from scheduling.engine.check import breaches, made
from scheduling.engine.cost import WATT_MINUTES_PER_MWH, cost
from scheduling.engine.opening import OpenHours
from scheduling.engine.solve import solve
from tests.builders.instances import a_random_problem
from tests.builders.kernels import told_by_both
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_demo_like_problem,
    a_pin,
    a_problem,
    a_progress,
    a_rack,
    a_soak,
    a_template,
    amount,
    prices,
    soak_rule,
)
from tests.builders.reference import Reference, StuckError, reference_plan
from tests.engine.test_bound import (
    ONLY_LATE,
    a_tiny_problem,
    cheapest,
    hours_of_power,
)


def prices_hold(seeds, steps=60):
    """Hold bounds to the best of all plans; return how many problems had one."""
    count = 0
    for seed in seeds:
        problem = a_tiny_problem(seed)
        best = cheapest(problem)
        if best is None:
            continue
        count += 1
        for found in islice(priced_floors(problem), steps):
            assert found.cents <= best, seed
    return count


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_no_prices_lift_a_bound_above_the_best_of_all_plans(first):
    assert prices_hold(range(first, first + 10)) > 5


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, 1_000, 50))
def test_a_thousand_tiny_problems_keep_below_the_best_of_all_plans(first):
    assert prices_hold(range(first, first + 50)) > 40


@pytest.mark.parametrize("seed", range(24))
def test_no_prices_lift_a_bound_above_a_plan_of_a_generated_problem(seed):
    problem = a_random_problem(seed, racks=4)
    orders = list(permutations(rack.key for rack in problem.racks))
    for number, order in enumerate(orders[:4]):
        random = Random(number) if number % 2 else None
        try:
            plan = Reference(problem, order, random).plan()
        except (AssertionError, StuckError):
            continue
        if made(breaches(problem, plan)):
            continue

        left_out = {entry.rack for entry in plan.unplannable}
        for found in islice(priced_floors(problem, left_out), 25):
            assert found.cents <= cost(problem, plan).total


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_that_a_search_finds_undercuts_what_prices_promise(seed):
    problem = a_random_problem(seed, racks=8, begun=False)
    found = solve(problem, time_limit_s=60, max_moves=60)
    left_out = {entry.rack for entry in found.schedule.unplannable}

    floors = [one.cents for one in islice(priced_floors(problem, left_out), 60)]

    assert floors[-1] <= found.objective


def test_a_rack_later_than_is_looked_at_costs_no_less_than_that():
    """The bay is out of service for forty days; two weeks of being late are looked at.

    Whatever a bay costs until then, the rack would rather be late for two weeks.
    """
    day = 1_440
    problem = a_problem(
        horizon=60 * day,
        racks=(a_rack(due=0, late_cents_per_day=1_440),),
        bays=(a_bay(capacity=amount((0, 0), (40 * day, 1))),),
        calendars=(a_calendar(windows=((0, 60 * day),)),),
        prices=ONLY_LATE,
    )

    found = list(islice(priced_floors(problem), 200))[-1]

    assert 13 * day < found.cents < 15 * day


def test_prices_see_limits_together_that_none_of_them_shows_alone():
    problem = a_demo_like_problem(40, curtailed=True)
    plan = reference_plan(problem)

    floors = list(islice(priced_floors(problem), 150))

    cents = [found.cents for found in floors]
    assert cents == sorted(cents)
    assert cost_floor(problem).cents < cents[-1] <= cost(problem, plan).total
    assert floors[0].reason.kind is BoundKind.ALONE
    assert floors[-1].reason.kind is BoundKind.PRICES


def test_the_same_problem_has_the_same_prices():
    problem = a_demo_like_problem(30, curtailed=True)

    one, two = (list(islice(priced_floors(problem), 30)) for _ in range(2))

    assert one == two


def test_the_dearest_limit_is_named_with_its_window():
    problem = hours_of_power(
        6, racks=tuple(a_rack(f"R{n}", due=60) for n in range(6)), prices=ONLY_LATE
    )

    found = list(islice(priced_floors(problem), 100))[-1]

    assert found.reason.kind is BoundKind.PRICES
    assert found.reason.resource == "site:main"
    assert found.reason.start == 0
    assert sentence(problem, found.reason).startswith(
        f"All limits together allow no less; {found.reason.label} is short from "
    )


def test_two_at_a_time_are_late_as_prices_say():
    """Six racks of an hour, two at a time: late for 0, 60 and 120 minutes."""
    steps = (a_bay_step("FUNC", 60, 50_000),)
    problem = hours_of_power(
        6,
        templates=(a_template(steps=steps, site_permille=1_000),),
        racks=tuple(
            a_rack(f"R{n}", due=60, late_cents_per_day=1_440_000) for n in range(6)
        ),
        prices=ONLY_LATE,
    )
    least = 2 * (60 + 120) * 1_000

    found = list(islice(priced_floors(problem), 400))[-1]

    assert 0.9 * least < found.cents <= least


def test_what_is_pinned_or_done_costs_what_it_costs():
    pinned = a_rack("R1", due=10, pins=(a_pin("KIT", 30),))
    done = a_rack("R2", due=-10, progress=a_progress(done=4, last_end=0))
    problem = a_problem(racks=(pinned, done))

    assert list(priced_floors(problem)) == []


def test_a_rack_in_progress_pays_from_its_start():
    only_wip = prices(demand_per_kw=0, energy_per_mwh=0, wip_per_day=1_440)
    rack = a_rack(due=None, progress=a_progress(done=1, kit_started=-50, last_end=-10))
    problem = a_problem(racks=(rack,), prices=only_wip)

    found = next(iter(priced_floors(problem)))

    assert 345 <= found.cents <= 350


TICK, GRID, UNTIL = 24, 6, 24 * 12


def least_of_a_soak(cents, wip):
    """Return the least cents of FUNC for 48 minutes and two blocks of 24 or 30.

    Nothing is gained by what begins at no multiple of six minutes.

    Args:
        cents: Of a MWh, tick by tick.
        wip: Cents of a minute under way.
    """
    last = UNTIL // GRID
    sums = [0, *accumulate(GRID * cents[at * GRID // TICK] for at in range(last))]

    def paid(watts, start, end):
        energy = watts * (sums[end] - sums[start]) / WATT_MINUTES_PER_MWH
        return energy + wip * GRID * (end - start)

    done = [float("inf")] * (last + 1)
    for end in range(8, last + 1):
        done[end] = paid(60_000, end - 8, end)
    for standby in (0, 8_000):
        after = [float("inf")] * (last + 1)
        for ready in range(last + 1):
            for start in range(ready, last + 1):
                waited = done[ready] + paid(standby, ready, start)
                for watts, end in ((100_000, start + 4), (80_000, start + 5)):
                    if end <= last:
                        after[end] = min(after[end], waited + paid(watts, start, end))
        done = after
    return min(done)


@pytest.mark.parametrize("seed", range(12))
def test_work_that_outlasts_its_ticks_pays_for_nearly_all_its_minutes(seed):
    random = Random(seed)
    cents = [random.randrange(100_000, 1_000_000) for _ in range(UNTIL // TICK)]
    wip = random.choice((0, 1, 10))
    steps = (a_bay_step("FUNC", 48, 60_000), a_soak(48))
    problem = a_problem(
        horizon=UNTIL,
        templates=(a_template(steps=steps, site_permille=1_000),),
        racks=(a_rack(due=None),),
        soak=soak_rule(block=24, levels=((100, 24), (80, 30))),
        prices=prices(
            demand_per_kw=0,
            wip_per_day=wip * 1_440,
            energy_steps=amount(*((at * TICK, one) for at, one in enumerate(cents))),
        ),
    )

    found = next(iter(priced_floors(problem)))

    least = least_of_a_soak(cents, wip)
    assert 0.9 * least < found.cents <= least


@pytest.mark.parametrize(
    ("through", "ends"),
    [(True, [2, 3, -1, -1, 6, -1, -1]), (False, [2, 3, 5, 6, 6, -1, -1])],
)
def test_a_table_says_where_two_ticks_of_work_end(through, ends):
    """Ticks of 10 minutes; those count as open that are so for a part."""
    ticks = Ticks(60, 10)
    hours = OpenHours(((0, 25), (45, 60)))

    row = ticks.table(hours, 25, through=through)

    assert ticks.ends[row].tolist() == ends


def test_ticks_are_as_wide_as_durations_allow():
    assert tick_size([(240, 5), (288, 1)], 1) == 24
    assert tick_size([(240, 5), (1, 1)], 1) == 60
    assert tick_size([(7, 1)], 2) == 6
    assert tick_size([(7, 1)], 1) == 1


PLAIN = """
import json
from itertools import islice
from scheduling.engine.bound import priced_floors
from scheduling.engine.kernels.compile import is_compiled
from tests.engine.test_bound import a_tiny_problem
found = [
    [one.cents for one in islice(priced_floors(a_tiny_problem(seed)), 4)]
    for seed in range(3)
]
print(json.dumps([is_compiled(), found]))
"""


def test_compiled_and_plain_kernels_find_the_same_bounds():
    compiled, plain = told_by_both(PLAIN)

    for ours, theirs in zip(compiled, plain, strict=True):
        assert ours == pytest.approx(theirs, abs=1)
