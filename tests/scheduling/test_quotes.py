"""Quotes: a date that is proved, held once booked, and free again when it expires."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from factory.models import Site
from journal.models import Event
from scheduling import quoting
from scheduling.blobs import load_schedule
from scheduling.engine.solve import solve
from scheduling.errors import (
    QuoteBookedError,
    QuoteOutdatedError,
    QuoteUnansweredError,
)
from scheduling.models import Booking, Plan, Quote
from scheduling.services import quotes
from scheduling.services.publish import publish
from scheduling.snapshot.take import take
from scheduling.storage import store_plan
from tests.builders.factory import NOW, a_stock_lot, an_order
from tests.builders.scheduling import a_base_scenario, a_run
from tests.builders.suppliers import a_source
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

MOST_WORDS = 300


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site with a plan in force and parts for six racks more."""
    made = a_small_world()
    for part, pieces in ((made.parts["FRAME"], 1), (made.parts["SENSOR"], 29)):
        a_stock_lot(made.site, part, pieces * 6)
    optimized(made.site)
    return made


def optimized(site: Site, *, in_force: bool = True) -> Plan:
    """Return a stored plan of a site's live data, published if wanted."""
    snapshot = take(a_base_scenario(site), as_of=NOW)
    outcome = solve(snapshot.problem, time_limit_s=10, max_moves=20)
    assert outcome.schedule is not None
    plan = store_plan(
        run=a_run(site),
        token=1,
        snapshot=snapshot,
        schedule=outcome.schedule,
        bound_cents=0,
    )
    if in_force:
        publish(plan=plan, by=None, actor="system", expected_previous=None)
    return plan


def asked(world: World, **fields) -> Quote:
    """Return a quote that has been asked for."""
    return quotes.request_quote(
        **{
            "site": world.site,
            "rack_model": world.model,
            "quantity": 1,
            "wish_date": date(2026, 12, 18),
            "actor": "client:1",
        }
        | fields
    )


def answered(world: World, **fields) -> Quote:
    """Return a quote as a worker has answered it."""
    quote = asked(world, **fields)
    claimed = quotes.claim(quote.pk)
    assert claimed is not None
    quoting.execute(claimed, search_s=0.2)
    quote.refresh_from_db()
    return quote


def test_a_quote_is_answered_with_a_proved_date_its_limit_and_its_bound(world):
    quote = answered(world)

    assert quote.state == Quote.State.ANSWERED, quote.sentence
    assert quote.ships_on is not None
    assert quote.bound_on <= quote.ships_on
    assert quote.limit
    assert len(quote.places) == quote.quantity
    assert [step for step, _, _ in quote.places[0]] == [
        step.code for step in world.model.steps.all()
    ]
    assert Event.objects.filter(kind="quote.answered").count() == 1


def test_no_promise_moves_for_a_quote(world):
    before = take(a_base_scenario(world.site), as_of=NOW).problem

    quote = answered(world, quantity=3)

    assert quote.eased_ships_on is None
    assert quote.eased_orders == []
    assert before.racks


def test_without_stock_the_date_follows_from_the_sources_p90(time_machine):
    world = a_small_world(stocked=True)
    source = a_source(part=world.parts["FRAME"])
    a_source(part=world.parts["SENSOR"])
    optimized(world.site)

    quote = answered(world)

    assert quote.ships_on is not None, quote.sentence
    assert quote.ships_on >= NOW.date() + timedelta(days=source.lead_time_p90_days)
    assert quote.reserved[0]


def test_without_stock_and_source_there_is_no_date_and_a_reason():
    world = a_small_world(stocked=True)
    optimized(world.site)

    quote = answered(world)

    assert quote.state == Quote.State.ANSWERED
    assert quote.ships_on is None
    assert world.parts["FRAME"].code in quote.sentence or "needs" in quote.sentence
    with pytest.raises(QuoteUnansweredError):
        quotes.book(quote=quote, hours=24, actor="client:1")


def test_a_booked_date_holds_after_another_optimization(world):
    quote = answered(world, quantity=2)
    booking = quotes.book(quote=quote, hours=168, reference="RFQ", actor="client:1")
    an_order(
        world.site,
        world.model,
        racks=2,
        requested=NOW.date() + timedelta(days=2),
        late_cents_per_day=90_000_000,
    )

    plan = optimized(world.site, in_force=False)

    schedule = load_schedule(plan)
    held = [one for one in schedule.steps if one.rack.startswith("booking-")]
    starts = {
        (plan.epoch + one.start * timedelta(minutes=1)).isoformat() for one in held
    }
    quoted = {start for rack in quote.places for _, start, _ in rack}
    assert len({one.rack for one in held}) == 2
    assert starts == {datetime.fromisoformat(one).isoformat() for one in quoted}
    assert booking.ships_on == quote.ships_on
    assert not plan.planned_steps.filter(rack__serial__startswith="booking").exists()


