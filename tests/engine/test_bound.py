"""Bounds: exact where they are simple, and never above what any plan reaches."""

from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest

from scheduling.engine.bound import (
    BoundKind,
    Reason,
    ceilings,
    cost_floor,
    earliest,
    site,
)
from scheduling.engine.bounds.machines import Job, Machine, Supply
from scheduling.engine.bounds.span import MANUAL, Spans
from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.lookup import look_up
from scheduling.engine.solve import solve
from tests.builders.instances import a_random_problem
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_demo_like_problem,
    a_lag,
    a_manual_step,
    a_material,
    a_pin,
    a_place,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    a_soak,
    a_step,
    a_supply,
    a_template,
    amount,
    prices,
    soak_rule,
)
from tests.builders.reference import Reference, StuckError, reference_plan
from tests.builders.schedules import a_peg, a_planned_step, a_schedule

# One rack


def of(problem, rack="R1"):
    return earliest(problem)[rack]


def test_physics_is_lags_of_physics_and_pure_work():
    template = a_template(
        steps=(a_manual_step("KIT", 60), a_soak(240, allowance=48)),
        lags_before=(a_lag("L10", 500), a_lag("ANSWER", 900, is_physics=False)),
        lags_after=(a_lag("AIR", 70), a_lag("TRUCK", 30, is_physics=False)),
    )
    rack = a_rack(received=-100, release=1_300)

    found = of(a_problem(templates=(template,), racks=(rack,)))

    assert found.physics_ship == 400 + 300
    assert found.physics_min == 500 + 300 + 70
    assert found.material_ship == 1_300 + 60 + 288


def test_physics_of_an_old_order_starts_now():
    template = a_template(lags_before=(a_lag("L10", 500),))
    rack = a_rack(received=-9_000, release=-8_500)

    found = of(a_problem(templates=(template,), racks=(rack,)))

    assert found.physics_ship == 60 + 30 + 240 + 30


def test_physics_of_a_begun_rack_is_what_remains_without_allowance():
    step = a_step("CUT", 100, allowance=50)
    rack = a_rack(progress=a_progress(running=a_running("CUT", -60, 75)))
    problem = a_problem(
        templates=(a_template(steps=(step, a_step("LEAK", 30))),), racks=(rack,)
    )

    found = of(problem)

    # 75 of 150 minutes remain, two thirds of them work.
    assert found.physics_ship == 50 + 30
    assert found.material_ship == 75 + 30


def test_a_finished_rack_ships_when_it_was_finished():
    rack = a_rack(progress=a_progress(done=4, last_end=-7))
    never = a_rack("R2", progress=a_progress(done=4))

    found = earliest(a_problem(racks=(rack, never)))

    assert (found["R1"].physics_ship, found["R1"].material_ship) == (-7, -7)
    assert (found["R2"].physics_ship, found["R2"].material_ship) == (0, 0)


def test_material_of_each_step_counts_what_earlier_steps_took():
    template = a_template(
        steps=(a_step("CUT", 10), a_step("LEAK", 10)),
        materials=(a_material(quantity=2, step="CUT"), a_material(step="LEAK")),
    )
    supplies = (
        a_supply("lot:0", quantity=1),
        a_supply("lot:1", quantity=1, available=100),
        a_supply("lot:2", quantity=1, available=500),
    )

    def shipped(**changes):
        rack = a_rack(**changes)
        return of(
            a_problem(templates=(template,), racks=(rack,), supplies=supplies)
        ).material_ship

    assert shipped() == 510
    assert shipped(materials_reserved=(("part:x", 1),)) == 110
    assert shipped(materials_reserved=(("part:x", 3),)) == 20
    assert of(a_problem(templates=(template,))).material_ship is None


def test_hours_hold_a_rack_that_is_alone():
    template = a_template(
        steps=(a_manual_step("KIT", 60), a_step("LEAK", 50), a_soak(240))
    )
    problem = a_problem(
        templates=(template,),
        calendars=(
            a_calendar("calendar:shift", ((100, 130), (200, 300))),
            a_calendar("calendar:lab", ((0, 270), (400, 500), (1_000, 1_300))),
        ),
        with_resources=(
            a_crew("crew:hands", calendar="calendar:shift"),
            a_crew("crew:test", calendar="calendar:lab"),
        ),
    )

    # KIT 100 to 230, LEAK 400 to 450, soak 50 minutes, then 190 from 1,000.
    assert of(problem).material_ship == 1_190


