"""A snapshot as a whole: what it knows of the journal, what it costs, the way back."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Event
from scheduling.engine.adjust.base import AdjustmentError
from scheduling.models import Scenario
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
    assert len(few) <= 46
    assert len(many) <= len(few) + 5
