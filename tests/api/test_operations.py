"""Bulk writes too long for one answer: 202, a worker, a result each, once."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import F

from config.tasks import work_operation
from factory.models import Part
from journal import operations
from journal.api.bulk import ITEMS_AT_ONCE
from journal.api.long_work import work
from journal.api.writing import CHUNK, Item, Stating, Upsert
from journal.errors import OperationFencedOutError
from journal.models import BulkItem, BulkOperation, Event
from journal.setwise import update_rows
from journal.upserts import Result
from scheduling.api.resources import PART_UPSERT
from tests.builders.api import Caller

pytestmark = pytest.mark.django_db

MANY = 2 * CHUNK + 1


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


def parts(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return parts as an ERP states them."""
    return [
        {"external_id": f"P-{number}", "code": f"P-{number}", "name": "Part"} | fields
        for number in range(count)
    ]


def take_on(
    erp: Caller, items: Sequence[Any], *, atomic: bool = False, query: str = ""
) -> str:
    """Have items taken on by a worker; return the operation's address."""
    answer = erp.post(
        f"parts:bulk-upsert?atomic={str(atomic).lower()}{query}",
        {"parts": items},
        headers={"Prefer": "respond-async"},
    )
    assert answer.status_code == 202, answer.content
    return str(answer.headers["Operation-Location"]).removeprefix("/api/v1/")


def newest() -> BulkOperation:
    """Return the operation asked for last."""
    return BulkOperation.objects.latest("pk")


def results(erp: Caller, address: str, **query: Any) -> list[dict[str, Any]]:
    """Return every result of an operation."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = erp.get(f"{address}/results", **query, **cursor, limit=1_000).json()
        items += page["items"]
        if not page["has_more"]:
            return items
        cursor = {"cursor": page["next"]}


def test_more_than_a_thousand_items_are_taken_on_and_stored_by_a_worker(
    erp: Caller,
) -> None:
    answer = erp.post(
        "parts:bulk-upsert?atomic=false", {"parts": parts(ITEMS_AT_ONCE + 1)}
    )
    queued = answer.json()
    stored_at_once = Part.objects.count()
    work_operation(newest().pk)
    ended = erp.get(f"operations/{queued['id']}")

    assert (answer.status_code, queued["state"], stored_at_once) == (202, "queued", 0)
    assert answer.headers["Operation-Location"] == f"/api/v1/operations/{queued['id']}"
    assert answer.headers["Retry-After"] == "1"
    told = ended.json()
    assert (told["state"], told["stored"], told["items_done"]) == (
        "succeeded",
        True,
        ITEMS_AT_ONCE + 1,
    )
    assert told["summary"]["created"] == Part.objects.count() == ITEMS_AT_ONCE + 1
    assert "Retry-After" not in ended.headers
    listed = results(erp, f"operations/{queued['id']}")
    assert [one["index"] for one in listed] == list(range(ITEMS_AT_ONCE + 1))
    assert erp.get(f"parts/{listed[7]['id']}").json()["code"] == "P-7"
    assert Event.objects.filter(kind="operation.succeeded").count() == 1


def test_who_prefers_so_is_answered_at_once_also_for_one_item(erp: Caller) -> None:
    answer = erp.post(
        "parts:bulk-upsert", {"parts": parts(1)}, headers={"Prefer": "respond-async"}
    )

    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"


def test_the_same_key_is_one_operation_with_the_same_answer(erp: Caller) -> None:
    body = {"parts": parts(2)}
    prefer = {"Prefer": "respond-async"}

    first, second = (
        erp.post("parts:bulk-upsert", body, key="night", headers=prefer)
        for _ in range(2)
    )

    assert first.content == second.content
    for name in ("Operation-Location", "Retry-After", "Preference-Applied"):
        assert first.headers[name] == second.headers[name]
    assert BulkOperation.objects.count() == 1


def test_a_malformed_item_fails_alone_and_says_where(erp: Caller) -> None:
    items: list[Any] = parts(4)
    items[1] = {"external_id": "P-1", "code": "P-1", "name": 7, "colour": "red"}
    items[2] = "no item"
    items[3] = parts(1)[0]
    address = take_on(erp, items)

    work_operation(newest().pk)

    failed = results(erp, address, outcome="failed")
    assert [(one["index"], one["external_id"]) for one in failed] == [
        (1, "P-1"),
        (2, ""),
        (3, "P-0"),
    ]
    assert {one["pointer"] for one in failed[0]["errors"]} == {"/colour"}
    assert failed[2]["errors"][0]["code"] == "given_twice"
    assert list(Part.objects.values_list("code", flat=True)) == ["P-0"]
    assert erp.get(address).json()["summary"]["failed"] == 3


def test_all_or_nothing_comes_to_nothing_and_names_what_failed(erp: Caller) -> None:
    items = parts(MANY)
    items[-1] = items[-1] | {"price_cents": -1}
    address = take_on(erp, items, atomic=True)

    work_operation(newest().pk)

    told = erp.get(address).json()
    assert (told["state"], told["error_code"], told["stored"]) == (
        "failed",
        "items_failed",
        False,
    )
    assert not Part.objects.exists()
    assert not Event.objects.filter(kind__startswith="part.").exists()
    failed = results(erp, address, outcome="failed")
    assert [one["errors"][0]["pointer"] for one in failed] == ["/price_cents"]


def test_all_or_nothing_stores_all(erp: Caller) -> None:
    address = take_on(erp, parts(MANY), atomic=True)

    work_operation(newest().pk)

    assert erp.get(address).json()["summary"]["created"] == MANY
    assert Part.objects.count() == MANY


def test_a_dry_run_tells_everything_and_stores_nothing(erp: Caller) -> None:
    address = take_on(erp, parts(3), query="&dry_run=true")

    work_operation(newest().pk)

    told = erp.get(address).json()
    assert (told["state"], told["stored"]) == ("succeeded", False)
    assert [one["outcome"] for one in results(erp, address)] == ["created"] * 3
    assert not Part.objects.exists()


class KilledError(OperationalError):
    """Stand for a worker that is gone in the middle of a chunk."""


def killed_in_chunk(number: int) -> Upsert:
    """Return a way to write parts that is lost after storing a chunk's rows."""
    chunks = []

    def write(items: Sequence[Item], by: Stating) -> list[Result]:
        """Store, and be gone at the given chunk before anything is committed."""
        written = PART_UPSERT.write(items, by)
        chunks.append(len(items))
        if len(chunks) == number:
            raise KilledError
        return written

    return Upsert(
        resource=PART_UPSERT.resource,
        item=PART_UPSERT.item,
        write=write,
        example=PART_UPSERT.example,
    )


