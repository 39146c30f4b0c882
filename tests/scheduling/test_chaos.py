"""Whatever is killed, a run ends in a known state, with one plan at most."""

import os

import pytest
import redis
from celery import Celery
from django.db import transaction

from journal.models import Event
from scheduling.blobs import put_problem
from scheduling.engine.decode.board import Board
from scheduling.engine.rules import order_by
from scheduling.engine.spread.message import Answer, part_questions
from scheduling.engine.spread.part import cut
from scheduling.engine.spread.rounds import Task
from scheduling.models import Plan, Run, RunPart
from scheduling.outbox import IMPROVE_PART, SOLVE_QUEUE, SOLVE_RUN
from scheduling.services import parts, runs
from scheduling.services.scenarios import base_scenario
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.system import (
    a_system,
    ended,
    freeze_between_writes,
    kill,
    lapse,
    thaw,
    until,
)
from tests.builders.world import a_small_world

State = Run.State

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory, django_db_setup):
    """Return a broker, a dispatcher and room for workers, for all tests here."""
    found = a_system(tmp_path_factory.mktemp("system"))
    if found is None:
        pytest.skip("this machine has neither a bundled nor an own broker")
    yield found
    found.stop()


@pytest.fixture
def system(running):
    """Return the system; what it has said is shown when a test fails."""
    yield running
    print(running.logs())  # noqa: T201


@pytest.fixture
def scenario():
    """Return live data whose search takes as long as it is given."""
    return base_scenario(a_small_world(racks=16).site)


def ask(scenario, *, seconds):
    return runs.request_run(
        scenario=scenario, by=None, actor="user:1", time_limit_s=seconds
    )


def send(system, key, task=SOLVE_RUN):
    """Send a run's message, as the dispatcher would, or a part's."""
    client = Celery(broker=system.broker.url)
    client.send_task(task, args=[key], queue=SOLVE_QUEUE, ignore_result=True)


def offer(system, lease, task):
    """Offer a part of a run's plan, as the run's worker would."""
    (key,) = parts.offer(lease, [task])
    runs.heartbeat(lease, hold_s=600)
    send(system, key, IMPROVE_PART)


def messages_left(system):
    """Return how many messages wait for a worker."""
    with redis.Redis.from_url(system.broker.url) as client:
        return client.llen(SOLVE_QUEUE)


def has_plan(run):
    return Plan.objects.filter(run=run).exists()


def kinds(run):
    events = Event.objects.filter(object_type="run", object_id=run.pk)
    return list(events.order_by("pk").values_list("kind", flat=True))


def test_a_run_survives_the_death_of_its_worker(system, scenario):
    system.have_workers(2)
    run = ask(scenario, seconds=600)
    until(lambda: has_plan(run))

    kill(system.holder_of(run))
    lapse(run, time_limit_s=1)
    ended(run)

    assert (run.state, run.attempt, run.fencing_token) == (State.SUCCEEDED, 2, 2)
    assert Plan.objects.filter(run=run).count() == 1
    assert kinds(run) == ["run.requested", "run.succeeded"]


def test_a_worker_that_wakes_up_late_may_not_write(system, scenario):
    system.have_workers(2)
    run = ask(scenario, seconds=600)
    until(lambda: has_plan(run))
    sleeper = system.holder_of(run)

    freeze_between_writes(sleeper, run)
    lapse(run, time_limit_s=2)
    until(lambda: Run.objects.get(pk=run.pk).fencing_token == 2)
    thaw(sleeper)
    until(lambda: b"run taken by another worker" in sleeper.log.read_bytes())
    ended(run)

    assert (run.state, run.attempt, run.fencing_token) == (State.SUCCEEDED, 2, 2)
    assert Plan.objects.filter(run=run).count() == 1
    assert kinds(run) == ["run.requested", "run.succeeded"]


def test_runs_end_while_the_broker_is_dead_and_after_it_is_back(system, scenario):
    system.have_workers(1)
    first = ask(scenario, seconds=2)
    until(lambda: has_plan(first))

    kill(system.broker.process)
    ended(first)
    second = ask(scenario, seconds=1)
    system.start_broker()
    ended(second)

    assert (first.state, first.attempt) == (State.SUCCEEDED, 1)
    assert (second.state, second.attempt) == (State.SUCCEEDED, 1)


def test_a_message_that_comes_ten_times_makes_one_plan(system, scenario):
    system.have_workers(2)
    run = ask(scenario, seconds=1)

    for _ in range(10):
        send(system, run.pk)
    ended(run)
    until(lambda: messages_left(system) == 0)

    run.refresh_from_db()
    assert (run.state, run.attempt, run.fencing_token) == (State.SUCCEEDED, 1, 1)
    assert Plan.objects.filter(run=run).count() == 1
    assert kinds(run) == ["run.requested", "run.succeeded"]


def test_cancel_stops_the_search_and_keeps_the_plan(system, scenario):
    system.have_workers(1)
    run = ask(scenario, seconds=600)
    until(lambda: has_plan(run))

    runs.cancel(run=run, actor="user:1")
    ended(run)

    assert run.state == State.CANCELLED
    plan = Plan.objects.get(run=run)
    assert (run.best_cents, run.bound_cents) == (
        plan.objective_cents,
        plan.bound_cents,
    )
    assert kinds(run) == ["run.requested", "run.cancel_requested", "run.cancelled"]


def test_a_lost_helper_costs_its_part_only(system, scenario):
    """The run's worker is this process; who helps is killed while it searches."""
    problem = a_demo_like_problem(120)
    board = Board(problem)
    board.decode(order_by("earliest_due_date", board.tables))
    (message,) = part_questions(board, cut(board, 1, 0.5))
    with transaction.atomic():
        run = ask(scenario, seconds=600)
        lease = runs.claim(run.pk, "here:1")
    name = put_problem(problem).digest
    Run.objects.filter(pk=run.pk).update(input_hash=name)
    system.have_workers(1)

    offer(system, lease, Task(question=message, seconds=500, seed=1, cooled=0.5))
    until(lambda: parts.standing(lease).taken, within_s=120)
    group = os.getpgid(int(RunPart.objects.get().taken_by.rpartition(":")[2]))
    kill(next(one for one in system.have_workers(1) if one.popen.pid == group))

    assert parts.standing(lease) == parts.Standing(taken=1, answers={})
    system.have_workers(1)
    offer(system, lease, Task(question=message, seconds=1, seed=2, cooled=0.5))
    answers = until(lambda: parts.standing(lease).answers, within_s=120)
    assert Answer.from_bytes(answers[0]).moves > 0
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.RUNNING, 1)
