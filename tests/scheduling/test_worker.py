"""A worker takes one run to its end; stand-ins search where that is not the point."""

import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import F

from journal.models import Event
from scheduling import worker
from scheduling.engine.cost import cost
from scheduling.engine.errors import NoPlanError
from scheduling.engine.outcome import Outcome, Progress, Status
from scheduling.models import Plan, Run, Scenario
from scheduling.search import MOST_POINTS, Search
from scheduling.services import runs
from scheduling.services.runs import claim
from scheduling.services.scenarios import base_scenario
from scheduling.tasks import solve_run
from tests.builders.factory import a_site
from tests.builders.problems import a_problem
from tests.builders.reference import reference_plan
from tests.builders.runs import a_run
from tests.builders.system import until
from tests.builders.world import a_small_world

State = Run.State


def a_report(problem, schedule=None, *, seconds=0.1, best=None, bound=0):
    if best is None and schedule is not None:
        best = cost(problem, schedule).total
    return Progress(
        seconds=seconds, phase="improving", best=best, bound=bound, schedule=schedule
    )


def an_outcome(schedule, *, bound=100):
    return Outcome(
        status=Status.NO_PLAN if schedule is None else Status.FEASIBLE,
        schedule=schedule,
        bound=bound,
        found_by="test",
        notes=("A stand-in looked.", "It was quick."),
    )


def finds_at_once(problem, *, on_progress, **_):
    schedule = reference_plan(problem)
    on_progress(a_report(problem, schedule))
    return an_outcome(schedule)


def searches_until_stopped(problem, *, on_progress, should_stop, **_):
    schedule = reference_plan(problem)
    on_progress(a_report(problem, schedule))
    until(should_stop)
    return an_outcome(schedule)


def finds_nothing_until_stopped(problem, *, should_stop, **_):
    until(should_stop)
    return an_outcome(None)


def with_one_step_too_early(schedule):
    """Return a schedule whose second step begins before its first one ends."""
    first, second, *rest = schedule.steps
    shift = second.start - first.start
    moved = replace(
        second,
        start=second.start - shift,
        end=second.end - shift,
        phases=tuple(
            replace(phase, start=phase.start - shift, end=phase.end - shift)
            for phase in second.phases
        ),
    )
    return replace(schedule, steps=(first, moved, *rest))


def a_claimed_run_of(scenario, **changes):
    run = a_run(scenario=scenario, time_limit_s=30, **changes)
    return run, claim(run.pk, "host:1")


@pytest.fixture
def scenario():
    return base_scenario(a_small_world(racks=2).site)


@contextmanager
def working(lease, solver):
    """Let a worker go on beside the test; hand out what it ends with."""

    def work():
        try:
            worker.execute(lease, solver=solver)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


@pytest.mark.django_db
def test_a_run_ends_with_the_plans_own_figures(scenario):
    run, lease = a_claimed_run_of(scenario)

    worker.execute(lease, solver=finds_at_once)

    run.refresh_from_db()
    plan = Plan.objects.get(run=run)
    assert (run.state, run.phase, run.found_by) == (State.SUCCEEDED, "done", "test")
    assert (run.best_cents, run.bound_cents) == (plan.objective_cents, 100)
    assert (plan.bound_cents, plan.made_breaches) == (100, 0)
    assert run.first_plan_s >= 0
    assert run.curve[0][1] == plan.objective_cents


@pytest.mark.django_db
def test_a_run_keeps_what_its_plan_was_made_from_and_with(scenario):
    run, lease = a_claimed_run_of(scenario)

    worker.execute(lease, solver=finds_at_once)

    run.refresh_from_db()
    plan = Plan.objects.get(run=run)
    assert run.input_hash == plan.problem_id
    assert run.event_seq == plan.event_seq
    assert run.versions["ortools"].startswith("9.15")
    assert set(run.versions) >= {"numpy", "ortools", "python"}
    assert run.notes == "A stand-in looked.\nIt was quick."


@pytest.mark.django_db
def test_a_search_is_given_the_runs_own_settings(scenario):
    _, lease = a_claimed_run_of(scenario, seed=9, workers=3)
    given = {}

    def note(problem, *, time_limit_s, seed, workers, **rest):
        given.update(time_limit_s=time_limit_s, seed=seed, workers=workers)
        return finds_at_once(problem, **rest)

    worker.execute(lease, solver=note)

    assert given == {"time_limit_s": 30, "seed": 9, "workers": 3}


