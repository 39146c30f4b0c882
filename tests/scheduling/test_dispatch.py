"""The dispatcher moves on what is committed; what fails is tried again, alone."""

import threading
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from config.celery import app as celery_app
from factory.order_rules import Kind, Wish
from journal.cursors import Consumer
from journal.models import Event, ProcessBeat
from scheduling.dispatcher import Chore, chores, run_until, tick
from scheduling.models import Run
from scheduling.outbox import (
    ANSWER_QUOTE,
    HARD_MARGIN_S,
    PREVIEW_CHANGE,
    SOLVE_RUN,
    send_previews,
    send_quotes,
    send_runs,
)
from scheduling.services.previews import dry_run
from scheduling.services.quotes import request_quote
from tests.builders.factory import a_site
from tests.builders.journal import an_event, numbered_events
from tests.builders.runs import a_claimed_run, a_run, let_lapse
from tests.builders.world import a_small_world

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _current_app():
    celery_app.set_default()


@pytest.fixture
def sent():
    """Return a reader of the messages on the queue, which begins and ends empty."""
    with reading("solve") as messages:
        yield messages


@contextmanager
def reading(name):
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(name)
        with closing(queue):
            queue.clear()

            def messages():
                # Not by the queue's size: in Redis an empty queue is no queue at all.
                found = []
                with suppress(queue.Empty):
                    while True:
                        message = queue.get_nowait()
                        message.ack()
                        found.append(message)
                return found

            yield messages
            queue.clear()


@pytest.mark.django_db
def test_a_queued_run_is_sent_by_its_number(sent):
    run = a_run(time_limit_s=20)

    assert send_runs() == 1

    (message,) = sent()
    assert message.headers["task"] == "scheduling.tasks.solve_run"
    assert message.payload[0] == [run.pk]
    assert message.headers["timelimit"] == [20 + HARD_MARGIN_S, None]
    run.refresh_from_db()
    assert run.sent_at is not None


@pytest.mark.django_db
def test_no_search_stands_before_a_question_that_is_waited_for(sent):
    world = a_small_world()
    a_run()
    request_quote(
        site=world.site,
        rack_model=world.model,
        quantity=1,
        wish_date=world.order.requested_date,
        actor="user:7",
    )
    wish = Wish(kind=Kind.INCREASE, reason="More halls.", quantity=9)
    dry_run(order=world.order, wish=wish, actor="user:7")

    with reading("answer") as asked:
        assert [send_runs(), send_quotes(), send_previews()] == [1, 1, 1]

        assert [one.headers["task"] for one in asked()] == [
            ANSWER_QUOTE,
            PREVIEW_CHANGE,
        ]
    assert [one.headers["task"] for one in sent()] == [SOLVE_RUN]


@pytest.mark.django_db
def test_a_run_is_sent_once(sent):
    a_run()

    assert [send_runs(), send_runs()] == [1, 0]

    assert len(sent()) == 1


@pytest.mark.django_db
def test_a_message_nobody_answered_is_sent_again(sent, settings):
    run = a_run(sent_at=Now() - timedelta(seconds=settings.RUN_RESEND_S + 1))

    assert [send_runs(), send_runs()] == [1, 0]

    assert [message.payload[0] for message in sent()] == [[run.pk]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state",
    [Run.State.RUNNING, Run.State.SUCCEEDED, Run.State.FAILED, Run.State.CANCELLED],
)
def test_a_run_that_needs_no_worker_is_not_sent(sent, state):
    a_run(state)

    assert send_runs() == 0

    assert sent() == []


