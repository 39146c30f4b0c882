"""Rack models become templates."""

import pytest

from scheduling.engine.problem import PowerClass, Session
from tests.builders.factory import (
    a_bom_line,
    a_fixed_lag,
    a_part,
    a_step,
    a_stock_lot,
)
from tests.builders.scheduling import a_snapshot
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def steps_of(world):
    (template,) = a_snapshot(world.site).problem.templates
    return {step.code: step for step in template.steps}


def test_bay_time_gets_the_rework_allowance_rounded_up_and_nothing_else_does():
    world = a_small_world()
    world.model.steps.filter(code="DRAIN").update(minutes=181)

    steps = steps_of(world)

    assert (steps["SOAK"].work, steps["SOAK"].allowance) == (1_440, 288)
    # 20 % of 181 is 36.2 minutes.
    assert (steps["DRAIN"].work, steps["DRAIN"].allowance) == (181, 37)
    assert [s.allowance for s in steps.values() if s.session != Session.BAY] == [0] * 5


def test_stations_and_bays_are_held_through_their_steps():
    steps = steps_of(a_small_world())

    assert {code: step.session for code, step in steps.items()} == {
        "KIT": Session.NONE,
        "PREP": Session.STATION,
        "CABLE": Session.STATION,
        "LEAK": Session.NONE,
        "FILL": Session.BAY,
        "FLASH": Session.BAY,
        "SOAK": Session.BAY,
        "DRAIN": Session.BAY,
        "PACK": Session.NONE,
    }


def test_a_step_takes_its_place_cart_people_and_power():
    steps = steps_of(a_small_world())

    assert (steps["FILL"].place, steps["FILL"].extra) == ("", "place:cart")
    assert (steps["PREP"].place, steps["PREP"].extra) == ("place:station", "")
    assert (steps["SOAK"].crew, steps["SOAK"].crew_eighths) == ("crew:test", 1)
    assert (steps["SOAK"].draw, steps["PREP"].draw) == (137_000, 0)
    assert steps["SOAK"].power_class == PowerClass.PREEMPTIVE_DERATABLE
    assert steps["PREP"].power_class == PowerClass.SHIFT_BOUND


def test_the_cooling_plants_share_is_rounded_up():
    world = a_small_world()
    world.model.liquid_permille = 880
    world.model.save()

    (template,) = a_snapshot(world.site).problem.templates

    # 0.12 × 0.88 = 0.1056
    assert (template.liquid_permille, template.site_permille) == (880, 1_106)


def test_only_parts_of_the_rack_itself_are_consumed():
    world = a_small_world()
    tray = a_part("TRAY-X")
    a_bom_line(world.model, tray, quantity=18, at="CABLE")
    a_stock_lot(world.site, tray)
    a_bom_line(world.model, a_part("CHIP-X"), quantity=36, parent=tray)

    (template,) = a_snapshot(world.site).problem.templates

    consumed = {one.part: (one.quantity, one.step) for one in template.materials}
    assert consumed == {
        world.parts["FRAME"].code: (1, "PREP"),
        world.parts["SENSOR"].code: (29, "PREP"),
        "TRAY-X": (18, "CABLE"),
    }


def test_lags_stand_before_and_after_the_floor_with_owner_and_reason():
    world = a_small_world()
    a_fixed_lag(
        world.model,
        "FLIGHT",
        when="after",
        name="Flight",
        minutes=1_440,
        limit="transit",
        owner="Lena Moritz",
        reason="A rack flies to the customer in a day.",
    )

    (template,) = a_snapshot(world.site).problem.templates

    assert [(lag.code, lag.minutes) for lag in template.lags_before] == [("L10", 2_304)]
    (after,) = template.lags_after
    assert (after.label, after.minutes, after.owner) == ("Flight", 1_440, "Lena Moritz")
    assert after.reason == "A rack flies to the customer in a day."
    assert (after.is_physics, after.limit) == (True, "transit")


def test_steps_come_in_order_of_operation():
    world = a_small_world()
    a_step(world.model, op=5, code="UNPACK")

    (template,) = a_snapshot(world.site).problem.templates

    assert [step.code for step in template.steps][:2] == ["UNPACK", "KIT"]


def test_a_rack_whose_model_has_no_steps_is_left_out_with_a_sentence():
    world = a_small_world(racks=1)
    world.model.bom_lines.all().delete()
    world.model.steps.all().delete()

    snapshot = a_snapshot(world.site)

    (left_out,) = snapshot.left_out
    serial = world.racks[0].serial
    assert snapshot.problem.racks == ()
    assert (left_out.rack, left_out.code) == (serial, "no_routing")
    assert left_out.sentence == f"{serial}: its rack model has no routing steps."
