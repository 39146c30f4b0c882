"""The portal's pages, as a supplier's person meets them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from journal.models import Event
from suppliers.models import Commitment, CommitRevision, SupplierUser
from suppliers.services.requests import Request, change_request
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_receipt,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def visitor(client, supplier):
    client.force_login(a_supplier_user(supplier))
    return client


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def send(visitor, line, verb, *rows, **fields):
    """Answer as the page's form does; rows are (date, pieces)."""
    version = Commitment.objects.for_staff().get(line=line).version
    data = {"version": version, "reason_code": "", "note": ""} | fields
    if verb == "promise":
        data |= {
            "deliveries-TOTAL_FORMS": len(rows) + 1,
            "deliveries-INITIAL_FORMS": 0,
        }
        for place, (on, quantity) in enumerate(rows):
            data |= {
                f"deliveries-{place}-on": f"{on}",
                f"deliveries-{place}-quantity": quantity,
            }
    return visitor.post(reverse(f"portal_{verb}", args=[line.pk]), data)


def said(line):
    return [
        (
            revision.kind,
            [(row.dock_date, row.quantity) for row in revision.tranches.all()],
        )
        for revision in line.commitment.revisions.order_by("number")
    ]


def test_the_page_begins_with_how_many_things_need_the_supplier(visitor, supplier):
    a_line(supplier=supplier)
    a_line(supplier=supplier)

    page = body(visitor.get("/portal/"))

    assert "2 things need you now." in page
    assert "About 1 minute." in page
    assert "Taipei time, Mon 23 Nov, 22:00" in page


def test_a_line_in_order_needs_nothing(visitor, supplier):
    a_commitment(a_line(supplier=supplier))

    page = body(visitor.get("/portal/"))

    assert "Nothing needs you now." in page
    assert "1 line in order." in page
    assert "You promised 90 on 7 Dec" in page


def test_what_holds_up_most_racks_comes_first(visitor, supplier):
    quiet = a_line(supplier=supplier, need_by=TODAY + DAY)
    urgent = a_line(supplier=supplier, need_by=ASKED)
    a_line_need(urgent, racks=6, blocked_racks=6)

    cards = visitor.get("/portal/").context["cards"]

    assert [card.own.line for card in cards] == [urgent, quiet]


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("new", "New order: 90 pieces by Mon 7 Dec"),
        ("seen", "Seen, not answered: 90 pieces by Mon 7 Dec"),
        ("word due", "Your word on 90 pieces was due Sun 22 Nov"),
        ("withdrawn", "You withdrew 90 pieces asked for Mon 7 Dec"),
        ("overdue", "You promised 50 on 20 Nov. Not all of it has come"),
        ("asked anew", "We now ask for 95 pieces by Mon 7 Dec"),
        ("too late", "You promised 90 on 13 Dec, asked for Mon 7 Dec"),
    ],
)
def test_each_reason_to_act_is_said_in_one_sentence(visitor, supplier, case, title):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)
    match case:
        case "seen":
            line.commitment.state = "acknowledged"
            line.commitment.acknowledged_at = NOW
            line.commitment.save()
        case "word due":
            line.commitment.state = "acknowledged"
            line.commitment.acknowledged_at = NOW
            line.commitment.word_by = TODAY - DAY
            line.commitment.save()
        case "withdrawn":
            a_commitment(line)
            send(visitor, line, "withdraw", reason_code="yield")
        case "overdue":
            past = TODAY - 3 * DAY
            a_commitment(line, [(past, 90)], now=NOW - 9 * DAY)
            a_receipt(line, 40, past)
        case "asked anew":
            a_commitment(line)
            request = Request(quantity=95, need_by=ASKED)
            change_request(line_id=line.pk, request=request, actor="user:1", now=NOW)
        case "too late":
            a_commitment(line, [(ASKED + 6 * DAY, 90)])
            a_line_need(line, needed_by=ASKED)

    assert title in body(visitor.get("/portal/"))


