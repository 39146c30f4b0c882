"""What is wrong with master data: one sentence each, naming object, limit, amount."""

import pytest

from factory.demo_site import build_products, build_site
from factory.models import BomLine, PowerNode, RoutingStep, WorkCentre
from factory.validation import circle_of, findings, longest_open
from tests.builders.factory import (
    NOW,
    a_bay,
    a_bom_line,
    a_calendar,
    a_crew,
    a_part,
    a_rack_model,
    a_site,
    a_work_centre,
    an_order,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def told(world):
    return {
        finding.code: finding.sentence.replace("\u00a0", " ")
        for finding in findings(world.site)
    }


def test_a_sound_site_has_no_findings():
    assert findings(a_small_world().site) == ()


def test_the_demo_s_site_has_no_findings():
    models, _ = build_products()

    assert findings(build_site(models, NOW), models.values()) == ()


def test_only_models_of_racks_still_to_be_built_are_judged_by_default():
    world = a_small_world()
    a_rack_model(routing=())

    assert findings(world.site) == ()


def test_a_model_without_a_routing_is_named():
    world = a_small_world()
    an_order(world.site, a_rack_model("EMPTY", routing=()))

    assert told(world) == {
        "no_routing": "EMPTY has no routing: nothing says how it is built."
    }


def test_a_rack_no_bay_can_take_is_named():
    world = a_small_world()
    for bay in world.bays:
        bay.supported_models.clear()

    assert told(world) == {
        "no_bay_takes_it": f"No bay of {world.site} takes {world.model}."
    }


def test_a_site_without_bays_takes_no_rack():
    world = a_small_world()
    world.site.power_bays.all().delete()

    assert list(told(world)) == ["no_bay_takes_it"]


def test_a_step_that_draws_more_than_every_bay_is_named_with_both_figures():
    world = a_small_world()
    world.site.power_bays.update(limit_w=120_000)

    assert told(world)["step_over_bay"] == (
        f"Soak of {world.model} draws 137 kW; the largest bay that takes it, "
        f"{world.bays[0]}, carries 120 kW."
    )


def test_one_bay_that_carries_the_step_exactly_is_enough():
    world = a_small_world()
    world.site.power_bays.update(limit_w=1)
    a_bay(world.site, models=[world.model], limit_w=137_000)

    assert told(world) == {}


def test_a_step_that_draws_more_than_every_feeder_is_named_with_the_feeder():
    world = a_small_world()
    hall = world.site.power_nodes.get(kind="hall")
    PowerNode.objects.filter(pk=hall.pk).update(limit_w=136_999)

    assert told(world)["step_over_feeder"] == (
        f"Soak of {world.model} draws 137 kW; of the feeders above its bays the best, "
        f"{hall}, carries 137 kW."
    )


def test_a_feeder_of_exactly_the_draw_carries_it():
    world = a_small_world()
    world.site.power_nodes.filter(kind="hall").update(limit_w=137_000)

    assert told(world) == {}


def test_heat_beyond_every_loop_is_named():
    world = a_small_world()
    world.site.cooling_loops.update(limit_w=100_000)

    assert "gives 130 kW of heat" in told(world)["step_over_loop"]


def test_an_import_too_small_for_one_rack_is_named():
    world = a_small_world()
    world.site.contracted_import_w = 1_000_000
    world.site.save()

    assert told(world)["step_over_import"] == (
        f"Soak of {world.model} needs 153 kW with its cooling; {world.site} has "
        "150 kW left beside its base load."
    )


def test_a_stay_longer_than_the_limit_is_named():
    world = a_small_world()
    world.site.bay_stay_limit_min = 2_519
    world.site.save()

    assert list(told(world)) == ["stay_over_limit"]
    world.site.bay_stay_limit_min = 2_520
    world.site.save()
    assert told(world) == {}


def test_a_missing_crew_is_named_for_each_step_that_needs_it():
    world = a_small_world()
    world.site.crews.get(skill="mech").delete()

    found = findings(world.site)

    assert [finding.sentence for finding in found] == [
        f"{step} of {world.model} needs skill mech; {world.site} has no such crew."
        for step in ("Prep", "Cable")
    ]


def test_a_crew_smaller_than_a_step_needs_is_named():
    world = a_small_world()
    world.site.crews.filter(skill="material").update(people=1)

    assert "needs 2 people; Material crew has 1." in told(world)["crew_too_small"]


def test_a_calendar_that_never_opens_is_named():
    world = a_small_world()
    calendar = world.site.crews.get(skill="mech").calendar
    calendar.shifts.all().delete()

    assert told(world) == {
        "calendar_never_open": f"Calendar {calendar} has no open hour."
    }


def test_a_calendar_open_on_single_dates_is_open():
    world = a_small_world()
    calendar = world.site.crews.get(skill="mech").calendar
    calendar.shifts.all().delete()
    calendar.exceptions.create(date="2026-12-05", is_open=True, reason="Extra shift")

    assert told(world) == {}


def test_a_step_that_must_run_through_and_fits_no_shift_is_named():
    world = a_small_world()
    crew = world.site.crews.get(skill="test")
    crew.calendar = a_calendar(world.site, "short", end_min=240)
    crew.save()

    found = findings(world.site)

    # 240 minutes and 20 % for rework; 180 and 20 % still fit.
    assert [finding.about for finding in found] == [
        f"{world.model} FILL",
        f"{world.model} FLASH",
    ]
    assert found[0].sentence.replace("\u00a0", " ") == (
        f"Fill of {world.model} runs 4.8 h without a break; the longest open stretch "
        "of calendar Short is 4 h."
    )


def test_a_missing_place_or_cart_is_named():
    world = a_small_world()
    WorkCentre.objects.filter(site=world.site, place__in=["cart", "pack"]).delete()

    codes = [(row.code, row.about) for row in findings(world.site)]

    assert codes == [
        ("no_place", f"{world.model} FILL"),
        ("no_place", f"{world.model} DRAIN"),
        ("no_place", f"{world.model} PACK"),
    ]


def test_a_work_centre_without_a_place_is_none():
    world = a_small_world()
    WorkCentre.objects.filter(site=world.site, place="pack").update(count=0)

    assert "has 0 places" in told(world)["no_place"]


def test_a_bom_that_goes_round_in_a_circle_is_named_with_its_way():
    world = a_small_world()
    one, two = a_part("ONE"), a_part("TWO")
    a_bom_line(world.model, one, parent=two)
    a_bom_line(world.model, two, parent=one)

    assert told(world) == {
        "bom_circle": f"The BOM of {world.model} goes round in a circle: "
        "ONE → TWO → ONE."
    }


def test_a_part_used_in_two_others_is_no_circle():
    world = a_small_world()
    top, left, right, low = (a_part(code) for code in ("TOP", "LEFT", "RIGHT", "LOW"))
    for part, parent in ((left, top), (right, top), (low, left), (low, right)):
        a_bom_line(world.model, part, parent=parent)

    assert told(world) == {}


def test_a_part_consumed_at_another_model_s_step_is_named():
    world = a_small_world()
    other = a_rack_model("OTHER")
    line = BomLine.objects.filter(rack_model=world.model).first()
    line.consumed_at = other.steps.get(code="PREP")
    line.save()

    assert "is consumed at PREP of OTHER" in told(world)["foreign_step"]


def test_a_power_tree_that_hangs_on_itself_is_named():
    world = a_small_world()
    feed, hall = (
        world.site.power_nodes.get(kind="feed"),
        world.site.power_nodes.get(kind="hall"),
    )
    feed.kind, feed.parent = "busway", hall
    feed.save()

    assert "hangs on itself: no grid feed supplies it" in told(world)["power_circle"]


def test_a_bay_left_between_two_steps_at_it_is_named():
    world = a_small_world()
    RoutingStep.objects.filter(rack_model=world.model, code="FLASH").update(
        place="kitting", draw_w=0
    )

    assert list(told(world)) == ["bay_left_between"]


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ([], []),
        ([("A", "B"), ("B", "C")], []),
        ([("A", "A")], ["A", "A"]),
        ([("A", "B"), ("B", "C"), ("C", "B")], ["B", "C", "B"]),
        ([("A", "C"), ("B", "C"), ("A", "B")], []),
    ],
)
def test_a_circle_is_found_and_a_diamond_is_none(edges, circle):
    assert circle_of(edges) == circle


def test_the_longest_open_stretch_joins_shifts_and_weeks():
    site = a_site()
    split = a_calendar(site, weekdays=[6, 0], start_min=0, end_min=1_440)
    apart = a_calendar(site, weekdays=[1, 3], start_min=60, end_min=120)

    assert longest_open(split) == 2_880
    assert longest_open(apart) == 60
    assert longest_open(a_calendar(site, weekdays=[])) == 0
    assert longest_open(a_calendar(site)) == 14 * 1_440


def test_a_model_without_bay_steps_needs_no_bay():
    site = a_site()
    model = a_rack_model(
        routing=[("KIT", "kitting", 240, "material", 16, 0, "shift_bound", False)]
    )
    a_crew(site, "material")
    a_work_centre(site, "kitting")

    assert findings(site, [model]) == ()
