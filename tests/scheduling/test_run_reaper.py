"""A run whose worker fell silent goes back to the queue, or ends after three tries."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from journal.models import Event
from scheduling.errors import FencedOutError
from scheduling.models import Run
from scheduling.services import runs
from scheduling.services.runs import Progress
from tests.builders.runs import a_claimed_run, a_run, let_lapse

State = Run.State


@pytest.mark.django_db
def test_a_run_whose_lease_holds_is_left_alone():
    run, _ = a_claimed_run()

    assert runs.reap() == 0

    run.refresh_from_db()
    assert run.state == State.RUNNING


@pytest.mark.django_db
def test_a_lapsed_run_goes_back_to_the_queue_to_be_sent_anew():
    run, _ = a_claimed_run(sent_at=Now())
    let_lapse(run)

    assert runs.reap() == 1

    run.refresh_from_db()
    assert (run.state, run.attempt, run.sent_at) == (State.QUEUED, 1, None)
    assert (run.lease_owner, run.lease_until) == ("", None)
    assert list(Run.objects.to_send(again_after=timedelta(hours=1))) == [run]
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_the_worker_that_comes_back_is_refused_and_the_next_one_is_not():
    run, slow = a_claimed_run()
    let_lapse(run)
    runs.reap()

    with pytest.raises(FencedOutError):
        runs.heartbeat(slow)
    second = runs.claim(run.pk, "host:2")
    with pytest.raises(FencedOutError):
        runs.finish(slow, progress=Progress(phase="done"))
    runs.finish(second, progress=Progress(phase="done", best_cents=5))

    run.refresh_from_db()
    assert (run.state, run.attempt, run.fencing_token) == (State.SUCCEEDED, 2, 2)
    assert run.best_cents == 5


@pytest.mark.django_db
def test_a_slow_worker_that_is_not_reaped_yet_may_go_on():
    run, lease = a_claimed_run()
    let_lapse(run)

    runs.heartbeat(lease)

    assert runs.reap() == 0


@pytest.mark.django_db
def test_a_new_attempt_starts_from_nothing_but_the_first_start():
    run, lease = a_claimed_run()
    started_at = run.started_at
    runs.heartbeat(
        lease,
        Progress(phase="improving", best_cents=9, bound_cents=1, curve=((1.0, 9, 1),)),
    )
    let_lapse(run)
    runs.reap()

    runs.claim(run.pk, "host:2")

    run.refresh_from_db()
    assert (run.best_cents, run.bound_cents, run.curve) == (None, None, [])
    assert run.started_at == started_at


@pytest.mark.django_db
def test_after_the_third_loss_the_run_has_failed_and_says_so():
    run = a_run()
    for _ in range(3):
        assert runs.claim(run.pk, "host:1") is not None
        let_lapse(run)
        runs.reap()

    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.FAILED, 3)
    assert run.error_code == "worker_lost"
    assert run.error == (
        f"The worker stopped 3 times while it worked on run {run.pk}. "
        "Its log says why; memory is the usual reason."
    )
    assert runs.claim(run.pk, "host:1") is None
    assert Event.objects.get().kind == "run.failed"


@pytest.mark.django_db
def test_a_lapsed_run_that_was_to_stop_is_cancelled_not_tried_again():
    run, _ = a_claimed_run()
    runs.cancel(run=run, actor="user:3")
    let_lapse(run)

    assert runs.reap() == 1

    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "run.cancel_requested",
        "run.cancelled",
    ]


@pytest.mark.django_db
def test_a_run_with_a_fresh_message_is_not_sent_again():
    run = a_run(sent_at=Now() - timedelta(hours=2))

    assert list(Run.objects.to_send(again_after=timedelta(hours=3))) == []
    assert list(Run.objects.to_send(again_after=timedelta(hours=1))) == [run]


@pytest.mark.django_db
def test_a_run_that_is_under_way_or_over_is_not_sent():
    for state in (State.RUNNING, State.SUCCEEDED, State.FAILED, State.CANCELLED):
        a_run(state)

    assert list(Run.objects.to_send(again_after=timedelta(0))) == []
