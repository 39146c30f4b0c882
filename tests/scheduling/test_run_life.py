"""A run is asked for, claimed, reported on and ended; each move leaves its event."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from journal.models import Event
from scheduling.errors import (
    FencedOutError,
    RunFinishedError,
    RunSettingError,
    RunUnfinishedError,
)
from scheduling.models import Run
from scheduling.services import runs
from scheduling.services.runs import Progress
from tests.builders.runs import a_claimed_run, a_run, a_scenario

State = Run.State
CURVE = ((0.5, 900, 100), (1.5, 800, 200))


def ask(scenario, **changes):
    return runs.request_run(scenario=scenario, by=None, actor="user:7", **changes)


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", "actor"))


@pytest.mark.django_db
def test_a_request_makes_a_queued_run_and_an_event():
    run = ask(a_scenario(), time_limit_s=20, seed=5, workers=3)

    run.refresh_from_db()
    assert run.state == State.QUEUED
    assert (run.time_limit_s, run.seed, run.workers) == (20, 5, 3)
    assert (run.sent_at, run.attempt, run.fencing_token) == (None, 0, 0)
    event = Event.objects.get()
    assert (event.kind, event.object_type) == ("run.requested", "run")
    assert (event.object_id, event.actor) == (str(run.pk), "user:7")
    assert event.after == {
        "kind": "optimize",
        "favour": "balance",
        "may_move_frozen": False,
        "towards": None,
        "improves": None,
        "time_limit_s": 20,
        "seed": 5,
        "workers": 3,
    }


@pytest.mark.django_db
def test_a_request_takes_a_minute_and_the_machines_threads_by_default():
    run = ask(a_scenario())

    assert (run.time_limit_s, run.seed) == (60, 1)
    assert run.workers == settings.RUN_THREADS


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_a_second_request_is_told_of_the_unfinished_run(state):
    first = a_run(state)

    with pytest.raises(RunUnfinishedError) as refusal:
        ask(first.scenario)

    assert refusal.value.run == first.pk
    assert str(refusal.value) == (
        f"Run {first.pk} is still {state.value}. Wait for its end, or cancel it."
    )
    assert Run.objects.count() == 1
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_a_run_that_has_ended_stands_in_nobodys_way(state):
    first = a_run(state)

    assert ask(first.scenario).state == State.QUEUED


@pytest.mark.django_db
def test_a_run_that_was_asked_to_stop_stands_in_nobodys_way_and_ends_first():
    first, lease = a_claimed_run()
    runs.cancel(run=first, actor="user:7")
    second = ask(first.scenario)

    assert list(Run.objects.to_send(again_after=timedelta(0))) == []
    runs.finish(lease, progress=Progress(phase="stopped"))
    assert list(Run.objects.to_send(again_after=timedelta(0))) == [second]


@pytest.mark.django_db
def test_another_scenario_may_run_beside():
    a_run()

    assert ask(a_scenario()).state == State.QUEUED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            {"time_limit_s": 0},
            "Time limit in seconds is 0; it must be 1 to 600.",
        ),
        (
            {"time_limit_s": 601},
            "Time limit in seconds is 601; it must be 1 to 600.",
        ),
        ({"seed": 0}, "Seed is 0; it must be 1 to 2,000,000,000."),
        ({"workers": 65}, "Threads is 65; it must be 1 to 64."),
    ],
)
def test_a_setting_out_of_range_is_refused_in_words(setting, sentence):
    with pytest.raises(RunSettingError) as refusal:
        ask(a_scenario(), **setting)

    assert str(refusal.value) == sentence
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_requests_at_once_one_makes_a_run_and_seven_are_told():
    scenario = a_scenario()

    def press():
        try:
            return ask(scenario).pk
        except RunUnfinishedError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = [answer.result() for answer in [pool.submit(press) for _ in range(8)]]

    (made,) = [answer for answer in answers if isinstance(answer, int)]
    refusals = [answer for answer in answers if not isinstance(answer, int)]
    assert Run.objects.get().pk == made
    assert [refusal.run for refusal in refusals] == [made] * 7
    assert kinds() == [("run.requested", "user:7")]


@pytest.mark.django_db
def test_a_claim_leases_the_run_and_raises_attempt_and_token():
    run = a_run()

    lease = runs.claim(run.pk, "host:12")

    run.refresh_from_db()
    assert lease == runs.Lease(run.pk, 1)
    assert (run.state, run.lease_owner) == (State.RUNNING, "host:12")
    assert (run.attempt, run.fencing_token) == (1, 1)
    assert run.started_at is not None
    held_s = (run.lease_until - run.heartbeat_at).total_seconds()
    assert held_s == pytest.approx(settings.RUN_LEASE_S, abs=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [State.RUNNING, State.SUCCEEDED, State.FAILED, State.CANCELLED]
)
def test_only_a_queued_run_is_claimed(state):
    run = a_run(state)

    assert runs.claim(run.pk, "host:2") is None

    run.refresh_from_db()
    assert (run.state, run.fencing_token) == (state, 1)


@pytest.mark.django_db
def test_a_run_that_does_not_exist_is_not_claimed():
    assert runs.claim(404, "host:1") is None


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_ten_times_at_once_is_claimed_once():
    run = a_run()

    def receive(number):
        lease = runs.claim(run.pk, f"host:{number}")
        connection.close()
        return lease

    with ThreadPoolExecutor(10) as pool:
        leases = [lease for lease in pool.map(receive, range(10)) if lease]

    assert leases == [runs.Lease(run.pk, 1)]
    run.refresh_from_db()
    assert (run.attempt, run.fencing_token) == (1, 1)


@pytest.mark.django_db
def test_a_heartbeat_renews_the_lease_and_tells_how_far_the_search_is():
    run, lease = a_claimed_run()
    claimed_until = run.lease_until
    # The database's clock may stand still for as long as this test takes.
    run.lease_until -= timedelta(seconds=5)
    run.save()

    runs.heartbeat(
        lease,
        Progress(phase="improving", best_cents=800, bound_cents=200, curve=CURVE),
    )

    run.refresh_from_db()
    assert run.lease_until >= claimed_until
    assert (run.phase, run.best_cents, run.bound_cents) == ("improving", 800, 200)
    assert run.curve == [[0.5, 900, 100], [1.5, 800, 200]]
    assert run.gap == 0.75


@pytest.mark.django_db
def test_the_input_is_kept_with_the_run():
    run, lease = a_claimed_run()

    runs.note_input(lease, input_hash="ab" * 32, event_seq=41, versions={"a": "1"})

    run.refresh_from_db()
    assert (run.input_hash, run.event_seq) == ("ab" * 32, 41)
    assert run.versions == {"a": "1"}


@pytest.mark.django_db
def test_a_finished_run_says_what_was_found_and_by_whom():
    run, lease = a_claimed_run()

    runs.finish(
        lease,
        progress=Progress(phase="done", best_cents=800, bound_cents=300, curve=CURVE),
        found_by="cpsat",
    )

    run.refresh_from_db()
    assert (run.state, run.phase, run.found_by) == (State.SUCCEEDED, "done", "cpsat")
    assert (run.best_cents, run.bound_cents) == (800, 300)
    assert run.ended_at is not None
    event = Event.objects.get()
    assert (event.kind, event.actor) == ("run.succeeded", "system")
    assert event.after == {"best_cents": 800, "bound_cents": 300}


@pytest.mark.django_db
def test_a_failed_run_keeps_its_code_and_a_sentence_a_line():
    run, lease = a_claimed_run()

    runs.fail(lease, code="unusable_input", sentences=("No bays.", "No crews."))

    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "unusable_input")
    assert run.error == "No bays.\nNo crews."
    event = Event.objects.get()
    assert event.kind == "run.failed"
    assert event.after == {
        "error_code": "unusable_input",
        "sentences": ["No bays.", "No crews."],
    }


@pytest.mark.django_db
def test_a_queued_run_is_cancelled_at_once():
    run = a_run()

    cancelled = runs.cancel(run=run, actor="user:3")

    assert cancelled.state == State.CANCELLED
    assert cancelled.ended_at is not None
    assert kinds() == [("run.cancelled", "user:3")]


@pytest.mark.django_db
def test_a_running_run_is_asked_to_stop_and_ends_cancelled():
    run, lease = a_claimed_run()
    assert runs.is_cancel_requested(lease) is False

    asked = runs.cancel(run=run, actor="user:3")
    again = runs.cancel(run=run, actor="user:4")

    assert (asked.state, asked.is_stopping) == (State.RUNNING, True)
    assert again.cancel_requested_at == asked.cancel_requested_at
    assert runs.is_cancel_requested(lease) is True
    runs.finish(lease, progress=Progress(phase="done", best_cents=900))
    run.refresh_from_db()
    assert (run.state, run.best_cents) == (State.CANCELLED, 900)
    assert run.is_stopping is False
    assert kinds() == [("run.cancel_requested", "user:3"), ("run.cancelled", "system")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_a_run_that_has_ended_cannot_be_cancelled(state):
    run = a_run(state)

    with pytest.raises(RunFinishedError) as refusal:
        runs.cancel(run=run, actor="user:3")

    assert str(refusal.value) == f"Run {run.pk} has already ended: it is {state.value}."
    assert not Event.objects.exists()


WRITES = [
    pytest.param(runs.heartbeat, id="heartbeat"),
    pytest.param(runs.is_cancel_requested, id="look"),
    pytest.param(
        lambda lease: runs.note_input(lease, input_hash="", event_seq=0, versions={}),
        id="input",
    ),
    pytest.param(
        lambda lease: runs.note_first_plan(lease, Run.objects.get(pk=lease.run_id)),
        id="first plan",
    ),
    pytest.param(
        lambda lease: runs.finish(lease, progress=Progress(phase="done")), id="finish"
    ),
    pytest.param(
        lambda lease: runs.fail(lease, code="late", sentences=("Late.",)), id="fail"
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES)
def test_a_worker_whose_run_went_to_another_may_not_write(write):
    run, stale = a_claimed_run()
    Run.objects.filter(pk=run.pk).update(fencing_token=2, lease_owner="host:2")
    before = Run.objects.filter(pk=run.pk).values().get()

    with pytest.raises(FencedOutError):
        write(stale)

    assert Run.objects.filter(pk=run.pk).values().get() == before
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES)
def test_a_run_that_has_ended_takes_no_more_writes(write):
    run, lease = a_claimed_run()
    runs.finish(lease, progress=Progress(phase="done"))
    before = Run.objects.filter(pk=run.pk).values().get()

    with pytest.raises(FencedOutError):
        write(lease)

    assert Run.objects.filter(pk=run.pk).values().get() == before
