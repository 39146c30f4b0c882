"""Long bulk writes by the running system: broker, worker, event, webhook."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from standardwebhooks import Webhook

from factory.models import Part
from journal.models import BulkItem, BulkOperation, Event
from tests.builders.api import Caller
from tests.builders.system import System, a_system, kill, until
from tests.builders.webhooks import a_receiver, an_endpoint

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

MANY = 4_001
STEPS_S = 120.0
"""For each step of the system on a busy machine."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: Any, django_db_setup: None) -> Iterator[System]:
    """Return a broker, a dispatcher and room for workers, for all tests here."""
    folder = tmp_path_factory.mktemp("system")
    # Webhooks' secrets are made of the key.
    found = a_system(
        folder, WEBHOOK_PRIVATE_HOSTS="127.0.0.1", SECRET_KEY=settings.SECRET_KEY
    )
    if found is None:
        pytest.skip("this machine has neither a bundled nor an own broker")
    yield found
    found.stop()


@pytest.fixture
def system(running: System) -> Iterator[System]:
    """Return the system; what it has said is shown when a test fails."""
    yield running
    print(running.logs())  # noqa: T201


def take_on(erp: Caller, *, atomic: bool) -> dict[str, Any]:
    """Push more parts than are answered at once; return the operation."""
    items = [
        {"external_id": f"P-{number}", "code": f"P-{number}", "name": "Part"}
        for number in range(MANY)
    ]
    query = f"atomic={str(atomic).lower()}"
    answer = erp.post(f"parts:bulk-upsert?{query}", {"parts": items})
    assert answer.status_code == 202, answer.content
    taken: dict[str, Any] = answer.json()
    return taken


def ended(erp: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    """Ask as a client does until an operation is over; return it."""

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = erp.get(f"operations/{operation['id']}").json()
        return told if told["ended_at"] else None

    return until(look, within_s=STEPS_S)


@pytest.mark.parametrize("atomic", [False, True], ids=["each", "all"])
def test_it_is_stored_by_a_worker_told_in_the_feed_and_sent_to_the_webhook(
    system: System, *, atomic: bool
) -> None:
    system.have_workers(1)
    erp = Caller(sensitive_data=True, external_communication=True)
    with a_receiver() as receiver:
        hook = an_endpoint(erp.client, receiver.url, "operation.*")
        told = ended(erp, take_on(erp, atomic=atomic))
        until(lambda: receiver.requests, within_s=STEPS_S)
        ((_, headers, body),) = receiver.requests

    assert (told["state"], told["stored"], told["attempt"]) == ("succeeded", True, 1)
    assert told["items_checked"] == told["items_done"] == MANY
    assert Part.objects.count() == told["summary"]["created"] == MANY
    event = Event.objects.get(kind="operation.succeeded")
    assert event.after["created"] == MANY
    news = Webhook(hook.secret).verify(body, headers)
    assert news == json.loads(body)
    assert news["type"] == "operation.succeeded"
    read = erp.get(news["data"]["address"].removeprefix("/api/v1/")).json()
    assert read["object"]["id"] == told["id"]
    assert read["id"] == headers["webhook-id"]


def test_a_worker_killed_in_the_middle_leaves_every_item_stored_once(
    system: System,
) -> None:
    (worker,) = system.have_workers(1)
    erp = Caller(sensitive_data=True)
    taken = take_on(erp, atomic=False)
    rows = BulkOperation.objects.filter(state="running", items_done__gt=0)

    until(rows.exists, within_s=STEPS_S)
    kill(worker)
    left = Part.objects.count()
    # The lease is a minute long; here it is over at once.
    rows.update(lease_until=F("started_at"))
    system.have_workers(1)
    told = ended(erp, taken)

    assert 0 < left < MANY
    assert (told["state"], told["attempt"], told["items_done"]) == (
        "succeeded",
        2,
        MANY,
    )
    assert Part.objects.count() == told["summary"]["created"] == MANY
    assert Event.objects.filter(kind="part.created").count() == MANY
    assert BulkItem.objects.filter(outcome="created").count() == MANY
