"""Reading resources: cursors, filters, sparse fields, names, ETags, refusals."""

from typing import Any

import pytest

from factory.models import Part
from journal.models import Reference
from tests.builders.api import Caller
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site."""
    return a_small_world()


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read."""
    return Caller(sensitive_data=True)


def some_parts(count: int) -> None:
    """Make parts P-000, P-001 and so on."""
    Part.objects.bulk_create(
        Part(code=f"P-{number:03d}", name=f"Part {number}") for number in range(count)
    )


def read_all(erp: Caller, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return all items of a list, page by page."""
    items: list[dict[str, Any]] = []
    while True:
        page = erp.get(path, **query).json()
        items += page["items"]
        if not page["has_more"]:
            assert page["next"] is None
            return items
        query["cursor"] = page["next"]


def test_pages_follow_each_other_without_gap_or_repeat(erp: Caller) -> None:
    some_parts(7)

    items = read_all(erp, "parts", limit=3)

    assert [item["code"] for item in items] == [f"P-{n:03d}" for n in range(7)]


def test_a_row_that_comes_meanwhile_is_read_and_none_twice(erp: Caller) -> None:
    some_parts(3)
    first = erp.get("parts", limit=2).json()
    Part.objects.create(code="A-first-by-code", name="New")

    second = erp.get("parts", limit=2, cursor=first["next"]).json()

    assert [item["code"] for item in second["items"]] == ["P-002", "A-first-by-code"]


def test_a_filter_narrows_the_list(world: World, erp: Caller) -> None:
    page = erp.get("orders", number=world.order.number, state="open").json()

    assert [item["number"] for item in page["items"]] == [world.order.number]
    assert erp.get("orders", customer="nobody").json()["items"] == []


def test_sparse_fields_show_those_alone(erp: Caller) -> None:
    some_parts(1)

    page = erp.get("parts", fields="id,code").json()

    assert [set(item) for item in page["items"]] == [{"id", "code"}]


def test_an_object_is_found_by_id_by_external_id_and_by_our_code(erp: Caller) -> None:
    part = Part.objects.create(code="CP-1", name="Cold plate")
    Reference.objects.create(
        system="erp", object_type="part", external_id="47/11", object_id=part.pk
    )

    by_code = erp.get("parts/rackline:CP-1").json()

    assert by_code["external_ids"] == {"erp": "47/11"}
    assert erp.get("parts/erp:47/11").json() == by_code
    assert erp.get(f"parts/{by_code['id']}").json() == by_code


@pytest.mark.parametrize(
    "key",
    [
        "part_zzz",
        "po_1",
        "1",
        "erp:none",
        ":",
        "erp:",
        ":x",
        "part_",
        "part_" + "z" * 40,
        "part_" + "z" * 12,
        "x:\u0663",
        "%00",
        "erp:%00",
        "erp:" + "x" * 900,
    ],
)
def test_what_is_not_there_is_404_in_one_sentence(erp: Caller, key: str) -> None:
    answer = erp.get(f"parts/{key}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_unchanged_object_is_304_and_a_changed_one_is_not(erp: Caller) -> None:
    some_parts(1)
    first = erp.get("parts/rackline:P-000")
    headers = {"If-None-Match": first.headers["ETag"]}

    again = erp.get("parts/rackline:P-000", headers=headers)
    Part.objects.update(name="Renamed")
    changed = erp.get("parts/rackline:P-000", headers=headers)

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"surprise": "1"}, "surprise"),
        ({"limit": 10**30}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": ""}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "cG86MQ"}, "cursor"),
        ({"cursor": "\x00"}, "cursor"),
        ({"fields": "code,secret"}, "fields"),
        ({"fields": ""}, "fields"),
        ({"trace": "sideways"}, "trace"),
        ({"code": ["a", "b"]}, "code"),
        ({"code": "a\x00"}, "code"),
        ({"code": "x" * 1000}, "code"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    erp: Caller, query: dict[str, Any], name: str
) -> None:
    answer = erp.get("parts", **query)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{name}"]
