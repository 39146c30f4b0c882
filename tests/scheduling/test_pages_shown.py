"""What a view of the plan shows can be taken away, and what changes is told."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from factory.models import PowerBay
from scheduling.blobs import load_problem, load_schedule
from scheduling.models import PlannedStep
from scheduling.queries.drawings import read_drawing
from scheduling.queries.strips import peaks, strips_of
from scheduling.services.publish import publish
from tests.builders.factory import NOW, a_bay, a_site, an_order, an_outage
from tests.builders.journal import numbered_events
from tests.builders.reading import a_reader, table
from tests.builders.scheduling import a_pin, a_stored_plan
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def rows(planner, plan, **view):
    """Return the rows of a view's CSV file."""
    answer = planner.get(reverse("plan_shown", args=[plan.pk, "csv"]), view)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_file_holds_the_bars_of_the_lanes_that_are_shown(world, planner):
    plan = a_stored_plan(world.site)
    steps = PlannedStep.objects.filter(plan=plan)

    bays = rows(planner, plan)
    racks = rows(planner, plan, lanes="rack")
    crews = rows(planner, plan, lanes="crew")
    orders = rows(planner, plan, lanes="order")

    serials = sorted(one.serial for one in world.racks)
    assert sorted(row["rack"] for row in bays) == serials
    assert {row["lane"] for row in bays} <= {bay.code for bay in world.bays}
    assert len(racks) == len(crews) == steps.count()
    assert sorted(row["lane"] for row in orders) == serials
    assert {row["group"] for row in orders} == {world.order.number}
    first = min(steps, key=lambda one: one.starts_at)
    # Monterrey is six hours behind UTC.
    local = (first.starts_at - timedelta(hours=6)).strftime("%Y-%m-%d %H:%M")
    assert min(row["starts at"] for row in racks) == local


def test_range_search_and_folds_narrow_the_file(world, planner):
    an_order(world.site, world.model)
    plan = a_stored_plan(world.site)
    every = rows(planner, plan)
    groups = read_drawing(plan)["groups"]

    assert rows(planner, plan, find=world.racks[0].serial.lower())[0]["rack"] == (
        world.racks[0].serial
    )
    assert rows(planner, plan, **{"from": "0", "to": "1"}) == []
    assert rows(planner, plan, fold=",".join(one["key"] for one in groups)) == []
    assert rows(planner, plan, fold="node:none") == every
    odd = {"from": "x", "to": "9" * 40, "lanes": "odd", "find": "\0"}
    assert rows(planner, plan, **odd) == every


def test_the_workbook_says_the_same(world, planner):
    plan = a_stored_plan(world.site)

    answer = planner.get(reverse("plan_shown", args=[plan.pk, "xlsx"]))

    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[1]][:3] == ["group", "lane", "rack"]
    assert sheet.max_row == 1 + len(world.racks)
    nothing = planner.get(reverse("plan_shown", args=[plan.pk, "exe"]))
    assert nothing.status_code == 404


def test_the_fullest_minute_of_each_day_stands_in_the_table(world, planner):
    plan = a_stored_plan(world.site)
    problem, schedule = load_problem(plan), load_schedule(plan)
    power = strips_of(problem, schedule).all[0]
    (first,) = peaks(power, [0, 16 * 60])

    found = table(planner.get(reverse("plan_limits", args=[plan.pk])), "Limits by day")

    assert first.use == max(value for minute, value in power.use if minute < 16 * 60)
    today = [row for row in found if row[0] == "Mon 23 Nov"]
    assert [f"{first.use // 1000:,} kW", "4,500 kW"] in [row[2:4] for row in today]
    shares = [int(row[4].removesuffix(" %")) for row in today]
    assert shares == sorted(shares, reverse=True)
    assert max(shares) <= 100


def test_a_pinned_bar_says_so(world, planner):
    a_pin(world.racks[0], bay=world.bays[1])
    PowerBay.objects.filter(pk=world.bays[0].pk).update(limit_w=200_000)
    plan = a_stored_plan(world.site)

    found = {row["rack"]: row["pinned"] for row in rows(planner, plan)}

    assert found.pop(world.racks[0].serial) == "pinned"
    assert set(found.values()) == {""}


def test_what_others_change_is_told_once(world, planner):
    plan = a_stored_plan(world.site)
    url = reverse("plan_news", args=[plan.pk])
    before = planner.get(url)
    same = planner.get(url, headers={"If-None-Match": before.headers["ETag"]})

    publish(plan=plan, by=None, actor="system", expected_previous=None)
    newer = a_stored_plan(world.site)
    publish(plan=newer, by=None, actor="system", expected_previous=1)
    after = planner.get(url, headers={"If-None-Match": before.headers["ETag"]})

    assert (before.json()["sentence"], before.json()["is_superseded"]) == ("", False)
    assert same.status_code == 304
    assert after.json()["is_superseded"] is True
    assert after.json()["sentence"] == "The system published plan 2."


def test_what_happens_at_another_site_is_no_news_here(world, planner):
    plan = a_stored_plan(world.site)
    url = reverse("plan_news", args=[plan.pk])
    other = a_site()

    _out(a_bay(other), "A bay elsewhere is out")
    elsewhere = planner.get(url).json()["sentence"]
    _out(world.bays[0], "A bay here is out")
    here = planner.get(url).json()["sentence"]

    assert elsewhere == ""
    assert here == "Since this plan: A bay here is out."


def _out(bay, summary):
    """Record an outage of a bay, numbered as the dispatcher does."""
    outage = an_outage(bay.site, bay=bay)
    numbered_events(
        1,
        kind="outage.recorded",
        object_type="outage",
        object_id=str(outage.pk),
        summary=summary,
    )
