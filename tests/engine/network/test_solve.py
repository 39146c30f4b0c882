"""Plans of the general form: as good as brute force where that is possible."""

import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from ortools.sat.python import cp_model

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.bound import bound
from scheduling.engine.network.check import breaches, score
from scheduling.engine.network.cpsat.effort import Effort
from scheduling.engine.network.cpsat.solve import Whole
from scheduling.engine.network.encode import TooFineError, lay_out
from scheduling.engine.network.kernels.evolve import cross, evolve, mutate
from scheduling.engine.network.kernels.net import (
    BEFORE_FROM,
    DUE,
    DURATION,
    FAILED,
    MEMBER_FROM,
    OPENED,
    OTHER,
)
from scheduling.engine.network.kernels.ruin import insert_late
from scheduling.engine.network.outcome import NetworkStatus
from scheduling.engine.network.problem import (
    Lag,
    Mode,
    Objective,
    Point,
    Resource,
)
from scheduling.engine.network.readers.formats import READERS
from scheduling.engine.network.schedule import Score
from scheduling.engine.network.search.genetic import Island, Terms, first_plan
from scheduling.engine.network.search.orders import Orders
from scheduling.engine.network.search.record import Record
from scheduling.engine.network.search.ruin import Ruiner
from scheduling.engine.network.search.sway import FILLED, UNSURE, Swayer, can_sway
from scheduling.engine.network.solve import solve_network, warm
from scheduling.engine.profile import StepFunction, constant
from tests.builders.instance_files import neutral_racks
from tests.builders.kernels import told_by_both
from tests.builders.networks import (
    a_network,
    a_tiny_network,
    an_activity,
    brute_force,
)

PROVED_WITHIN_S = 120.0
"""By the clock; a search ends when it has proved what it found."""


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm()


def _problems(seeds, **fields):
    """Yield the tiny problems whose lags do not contradict each other."""
    for seed in seeds:
        try:
            yield a_tiny_network(seed, **fields)
        except InvalidProblemError:
            continue


def _holds(problem):
    """Assert that solver, referee and brute force agree, and the bound is one."""
    best = brute_force(problem)
    outcome = solve_network(problem, time_limit_s=2.0, workers=1, is_deterministic=True)
    assert outcome.score == best
    if best is None:
        assert outcome.status is NetworkStatus.INFEASIBLE
    else:
        assert outcome.status is NetworkStatus.OPTIMAL
        assert breaches(problem, outcome.schedule) == ()
        assert score(problem, outcome.schedule) == best
        assert bound(problem).score <= best


def test_tiny_problems_are_solved_as_brute_force_solves_them():
    problems = list(_problems(range(160)))

    assert len(problems) >= 150
    for problem in problems:
        _holds(problem)


@pytest.mark.soak
def test_two_thousand_tiny_problems_are_solved_as_brute_force_solves_them():
    for problem in _problems(range(1_000, 2_700)):
        _holds(problem)
    for problem in _problems(range(400), count=4):
        _holds(problem)


def test_a_most_below_nothing_has_room_for_the_wait_it_asks_for():
    # B ends a tick before A begins, and nobody works in that tick.
    problem = a_network(
        [an_activity("A", 1), an_activity("B", 1, release=1)],
        lags=(
            Lag(before="A", after="B", least=-1, most=-1, of=Point.START, to=Point.END),
        ),
        horizon=8,
    )

    _holds(problem)
    assert brute_force(problem).objective == 4


def test_more_capacity_never_costs_more_and_names_and_units_say_nothing():
    for problem in _problems(range(400, 425), is_acyclic=True):
        first = _best(problem)
        more = tuple(
            replace(
                one,
                capacity=StepFunction(
                    times=one.capacity.times,
                    values=tuple(value + 1 for value in one.capacity.values),
                ),
            )
            for one in problem.resources
        )
        richer = _best(replace(problem, resources=more))
        if first is not None:
            assert richer is not None
            assert richer <= first
        assert _best(_renamed(problem)) == first
        slow = _best(_slowed(problem, 3))
        assert (first is None) == (slow is None)
        if first is not None:
            assert (slow.objective, slow.flow) == (3 * first.objective, 3 * first.flow)


def _best(problem):
    return solve_network(
        problem, time_limit_s=2.0, workers=1, is_deterministic=True
    ).score


def _renamed(problem):
    """Return the same problem with activities named and listed the other way round."""
    names = {one.key: f"Z{at}" for at, one in enumerate(problem.activities)}
    return replace(
        problem,
        activities=tuple(
            replace(one, key=names[one.key]) for one in reversed(problem.activities)
        ),
        lags=tuple(
            replace(lag, before=names[lag.before], after=names[lag.after])
            for lag in problem.lags
        ),
    )


