"""Alarms between systems: on the control page, and by number in the probe."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from journal.models import WebhookEndpoint
from journal.webhooks.endpoints import switch_off
from scheduling.models import CustomerPromise
from scheduling.queries.alarms import alarms
from tests.builders.webhooks import NOON, an_endpoint
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db


def an_endpoint_that(**values):
    """Return an endpoint in some state."""
    endpoint, _ = an_endpoint()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**values)
    return endpoint


def kinds(now):
    """Return the kinds of alarm at a moment."""
    return [alarm.kind for alarm in alarms(now)]


def test_a_receiver_that_fails_for_an_hour_is_an_alarm():
    an_endpoint_that(failing_since=NOON)

    assert kinds(NOON + timedelta(minutes=59)) == []
    assert kinds(NOON + timedelta(minutes=60)) == ["webhook_failing"]


@pytest.mark.parametrize(
    ("because", "found"),
    [("gone", ["webhook_off"]), ("failing", ["webhook_off"]), ("by_hand", [])],
)
def test_an_endpoint_that_was_not_switched_off_by_hand_is_an_alarm(because, found):
    endpoint, _ = an_endpoint()

    switch_off(endpoint=endpoint, because=WebhookEndpoint.Reason(because), now=NOON)

    assert kinds(NOON) == found


def test_the_control_page_and_the_probe_tell_of_a_promise_nobody_stored():
    world = a_small_world()
    order = world.order
    order.system, order.external_id = "erp", "SO-9"
    order.save()
    endpoint, _ = an_endpoint()
    endpoint.client.acknowledges_promises = True
    endpoint.client.save()
    with time_machine.travel(timezone.now() - timedelta(hours=5), tick=False):
        CustomerPromise.objects.create(
            order=order,
            number=1,
            kind="promise",
            date=timezone.now().date(),
            quantity=1,
            actor="system",
        )
    client = Client()
    client.force_login(a_user("planner", site=world.site))

    page = client.get("/").content.decode()
    probe = client.get("/readyz").json()

    assert "1\u00a0promise date not stored in erp." in page
    assert probe["alarms"] == {"promises_not_stored": 1}
