"""One key, one effect: however often a request is sent, and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from factory.models import Part
from journal.models import Event, IdempotencyKey
from tests.builders.api import Caller

TIMES, AT_ONCE = 50, 20
BODY = {"parts": [{"external_id": "1", "code": "CP-1", "name": "Cold plate"}]}


def push(erp: Caller) -> Any:
    """Push one part with the one key."""
    return erp.post("parts:bulk-upsert", BODY, key="night-1")


@pytest.mark.django_db
def test_fifty_times_one_after_the_other_is_one_part_and_one_answer() -> None:
    erp = Caller(sensitive_data=True)

    answers = [push(erp) for _ in range(TIMES)]

    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    replayed = ["Idempotency-Replayed" in one.headers for one in answers]
    assert replayed == [False] + [True] * (TIMES - 1)
    assert Part.objects.count() == Event.objects.filter(kind="part.created").count()
    assert Part.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_is_one_part_and_one_answer() -> None:
    erp = Caller(sensitive_data=True)
    start = Barrier(AT_ONCE)

    def send(_: int) -> Any:
        """Push with all the others."""
        try:
            start.wait()
            return push(erp)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(send, range(AT_ONCE)))

    done = [one for one in answers if one.status_code == 200]
    waits = [one.json()["code"] for one in answers if one.status_code != 200]
    assert done
    assert set(waits) <= {"idempotency_key_in_flight"}
    assert len({one.content for one in done}) == 1
    assert sum("Idempotency-Replayed" not in one.headers for one in done) == 1
    assert Part.objects.count() == 1
    assert Event.objects.filter(kind="part.created").count() == 1


@pytest.mark.django_db
def test_while_the_first_is_not_answered_the_second_is_409() -> None:
    erp = Caller(sensitive_data=True)
    push(erp)
    IdempotencyKey.objects.update(status=None)

    answer = push(erp)

    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "idempotency_key_in_flight",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connections["default"].vendor != "postgresql",
    reason="SQLite lets one writer in at a time",
)
def test_a_second_one_waits_for_the_first_as_long_as_the_database_does() -> None:
    erp = Caller(sensitive_data=True)

    def send() -> Any:
        """Push while the other holds the key."""
        try:
            return push(erp)
        finally:
            connections.close_all()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        IdempotencyKey.objects.create(client=erp.client, key="night-1")
        answer = threads.submit(send).result()

    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "idempotency_key_in_flight",
    )
    assert not Part.objects.exists()
