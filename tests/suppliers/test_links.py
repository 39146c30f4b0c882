"""Links in mails: one order, one contact, no log-in, and no trace of reading."""

import logging
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.logs import HideLinks
from journal.models import Event
from suppliers.models import (
    AnswerLink,
    Commitment,
    CommitRevision,
    Delegation,
    Message,
    PurchaseOrder,
    SupplierUser,
)
from suppliers.queries.links import SIGNER
from suppliers.services.links import withdraw_links
from suppliers.services.logins import give_login
from suppliers.services.mail import remind
from suppliers.services.sending import send_waiting
from suppliers.web.forms import FORMS
from tests.builders.factory import NOW
from tests.builders.mail import a_contact, a_link, a_mail, dump, tokens
from tests.builders.reading import links
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_purchase_order,
    a_supplier,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MORNING = NOW - timedelta(hours=10)
"""Noon in Taipei."""

ADDRESS = re.compile(r"https?://\S+")


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def line():
    return a_line()


def path(token, *rest):
    return "/".join(["/answer", token, *map(str, rest), ""])


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def version_of(line):
    return Commitment.objects.for_staff().get(line=line).version


def test_a_link_opens_the_orders_lines_and_one_click_accepts(client, line):
    token = a_link(line)

    page = client.get(path(token))
    answer = client.post(
        path(token, "lines", line.pk, "accept"), {"version": version_of(line)}
    )

    assert page.status_code == 200
    assert "Accept 90 on Mon 7 Dec" in body(page)
    assert (answer.status_code, answer.url) == (302, path(token))
    revision = CommitRevision.objects.for_staff().get()
    contact = SupplierUser.objects.for_staff().get()
    assert (revision.kind, revision.door) == ("commit", "link")
    assert (revision.by, revision.actor) == (contact.user, f"user:{contact.user_id}")
    assert "Nothing needs you now" in body(client.get(path(token)))


def test_an_answer_notes_its_use_and_that_the_mail_was_opened(client, line):
    token = a_link(line)

    client.post(path(token, "lines", line.pk, "accept"), {"version": version_of(line)})

    link = AnswerLink.objects.for_staff().get()
    assert (link.uses, link.last_used_at) == (1, NOW)
    assert link.message.opened_at == NOW


def test_a_robot_that_fetches_every_link_in_every_mail_changes_nothing():
    supplier = a_supplier()
    contact = a_contact(supplier)
    for _ in range(2):
        order = a_purchase_order(supplier)
        a_line(order)
        a_commitment(a_line(order))
    a_mail(contact, now=MORNING)
    assert len(tokens()) == 2
    before = dump()

    robot, seen = Client(raise_request_exception=False), set()
    waiting = [path(token) for token in tokens()]
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        for method in ("head", "options", "get"):
            page = getattr(robot, method)(address)
        waiting += [
            address.partition("?")[0] + href if href.startswith("?") else href
            for href in links(page)
        ]
    for token in tokens():
        for verb in FORMS:
            for line in AnswerLink.objects.for_staff().values_list(
                "purchase_order__lines", flat=True
            ):
                for method in ("get", "head"):
                    address = path(token, "lines", line, verb)
                    assert getattr(robot, method)(address).status_code == 405
        for word in ("opened", "renew"):
            assert robot.get(path(token, word)).status_code == 405
            assert robot.head(path(token, word)).status_code == 405

    assert sum(address.count("/lines/") for address in seen) >= 4
    assert dump() == before


