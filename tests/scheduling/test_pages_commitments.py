"""The commitments board, both sides and each tab."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from factory.models import Order, Unit
from scheduling.models import PlannedRack
from suppliers.services import commitments
from tests.builders.factory import NOW, an_order
from tests.builders.reading import a_reader, links, table, words
from tests.builders.scheduling import a_plan, a_promise
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_receipt,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
INWARD = "Commitments of suppliers"
OUTWARD = "Promises to customers"


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


@pytest.fixture
def board(world):
    """Give a line of every standing that has a tab, by its name."""
    site = world.site
    lines = {name: a_line(site=site) for name in ("silent", "kept", "moved", "late")}
    lines["unsure"] = a_line(site=site)
    lines["holds"] = a_line(site=site)
    asked = TODAY + 14 * DAY
    a_commitment(lines["kept"], [(asked, 90)])
    a_commitment(lines["moved"], [(asked, 90)], [(asked + 6 * DAY, 90)])
    a_commitment(lines["late"], [(TODAY - 2 * DAY, 90)], now=NOW - 9 * DAY)
    a_commitment(lines["holds"], [(asked, 90)])
    a_line_need(lines["holds"], racks=6, blocked_racks=4, slack_min=-2_880)
    commitments.cannot_say(
        line_id=lines["unsure"].pk,
        expected_version=lines["unsure"].commitment.version,
        reason_code="capacity",
        word_by=TODAY + 3 * DAY,
        author=BY_SYSTEM,
        now=NOW,
    )
    return lines


def asked_for(planner, **query):
    return planner.get(reverse("commitments"), query)


def listed(page, label=INWARD):
    return {row[0] for row in table(page, label)}


def named(*lines):
    return {f"{line.purchase_order.number} / {line.number}" for line in lines}


@pytest.mark.parametrize(
    ("tab", "names"),
    [
        ("matters", ["holds"]),
        ("unanswered", ["silent"]),
        ("cannot-say", ["unsure"]),
        ("moved", ["moved"]),
        ("broken", ["late"]),
        ("all", ["silent", "kept", "moved", "late", "unsure", "holds"]),
    ],
)
def test_each_tab_holds_its_own_and_counts_them(planner, board, tab, names):
    page = asked_for(planner, tab=tab)

    assert listed(page) == named(*(board[name] for name in names))
    current = next(one for one in page.context["tabs"] if one["current"])
    assert current["count"] == len(names)


def test_the_board_opens_where_racks_are_held_up(planner, board):
    page = asked_for(planner)

    assert listed(page) == named(board["holds"])
    assert "1 commitment holds racks up; 1 line unanswered." in words(page)


def test_with_nothing_held_up_it_opens_with_all(world, planner):
    line = a_line(site=world.site)

    page = asked_for(planner)

    assert listed(page) == named(line)
    assert "No commitment holds a rack up; 1 line unanswered." in words(page)


def test_a_row_tells_first_and_newest_word_need_slack_and_reason(world, planner):
    asked = TODAY + 14 * DAY
    line = a_line(site=world.site, need_by=asked, quantity=1_200)
    commitment = a_commitment(line, [(asked, 1_200)], [(asked + 6 * DAY, 1_200)])
    a_line_need(
        line, racks=6, blocked_racks=4, needed_by=asked + 2 * DAY, slack_min=-5_760
    )

    page = asked_for(planner)

    assert table(page, INWARD) == [
        [
            f"{line.purchase_order.number} / 10",
            line.part.code,
            line.purchase_order.supplier.name,
            "1,200",
            "7 Dec",
            "7 Dec",
            "13 Dec",
            "+6 d",
            "9 Dec",
            "−4 d",
            "4 of 6",
            "Moved",
            "Capacity",
        ]
    ]
    assert reverse("commitment", args=[commitment.pk]) in links(page)
    assert reverse("supplier", args=[line.purchase_order.supplier.code]) in links(page)


def test_what_came_is_counted_and_what_is_unknown_is_a_dash(world, planner):
    silent, partly = a_line(site=world.site), a_line(site=world.site)
    a_commitment(partly)
    a_receipt(partly, 30)

    rows = {row[0]: row for row in table(asked_for(planner, tab="all"), INWARD)}

    (silent_name,), (partly_name,) = named(silent), named(partly)
    assert rows[silent_name][4:] == [
        "7 Dec",
        "–",
        "–",
        "–",
        "–",
        "–",
        "–",
        "Not answered",
        "",
    ]
    assert rows[partly_name][3] == "30 of 90"


def test_an_empty_tab_says_so_and_leads_to_all(planner):
    page = asked_for(planner, tab="broken")

    assert "Nothing under this tab" in words(page)
    assert "?side=in&tab=all" in links(page)


def test_a_long_tab_has_pages_that_keep_it(world, planner):
    for _ in range(51):
        a_line(site=world.site)

    first = asked_for(planner, tab="all")
    second = asked_for(planner, tab="all", page="2")

    assert (len(listed(first)), len(listed(second))) == (50, 1)
    assert "1 to 50 of 51 commitments" in words(first)
    assert "?tab=all&page=2" in links(first)


def test_another_sites_lines_are_on_its_own_board(world, planner):
    a_line(site=a_small_world().site)
    own = a_line(site=world.site)

    page = asked_for(planner, tab="all")

    assert listed(page) == named(own)
    assert page.context["counts"].total == 1


def promised(order, *dates):
    for on in dates:
        a_promise(order, on, reason="" if on == dates[0] else "Cables came late.")


def test_outward_a_promise_stands_beside_the_plan(world, planner):
    promised(world.order, date(2026, 12, 1), date(2026, 12, 4))
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 16 * DAY), limit="power")
    PlannedRack.objects.filter(plan=plan).update(late_min=2_880)

    page = asked_for(planner, side="out")

    assert table(page, OUTWARD) == [
        [
            world.order.number,
            world.order.customer.name,
            "3",
            "4 Dec",
            "1 Dec",
            "was 1 Dec 4 Dec",
            "9 Dec",
            "+5 d",
            "Breaks",
            "Power",
            "TR Tomás Reyes",
        ]
    ]
    assert "1 promise to customers, 1 of those shown break in this plan." in words(page)


def test_outward_holds_open_orders_with_a_promise_the_latest_first(world, planner):
    orders = [an_order(world.site, world.model) for _ in range(3)]
    silent, late, done = orders
    for order in (world.order, late, done):
        promised(order, date(2026, 12, 4))
    Order.objects.filter(pk=done.pk).update(state=Order.State.CANCELLED)
    racks = Unit.objects.filter(order__in=[world.order, silent, late])
    plan = a_plan(world.site, dict.fromkeys(racks, NOW + DAY))
    PlannedRack.objects.filter(plan=plan, rack__order=late).update(late_min=60)

    rows = table(asked_for(planner, side="out"), OUTWARD)

    assert [row[0] for row in rows] == [late.number, world.order.number]


def test_outward_without_promises_says_what_makes_them(planner):
    page = asked_for(planner, side="out")

    assert "0 promises to customers." in words(page)
    assert "Nothing is promised yet" in words(page)
    assert reverse("publish") in links(page)


def test_outward_another_sites_promises_are_its_own(planner):
    other = a_small_world()
    promised(other.order, date(2026, 12, 4))

    assert "0 promises to customers." in words(asked_for(planner, side="out"))


def test_the_board_draws_the_promises_of_the_lines_it_shows(planner, board):
    page = asked_for(planner, tab="moved")

    rows = table(page, "Promises by the day they were said")
    assert [row[0] for row in rows] == [*named(board["moved"])] * 2
    assert page.context["river"].streams[0].css == "river--bad"
    assert asked_for(planner, tab="unanswered").context["river"] is None


def test_the_file_has_every_line_under_the_tab(planner, board):
    answer = planner.get(reverse("commitments_csv"), {"tab": "moved"})

    head, row = answer.content.decode("utf-8-sig").splitlines()
    line = board["moved"]
    assert head.startswith("order,line,part,supplier,pieces")
    assert row.startswith(f"{line.purchase_order.number},{line.number},")
    assert row.endswith("6,,0,moved,Capacity")