@pytest.mark.django_db
def test_a_run_waits_while_the_broker_is_down_and_goes_out_when_it_is_back(
    sent, settings
):
    run = a_run()
    answering = settings.CELERY_BROKER_URL

    settings.CELERY_BROKER_URL = NOBODY_LISTENS
    with pytest.raises(OperationalError):
        send_runs()
    run.refresh_from_db()
    assert run.sent_at is None

    settings.CELERY_BROKER_URL = answering
    assert send_runs() == 1
    assert [message.payload[0] for message in sent()] == [[run.pk]]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_stops_no_other_chore(settings):
    settings.CELERY_BROKER_URL = NOBODY_LISTENS
    waiting = a_run()
    lapsed, _ = a_claimed_run()
    let_lapse(lapsed)
    event = an_event()

    tick(chores())

    assert Event.objects.get(pk=event.pk).seq == 1
    assert Run.objects.get(pk=lapsed.pk).state == Run.State.QUEUED
    assert Run.objects.get(pk=waiting.pk).sent_at is None
    assert ProcessBeat.objects.filter(name="dispatch").exists()


@pytest.mark.django_db
def test_once_does_every_chore_once(sent):
    run = a_run()
    event = an_event()

    call_command("dispatch", once=True)

    assert Event.objects.get(pk=event.pk).seq == 1
    assert [message.payload[0] for message in sent()] == [[run.pk]]
    assert ProcessBeat.objects.filter(name="dispatch").exists()


@pytest.mark.django_db
def test_a_consumer_is_shown_events_as_soon_as_they_have_numbers():
    seen = []
    an_event()
    consumer = Consumer(
        name="feed", handle=lambda events: seen.extend(event.seq for event in events)
    )
    work = chores([consumer])

    tick(work)
    numbered_events(2)
    tick(work)
    tick(work)

    assert seen == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_consumer_that_fails_does_not_stop_the_next_one():
    seen = []
    numbered_events(1)

    def fail(events):
        raise ValueError("broken consumer")

    tick(
        chores(
            [
                Consumer(name="broken", handle=fail),
                Consumer(name="sound", handle=seen.extend),
            ]
        )
    )

    assert [event.seq for event in seen] == [1]


@pytest.mark.django_db
def test_a_chore_is_done_when_it_is_due_and_later_after_a_failure():
    done = []
    is_broken = True

    def work():
        if is_broken:
            raise OSError("away")
        done.append(1)

    chore = Chore(name="example", work=work, every_s=5.0)

    chore.do(now_s=100.0)
    is_broken = False
    chore.do(now_s=100.5)
    assert done == []
    chore.do(now_s=101.0)
    assert done == [1]
    chore.do(now_s=105.9)
    assert done == [1]
    chore.do(now_s=106.0)
    assert done == [1, 1]


def test_a_dispatcher_asked_to_stop_ends_after_the_chore_in_hand():
    stop = threading.Event()
    done = []

    def work():
        done.append("begun")
        stop.set()
        done.append("ended")

    run_until(stop, [Chore(name="example", work=work)])

    assert done == ["begun", "ended"]


@pytest.mark.django_db
def test_optimize_asks_for_a_run_of_the_only_site():
    site = a_site()
    out = StringIO()

    call_command("optimize", seconds=20, seed=4, stdout=out)

    run = Run.objects.get()
    assert (run.scenario.site, run.scenario.is_base) == (site, True)
    assert (run.time_limit_s, run.seed, run.actor) == (20, 4, "system")
    assert out.getvalue() == f"Run {run.pk} of {site.name} is queued.\n"


@pytest.mark.django_db
def test_optimize_uses_the_live_data_that_is_there():
    first = a_run(Run.State.SUCCEEDED)

    call_command("optimize", verbosity=0)

    assert Run.objects.latest("pk").scenario == first.scenario


@pytest.mark.django_db
def test_optimize_says_why_it_cannot():
    with pytest.raises(CommandError, match="There is no site yet"):
        call_command("optimize")
    first = a_run()
    with pytest.raises(CommandError, match=f"Run {first.pk} is still queued"):
        call_command("optimize")
    with pytest.raises(CommandError, match="There is no site MARS"):
        call_command("optimize", site="MARS")
    a_site()
    with pytest.raises(CommandError, match="several sites: name one with --site"):
        call_command("optimize")