def _slowed(problem, factor):
    """Return the same problem in a finer unit of time."""

    def times(value):
        return None if value is None else value * factor

    return replace(
        problem,
        activities=tuple(
            replace(
                one,
                release=times(one.release),
                modes=tuple(
                    replace(mode, duration=times(mode.duration)) for mode in one.modes
                ),
            )
            for one in problem.activities
        ),
        lags=tuple(
            replace(lag, least=times(lag.least), most=times(lag.most))
            for lag in problem.lags
        ),
        jobs=tuple(
            replace(job, release=times(job.release), due=times(job.due))
            for job in problem.jobs
        ),
        resources=tuple(
            replace(
                one,
                capacity=StepFunction(
                    times=tuple(map(times, one.capacity.times)),
                    values=one.capacity.values,
                ),
            )
            for one in problem.resources
        ),
        horizon=times(problem.horizon),
    )


def test_work_that_exactly_fills_a_window_fits_and_a_tick_more_does_not():
    window = Resource(key="R", capacity=StepFunction(times=(0, 2, 4), values=(0, 1, 0)))
    fits = a_network(resources=(window,))
    too_long = a_network([an_activity(duration=3)], resources=(window,))

    assert solve_network(fits, time_limit_s=PROVED_WITHIN_S).score.objective == 4
    assert (
        solve_network(too_long, time_limit_s=PROVED_WITHIN_S).status
        is NetworkStatus.INFEASIBLE
    )


def test_a_mode_that_takes_longer_is_chosen_where_the_quick_one_must_wait():
    quick = Mode(duration=2, uses=(("R", 1),))
    slow = Mode(duration=3, uses=(("S", 1),))
    problem = a_network(
        [an_activity(f"A{at}", modes=(quick, slow)) for at in range(3)],
        resources=tuple(Resource(key=key, capacity=constant(1)) for key in "RS"),
    )

    outcome = solve_network(problem, time_limit_s=PROVED_WITHIN_S)

    assert outcome.score.objective == 4
    assert outcome.status is NetworkStatus.OPTIMAL


def test_decoders_are_left_to_choose_only_where_there_is_a_choice():
    quick = Mode(duration=2, uses=(("R", 1),))
    slow = Mode(duration=3, uses=(("R", 1),))
    problem = a_network(
        [an_activity("A"), an_activity("B", modes=(quick, slow)), an_activity("C")]
    )

    assert lay_out(problem).free_modes().tolist() == [0, -1, 3]


def test_a_horizon_that_the_bound_already_passes_has_no_plan():
    problem = a_network([an_activity("A"), an_activity("B")], horizon=3)

    outcome = solve_network(problem, time_limit_s=PROVED_WITHIN_S)

    assert bound(problem).score.objective == 4
    assert outcome.status is NetworkStatus.INFEASIBLE
    assert outcome.schedule is None


def test_a_most_keeps_two_together():
    lag = Lag(before="A", after="C", most=0)
    problem = a_network(
        [an_activity("A"), an_activity("B"), an_activity("C")],
        lags=(lag, Lag(before="B", after="C")),
    )

    outcome = solve_network(problem, time_limit_s=PROVED_WITHIN_S)

    assert outcome.score.objective == 6
    assert breaches(problem, outcome.schedule) == ()


def test_times_without_a_common_unit_on_a_long_horizon_are_refused():
    activities = [an_activity(f"A{at}", duration=9_999_991) for at in range(40)]

    with pytest.raises(TooFineError, match="times share no unit greater than 1"):
        lay_out(a_network([*activities, an_activity("B", duration=1)]))


def test_a_search_that_is_cancelled_returns_its_best():
    problem = a_network(
        [an_activity(f"A{at}", duration=at % 7 + 1) for at in range(60)]
    )
    problem = replace(problem, resources=(Resource(key="R", capacity=constant(3)),))
    problem = replace(
        problem,
        activities=tuple(
            replace(one, modes=(Mode(duration=at % 7 + 1, uses=(("R", 1 + at % 2),)),))
            for at, one in enumerate(problem.activities)
        ),
        objective=Objective.MAKESPAN,
    )

    limit_s = 600.0

    outcome = solve_network(problem, time_limit_s=limit_s, is_cancelled=lambda: True)

    assert outcome.schedule is not None
    assert outcome.seconds < limit_s


