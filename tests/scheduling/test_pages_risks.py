"""The risk register: each limit that binds has an owner and a next step."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from scheduling.models import Risk
from scheduling.services.publish import publish
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_plan
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


@pytest.fixture
def risk(world):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + timedelta(days=10)))
    made = publish(plan=plan, by=None, actor="system", expected_previous=None)
    return Risk.objects.create(
        site=world.site,
        limit="power",
        resource="site:main",
        label="Site power",
        owner="Tomás Reyes",
        next_step="Find more power.",
        due=date(2026, 12, 1),
        racks=3,
        late_racks=2,
        held_min=1_440,
        opened_by=made,
        seen_by=made,
    )


def test_a_limit_stands_with_its_owner_next_step_and_date(planner, risk):
    page = planner.get(reverse("risks"))

    (row,) = table(page, "Open risks")
    assert "1 limit binds the plan in force." in words(page)
    assert row[0] == "Site power"
    assert "Find more power." in row[2]
    assert row[3:7] == ["1 Dec", "3", "2", "24 h"]


def test_what_a_person_writes_is_kept(planner, risk):
    planner.post(
        reverse("risk_edit", args=[risk.pk]),
        {"owner": "Mei-Ling Hsu", "next_step": "Rent a feeder.", "due": "2026-12-09"},
    )

    risk.refresh_from_db()
    assert (risk.owner, risk.next_step) == ("Mei-Ling Hsu", "Rent a feeder.")
    assert (risk.due, risk.is_edited) == (date(2026, 12, 9), True)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"owner": "x", "next_step": "y", "due": "soon"},
        {"owner": "x\0", "next_step": "y", "due": "2026-12-09"},
        {"owner": "x" * 81, "next_step": "y", "due": "2026-12-09"},
    ],
)
def test_nonsense_writes_nothing_and_says_why(planner, risk, sent):
    answer = planner.post(reverse("risk_edit", args=[risk.pk]), sent, follow=True)

    risk.refresh_from_db()
    assert answer.status_code == 200
    assert risk.owner == "Tomás Reyes"


def test_another_sites_risk_is_not_there(risk):
    stranger = a_reader(a_small_world().site)

    answer = stranger.post(reverse("risk_edit", args=[risk.pk]), {}, follow=True)

    assert "That risk is not there any more." in words(answer)
