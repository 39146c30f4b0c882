"""Several sites: what another builds sooner is proposed, confirmed, planned there."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from factory.errors import PartnerSiteError
from factory.models import Order, PowerBay, Site, Unit
from factory.services.order_changes import Signed
from factory.services.partner_site import open_partner_site
from journal.models import Event
from scheduling import quoting
from scheduling.errors import MoveRefusedError
from scheduling.models import AutoRepair, PlannedRack, Quote, SiteMove
from scheduling.queries.changes import changes
from scheduling.services import quotes, site_moves
from scheduling.services.auto_repair import settle
from scheduling.services.publish import publish
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.reading import a_reader, links, table, words
from tests.builders.scheduling import a_grid_event, a_run, a_snapshot, a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
RUTH = Signed(author="Ruth Okafor", actor="user:7")
TRANSIT_MIN = 1_500
"""A day and an hour: two days of a promise."""


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a site whose only order, not begun, ships twenty days from now: late."""
    made = a_small_world()
    plan = a_stored_plan(made.site)
    PlannedRack.objects.filter(plan=plan).update(
        late_min=1_440, ships_at=NOW + 20 * DAY
    )
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    return made


@pytest.fixture
def partner(world: World) -> Site:
    """Return a partner's site a day away, with parts for three racks."""
    site = open_partner_site(
        origin=world.site,
        code="partner",
        name="Partner",
        bays=2,
        import_w=2_000_000,
        transit_min=TRANSIT_MIN,
    )
    for part, pieces in ((world.parts["FRAME"], 1), (world.parts["SENSOR"], 29)):
        a_stock_lot(site, part, 3 * pieces)
    return site


def answered(move: SiteMove) -> SiteMove:
    """Return a proposal whose quote a worker has answered."""
    claimed = quotes.claim(move.quote_id)
    quoting.execute(claimed, search_s=0.05)
    return SiteMove.objects.select_related("quote", "order", "target").get(pk=move.pk)


def test_an_order_that_no_other_site_has_a_bay_for_is_named(world, partner):
    planner = a_reader(world.site)
    for bay in PowerBay.objects.filter(site=partner):
        bay.supported_models.clear()

    answer = planner.post(reverse("site_moves"), follow=True)

    assert f"No other site has a bay for {world.order.number}." in words(answer)
    assert not SiteMove.objects.exists()


def test_a_late_order_is_quoted_elsewhere_and_moved_by_a_planner(world, partner):
    (move,) = site_moves.look_elsewhere(site=world.site, actor="user:7")
    move = answered(move)

    order = site_moves.confirm_move(move=move, by=RUTH)

    assert move.quote.state == Quote.State.ANSWERED, move.quote.sentence
    assert site_moves.arrives_on(move) == move.quote.ships_on + 2 * DAY
    assert site_moves.gain_days(move) > 0
    assert order.site == partner
    assert set(Unit.objects.racks().values_list("site", flat=True)) == {partner.pk}
    assert not a_snapshot(world.site).problem.racks
    racks = a_snapshot(partner).problem.racks
    assert len(racks) == 3
    home_due = {15 * 60 + 59 + 1_440 * 11}
    assert {one.due + TRANSIT_MIN for one in racks} == home_due
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"order.changed", "order.left"} <= kinds


def test_a_promise_counts_the_way_back(world, partner):
    (move,) = site_moves.look_elsewhere(site=world.site, actor="user:7")
    site_moves.confirm_move(move=answered(move), by=RUTH)

    (one,) = changes(partner, a_stored_plan(partner)).orders

    last = PlannedRack.objects.filter(plan__run__scenario__site=partner).latest(
        "ships_at"
    )
    there = last.ships_at + timedelta(minutes=TRANSIT_MIN)
    assert one.planned == there.astimezone(ZoneInfo(partner.zone)).date()


@pytest.mark.parametrize(("is_grid", "asked"), [(True, 1), (False, 0)])
def test_a_repair_that_the_grid_started_asks_the_other_sites(
    world, partner, is_grid, asked
):
    run = a_run(
        world.site, kind="repair", state="failed", ended_at=NOW, error="No plan."
    )
    AutoRepair.objects.create(
        site=world.site,
        state=AutoRepair.State.RUNNING,
        events=1,
        is_grid=is_grid,
        first_at=NOW,
        last_at=NOW,
        last_event=1,
        cause="Evening peak: 3,600 kW for the whole site",
        run=run,
    )

    assert settle() == 1

    moves = SiteMove.objects.all()
    assert [move.target for move in moves] == [partner] * asked
    assert {move.state for move in moves} <= {SiteMove.State.OPEN}


