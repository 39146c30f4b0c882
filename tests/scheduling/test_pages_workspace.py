"""Habits: an inbox by cause, finding anything, saved views, an outlook that is sure."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from factory.models import PowerNode, Site
from journal.models import Event
from scheduling.inbox import inbox_of
from scheduling.models import Pegging, PlannedRack, SavedView, Snooze
from scheduling.outlook import outlook_of
from scheduling.queries.find import find
from scheduling.services.publish import publish
from scheduling.services.workspace import put_off
from scheduling.staleness import facts_newer_than
from tests.builders.factory import NOW, a_bay, a_stock_lot, an_order, an_outage
from tests.builders.reading import a_reader, words
from tests.builders.scheduling import a_grid_event, a_plan
from tests.builders.suppliers import a_commitment, a_line, a_supplier
from tests.builders.world import a_small_world, a_user

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


def in_force(world):
    """Put a plan in force that ships every rack in ten days."""
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    return plan


def a_slip(world, plan, day):
    """Let the supplier of all racks' sensors move them to a day, told three times."""
    line = a_line(
        site=world.site,
        part=world.parts["SENSOR"],
        supplier=a_supplier(),
        quantity=87,
    )
    commitment = a_commitment(line, [(date(2026, 11, 26), 87)], [(day, 87)])
    first = commitment.revisions.order_by("number")[0].tranches.get()
    step = world.model.steps.get(code="PREP")
    for rack in world.racks:
        Pegging.objects.create(
            plan=plan, rack=rack, step=step, quantity=29, tranche=first
        )
    for number in range(3):
        Event.objects.create(
            kind="commitment.changed",
            object_type="commitment",
            object_id=str(commitment.pk),
            actor="user:1",
            summary=f"Acme moved sensors, message {number}",
        )
    return commitment


def items(world, plan):
    site = Site.objects.get(pk=world.site.pk)
    return inbox_of(site, plan, facts_newer_than(plan), [], NOW)


def item_of(commitment, found):
    """Return the item about a commitment."""
    cause = f"fact:commitment:{commitment.pk}"
    return next(one for one in found if one.cause == cause)


def plain(text):
    return text.replace("\u00a0", " ")


def test_messages_of_one_cause_are_one_item_that_says_no_harm(world):
    plan = in_force(world)
    commitment = a_slip(world, plan, date(2026, 11, 27))

    item = item_of(commitment, items(world, plan))

    assert item.cause == f"fact:commitment:{commitment.pk}"
    assert item.messages >= 3
    assert item.effect == "No rack of the plan waits for it: no harm."
    assert (item.cents, item.is_bad) == (0, False)


def test_a_slip_names_the_promise_that_breaks_and_what_it_costs(world):
    plan = in_force(world)
    commitment = a_slip(world, plan, date(2026, 12, 20))

    item = item_of(commitment, items(world, plan))

    assert item.is_bad
    assert item.cents > 3 * 14 * world.order.late_cents_per_day
    assert f"Ignored: {world.order.number} breaks" in plain(item.effect)


def test_a_cut_of_the_grid_says_who_loses_a_place_and_what_breaks(world):
    plan = in_force(world)
    for number, planned in enumerate(plan.planned_racks.order_by("pk")):
        planned.bay = world.bays[0]
        planned.bay_from = NOW + 9 * DAY + timedelta(hours=9 * number)
        planned.bay_until = planned.bay_from + timedelta(hours=9)
        planned.save()
    event = a_grid_event(
        world.site, starts_at=NOW + 8 * DAY, ends_at=NOW + 13 * DAY, cap_w=0
    )
    Event.objects.create(
        seq=1,
        kind="grid.event_received",
        object_type="gridevent",
        object_id=str(event.pk),
        actor="system",
        summary="The grid orders nothing at all",
    )

    item = next(one for one in items(world, plan) if "gridevent" in one.cause)

    assert item.is_bad
    assert item.cents > 0
    assert plain(item.effect).startswith(
        f"3 racks lose their place. Ignored: {world.order.number} breaks"
    )


