"""Plans count on promised dates, or on a level of arrivals."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from journal.models import Event
from scheduling.clock import SiteClock
from scheduling.models import Scenario
from scheduling.services.scenarios import base_scenario, plan_on
from scheduling.snapshot.supplies import Dock, read_promised
from suppliers.services.derive import derive_all
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
    a_supplier,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = TODAY + 10 * DAY


@pytest.fixture
def site():
    return a_site()


@pytest.fixture
def late(site):
    """Return a line of a supplier that always comes six days late."""
    supplier, part = a_supplier(), a_part()
    for days in range(20, 60, 2):
        due = TODAY - days * DAY
        line = a_line(supplier=supplier, site=site, part=part, need_by=due, quantity=5)
        a_commitment(line, [(due, 5)], now=NOW - 80 * DAY)
        a_receipt(line, on=due + 6 * DAY, lot=f"L{days}")
    line = a_line(supplier=supplier, site=site, part=part, need_by=DUE, quantity=5)
    a_commitment(line, [(DUE, 5)])
    derive_all(now=NOW)
    return line


def available(line, site, level):
    clock = SiteClock(epoch=NOW, zone=ZoneInfo(site.zone))
    dock = Dock(clock, usable_from=17 * 60, receiving=240, week=None)
    (supply,) = read_promised(
        site, {line.part_id: line.part.code}, dock, arrival_level=level
    ).supplies
    return supply.available


def test_a_plan_on_promised_dates_believes_them(late, site):
    assert available(late, site, None) == available(late, site, None)
    assert available(late, site, 50) - available(late, site, None) == 6 * 1_440


def test_a_later_level_is_no_earlier(late, site):
    days = [available(late, site, level) for level in (50, 80, 95)]

    assert days == sorted(days)


def test_without_a_record_every_level_is_the_promise(site):
    line = a_line(site=site, need_by=DUE)
    a_commitment(line)

    assert available(line, site, 95) == available(line, site, None)


def test_the_choice_is_kept_and_told(site):
    scenario = base_scenario(site)
    assert scenario.arrival_level is None

    plan_on(scenario=scenario, arrivals=Scenario.Arrivals.P80, actor="user:1")
    plan_on(scenario=scenario, arrivals=Scenario.Arrivals.P80, actor="user:1")

    assert base_scenario(site).arrival_level == 80
    event = Event.objects.get(kind="scenario.arrivals_chosen")
    assert (event.before, event.after) == (
        {"arrivals": "promised"},
        {"arrivals": "p80"},
    )


def test_no_other_choice_is_kept(site):
    scenario = base_scenario(site)
    with (
        pytest.raises(IntegrityError, match="scenario_arrivals_known"),
        transaction.atomic(),
    ):
        Scenario.objects.filter(pk=scenario.pk).update(arrivals="p42")