@pytest.mark.django_db(transaction=True)
def test_the_first_plan_is_there_while_the_search_goes_on(scenario):
    run, lease = a_claimed_run_of(scenario)

    with working(lease, searches_until_stopped) as end:
        first = until(lambda: Plan.objects.filter(run=run).first())
        until(lambda: Run.objects.get(pk=run.pk).first_plan_s is not None)
        during = Run.objects.get(pk=run.pk)
        is_over = end.done()
        runs.cancel(run=run, actor="user:1")
        end.result()

    assert (during.state, is_over) == (State.RUNNING, False)
    assert during.best_cents <= first.objective_cents
    assert Plan.objects.filter(run=run).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_run_keeps_the_best_plan_it_had(scenario):
    run, lease = a_claimed_run_of(scenario)

    with working(lease, searches_until_stopped) as end:
        until(lambda: Plan.objects.filter(run=run).exists())
        runs.cancel(run=run, actor="user:1")
        end.result()

    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert run.best_cents == Plan.objects.get(run=run).objective_cents


@pytest.mark.django_db(transaction=True)
def test_a_run_cancelled_before_its_first_plan_ends_without_one(scenario):
    run, lease = a_claimed_run_of(scenario)
    runs.cancel(run=run, actor="user:1")

    worker.execute(lease, solver=finds_nothing_until_stopped)

    run.refresh_from_db()
    assert (run.state, run.best_cents, run.error) == (State.CANCELLED, None, "")
    assert not Plan.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_run_stops_searching_and_writes_nothing(scenario):
    run, lease = a_claimed_run_of(scenario)
    has_stopped = threading.Event()

    def search(problem, **rest):
        outcome = searches_until_stopped(problem, **rest)
        has_stopped.set()
        return outcome

    with working(lease, search) as end:
        until(lambda: Run.objects.get(pk=run.pk).first_plan_s is not None)
        Run.objects.filter(pk=run.pk).update(fencing_token=F("fencing_token") + 1)
        end.result()

    run.refresh_from_db()
    assert has_stopped.is_set()
    assert (run.state, run.fencing_token) == (State.RUNNING, 2)
    assert not Event.objects.filter(kind="run.succeeded").exists()


@pytest.mark.django_db
def test_what_the_referee_refuses_is_never_stored(scenario):
    run, lease = a_claimed_run_of(scenario)

    def bend(problem, *, on_progress, **_):
        bent = with_one_step_too_early(reference_plan(problem))
        on_progress(a_report(problem, bent))
        return an_outcome(bent)

    worker.execute(lease, solver=bend)

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "plan_breaches")
    assert run.error.startswith("The plan breaks 1 limit. ")
    assert run.error.endswith("4 h before KIT ends.")
    assert not Plan.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_first_plan_that_is_refused_does_not_end_the_run(scenario):
    run, lease = a_claimed_run_of(scenario)
    is_seen = threading.Event()

    def search(problem, *, on_progress, **_):
        good = reference_plan(problem)
        on_progress(a_report(problem, with_one_step_too_early(good)))
        is_seen.wait(10)
        return an_outcome(good)

    with working(lease, search) as end:
        until(lambda: Run.objects.get(pk=run.pk).best_cents is not None)
        is_seen.set()
        end.result()

    run.refresh_from_db()
    assert run.state == State.SUCCEEDED
    assert Plan.objects.get(run=run).made_breaches == 0


@pytest.mark.django_db
def test_a_site_that_cannot_be_planned_fails_the_run_in_sentences():
    scenario = base_scenario(a_site())
    run, lease = a_claimed_run_of(scenario)

    worker.execute(lease, solver=finds_at_once)

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "unusable_input")
    assert run.error.splitlines()[0].endswith(".")
    assert Event.objects.get(kind="run.failed").after["sentences"]