def test_an_order_the_plan_does_not_know_says_which_racks_would_not_ship(world):
    plan = in_force(world)
    order = an_order(world.site, world.model, racks=2)
    happened("order.created", "order", order.pk)

    (item,) = [one for one in items(world, plan) if one.cause.startswith("fact:order")]

    assert plain(item.effect) == "2 racks of it are in no plan and would not ship."
    assert item.owner == order.customer.owner


def test_a_busway_that_gives_less_says_who_waits_and_whose_it_is(world):
    plan = in_force(world)
    node = world.bays[0].node
    bays = [*world.bays, a_bay(world.site, node=node)]
    for planned, bay in zip(PlannedRack.objects.filter(plan=plan), bays, strict=True):
        planned.bay, planned.bay_from = bay, NOW + DAY
        planned.bay_until = NOW + 3 * DAY
        planned.save()
    PowerNode.objects.filter(pk=node.pk).update(owner="Tomás Reyes")
    outage = an_outage(
        world.site, node=node, ends_at=NOW + 2 * DAY, remaining=node.limit_w // 3
    )
    happened("outage.recorded", "outage", outage.pk)

    (item,) = [one for one in items(world, plan) if one.cause.startswith("fact:outage")]

    # A third of the power is left, so two of three racks wait.
    assert plain(item.effect) == "2 racks lose their place; no promise breaks."
    assert item.owner == "Tomás Reyes"


def happened(kind, about, key):
    """Record that something happened to an object."""
    Event.objects.create(
        kind=kind,
        object_type=about,
        object_id=str(key),
        actor="user:1",
        summary="It happened",
    )


def test_what_makes_racks_late_is_one_item_a_limit_and_owner(world):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY), limit="power")
    plan.planned_racks.update(late_min=1_440)

    (item,) = items(world, plan)

    assert plain(item.title) == "3 racks ship late for power"
    assert item.owner == "Tomás Reyes"
    assert item.cents == 3 * world.order.late_cents_per_day


def test_a_cause_put_off_comes_back_in_time_or_with_more_messages(world, time_machine):
    plan = in_force(world)
    commitment = a_slip(world, plan, date(2026, 12, 20))
    cause = f"fact:commitment:{commitment.pk}"
    person = a_user("planner", site=world.site)

    told = item_of(commitment, items(world, plan)).messages
    put_off(site=world.site, cause=cause, messages=told, days=1, by=person, now=NOW)
    kept = item_of(commitment, items(world, plan)).until
    fewer = told - 1
    put_off(site=world.site, cause=cause, messages=fewer, days=1, by=person, now=NOW)
    more = item_of(commitment, items(world, plan)).until

    assert kept == NOW + DAY
    assert more is None
    put_off(site=world.site, cause=cause, messages=2, days=0, by=person, now=NOW)
    assert not Snooze.objects.exists()


def test_a_planner_puts_a_cause_off_from_the_page(world, planner):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY), limit="power")
    plan.planned_racks.update(late_min=1_440)
    cause = "late:power:Tomás Reyes"

    answer = planner.post(
        reverse("inbox_snooze"), {"cause": cause, "messages": "3", "days": "7"}
    )

    assert answer.headers["Location"] == reverse("control") + "#inbox"
    assert "1 cause from 3 messages" not in words(planner.get(reverse("control")))
    later = words(planner.get(reverse("control") + "?inbox=snoozed"))
    assert "put off until" in later


@pytest.mark.parametrize(
    "sent",
    [{}, {"cause": "x" * 500, "days": "7"}, {"cause": "x\0", "days": "99999999999"}],
)
def test_nonsense_puts_nothing_off(world, planner, sent):
    assert planner.post(reverse("inbox_snooze"), sent).status_code == 302
    assert not Snooze.objects.exists()


def test_orders_racks_suppliers_and_parts_are_found_by_a_few_letters(world):
    supplier = a_supplier(name="Tessaline Sensors")

    hits = find(world.site, world.racks[0].serial.lower())
    by_name = find(world.site, "essali")

    assert [(one.kind, one.name) for one in hits] == [("Rack", world.racks[0].serial)]
    assert (by_name[0].kind, by_name[0].url) == (
        "Supplier",
        reverse("supplier", args=[supplier.code]),
    )
    assert find(world.site, "x") == []