PLAIN = """
import json
from scheduling.engine.kernels.compile import is_compiled
from scheduling.engine.network.solve import solve_network
from scheduling.engine.network.serial import network_schedule_to_json
from tests.builders.networks import a_tiny_network
found = []
for seed in range(12):
    outcome = solve_network(
        a_tiny_network(seed, count=5, is_acyclic=True), time_limit_s=0.0001,
        is_deterministic=True,
    )
    if outcome.schedule is not None:
        found.append(network_schedule_to_json(outcome.schedule).decode())
print(json.dumps([is_compiled(), found]))
"""


def test_compiled_and_plain_kernels_make_the_same_plans():
    compiled, plain = told_by_both(PLAIN)

    assert compiled == plain
    assert len(compiled) >= 8


def test_racks_are_planned_better_than_by_due_date_and_by_counts_alike():
    problem = READERS["neutral-racks"](json.dumps(neutral_racks(24)))

    first = solve_network(problem, time_limit_s=0.0)
    found = [
        solve_network(problem, time_limit_s=0.3, seed=5, is_deterministic=True)
        for _ in range(2)
    ]

    assert found[0].score < first.score
    assert found[0].found_by == "ruin_and_recreate"
    assert found[0].schedule == found[1].schedule
    assert found[0].floor <= found[0].score


def test_a_job_put_back_late_ends_by_its_due_date_or_stays_out():
    problem = READERS["neutral-racks"](json.dumps(neutral_racks(8)))
    layout = lay_out(problem)
    net, plan = layout.net, layout.new_plan()

    ends = [insert_late(net, plan, job, int(net.group[job, DUE])) for job in range(8)]

    in_time = [job for job, end in enumerate(ends) if end >= 0]
    assert len(in_time) >= 5
    for job, end in enumerate(ends):
        own = net.member[net.group[job, MEMBER_FROM] : net.group[job + 1, MEMBER_FROM]]
        starts = plan.start[own]
        if end < 0:
            assert (starts == FAILED).all()
            continue
        done = starts + net.mode[plan.mode[own], DURATION]
        assert end == done[-1] <= net.group[job, DUE]
        assert starts[0] >= net.group[job, OPENED]
        assert (starts[1:] >= done[:-1]).all()
    assert (plan.free >= 0).all()
    assert ends[in_time[0]] == net.group[in_time[0], DUE]


def test_bent_orders_of_due_dates_name_every_activity_once_and_differ():
    layout = lay_out(READERS["neutral-racks"](json.dumps(neutral_racks(8))))
    orders, chance = Orders(layout), np.random.default_rng(1)

    found = {tuple(orders.bent_due(chance).tolist()) for _ in range(10)}

    assert len(found) > 5
    assert all(sorted(order) == list(range(layout.rank.size)) for order in found)


def test_what_ruin_and_recreate_leaves_free_is_what_its_plan_does_not_take():
    problem = READERS["neutral-racks"](json.dumps(neutral_racks(24)))
    layout = lay_out(problem)
    record = Record(deadline=inf, floor=Score(-1, -1), reason="")
    first_plan(layout, record, Orders(layout))
    ruiner = Ruiner(layout, record, seed=3, moves=300)

    ruiner.run()

    schedule = layout.schedule(ruiner.plan.start, ruiner.plan.mode)
    left = layout.net.capacity.copy()
    for one, activity in zip(schedule.assignments, problem.activities, strict=True):
        for key, amount in activity.modes[0].uses:
            at = [resource.key for resource in problem.resources].index(key)
            left[at, one.start : one.end] -= amount
    assert breaches(problem, schedule) == ()
    assert (left == ruiner.plan.free).all()


def _steady_racks(count):
    """Return racks whose capacities never change, judged by the makespan."""
    problem = READERS["neutral-racks"](json.dumps(neutral_racks(count)))
    return replace(
        problem,
        objective=Objective.MAKESPAN,
        resources=tuple(
            Resource(key=one.key, capacity=constant(one.capacity.least()))
            for one in problem.resources
        ),
    )


def _settled_island():
    """Return a herd of 30 on twelve racks of five steps."""
    layout = lay_out(_steady_racks(12))
    record = Record(deadline=inf, floor=Score(0, 0), reason="")
    first_plan(layout, record, Orders(layout))
    island = Island(layout, record, Terms(seed=5, size=30))
    island.settle()
    return island


def test_a_child_is_a_whole_order_that_all_lags_allow():
    island = _settled_island()
    herd, net = island.herd, island.layout.net

    for mother in range(29):
        cross(net, herd, mother, mother + 1)
        before = herd.child.copy()
        mutate(net, herd, 1.0, 0.0)

        place = np.empty_like(herd.child)
        place[herd.child] = np.arange(place.size)
        assert sorted(herd.child) == list(range(place.size))
        assert (herd.child != before).any()
        for after in range(place.size):
            first, last = net.activity[after : after + 2, BEFORE_FROM]
            assert (place[net.before[first:last, OTHER]] < place[after]).all()


