"""The speed of light: additive, with an owner for every hour, and a ceiling a week."""

from datetime import timedelta

import pytest
from django.urls import reverse

from scheduling.models import LimitAttribution
from scheduling.queries.light import light_of, pace_of, weekly_limits
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_plan, a_stored_plan
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


def bars(plan, rack, *rows):
    """Write bars of ``(limit, owner, minutes)``; physics is physics."""
    for number, (limit, owner, minutes) in enumerate(rows):
        LimitAttribution.objects.create(
            plan=plan,
            rack=rack,
            sequence=number,
            limit=limit,
            label=limit,
            owner=owner,
            minutes=minutes,
            is_physics=limit == "physics",
        )


def a_waiting_plan(world):
    first, second, _ = world.racks
    plan = a_plan(world.site, {first: NOW + 9 * DAY, second: NOW + 10 * DAY})
    bars(plan, first, ("physics", "", 8_640), ("power", "Tomás Reyes", 1_440))
    bars(
        plan,
        second,
        ("physics", "", 8_640),
        ("power", "Tomás Reyes", 2_880),
        ("material", "Mei-Ling Hsu", 5_760),
        ("material", "Joon Park", 2_880),
    )
    return plan


def test_the_mean_lead_time_adds_up_to_the_bars(world):
    plan = a_waiting_plan(world)

    light = light_of(plan)

    assert light.racks == 2
    assert (light.physics_min, light.lead_min) == (8_640, 8_640 + 2_160 + 4_320)
    assert [(one.limit, one.owner, one.minutes) for one in light.waits] == [
        ("material", "Mei-Ling Hsu", 2_880),
        ("power", "Tomás Reyes", 2_160),
        ("material", "Joon Park", 1_440),
    ]


def test_the_site_says_what_is_quoted_what_physics_needs_and_who_has_most(
    world, planner
):
    a_waiting_plan(world)

    page = planner.get(reverse("light"))

    said = words(page)
    assert "Quoted 10.5 d. Physics needs 6 d." in said
    assert "The other 4.5 d have owners, and material has 48 h of them." in said
    levers = table(page, "What each lever can give")
    assert [row[0] for row in levers] == [
        "Material, Mei-Ling Hsu",
        "Power",
        "Material, Joon Park",
    ]
    # 10.5 d over 8.5 d: the most that all of it could give.
    assert levers[0][4].startswith("48 h · 1.24×")


def test_an_order_is_decided_by_the_rack_that_ships_last(world, planner):
    a_waiting_plan(world)

    page = planner.get(reverse("light_order", args=[world.order.number]))

    assert f"{world.racks[1].serial} ships last, so it decides." in words(page)
    assert "Quoted 14 d. Physics needs 6 d." in words(page)


def test_a_rack_has_its_own_page_and_one_that_is_gone_leads_to_the_site(world, planner):
    a_waiting_plan(world)

    page = planner.get(reverse("light_rack", args=[world.racks[0].serial]))
    gone = planner.get(reverse("light_rack", args=["R-0"]), follow=True)
    unplanned = planner.get(reverse("light_rack", args=[world.racks[2].serial]))

    assert "Quoted 7 d. Physics needs 6 d." in words(page)
    assert "There is no rack R-0. This is the whole site." in words(gone)
    assert "No plan shows where the time goes yet." in words(unplanned)


@pytest.mark.parametrize("plan", ["", "999999", "x", "²"])
def test_a_link_to_a_plan_that_is_gone_shows_the_one_in_force(world, planner, plan):
    a_waiting_plan(world)

    assert planner.get(reverse("light"), {"plan": plan}).status_code == 200


def test_little_s_law_and_the_ceilings_are_told_with_the_plans_numbers(world, planner):
    plan = a_stored_plan(world.site)

    pace = pace_of(plan)
    limits = weekly_limits(world.site, plan)

    assert pace.racks_a_week == 0.75
    assert pace.in_work == pytest.approx(pace.racks_a_week * pace.floor_min / 10_080)
    assert limits == sorted(limits, key=lambda one: one.racks_a_week)
    assert {"Power bays", "Site power", "Cooling"} <= {one.label for one in limits}
    assert "0.8 racks a week ×" in words(planner.get(reverse("light")))


def test_without_a_plan_there_is_a_way_on(planner):
    said = words(planner.get(reverse("light")))

    assert "No plan shows where the time goes yet." in said
    assert "To the control page" in said