def test_another_sites_orders_are_not_found(world):
    other = a_small_world()

    assert find(world.site, other.order.number) == []


def test_finding_takes_as_many_questions_however_much_there_is(
    world, django_assert_num_queries
):
    with django_assert_num_queries(6):
        find(world.site, "co")


def test_the_palette_and_the_page_find_the_same(world, planner):
    path = f"?q={world.order.number}"

    data = planner.get(reverse("find_data") + path)
    page = planner.get(reverse("find") + path)
    again = planner.get(
        reverse("find_data") + path, headers={"If-None-Match": data.headers["ETag"]}
    )

    assert data.json()["hits"][0]["name"] == world.order.number
    assert world.order.number in words(page)
    assert again.status_code == 304


def test_actions_are_offered_to_those_who_may(world, planner):
    buyer = a_reader(world.site, "buyer")

    def actions(reader):
        hits = reader.get(reverse("find_data") + "?q=optimize").json()["hits"]
        return [hit["name"] for hit in hits]

    assert actions(planner) == ["Optimize the live data"]
    assert actions(buyer) == []


@pytest.mark.parametrize("text", ["", "\0", "%", "_", "'" * 200, "\u202e"])
def test_hostile_words_find_nothing_and_break_nothing(world, planner, text):
    assert planner.get(reverse("find_data"), {"q": text}).status_code == 200
    assert planner.get(reverse("find"), {"q": text}).status_code == 200


def test_a_view_is_kept_shared_opened_and_forgotten(world, planner):
    colleague = a_reader(world.site, "buyer")
    address = "/orders/?show=late&q=alder"

    kept = planner.post(
        reverse("views"), {"name": "Late", "address": address, "is_shared": "on"}
    )

    view = SavedView.objects.get()
    assert kept.headers["Location"] == address
    assert "Late" in words(colleague.get(reverse("views")))
    colleague.post(reverse("view_remove", args=[view.pk]))
    assert SavedView.objects.exists()
    planner.post(reverse("view_remove", args=[view.pk]))
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("", "/orders/"),
        ("x" * 81, "/orders/"),
        ("Elsewhere", "https://example.com/"),
        ("Elsewhere", "//example.com/"),
        ("Elsewhere", "/\\example.com/"),
        ("Broken", "/orders/\n"),
        ("Long", "/" + "x" * 1_000),
    ],
)
def test_a_view_that_is_no_page_of_ours_is_refused(world, planner, name, address):
    planner.post(reverse("views"), {"name": name, "address": address})

    assert not SavedView.objects.exists()


def test_the_outlook_counts_what_is_asked_promised_and_planned(world):
    plan = in_force(world)
    site = Site.objects.get(pk=world.site.pk)

    look = outlook_of(site, plan, NOW)

    # Asked for and promised on Friday 4 December, planned for Thursday the 3rd.
    before, after = (
        look.weeks.index(date(2026, 11, 30)),
        look.weeks.index(date(2026, 12, 7)),
    )
    assert (look.demand[before], look.demand[after]) == (0, 3)
    assert (look.promised[before], look.promised[after]) == (0, 3)
    ahead = len(look.weeks) - len(look.p50)
    assert (look.p50[before - ahead], look.p50[after - ahead]) == (0, 3)
    assert look.p90 == look.p50


def test_deliveries_at_their_p90_put_racks_off_in_the_outlook(world):
    plan = in_force(world)
    a_stock_lot(world.site, world.parts["SENSOR"], 1)
    line = a_line(site=world.site, part=world.parts["SENSOR"], supplier=a_supplier())
    promise = a_commitment(line, [(date(2026, 12, 21), 29)])
    Pegging.objects.create(
        plan=plan,
        rack=world.racks[0],
        step=world.model.steps.get(code="PREP"),
        quantity=29,
        tranche=promise.current.tranches.get(),
    )

    look = outlook_of(Site.objects.get(pk=world.site.pk), plan, NOW)

    ahead = len(look.weeks) - len(look.p50)
    week = look.weeks.index(date(2026, 12, 14)) - ahead
    assert (look.p50[week], look.p90[week]) == (3, 2)
