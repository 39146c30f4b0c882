"""Recalls and outages: found by genealogy, held, released; plans know of each."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError
from django.urls import reverse

from factory.errors import OutageRefusedError, StockRefusedError
from factory.models import (
    LotRecall,
    Outage,
    Part,
    PowerNode,
    StockIssue,
    StockLot,
    Unit,
)
from factory.services.order_changes import Signed
from factory.services.outages import Told, declare_outage, end_outage
from factory.services.recalls import end_recall, recall_lot, trace
from journal.models import Event
from tests.builders.factory import NOW, a_crew, a_stock_lot, records_until
from tests.builders.reading import a_reader, table, words
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

QUALITY = Signed(author="Inês Duarte", actor="user:9")


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


def built_in(rack: Unit, part: Part, lot: str) -> Unit:
    """Build one piece of a lot into a tray of a rack."""
    tray = Unit.objects.create(
        serial=f"T-{rack.serial}",
        kind="tray",
        site=rack.site,
        part=part,
        parent=rack,
        installed_at=NOW,
        state="installed",
    )
    return Unit.objects.create(
        serial=f"P-{rack.serial}",
        kind="part",
        site=rack.site,
        part=part,
        lot=lot,
        parent=tray,
        installed_at=NOW,
        state="installed",
    )


@pytest.fixture
def world() -> World:
    """Return a site with pieces of lot L7 in stock, in work, in test and shipped."""
    made = a_small_world()
    sensor = made.parts["SENSOR"]
    lot = a_stock_lot(made.site, sensor, 50, lot="L7")
    shipped, testing, begun = made.racks
    built_in(shipped, sensor, "L7")
    Unit.objects.filter(pk=shipped.pk).update(state="shipped")
    built_in(testing, sensor, "L7")
    Unit.objects.filter(pk=testing.pk).update(state="in_work")
    records_until(testing, "DRAIN")
    StockIssue.objects.create(
        lot=lot,
        rack=begun,
        step=made.model.steps.get(code="PREP"),
        quantity=29,
        at=NOW,
    )
    Unit.objects.filter(pk=begun.pk).update(state="in_work")
    StockLot.objects.filter(pk=lot.pk).update(issued=29)
    return made


def recalled(world: World, **fields) -> LotRecall:
    return recall_lot(
        **{
            "site": world.site,
            "part": world.parts["SENSOR"],
            "lot": "L7",
            "reason": "Seals age",
            "holds_racks": True,
            "by": QUALITY,
        }
        | fields
    )


def test_pieces_are_found_in_stock_in_test_in_work_and_shipped(world):
    shipped, testing, begun = world.racks

    found = trace(world.parts["SENSOR"], "L7")

    assert [lot.free for lot in found.stock] == [21]
    assert [one.rack for one in found.in_test] == [testing]
    assert {one.rack: one.pieces for one in found.in_work} == {testing: 1, begun: 29}
    assert [one.rack for one in found.shipped] == [shipped]


def test_a_recall_holds_stock_and_racks_and_its_end_releases_them(world):
    shipped, testing, begun = world.racks

    recall = recalled(world)

    lot = StockLot.objects.get(lot="L7")
    assert lot.is_on_hold
    for rack, state in ((shipped, "shipped"), (testing, "on_hold"), (begun, "on_hold")):
        rack.refresh_from_db()
        assert rack.state == state
    assert Event.objects.get(kind="lot.recalled").after["racks_held"] == 2

    end_recall(recall=recall, by=QUALITY)

    lot.refresh_from_db()
    testing.refresh_from_db()
    assert not lot.is_on_hold
    assert testing.state == "in_work"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"lot": "L8"}, "No lot L8"), ({"reason": " "}, "Say why")],
)
def test_a_recall_that_cannot_be_is_refused(world, fields, sentence):
    with pytest.raises(StockRefusedError, match=sentence):
        recalled(world, **fields)

    assert not StockLot.objects.get(lot="L7").is_on_hold


def test_a_lot_is_called_back_once(world):
    recalled(world)

    with pytest.raises(StockRefusedError, match="called back already"):
        recalled(world)


def test_the_recall_page_names_racks_and_customers(world):
    quality = a_reader(world.site, "quality")
    sent = {"part": world.parts["SENSOR"].code, "lot": "L7", "reason": "Seals age"}

    unknown = quality.post(reverse("recalls"), sent | {"part": "X"})
    answer = quality.post(reverse("recalls"), sent)
    page = quality.get(answer.url)

    assert "There is no part X." in words(unknown)
    said = words(page)
    assert "Lot L7: 2 racks in work, 1 of them in test, 1 shipped." in said
    customer = world.order.customer
    tells = f"{customer.owner} tells {customer.name} of 1 rack."
    assert said.index(tells) < said.index("In work racks that hold pieces of it")
    ((rack, _, customer, *_),) = table(page, "Racks shipped")
    assert rack == world.racks[0].serial
    assert customer == world.order.customer.name
    quality.post(answer.url + "end/")
    assert "This recall has ended" in words(quality.get(answer.url))


def told(target, **fields) -> Told:
    return Told(
        **{
            "target": target,
            "remaining": 0,
            "starts_at": NOW,
            "ends_at": NOW + timedelta(hours=4),
            "reason": "Down",
        }
        | fields
    )


def test_an_outage_is_declared_ended_and_taken_back_on_the_page(world):
    desk = a_reader(world.site, "energy_desk")
    sent = {
        "target": f"bay:{world.bays[0].pk}",
        "remaining": 0,
        "starts_at": "2026-11-23T07:00",
        "ends_at": "2026-11-23T20:00",
        "reason": "Leak under the floor",
    }

    desk.post(reverse("outages"), sent)
    outage = Outage.objects.get()
    page = desk.get(reverse("outages"))
    desk.post(reverse("outage_end", args=[outage.pk]))

    assert table(page, "Outages on or ahead")[0][0] == str(world.bays[0])
    outage.refresh_from_db()
    assert outage.ends_at == NOW
    assert Event.objects.filter(kind="outage.ended").count() == 1


def test_what_is_left_of_a_feeder_is_said_and_shown_in_kilowatts(world):
    desk = a_reader(world.site, "energy_desk")
    feeder = PowerNode.objects.filter(site=world.site).first()
    sent = {
        "target": f"node:{feeder.pk}",
        "remaining": 120,
        "starts_at": "2026-11-23T07:00",
        "ends_at": "2026-11-23T20:00",
        "reason": "Half of it is down",
    }

    desk.post(reverse("outages"), sent)

    assert Outage.objects.get().remaining == 120_000
    rows = table(desk.get(reverse("outages")), "Outages on or ahead")
    assert rows[0][2] == "120 kW"


# No moment of UTC: what a form at Chicago and one at Taipei can say.
LAST = datetime(9999, 12, 31, 23, 59, tzinfo=ZoneInfo("America/Chicago"))
FIRST = datetime(1, 1, 1, 0, 0, tzinfo=ZoneInfo("Asia/Taipei"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ends_at": NOW}, "ends after it starts"),
        ({"ends_at": NOW.replace(year=2030)}, "within three years"),
        ({"ends_at": LAST}, "within three years"),
        ({"starts_at": FIRST}, "within three years"),
        ({"remaining": 4}, "gives 4; an outage leaves less"),
        ({"reason": ""}, "Say why"),
    ],
)
def test_an_outage_that_cannot_be_is_refused(fields, sentence):
    world = a_small_world()
    crew = a_crew(world.site, "fluid", people=4)

    with pytest.raises(OutageRefusedError, match=sentence):
        declare_outage(site=world.site, told=told(crew, **fields), actor="user:1")

    assert not Outage.objects.exists()


def test_an_outage_ahead_is_taken_back_without_a_trace_but_the_journal():
    world = a_small_world()
    ahead = told(
        world.bays[0],
        starts_at=NOW + timedelta(hours=1),
        ends_at=NOW + timedelta(hours=2),
    )
    outage = declare_outage(site=world.site, told=ahead, actor="user:1")

    end_outage(outage=outage, actor="user:1")

    assert not Outage.objects.exists()
    assert Event.objects.get(kind="outage.ended").before["reason"] == "Down"


def test_the_database_keeps_one_open_recall_a_lot(world):
    recall = recalled(world)
    recall.pk = None

    with pytest.raises(IntegrityError):
        recall.save(force_insert=True)
