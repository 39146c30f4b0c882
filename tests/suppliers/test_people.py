"""A supplier's people: rights, cover while away, language, zone, calendar."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from icalendar import Calendar

from journal.models import Event
from suppliers.errors import PeopleRefusedError
from suppliers.models import (
    CalendarFeed,
    CommitRevision,
    Delegation,
    Message,
    QuietDay,
    SupplierUser,
)
from suppliers.queries.people import told_instead
from suppliers.queries.portal import Why
from suppliers.services import people
from suppliers.services.mail import queue_digests
from suppliers.tenancy import Role, tenant_of
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# The builders' present is the evening in Monterrey, and in Taipei as well.
WEEK = {"starts_on": TODAY, "ends_on": TODAY + 6 * DAY}


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def boss(supplier):
    return a_supplier_user(supplier)


@pytest.fixture
def reader(supplier):
    return a_supplier_user(supplier, role=Role.READ)


def tenant(user):
    request = RequestFactory().get("/portal/")
    request.user = type(user).objects.get(pk=user.pk)
    return tenant_of(request)


def cover(user, delegate, **days):
    return people.delegate(
        tenant=tenant(user),
        delegate_id=delegate.supplier_user.pk,
        now=NOW,
        **WEEK | days,
    )


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def role_of(user):
    return SupplierUser.objects.for_staff().get(user=user).role


def test_each_right_includes_those_below(supplier):
    rights = {
        role: tenant(a_supplier_user(supplier, role=role)).may for role in Role.values
    }

    assert [[role for role in Role if may(role)] for may in rights.values()] == [
        ["answer", "ship", "read"],
        ["ship", "read"],
        ["read"],
    ]


def test_who_may_answer_changes_what_a_colleague_may_do(client, boss, reader):
    client.force_login(boss)

    sent = client.post(
        "/portal/people/role/", {"person": reader.supplier_user.pk, "role": "ship"}
    )

    assert sent.status_code == 302
    assert role_of(reader) == "ship"
    assert Event.objects.get().kind == "supplier_person.role_given"


def test_nobody_changes_rights_without_the_right(client, boss, reader):
    client.force_login(reader)

    sent = client.post(
        "/portal/people/role/", {"person": reader.supplier_user.pk, "role": "answer"}
    )

    assert sent.status_code == 403
    assert role_of(reader) == "read"
    with pytest.raises(PermissionDenied):
        people.give_role(
            tenant=tenant(reader), person_id=reader.supplier_user.pk, role="answer"
        )


def test_somebody_can_always_answer(boss, reader):
    with pytest.raises(PeopleRefusedError, match="Somebody has to be able to answer"):
        people.give_role(
            tenant=tenant(boss), person_id=boss.supplier_user.pk, role="read"
        )

    assert role_of(boss) == "answer"


@pytest.mark.parametrize("role", ["", "king", "answer"])
def test_another_suppliers_people_are_not_there(boss, role):
    stranger = a_supplier_user(a_supplier(), role=Role.READ)

    with pytest.raises(PeopleRefusedError):
        people.give_role(
            tenant=tenant(boss), person_id=stranger.supplier_user.pk, role=role
        )

    assert role_of(stranger) == "read"


def test_who_covers_may_do_what_the_colleague_may_and_the_page_says_for_whom(
    client, supplier, boss, reader, present
):
    line = a_line(supplier=supplier)
    cover(boss, reader)
    client.force_login(reader)

    page = body(client.get("/portal/"))
    sent = client.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})

    assert "You cover for Yu-Ting Lin until Sun 29 Nov." in page
    assert sent.status_code == 302
    assert CommitRevision.objects.for_staff().get().by == reader
    present.shift(timedelta(days=7))
    assert not tenant(reader).can_answer


def test_mails_go_to_the_delegate_meanwhile(boss, reader):
    for user in (boss, reader):
        type(user).objects.filter(pk=user.pk).update(email=f"{user.pk}@works.example")
    cover(boss, reader)
    me = boss.supplier_user

    assert told_instead([me], now=NOW) == [reader.supplier_user]
    assert told_instead([me, reader.supplier_user], now=NOW) == [reader.supplier_user]
    assert told_instead([me], now=NOW + 7 * DAY) == [me]


def test_a_delegate_without_an_address_or_away_as_well_replaces_nobody(boss, reader):
    cover(boss, reader)
    me = boss.supplier_user
    assert told_instead([me], now=NOW) == [me]

    for user in (boss, reader):
        type(user).objects.filter(pk=user.pk).update(email=f"{user.pk}@works.example")
    cover(reader, boss)

    assert set(told_instead([me, reader.supplier_user], now=NOW)) == {
        me,
        reader.supplier_user,
    }


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"ends_on": TODAY - DAY}, "ends_on"),
        ({"ends_on": date(9999, 12, 31)}, "ends_on"),
        ({"starts_on": TODAY + 7 * DAY}, "starts_on"),
        ({"starts_on": date(1970, 1, 1)}, "starts_on"),
    ],
)
def test_days_that_cannot_be_are_refused_by_field(boss, reader, days, field):
    with pytest.raises(PeopleRefusedError) as refusal:
        cover(boss, reader, **days)

    assert refusal.value.field == field
    assert not Delegation.objects.for_staff().exists()


def test_nobody_covers_for_themselves_for_strangers_or_twice(boss, reader):
    for delegate in (boss, a_supplier_user(a_supplier())):
        with pytest.raises(PeopleRefusedError, match="Pick a colleague"):
            cover(boss, delegate)
    cover(boss, reader)

    with pytest.raises(PeopleRefusedError, match="23 Nov 2026 to 29 Nov 2026 already"):
        cover(boss, reader, starts_on=TODAY + 6 * DAY, ends_on=TODAY + 9 * DAY)

    assert Delegation.objects.for_staff().count() == 1


def test_a_cover_is_named_and_ended_on_the_page(client, boss, reader):
    client.force_login(boss)
    data = {
        "delegate": reader.supplier_user.pk,
        "starts_on": f"{TODAY}",
        "ends_on": f"{TODAY + DAY}",
    }

    client.post("/portal/people/cover/", data)
    page = body(client.get("/portal/people/"))
    found = Delegation.objects.for_staff().get()
    client.post(f"/portal/people/cover/{found.pk}/end/")

    assert "Away 23 Nov to 24 Nov; Yu-Ting Lin covers." in page
    assert not Delegation.objects.for_staff().exists()
    assert [event.kind for event in Event.objects.order_by("pk")] == [
        "supplier_person.delegated",
        "supplier_person.delegation_ended",
    ]


def test_a_cover_of_somebody_else_is_not_there_to_end(client, boss, reader):
    found = cover(boss, reader)
    client.force_login(reader)

    assert client.post(f"/portal/people/cover/{found.pk}/end/").status_code == 404
    assert Delegation.objects.for_staff().exists()


def test_the_clock_follows_the_suppliers_zone_and_dates_stay(client, supplier, boss):
    a_commitment(a_line(supplier=supplier))
    client.force_login(boss)
    before = body(client.get("/portal/"))

    sent = client.post(
        "/portal/people/settle/", {"zone": "America/Chicago", "language": "en"}
    )
    after = body(client.get("/portal/"))

    assert sent.status_code == 302
    assert "Taipei time, Mon 23 Nov, 22:00" in before
    assert "Chicago time, Mon 23 Nov, 08:00" in after
    assert "You promised 90 on 7 Dec" in before
    assert "You promised 90 on 7 Dec" in after


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "\x00"])
def test_a_zone_that_is_none_is_refused(client, supplier, boss, zone):
    client.force_login(boss)

    sent = client.post("/portal/people/settle/", {"zone": zone, "language": "en"})

    supplier.refresh_from_db()
    assert (sent.status_code, supplier.zone) == (422, "Asia/Taipei")


def calendar_address(client):
    page = client.post("/portal/calendar/", {"make": "1"})
    return page.context["calendar_url"].partition("8000")[2]


def test_a_calendar_shows_this_suppliers_deliveries_on_their_days(
    client, supplier, boss
):
    a_commitment(
        a_line(supplier=supplier, quantity=90),
        [(TODAY + DAY, 60), (TODAY + 9 * DAY, 30)],
    )
    a_commitment(a_line(supplier=a_supplier()))
    client.force_login(boss)
    address = calendar_address(client)
    client.logout()

    answer = client.get(address)
    events = Calendar.from_ical(answer.content).walk("VEVENT")

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert [event.decoded("dtstart") for event in events] == [
        TODAY + DAY,
        TODAY + 9 * DAY,
    ]
    assert all(not hasattr(event.decoded("dtstart"), "hour") for event in events)
    assert "60 " in str(events[0]["summary"])


def test_an_event_keeps_its_identity_when_its_date_moves(client, supplier, boss):
    line = a_line(supplier=supplier)
    a_commitment(line)
    client.force_login(boss)
    address = calendar_address(client)
    (before,) = Calendar.from_ical(client.get(address).content).walk("VEVENT")

    line.commitment.refresh_from_db()
    a_commitment(line, [(TODAY + DAY, 90)], now=NOW)
    (after,) = Calendar.from_ical(client.get(address).content).walk("VEVENT")

    assert before["uid"] == after["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstart") == TODAY + DAY


def test_what_has_come_is_in_no_calendar(client, supplier, boss):
    line = a_line(supplier=supplier)
    a_commitment(line)
    a_receipt(line)
    client.force_login(boss)

    calendar = Calendar.from_ical(client.get(calendar_address(client)).content)

    assert calendar.walk("VEVENT") == []


def test_an_address_ends_when_it_is_taken_back_or_made_anew(client, boss):
    client.force_login(boss)
    first = calendar_address(client)
    second = calendar_address(client)

    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    client.post("/portal/calendar/", {"end": "1"})
    assert client.get(second).status_code == 404


def test_an_address_of_who_has_left_opens_nothing(client, boss):
    client.force_login(boss)
    address = calendar_address(client)
    type(boss).objects.filter(pk=boss.pk).update(is_active=False)

    assert client.get(address).status_code == 404


def test_only_the_hash_of_an_address_is_kept_and_nothing_is_changed_by_reading(
    client, boss
):
    client.force_login(boss)
    address = calendar_address(client)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    events = Event.objects.count()

    client.head(address)
    client.get(address)

    assert token not in str(CalendarFeed.objects.for_staff().values().get())
    assert token not in str(list(Event.objects.values()))
    assert Event.objects.count() == events
    assert client.post(address).status_code == 405


WEEK_OF_MAIL = [f"{kind}-{day}" for kind in QuietDay.About.values for day in range(7)]


def mail_days(client, *without):
    days = [day for day in WEEK_OF_MAIL if day not in without]
    return client.post("/portal/people/mail-days/", {"days": days})


def test_mail_comes_on_the_days_a_person_chose_for_what_waits(client, supplier, boss):
    User.objects.filter(pk=boss.pk).update(email="ana@tessaline.example")
    new = a_line(supplier=supplier)
    client.force_login(boss)
    tuesday = NOW + DAY / 2

    sent = mail_days(client, "new-1")
    queue_digests(now=tuesday)
    on_tuesday = Message.objects.for_staff().count()
    queue_digests(now=tuesday + DAY)

    assert sent.status_code == 302
    assert checked(client) == [day for day in WEEK_OF_MAIL if day != "new-1"]
    assert on_tuesday == 0
    assert [row.line for row in Message.objects.for_staff().get().lines.all()] == [new]
    event = Event.objects.get(kind="supplier_person.mail_days_chosen")
    assert (event.scope, event.after) == (supplier.scope, {"value": 1})


def checked(client):
    """Return the days that the page shows as days with mail."""
    page = body(client.get("/portal/people/"))
    return re.findall(r'name="days" value="([a-z_]+-[0-6])"[^>]* checked', page)


def test_no_kind_of_line_is_quiet_all_week(client, boss):
    client.force_login(boss)

    refused = mail_days(client, *(f"overdue-{day}" for day in range(7)))

    assert refused.status_code == 422
    assert "Overdue: keep at least one day with mail." in body(refused)
    assert not QuietDay.objects.for_staff().exists()


@pytest.mark.parametrize("day", ["new-7", "new--1", "x-1", "new", "\x00", "new-1.5"])
def test_a_day_that_is_none_is_refused(client, boss, day):
    client.force_login(boss)

    refused = client.post("/portal/people/mail-days/", {"days": [*WEEK_OF_MAIL, day]})

    assert refused.status_code == 422
    assert not QuietDay.objects.for_staff().exists()


def test_who_may_only_read_has_no_days_with_mail(client, reader):
    client.force_login(reader)

    assert "Days with mail" not in body(client.get("/portal/people/"))
    assert mail_days(client, "new-1").status_code == 403


def test_quiet_days_know_every_reason_a_line_waits():
    assert set(QuietDay.About.values) == set(Why) - {Why.NOTHING}
