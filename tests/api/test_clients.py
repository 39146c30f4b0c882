"""Clients: keys, capabilities, repeated requests, errors in one shape."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from factory.models import Order
from journal.api.idempotency import forget_old
from journal.errors import (
    CapabilityRefusedError,
    ClientIsOffError,
    ClientNameTakenError,
    KeyHasEndedError,
)
from journal.keys import change_client, client_of, create_client, revoke_key, rotate_key
from journal.models import ApiClient, ClientKey, Event, IdempotencyKey
from tests.api.test_orders import an_item
from tests.builders.api import Caller
from tests.builders.factory import a_customer
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """Return a small site with a customer."""
    a_customer("nordvik")
    return a_small_world()


def test_a_key_is_kept_as_a_hash_only() -> None:
    made = create_client(name="erp", system="erp", actor="system", sensitive_data=True)

    assert made.key not in str(
        [*ApiClient.objects.values(), *ClientKey.objects.values()]
    )
    assert client_of(made.key) == made.client


def test_an_expired_a_stopped_and_a_changed_key_are_nobody() -> None:
    caller = Caller(sensitive_data=True)

    assert client_of(caller.key[:-1] + "x") is None
    now = timezone.now()
    ClientKey.objects.update(made_at=now - timedelta(days=2), expires_at=now)
    assert client_of(caller.key) is None
    ClientKey.objects.update(expires_at=None)
    ApiClient.objects.update(is_active=False)
    assert client_of(caller.key) is None


def test_a_new_key_works_beside_the_old_one_until_the_overlap_is_over() -> None:
    with time_machine.travel(NOON, tick=False):
        caller = Caller(sensitive_data=True)
        new = rotate_key(
            client=caller.client, actor="user:7", overlap=timedelta(hours=24)
        )
        assert client_of(new) == client_of(caller.key) == caller.client

    with time_machine.travel(NOON + timedelta(hours=24), tick=False):
        assert client_of(new) == caller.client
        assert client_of(caller.key) is None


def test_a_key_taken_back_opens_nothing_and_is_taken_back_once() -> None:
    caller = Caller(sensitive_data=True)
    key = caller.client.keys.get()

    revoke_key(key=key, actor="user:7")

    assert client_of(caller.key) is None
    with pytest.raises(KeyHasEndedError, match="opens nothing"):
        revoke_key(key=key, actor="user:7")


def test_a_client_that_is_off_gets_no_new_key() -> None:
    caller = Caller(sensitive_data=True)
    change_client(client=caller.client, actor="user:7", is_active=False)

    with pytest.raises(ClientIsOffError):
        rotate_key(client=caller.client, actor="user:7", overlap=timedelta(hours=1))


def test_the_last_use_is_noted_once_a_minute() -> None:
    with time_machine.travel(NOON, tick=False):
        caller = Caller(sensitive_data=True)

    for later_s in (0, 59, 61):
        with time_machine.travel(NOON + timedelta(seconds=later_s), tick=False):
            client_of(caller.key)

    assert caller.client.keys.get().last_used_at == NOON + timedelta(seconds=61)


def test_a_third_capability_given_later_is_refused_and_nothing_changes() -> None:
    caller = Caller(sensitive_data=True, external_communication=True)

    with pytest.raises(CapabilityRefusedError):
        change_client(client=caller.client, actor="user:7", code_execution=True)

    assert caller.client.code_execution is False
    assert ApiClient.objects.get().code_execution is False
    assert Event.objects.filter(kind="integration.capability_denied").count() == 1


def test_the_third_capability_is_refused_by_the_database_itself() -> None:
    caller = Caller(sensitive_data=True, external_communication=True)

    with (
        pytest.raises(IntegrityError, match="api_client_two_of_three_capabilities"),
        transaction.atomic(),
    ):
        ApiClient.objects.filter(pk=caller.client.pk).update(code_execution=True)


def test_a_name_belongs_to_one_client() -> None:
    create_client(name="erp", system="erp", actor="system")

    with pytest.raises(ClientNameTakenError, match="named erp already"):
        create_client(name="erp", system="erp", actor="system")


def test_a_third_capability_is_refused_to_a_new_client_and_the_journal_says_so() -> (
    None
):
    with pytest.raises(CapabilityRefusedError, match="greedy may hold two of the"):
        create_client(
            name="greedy",
            system="erp",
            actor="user:7",
            sensitive_data=True,
            code_execution=True,
            external_communication=True,
        )

    assert not ApiClient.objects.exists()
    refusal = Event.objects.get()
    assert (refusal.kind, refusal.actor) == ("integration.capability_denied", "user:7")
    assert refusal.after["name"] == "greedy"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer rk_no", "Basic eA=="])
def test_without_a_valid_key_everything_is_401(authorization: str) -> None:
    answer = Client().get(
        "/api/v1/promise-dates", headers={"Authorization": authorization}
    )

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_client_without_the_capability_is_403() -> None:
    caller = Caller(code_execution=True)

    assert caller.get("promise-dates").status_code == 403


def test_the_same_key_and_body_is_answered_byte_for_byte_and_stored_once(
    world: World,
) -> None:
    erp = Caller(sensitive_data=True)
    body = {"orders": [an_item(world)]}

    answers = [erp.post("orders:bulk-upsert", body, key="once") for _ in range(5)]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[4].headers["Idempotency-Replayed"] == "true"
    assert Order.objects.filter(system="erp").count() == 1


def test_the_same_key_with_another_body_is_422(world: World) -> None:
    erp = Caller(sensitive_data=True)
    erp.post("orders:bulk-upsert", {"orders": [an_item(world)]}, key="once")

    answer = erp.post(
        "orders:bulk-upsert", {"orders": [an_item(world, quantity=3)]}, key="once"
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_a_key_belongs_to_its_client_alone(world: World) -> None:
    first, second = Caller(sensitive_data=True), Caller(sensitive_data=True)
    first.post("orders:bulk-upsert", {"orders": [an_item(world)]}, key="once")

    answer = second.post("orders:bulk-upsert", {"orders": [an_item(world)]}, key="once")

    assert answer.json()["results"][0]["outcome"] == "unchanged"


def test_a_refused_request_is_not_kept_and_may_be_mended(world: World) -> None:
    erp = Caller(sensitive_data=True)
    bad = {"orders": [an_item(world, quantity=0)]}

    assert erp.post("orders:bulk-upsert", bad, key="mend").status_code == 400
    assert not IdempotencyKey.objects.exists()
    good = {"orders": [an_item(world)]}
    assert erp.post("orders:bulk-upsert", good, key="mend").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"orders": {}}',
        b'{"orders": [[]]}',
        b'{"orders": [null]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"orders": [{"external_id": "\\ud800"}]}',
    ],
)
def test_a_hostile_body_is_a_problem_never_a_500(body: bytes) -> None:
    answer = Caller(sensitive_data=True).post("orders:bulk-upsert", body)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", [{"limit": 10**30}, {"limit": "x"}, {"cursor": -1}, {"surprise": 1}]
)
def test_a_hostile_query_is_a_problem(query: dict[str, object]) -> None:
    answer = Caller(sensitive_data=True).get("promise-dates", **query)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_answer_is_kept_for_two_days_and_then_forgotten() -> None:
    client = Caller(sensitive_data=True).client
    for hours in (1, 49):
        IdempotencyKey.objects.create(
            client=client,
            key=f"{hours} h ago",
            request_hash="0",
            created_at=NOON - timedelta(hours=hours),
        )

    assert forget_old(NOON) == 1
    assert IdempotencyKey.objects.get().key == "1 h ago"
