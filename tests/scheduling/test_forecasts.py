"""A publication tells suppliers what will be needed, by week and by quarter."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factory.models import BomLine, DemandOutlook, StockLot
from scheduling.models import Run
from scheduling.services.forecasts import write_forecast
from scheduling.services.publish import publish
from scheduling.storage import store_plan
from suppliers.models import ForecastBucket
from tests.builders.factory import NOW, a_bom_line, a_part, an_order
from tests.builders.scheduling import (
    a_running_run,
    a_snapshot,
    short_of_material,
)
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_source,
    a_supplier,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

WEEK = date(2026, 11, 23)
QUARTER = date(2026, 10, 1)


@pytest.fixture
def world():
    """Three racks with frames in stock and no sensor."""
    world = a_small_world()
    world.site.refresh_from_db()
    StockLot.objects.filter(part=world.parts["SENSOR"]).delete()
    return world


def a_stored_plan(world):
    snapshot = a_snapshot(world.site)
    run = a_running_run(world.site)
    plan = store_plan(
        run=run,
        token=run.fencing_token,
        snapshot=snapshot,
        schedule=short_of_material(snapshot.problem),
        bound_cents=0,
    )
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED, ended_at=NOW)
    return plan


def put_in_force(world):
    return publish(
        plan=a_stored_plan(world), by=None, actor="system", expected_previous=None
    )


def told(supplier, span="week"):
    rows = ForecastBucket.objects.for_supplier(supplier)
    return {
        (row.part.code, row.starts_on): row.quantity
        for row in rows.filter(span=span, quantity__gt=0)
    }


def test_promised_pieces_are_needed_of_who_promised_them(world):
    supplier = a_supplier()
    sensor = world.parts["SENSOR"]
    line = a_line(supplier=supplier, site=world.site, part=sensor, need_by=TODAY)
    a_commitment(line, [(TODAY + timedelta(days=2), 87)])

    put_in_force(world)

    weeks = told(supplier)
    assert sum(weeks.values()) == 3 * 29
    assert {code for code, _ in weeks} == {sensor.code}
    assert all(not week.weekday() for _, week in weeks)


def test_pieces_nobody_promised_are_shared_among_approved_suppliers(world):
    one, two = a_supplier(), a_supplier()
    a_source(one, world.parts["SENSOR"], share_percent=60)
    a_source(two, world.parts["SENSOR"], share_percent=40)

    put_in_force(world)

    # The order asks for 4 December, and the floor takes days.
    assert sum(told(one).values()) == 52
    assert sum(told(two).values()) == 35


def test_pieces_from_stock_are_nobodys_to_make(world):
    supplier = a_supplier()
    a_source(supplier, world.parts["FRAME"])

    put_in_force(world)

    assert told(supplier) == {}


def test_what_goes_into_a_part_is_needed_when_the_part_is(world):
    chip, supplier = a_part(), a_supplier()
    sensor = BomLine.objects.get(part=world.parts["SENSOR"])
    a_bom_line(world.model, chip, quantity=58, parent=sensor.part)
    a_source(supplier, chip)
    a_source(part=sensor.part)

    put_in_force(world)

    assert sum(told(supplier).values()) == 3 * 58


def test_quarters_follow_orders_on_file_and_what_is_expected(world):
    supplier, sensor = a_supplier(), world.parts["SENSOR"]
    a_source(supplier, sensor)
    an_order(world.site, world.model, racks=2, requested=date(2027, 2, 1))
    DemandOutlook.objects.create(
        site=world.site, rack_model=world.model, starts_on=date(2027, 1, 1), racks=40
    )
    DemandOutlook.objects.create(
        site=world.site, rack_model=world.model, starts_on=date(2027, 4, 1), racks=60
    )

    put_in_force(world)

    assert told(supplier, "quarter") == {
        (sensor.code, QUARTER): 3 * 29,
        (sensor.code, date(2027, 1, 1)): 40 * 29,
        (sensor.code, date(2027, 4, 1)): 60 * 29,
    }


def test_queries_do_not_grow_with_racks(world):
    supplier = a_supplier()
    a_source(supplier, world.parts["SENSOR"])
    plan = a_stored_plan(world)
    with CaptureQueriesContext(
        connection,
    ) as few:
        write_forecast(plan=plan, site=world.site, number=1, now=NOW)
    an_order(world.site, world.model, racks=9)
    plan = a_stored_plan(world)

    with CaptureQueriesContext(connection) as many:
        write_forecast(plan=plan, site=world.site, number=2, now=NOW)

    assert len(many) <= len(few) + 2
