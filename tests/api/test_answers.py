"""Answering on a supplier's behalf: by version, with cause, in the portal's verbs."""

from typing import Any

import pytest
import time_machine

from suppliers.models import Commitment, CommitRevision
from tests.builders.api import Caller
from tests.builders.factory import NOW
from tests.builders.suppliers import a_line, a_purchase_order, a_supplier

pytestmark = pytest.mark.django_db

DAY = "2026-12-14"


@pytest.fixture(autouse=True)
def present():
    """Stand still at the builders' present."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


@pytest.fixture
def key() -> str:
    """Return the address of a commitment that asks for 90 pieces."""
    order = a_purchase_order(a_supplier(), system="erp", external_id="PO-3")
    a_line(order, number=10, quantity=90)
    return "commitments/erp:PO-3.10"


def post(erp: Caller, key: str, verb: str, etag: str, **body: Any) -> Any:
    """Send one answer decided on a version."""
    headers = {"If-Match": etag} if etag else {}
    return erp.post(f"{key}:{verb}", body, headers=headers)


def test_a_promise_on_the_version_read_is_kept_with_its_cause(
    erp: Caller, key: str
) -> None:
    etag = erp.get(key).headers["ETag"]

    answer = post(
        erp,
        key,
        "promise",
        etag,
        tranches=[{"quantity": 90, "dock_date": DAY}],
        reason_code="logistics",
        cause="carrier",
    )

    assert answer.status_code == 200
    assert answer.json()["promise"]["tranches"] == [{"quantity": 90, "dock_date": DAY}]
    assert answer.headers["ETag"] == erp.get(key).headers["ETag"] != etag
    said = CommitRevision.objects.for_staff().get()
    assert (said.cause, said.door, said.actor) == (
        "carrier",
        "api",
        f"client:{erp.client.pk}",
    )


def test_without_a_version_it_is_428_and_on_an_old_one_412(
    erp: Caller, key: str
) -> None:
    old = erp.get(key).headers["ETag"]
    post(erp, key, "seen", old)

    assert post(erp, key, "seen", "").status_code == 428
    late = post(erp, key, "reject", old, reason_code="capacity")
    assert (late.status_code, late.json()["code"]) == (412, "changed_since")
    assert Commitment.objects.for_staff().get().state == "acknowledged"


def test_a_dry_run_answers_and_keeps_nothing(erp: Caller, key: str) -> None:
    etag = erp.get(key).headers["ETag"]

    answer = post(erp, key, "reject?dry_run=true", etag, reason_code="capacity")

    assert answer.json()["state"] == "rejected"
    assert Commitment.objects.for_staff().get().state == "requested"


@pytest.mark.parametrize(
    ("verb", "body", "status", "pointer"),
    [
        ("withdraw", {"reason_code": "yield"}, 409, None),
        ("reject", {}, 422, "/reason_code"),
        ("cannot-say", {"word_by": "2030-01-01"}, 422, "/word_by"),
        (
            "promise",
            {"tranches": [{"quantity": 91, "dock_date": DAY}]},
            422,
            "/tranches",
        ),
        ("promise", {"tranches": []}, 400, "/tranches"),
        ("promise", {"tranches": DAY}, 400, "/tranches"),
        ("seen", {"cause": "fate"}, 400, "/cause"),
        ("seen", {"surprise": 1}, 400, "/surprise"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_its_field(
    erp: Caller, key: str, verb: str, body: Any, status: int, pointer: str | None
) -> None:
    answer = post(erp, key, verb, erp.get(key).headers["ETag"], **body)

    assert answer.status_code == status, answer.content
    faults = answer.json().get("errors", [{"pointer": None}])
    assert faults[0]["pointer"] == pointer
    assert not CommitRevision.objects.for_staff().exists()


def test_an_undo_lets_the_answer_before_hold_again(erp: Caller, key: str) -> None:
    said = [{"quantity": 90, "dock_date": DAY}]
    first = post(
        erp,
        key,
        "promise",
        erp.get(key).headers["ETag"],
        tranches=said,
        reason_code="logistics",
    )
    withdrawn = post(erp, key, "withdraw", first.headers["ETag"], reason_code="yield")

    undone = post(erp, key, "undo", withdrawn.headers["ETag"])
    again = post(erp, key, "undo", undone.headers["ETag"])

    assert (
        withdrawn.json()["promise"] is None or withdrawn.json()["state"] != "committed"
    )
    assert (undone.status_code, undone.json()["state"]) == (200, "committed")
    assert undone.json()["promise"]["tranches"] == said
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")
