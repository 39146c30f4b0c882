"""Holes in the master data: each a sentence, and no reason to stop the others."""

import pytest

from scheduling.snapshot.gaps import _circle
from tests.builders.factory import (
    a_bom_line,
    a_part,
    a_rack_model,
    an_order,
    records_until,
)
from tests.builders.scheduling import a_snapshot
from tests.builders.suppliers import a_line, a_source
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def left_out(world):
    snapshot = a_snapshot(world.site)
    return {one.rack: (one.code, one.sentence) for one in snapshot.left_out}


def test_a_parts_list_in_a_circle_leaves_its_model_out_and_no_other():
    world = a_small_world(racks=1)
    tray, board = a_part("TRAY-C"), a_part("BOARD-C")
    a_bom_line(world.model, tray, parent=board)
    a_bom_line(world.model, board, parent=tray)
    other = an_order(world.site, a_rack_model())

    snapshot = a_snapshot(world.site)

    (gap,) = snapshot.left_out
    serial = world.racks[0].serial
    assert (gap.rack, gap.code, gap.limit) == (serial, "bom_circle", "material")
    assert gap.sentence == (
        f"{serial}: the parts list of {world.model.name} runs in a circle: "
        "TRAY-C → BOARD-C → TRAY-C."
    )
    assert [one.key for one in snapshot.problem.racks] == [other.racks.get().serial]


def test_a_part_below_two_parts_is_no_circle():
    assert _circle({"A": ["B", "C"], "B": ["D"], "C": ["D"]}) == []


def test_a_circle_deep_in_a_tree_is_found():
    assert _circle({"A": ["B"], "B": ["C", "D"], "D": ["E"], "E": ["B"]}) == [
        "B",
        "D",
        "E",
        "B",
    ]


def test_a_part_nobody_supplies_names_its_owner():
    world = a_small_world(racks=1, stocked=False)
    a_line(site=world.site, part=world.parts["FRAME"])

    serial = world.racks[0].serial
    sensor = world.parts["SENSOR"].code
    sentence = (
        f"{serial}: nothing supplies {sensor}: no free stock, no open order line and "
        "no approved supplier. Mei-Ling Hsu owns this part."
    )
    assert left_out(world) == {serial: ("no_source", sentence)}


def test_a_part_with_a_source_but_nothing_coming_is_the_engines_to_judge():
    world = a_small_world(racks=1, stocked=False)
    for part in world.parts.values():
        a_source(part=part)

    assert left_out(world) == {}


def test_a_rack_past_the_step_needs_the_part_no_more():
    world = a_small_world(racks=1, stocked=False)
    records_until(world.racks[0], "CABLE")

    assert left_out(world) == {}


@pytest.mark.parametrize(
    ("rows", "value", "sentence"),
    [
        ("crews", {"skill": "mech"}, "PREP: the site has no crew of skill mech."),
        (
            "work_centres",
            {"place": "leak_rig"},
            "LEAK: the site has no leak rig.",
        ),
        ("work_centres", {"place": "cart"}, "FILL: the site has no fill cart."),
    ],
)
def test_a_site_without_the_hands_or_the_place_says_for_which_step(
    rows, value, sentence
):
    world = a_small_world(racks=1)
    getattr(world.site, rows).filter(**value).delete()

    ((_, said),) = left_out(world).values()

    assert said == f"{world.racks[0].serial} {sentence}"


def test_what_is_done_is_not_missed():
    world = a_small_world(racks=1)
    records_until(world.racks[0], "LEAK")
    world.site.crews.filter(skill="mech").delete()

    assert left_out(world) == {}