def test_a_rack_nobody_ever_works_on_never_ships():
    for step in (a_manual_step("KIT", 60), a_step("LEAK", 50), a_soak(60)):
        problem = a_problem(
            templates=(a_template(steps=(step,)),),
            calendars=(a_calendar(windows=((0, 40),)),),
        )
        assert of(problem).material_ship is None


def test_a_rack_beyond_the_horizon_never_ships():
    assert of(a_problem(horizon=360)).material_ship == 360
    assert of(a_problem(horizon=359)).material_ship is None


def test_a_pin_holds_a_rack_and_a_closed_pin_is_taken_as_it_is():
    step = a_step("LEAK", 50)
    rack = a_rack(pins=(a_pin("LEAK", 80),))
    problem = a_problem(
        templates=(a_template(steps=(step,)),),
        racks=(rack,),
        calendars=(a_calendar(windows=((0, 40), (100, 300))),),
    )

    assert of(problem).material_ship == 130


def test_a_pinned_manual_step_waits_for_its_people():
    rack = a_rack(pins=(a_pin("KIT", 80),))
    problem = a_problem(
        templates=(a_template(steps=(a_manual_step("KIT", 50),)),),
        racks=(rack,),
        calendars=(a_calendar(windows=((0, 40), (100, 300))),),
    )

    assert of(problem).material_ship == 150


def test_a_running_soak_goes_on_whoever_is_there():
    rack = a_rack(progress=a_progress(running=a_running("SOAK", -1, 130), bay="bay:1"))
    problem = a_problem(
        templates=(a_template(steps=(a_soak(),)),),
        racks=(rack,),
        calendars=(a_calendar(windows=((500, 900),)),),
    )

    assert of(problem).material_ship == 130


def test_racks_of_unknown_models_have_no_earliest():
    assert earliest(a_problem(racks=(a_rack(template="X"),))) == {}


# The site


def hours_of_power(count, **changes):
    """Return racks of one hour at 50 kW on a site of 100 kW, and half an hour more."""
    steps = (a_bay_step("FUNC", 60, 50_000), a_step("PACK", 30))
    values = {
        "templates": (a_template(steps=steps, site_permille=1_000),),
        "racks": tuple(a_rack(f"R{index}") for index in range(count)),
        "bays": tuple(a_bay(f"bay:{index}") for index in range(4)),
        "with_resources": (a_site(capacity=100_000),),
    }
    return a_problem(**values | changes)


def test_energy_bounds_the_makespan():
    found = site(hours_of_power(6))

    assert found.makespan == 210
    assert found.by_limit["site:main"] == 210
    assert found.by_limit["bays"] == 120
    assert found.reason == Reason(
        kind=BoundKind.LIMIT,
        resource="site:main",
        label=found.reason.label,
        start=0,
        end=210,
    )


def test_a_night_without_power_moves_the_bound():
    power = a_site(capacity=amount((0, 100_000), (60, 0), (600, 100_000)))

    assert site(hours_of_power(6, with_resources=(power,))).makespan == 750


def test_bays_bound_the_makespan():
    one_bay = (a_bay("bay:1"), a_bay("bay:2", models=("X",)))

    found = site(hours_of_power(6, bays=one_bay))

    assert (found.makespan, found.reason.resource) == (390, "bays")


def test_the_longest_rack_bounds_the_makespan():
    late = a_rack("R9", release=5_000)

    found = site(hours_of_power(2, racks=(a_rack("R1"), late)))

    assert found.makespan == 5_090
    assert found.reason == Reason(kind=BoundKind.ALONE, end=5_090)


def test_what_is_released_late_fills_a_window_of_its_own():
    """Four racks of an hour at 50 kW from minute 1,000 on, and one before."""
    racks = (a_rack("R0"), *(a_rack(f"R{n}", release=1_000) for n in range(1, 5)))

    found = site(hours_of_power(5, racks=racks))

    assert found.makespan == 1_000 + 120 + 30
    assert (found.reason.resource, found.reason.start) == ("site:main", 1_000)


def test_racks_with_more_to_do_afterwards_bound_by_themselves():
    short = a_template("M", (a_bay_step("FUNC", 60, 50_000), a_step("PACK", 1)))
    long = a_template("N", (a_bay_step("FUNC", 60, 50_000), a_step("PACK", 300)))
    problem = hours_of_power(
        6,
        templates=tuple(replace(one, site_permille=1_000) for one in (short, long)),
        racks=tuple(a_rack(f"R{n}", template="MN"[n < 4]) for n in range(6)),
        bays=tuple(a_bay(f"bay:{n}", models=("M", "N")) for n in range(4)),
    )

    # Four long ones take two hours of power, then 300 minutes.
    assert site(problem).by_limit["site:main"] == 120 + 300


