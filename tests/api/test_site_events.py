"""Outages and lot recalls over the API: declared, found, ended, refused by field."""

from datetime import timedelta

import pytest

from factory.models import LotRecall, Outage, StockLot, Unit
from journal.models import Event
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    return a_small_world()


@pytest.fixture
def erp() -> Caller:
    return Caller(sensitive_data=True)


def an_outage_of(world: World, **fields: object) -> dict[str, object]:
    return {
        "site": world.site.code,
        "kind": "bay",
        "target": world.bays[0].code,
        "remaining": 0,
        "starts_at": NOW.isoformat(),
        "ends_at": (NOW + 8 * HOUR).isoformat(),
        "reason": "Leak under the floor",
    } | fields


def test_an_outage_is_declared_once_and_ended(world, erp):
    answer = erp.post("outages", an_outage_of(world))
    key = answer.json()["id"]

    assert answer.status_code == 201, answer.json()
    assert (answer.json()["kind"], answer.json()["target"]) == (
        "bay",
        world.bays[0].code,
    )
    assert erp.get(f"outages/{key}").json() == answer.json()
    assert erp.post(f"outages/{key}:end", {}).status_code == 204
    # It was to begin now: nothing of it has happened.
    assert not Outage.objects.exists()
    kinds = list(Event.objects.values_list("kind", flat=True).order_by("pk"))
    assert kinds[-2:] == ["outage.recorded", "outage.ended"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [("node", "node"), ("loop", "loop"), ("work_centre", "place"), ("crew", "crew")],
)
def test_everything_a_site_has_may_fail(world, erp, kind, target):
    names = {
        "node": world.bays[0].node.code,
        "loop": world.bays[0].loop.code,
        "place": world.site.work_centres.first().place,
        "crew": world.site.crews.first().skill,
    }

    answer = erp.post("outages", an_outage_of(world, kind=kind, target=names[target]))

    assert answer.status_code == 201, answer.json()
    assert answer.json()["target"] == names[target]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"site": "nowhere"}, "site"),
        ({"kind": "roof"}, "kind"),
        ({"target": "Z99"}, "target"),
        ({"remaining": -1}, "remaining"),
        ({"remaining": 1}, "remaining"),
        ({"ends_at": (NOW - HOUR).isoformat()}, "ends_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 161}, "reason"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_outage_that_makes_no_sense_is_refused_by_field(world, erp, changes, field):
    answer = erp.post("outages", an_outage_of(world, **changes))

    assert answer.status_code in (400, 422)
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{field}"]
    assert not Outage.objects.exists()


def test_a_lot_is_called_back_traced_and_released(world, erp):
    part = world.parts["FRAME"]
    lot = a_stock_lot(world.site, part, 7)
    rack = world.racks[0]
    Unit.objects.filter(pk=rack.pk).update(state=Unit.State.IN_WORK)
    lot.issues.create(rack=rack, step=world.model.steps.first(), quantity=1)
    sent = {
        "site": world.site.code,
        "part": part.code,
        "lot": lot.lot,
        "reason": "Cracks",
        "author": "Inês Duarte",
    }

    answer = erp.post("recalls", sent)
    key = answer.json()["id"]
    traced = erp.get(f"recalls/{key}:trace").json()
    again = erp.post("recalls", sent)

    assert answer.status_code == 201, answer.json()
    assert answer.json()["author"] == "Inês Duarte"
    assert [one["serial"] for one in traced["in_work"]] == [rack.serial]
    assert traced["in_work"][0]["customer"] == rack.order.customer.name
    assert traced["shipped"] == []
    assert StockLot.objects.get(pk=lot.pk).is_on_hold
    assert Unit.objects.get(pk=rack.pk).state == Unit.State.ON_HOLD
    assert again.status_code == 422
    assert "is called back already" in again.json()["errors"][0]["detail"]

    ended = erp.post(f"recalls/{key}:end", {"author": "Inês Duarte"})

    assert ended.json()["ended_by"] == "Inês Duarte"
    assert not StockLot.objects.get(pk=lot.pk).is_on_hold
    assert Unit.objects.get(pk=rack.pk).state == Unit.State.IN_WORK
    assert erp.post(f"recalls/{key}:end", {}).status_code == 422


def test_a_lot_nobody_knows_is_refused(world, erp):
    answer = erp.post(
        "recalls",
        {
            "site": world.site.code,
            "part": world.parts["FRAME"].code,
            "lot": "NONE",
            "reason": "Cracks",
        },
    )

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/lot"]
    assert not LotRecall.objects.exists()
