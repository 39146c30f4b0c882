"""From a mail to a promise in a browser: two clicks, without a log-in."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from suppliers.models import AnswerLink, CommitRevision, Message
from suppliers.services.mail import remind
from suppliers.services.sending import send_waiting
from tests.builders.browser import a_context
from tests.builders.mail import a_contact, tokens
from tests.builders.suppliers import a_line, a_line_need, a_supplier

AXE = Path("tests/look/vendor/axe-core-4.14.1/axe.min.js")
PHONE = {"width": 390, "height": 844}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(live_server, settings):
    """Return where a mail's link leads."""
    now = timezone.now()
    settings.PUBLIC_URL = f"{live_server.url}/"
    supplier = a_supplier(name="Tessaline Sensors")
    line = a_line(supplier=supplier, need_by=now.date() + timedelta(days=14))
    a_line_need(line, needed_by=now.date() + timedelta(days=16))
    contact = a_contact(supplier)
    remind(line_ids=[line.pk], by=contact.user, now=now)
    send_waiting(now=now)
    return f"{live_server.url}/answer/{tokens()[-1]}/"


def test_from_the_mail_to_a_promise_are_two_clicks(page, address):
    noise = []
    page.on("console", lambda message: noise.append(message.text))
    page.set_viewport_size(PHONE)

    page.goto(address)
    page.get_by_role("button", name=re.compile("^Accept 90 on")).click()
    page.wait_for_selector("text=No harm.")

    revision = CommitRevision.objects.for_staff().get()
    assert (revision.kind, revision.door) == ("commit", "link")
    assert page.context.cookies() == [] or {
        cookie["name"] for cookie in page.context.cookies()
    } == {"messages"}
    assert noise == []


def test_a_page_that_somebody_looks_at_says_so_by_itself(page, address):
    with page.expect_response("**/opened/") as answer:
        page.goto(address)

    assert answer.value.status == 204
    assert Message.objects.for_staff().get().opened_at is not None
    assert AnswerLink.objects.for_staff().get().uses == 0


def test_it_answers_without_javascript_and_is_read_by_everybody(chromium, address):
    with a_context(chromium, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name=re.compile("^Accept 90 on")).click()
        page.wait_for_selector("text=No harm.")

    assert CommitRevision.objects.for_staff().count() == 1
    assert Message.objects.for_staff().get().opened_at is not None


def test_the_page_has_no_barrier(page, address):
    page.set_viewport_size(PHONE)
    page.goto(address)
    # Run, not added as a tag, which the policy forbids.
    page.evaluate(AXE.read_text(encoding="utf-8"))

    found = page.evaluate("axe.run().then(found => found.violations.map(v => v.id))")

    assert found == []