def lose_worker(operation: BulkOperation, chunk: int) -> None:
    """Let a worker claim an operation and be killed in one of its chunks."""
    claimed = operations.claim(operation.pk)
    assert claimed is not None
    with pytest.raises(KilledError):
        work(claimed, {"parts": killed_in_chunk(chunk)})


@pytest.mark.parametrize("atomic", [False, True])
def test_a_worker_lost_in_the_middle_leaves_every_item_done_once(
    erp: Caller, atomic: bool
) -> None:
    address = take_on(erp, parts(MANY), atomic=atomic)
    operation = newest()

    lose_worker(operation, 2)
    left = Part.objects.count()
    operations.reap()
    work_operation(operation.pk)

    told = erp.get(address).json()
    assert left == (0 if atomic else CHUNK)
    assert (told["state"], told["attempt"], told["items_done"]) == (
        "succeeded",
        2,
        MANY,
    )
    assert Part.objects.count() == told["summary"]["created"] == MANY
    assert Event.objects.filter(kind="part.created").count() == MANY
    assert BulkItem.objects.filter(outcome="created").count() == MANY


def test_after_three_lost_workers_it_has_failed_and_says_what_is_stored(
    erp: Caller,
) -> None:
    address = take_on(erp, parts(MANY))
    operation = newest()

    for chunk in (2, 1, 1):
        lose_worker(operation, chunk)
        operations.reap()

    told = erp.get(address).json()
    assert (told["state"], told["error_code"], told["items_done"], told["stored"]) == (
        "failed",
        "worker_lost",
        CHUNK,
        True,
    )
    assert operations.claim(operation.pk) is None


def test_a_worker_thought_dead_that_comes_back_writes_nothing(erp: Caller) -> None:
    take_on(erp, parts(3))
    operation = newest()
    late = operations.claim(operation.pk)
    assert late is not None
    BulkOperation.objects.filter(pk=operation.pk).update(
        lease_until=F("requested_at"), started_at=F("requested_at")
    )
    operations.reap()
    work_operation(operation.pk)

    with pytest.raises(OperationFencedOutError):
        operations.keep_results(late, [], {})
    work(late, {"parts": PART_UPSERT})

    assert Part.objects.count() == BulkItem.objects.count() == 3


def test_a_message_that_comes_twice_is_worked_on_once(erp: Caller) -> None:
    take_on(erp, parts(2))

    work_operation(newest().pk)
    work_operation(newest().pk)

    assert BulkItem.objects.count() == 2
    assert newest().attempt == 1