def test_of_two_clients_that_book_the_last_capacity_the_second_is_told(world):
    first, second = answered(world), answered(world, actor="client:2")
    quotes.book(quote=first, hours=24, actor="client:1")

    with pytest.raises(QuoteOutdatedError, match="somebody else booked capacity since"):
        quotes.book(quote=second, hours=24, actor="client:2")

    assert Booking.objects.get().quote == first
    again = answered(world, actor="client:2")
    assert quotes.book(quote=again, hours=24, actor="client:2").quote == again
    assert again.places != first.places


def test_a_quote_is_booked_once(world):
    quote = answered(world)
    quotes.book(quote=quote, hours=24, actor="client:1")

    with pytest.raises(QuoteBookedError, match="booked already"):
        quotes.book(quote=quote, hours=24, actor="client:1")


def test_an_old_quote_and_one_of_a_former_plan_are_refused(world, time_machine):
    quote = answered(world)
    plan = optimized(world.site, in_force=False)
    publish(plan=plan, by=None, actor="system", expected_previous=1)

    with pytest.raises(QuoteOutdatedError, match="another plan was published"):
        quotes.book(quote=quote, hours=24, actor="client:1")
    Quote.objects.filter(pk=quote.pk).update(valid_until=NOW - timedelta(minutes=1))
    with pytest.raises(QuoteOutdatedError, match="half an hour"):
        quotes.book(quote=quote, hours=24, actor="client:1")
    assert not Booking.objects.exists()


def test_an_expired_booking_is_released_with_an_event_and_holds_nothing(world):
    booking = quotes.book(quote=answered(world), hours=24, actor="client:1")
    held = take(a_base_scenario(world.site), as_of=NOW).problem.racks
    Booking.objects.filter(pk=booking.pk).update(
        booked_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(seconds=1)
    )

    released = quotes.release_expired()

    free = take(a_base_scenario(world.site), as_of=NOW).problem.racks
    booking.refresh_from_db()
    assert released == 1
    assert booking.state == Booking.State.EXPIRED
    assert Event.objects.filter(kind="booking.expired").count() == 1
    assert {one.key for one in held} - {one.key for one in free} == {
        f"booking-{booking.pk}-1"
    }
    assert quotes.release_expired() == 0


def test_a_quote_is_claimed_once_and_given_up_after_three_workers(world):
    quote = asked(world)
    assert quotes.claim(quote.pk) is not None
    assert quotes.claim(quote.pk) is None
    for _ in range(2):
        Quote.objects.filter(pk=quote.pk).update(
            claimed_until=Now() - timedelta(seconds=1)
        )
        assert quotes.claim(quote.pk) is not None
    Quote.objects.filter(pk=quote.pk).update(claimed_until=Now() - timedelta(seconds=1))

    assert quotes.claim(quote.pk) is None

    quote.refresh_from_db()
    assert quote.state == Quote.State.FAILED
    assert "worker" in quote.sentence


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"quantity": 0}, "quote_quantity_range"),
        ({"quantity": 101}, "quote_quantity_range"),
        ({"most_promises": 21}, "quote_promises_range"),
        ({"answered_at": NOW}, "quote_ended_iff_answered_at"),
        (
            {"state": "answered", "answered_at": NOW},
            "quote_without_date_says_why",
        ),
        (
            {"ships_on": date(2026, 12, 1), "bound_on": date(2026, 12, 2)},
            "quote_date_not_before_bound",
        ),
        ({"eased_ships_on": date(2026, 12, 1)}, "quote_eased_date_no_later"),
        ({"attempt": 4}, "quote_at_most_three_attempts"),
    ],
)
def test_an_impossible_quote_is_refused_by_name(changes, name):
    world = a_small_world(racks=0)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Quote.objects.create(
            **{
                "site": world.site,
                "rack_model": world.model,
                "quantity": 1,
                "wish_date": date(2026, 12, 18),
                "actor": "client:1",
            }
            | changes
        )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"expires_at": NOW - timedelta(days=1)}, "booking_has_a_span"),
        ({"state": "expired"}, "booking_released_iff_released_at"),
        ({"released_at": NOW}, "booking_released_iff_released_at"),
    ],
)
def test_an_impossible_booking_is_refused_by_name(changes, name):
    world = a_small_world(racks=0)
    quote = asked(world)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Booking.objects.create(
            **{
                "quote": quote,
                "site": world.site,
                "ships_on": date(2026, 12, 18),
                "actor": "client:1",
                "booked_at": NOW,
                "expires_at": NOW + timedelta(hours=1),
            }
            | changes
        )