def test_more_work_than_the_horizon_gives_the_horizon():
    assert site(hours_of_power(6, horizon=100)).by_limit["site:main"] == 100


def test_racks_left_out_do_not_count():
    found = site(hours_of_power(6), left_out={"R0", "R1"})

    assert found.makespan == 150


def test_a_site_without_racks_is_done_at_once():
    found = site(a_problem(racks=()))

    assert found.makespan == 0
    assert found.reason == Reason(kind=BoundKind.ALONE)


def test_bays_of_two_sites_give_no_energy_bound():
    bays = (a_bay("bay:1"), a_bay("bay:2", site="site:other"))
    problem = hours_of_power(
        6, bays=bays, with_resources=(a_site(capacity=1), a_site("site:other"))
    )

    assert "site:main" not in site(problem).by_limit


def test_parts_that_are_still_to_come_bound_the_makespan():
    template = a_template(
        steps=(a_step("CUT", 10), a_step("LEAK", 20)),
        materials=(a_material(quantity=2, step="LEAK"),),
    )
    problem = a_problem(
        templates=(template,),
        racks=tuple(a_rack(f"R{n}") for n in range(3)),
        supplies=(
            a_supply("lot:0", quantity=2),
            a_supply("lot:1", quantity=1, available=300),
            a_supply("lot:2", quantity=3, available=700),
        ),
    )

    found = site(problem)

    assert found.makespan == 720
    assert found.reason.resource == "part:x"


def test_a_part_makes_racks_late_and_the_bound_names_it():
    template = a_template(
        steps=(a_step("LEAK", 20),), materials=(a_material(step="LEAK"),)
    )
    problem = a_problem(
        templates=(template,),
        racks=tuple(
            a_rack(f"R{n}", due=100, promise=100, late_cents_per_day=1_440 * price)
            for n, price in enumerate((2, 1, 5))
        ),
        supplies=(
            a_supply("lot:0", quantity=1),
            a_supply("lot:1", quantity=1, available=500),
            a_supply("lot:2", quantity=1, available=800),
        ),
        prices=ONLY_LATE,
    )

    found = cost_floor(problem)

    # The dear one goes first; the others are late in the order of their prices, which
    # layers see: 420 and 720 at 1, one of them 420 more at 2.
    assert found.cents == 420 * 2 + 720 + 2 * 2_000_000
    assert found.reason == Reason(
        kind=BoundKind.LIMIT, resource="part:x", label="part:x", start=100, end=820
    )


# Machines


def a_machine(jobs):
    """Return a machine that gives a unit a minute for 100 minutes."""
    return Machine(
        key="m",
        label="m",
        supply=Supply([(0, 100, 1)]),
        jobs=jobs,
        spans=Spans(book=look_up(a_problem())),
    )


def test_shortest_remaining_first_preempts():
    jobs = {
        "A": Job(rack="A", head=0, units=10, after=(("crew:test", MANUAL, 5),)),
        "B": Job(rack="B", head=2, units=3, after=(("crew:test", MANUAL, 7),)),
        "C": Job(rack="C", head=20, units=1, after=(("crew:test", MANUAL, 9),)),
    }
    machine = a_machine(jobs)

    assert machine.completions(["A", "B", "C", "D"]) == [10, 18, 26]
    assert machine.completions(["D"]) == []


def test_a_machine_with_too_much_work_says_so():
    machine = a_machine({"A": Job(rack="A", head=0, units=101)})

    assert machine.completions(["A"]) is None


@pytest.mark.parametrize(
    ("units", "minute"), [(0, 0), (1, 11), (2, 11), (3, 12), (20, 20), (21, 31)]
)
def test_a_supply_says_when_so_many_units_are_given(units, minute):
    supply = Supply([(10, 20, 2), (30, 40, 1)])

    assert supply.when(units) == minute
    assert supply.until(minute) >= units
    assert minute == 0 or supply.until(minute - 1) < units
    assert supply.when(31) is None


# Money

ONLY_LATE = prices(demand_per_kw=0, energy_per_mwh=0, wip_per_day=0)


