"""A snapshot as a whole: what it knows of the journal, what it costs, the way back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Event
from scheduling.clock import quarter_of
from scheduling.engine.adjust.base import AdjustmentError
from scheduling.models import GridSeries, Scenario
from scheduling.snapshot.take import take
from tests.builders.factory import NOW, an_order
from tests.builders.journal import an_event
from tests.builders.scheduling import a_base_scenario, a_snapshot
from tests.builders.suppliers import TODAY, a_commitment, a_line
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def test_events_are_numbered_first_so_that_none_is_missed():
    world = a_small_world()
    an_event()
    last = an_event()

    snapshot = a_snapshot(world.site)

    last.refresh_from_db()
    assert snapshot.event_seq == last.seq
    assert not Event.objects.filter(seq__isnull=True).exists()


def test_a_journal_without_events_is_known_up_to_0():
    world = a_small_world()

    assert a_snapshot(world.site).event_seq == 0


def test_the_epoch_is_written_in_utc():
    world = a_small_world()

    snapshot = a_snapshot(world.site, datetime(2026, 11, 23, 14, 22, 31, tzinfo=UTC))

    assert snapshot.epoch == datetime(2026, 11, 23, 14, 15, tzinfo=UTC)
    assert snapshot.problem.epoch == "2026-11-23T14:15:00+00:00"
    assert snapshot.problem.zone == "America/Monterrey"


def test_the_same_rows_give_the_same_problem():
    world = a_small_world()

    assert a_snapshot(world.site).problem == a_snapshot(world.site).problem


def test_every_key_leads_back_to_its_row():
    world = a_small_world()
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    tranche = a_commitment(line, [(TODAY, 90)]).current.tranches.get()

    snapshot = a_snapshot(world.site)

    assert snapshot.keys.racks == {unit.serial: unit.pk for unit in world.racks}
    assert snapshot.keys.bays == {f"bay:{bay.code}": bay.pk for bay in world.bays}
    assert snapshot.keys.tranches == {f"tranche:{tranche.pk}": tranche.pk}
    assert set(snapshot.keys.lots) | set(snapshot.keys.tranches) == {
        supply.key for supply in snapshot.problem.supplies
    }
    soak = world.model.steps.get(code="SOAK")
    assert snapshot.keys.steps[world.model.code, "SOAK"] == soak.pk


def test_prices_come_from_the_settings_and_the_site(settings):
    settings.PRICE_MOVE_CENTS = 7_000
    world = a_small_world()
    world.site.frozen_days = 3
    world.site.save()

    prices = a_snapshot(world.site).problem.prices

    assert (prices.move, prices.move_fenced) == (7_000, 500_000)
    assert (prices.wip_per_day, prices.broken_promise) == (93_000, 2_000_000)
    assert (prices.fence, prices.move_tolerance) == (3 * 1_440, 15)
    # 85 % of 4,500 kW are billed anyhow.
    assert prices.demand_floor == 3_825_000
    assert (prices.demand_per_kw, prices.energy_per_mwh) == (1_500, 8_000)


@pytest.mark.parametrize(
    ("averaging", "at", "begun"),
    [(15, "10:15", 0), (30, "10:15", 15), (60, "10:45", 45), (10, "10:15", 5)],
)
def test_the_contracts_averaging_window_is_planned_with_by_the_sites_clock(
    averaging, at, begun
):
    world = a_small_world()
    world.site.averaging_min = averaging
    world.site.save()
    hour, minute = map(int, at.split(":"))
    local = datetime(2026, 11, 23, hour, minute, tzinfo=ZoneInfo(world.site.zone))

    prices = a_snapshot(world.site, as_of=local).problem.prices

    assert (prices.averaging, prices.averaging_begun) == (averaging, begun)


def a_price_series(site, values, starts_at):
    return GridSeries.objects.create(
        site=site,
        kind=GridSeries.Kind.PRICE,
        name="Prices",
        starts_at=starts_at,
        values=values,
    )


def test_energy_costs_what_the_price_series_says_by_the_hour():
    world = a_small_world()
    epoch = quarter_of(NOW)
    hour = epoch.replace(minute=0)
    a_price_series(world.site, [2_000, 9_000, 4_000], hour)

    energy = a_snapshot(world.site).problem.prices.energy

    # Hours after the last are the site's own price: three hours make no week.
    first = int((hour - epoch).total_seconds() // 60)
    minutes = [max(0, first + 60 * passed) for passed in range(4)]
    assert [energy.at(minute) for minute in minutes] == [2_000, 9_000, 4_000, 8_000]
    assert energy.at(20 * 1_440) == 8_000


def test_an_hour_outside_a_price_series_costs_the_mean_of_its_hour_of_the_week():
    world = a_small_world()
    zone = ZoneInfo(world.site.zone)
    # Two weeks long ago, from a Monday: 18:00 is dear, dearer in the second week.
    monday = datetime(2025, 6, 2, tzinfo=zone)
    values = [
        (20_000 if week else 10_000) if hour % 24 == 18 else 3_000
        for week in range(2)
        for hour in range(168)
    ]
    a_price_series(world.site, values, monday)

    snapshot = a_snapshot(world.site)

    energy = snapshot.problem.prices.energy
    for minute in range(0, 3 * 1_440, 15):
        local = (snapshot.epoch + timedelta(minutes=minute)).astimezone(zone)
        assert energy.at(minute) == (15_000 if local.hour == 18 else 3_000)


def test_a_site_without_racks_gives_an_empty_problem():
    world = a_small_world(racks=0)

    snapshot = a_snapshot(world.site)

    assert snapshot.problem.racks == ()
    assert snapshot.problem.templates == ()
    assert all(bay.models == () for bay in snapshot.problem.bays)


def test_an_adjustment_that_names_what_is_gone_refuses_the_scenario():
    world = a_small_world()
    scenario = Scenario.objects.create(
        site=world.site,
        name="More bays",
        adjustments=[{"kind": "bays", "like": "Z99", "bays": 1}],
    )

    with pytest.raises(AdjustmentError, match="no bay Z99"):
        take(scenario, as_of=NOW)


def test_queries_do_not_grow_with_racks():
    world = a_small_world()
    a_base_scenario(world.site)
    with CaptureQueriesContext(
        connection,
    ) as few:
        a_snapshot(world.site)
    for _ in range(5):
        an_order(world.site, world.model, racks=4)
        a_commitment(a_line(site=world.site, part=world.parts["SENSOR"]))

    with CaptureQueriesContext(connection) as many:
        a_snapshot(world.site)

    # The journal has something to number now: at most five more.
    assert len(few) <= 47
    assert len(many) <= len(few) + 5
