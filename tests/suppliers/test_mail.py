"""What is mailed, to whom, how often, and who is told when it does not arrive."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from journal.cursors import consume
from journal.sequencing import sequence
from suppliers.errors import BounceRefusedError, NoLinesChosenError
from suppliers.models import Message, MessageLine, SupplierUser
from suppliers.queries.mail import Fate, alarms
from suppliers.services.author import Author, Door
from suppliers.services.bounces import read_bounce
from suppliers.services.links import note_opened
from suppliers.services.mail import queue_digests, remind
from suppliers.services.mail_answers import MAIL_ANSWERS
from suppliers.services.sending import TRIES_MAX, send_waiting
from tests.builders.factory import NOW, a_site
from tests.builders.mail import a_contact, a_link, a_mail, tokens
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_purchase_order,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MORNING = NOW - 10 * HOUR
"""Noon in Taipei."""


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site():
    return a_site()


@pytest.fixture
def buyer(site):
    return a_user("buyer", site=site)


class Refusing(EmailBackend):
    """A mail server that answers as ``error`` says."""

    error: Exception

    def send_messages(self, messages):
        """Refuse whatever is sent."""
        raise Refusing.error


@pytest.fixture
def refusing(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"

    def answers(error):
        Refusing.error = error

    return answers


def test_a_digest_names_what_needs_an_answer_and_nothing_else():
    contact = a_contact()
    order = a_purchase_order(contact.supplier)
    asked, promised = a_line(order), a_line(order)
    a_commitment(promised)

    message = a_mail(contact, now=MORNING)

    assert list(message.lines.values_list("line", flat=True)) == [asked.pk]
    (sent,) = mail.outbox
    assert sent.to == ["ana@tessaline.example"]
    assert sent.subject == "1 thing needs your answer"
    assert "line 10" in sent.body
    assert "New order: 90 pieces by Mon 7 Dec" in sent.body
    assert "line 20" not in sent.body
    assert len(tokens()) == 1
    assert sent.extra_headers["Message-ID"] == message.mail_id


def test_who_has_nothing_to_answer_gets_no_mail():
    contact = a_contact()
    a_commitment(a_line(supplier=contact.supplier))

    assert queue_digests(now=MORNING) == 0


@pytest.mark.parametrize("why", ["read", "ship", "no address", "left", "inactive"])
def test_who_may_not_answer_gets_no_mail(why):
    contact = a_contact(email="" if why == "no address" else "a@b.example")
    a_line(supplier=contact.supplier)
    contact.user.is_active = why != "left"
    contact.user.save()
    contact.supplier.is_active = why != "inactive"
    contact.supplier.save()
    if why in {"read", "ship"}:
        SupplierUser.objects.for_staff().update(role=why)

    assert queue_digests(now=MORNING) == 0


def test_a_contact_gets_one_digest_a_day_of_its_own_zone():
    contact = a_contact()
    a_line(supplier=contact.supplier)
    hours = [MORNING + hour * HOUR for hour in range(48)]

    queued = [queue_digests(now=hour) for hour in hours]

    days = list(Message.objects.for_staff().values_list("day", flat=True))
    assert sum(queued) == len(set(days)) == len(days) == 3
    assert {hours[place].hour for place, count in enumerate(queued) if count} == {0, 4}


def test_two_dispatchers_queue_one_digest(monkeypatch):
    contact = a_contact()
    a_line(supplier=contact.supplier)
    assert queue_digests(now=MORNING) == 1
    # The second looked before the first had written.
    answers = iter([set()])
    real = queue_digests.__globals__["mailed_days"]
    monkeypatch.setitem(
        queue_digests.__globals__,
        "mailed_days",
        lambda found: next(answers, None) or real(found),
    )

    assert queue_digests(now=MORNING) == 0
    assert Message.objects.for_staff().count() == 1


def test_the_database_refuses_a_second_mail_a_day():
    contact = a_contact()
    fields = {"contact": contact, "to": "a@b.example", "day": TODAY}
    Message.objects.create(**fields, purpose="digest", mail_id="1")

    with (
        pytest.raises(IntegrityError, match=r"message_one_a_day|UNIQUE.*contact"),
        transaction.atomic(),
    ):
        Message.objects.create(**fields, purpose="reminder", mail_id="2")

    Message.objects.create(**fields, purpose="new_link", mail_id="3")
    Message.objects.create(**fields, purpose="reminder", reason="Fire", mail_id="4")


def test_a_reminder_is_one_mail_a_contact_about_all_its_lines(site, buyer):
    first, second = a_contact(), a_contact(email="yu@kohaku.example")
    lines = [a_line(supplier=first.supplier, site=site) for _ in range(3)]
    lines.append(a_line(supplier=second.supplier, site=site))
    silent = a_line(supplier=a_supplier(name="Nobody Works"), site=site)

    done = remind(line_ids=[row.pk for row in [*lines, silent]], by=buyer, now=NOW)
    send_waiting(now=NOW)

    assert (done.mails, done.lines) == (2, 4)
    assert done.without_contact == ("Nobody Works",)
    assert sorted(one.to[0] for one in mail.outbox) == [
        "ana@tessaline.example",
        "yu@kohaku.example",
    ]
    assert Message.objects.for_staff().filter(by=buyer, purpose="reminder").count() == 2


def test_a_reminder_counts_as_the_days_mail_unless_a_reason_is_given(site, buyer):
    contact = a_contact()
    line = a_line(supplier=contact.supplier, site=site)
    queue_digests(now=MORNING)

    plain = remind(line_ids=[line.pk], by=buyer, now=NOW)
    forced = remind(line_ids=[line.pk], by=buyer, now=NOW, reason="The line stops")

    assert (plain.mails, plain.had_mail) == (0, (contact,))
    assert (forced.mails, forced.had_mail) == (1, ())
    assert Message.objects.for_staff().first().reason == "The line stops"


def test_a_reason_is_kept_only_where_it_was_needed(site, buyer):
    contact = a_contact()
    line = a_line(supplier=contact.supplier, site=site)

    remind(line_ids=[line.pk], by=buyer, now=MORNING, reason="The line stops")

    assert Message.objects.for_staff().get().reason == ""
    assert queue_digests(now=MORNING) == 0


def test_a_reminder_about_closed_lines_is_refused(site, buyer):
    line = a_line(site=site, state="cancelled")

    with pytest.raises(NoLinesChosenError):
        remind(line_ids=[line.pk, 999_999], by=buyer, now=NOW)


def test_a_refused_address_has_bounced_at_once(refusing):
    contact = a_contact()
    a_line(supplier=contact.supplier)
    refusing(SMTPRecipientsRefused({contact.user.email: (550, b"No such user")}))

    message = a_mail(contact, now=MORNING)

    assert (message.bounced_at, message.sent_at) == (MORNING, None)
    assert message.error == "550 No such user"


@pytest.mark.parametrize(("code", "is_final"), [(451, False), (552, True)])
def test_a_servers_refusal_for_now_is_tried_again_later(refusing, code, is_final):
    contact = a_contact()
    a_line(supplier=contact.supplier)
    refusing(SMTPResponseException(code, b"Busy"))

    message = a_mail(contact, now=MORNING)

    assert (message.bounced_at is not None) == is_final
    assert message.error == "Busy"
    if not is_final:
        assert message.try_at == MORNING + timedelta(minutes=1)
        assert send_waiting(now=MORNING + timedelta(seconds=30)) == 0


def test_after_the_last_try_a_mail_is_given_up(refusing):
    contact = a_contact()
    a_line(supplier=contact.supplier)
    refusing(SMTPResponseException(451, b"Busy"))
    queue_digests(now=MORNING)

    for day in range(TRIES_MAX + 3):
        send_waiting(now=MORNING + day * DAY)

    message = Message.objects.for_staff().get()
    assert message.tries == TRIES_MAX
    assert message.error == "Given up: Busy"
    assert message.bounced_at is not None


def test_an_answer_by_any_door_says_that_its_mail_was_read(mailed):
    contact = mailed.contact
    line = mailed.lines.get().line
    by = Author.of_user(contact.user, door=Door.PORTAL)
    stranger = Author.of_user(a_contact(email="x@y.example").user, door=Door.PORTAL)

    a_commitment(line, by=stranger, now=NOW)
    read_journal()
    mailed.refresh_from_db()
    assert mailed.opened_at is None

    line = mailed.lines.get().line
    a_commitment(line, [(TODAY + 9 * DAY, 90)], by=by, now=NOW)
    read_journal()
    mailed.refresh_from_db()
    assert mailed.opened_at == NOW


def test_a_mail_goes_out_once():
    contact = a_contact()
    a_line(supplier=contact.supplier)
    queue_digests(now=MORNING)

    assert [send_waiting(now=MORNING), send_waiting(now=NOW)] == [1, 0]
    assert len(mail.outbox) == 1


def read_journal():
    sequence(1_000)
    while consume(MAIL_ANSWERS, limit=100):
        pass


def notice(message, *, action="failed", to="", mail_id="", kind="message/rfc822"):
    """Return a delivery status notification as a mail server writes it."""
    return (
        "From: MAILER-DAEMON@mx.example\r\n"
        "Subject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to or message.to}\r\n"
        f"Action: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n"
        f"Message-ID: {mail_id or message.mail_id}\r\nSubject: Reminder\r\n\r\n"
        "--b--\r\n"
    ).encode()


@pytest.fixture
def mailed():
    contact = a_contact()
    a_line(supplier=contact.supplier)
    return a_mail(contact, now=MORNING)


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_bounce_that_comes_later_is_marked_by_its_notification(mailed, kind):
    read_bounce(raw=notice(mailed, kind=kind), now=NOW)

    mailed.refresh_from_db()
    assert (mailed.bounced_at, mailed.error) == (NOW, "550 5.1.1 User unknown")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"action": "delayed"}, "It tells of no failure, but of: delayed."),
        ({"mail_id": "<other@x>"}, "It is about no mail of ours."),
        ({"to": "other@x.example"}, "It is about another address"),
    ],
)
def test_a_notification_of_something_else_changes_nothing(mailed, change, sentence):
    with pytest.raises(BounceRefusedError, match=sentence):
        read_bounce(raw=notice(mailed, **change), now=NOW)

    mailed.refresh_from_db()
    assert mailed.bounced_at is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: hello\r\n\r\nhello",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b--",
        b"Content-Type: multipart/report\r\n\r\nnothing",
        b"x" * (2 * 1024 * 1024 + 1),
    ],
)
def test_a_file_that_is_no_notification_is_refused_in_words(raw):
    with pytest.raises(BounceRefusedError):
        read_bounce(raw=raw, now=NOW)


def test_the_command_says_what_came_of_each_file(mailed, tmp_path, capsys):
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(notice(mailed))
    bad.write_bytes(b"hello")

    with pytest.raises(CommandError, match=r"2 of 3 were of no use\."):
        call_command("read_bounces", str(good), str(bad), str(tmp_path / "none"))

    said = capsys.readouterr()
    assert f"the mail to {mailed.to} has bounced." in said.out
    assert "no delivery status notification" in said.err
    mailed.refresh_from_db()
    assert mailed.bounced_at == NOW


def found(site, now=NOW):
    return [(row.fate, row.supplier_code, row.lines) for row in alarms(site, now=now)]


def test_a_bounce_alarms_the_buyer_until_somebody_is_reached(site, refusing, settings):
    contact = a_contact()
    line = a_line(supplier=contact.supplier, site=site)
    a_line_need(line, racks=6, blocked_racks=4)
    refusing(SMTPRecipientsRefused({contact.user.email: (550, b"No such user")}))
    a_mail(contact, now=MORNING)

    (alarm,) = alarms(site, now=NOW)

    assert (alarm.fate, alarm.lines, alarm.racks) == (Fate.BOUNCED, 1, 4)
    assert (alarm.said, alarm.to) == ("550 No such user", contact.user.email)
    a_commitment(line, now=NOW)
    assert alarms(site, now=NOW) == []


def test_a_mail_that_nobody_opens_alarms_after_three_days(site):
    line = a_line(site=site)
    a_link(line)
    code = line.purchase_order.supplier.code

    assert found(site, NOW + 2 * DAY) == []
    assert found(site, NOW + 3 * DAY) == [(Fate.SILENT, code, 1)]

    message = Message.objects.for_staff().get()
    note_opened(link=message.links.get(), now=NOW + 3 * DAY)
    assert found(site, NOW + 4 * DAY) == []


def test_a_supplier_nobody_of_whom_can_be_mailed_alarms_at_once(site):
    supplier = a_supplier()
    a_supplier_user(supplier)
    a_line(supplier=supplier, site=site)

    assert found(site) == [(Fate.WAITING, supplier.code, 1)]


def test_another_sites_lines_alarm_nobody_here(site):
    a_link(a_line(site=a_site(code="ELSE")))

    assert found(site, NOW + 9 * DAY) == []


def test_alarms_take_as_many_queries_for_many_lines(
    site, django_assert_max_num_queries
):
    supplier = a_supplier()
    a_contact(supplier)
    for _ in range(12):
        a_line(supplier=supplier, site=site)
    queue_digests(now=MORNING)

    with django_assert_max_num_queries(4):
        alarms(site, now=NOW)
    with django_assert_max_num_queries(5):
        queue_digests(now=NOW - 9 * HOUR)
    assert MessageLine.objects.for_staff().count() == 12
