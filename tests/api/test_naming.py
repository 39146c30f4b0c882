"""Ids an ERP gives to what it does not write: kept once each, told, and changeable."""

from typing import Any

import pytest

from journal.models import Event, Reference
from tests.builders.api import Caller
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a site with two racks."""
    return a_small_world(racks=2)


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


def name(erp: Caller, rack: str, external_id: str) -> Any:
    """Say what the ERP calls a rack."""
    return erp.post(f"racks/rackline:{rack}:name", {"external_id": external_id})


def test_a_name_takes_the_place_of_the_one_before_and_is_told(
    world: World, erp: Caller
) -> None:
    serial = world.racks[0].serial

    name(erp, serial, "EQ-1")
    again = name(erp, serial, "EQ-1")
    name(erp, serial, "EQ-2")

    assert again.json()["external_ids"] == {"erp": "EQ-1"}
    assert erp.get("racks/erp:EQ-1").status_code == 404
    assert erp.get("racks/erp:EQ-2").json()["serial"] == serial
    told = Event.objects.filter(kind="rack.named").order_by("pk")
    assert [(one.before, one.after["external_id"]) for one in told] == [
        (None, "EQ-1"),
        ({"system": "erp", "external_id": "EQ-1"}, "EQ-2"),
    ]


def test_a_name_that_another_has_is_409_and_changes_nothing(
    world: World, erp: Caller
) -> None:
    first, second = (rack.serial for rack in world.racks[:2])
    name(erp, first, "EQ-1")

    answer = name(erp, second, "EQ-1")

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert Reference.objects.get().external_id == "EQ-1"
    assert erp.get("racks/erp:EQ-1").json()["serial"] == first


@pytest.mark.parametrize("external_id", ["", " ", "\x00", "x" * 81, None, 7])
def test_what_is_no_name_is_refused_by_field(
    world: World, erp: Caller, external_id: Any
) -> None:
    answer = name(erp, world.racks[0].serial, external_id)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/external_id"
