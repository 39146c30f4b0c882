"""An ERP stores a promise and says so; one that nobody stores is an alarm."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from factory.models import Order
from journal.models import Event
from scheduling.models import CustomerPromise, PromiseAcknowledgement
from scheduling.queries.acknowledgements import Unstored, overdue
from tests.builders.api import Caller
from tests.builders.scheduling import a_promise
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def order() -> Order:
    """Return an order the ERP knows as SO-9/1."""
    made = a_small_world().order
    made.system, made.external_id = "erp", "SO-9/1"
    made.save()
    return made


@pytest.fixture
def erp() -> Caller:
    """Return the ERP's client."""
    return Caller(sensitive_data=True)


def promise(order: Order, number: int, **values: Any) -> CustomerPromise:
    """Return one revision of an order's promise."""
    return a_promise(
        order,
        date(2026, 12, 20) - timedelta(days=number),
        **{
            "number": number,
            "kind": "promise" if number == 1 else "pull_in",
            "quantity": 3,
            "made_at": NOON,
        }
        | values,
    )


def waiting(erp: Caller) -> list[int]:
    """Return the revisions that wait for an acknowledgement."""
    items = erp.get("promise-dates", acknowledged="false").json()["items"]
    return [item["revision"] for item in items]


def ack(erp: Caller, etag: str | None, **options: Any) -> Any:
    """Acknowledge SO-9/1."""
    headers = {} if etag is None else {"If-Match": etag}
    return erp.put("promise-dates/erp:SO-9/1/ack", headers=headers, **options)


def test_the_newest_promise_is_read_stored_and_acknowledged(
    order: Order, erp: Caller
) -> None:
    promise(order, 1)
    promise(order, 2)

    assert waiting(erp) == [2]
    read = erp.get("promise-dates/erp:SO-9/1")
    answer = ack(erp, read.headers["ETag"])

    assert answer.status_code == 200, answer.content
    assert answer.json()["revision"] == 2
    assert answer.json()["acknowledged_at"] is not None
    assert answer.headers["ETag"] == 'W/"2"'
    assert waiting(erp) == []
    told = Event.objects.get(kind="promise.acknowledged")
    assert told.actor == f"client:{erp.client.pk}"


def test_the_same_word_twice_is_one(order: Order, erp: Caller) -> None:
    promise(order, 1)

    first, second = ack(erp, 'W/"1"'), ack(erp, '"1"')

    assert first.content == second.content
    assert PromiseAcknowledgement.objects.count() == 1
    assert Event.objects.filter(kind="promise.acknowledged").count() == 1


@pytest.mark.parametrize("etag", [None, "", "*"])
def test_a_word_about_no_revision_is_428(
    etag: str | None, order: Order, erp: Caller
) -> None:
    promise(order, 1)

    answer = ack(erp, etag)

    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    assert not PromiseAcknowledgement.objects.exists()


@pytest.mark.parametrize("etag", ['W/"1"', '"3"', "2", '"'])
def test_a_word_about_another_revision_is_412(
    etag: str, order: Order, erp: Caller
) -> None:
    promise(order, 1)
    promise(order, 2)

    answer = ack(erp, etag)

    assert (answer.status_code, answer.json()["code"]) == (412, "promise_moved_on")
    assert waiting(erp) == [2]


def test_an_old_revision_by_its_own_id_is_412(order: Order, erp: Caller) -> None:
    promise(order, 1)
    promise(order, 2)
    old = erp.get("promise-dates").json()["items"][0]

    answer = erp.put(
        f"promise-dates/{old['id']}/ack", headers={"If-Match": old["etag"]}
    )

    assert answer.status_code == 412
    assert not PromiseAcknowledgement.objects.exists()


def test_a_trial_keeps_nothing(order: Order, erp: Caller) -> None:
    promise(order, 1)

    answer = ack(erp, '"1"', query="?dry_run=true")

    assert answer.json()["acknowledged_at"] is not None
    assert not PromiseAcknowledgement.objects.exists()
    assert not Event.objects.filter(kind="promise.acknowledged").exists()


def test_another_systems_order_is_not_this_clients_to_store(
    order: Order, erp: Caller
) -> None:
    Order.objects.update(system="other")
    promise(order, 1)

    answer = erp.put("promise-dates/other:SO-9/1/ack", headers={"If-Match": 'W/"1"'})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_your_order")
    assert not PromiseAcknowledgement.objects.exists()


def test_what_is_not_there_is_404_and_a_body_is_refused(
    order: Order, erp: Caller
) -> None:
    assert ack(erp, '"1"').status_code == 404
    promise(order, 1)

    answer = ack(erp, '"1"', body={"stored": True})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/stored"


def test_the_end_of_the_list_has_a_cursor_to_ask_again_from(
    order: Order, erp: Caller
) -> None:
    promise(order, 1)
    end = erp.get("promise-dates").json()
    promise(order, 2)

    later = erp.get("promise-dates", cursor=end["next"]).json()
    last = erp.get("promise-dates", cursor=later["next"]).json()

    assert end["has_more"] is False
    assert [item["revision"] for item in later["items"]] == [2]
    assert (last["items"], last["next"]) == ([], later["next"])


def test_a_promise_that_is_not_stored_in_time_is_overdue(
    order: Order, erp: Caller, settings: Any
) -> None:
    settings.PROMISE_ACK_MAX_AGE_MIN = 60
    promise(order, 1)
    assert overdue(NOON + timedelta(days=1)) == []  # no ERP has ever acknowledged
    ack(erp, '"1"')
    promise(order, 2)

    assert overdue(NOON + timedelta(minutes=60)) == []
    assert overdue(NOON + timedelta(minutes=61)) == [
        Unstored(system="erp", count=1, since=NOON)
    ]
    ack(erp, '"2"')
    assert overdue(NOON + timedelta(days=1)) == []


def test_a_closed_order_and_a_client_that_is_off_expect_nothing(
    order: Order, erp: Caller
) -> None:
    erp.client.acknowledges_promises = True
    erp.client.save()
    promise(order, 1)
    later = NOON + timedelta(days=1)
    assert len(overdue(later)) == 1

    Order.objects.update(state="cancelled")
    assert overdue(later) == []
    Order.objects.update(state="open")
    erp.client.is_active = False
    erp.client.save()
    assert overdue(later) == []


def test_a_page_costs_the_same_however_many(
    order: Order, erp: Caller, django_assert_num_queries: Any
) -> None:
    for number in range(1, 31):
        promise(order, number)
    erp.get("promise-dates")

    for limit in (1, 30):
        with django_assert_num_queries(2):
            erp.get("promise-dates", limit=limit)