def test_a_herd_takes_no_plan_that_it_has():
    """Whoever takes a place brings a plan of its own, so kinds never grow fewer."""
    island = _settled_island()
    herd, net, plan = island.herd, island.layout.net, island.plan
    kinds = [len(set(herd.mark.tolist()))]

    for _ in range(20):
        evolve(net, plan, herd, island.layout.rank, 30, 50, 0.05, 0.0, 0)
        kinds.append(len(set(herd.mark.tolist())))

    assert kinds == sorted(kinds)
    assert kinds[-1] > kinds[0]


def test_a_plan_pushed_to_and_fro_keeps_every_rule_both_ways():
    problem = _steady_racks(24)
    layout = lay_out(problem)
    record = Record(deadline=inf, floor=bound(problem).score, reason="")
    first_plan(layout, record, Orders(layout))
    swayer = Swayer(layout, record, seed=3)
    start = record.best.start

    for _ in range(20):
        end, start = swayer.to_and_fro(start)
        forth = layout.schedule(swayer.plan.start, swayer.plan.mode)
        back = layout.schedule(start, swayer.plan.mode)
        for schedule in (forth, back):
            assert breaches(problem, schedule) == ()
            assert score(problem, schedule).objective >= end
        assert record.best.score.objective <= end


def test_jobs_near_the_scarce_resource_lead_at_both_ends_of_a_plan():
    """Neutral racks: thirty hours before the power test, four after it."""
    problem = _steady_racks(24)
    layout = lay_out(problem)
    swayer = Swayer(layout, Record(deadline=inf, floor=bound(problem).score, reason=""))
    release = np.array([job.release for job in problem.jobs])
    edges = swayer.edges

    leads = [swayer.leaders(edges.head) for _ in range(50)]

    assert edges.head.tolist() == (release + 30).tolist()
    assert set(edges.tail.tolist()) == {4}
    feeder = next(one.capacity.least() for one in problem.resources if one.key == "kw")
    assert {round(feeder * share) for share in edges.share} == {72, 132}
    for some in leads:
        assert edges.share[some].sum() <= FILLED[1]
        unsure = 6 * UNSURE
        assert some.all() or release[some].max() <= release[~some].min() + unsure


def test_racks_whose_last_end_counts_are_pushed_to_and_fro_by_counts_alike():
    problem = _steady_racks(48)

    first = solve_network(problem, time_limit_s=0.0)
    found = [
        solve_network(problem, time_limit_s=0.1, seed=5, is_deterministic=True)
        for _ in range(2)
    ]

    assert found[0].score <= first.score
    assert found[0].schedule == found[1].schedule
    assert breaches(problem, found[0].schedule) == ()


def test_only_what_never_changes_is_pushed_to_and_fro():
    steady = _steady_racks(4)
    first, *others = steady.activities
    two_modes = replace(first, modes=(*first.modes, Mode(duration=99)))
    changing = StepFunction(times=(0, 50), values=(673, 500))
    power = Resource(key="kw", capacity=changing)
    resources = tuple(power if one.key == "kw" else one for one in steady.resources)

    assert can_sway(lay_out(steady))
    for other in (
        replace(steady, objective=Objective.TARDINESS),
        replace(steady, horizon=5_000),
        replace(steady, resources=resources),
        replace(steady, activities=(two_modes, *others)),
        replace(steady, activities=(replace(first, deadline=500), *others)),
        replace(steady, lags=(replace(steady.lags[0], most=90), *steady.lags[1:])),
        replace(steady, lags=(replace(steady.lags[0], least=-1), *steady.lags[1:])),
    ):
        assert not can_sway(lay_out(other))


def test_no_plan_is_only_said_when_a_second_configuration_agrees(monkeypatch):
    """A solver that is wrong with presolve, as some versions have been, is caught."""
    real = cp_model.CpSolver.solve

    def is_wrong(solver, *arguments):
        if solver.parameters.cp_model_presolve:
            return cp_model.INFEASIBLE
        return real(solver, *arguments)

    monkeypatch.setattr(cp_model.CpSolver, "solve", is_wrong)
    record = Record(deadline=inf, floor=Score(-1, -1), reason="")

    word = Whole(lay_out(a_network()), record).run(
        Effort(seconds=2.0, workers=1, seed=1)
    )

    assert word == "INFEASIBLE"
    assert not record.is_infeasible
    (note,) = record.notes
    assert note.endswith("a second configuration did not agree in time.")