def test_the_floor_of_one_free_rack_is_its_cost():
    problem = a_problem(racks=(a_rack(due=100, promise=200),))

    found = cost(problem, reference_plan(problem))

    # The rack alone is 260 minutes late; only the peak could be lower: by derating, or
    # by being later still, which is weighed against it.
    assert found.late == 108_333
    assert found.broken == 2_000_000
    gap = found.total - cost_floor(problem).cents
    peak = 100_000 * 1_108 // 1_000 - 60_000 * 1_108 // 1_000
    assert 0 <= gap < peak * 1_500 // 1_000


def test_the_floor_counts_racks_left_out_as_late_to_the_horizon():
    problem = a_problem(
        racks=(a_rack(due=0, promise=5), a_rack("R2", due=None)),
        horizon=1_440,
        prices=prices(
            broken_promise=7, demand_per_kw=0, energy_per_mwh=0, wip_per_day=0
        ),
    )

    assert cost_floor(problem, left_out={"R1", "R2"}).cents == 600_007
    assert cost_floor(replace(problem, horizon=300)).cents == 125_007


def test_the_floor_lets_racks_wait_for_each_other():
    """Three racks of an hour at the full power of the site, due at once."""
    power = (a_site(capacity=50_000),)
    racks = tuple(
        a_rack(f"R{index}", due=60, promise=100, late_cents_per_day=1_440 * price)
        for index, price in enumerate((1, 1, 3))
    )
    steps = (a_bay_step("FUNC", 60, 50_000),)
    problem = hours_of_power(
        3,
        racks=racks,
        templates=(a_template(steps=steps, site_permille=1_000),),
        with_resources=power,
        prices=ONLY_LATE,
    )

    # The dear rack goes first, the others end an hour and two hours late.
    assert cost_floor(problem).cents == 60 + 120 + 2 * 2_000_000


def test_the_floor_counts_a_move_no_plan_can_avoid():

    def found(previous, **changes):
        rack = a_rack(due=None, previous=(("KIT", previous, ""),), **changes)
        return cost_floor(a_problem(racks=(rack,), prices=ONLY_LATE)).cents

    assert found(-15) == 0
    assert found(-16) == 500_000
    assert found(100) == 0
    assert found(100, pins=(a_pin("KIT", 84),)) == 500_000
    running = a_progress(running=a_running("KIT", -100, 60), kit_started=-100)
    assert found(-500, progress=running) == 0


def test_the_floor_of_a_running_rack_counts_from_its_start():
    only_wip = prices(demand_per_kw=0, energy_per_mwh=0, wip_per_day=1_440)

    def found(**progress):
        rack = a_rack(due=None, progress=a_progress(**progress))
        return cost_floor(a_problem(racks=(rack,), prices=only_wip)).cents

    assert found() == 360
    assert found(running=a_running("KIT", -100, 60)) == 460
    assert found(done=1, kit_started=-50, last_end=-10) == 350
    pinned = a_rack(due=None, pins=(a_pin("KIT", 10),))
    assert cost_floor(a_problem(racks=(pinned,), prices=only_wip)).cents == 0


def test_a_short_step_leaves_no_sure_peak():
    only_peak = prices(demand_per_kw=1_000, energy_per_mwh=0, wip_per_day=0)

    def found(step):
        template = a_template(steps=(step,), site_permille=1_000)
        return cost_floor(a_problem(templates=(template,), prices=only_peak)).cents

    assert found(a_bay_step("FUNC", 29, 50_000)) == 50_000
    # What remains is the energy: drawn slowly enough, it would only be late.
    assert 0 < found(a_bay_step("FUNC", 28, 50_000)) < 1_000
    assert found(a_manual_step("KIT", 60)) == 0


def one_racks_times(problem, rack):
    """Yield every start of FUNC and of PACK in order, within the horizon."""
    func, pack = problem.templates[0].steps
    for first in range(rack.release, problem.horizon):
        last = problem.horizon - pack.duration
        for second in range(first + func.duration, last + 1):
            yield (
                a_planned_step(
                    "FUNC",
                    first,
                    first + func.duration,
                    rack=rack.key,
                    bay="bay:1",
                    draw=func.draw,
                ),
                a_planned_step("PACK", second, second + pack.duration, rack=rack.key),
            )