def test_one_click_accepts_what_was_asked(visitor, supplier):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)
    page = body(visitor.get("/portal/"))
    assert "Accept 90 on Mon 7 Dec" in page

    response = send(visitor, line, "accept")

    assert response.url == "/portal/"
    assert said(line) == [("commit", [(ASKED, 90)])]
    revision = CommitRevision.objects.for_supplier(supplier).get()
    assert (revision.door, revision.by_id) == (
        "portal",
        int(visitor.session["_auth_user_id"]),
    )
    assert Event.objects.get().actor == f"user:{revision.by_id}"


def test_the_page_says_what_an_answer_did_to_the_racks(visitor, supplier):
    line = a_line(supplier=supplier, need_by=ASKED)
    a_line_need(line, racks=6, needed_by=ASKED + 5 * DAY)

    page = body(
        visitor.post(
            reverse("portal_accept", args=[line.pk]), {"version": 1}, follow=True
        )
    )

    assert "90 on 7 Dec. No harm. 6 racks need it by Sat 12 Dec, 5 days later." in page


def test_an_answer_that_holds_racks_up_says_so(visitor, supplier):
    line = a_line(supplier=supplier, need_by=ASKED)
    a_line_need(line, racks=6, needed_by=ASKED)

    send(visitor, line, "promise", (ASKED + 2 * DAY, 90), reason_code="yield")

    page = body(visitor.get("/portal/"))
    assert "6 racks wait. The plan needs it by Mon 7 Dec, 2 days earlier" in page


def test_a_day_that_has_passed_offers_no_accept_button(visitor, supplier):
    a_line(supplier=supplier, need_by=TODAY - DAY)

    page = body(visitor.get("/portal/"))

    assert "Accept" not in page
    assert "Other date or split" in page


def test_a_split_is_kept_as_given(visitor, supplier):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)

    response = send(
        visitor,
        line,
        "promise",
        (ASKED, 60),
        (ASKED + 4 * DAY, 30),
        reason_code="yield",
        note="Second oven is down",
    )

    assert response.status_code == 302
    assert said(line) == [("commit", [(ASKED, 60), (ASKED + 4 * DAY, 30)])]


def test_a_refused_answer_comes_back_with_its_sentence_and_its_values(
    visitor, supplier
):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)

    response = send(visitor, line, "promise", (ASKED + DAY, 91), note="Oven")

    page = body(response)
    assert response.status_code == 422
    assert "still asks for 90 pieces; 91 are promised" in page
    assert 'value="91"' in page
    assert 'value="Oven"' in page
    assert said(line) == []


def test_the_missing_reason_is_told_at_its_field(visitor, supplier):
    line = a_line(supplier=supplier, need_by=ASKED)

    response = send(visitor, line, "promise", (ASKED + DAY, 90))

    assert response.context["forms"]["promise"].errors == {
        "reason_code": [
            "Promising later or less needs a reason. Pick the one that comes nearest."
        ]
    }


def test_another_row_is_added_without_sending_anything(visitor, supplier):
    line = a_line(supplier=supplier, need_by=ASKED)

    response = send(visitor, line, "promise", (ASKED, 60), more="1", note="Oven")

    rows = response.context["forms"]["promise"].deliveries.forms
    assert response.status_code == 200
    assert len(rows) == 3
    assert rows[0]["quantity"].value() == "60"
    assert said(line) == []


def test_an_emptied_row_is_no_delivery(visitor, supplier):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)

    send(visitor, line, "promise", (ASKED, 90), ("", ""))

    assert said(line) == [("commit", [(ASKED, 90)])]


def test_a_promise_without_a_delivery_is_refused(visitor, supplier):
    line = a_line(supplier=supplier)

    response = send(visitor, line, "promise")

    assert "Give at least one delivery." in body(response)
    assert said(line) == []


def test_cannot_say_withdraw_and_reject_go_through_their_forms(visitor, supplier):
    silent, promised, refused = (a_line(supplier=supplier) for _ in range(3))
    a_commitment(promised)

    send(visitor, silent, "cannot-say", word_by=f"{TODAY + DAY}")
    send(visitor, promised, "withdraw", reason_code="yield")
    send(visitor, refused, "reject", reason_code="capacity")

    assert said(silent) == [("cannot_say", [])]
    assert [kind for kind, _ in said(promised)] == ["commit", "decommit"]
    assert said(refused) == [("reject", [])]


