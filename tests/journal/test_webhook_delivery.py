"""Webhooks from the journal to the receiver: once each, and again after failure."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from standardwebhooks.webhooks import Webhook

from journal.cursors import consume
from journal.errors import (
    CapabilityMissingError,
    EndpointIsOffError,
    EndpointTakenError,
    KindsRefusedError,
    TooManyToReplayError,
)
from journal.keys import change_client
from journal.models import Delivery, Event, WebhookEndpoint
from journal.sequencing import sequence
from journal.webhooks import queue
from journal.webhooks.courier import (
    AT_FAILING_ENDPOINTS,
    JITTER,
    LEASE,
    RETRIES,
    _claim,
    wait_after,
)
from journal.webhooks.endpoints import rotate_secret, switch_off, switch_on
from journal.webhooks.queue import WEBHOOKS, forget_old, ping, replay, send_again
from journal.webhooks.sending import Post as RealPost
from journal.webhooks.sending import Sent
from tests.builders.api import Caller
from tests.builders.journal import an_event, numbered_events
from tests.builders.webhooks import (
    NOON,
    OPEN_DOOR,
    Held,
    Post,
    a_receiver,
    an_endpoint,
)

pytestmark = pytest.mark.django_db

TAKEN, BROKEN, GONE = Sent(204), Sent(500, "Answered 500"), Sent(410, "Answered 410")


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def happens(*kinds, **values):
    """Write events of some kinds and let the journal queue what is to be sent."""
    for kind in kinds:
        an_event(kind=kind, **values)
    sequence(limit=1_000)
    consume(WEBHOOKS, limit=1_000)


def sent_to(post):
    """Return the types of what was sent, in order."""
    return [json.loads(letter.body)["type"] for letter in post.letters]


def test_an_event_reaches_the_receiver_signed_thin_and_once():
    with a_receiver() as receiver:
        erp = Caller(sensitive_data=True, external_communication=True)
        endpoint, secret = an_endpoint(erp.client, url=receiver.url)
        happens("order.changed", object_id="12", after={"date": "2026-12-01"})
        courier = Post([TAKEN]).courier()
        courier.send = RealPost(door=OPEN_DOOR).send
        for _ in range(3):
            courier.work()

    ((_, headers, body),) = receiver.requests
    seq = Event.objects.get(kind="order.changed").seq
    said = Webhook(secret).verify(body, headers)
    assert said == {
        "type": "order.changed",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "data": {
            "seq": seq,
            "object_type": "order",
            "address": f"/api/v1/events/evt_{seq}",
        },
    }
    read = erp.get(said["data"]["address"].removeprefix("/api/v1/")).json()
    assert read["after"] == {"date": "2026-12-01"}
    assert headers["webhook-id"] == f"evt_{seq}"
    assert headers["content-type"] == "application/json"
    delivery = endpoint.deliveries.get()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)


def test_an_endpoint_is_sent_the_kinds_it_asked_for():
    an_endpoint(kinds="order.*, plan.published")
    happens("order.created", "plan.published", "plan.made", "commitment.changed")
    post = Post([TAKEN])

    post.courier().work()

    assert sent_to(post) == ["order.created", "plan.published"]


@pytest.mark.parametrize(
    ("capabilities", "learns"),
    [
        ({"sensitive_data": True}, ["order.created", "run.failed"]),
        ({"code_execution": True}, ["run.failed"]),
        ({}, []),
    ],
)
def test_an_endpoint_is_sent_what_its_client_could_read(capabilities, learns):
    an_endpoint(Caller(external_communication=True, **capabilities).client)
    happens("order.created", "run.failed", "api_client.changed", "webhook.changed")
    post = Post([TAKEN])

    post.courier().work()

    assert sent_to(post) == learns


def test_an_endpoint_is_sent_what_its_clients_scopes_let_it_read():
    client = Caller(external_communication=True, sensitive_data=True).client
    change_client(client=client, actor="system", scopes="events:read, runs:read")
    an_endpoint(client)
    happens("run.failed", object_type="run")
    happens("order.created", object_type="order")
    post = Post([TAKEN])

    post.courier().work()

    assert sent_to(post) == ["run.failed"]


def test_what_was_before_the_endpoint_is_not_sent():
    happens("order.created", at=NOON - timedelta(seconds=1))
    an_endpoint()
    happens("order.changed", at=NOON - timedelta(seconds=1))

    assert not Delivery.objects.exists()


def test_the_same_events_twice_are_queued_once():
    an_endpoint()
    happens("order.created")

    queue.queue(list(Event.objects.filter(kind="order.created")))

    assert Delivery.objects.count() == 1


def test_a_failed_one_is_tried_again_on_the_schedule_and_given_up_after_ten():
    endpoint, _ = an_endpoint()
    happens("order.created")
    post = Post([BROKEN])
    courier = post.courier()
    waits = []

    for _ in range(len(RETRIES) + 1):
        courier.work()
        delivery = endpoint.deliveries.get()
        if delivery.due_at is not None:
            waits.append(delivery.due_at - post.now)
            post.now = delivery.due_at - timedelta(seconds=1)
            courier.work()
            post.now = delivery.due_at

    assert len(post.letters) == 10
    assert len({letter.headers["webhook-id"] for letter in post.letters}) == 1
    assert len({letter.headers["webhook-timestamp"] for letter in post.letters}) == 10
    for wait, planned in zip(waits, RETRIES, strict=True):
        assert planned <= wait <= planned * (1 + JITTER)
    assert (delivery.state, delivery.error) == ("given_up", "Answered 500")


def test_what_failed_together_spreads():
    waits = {wait_after(2, key) for key in range(100)}

    assert len(waits) > 90


def test_a_receiver_that_comes_back_is_no_longer_failing():
    endpoint, _ = an_endpoint()
    happens("order.created")
    post = Post([BROKEN, TAKEN])
    courier = post.courier()

    courier.work()
    endpoint.refresh_from_db()
    assert endpoint.failing_since == NOON
    post.later(seconds=6)
    courier.work()

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    assert endpoint.deliveries.get().state == "delivered"


def test_410_switches_the_endpoint_off_and_the_journal_says_so():
    endpoint, _ = an_endpoint()
    happens("order.created")

    Post([GONE]).courier().work()

    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.disabled_because) == (False, "gone")
    assert endpoint.deliveries.get().state == "given_up"
    told = Event.objects.get(kind="webhook.disabled")
    assert (told.actor, told.after) == ("system", {"because": "gone"})
    happens("order.changed")
    assert endpoint.deliveries.count() == 1


def test_days_of_failure_switch_it_off_and_what_waits_is_kept(settings):
    settings.WEBHOOK_FAILING_DAYS = 2
    endpoint, _ = an_endpoint()
    happens("order.created", "order.changed")
    post = Post([BROKEN])
    courier = post.courier()

    courier.work()
    post.later(days=1, hours=23)
    courier.work()
    endpoint.refresh_from_db()
    assert endpoint.is_active
    post.later(hours=2)
    courier.work()

    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.disabled_because) == (False, "failing")
    tried = len(post.letters)
    post.later(days=9)
    courier.work()
    assert len(post.letters) == tried
    switch_on(endpoint=endpoint, actor="user:7")
    post.answers = [TAKEN]
    courier.work()
    assert not endpoint.deliveries.exclude(state="delivered").exists()


def test_a_killed_dispatcher_loses_nothing_and_the_message_keeps_its_id():
    endpoint, _ = an_endpoint()
    happens("order.created")
    killed, post = Post([TAKEN]), Post([TAKEN])
    killed.courier(Held()).work()

    post.courier().work()
    assert post.letters == []
    post.later(seconds=LEASE.total_seconds())
    post.courier().work()

    assert len(post.letters) == 1
    assert endpoint.deliveries.get().state == "delivered"


def test_two_dispatchers_do_not_send_the_same():
    an_endpoint()
    happens("order.created")
    first, second = Post([TAKEN]), Post([TAKEN])
    chosen = [post.courier()._choose(NOON) for post in (first, second)]

    assert [_claim(rows[0], NOON) for rows in chosen] == [True, False]


def test_slow_and_failing_receivers_do_not_hold_up_the_others():
    for number in range(6):
        endpoint, _ = an_endpoint(url=f"http://127.0.0.1/failing/{number}")
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=NOON)
    an_endpoint(url="http://127.0.0.1/slow")
    happens(*["order.changed"] * 60)
    courier = Post([TAKEN]).courier(Held())
    courier.work()
    under_way = [row.endpoint.url for row in courier.under_way.values()]

    assert sum("failing" in url for url in under_way) == AT_FAILING_ENDPOINTS
    assert under_way.count("http://127.0.0.1/slow") == 2
    # A thread is left for an endpoint that comes now.
    late, _ = an_endpoint(url="http://127.0.0.1/late")
    happens("order.created")
    courier.work()
    assert late.pk in {row.endpoint_id for row in courier.under_way.values()}


def test_what_fails_here_is_noted_and_tried_again():
    endpoint, _ = an_endpoint()
    happens("order.created")
    courier = Post([TAKEN]).courier()

    def broken(letter):
        """Fail in our own code."""
        raise ZeroDivisionError

    courier.send = broken
    courier.work()

    delivery = endpoint.deliveries.get()
    assert (delivery.state, delivery.status) == ("waiting", None)
    assert delivery.error == "It could not be sent; the log says why"


def test_a_ping_tries_the_way():
    endpoint, _ = an_endpoint(kinds="plan.published")
    post = Post([TAKEN])

    ping(endpoint=endpoint)
    post.courier().work()

    assert sent_to(post) == ["ping"]
    assert post.letters[0].headers["webhook-id"].startswith("ping_")


def test_one_is_sent_again_under_its_old_id():
    endpoint, _ = an_endpoint()
    happens("order.created")
    post = Post([TAKEN])
    courier = post.courier()
    courier.work()

    send_again(delivery=endpoint.deliveries.get())
    courier.work()

    assert len(post.letters) == 2
    assert len({letter.headers["webhook-id"] for letter in post.letters}) == 1
    assert endpoint.deliveries.count() == 1


def test_everything_since_a_moment_is_sent_again_what_was_missed_too():
    endpoint, _ = an_endpoint(kinds="order.*")
    happens("order.created")
    post = Post([TAKEN])
    courier = post.courier()
    courier.work()
    switch_off(endpoint=endpoint, because=WebhookEndpoint.Reason.BY_HAND, now=NOON)
    happens("order.changed", "plan.published")
    switch_on(endpoint=endpoint, actor="user:7")
    endpoint.refresh_from_db()

    count = replay(endpoint=endpoint, since=NOON)
    courier.work()

    assert count == 2
    assert sent_to(post) == ["order.created", "order.created", "order.changed"]


def test_a_replay_has_a_limit(monkeypatch):
    endpoint, _ = an_endpoint()
    happens("order.created", "order.changed", "order.paused")
    monkeypatch.setattr(queue, "REPLAY_MOST", 2)

    with pytest.raises(TooManyToReplayError, match="more than 2 events"):
        replay(endpoint=endpoint, since=NOON)


def test_while_a_secret_changes_both_verify():
    endpoint, old = an_endpoint()
    new = rotate_secret(endpoint=endpoint, actor="user:7", overlap=timedelta(hours=24))
    happens("order.created", "order.changed")
    post = Post([BROKEN])
    courier = post.courier()
    courier.work()
    letter = post.letters[0]

    for secret in (old, new):
        Webhook(secret).verify(letter.body, dict(letter.headers))
    post.later(hours=24)
    courier.work()
    assert letter.headers["webhook-signature"].count("v1,") == 2
    assert post.letters[-1].headers["webhook-signature"].count("v1,") == 1


def test_an_endpoint_needs_external_communication():
    client = Caller(sensitive_data=True).client

    with pytest.raises(CapabilityMissingError, match="external communication"):
        an_endpoint(client)


def test_a_client_that_loses_the_capability_is_sent_nothing_more():
    endpoint, _ = an_endpoint()
    happens("order.created")
    change_client(client=endpoint.client, actor="user:7", external_communication=False)
    post = Post([TAKEN])

    post.courier().work()
    happens("order.changed")

    assert post.letters == []
    assert Delivery.objects.count() == 1
    with pytest.raises(EndpointIsOffError):
        ping(endpoint=WebhookEndpoint.objects.get())


def test_a_client_has_an_address_once_and_kinds_are_read():
    endpoint, _ = an_endpoint()

    with pytest.raises(EndpointTakenError):
        an_endpoint(endpoint.client)
    with pytest.raises(KindsRefusedError, match="'everything' is no kind"):
        an_endpoint(endpoint.client, url="http://127.0.0.1/b", kinds="everything")
    assert WebhookEndpoint.objects.count() == 1


def test_old_deliveries_are_forgotten_and_waiting_ones_are_not(settings):
    settings.WEBHOOK_KEPT_DAYS = 30
    endpoint, _ = an_endpoint()
    happens("order.created")
    Post([TAKEN]).courier().work()
    ping(endpoint=endpoint)

    assert forget_old(NOON + timedelta(days=30)) == 0
    assert forget_old(NOON + timedelta(days=31)) == 1
    assert [row.event for row in endpoint.deliveries.all()] == [None]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"due_at": None}, "delivery_waiting_iff_due"),
        ({"state": "delivered"}, "delivery_waiting_iff_due"),
        ({"status": 7}, "delivery_status_range"),
    ],
)
def test_a_deliverys_state_and_moments_agree(values, name):
    endpoint, _ = an_endpoint()
    ping(endpoint=endpoint)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Delivery.objects.update(**values)


def test_an_endpoint_that_is_off_says_why():
    an_endpoint()

    with (
        pytest.raises(IntegrityError, match="webhook_endpoint_off_says_why"),
        transaction.atomic(),
    ):
        WebhookEndpoint.objects.update(is_active=False)


def test_queueing_costs_the_same_however_many_events(django_assert_num_queries):
    an_endpoint()
    events = numbered_events(30)

    for some in (events[:1], events[1:]):
        with django_assert_num_queries(2):
            queue.queue(some)