def all_plans(problem):
    """Yield every valid schedule of two racks of FUNC and PACK in one bay.

    Each rack takes a piece of one lot, in either way.
    """
    step = problem.templates[0].materials[0].step
    ways = list(permutations(supply.key for supply in problem.supplies))
    for rows in product(*(one_racks_times(problem, rack) for rack in problem.racks)):
        steps = [step for row in rows for step in row]
        if not is_apart(steps):
            continue
        for way in ways:
            pegs = tuple(
                a_peg(step, supply, rack=rack.key)
                for rack, supply in zip(problem.racks, way, strict=True)
            )
            schedule = replace(a_schedule(*steps), pegs=pegs)
            if not breaches(problem, schedule):
                yield schedule


def is_apart(steps):
    """Return whether nobody meets in the bay, before the referee is asked."""
    one, two = sorted((s.start, s.end) for s in steps if s.step == "FUNC")
    return one[1] <= two[0]


def a_tiny_problem(seed):
    """Return two racks that share a bay, people, power and a part."""
    random = Random(seed)
    steps = (
        a_bay_step("FUNC", random.randrange(1, 4), 50_000, extra="place:cart"),
        a_step("PACK", random.randrange(1, 3)),
    )
    racks = tuple(
        a_rack(
            key,
            due=random.randrange(0, 6),
            promise=random.choice((None, random.randrange(0, 8))),
            late_cents_per_day=random.choice((1_440, 2_880)),
            release=random.randrange(0, 2),
            previous=(("PACK", random.randrange(0, 6), ""),),
        )
        for key in ("R1", "R2")
    )
    return a_problem(
        horizon=11,
        templates=(
            a_template(
                steps=steps,
                materials=(a_material(step=random.choice(("FUNC", "PACK"))),),
            ),
        ),
        racks=racks,
        supplies=(
            a_supply("lot:0", quantity=1, available=random.randrange(0, 3)),
            a_supply("lot:1", quantity=1, available=random.randrange(0, 5)),
        ),
        bays=(a_bay("bay:1"),),
        with_resources=(
            a_place(capacity=1),
            a_place("place:cart", random.randrange(1, 3)),
            a_crew(capacity=random.choice((8, 16))),
            a_site(capacity=random.choice((60_000, 200_000))),
        ),
        prices=prices(move_tolerance=0, move_fenced=3, broken_promise=5),
        base_load=amount((0, 1_000), (4, 9_000)),
    )


def cheapest(problem):
    """Return the least cost of all plans there are, or None."""
    costs = [cost(problem, plan).total for plan in all_plans(problem)]
    return min(costs, default=None)


def bounds_hold(seeds):
    """Hold each bound to the best of all plans; return how many problems had one."""
    count = 0
    for seed in seeds:
        problem = a_tiny_problem(seed)
        best = cheapest(problem)
        if best is None:
            continue
        count += 1
        assert cost_floor(problem).cents <= best, seed
        found = solve(
            problem, time_limit_s=1, max_moves=20, seed=1, may_move_frozen=True
        )
        assert not found.schedule.unplannable, seed
        assert found.bound <= best <= found.objective, seed
    return count


@pytest.mark.parametrize("seed", [*range(16), 195])
def test_bounds_are_below_every_plan_there_is_and_plans_above_the_best(seed):
    assert bounds_hold([seed]) <= 1


def roomier_holds(seeds):
    """Hold the best of all plans to the best with twice of every limit."""
    for seed in seeds:
        problem = a_tiny_problem(seed)
        looser = replace(
            problem,
            resources=tuple(
                replace(
                    one,
                    capacity=replace(
                        one.capacity,
                        values=tuple(2 * value for value in one.capacity.values),
                    ),
                )
                for one in problem.resources
            ),
        )
        best, least = cheapest(problem), cheapest(looser)
        assert best is None or (least is not None and least <= best), seed


@pytest.mark.parametrize("seed", range(3))
def test_more_of_every_limit_never_costs_more(seed):
    roomier_holds([seed])


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_more_of_every_limit_never_costs_more_in_hundreds(first):
    roomier_holds(range(first, first + 50))


def test_most_tiny_problems_have_a_plan():
    assert sum(cheapest(a_tiny_problem(seed)) is not None for seed in range(4)) > 2


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, 2_000, 100))
def test_two_thousand_tiny_problems_are_bounded_by_brute_force(first):
    assert bounds_hold(range(first, first + 100)) > 80