def test_all_or_nothing_shows_how_much_has_been_looked_at_before_it_is_stored(
    erp: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = take_on(erp, parts(MANY), atomic=True)
    shown: list[tuple[int, int]] = []
    keep = operations.keep_checked

    def look(claimed: operations.Claim, count: int) -> None:
        """Keep the number, then ask as the client would."""
        keep(claimed, count)
        told = erp.get(address).json()
        shown.append((told["items_checked"], told["items_done"]))

    monkeypatch.setattr(operations, "keep_checked", look)
    work_operation(newest().pk)

    assert shown == [(CHUNK, 0), (2 * CHUNK, 0), (MANY, 0)]
    told = erp.get(address).json()
    assert (told["items_checked"], told["items_done"]) == (MANY, MANY)


def test_all_or_nothing_stops_while_it_is_looked_at(
    erp: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = take_on(erp, parts(MANY), atomic=True)
    keep = operations.keep_checked

    def stop(claimed: operations.Claim, count: int) -> None:
        """Keep the number while somebody asks for the end."""
        keep(claimed, count)
        operations.cancel(operation=newest(), actor="client:1")

    monkeypatch.setattr(operations, "keep_checked", stop)
    work_operation(newest().pk)

    told = erp.get(address).json()
    assert (told["state"], told["stored"], told["items_checked"]) == (
        "cancelled",
        False,
        CHUNK,
    )
    assert not Part.objects.exists()


def test_a_queued_one_is_cancelled_at_once_and_never_worked_on(erp: Caller) -> None:
    address = take_on(erp, parts(2))

    answer = erp.post(f"{address}:cancel")
    again = erp.post(f"{address}:cancel")
    work_operation(newest().pk)

    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "operation_over")
    assert not Part.objects.exists()


def test_a_running_one_stops_after_its_chunk_and_lists_what_is_stored(
    erp: Caller,
) -> None:
    address = take_on(erp, parts(MANY))
    claimed = operations.claim(newest().pk)
    assert claimed is not None

    def stop_after_first(items: Sequence[Item], by: Stating) -> list[Result]:
        """Store a chunk while somebody asks for the end."""
        operations.cancel(operation=newest(), actor="client:1")
        return PART_UPSERT.write(items, by)

    stopping = Upsert(
        resource=PART_UPSERT.resource,
        item=PART_UPSERT.item,
        write=stop_after_first,
        example=PART_UPSERT.example,
    )
    work(claimed, {"parts": stopping})

    told = erp.get(address).json()
    assert (told["state"], told["stored"], told["items_done"]) == (
        "cancelled",
        True,
        CHUNK,
    )
    assert Part.objects.count() == len(results(erp, address)) == CHUNK


def test_another_client_does_not_see_it(erp: Caller) -> None:
    address = take_on(erp, parts(1))
    other = Caller(sensitive_data=True)

    answers = [
        other.get(address),
        other.get(f"{address}/results"),
        other.post(f"{address}:cancel"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert other.get("operations").json()["items"] == []
    assert len(erp.get("operations").json()["items"]) == 1


def test_a_client_switched_off_has_nothing_more_stored(erp: Caller) -> None:
    take_on(erp, parts(1))
    erp.client.is_active = False
    update_rows([erp.client], ["is_active"])

    work_operation(newest().pk)

    assert (newest().state, newest().error_code) == ("failed", "client_is_off")
    assert not Part.objects.exists()


def test_results_are_forgotten_after_their_days(erp: Caller, settings: Any) -> None:
    address = take_on(erp, parts(1))
    work_operation(newest().pk)
    settings.OPERATIONS_KEPT_DAYS = 0

    assert operations.forget_old() == 1
    assert erp.get(address).status_code == 404
    assert Part.objects.count() == 1


def test_what_is_done_once_can_be_tried_first_and_leaves_nothing(erp: Caller) -> None:
    address = take_on(erp, parts(1))

    tried = erp.post(f"{address}:cancel?dry_run=true", key="stop")
    between = newest().state
    wrong = erp.post(f"{address}:cancel?dry_run=maybe")
    done = erp.post(f"{address}:cancel", key="stop")

    assert (tried.status_code, tried.json()["state"]) == (202, "cancelled")
    assert "Operation-Location" not in tried.headers
    assert (between, wrong.status_code) == ("queued", 400)
    assert (done.json()["state"], newest().state) == ("cancelled", "cancelled")
    assert Event.objects.filter(kind="operation.cancelled").count() == 1
