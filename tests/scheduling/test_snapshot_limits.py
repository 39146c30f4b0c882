"""What a site allows over time: import, nodes, loops, places, people, bays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from factory.models import PowerNode, Unit
from factory.models.site import Place
from scheduling.clock import quarter_of
from scheduling.models import GridEvent, MeteredPeak
from scheduling.queries.metered import metered_of
from scheduling.snapshot.amounts import least, least_of, reduced, steps
from scheduling.snapshot.limits import base_load
from tests.builders.factory import (
    NOW,
    a_power_node,
    a_site,
    an_outage,
    records_until,
)
from tests.builders.problems import amount
from tests.builders.scheduling import a_clock, a_grid_event, a_snapshot, resource
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

HOUR = 60
DAY = 1_440


def test_the_least_of_overlapping_windows_holds():
    found = least(10, [(-50, 100, 4), (50, 200, 6), (300, 400, 12)])

    assert found == amount((0, 4), (100, 6), (200, 10))


def test_a_window_before_minute_0_is_gone():
    assert least(10, [(-50, 0, 4)]) == amount((0, 10))


def test_a_load_above_the_limit_leaves_nothing():
    left = reduced(amount((0, 10), (100, 3)), amount((0, 4), (150, 2)))

    assert left == amount((0, 6), (100, 0), (150, 1))


def test_the_lower_of_two_limits_holds_in_every_minute():
    assert least_of(amount((0, 5), (10, 9)), amount((0, 7), (20, 4))) == amount(
        (0, 5), (10, 7), (20, 4)
    )


def test_of_two_points_in_one_minute_the_later_one_holds():
    assert steps([(-10, 1), (5, 2), (5, 3)]) == amount((0, 1), (5, 3))


def test_base_load_falls_at_ten_at_night_and_rises_at_six():
    site = a_site()
    site.refresh_from_db()

    found = base_load(site, a_clock(), 2 * DAY)

    # The builders' present is 08:00 in Monterrey.
    assert found.times[:4] == (0, 14 * HOUR, 22 * HOUR, 38 * HOUR)
    assert found.values[:4] == (1_000_000, 850_000, 1_000_000, 850_000)


def test_the_night_of_base_load_is_nine_hours_when_clocks_go_back():
    site = a_site(zone="Europe/Berlin")
    site.refresh_from_db()
    epoch = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)

    found = base_load(site, a_clock("Europe/Berlin", epoch), DAY)

    assert found.times[1:3] == (8 * HOUR, 17 * HOUR)


def test_a_site_without_a_night_has_one_base_load():
    site = a_site(night_from="06:00", night_to="06:00")
    site.refresh_from_db()

    assert base_load(site, a_clock(), DAY) == amount((0, 1_000_000))


def test_3600_kw_for_everything_leave_2321_kw_for_liquid_cooled_bays():
    world = a_small_world()
    event = a_grid_event(world.site)
    world.model.liquid_permille = 1_000
    world.model.save()

    snapshot = a_snapshot(world.site)

    capacity = resource(snapshot, f"site:{world.site.code}").capacity
    (template,) = snapshot.problem.templates
    (curtailment,) = snapshot.problem.curtailments
    during = capacity.at(DAY)
    assert (curtailment.start, curtailment.end) == (DAY, DAY + 4 * HOUR)
    assert curtailment.limit == 3_600_000
    assert curtailment.owner == "Tomás Reyes"
    assert curtailment.label == event.name
    assert during == 2_600_000
    assert template.site_permille == 1_120
    assert during * 1_000 // template.site_permille == 2_321_428
    assert capacity.at(DAY - 4) == 3_500_000
    assert capacity.at(DAY + 4 * HOUR + 3) == 3_500_000


def test_import_falls_and_rises_by_no_more_than_half_the_ramp_around_a_grid_event():
    world = a_small_world()
    a_grid_event(world.site)

    capacity = resource(a_snapshot(world.site), f"site:{world.site.code}").capacity

    end = DAY + 4 * HOUR
    stairs = [2_600_000, 2_850_000, 3_100_000, 3_350_000, 3_500_000]
    assert [capacity.at(DAY - stair) for stair in range(5)] == stairs
    assert [capacity.at(end - 1 + stair) for stair in range(5)] == stairs


@pytest.mark.parametrize("state", [GridEvent.State.CANCELLED, GridEvent.State.ENDED])
def test_a_grid_event_that_is_off_limits_nothing(state):
    world = a_small_world()
    a_grid_event(world.site, state=state)

    snapshot = a_snapshot(world.site)

    assert snapshot.problem.curtailments == ()
    assert resource(snapshot, f"site:{world.site.code}").capacity.at(DAY) == 3_500_000


def test_the_strictest_of_contract_feed_and_grid_holds():
    world = a_small_world()
    feed = PowerNode.objects.get(site=world.site, kind=PowerNode.Kind.FEED)
    an_outage(
        world.site,
        node=feed,
        remaining=3_000_000,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=2),
    )
    a_grid_event(world.site, starts_at=NOW + timedelta(hours=1), cap_w=3_200_000)

    capacity = resource(a_snapshot(world.site), f"site:{world.site.code}").capacity

    assert capacity.at(0) == 2_000_000
    assert capacity.at(119) == 2_000_000
    assert capacity.at(120) == 2_200_000


def test_a_curtailment_below_base_load_leaves_nothing_for_bays():
    world = a_small_world()
    a_grid_event(world.site, cap_w=0)

    capacity = resource(a_snapshot(world.site), f"site:{world.site.code}").capacity

    assert capacity.at(DAY) == 0


def test_a_single_feed_is_no_node_above_bays_but_two_feeds_are():
    world = a_small_world()
    busway = world.bays[0].node
    hall, feed = busway.parent, busway.parent.parent
    with_one_feed = a_snapshot(world.site)
    second = a_power_node(world.site, kind=PowerNode.Kind.FEED, limit_w=2_000_000)

    with_two_feeds = a_snapshot(world.site)

    assert {one.nodes for one in with_one_feed.problem.bays} == {
        (f"node:{busway.code}", f"node:{hall.code}")
    }
    assert {one.nodes for one in with_two_feeds.problem.bays} == {
        (f"node:{busway.code}", f"node:{hall.code}", f"node:{feed.code}")
    }
    assert resource(with_two_feeds, f"node:{second.code}").capacity == amount(
        (0, 2_000_000)
    )


def test_an_outage_lowers_only_what_it_is_about_and_only_while_it_lasts():
    world = a_small_world()
    bay, other = world.bays
    loop = world.site.cooling_loops.get()
    crew = world.site.crews.get(skill="test")
    centre = world.site.work_centres.get(place=Place.CART)
    window = {
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=3),
    }
    an_outage(world.site, bay=bay, **window)
    an_outage(world.site, loop=loop, remaining=1_000_000, **window)
    an_outage(world.site, crew=crew, remaining=2, **window)
    an_outage(world.site, work_centre=centre, remaining=1, **window)
    an_outage(world.site, node=bay.node, remaining=300_000, **window)

    snapshot = a_snapshot(world.site)

    bays = {one.label: one.capacity for one in snapshot.problem.bays}
    assert bays[bay.code] == amount((0, 1), (60, 0), (180, 1))
    assert bays[other.code] == amount((0, 1))
    for key, usual, left in (
        (f"loop:{loop.code}", 1_250_000, 1_000_000),
        ("crew:test", 4 * 8, 2 * 8),
        ("place:cart", 2, 1),
        (f"node:{bay.node.code}", 700_000, 300_000),
    ):
        assert resource(snapshot, key).capacity == amount(
            (0, usual), (60, left), (180, usual)
        )


def test_an_outage_that_is_over_counts_no_more():
    world = a_small_world()
    an_outage(
        world.site,
        bay=world.bays[0],
        starts_at=NOW - timedelta(days=1),
        ends_at=quarter_of(NOW),
    )

    assert all(
        bay.capacity == amount((0, 1)) for bay in a_snapshot(world.site).problem.bays
    )


def test_every_limit_has_an_owner_even_where_nobody_named_one():
    world = a_small_world()
    world.site.work_centres.update(owner="")

    snapshot = a_snapshot(world.site)

    assert resource(snapshot, "place:cart").owner == "Tomás Reyes"
    assert all(one.owner for one in snapshot.problem.resources)


def test_a_rack_on_hold_keeps_its_bay_and_its_station_from_others():
    world = a_small_world()
    in_bay, at_station, _ = world.racks
    records_until(in_bay, "SOAK", bay=world.bays[0])
    records_until(at_station, "CABLE")
    for rack in (in_bay, at_station):
        rack.state = Unit.State.ON_HOLD
        rack.save()

    snapshot = a_snapshot(world.site)

    bays = {one.label: one.capacity for one in snapshot.problem.bays}
    assert bays[world.bays[0].code] == amount((0, 0))
    assert bays[world.bays[1].code] == amount((0, 1))
    assert resource(snapshot, "place:station").capacity == amount((0, 1))
    assert [one.key for one in snapshot.problem.racks] == [world.racks[2].serial]


def test_a_snapshot_is_billed_by_the_ratchet():
    world = a_small_world()
    MeteredPeak.objects.create(
        site=world.site, month=date(2026, 10, 1), peak_w=2_000_000
    )

    floor = a_snapshot(world.site).problem.prices.demand_floor

    assert floor == 2_000_000 * world.site.ratchet_percent // 100


def test_the_ratchet_bills_a_share_of_the_highest_peak_of_eleven_months():
    site = a_site(contracted_import_w=4_500_000, ratchet_percent=80)
    on = date(2026, 11, 23)

    without = metered_of(site, on).billed_w
    for month, peak in (
        (date(2025, 11, 1), 4_400_000),
        (date(2025, 12, 1), 3_000_000),
        (date(2026, 10, 1), 2_500_000),
        (date(2026, 11, 1), 4_100_000),
    ):
        MeteredPeak.objects.create(site=site, month=month, peak_w=peak)

    # A year ago is forgotten, and this month is what the plan decides.
    assert (without, metered_of(site, on).billed_w) == (3_600_000, 2_400_000)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"month": date(2026, 10, 2)}, "first day"),
        ({"peak_w": 10**13}, "less than or equal"),
    ],
)
def test_a_metered_peak_that_makes_no_sense_is_refused(fields, said):
    peak = MeteredPeak(
        **{"site": a_site(), "month": date(2026, 10, 1), "peak_w": 1} | fields
    )

    with pytest.raises(ValidationError, match=said):
        peak.full_clean()
