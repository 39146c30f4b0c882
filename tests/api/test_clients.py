"""Clients: keys, capabilities, repeated requests, errors in one shape."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from factory.models import Order
from journal.keys import client_of, create_client
from journal.models import ApiClient, IdempotencyKey
from tests.api.test_orders import an_item
from tests.builders.api import Caller
from tests.builders.factory import a_customer
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site with a customer."""
    a_customer("nordvik")
    return a_small_world()


def test_a_key_is_kept_as_a_hash_only() -> None:
    made = create_client(name="erp", system="erp", actor="system", sensitive_data=True)

    assert made.key not in str(ApiClient.objects.values().get())
    assert client_of(made.key) == made.client


def test_an_expired_a_stopped_and_a_changed_key_are_nobody() -> None:
    caller = Caller(sensitive_data=True)

    assert client_of(caller.key[:-1] + "x") is None
    ApiClient.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client_of(caller.key) is None
    ApiClient.objects.update(expires_at=None, is_active=False)
    assert client_of(caller.key) is None


def test_the_third_capability_is_refused_by_the_database() -> None:
    with (
        pytest.raises(IntegrityError, match="api_client_two_of_three_capabilities"),
        transaction.atomic(),
    ):
        create_client(
            name="greedy",
            system="erp",
            actor="system",
            sensitive_data=True,
            code_execution=True,
            external_communication=True,
        )


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
