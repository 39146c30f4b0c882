"""Trust on pages: the same numbers and cases for buyer and supplier, and disputes."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from factory.models import Site
from suppliers.models import Dispute, DisputeAnswer
from suppliers.services.derive import derive_all
from tests.builders.factory import NOW, a_site
from tests.builders.reading import links, words
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_dispute,
    a_line,
    a_line_need,
    a_receipt,
    a_request_change,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = TODAY - 10 * DAY


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site():
    return a_site()


@pytest.fixture
def supplier(site):
    return a_supplier("kohaku", name="Kohaku Coupling")


@pytest.fixture
def buyer(client, site):
    client.force_login(a_user("buyer", site=site))
    return client


def read(response):
    return response.content.decode().replace("\u00a0", " ")


def a_past_line(supplier, *, on=DUE, **fields):
    line = a_line(supplier=supplier, site=Site.objects.get(), need_by=DUE, **fields)
    a_commitment(line, [(DUE, line.quantity)], now=NOW - 60 * DAY)
    if on:
        a_receipt(line, on=on)
    return line


def contest(client, line, **fields):
    given = {"measure": "original", "note": "The dock was closed"} | fields
    return client.post(reverse("portal_dispute", args=[line.pk]), given, follow=True)


def test_every_number_opens_its_cases(buyer, supplier):
    a_past_line(supplier)
    a_past_line(supplier, on=DUE + 3 * DAY)

    page = read(buyer.get(reverse("supplier_trust", args=["kohaku"])))
    quality = read(
        buyer.get(reverse("supplier_trust", args=["kohaku"]), {"measure": "quality"})
    )

    assert "2 cases" in page
    assert "complete Mon 16 Nov" in page
    assert "50 %" in page
    assert quality.count("All 90 good") == 2


def test_the_supplier_reads_the_same_cases(client, supplier):
    a_past_line(supplier, on=DUE + 3 * DAY)
    client.force_login(a_supplier_user(supplier))

    page = read(client.get(reverse("own_trust")))

    assert "complete Mon 16 Nov" in page
    assert "Dispute this" in page
    assert "The buyer, towards this supplier" in page


def test_a_dispute_goes_to_the_buyer_and_its_answer_comes_back(client, supplier, site):
    line = a_past_line(supplier, on=None)
    person = a_supplier_user(supplier)
    client.force_login(person)

    assert "it counts until answered" in read(contest(client, line))

    client.force_login(a_user("buyer", site=site))
    dispute = Dispute.objects.for_supplier(supplier).get()
    client.post(
        reverse("dispute_answer", args=["kohaku", dispute.pk]),
        {"decision": "uphold", "note": "It was closed"},
    )
    client.force_login(person)
    page = read(client.get(reverse("own_trust")))

    assert "Excluded: the dispute was upheld." in page
    assert "It was closed" in page


def test_disputes_that_wait_are_told_where_the_buyer_begins(client, supplier, site):
    first, second, answered = (a_line(supplier=supplier, site=site) for _ in range(3))
    a_dispute(first)
    a_dispute(second)
    a_dispute(first, Dispute.Measure.RESPONSE)
    a_dispute(answered, Dispute.Measure.QUALITY, is_upheld=True)
    a_dispute(a_line(site=a_site()), Dispute.Measure.QUALITY)
    client.force_login(a_user("buyer", site=site))

    everywhere = client.get("/suppliers/")
    here = client.get(f"/suppliers/{supplier.code}/trust/")

    name = supplier.name
    original, response = (
        Dispute.Measure(one).label for one in ("original", "response")
    )
    waits = f"wait for an answer: {name}, {original} (2) ; {name}, {response} ."
    assert waits in words(everywhere)
    assert waits in words(here)
    assert f"/suppliers/{supplier.code}/trust/?measure=response" in links(everywhere)


def test_a_change_is_disputed_by_its_own_key(client, supplier):
    line = a_past_line(supplier, on=None)
    change = a_request_change(line, quantity=120, now=NOW - 50 * DAY)
    client.force_login(a_supplier_user(supplier))

    contest(client, line, measure="absorption", change=change.pk)

    assert Dispute.objects.for_supplier(supplier).get().change == change


@pytest.mark.parametrize(
    "given",
    [
        {"measure": "no-such"},
        {"measure": ""},
        {"measure": "absorption"},
        {"measure": "absorption", "change": "9" * 40},
        {"measure": "absorption", "change": "²"},
        {"measure": "absorption", "change": "-1"},
    ],
)
def test_a_dispute_of_nothing_is_not_there(client, supplier, given):
    line = a_past_line(supplier)
    client.force_login(a_supplier_user(supplier))

    assert contest(client, line, **given).status_code == 404
    assert not Dispute.objects.for_staff().exists()


@pytest.mark.parametrize("note", ["", "  ", "x" * 301, "a\x00b"])
def test_a_dispute_without_a_reason_is_refused_with_a_sentence(client, supplier, note):
    line = a_past_line(supplier)
    client.force_login(a_supplier_user(supplier))

    answer = contest(client, line, note=note)

    assert "Say why, in plain text" in read(answer)
    assert not Dispute.objects.for_staff().exists()


def test_a_second_dispute_of_a_case_is_told_so(client, supplier):
    line = a_past_line(supplier)
    client.force_login(a_supplier_user(supplier))
    contest(client, line)

    assert "is disputed already" in read(contest(client, line))


def test_another_suppliers_line_cannot_be_disputed(client, supplier):
    line = a_past_line(supplier)
    client.force_login(a_supplier_user(a_supplier()))

    assert contest(client, line).status_code == 404


def test_who_may_only_read_cannot_dispute(client, supplier):
    line = a_past_line(supplier, on=None)
    client.force_login(a_supplier_user(supplier, role="read"))

    assert contest(client, line).status_code == 403
    assert "Dispute this" not in read(client.get(reverse("own_trust")))


def test_a_dispute_is_answered_once_and_needs_a_decision(buyer, supplier):
    row = a_dispute(a_past_line(supplier))
    address = reverse("dispute_answer", args=["kohaku", row.pk])

    assert buyer.post(address, {"note": "x"}).status_code == 404
    buyer.post(address, {"decision": "dismiss", "note": "It was open"})
    again = buyer.post(address, {"decision": "uphold", "note": "Yes"}, follow=True)

    assert "answered already" in read(again)
    assert not DisputeAnswer.objects.for_staff().get().is_upheld


@pytest.mark.parametrize(
    "query",
    [
        "measure=no-such",
        "measure=%00",
        "part=%00",
        "part=" + "x" * 500,
        "page=-1",
        "page=x",
        "measure=notice",
    ],
)
def test_an_address_by_hand_shows_a_page(buyer, supplier, query):
    a_past_line(supplier)

    address = reverse("supplier_trust", args=["kohaku"])

    assert buyer.get(f"{address}?{query}").status_code == 200


def test_a_supplier_without_a_line_has_a_page_too(buyer, supplier):
    page = read(buyer.get(reverse("supplier_trust", args=["kohaku"])))

    assert "No case yet." in page


def test_the_list_draws_who_has_a_case_with_a_table_beside_it(buyer, supplier):
    line = a_past_line(supplier)
    a_line_need(a_line(supplier=supplier, site=line.purchase_order.site), racks=7)
    a_supplier("silent", name="Silent Works")
    assert "Trust quadrant" not in read(buyer.get(reverse("suppliers")))
    derive_all(now=NOW)

    page = read(buyer.get(reverse("suppliers")))

    assert "Kohaku Coupling: 100 % kept as first promised" in page
    assert "no change asked, 7 racks wait" in page
    assert "Silent Works:" not in page
    assert line.purchase_order.supplier == supplier
    assert ">83<" in page


def test_the_page_asks_as_often_for_many_lines_as_for_one(
    buyer, supplier, django_assert_max_num_queries
):
    address = reverse("supplier_trust", args=["kohaku"])
    a_past_line(supplier)
    with django_assert_max_num_queries(19):
        buyer.get(address)

    for _ in range(5):
        line = a_past_line(supplier, on=None)
        a_request_change(line)
        a_dispute(line, is_upheld=True)

    with django_assert_max_num_queries(19):
        buyer.get(address)


def test_a_name_that_would_cover_another_is_left_to_the_table(buyer, site):
    for code, name in (("first", "First Works"), ("second", "Second Works")):
        supplier = a_supplier(code, name=name)
        a_past_line(supplier)
        a_line_need(a_line(supplier=supplier, site=site), racks=7)
    derive_all(now=NOW)

    drawing = buyer.get(reverse("suppliers")).context["quadrant"]

    assert len({(dot.x, dot.y) for dot in drawing.dots}) == 1
    assert [dot.label for dot in drawing.dots] == ["First Works", ""]