@pytest.mark.django_db
def test_an_adjustment_that_cannot_be_read_fails_the_run_in_a_sentence():
    site = a_small_world().site
    scenario = Scenario.objects.create(site=site, name="Ten more bays", adjustments=[1])
    run, lease = a_claimed_run_of(scenario)

    worker.execute(lease, solver=finds_at_once)

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "invalid_adjustment")
    assert run.error == "An adjustment is an object with a kind."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "code"),
    [(NoPlanError("No rack fits."), "no_plan"), (MemoryError(), "out_of_memory")],
)
def test_a_search_that_gives_up_fails_the_run(scenario, error, code):
    run, lease = a_claimed_run_of(scenario)

    def give_up(problem, **_):
        raise error

    worker.execute(lease, solver=give_up)

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, code)
    assert run.error.endswith(".")


@pytest.mark.django_db
def test_a_search_that_finds_nothing_by_itself_fails_the_run(scenario):
    run, lease = a_claimed_run_of(scenario)

    worker.execute(lease, solver=lambda *_, **__: an_outcome(None))

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "no_plan")


@pytest.mark.django_db
def test_an_unexpected_error_fails_the_run_and_goes_on_to_the_log(scenario):
    run, lease = a_claimed_run_of(scenario)

    def break_down(problem, **_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.execute(lease, solver=break_down)

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "internal_error")
    assert "unexpected error" in run.error


@pytest.mark.django_db
def test_a_message_for_a_run_that_has_ended_does_nothing():
    run = a_run(State.SUCCEEDED)

    solve_run(run.pk)

    assert Run.objects.filter(pk=run.pk, fencing_token=1, attempt=1).exists()
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_large_plan_is_stored_at_the_end_alone(scenario, monkeypatch):
    monkeypatch.setattr(worker, "EARLY_PLAN_RACKS", 1)
    run, lease = a_claimed_run_of(scenario)

    with working(lease, searches_until_stopped) as end:
        until(lambda: Run.objects.get(pk=run.pk).best_cents is not None)
        until(lambda: Run.objects.get(pk=run.pk).curve)
        was_stored = Plan.objects.exists()
        runs.cancel(run=run, actor="user:1")
        end.result()

    assert was_stored is False
    assert Plan.objects.filter(run=run).exists()


def test_a_long_curve_keeps_its_ends_and_fewer_points():
    best = list(range(3 * MOST_POINTS, 0, -1))

    def report_often(problem, *, on_progress, **_):
        for second, cents in enumerate(best):
            on_progress(a_report(problem, seconds=float(second), best=cents))
        return an_outcome(None)

    with Search(report_often, a_problem(), time_limit_s=1, seed=1, workers=1) as search:
        search.outcome()
        curve = search.standing().curve

    assert MOST_POINTS / 2 <= len(curve) <= MOST_POINTS
    assert curve[0] == (0.0, best[0], 0)
    assert curve[-1] == (float(len(best) - 1), best[-1], 0)
    assert list(curve) == sorted(curve)


def test_a_curve_has_a_point_where_something_changed():
    reports = [(0.0, 9, 0), (1.0, 9, 0), (2.0, 8, 0), (3.0, 8, 1), (4.0, 8, 1)]

    def report(problem, *, on_progress, **_):
        for second, best, bound in reports:
            on_progress(a_report(problem, seconds=second, best=best, bound=bound))
        return an_outcome(None)

    with Search(report, a_problem(), time_limit_s=1, seed=1, workers=1) as search:
        search.outcome()

    assert search.standing().curve == ((0.0, 9, 0), (2.0, 8, 0), (3.0, 8, 1))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds to it")
def test_a_worker_cannot_take_more_memory_than_it_may(settings):
    before = resource.getrlimit(resource.RLIMIT_DATA)
    settings.RUN_MEMORY_MB = 4_096

    worker.limit_memory()
    try:
        with pytest.raises(MemoryError):
            bytearray(5 * 1024**3)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


@pytest.mark.django_db(transaction=True)
def test_the_engine_itself_takes_a_run_to_its_end(scenario):
    run = a_run(scenario=scenario, time_limit_s=1)

    solve_run(run.pk)

    run.refresh_from_db()
    plan = Plan.objects.get(run=run)
    assert (run.state, run.attempt) == (State.SUCCEEDED, 1)
    assert run.best_cents == plan.objective_cents
    assert run.bound_cents <= run.best_cents
    assert (plan.racks, plan.unplannable_racks) == (2, 0)
    assert plan.planned_steps.count() == 2 * 9
    assert run.curve
