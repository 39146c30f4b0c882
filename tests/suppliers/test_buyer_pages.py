"""The buyer's pages: what to expedite, golden screws, reminders, pull-ins, mails."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journal.models import Event
from suppliers.models import Message, PurchaseOrderLine, RequestChange
from suppliers.services.sending import send_waiting
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.mail import a_contact, a_link
from tests.builders.reading import table, words
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_supplier,
)
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ASKED = TODAY + 14 * DAY
RACK_DAY = 1_440


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site():
    return a_site()


@pytest.fixture
def buyer(client, site):
    client.force_login(a_user("buyer", site=site))
    return client


def a_held_line(site, rack_days=6, **fields):
    """Return a line that holds racks up, and for how many rack-days."""
    line = a_line(site=site, **fields)
    a_line_need(
        line, racks=6, blocked_racks=4, wait_rack_min=round(rack_days * RACK_DAY)
    )
    return line


def name(line):
    return f"{line.purchase_order.number} / {line.number}"


def listed(page):
    return [row[1] for row in table(page, "Lines to expedite")]


def rows_of(response):
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_the_line_that_saves_most_rack_days_is_first(buyer, site):
    lines = [a_held_line(site, days) for days in (2, 9.5, 4)]
    a_line(site=site)
    a_held_line(a_site(code="ELSE"))

    page = buyer.get("/expedite/")

    assert listed(page) == [name(lines[place]) for place in (1, 2, 0)]
    assert "3 lines hold racks up, for 15.5 rack-days." in words(page)
    assert "9.5" in table(page, "Lines to expedite")[0]


def test_a_line_that_has_come_or_was_cancelled_is_not_expedited(buyer, site):
    line = a_held_line(site)
    PurchaseOrderLine.objects.for_staff().filter(pk=line.pk).update(state="cancelled")

    assert "Nothing holds racks up here" in words(buyer.get("/expedite/"))


def test_the_address_holds_the_filter_and_the_file_has_what_is_shown(buyer, site):
    supplier = a_supplier("acme", name="=Acme")
    mine = a_held_line(site, supplier=supplier, part=a_part(code="SCREW"))
    a_held_line(site)

    for query in ("supplier=acme", "part=SCREW", "supplier=acme&standing=requested"):
        page = buyer.get(f"/expedite/?{query}")
        assert listed(page) == [name(mine)]
        file = rows_of(buyer.get(f"/expedite.csv?{query}"))
        assert len(file) == 2
        assert file[1][:4] == [mine.purchase_order.number, "10", "SCREW", "'=Acme"]
        assert f"/expedite.csv?{query.replace('&', '&amp;')}" in page.content.decode()
    nothing = buyer.get("/expedite/?supplier=acme&standing=broken")
    assert "Nothing holds racks up here" in words(nothing)


@pytest.mark.parametrize(
    "query",
    [
        "supplier=%00",
        "standing=nonsense",
        "part=' OR 1=1",
        "page=-1",
        "page=x",
        "supplier=" + "x" * 5_000,
    ],
)
@pytest.mark.parametrize("address", ["/expedite/", "/expedite.csv", "/mail/"])
def test_a_filter_of_nonsense_is_no_fault(buyer, site, address, query):
    a_held_line(site)

    assert buyer.get(f"{address}?{query}").status_code == 200


def test_reminding_about_ticked_lines_mails_each_contact_once(buyer, site):
    contact = a_contact()
    lines = [a_held_line(site, supplier=contact.supplier) for _ in range(2)]

    answer = buyer.post(
        "/reminders/",
        {"lines": [line.pk for line in lines], "back": "/expedite/?part=X"},
        follow=True,
    )
    send_waiting(now=NOW)

    assert answer.redirect_chain == [("/expedite/?part=X", 302)]
    assert "1 mail queued about 2 lines." in words(answer)
    assert len(mail.outbox) == 1
    again = buyer.post("/reminders/", {"lines": lines[0].pk}, follow=True)
    assert "A reason sends them another." in words(again)
    buyer.post("/reminders/", {"lines": lines[0].pk, "reason": "Line stops"})
    assert Message.objects.for_staff().count() == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "No open line was chosen."),
        ({"lines": ["x", "-1", "²", "9" * 30]}, "No open line was chosen."),
        ({"lines": ["1"], "reason": "x" * 201}, "more than 200 characters"),
    ],
)
def test_a_reminder_about_nothing_says_so(buyer, site, data, sentence):
    assert sentence in words(buyer.post("/reminders/", data, follow=True))


def test_a_reminder_never_leads_away_nor_to_another_sites_lines(buyer, site):
    other = a_line(site=a_site(code="ELSE"))
    a_contact(other.purchase_order.supplier)

    answer = buyer.post(
        "/reminders/", {"lines": other.pk, "back": "https://evil.example/"}
    )

    assert answer.url == "/expedite/"
    assert not Message.objects.for_staff().exists()


def test_asking_for_an_earlier_day_is_the_buyers_own_fact(buyer, site):
    line = a_held_line(site)
    commitment = a_commitment(line, [(ASKED, 90)])
    wanted = ASKED - 5 * DAY

    answer = buyer.post(
        reverse("pull_in", args=[commitment.pk]),
        {"need_by": wanted.isoformat(), "version": commitment.version},
    )

    line.refresh_from_db()
    commitment.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, "/expedite/")
    assert line.need_by == wanted
    assert commitment.current.last_dock_date == ASKED
    change = RequestChange.objects.for_staff().get()
    assert (change.need_by_before, change.need_by_after) == (ASKED, wanted)
    assert change.actor.startswith("user:")
    event = Event.objects.filter(kind="commitment.changed").latest("pk")
    assert event.actor == change.actor
    assert "the buyer now asks for 90 by" in event.summary


def test_with_the_request_the_supplier_can_be_mailed(buyer, site):
    line = a_held_line(site)
    a_contact(line.purchase_order.supplier)
    commitment = a_commitment(line, [(ASKED, 90)])

    buyer.post(
        reverse("pull_in", args=[commitment.pk]),
        {
            "need_by": (ASKED - DAY).isoformat(),
            "version": commitment.version,
            "tell": "on",
        },
    )
    send_waiting(now=NOW)

    assert "We now ask for 90 pieces by" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (ASKED, "23 Nov 2026 to 6 Dec 2026 can be asked for."),
        (TODAY - DAY, "23 Nov 2026 to 6 Dec 2026 can be asked for."),
        ("1970-01-01", "can be asked for"),
        ("9999-12-31", "can be asked for"),
        ("03/04/2026", "Give the date as year-month-day"),
        ("", "Give the date as year-month-day"),
    ],
)
def test_a_day_that_cannot_be_asked_for_is_refused_in_words(buyer, site, day, sentence):
    line = a_held_line(site)
    commitment = a_commitment(line, [(ASKED, 90)])

    answer = buyer.post(
        reverse("pull_in", args=[commitment.pk]),
        {"need_by": str(day), "version": commitment.version},
    )

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not RequestChange.objects.for_staff().exists()


def test_a_request_on_an_old_version_is_told_so(buyer, site):
    line = a_held_line(site)
    commitment = a_commitment(line, [(ASKED, 90)])

    answer = buyer.post(
        reverse("pull_in", args=[commitment.pk]),
        {"need_by": (ASKED - DAY).isoformat(), "version": commitment.version - 1},
    )

    assert answer.status_code == 422
    assert "has been answered since you looked at it" in words(answer)
    assert not RequestChange.objects.for_staff().exists()


def test_what_is_asked_for_already_is_not_asked_again(buyer, site):
    line = a_held_line(site)
    commitment = a_commitment(line, [(ASKED + 3 * DAY, 90)])

    answer = buyer.post(
        reverse("pull_in", args=[commitment.pk]),
        {"need_by": ASKED.isoformat(), "version": commitment.version},
    )

    assert "is asked for 7 Dec 2026 already. Remind the supplier" in words(answer)


def test_parts_are_ranked_by_the_value_of_the_racks_they_hold_up(client):
    world = a_small_world(racks=3)
    client.force_login(a_user("buyer", site=world.site))
    world.model.price_cents = 340_000_000
    world.model.save()
    first, second, third = (rack.serial for rack in world.racks)
    cheap = a_part(code="SCREW", name="Screw", price_cents=12)
    dear = a_part(code="TRAY", name="Tray", price_cents=13_500_000)
    for part, serials in ((dear, [first]), (cheap, [first, second]), (cheap, [third])):
        line = a_line(site=world.site, part=part)
        a_line_need(line, blocked_racks=len(serials), racks=3, blocked_serials=serials)
    # Two lines of one part on the same rack count it once.
    line = a_line(site=world.site, part=cheap)
    a_line_need(line, blocked_racks=1, racks=1, blocked_serials=[first])

    page = client.get("/golden-screws/")

    rows = table(page, "Golden screws")
    assert [row[:4] for row in rows] == [
        ["Screw", "$0.12", "3", "$10.2 M"],
        ["Tray", "$135,000", "1", "$3.4 M"],
    ]
    file = rows_of(client.get("/golden-screws.csv"))
    assert [row[:5] for row in file[1:]] == [
        ["SCREW", "Screw", "12", "3", "1020000000"],
        ["TRAY", "Tray", "13500000", "1", "340000000"],
    ]


def test_before_a_plan_is_published_the_value_is_unknown(buyer, site):
    a_held_line(site)

    (row,) = table(buyer.get("/golden-screws/"), "Golden screws")

    assert row[2:4] == ["4", "–"]


def test_the_log_shows_each_mails_fate_and_withdraws_its_links(
    buyer, client, site, present
):
    line = a_line(site=site)
    token = a_link(line)
    message = Message.objects.for_staff().get()

    assert "1 mail" not in words(buyer.get("/mail/?fate=bounced"))
    assert table(buyer.get("/mail/?fate=sent"), "Mails")[0][0] == message.to
    assert rows_of(buyer.get("/mail.csv"))[1][0] == message.to
    answer = buyer.post(f"/mail/{message.pk}/withdraw/", follow=True)

    assert "1 link withdrawn." in words(answer)
    assert client.get(f"/answer/{token}/").status_code == 410
    assert Event.objects.filter(kind="link.withdrawn").count() == 1
    present.move_to(NOW + 4 * DAY, tick=False)
    buyer.force_login(a_user("buyer", site=site))
    assert "nobody opened the mail" in words(buyer.get("/mail/"))
    assert "nobody opened the mail" in words(buyer.get("/expedite/"))


def test_another_sites_mails_are_not_there(buyer, site):
    a_link(a_line(site=a_site(code="ELSE")))
    message = Message.objects.for_staff().get()

    assert message.to not in words(buyer.get("/mail/"))
    assert buyer.post(f"/mail/{message.pk}/withdraw/").status_code == 404


def test_who_may_only_read_can_ask_for_nothing(client, site):
    line = a_held_line(site)
    client.force_login(a_user("quality", site=site))

    assert "Ask for earlier" not in words(client.get("/expedite/"))
    assert client.post("/reminders/", {"lines": line.pk}).status_code == 403
    address = reverse("pull_in", args=[line.commitment.pk])
    assert "A buyer or a planner can ask." in words(client.get(address))
    assert client.post(address, {}).status_code == 403


@pytest.mark.parametrize("address", ["/expedite/", "/golden-screws/", "/mail/"])
def test_a_page_asks_as_often_for_many_rows_as_for_few(buyer, site, address):
    contact = a_contact()

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert buyer.get(address).status_code == 200
        return len(found)

    for count in (2, 12):
        for _ in range(count):
            a_held_line(site, supplier=contact.supplier)
        Message.objects.for_staff().update(day=TODAY - count * DAY)
        buyer.post(
            "/reminders/",
            {"lines": list(PurchaseOrderLine.objects.for_staff().values_list("pk"))},
        )
        if count == 2:
            queries()
            few = queries()

    assert queries() <= few <= 16