def test_a_robot_follows_whatever_address_stands_in_any_mail_that_was_sent(
    present, django_capture_on_commit_callbacks
):
    supplier = a_supplier()
    contact = a_contact(supplier)
    line = a_line(a_purchase_order(supplier))
    a_commitment(a_line(a_purchase_order(supplier)))
    a_mail(contact, now=MORNING)
    present.move_to(NOW + DAY, tick=False)
    remind(line_ids=[line.pk], by=contact.user, now=NOW + DAY)
    send_waiting(now=NOW + DAY)
    present.move_to(NOW + 15 * DAY, tick=False)
    Client().post(path(tokens()[-1], "renew"))
    send_waiting(now=NOW + 15 * DAY)
    with django_capture_on_commit_callbacks(execute=True):
        give_login(
            supplier=supplier,
            name="Wei Chen",
            email="wei@tessaline.example",
            role="ship",
            actor="system",
        )
    purposes = set(Message.objects.for_staff().values_list("purpose", flat=True))
    assert (purposes, len(mail.outbox)) == (set(Message.Purpose.values), 4)
    addresses = {url for one in mail.outbox for url in ADDRESS.findall(one.body)}
    assert {urlsplit(url).path.split("/")[1] for url in addresses} == {
        "answer",
        "portal",
        "accounts",
    }
    before = dump()

    robot = Client(raise_request_exception=False)
    seen: set[str] = set()
    waiting = sorted(urlsplit(url).path for url in addresses)
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        for method in ("head", "options", "get"):
            page = getattr(robot, method)(address, follow=True)
            assert page.status_code < 500, address
        waiting += [
            address.partition("?")[0] + href if href.startswith("?") else href
            for href in links(page)
        ]

    # The sign-in pages keep a session and count who asks; the ledger knows of nothing.
    after = dump()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"django_session", "shared_cache"}


def test_the_page_sets_no_cookie_and_tells_nobody_where_it_was(client, line):
    token = a_link(line)

    for address in (path(token), path(token, "lines", line.pk), path("no.token")):
        page = client.get(address)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert not page.cookies


def test_an_answer_needs_no_cookie(line):
    token = a_link(line)
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(
        path(token, "lines", line.pk, "accept"), {"version": version_of(line)}
    )

    assert answer.status_code == 302


def test_no_log_line_holds_the_token(caplog, client, line):
    token = a_link(line)
    caplog.set_level(logging.DEBUG)

    client.get(path(token))
    client.post(path(token, "lines", line.pk, "accept"), {"version": 99})
    client.post(path(token, "lines", line.pk, "promise"), {"version": "x"})
    client.get(path(token, "lines", 999_999))
    client.get(path(token, "opened"))

    assert caplog.records
    (handler,) = (
        one
        for one in logging.getLogger().handlers
        if any(isinstance(rule, HideLinks) for rule in one.filters)
    )
    shown = [
        handler.format(record) for record in caplog.records if handler.filter(record)
    ]
    assert not [text for text in shown if token in text or token[:20] in text]


def test_a_link_reaches_nothing_but_its_order(client, line):
    supplier = line.purchase_order.supplier
    same_supplier, stranger = a_line(supplier=supplier), a_line()
    token = a_link(line)
    before = CommitRevision.objects.for_staff().count()

    page = body(client.get(path(token)))

    for other in (same_supplier, stranger):
        assert other.purchase_order.number not in page
        assert client.get(path(token, "lines", other.pk)).status_code == 404
        for verb in FORMS:
            answer = client.post(
                path(token, "lines", other.pk, verb), {"version": version_of(other)}
            )
            assert answer.status_code == 404, verb
    assert client.get(reverse("portal")).status_code == 302
    assert CommitRevision.objects.for_staff().count() == before


@pytest.mark.parametrize(
    "token", ["x", "a.b", "..", "%00", "ü", "a" * 3_000, "' OR 1=1 --", "x.y.z"]
)
def test_a_made_up_token_is_refused_before_a_table_is_read(
    client, token, django_assert_num_queries
):
    with django_assert_num_queries(0):
        pages = [
            client.get(f"/answer/{token}/"),
            client.post(f"/answer/{token}/renew/"),
            client.post(f"/answer/{token}/lines/1/accept/"),
        ]

    assert {page.status_code for page in pages} == {404}


def test_a_signed_token_that_is_in_no_table_opens_nothing(client):
    assert client.get(path(SIGNER.sign("never-sent"))).status_code == 404


def test_the_table_holds_no_token(line):
    token = a_link(line)

    assert token not in repr(dump())


