"""The page for a new order: a date asked for, answered and held."""

from datetime import date

import pytest
from django.urls import reverse

from scheduling import quoting
from scheduling.models import Booking, Quote
from scheduling.services import quotes
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_base_scenario
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site with parts for racks nobody has ordered."""
    made = a_small_world()
    a_base_scenario(made.site)
    for part, pieces in ((made.parts["FRAME"], 1), (made.parts["SENSOR"], 29)):
        a_stock_lot(made.site, part, pieces * 4)
    return made


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def wish(world: World, **fields: object) -> dict[str, object]:
    return {
        "rack_model": world.model.pk,
        "quantity": 2,
        "wish_date": "2026-12-18",
        "most_promises": 1,
    } | fields


def answered(quote: Quote) -> Quote:
    claimed = quotes.claim(quote.pk)
    assert claimed is not None
    quoting.execute(claimed, search_s=0.2)
    quote.refresh_from_db()
    return quote


def test_a_date_is_asked_for_answered_and_held(world, planner):
    asked = planner.post(reverse("quotes"), wish(world))
    quote = Quote.objects.get()
    waiting = words(planner.get(asked.url))
    answered(quote)
    page = words(planner.get(asked.url))
    held = planner.post(
        reverse("quote_book", args=[quote.pk]), {"hours": 24, "reference": "RFQ 88"}
    )

    assert quote.ships_on is not None
    assert "that takes seconds" in waiting
    assert "2 racks of" in page
    assert "with every promise kept" in page
    assert " ".join(quote.sentence.split()) in page
    booking = Booking.objects.get(quote=quote)
    assert (booking.reference, booking.ships_on) == ("RFQ 88", quote.ships_on)
    assert "RFQ 88" in words(planner.get(held.url))
    ((_, model, racks, *_),) = table(planner.get(reverse("quotes")), "Dates asked for")
    assert (model, racks) == (world.model.code, "2")


def test_a_second_hold_is_refused_by_name(world, planner):
    planner.post(reverse("quotes"), wish(world))
    quote = answered(Quote.objects.get())
    url = reverse("quote_book", args=[quote.pk])
    planner.post(url, {"hours": 24})

    again = planner.post(url, {"hours": 24}, follow=True)

    assert f"Quote {quote.pk} is booked already" in words(again)
    assert Booking.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": 0}, "greater than or equal to 1"),
        ({"quantity": 101}, "less than or equal to 100"),
        ({"wish_date": str(date(2026, 11, 1))}, "The wish date has passed."),
        ({"wish_date": "9999-12-31"}, "lies within three years of today"),
        ({"rack_model": 10**6}, "Select a valid choice"),
        ({"most_promises": 21}, "less than or equal to 20"),
    ],
)
def test_a_wish_nobody_can_have_is_refused_beside_its_field(
    world, planner, fields, said
):
    refused = planner.post(reverse("quotes"), wish(world, **fields))

    assert said in words(refused)
    assert not Quote.objects.exists()
