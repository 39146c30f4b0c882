"""Weekly ceilings from rows: the story the demo's site tells."""

from datetime import UTC, datetime, timedelta

import pytest

from factory.ceilings import mixed, open_minutes_a_week, soaks_at_once, weekly_ceilings
from factory.demo_site import build_products, build_site
from factory.models import PowerNode
from tests.builders.factory import (
    a_bay,
    a_calendar,
    a_crew,
    a_rack_model,
    a_site,
    a_step,
    a_work_centre,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)


@pytest.fixture
def demo():
    models, _ = build_products()
    return build_site(models, NOW), models


def rounded(site, model):
    found = weekly_ceilings(site, model)
    return {key: round(row.racks_per_week) for key, row in found.items()}


def test_site_power_binds_first_for_gb200(demo):
    site, models = demo

    found = rounded(site, models["GB200"])

    assert next(iter(found)) == "power:site"
    assert found["power:site"] == 106
    assert found["bay"] == 114
    assert found["crew:fluid"] == 118
    assert found["crew:mech"] == 123


def test_site_power_binds_first_for_gb300(demo):
    site, models = demo

    found = rounded(site, models["GB300"])

    assert next(iter(found)) == "power:site"
    assert found["power:site"] == 97
    assert found["bay"] == 114
    assert found["crew:fluid"] == 118
    assert found["crew:mech"] == 123
    assert found["crew:material"] == 126


def test_hall_d_binds_first_for_vr200(demo):
    site, models = demo

    found = rounded(site, models["VR200"])

    # All its heat is liquid, so hall D's cooling and power are one figure.
    assert list(found)[:3] == ["bay", "cooling", "power:hall"]
    assert found["bay"] == 30
    assert found["power:hall"] == 31
    assert found["power:site"] == 64


def test_every_limit_names_its_owner(demo):
    site, models = demo

    owners = {
        key: row.owner for key, row in weekly_ceilings(site, models["GB300"]).items()
    }

    assert owners["power:site"] == "Tomás Reyes"
    assert owners["cooling"] == "Amara Osei"
    assert owners["crew:fluid"] == "Dana Whitlock"
    assert owners["place:station"] == "Jonas Weber"
    assert all(owners.values())


def test_cooling_binds_in_hall_b_until_day_ten(demo):
    site, models = demo
    hall = PowerNode.objects.get(site=site, code="B")

    found = soaks_at_once(hall, models["GB300"], NOW)

    assert found == {"bay": 10, "busway": 10, "hall": 9, "cooling": 7}


def test_hall_b_cools_as_much_as_the_others_from_day_ten_on(demo):
    site, models = demo
    halls = {node.code: node for node in site.power_nodes.all()}
    on_day_ten = datetime(2026, 12, 3, 6, tzinfo=UTC)

    before = on_day_ten - timedelta(minutes=1)
    found = soaks_at_once(halls["B"], models["GB300"], on_day_ten)

    assert soaks_at_once(halls["B"], models["GB300"], before)["cooling"] == 7
    assert found == {"bay": 10, "busway": 10, "hall": 9, "cooling": 9}
    assert found == soaks_at_once(halls["A"], models["GB300"], NOW)


def test_a_mix_lies_between_its_models(demo):
    site, models = demo
    alone = {
        code: weekly_ceilings(site, model)["power:site"].racks_per_week
        for code, model in models.items()
    }

    assert mixed({"GB300": 1.0}, alone) == pytest.approx(alone["GB300"])
    shares = {"GB200": 0.2, "GB300": 0.6, "VR200": 0.2}
    assert mixed(shares, alone) == pytest.approx(89.25, abs=0.01)


def test_a_crew_carries_its_open_hours():
    site = a_site()
    model = a_rack_model(routing=())
    a_step(model, minutes=240, crew_eighths=16)
    a_crew(site, "material", people=2, calendar=a_calendar(site, weekdays=[0, 1]))
    a_work_centre(site, "kitting", count=3)

    found = weekly_ceilings(site, model)

    # Two people two days are 96 hours, of which a rack takes 8.
    assert found["crew:material"].racks_per_week == 12
    assert found["place:kitting"].racks_per_week == 36


def test_a_skill_or_place_the_site_lacks_carries_nothing():
    site = a_site()
    model = a_rack_model(routing=())
    a_step(model)

    found = weekly_ceilings(site, model)

    assert found["crew:material"].racks_per_week == 0
    assert found["crew:material"].label == "No crew of skill material"
    assert found["place:kitting"].racks_per_week == 0


def test_a_bay_out_of_the_models_reach_does_not_count():
    site = a_site()
    model, other = a_rack_model(), a_rack_model()
    a_bay(site, models=[model, other])
    a_bay(site, models=[other])

    assert round(weekly_ceilings(site, model)["bay"].racks_per_week, 2) == 4.0


def test_shifts_that_overlap_or_run_past_the_week_count_once():
    site = a_site()
    calendar = a_calendar(site, weekdays=[6], start_min=1_200, end_min=1_680)
    calendar.shifts.create(name="More", weekday=0, start_min=0, end_min=360)

    assert open_minutes_a_week(calendar) == 480 + 120