def test_an_expired_link_offers_a_new_one_to_the_same_address_only(
    client, line, present
):
    token = a_link(line)
    contact = SupplierUser.objects.for_staff().get()
    contact.user.email = "somebody.else@tessaline.example"
    contact.user.save()
    present.move_to(NOW + 15 * DAY, tick=False)

    gone = client.get(path(token))
    refused = client.post(
        path(token, "lines", line.pk, "accept"), {"version": version_of(line)}
    )
    sent = client.post(path(token, "renew"), {"to": "thief@example.com"})
    send_waiting(now=NOW + 15 * DAY)

    assert gone.status_code == refused.status_code == 410
    assert "a…@t….example" in body(gone)
    assert "ana@" not in body(gone)
    assert not CommitRevision.objects.for_staff().exists()
    assert sent.status_code == 200
    assert [one.to for one in mail.outbox] == [["ana@tessaline.example"]] * 2
    assert client.get(path(tokens()[-1])).status_code == 200


def test_new_links_are_limited_by_the_hour(client, line, present, settings):
    token = a_link(line)
    present.move_to(NOW + 15 * DAY, tick=False)

    answers = [client.post(path(token, "renew")).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 429, 429]
    assert Message.objects.for_staff().filter(purpose="new_link").count() == 3
    present.shift(timedelta(minutes=61))
    assert client.post(path(token, "renew")).status_code == 200


def test_the_next_mail_brings_a_fresh_link_and_the_last_works_on_for_a_while(
    client, line, present
):
    first = a_link(line)
    a_mail(SupplierUser.objects.for_staff().get(), now=MORNING + DAY)
    second = tokens()[-1]

    present.move_to(MORNING + DAY, tick=False)
    assert first != second
    assert [client.get(path(one)).status_code for one in (first, second)] == [200, 200]
    present.move_to(MORNING + 5 * DAY, tick=False)
    assert [client.get(path(one)).status_code for one in (first, second)] == [410, 200]


@pytest.mark.parametrize("why", ["withdrawn", "role", "left", "inactive", "closed"])
def test_a_link_is_withdrawn_with_the_right_it_stood_for(client, line, why):
    token = a_link(line)
    contact = SupplierUser.objects.for_staff().get()
    order = line.purchase_order
    match why:
        case "withdrawn":
            assert (
                withdraw_links(
                    purchase_order=order, contact_id=None, actor="user:1", now=NOW
                )
                == 1
            )
        case "role":
            SupplierUser.objects.for_staff().update(role="read")
        case "left":
            contact.user.is_active = False
            contact.user.save()
        case "inactive":
            order.supplier.is_active = False
            order.supplier.save()
        case "closed":
            PurchaseOrder.objects.for_staff().update(state="closed")

    pages = [
        client.get(path(token)),
        client.post(path(token, "renew")),
        client.post(path(token, "lines", line.pk, "accept"), {"version": 1}),
    ]

    assert {page.status_code for page in pages} == {410}
    assert "This link was withdrawn" in body(pages[0])
    assert not Message.objects.for_staff().filter(purpose="new_link").exists()
    assert not CommitRevision.objects.for_staff().exists()


def test_who_covers_for_a_colleague_answers_by_link_while_the_cover_lasts(
    client, line, present
):
    token = a_link(line)
    delegate = SupplierUser.objects.for_staff().get()
    SupplierUser.objects.for_staff().update(role="read")
    away = a_contact(line.purchase_order.supplier, email="away@tessaline.example")
    Delegation.objects.create(
        person=away, delegate=delegate, starts_on=TODAY, ends_on=TODAY + DAY
    )

    assert client.get(path(token)).status_code == 200
    answer = client.post(
        path(token, "lines", line.pk, "accept"), {"version": version_of(line)}
    )
    assert answer.status_code == 302
    assert CommitRevision.objects.for_staff().get().by == delegate.user
    present.move_to(NOW + 3 * DAY, tick=False)
    assert client.get(path(token)).status_code == 410


def test_the_pages_own_note_marks_the_mail_as_opened_once(client, line, present):
    token = a_link(line)
    before = Event.objects.count()

    assert client.post(path(token, "opened")).status_code == 204
    present.shift(60)
    client.post(path(token, "opened"))

    assert Message.objects.for_staff().get().opened_at == NOW
    assert Event.objects.count() == before
    assert AnswerLink.objects.for_staff().get().uses == 0