def test_seeing_a_line_can_be_said_and_promises_nothing(visitor, supplier):
    line = a_line(supplier=supplier)

    send(visitor, line, "seen")

    line.commitment.refresh_from_db()
    assert (line.commitment.state, said(line)) == ("acknowledged", [])


def test_an_answer_can_be_taken_back_for_a_minute(visitor, supplier, present):
    line = a_line(supplier=supplier)
    send(visitor, line, "accept")
    assert "Take it back" in body(visitor.get("/portal/"))

    send(visitor, line, "undo")

    assert [kind for kind, _ in said(line)] == ["commit", "undo"]
    assert "Take it back" not in body(visitor.get("/portal/"))


def test_what_is_answered_after_taking_back_can_be_taken_back_too(
    visitor, supplier, present
):
    line = a_line(supplier=supplier)
    for verb in ("accept", "undo", "reject"):
        present.shift(timedelta(seconds=1))
        send(visitor, line, verb, reason_code="capacity")
    assert "Take it back" in body(visitor.get("/portal/"))

    response = send(visitor, line, "undo")

    assert [kind for kind, _ in said(line)] == ["commit", "undo", "reject", "undo"]
    assert "Taken back." in body(visitor.get(response.url))


def test_after_a_minute_an_answer_is_not_offered_back_and_not_taken(
    visitor, supplier, present
):
    line = a_line(supplier=supplier)
    send(visitor, line, "accept")
    present.shift(timedelta(seconds=61))

    response = send(visitor, line, "undo")

    assert "Take it back" not in body(visitor.get("/portal/"))
    assert response.status_code == 409
    assert "can be taken back for 60 seconds" in body(response)


def test_two_tabs_meet_in_a_conflict_page_and_the_second_is_told(visitor, supplier):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)
    send(visitor, line, "accept")

    response = send(
        visitor, line, "promise", (ASKED + DAY, 90), reason_code="yield", version=1
    )

    page = body(response)
    assert response.status_code == 409
    assert "Your answer was not kept." in page
    assert "You promised 90 on 7 Dec" in page
    assert said(line) == [("commit", [(ASKED, 90)])]


def test_the_line_page_shows_everything_said_with_reason_author_and_door(
    visitor, supplier
):
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)
    send(visitor, line, "accept")
    send(
        visitor, line, "promise", (ASKED + DAY, 90), reason_code="customs", note="Held"
    )

    page = body(visitor.get(f"/portal/lines/{line.pk}/"))

    for words in (
        "Commit: 90 on 7 Dec",
        "Push-out: 90 on 8 Dec",
        "Customs",
        "“Held”",
        'Yu-Ting Lin · Portal · <time datetime="2026-11-23T14:00Z">Mon 22:00</time>',
        "Promise river",
    ):
        assert words in page


def test_a_closed_line_shows_its_history_and_takes_no_answer(visitor, supplier):
    line = a_line(supplier=supplier)
    a_commitment(line)
    a_receipt(line)

    page = body(visitor.get(f"/portal/lines/{line.pk}/"))
    response = send(visitor, line, "promise", (ASKED, 1))

    assert "This line takes no more answers." in page
    assert response.status_code == 409


@pytest.mark.parametrize("role", [SupplierUser.Role.READ, SupplierUser.Role.SHIP])
def test_who_may_not_answer_sees_no_button_and_is_refused(client, supplier, role):
    line = a_line(supplier=supplier)
    client.force_login(a_supplier_user(supplier, role=role))

    pages = [
        body(client.get(address)).partition("portal__main")[2]
        for address in ("/portal/", f"/portal/lines/{line.pk}/")
    ]
    response = send(client, line, "accept")

    assert all("may answer" in page and "<form" not in page for page in pages)
    assert response.status_code == 403
    assert said(line) == []


def test_a_line_that_others_depend_on_names_its_first_racks(visitor, supplier):
    line = a_line(supplier=supplier)
    a_line_need(line, racks=2, serials=["R-0437", "R-0438"])

    assert "2 racks wait for it, by Sat 12 Dec (R-0437, R-0438)." in body(
        visitor.get("/portal/")
    ).replace("</b>", "")
