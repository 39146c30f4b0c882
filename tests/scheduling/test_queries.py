"""What pages read: the seven numbers, late orders, limits, the plan over time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.blobs import load_problem, load_schedule
from scheduling.models import CustomerPromise, LimitAttribution, PlannedRack, Run
from scheduling.queries.control import kpis_of, late_orders, limits_of
from scheduling.queries.orders import orders_of, rows_of
from scheduling.queries.standing import standing_of
from scheduling.queries.strips import amount_at, strips_of
from scheduling.services.publish import publish
from tests.builders.factory import NOW, an_order
from tests.builders.scheduling import (
    a_base_scenario,
    a_grid_event,
    a_plan,
    a_stored_plan,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

IN_TIME = datetime(2026, 12, 3, 18, 0, tzinfo=UTC)
LATE = datetime(2026, 12, 9, 18, 0, tzinfo=UTC)


def a_promise(order, day):
    return CustomerPromise.objects.create(
        order=order, number=1, kind="promise", date=day, quantity=1, actor="system"
    )


def a_wait(plan, unit, limit="material", minutes=60, **fields):
    return LimitAttribution.objects.create(
        plan=plan,
        rack=unit,
        limit=limit,
        minutes=minutes,
        **{"sequence": 0, "label": "Leak sensors", "owner": "Mei-Ling Hsu"}
        | {"is_physics": False}
        | fields,
    )


def test_a_promise_is_kept_when_the_last_rack_ships_by_its_day():
    world = a_small_world()
    other = an_order(world.site, world.model)
    a_promise(world.order, date(2026, 12, 3))
    a_promise(other, date(2026, 12, 8))

    plan = a_plan(
        world.site,
        dict.fromkeys(world.racks, IN_TIME) | {other.racks.get(): LATE},
    )

    assert kpis_of(world.site, plan).promises_kept_permille == 500


def test_an_order_with_an_unplannable_rack_keeps_no_promise():
    world = a_small_world()
    a_promise(world.order, date(2026, 12, 20))
    first, *others = world.racks

    plan = a_plan(world.site, {first: None, **dict.fromkeys(others, IN_TIME)})

    assert kpis_of(world.site, plan).promises_kept_permille == 0


def test_without_promises_nothing_is_kept_or_broken():
    world = a_small_world()
    plan = a_plan(world.site, dict.fromkeys(world.racks, IN_TIME))

    assert kpis_of(world.site, plan).promises_kept_permille is None


def test_a_rack_is_clear_to_build_when_it_waits_for_no_material():
    world = a_small_world()
    waits, clear, beyond = world.racks
    plan = a_plan(
        world.site,
        {waits: IN_TIME, clear: IN_TIME, beyond: NOW + timedelta(days=14, hours=9)},
    )
    a_wait(plan, waits)
    a_wait(plan, clear, limit="power")

    found = kpis_of(world.site, plan)

    assert (found.clear_racks, found.starting_racks) == (1, 2)


def test_what_ships_in_a_fortnight_is_counted_with_its_power():
    world = a_small_world()
    soon, just, late = world.racks
    fortnight = NOW + timedelta(days=14)
    plan = a_plan(
        world.site,
        {soon: IN_TIME, just: fortnight - timedelta(minutes=1), late: fortnight},
    )

    found = kpis_of(world.site, plan)

    assert (found.shipping_racks, found.shipping_w) == (2, 2 * 137_000)


def test_the_median_lead_time_stands_beside_what_physics_needs():
    world = a_small_world()
    plan = a_plan(world.site, dict.fromkeys(world.racks, IN_TIME))
    for unit, lead in zip(world.racks, (1_000, 3_000, 5_000), strict=True):
        PlannedRack.objects.filter(plan=plan, rack=unit).update(
            lead_min=lead, physics_min=900
        )

    found = kpis_of(world.site, plan)

    assert (found.lead_min, found.physics_min) == (3_000, 900)


def test_a_stored_plans_numbers_are_the_referees():
    world = a_small_world()
    plan = a_stored_plan(world.site)

    found = kpis_of(world.site, plan)

    assert (found.racks, found.late_racks, found.late_cents) == (3, 0, 0)
    assert (found.peak_w, found.contract_w) == (plan.peak_w, 4_500_000)
    assert found.as_json()["racks"] == 3


def test_the_latest_order_comes_first_with_its_sentence_and_owner():
    world = a_small_world()
    later = an_order(world.site, world.model)
    plan = a_plan(
        world.site,
        dict.fromkeys(world.racks, IN_TIME) | {later.racks.get(): LATE},
        sentence="Site power is full until Tue.",
        limit="power",
    )
    PlannedRack.objects.filter(plan=plan, rack=world.racks[0]).update(late_min=5)
    PlannedRack.objects.filter(plan=plan, rack__order=later).update(late_min=7_000)

    rows, count = late_orders(world.site, plan)

    assert (count, [row.order for row in rows]) == (2, [later, world.order])
    assert (rows[0].limit, rows[0].owner) == ("power", "Tomás Reyes")
    assert rows[0].sentence == "Site power is full until Tue."
    assert rows[0].planned == date(2026, 12, 9)


def test_limits_are_summed_over_racks_and_physics_is_none():
    world = a_small_world()
    first, second, _ = world.racks
    plan = a_plan(world.site, dict.fromkeys(world.racks, IN_TIME))
    a_wait(plan, first, minutes=60)
    a_wait(plan, second, minutes=30)
    a_wait(plan, first, limit="power", minutes=80, owner="Tomás Reyes", sequence=1)
    a_wait(plan, first, limit="physics", minutes=999, is_physics=True, sequence=2)

    found = limits_of(plan)

    assert [(one.limit, one.minutes, one.racks, one.owner) for one in found] == [
        ("material", 90, 2, "Mei-Ling Hsu"),
        ("power", 80, 1, "Tomás Reyes"),
    ]


def test_an_order_that_ships_after_its_promise_breaks_it():
    world = a_small_world()
    a_promise(world.order, date(2026, 12, 7))
    plan = a_plan(world.site, dict.fromkeys(world.racks, LATE))

    (row,) = rows_of(list(orders_of(world.site, plan)), plan, ZoneInfo(world.site.zone))

    assert (row.status, row.slip_days) == ("breaks", 2)
    assert (row.racks, row.promised, row.planned) == (
        3,
        date(2026, 12, 7),
        date(2026, 12, 9),
    )


def test_the_plan_shown_first_is_the_published_one_and_the_newest_is_the_proposal():
    world = a_small_world()
    published = a_stored_plan(world.site)
    publish(plan=published, by=None, actor="system", expected_previous=None)
    proposal = a_stored_plan(world.site)
    waiting = Run.objects.create(scenario=a_base_scenario(world.site))

    found = standing_of(world.site)

    assert (found.plan, found.proposal, found.run) == (published, proposal, waiting)


def test_what_a_plan_takes_never_passes_a_limit():
    world = a_small_world(racks=6)
    a_grid_event(world.site, cap_w=1_200_000)
    plan = a_stored_plan(world.site)

    strips = strips_of(load_problem(plan), load_schedule(plan))

    for strip in strips.all:
        moments = {start for start, _ in (*strip.use, *strip.limit)}
        assert all(
            amount_at(strip.use, minute) <= amount_at(strip.limit, minute)
            for minute in moments
            if minute <= strips.until
        ), strip.key


def test_the_control_pages_reads_do_not_grow_with_racks():
    few, many = a_small_world(racks=1), a_small_world(racks=9)
    plans = [
        (one.site, a_plan(one.site, dict.fromkeys(one.racks, LATE)))
        for one in (few, many)
    ]
    costs = []
    for site, plan in plans:
        with CaptureQueriesContext(connection) as queries:
            kpis_of(site, plan)
            late_orders(site, plan)
            limits_of(plan)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 14
