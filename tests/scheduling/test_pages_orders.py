"""Orders: promised, planned and possible; one order with where its time goes."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from factory.models import Order, Unit
from scheduling.models import LimitAttribution, Pegging, PlannedRack
from scheduling.services.publish import publish
from tests.builders.factory import NOW, a_customer, a_rack_model, an_order
from tests.builders.reading import a_reader, links, table, words
from tests.builders.scheduling import a_plan, a_promise, a_stored_plan
from tests.builders.suppliers import TODAY, a_commitment, a_line
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def promised(order, *dates):
    for on in dates:
        a_promise(order, on, made_at=NOW - DAY)


def late_by(plan, minutes, **racks):
    PlannedRack.objects.filter(plan=plan, **racks).update(late_min=minutes)


def listed(page):
    return [row[0] for row in table(page, "Orders")]


def page_of(planner, order, **query):
    return planner.get(reverse("order", args=[order.number]), query)


def test_an_order_shows_three_dates_its_slip_and_its_promise(world, planner):
    promised(world.order, date(2026, 12, 4), date(2026, 12, 7))
    plan = a_plan(
        world.site,
        {
            world.racks[0]: NOW + DAY,
            world.racks[1]: NOW + 2 * DAY,
            world.racks[2]: NOW + 16 * DAY,
        },
        limit="power",
    )
    late_by(plan, 2_880, rack=world.racks[2])
    PlannedRack.objects.filter(plan=plan).update(earliest_at=NOW + 2 * DAY)

    (row,) = table(planner.get(reverse("orders")), "Orders")

    assert row == [
        world.order.number,
        world.order.customer.name,
        world.model.code,
        "1 late of 3",
        "4 Dec",
        "was 4 Dec 7 Dec",
        "9 Dec",
        "25 Nov",
        "+2 d",
        "Breaks",
        "Power",
    ]


def test_without_plan_and_promise_there_is_nothing_but_the_date_asked_for(
    world, planner
):
    (row,) = table(planner.get(reverse("orders")), "Orders")

    assert row[3:] == ["3", "4 Dec", "–", "–", "–", "–", "Waiting", ""]


@pytest.mark.parametrize(
    ("promises", "ships_in_days", "status"),
    [
        ([], 2, "Planned"),
        ([], 20, "Late"),
        ([date(2026, 12, 4)], 2, "Kept"),
        ([date(2026, 12, 4)], 20, "Breaks"),
        ([date(2026, 12, 1), date(2026, 12, 4)], 2, "Moved"),
    ],
)
def test_a_promise_is_kept_moved_or_broken_by_the_plan(
    world, planner, promises, ships_in_days, status
):
    promised(world.order, *promises)
    a_plan(world.site, dict.fromkeys(world.racks, NOW + ships_in_days * DAY))

    (row,) = table(planner.get(reverse("orders")), "Orders")

    assert row[9] == status


def test_one_rack_without_a_plan_leaves_the_order_without_a_date(world, planner):
    first, *others = world.racks
    a_plan(world.site, {first: None, **dict.fromkeys(others, NOW + DAY)})

    (row,) = table(planner.get(reverse("orders")), "Orders")

    assert (row[6], row[9]) == ("–", "Unplannable")


def test_tabs_hold_open_late_and_all_orders(world, planner):
    late, paused = (an_order(world.site, world.model) for _ in range(2))
    Order.objects.filter(pk=paused.pk).update(state=Order.State.PAUSED)
    plan = a_plan(
        world.site,
        dict.fromkeys([*world.racks, *Unit.objects.filter(order=late)], NOW + DAY),
    )
    late_by(plan, 60, rack__order=late)

    shown = {
        show: planner.get(reverse("orders"), {"show": show})
        for show in ("open", "late", "all")
    }

    # The latest come first, then those asked for soonest, then by number.
    assert listed(shown["open"]) == [late.number, world.order.number]
    assert listed(shown["late"]) == [late.number]
    assert sorted(listed(shown["all"])) == sorted(
        [late.number, paused.number, world.order.number]
    )
    assert "1 order with late racks." in words(shown["late"])


@pytest.mark.parametrize("by", ["number", "customer", "model"])
def test_a_word_finds_orders_by_number_customer_or_model(world, planner, by):
    wanted = an_order(
        world.site,
        a_rack_model("VR777"),
        number="CO-ODD-1",
        customer=a_customer(name="Nordvik Cloud"),
    )
    word = {"number": "odd", "customer": "nordvik", "model": "vr777"}[by]

    page = planner.get(reverse("orders"), {"q": f" {word} "})

    assert listed(page) == [wanted.number]
    assert f"1 order open matching “{word}”." in words(page)
    assert f"?show=late&q={word}" in links(page)


def test_a_word_nobody_bears_finds_nothing(planner):
    said = words(planner.get(reverse("orders"), {"q": "zebra"}))

    assert "0 orders open matching “zebra”." in said
    assert "No order here" in said


def test_a_long_list_has_pages_that_keep_the_tab(world, planner):
    for _ in range(50):
        an_order(world.site, world.model, racks=0)

    first = planner.get(reverse("orders"), {"show": "all"})
    second = planner.get(reverse("orders"), {"show": "all", "page": "2"})

    assert (len(listed(first)), len(listed(second))) == (50, 1)
    assert "1 to 50 of 51 orders" in words(first)
    assert "?show=all&page=2" in links(first)
    assert "?show=all&page=1" in links(second)


def test_another_sites_orders_are_not_listed_nor_shown(world, planner):
    other = a_small_world()

    assert listed(planner.get(reverse("orders"))) == [world.order.number]
    assert page_of(planner, other.order).status_code == 404


def test_an_orders_bars_add_up_to_its_lead_time_and_its_work_to_physics(world, planner):
    plan = a_stored_plan(world.site)

    page = page_of(planner, world.order)

    chosen = page.context["chosen"]
    bars = LimitAttribution.objects.filter(plan=plan, rack=chosen.rack)
    segments = page.context["segments"]
    assert sum(one.minutes for one in segments) == chosen.lead_min
    assert sum(bar.minutes for bar in bars) == chosen.lead_min
    assert chosen.lead_min == (chosen.ships_at - world.order.received_at) // timedelta(
        minutes=1
    )
    assert sum(bar.minutes for bar in bars if bar.is_physics) == chosen.physics_min
    # Nine steps of 240, 480, 360, 180, 240, 240, 1,440, 180 and 240 minutes, and the
    # 2,304 of tray build before them.
    assert chosen.physics_min == 3_600 + 2_304


def test_the_last_rack_to_ship_is_explained_unless_another_is_asked_for(world, planner):
    a_stored_plan(world.site)

    page = page_of(planner, world.order)
    racks = page.context["racks"]
    other = page_of(planner, world.order, rack=racks[-1].rack.serial)

    assert [one.ships_at for one in racks] == sorted(
        (one.ships_at for one in racks), reverse=True
    )
    assert page.context["chosen"] == racks[0]
    assert f"Where {racks[0].rack.serial}'s" in words(page)
    assert other.context["chosen"] == racks[-1]
    assert f"Where {racks[-1].rack.serial}'s" in words(other)


def test_dates_stand_side_by_side(world, planner):
    promised(world.order, date(2026, 12, 4), date(2026, 12, 7))
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 16 * DAY))
    PlannedRack.objects.filter(plan=plan).update(earliest_at=NOW + 2 * DAY)

    said = words(page_of(planner, world.order))

    for line in (
        "Received Mon 19 Oct, 09:00",
        "Requested Fri 4 Dec",
        "Promised was Fri 4 Dec Mon 7 Dec",
        "Planned Wed 9 Dec +2 d",
        "Earliest physics allows Wed 25 Nov",
        "Service Firm",
    ):
        assert line in said


def test_every_promise_ever_made_is_kept_in_sight(world, planner):
    promised(world.order, date(2026, 12, 4), date(2026, 12, 7))
    publish(
        plan=a_plan(
            world.site,
            dict.fromkeys(world.racks, NOW + 16 * DAY),
            sentence="Site power is full.",
            limit="power",
        ),
        by=None,
        actor="system",
        acknowledged={world.order.number: "Site power is full."},
        expected_previous=None,
    )

    rows = table(page_of(planner, world.order), "Promises made")

    assert rows == [
        ["1 · Promise", "4 Dec", "3", "Sun 22 Nov, 08:00", "–"],
        [
            "2 · Push-out",
            "7 Dec",
            "3",
            "Sun 22 Nov, 08:00",
            "Cable cartridges came late.",
        ],
        ["3 · Push-out", "9 Dec", "3", "Mon 08:00 , plan 1", "Site power is full."],
    ]


def test_material_names_the_lot_or_the_promise_it_comes_from(world, planner):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY))
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    commitment = a_commitment(line, [(TODAY + DAY, 90)])
    step = world.model.steps.get(code="PREP")
    lot = world.parts["FRAME"].stock_lots.get()
    given = {"plan": plan, "rack": world.racks[0], "step": step}
    Pegging.objects.create(**given, quantity=1, stock_lot=lot)
    Pegging.objects.create(
        **given, quantity=29, tranche=commitment.current.tranches.get()
    )

    page = page_of(planner, world.order, rack=world.racks[0].serial)

    assert table(page, "Material of this rack") == [
        [
            line.part.code,
            "29",
            "PREP",
            f"{line.purchase_order.supplier.name}, {line.purchase_order.number}",
            "24 Nov",
        ],
        [lot.part.code, "1", "PREP", f"Stock, lot {lot.lot}", "in the house"],
    ]
    assert reverse("commitment", args=[commitment.pk]) in links(page)


def test_a_rack_without_a_plan_says_why_in_its_row_and_above(world, planner):
    first, *others = world.racks
    a_plan(
        world.site,
        {first: None, **dict.fromkeys(others, NOW + DAY)},
        sentence="29 of PART-7 needed, 0 in stock or promised.",
    )

    page = page_of(planner, world.order)

    # What cannot be planned comes first: it decides the order.
    assert page.context["chosen"].rack == first
    (row, *_) = table(page, "Racks of this order")
    assert row == [first.serial, "29 of PART-7 needed, 0 in stock or promised."]
    assert "not planned yet" in words(page)
    assert words(page).count("29 of PART-7 needed") >= 2


def test_an_order_no_plan_holds_says_so(world, planner):
    said = words(page_of(planner, world.order))

    assert "No plan holds this order" in said
    assert "No plan holds these racks yet." in said
    assert "Nothing promised yet; the first publication makes the first" in said


def test_no_order_has_this_number(planner):
    assert planner.get(reverse("order", args=["CO-none"])).status_code == 404
