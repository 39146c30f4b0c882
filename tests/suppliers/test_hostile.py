"""Whatever a phone, a script or a hostile supplier sends: a sentence, never a 500."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from journal.models import Event
from suppliers.models import Commitment, CommitRevision
from suppliers.web.forms import FORMS
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
NUMBERS = [
    "",
    "0",
    "-1",
    "1.5",
    "1e9",
    "9" * 400,
    "2147483648",
    "NaN",
    "Infinity",
    "0x10",
    "\x00",
    "1\x00",
    "=1+1",
    "'; DROP TABLE suppliers_tranche; --",
    "🦆",
    "\ud7ff\uffff",
]
DATES = [
    "",
    "03/04/2026",
    "1970-01-01",
    "9999-12-31",
    "0001-01-01",
    "10000-01-01",
    "2026-02-30",
    "2026-12-07T00:00",
    "tomorrow",
    "2026-12-07\x00",
    "-2026-12-07",
    "0" * 5_000,
]
WORDS = ["x" * 301, "a\x00b", "\u202edrow", "<script>alert(1)</script>", "🦆" * 300]
ADDRESSES = ["0", "999999999", "9" * 19, "9" * 40]


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def line():
    return a_line(supplier=a_supplier(), quantity=90, need_by=ASKED)


@pytest.fixture
def visitor(client, line):
    client.force_login(a_supplier_user(line.purchase_order.supplier))
    return client


def promise(visitor, line, **fields):
    data = {
        "version": Commitment.objects.for_staff().get(line=line).version,
        "reason_code": "",
        "note": "",
        "deliveries-TOTAL_FORMS": "1",
        "deliveries-INITIAL_FORMS": "0",
        "deliveries-0-quantity": "90",
        "deliveries-0-on": f"{ASKED}",
    } | fields
    return visitor.post(reverse("portal_promise", args=[line.pk]), data)


def nothing_happened():
    return not CommitRevision.objects.for_staff().exists() and not (
        Event.objects.exists()
    )


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_none_is_refused_with_a_sentence(visitor, line, number):
    response = promise(visitor, line, **{"deliveries-0-quantity": number})

    assert response.status_code == 422
    assert response.context["forms"]["promise"].deliveries.errors != [{}]
    assert nothing_happened()


def test_full_width_digits_are_read_as_the_number_they_are(visitor, line):
    nine, two, zero = "\uff19", "\uff12", "\uff10"

    promise(
        visitor,
        line,
        **{
            "deliveries-0-quantity": nine + zero,
            "deliveries-0-on": f"{two}{zero}{two}6-12-07",
        },
    )

    revision = CommitRevision.objects.for_staff().get()
    assert (revision.quantity, revision.last_dock_date) == (90, ASKED)


@pytest.mark.parametrize("day", [*DATES, f"{TODAY - timedelta(days=1)}"])
def test_a_date_that_is_none_is_refused_with_a_sentence(visitor, line, day):
    response = promise(visitor, line, **{"deliveries-0-on": day})

    assert response.status_code == 422
    assert nothing_happened()


def test_a_date_that_can_be_read_two_ways_is_never_guessed(visitor, line):
    response = promise(visitor, line, **{"deliveries-0-on": "03/04/2027"})

    assert "year-month-day, such as 2026-12-09" in response.content.decode()


@pytest.mark.parametrize("field", ["note", "reason_code"])
@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_strange_words_are_kept_escaped_or_refused(visitor, line, field, words):
    response = promise(visitor, line, **{field: words})

    assert response.status_code in {302, 422}
    page = visitor.get(f"/portal/lines/{line.pk}/").content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("verb", FORMS)
@pytest.mark.parametrize(
    "version", ["", "0", "-1", "abc", "9" * 40, "\x00", "2147483648"]
)
def test_a_version_that_is_none_is_refused(visitor, line, verb, version):
    address = reverse(f"portal_{verb}", args=[line.pk])

    response = visitor.post(address, {"version": version})

    assert response.status_code == 422
    assert nothing_happened()


@pytest.mark.parametrize("verb", FORMS)
def test_an_empty_answer_is_refused(visitor, line, verb):
    response = visitor.post(reverse(f"portal_{verb}", args=[line.pk]))

    assert response.status_code == 422
    assert "This page is incomplete. Open the line again." in response.content.decode()
    assert nothing_happened()


@pytest.mark.parametrize(
    "management",
    [
        {"deliveries-TOTAL_FORMS": "1000000000"},
        {"deliveries-TOTAL_FORMS": "-1"},
        {"deliveries-TOTAL_FORMS": "x"},
        {"deliveries-TOTAL_FORMS": ""},
        {"deliveries-INITIAL_FORMS": "1000"},
        {"deliveries-INITIAL_FORMS": "x"},
    ],
)
def test_a_bent_form_is_refused_or_read_as_it_stands(visitor, line, management):
    response = promise(visitor, line, **management)

    assert response.status_code in {302, 422}
    assert CommitRevision.objects.for_staff().count() == (response.status_code == 302)


def test_thirteen_deliveries_are_one_too_many(visitor, line):
    rows = {"deliveries-TOTAL_FORMS": "13"}
    for place in range(13):
        rows[f"deliveries-{place}-quantity"] = "1"
        rows[f"deliveries-{place}-on"] = f"{ASKED + timedelta(days=place)}"

    response = promise(visitor, line, reason_code="yield", **rows)

    assert response.status_code == 422
    assert nothing_happened()


@pytest.mark.parametrize(
    "field", ["supplier", "quantity", "state", "received", "door", "cause", "by", "id"]
)
def test_fields_that_are_not_asked_for_change_nothing(visitor, line, field):
    promise(visitor, line, **{field: "1"})

    revision = CommitRevision.objects.for_staff().get()
    line.refresh_from_db()
    assert (revision.door, revision.cause, revision.quantity) == (
        "portal",
        "supplier",
        90,
    )
    assert (line.quantity, line.received, line.state) == (90, 0, "open")


@pytest.mark.parametrize("number", ADDRESSES)
def test_addresses_of_nothing_are_not_found(visitor, number):
    assert visitor.get(f"/portal/lines/{number}/").status_code == 404
    assert visitor.post(f"/portal/lines/{number}/accept/").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "\x00", "1.5", "२"])
def test_pages_that_are_none_show_the_nearest(visitor, page):
    assert visitor.get("/portal/", {"page": page}).status_code == 200


@pytest.mark.parametrize("opened", ["promise", "nothing", "<b>", "\x00", "x" * 5_000])
def test_a_form_that_is_none_is_not_opened(visitor, line, opened):
    response = visitor.get(f"/portal/lines/{line.pk}/", {"open": opened})

    assert response.status_code == 200
    assert "<b>" not in response.content.decode().partition("portal__main")[2] or (
        opened != "<b>"
    )


def test_a_time_zone_that_is_none_does_not_come_on_file():
    with pytest.raises(ValidationError, match="Mars/Olympus is no time zone"):
        a_supplier(zone="Mars/Olympus").full_clean()


def test_the_same_form_sent_twice_is_kept_once(visitor, line):
    first = visitor.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})
    second = visitor.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})

    assert (first.status_code, second.status_code) == (302, 409)
    assert CommitRevision.objects.for_staff().count() == 1


def test_a_page_without_its_token_is_refused(line):
    from django.test import Client

    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(a_supplier_user(line.purchase_order.supplier))

    response = visitor.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})

    assert response.status_code == 403
    assert nothing_happened()


def test_dates_stay_dates_across_the_date_line(client):
    supplier = a_supplier(zone="Pacific/Kiritimati")
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)
    a_commitment(line)
    client.force_login(a_supplier_user(supplier))

    page = client.get(f"/portal/lines/{line.pk}/").content.decode()

    assert "Kiritimati time, Tue 24\u00a0Nov, 04:00" in page
    assert "90 on 7\u00a0Dec" in page
