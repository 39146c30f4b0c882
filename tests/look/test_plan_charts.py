"""Drawings of plans beside each other: moves by size, weeks on one axis, pegging."""

import re

import pytest

from scheduling.charts import histogram, multiples, pegging
from scheduling.charts.multiples import Multiples, Panel
from scheduling.charts.pegging import Flow

DAY = 1_440


def a_flow(**fields):
    return Flow(
        **{
            "supply": "4500-1 / 10",
            "part": "SENSOR",
            "rack": "R-1",
            "order": "CO-1",
            "quantity": 29,
            "slack_min": 5 * DAY,
        }
        | fields
    )


@pytest.mark.parametrize(
    ("minutes", "name", "way"),
    [
        (1, "0–1", "later"),
        (DAY, "0–1", "later"),
        (DAY + 1, "1–3", "later"),
        (14 * DAY, "7–14", "later"),
        (14 * DAY + 1, "> 14", "later"),
        (-1, "0–1", "earlier"),
        (-DAY, "0–1", "earlier"),
        (-DAY - 1, "1–3", "earlier"),
        (-15 * DAY, "> 14", "earlier"),
    ],
)
def test_a_move_is_counted_by_its_size_and_way(minutes, name, way):
    found = histogram.table(histogram.classes([(minutes, False)]))

    assert found.rows == [[name, way, "1", "0"]]


def test_what_does_not_move_is_not_counted_and_a_broken_promise_is_told():
    found = histogram.classes([(0, True), (2 * DAY, True), (2 * DAY, False)])

    drawn = str(histogram.histogram(found))

    assert histogram.table(found).rows == [["1–3", "later", "2", "1"]]
    assert drawn.count('class="broken"') == len(found)
    assert "Racks by days: 1–3: 2." in drawn


def test_plans_on_one_axis_share_its_height():
    data = Multiples(
        periods=["30 Nov", "7 Dec"],
        panels=[
            Panel(name="Live data", bars=[(8, 0), (0, 0)]),
            Panel(name="Grid cut", bars=[(2, 2), (4, 0)]),
        ],
    )

    drawn = str(multiples.multiples(data))
    heights = re.findall(r'height="([\d.]+)" rx="0" class="kept"', drawn)

    assert [float(one) for one in heights] == [64, 0, 16, 32]
    assert "Live data 0 late, Grid cut 2 late." in drawn
    assert multiples.table(data).rows == [
        ["30 Nov", "8", "4, 2 late"],
        ["7 Dec", "–", "4"],
    ]


def test_an_edge_is_as_red_as_its_slack():
    flows = [
        a_flow(slack_min=-60),
        a_flow(rack="R-2", slack_min=DAY - 1),
        a_flow(rack="R-3", slack_min=DAY),
        a_flow(rack="R-4", supply="lot 7", slack_min=None),
    ]

    drawn = str(pegging.pegging(flows))

    # An edge from its supply, and one on to its order, a rack.
    assert drawn.count('"flow flow--bad"') == 2
    assert drawn.count('"flow flow--tight"') == 2
    assert drawn.count('"flow"') == 4
    assert "in the house" in drawn


def test_of_many_supplies_the_tightest_are_drawn():
    flows = [a_flow(supply=f"line {at}", slack_min=at * DAY) for at in range(40)]

    drawn = str(pegging.pegging(reversed(flows)))

    assert "line 0" in drawn
    assert f"line {pegging.MOST_SUPPLIES - 1}<" in drawn
    assert f"line {pegging.MOST_SUPPLIES}<" not in drawn
