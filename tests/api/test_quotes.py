"""A client asks for a date over the API, and holds it."""

from datetime import timedelta

import pytest

from journal.api.ids import opaque
from scheduling import quoting
from scheduling.models import Booking, Quote
from scheduling.services import quotes
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.scheduling import a_base_scenario
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site with parts for racks nobody has ordered."""
    made = a_small_world(racks=1)
    for part, pieces in ((made.parts["FRAME"], 1), (made.parts["SENSOR"], 29)):
        a_stock_lot(made.site, part, pieces * 4)
    a_base_scenario(made.site)
    return made


def a_body(world: World, **fields: object) -> dict[str, object]:
    """Return a request for one rack in four weeks."""
    return {
        "site": world.site.code,
        "rack_model": world.model.code,
        "quantity": 1,
        "wish_date": (NOW + timedelta(days=28)).date().isoformat(),
    } | fields


def test_a_quote_is_asked_for_answered_and_booked(world):
    caller = Caller(code_execution=True)

    asked = caller.post("quotes", a_body(world))
    quote = quotes.claim(Quote.objects.get().pk)
    quoting.execute(quote, search_s=0.1)
    where = asked.headers["Operation-Location"].removeprefix("/api/v1/")
    answer = caller.get(where).json()
    booked = caller.post(f"{where}:book", {"hours": 24, "reference": "RFQ 88"})

    assert asked.status_code == 202
    assert answer["state"] == "answered"
    assert answer["bound_on"] <= answer["ships_on"]
    assert answer["booking"] is None
    assert booked.status_code == 200
    assert booked.json()["booking"]["reference"] == "RFQ 88"
    assert booked.json()["booking"]["ships_on"] == answer["ships_on"]


def test_the_second_of_two_clients_is_told(world):
    callers = Caller(code_execution=True), Caller(code_execution=True)
    for caller in callers:
        caller.post("quotes", a_body(world))
    for row in Quote.objects.order_by("pk"):
        quoting.execute(quotes.claim(row.pk), search_s=0.1)
    first, second = (
        caller.post(f"quotes/{opaque('quote', row.pk)}:book", {})
        for caller, row in zip(callers, Quote.objects.order_by("pk"), strict=True)
    )

    assert first.status_code == 200
    assert second.status_code == 409
    assert second.json()["code"] == "quote_outdated"
    assert Booking.objects.count() == 1


def test_a_quote_needs_code_execution(world):
    answer = Caller(sensitive_data=True).post("quotes", a_body(world))

    assert answer.status_code == 403
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site", "NOWHERE"),
        ("rack_model", "NOTHING"),
        ("quantity", 0),
        ("quantity", 101),
        ("quantity", 10**30),
        ("wish_date", "2020-01-01"),
        ("wish_date", "9999-12-31"),
        ("wish_date", "soon"),
        ("most_promises", -1),
        ("odd", 1),
    ],
)
def test_a_bad_question_names_its_field(world, field, value):
    answer = Caller(code_execution=True).post("quotes", a_body(world, **{field: value}))

    assert answer.status_code in {400, 422}
    assert field in answer.content.decode()
    assert not Quote.objects.exists()


@pytest.mark.parametrize("hours", [0, 169, "x", 10**30])
def test_a_bad_span_books_nothing(world, hours):
    caller = Caller(code_execution=True)
    caller.post("quotes", a_body(world))
    quote = Quote.objects.get()

    answer = caller.post(f"quotes/{opaque('quote', quote.pk)}:book", {"hours": hours})

    assert answer.status_code == 400
    assert not Booking.objects.exists()


def test_an_unanswered_quote_is_not_booked(world):
    caller = Caller(code_execution=True)
    caller.post("quotes", a_body(world))

    answer = caller.post(f"quotes/{opaque('quote', Quote.objects.get().pk)}:book", {})

    assert answer.status_code == 409
    assert answer.json()["code"] == "quote_without_date"
