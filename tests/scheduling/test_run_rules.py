"""What the database refuses to believe of a run, whoever writes it."""

import pytest
from django.db import IntegrityError, connection, transaction

from scheduling.models import Run
from scheduling.services import runs
from scheduling.services.runs import Progress
from tests.builders.runs import a_claimed_run, a_run, let_lapse
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import a_small_world

State = Run.State
UNIQUE = {
    "postgresql": "run_one_going_a_scenario",
    "sqlite": "scheduling_run.scenario_id",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "changes", "name"),
    [
        (State.RUNNING, {"lease_until": None}, "run_running_is_leased"),
        (State.RUNNING, {"heartbeat_at": None}, "run_running_is_leased"),
        (State.RUNNING, {"started_at": None}, "run_running_is_leased"),
        (State.SUCCEEDED, {"ended_at": None}, "run_ended_iff_final"),
        (State.CANCELLED, {"ended_at": None}, "run_ended_iff_final"),
        (State.FAILED, {"error": ""}, "run_failed_says_why"),
        (State.RUNNING, {"attempt": 4}, "run_at_most_three_attempts"),
        (State.RUNNING, {"best_cents": 1, "bound_cents": 2}, "run_bound_below_best"),
        (State.QUEUED, {"time_limit_s": 0}, "run_time_limit_range"),
        (State.QUEUED, {"time_limit_s": 3601}, "run_time_limit_range"),
        (State.QUEUED, {"workers": 0}, "run_workers_range"),
        (State.QUEUED, {"workers": 65}, "run_workers_range"),
    ],
)
def test_an_impossible_run_is_refused_by_name(state, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        a_run(state, **changes)


@pytest.mark.django_db
def test_two_unfinished_runs_of_one_scenario_are_refused():
    first = a_run(State.RUNNING)

    with (
        pytest.raises(IntegrityError, match=UNIQUE[connection.vendor]),
        transaction.atomic(),
    ):
        a_run(State.QUEUED, scenario=first.scenario)


def _claimed():
    run, _ = a_claimed_run()
    return run


def _finished():
    run, lease = a_claimed_run()
    runs.finish(lease, progress=Progress(phase="done"))
    return run


def _failed():
    run, lease = a_claimed_run()
    runs.fail(lease, code="no_plan", sentences=("No rack can be planned.",))
    return run


def _requeued():
    run, _ = a_claimed_run()
    let_lapse(run)
    runs.reap()
    return run


def _cancelled_queued():
    return runs.cancel(run=a_run(), actor="user:1")


def _cancelled_running():
    run, lease = a_claimed_run()
    runs.cancel(run=run, actor="user:1")
    runs.finish(lease, progress=Progress(phase="done"))
    return run


MOVES = {
    (State.QUEUED, State.RUNNING): _claimed,
    (State.QUEUED, State.CANCELLED): _cancelled_queued,
    (State.RUNNING, State.SUCCEEDED): _finished,
    (State.RUNNING, State.FAILED): _failed,
    (State.RUNNING, State.CANCELLED): _cancelled_running,
    (State.RUNNING, State.QUEUED): _requeued,
}


@pytest.mark.django_db
@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move[0]} to {move[1]}")
def test_every_move_of_the_table_can_be_made(move):
    run = MOVES[move]()

    run.refresh_from_db()
    assert run.state == move[1]


def test_the_table_of_moves_lists_these_and_no_others():
    listed = {(start, end) for start, ends in Run.MOVES.items() for end in ends}

    assert listed == set(MOVES)
    assert set(Run.MOVES) == set(State)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"kind": "guess"}, "run_kind_known"),
        ({"favour": "moves"}, "run_favour_of_a_repair"),
        ({"kind": "repair", "favour": "luck"}, "run_favour_of_a_repair"),
    ],
)
def test_a_run_of_no_known_kind_is_refused_by_name(changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        a_run(**changes)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["towards", "improves"])
def test_only_a_repair_keeps_to_a_plan_or_improves_one(column):
    plan = a_stored_plan(a_small_world().site)

    name = f"run_{column}_of_a_repair"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        a_run(**{column: plan})