@pytest.mark.parametrize("seed", range(80))
def test_every_bound_is_below_every_plan_found(seed):
    problem = a_random_problem(seed, racks=4)
    prior = reference_plan(problem)
    problem = replace(
        problem,
        racks=tuple(
            replace(
                rack,
                previous=tuple(
                    (step.step, step.start - 100, step.bay)
                    for step in prior.steps
                    if step.rack == rack.key
                ),
            )
            for rack in problem.racks
        ),
    )
    keys = [rack.key for rack in problem.racks]
    for number, order in enumerate(permutations(keys)):
        if number > 8:
            break
        random = Random(number) if number % 2 else None
        try:
            plan = Reference(problem, order, random).plan()
        except (AssertionError, StuckError):
            continue
        if made(breaches(problem, plan)):
            continue

        left_out = {entry.rack for entry in plan.unplannable}
        ends = {step.rack: step.end for step in plan.steps}
        found = earliest(problem)
        assert cost_floor(problem, left_out).cents <= cost(problem, plan).total
        assert site(problem, left_out).makespan <= max(ends.values(), default=0)
        for rack, end in ends.items():
            assert found[rack].physics_ship <= found[rack].material_ship <= end


def test_the_floor_looks_at_no_more_layers_than_it_should():
    racks = tuple(
        a_rack(f"R{index}", due=60, late_cents_per_day=1_440 * (index + 1))
        for index in range(13)
    )
    problem = hours_of_power(13, racks=racks, prices=ONLY_LATE)

    floor = cost_floor(problem).cents

    assert 0 < floor <= cost(problem, reference_plan(problem)).total


def test_more_models_than_are_looked_at_one_by_one_still_have_a_floor():
    templates = tuple(
        a_template(f"M{index}", (a_bay_step("FUNC", 60, 50_000),)) for index in range(7)
    )
    problem = hours_of_power(
        7,
        templates=templates,
        racks=tuple(a_rack(f"R{i}", template=f"M{i}", due=0) for i in range(7)),
        bays=(a_bay(models=tuple(f"M{index}" for index in range(7))),),
    )

    assert cost_floor(problem).cents > 0


# A week


def weekly(problem, model):
    return {one.resource: one.racks_per_week for one in ceilings(problem, model)}


def test_the_ceilings_of_the_default_site_tell_its_story():
    problem = a_demo_like_problem(40, 1, curtailed=True)
    gb200, gb300, vr200 = (
        weekly(problem, model) for model in ("GB200", "GB300", "VR200")
    )

    def rounded(found, *keys):
        return [round(found[key]) for key in keys]

    shared = ("site:main", "bays", "crew:fluid", "crew:mech", "crew:material")
    assert rounded(gb200, *shared) == [106, 114, 118, 123, 126]
    assert rounded(gb300, *shared) == [97, 114, 118, 123, 126]
    assert rounded(vr200, "bays", "node:D", "site:main") == [30, 31, 64]
    assert next(iter(gb200)) == next(iter(gb300)) == "site:main"
    assert next(iter(vr200)) == "bays"


def test_a_place_shared_by_two_calendars_counts_the_whole_week():
    steps = (
        a_manual_step("KIT", 60, place="place:lane"),
        a_step("LEAK", 60, place="place:lane"),
    )
    problem = a_problem(
        templates=(a_template(steps=steps),),
        calendars=(
            a_calendar(),
            a_calendar("calendar:shift", ((0, 5_040), (10_080, 15_120))),
        ),
        with_resources=(
            a_place(capacity=1),
            a_crew("crew:hands", 8, "calendar:shift"),
        ),
    )

    found = weekly(problem, "M")

    assert found["place:lane"] == 10_080 / 120
    assert found["crew:hands"] == 5_040 / 60


def test_a_horizon_shorter_than_a_week_is_scaled():
    problem = a_problem(
        horizon=5_040,
        templates=(a_template(steps=(a_manual_step("KIT", 60),)),),
        calendars=(a_calendar(windows=((0, 2_520),)),),
        with_resources=(a_crew("crew:hands", 8),),
        bays=(),
    )

    found = weekly(problem, "M")

    assert found["crew:hands"] == 5_040 / 60
    assert "bays" not in found


def test_a_model_nobody_knows_has_no_ceiling():
    with pytest.raises(KeyError):
        ceilings(a_problem(), "X")


def test_a_fast_level_makes_soak_shorter_than_its_work():
    fast = soak_rule(levels=((100, 120), (80, 100)))

    found = of(a_problem(soak=fast))

    assert found.physics_ship == 60 + 30 + 200 + 30
