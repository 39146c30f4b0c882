"""Staff pages: one commitment's ledger, answers on behalf, the suppliers."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from suppliers.models import CommitRevision
from tests.builders.factory import NOW, a_site
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_receipt,
    a_source,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site():
    return a_site()


@pytest.fixture
def buyer(client, site):
    client.force_login(a_user("buyer", site=site))
    return client


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def answer(client, line, verb, *rows, **fields):
    line.commitment.refresh_from_db()
    data = {
        "version": line.commitment.version,
        "cause": "supplier",
        "reason_code": "",
        "note": "",
        "deliveries-TOTAL_FORMS": len(rows),
        "deliveries-INITIAL_FORMS": 0,
    } | fields
    for place, (on, quantity) in enumerate(rows):
        data |= {
            f"deliveries-{place}-on": f"{on}",
            f"deliveries-{place}-quantity": quantity,
        }
    address = reverse(f"commitment_{verb}", args=[line.commitment.pk])
    return client.post(address, data)


def test_the_ledger_page_shows_every_revision_and_what_came(buyer, site):
    line = a_line(site=site, quantity=90, need_by=ASKED)
    a_commitment(line, [(ASKED, 90)], [(ASKED + DAY, 90)], reason_code="customs")
    a_receipt(line, 40)
    a_line_need(line, racks=6, needed_by=ASKED, slack_min=-1_440)

    page = body(buyer.get(f"/commitments/{line.commitment.pk}/"))

    for words in (
        ": 50 on 8 Dec is promised.",
        "Commit: 90 on 7 Dec",
        "Push-out: 90 on 8 Dec",
        "Customs",
        "system · Import",
        "40 pieces received, Mon 23 Nov",
        "6 racks wait.",
        "Promise river",
        "asked for 7 Dec",
    ):
        assert words in page


def test_a_buyer_records_what_a_supplier_said_by_telephone(buyer, site):
    line = a_line(site=site, quantity=90, need_by=ASKED)

    response = answer(
        buyer,
        line,
        "promise",
        (ASKED + DAY, 90),
        reason_code="buyer_request",
        note="By telephone",
        cause="buyer",
    )

    assert response.url == f"/commitments/{line.commitment.pk}/"
    revision = CommitRevision.objects.for_staff().get()
    assert (revision.door, revision.cause) == ("planner", "buyer")
    assert (revision.note, str(revision.by_id)) == (
        "By telephone",
        buyer.session["_auth_user_id"],
    )


@pytest.mark.parametrize(
    ("verb", "fields", "kind"),
    [
        ("accept", {}, "commit"),
        ("cannot-say", {"word_by": f"{TODAY}"}, "cannot_say"),
        ("reject", {"reason_code": "capacity"}, "reject"),
    ],
)
def test_a_buyer_may_give_any_answer(buyer, site, verb, fields, kind):
    line = a_line(site=site)

    answer(buyer, line, verb, **fields)

    assert CommitRevision.objects.for_staff().get().kind == kind


def test_a_refused_answer_comes_back_with_its_sentence(buyer, site):
    line = a_line(site=site, quantity=90)

    response = answer(buyer, line, "promise", (ASKED, 91))

    assert response.status_code == 422
    assert "91 are promised" in body(response)
    assert not CommitRevision.objects.for_staff().exists()


def test_without_saying_whose_doing_nothing_is_recorded(buyer, site):
    line = a_line(site=site)

    response = answer(buyer, line, "accept", cause="the weather")

    assert response.status_code == 422
    assert not CommitRevision.objects.for_staff().exists()


def test_an_old_version_is_told_so(buyer, site):
    line = a_line(site=site)
    a_commitment(line)

    response = answer(buyer, line, "withdraw", reason_code="yield", version=1)

    assert response.status_code == 409
    assert "has been answered since you looked at it" in body(response)
    assert CommitRevision.objects.for_staff().count() == 1


@pytest.mark.parametrize("role", ["technician", "energy_desk", "quality"])
def test_others_of_the_staff_do_not_answer(client, site, role):
    line = a_line(site=site)
    client.force_login(a_user(role, site=site))

    response = answer(client, line, "accept")

    assert response.status_code == 403
    assert not CommitRevision.objects.for_staff().exists()


def test_who_may_only_read_sees_no_form(client, site):
    line = a_line(site=site)
    client.force_login(a_user("quality", site=site))

    page = body(client.get(f"/commitments/{line.commitment.pk}/"))

    assert "Answer for the supplier" not in page
    assert "nothing is promised" in page


def test_another_sites_commitment_is_not_there(buyer):
    line = a_line()

    assert buyer.get(f"/commitments/{line.commitment.pk}/").status_code == 404
    assert answer(buyer, line, "accept").status_code == 404


def test_the_list_counts_what_each_supplier_kept_and_broke(buyer, site):
    supplier = a_supplier("tessaline", name="Tessaline Sensors")
    a_line(site=site, supplier=supplier)
    broken = a_line(site=site, supplier=supplier)
    a_commitment(broken)
    answer(buyer, broken, "withdraw", reason_code="yield")

    page = body(buyer.get("/suppliers/"))

    assert "1 supplier, 1 broken promise." in page
    assert "Tessaline Sensors" in page


def test_a_suppliers_page_shows_people_parts_and_the_worst_first(buyer, site):
    supplier = a_supplier("tessaline", name="Tessaline Sensors")
    a_supplier_user(supplier)
    a_source(supplier)
    kept, asked = (a_line(site=site, supplier=supplier) for _ in range(2))
    a_commitment(kept)

    response = buyer.get("/suppliers/tessaline/")

    page = body(response)
    assert "1 promise kept or on course as first said, 0 moved in time" in page
    assert "Yu-Ting Lin" in page
    assert "84 d at P50, 154 d at P90" in page
    assert [row.commitment_id for row in response.context["rows"]] == [
        asked.commitment.pk,
        kept.commitment.pk,
    ]


def test_an_unknown_supplier_is_not_there(buyer):
    assert buyer.get("/suppliers/nobody/").status_code == 404


def test_empty_pages_say_what_is_missing(buyer, site):
    assert "No supplier yet." in body(buyer.get("/suppliers/"))
    a_supplier("quiet")
    page = body(buyer.get("/suppliers/quiet/"))
    assert "Nothing was ordered in this time." in page
    assert "Not approved for any part." in page