def test_a_curtailed_order_is_urgent_though_it_is_not_late(world, partner):
    PlannedRack.objects.update(late_min=0, bay=None, bay_from=None, bay_until=None)
    one_rack = PlannedRack.objects.order_by("pk")[:1]
    PlannedRack.objects.filter(pk__in=one_rack.values("pk")).update(
        bay=world.bays[0], bay_from=NOW + DAY, bay_until=NOW + 3 * DAY
    )
    before = site_moves.urgent_orders(world.site)
    event = a_grid_event(world.site)

    (one,) = site_moves.urgent_orders(world.site)

    assert before == []
    assert one.why == f"Its time in the bay meets {event.name}."


def test_what_has_begun_stays(world, partner):
    (move,) = site_moves.look_elsewhere(site=world.site, actor="user:7")
    move = answered(move)
    Unit.objects.filter(pk=world.racks[0].pk).update(state=Unit.State.IN_WORK)

    with pytest.raises(MoveRefusedError, match="work on it has begun"):
        site_moves.confirm_move(move=move, by=RUTH)

    assert site_moves.urgent_orders(world.site) == []
    assert Order.objects.get().site == world.site


def test_an_answer_that_is_not_there_or_old_moves_nothing(world, partner, time_machine):
    (move,) = site_moves.look_elsewhere(site=world.site, actor="user:7")
    with pytest.raises(MoveRefusedError, match="has no date for it"):
        site_moves.confirm_move(move=move, by=RUTH)
    move = answered(move)
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    with pytest.raises(MoveRefusedError, match="out of date"):
        site_moves.confirm_move(move=move, by=RUTH)

    assert Order.objects.get().site == world.site


def test_asking_twice_asks_once(world, partner):
    site_moves.look_elsewhere(site=world.site, actor="user:7")

    assert site_moves.look_elsewhere(site=world.site, actor="user:7") == []


def test_the_page_asks_shows_and_moves(world, partner):
    planner = a_reader(world.site)
    url = reverse("site_moves")

    planner.post(url)
    asked = planner.get(url)
    move = answered(SiteMove.objects.get())
    ready = planner.get(url)
    planner.post(reverse("site_move_decide", args=[move.pk]), {"verb": "move"})

    assert "1 order not begun is late or curtailed here." in words(asked)
    label = "Orders quoted at other sites"
    assert table(asked, label)[0][4] == "is asked"
    assert "Build it there" in table(ready, label)[0][2]
    moved = planner.get(url)
    assert table(moved, label)[0][2] == "Moved Robin Ito"
    order = reverse("order", args=[world.order.number])
    assert order in links(ready)
    assert order not in links(moved)


def test_what_comes_no_sooner_is_not_offered(world, partner):
    planner = a_reader(world.site)
    planner.post(reverse("site_moves"))
    move = answered(SiteMove.objects.get())
    SiteMove.objects.filter(pk=move.pk).update(home_on=date(2026, 11, 24))

    page = planner.get(reverse("site_moves"))

    row = table(page, "Orders quoted at other sites")[0]
    assert (row[1], row[2]) == ("no", "Leave it")


@pytest.mark.parametrize("fields", [{"bays": 0}, {"bays": 3}, {"code": ""}])
def test_a_partner_site_that_cannot_be_is_refused(fields):
    world = a_small_world()
    given = {
        "origin": world.site,
        "code": "partner",
        "name": "Partner",
        "bays": 1,
        "import_w": 1_000_000,
        "transit_min": 60,
    } | fields
    if not given["code"]:
        given["code"] = world.site.code

    with pytest.raises(PartnerSiteError):
        open_partner_site(**given)

    assert Site.objects.count() == 1


def test_days_of_a_promise_are_whole(world, partner):
    (move,) = site_moves.look_elsewhere(site=world.site, actor="user:7")

    assert move.quote.wish_date == date(2026, 12, 2)
