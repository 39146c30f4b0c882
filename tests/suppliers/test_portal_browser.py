"""A supplier answers in a browser: two clicks, on a phone, and without JavaScript."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from suppliers.models import CommitRevision
from tests.builders.browser import a_context
from tests.builders.suppliers import a_line, a_line_need, a_supplier, a_supplier_user

AXE = Path("tests/look/vendor/axe-core-4.14.1/axe.min.js")
PHONE = {"width": 390, "height": 844}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def line(supplier):
    today = timezone.localdate()
    line = a_line(
        supplier=supplier,
        quantity=90,
        need_by=today + timedelta(days=14),
    )
    a_line_need(line, needed_by=today + timedelta(days=16))
    return line


def let_in(context, live_server, supplier):
    """Give a browser's context the session of one of the supplier's people."""
    visitor = Client()
    visitor.force_login(a_supplier_user(supplier))
    cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
    )


def kinds():
    return list(
        CommitRevision.objects.for_staff()
        .order_by("number")
        .values_list("kind", flat=True)
    )


def test_a_line_is_accepted_with_one_click_and_taken_back_with_another(
    page, live_server, supplier, line
):
    said = []
    page.on("console", lambda message: said.append(message.text))
    let_in(page.context, live_server, supplier)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/portal/")

    page.get_by_role("button", name="Accept 90 on").click()
    page.wait_for_selector("text=No harm.")
    assert kinds() == ["commit"]

    page.get_by_role("button", name="Take it back").click()
    page.wait_for_selector("text=1 thing needs you now")
    assert kinds() == ["commit", "undo"]
    assert said == []


def test_a_split_is_sent_without_javascript(chromium, live_server, supplier, line):
    with a_context(chromium, java_script_enabled=False, viewport=PHONE) as context:
        let_in(context, live_server, supplier)
        page = context.new_page()
        page.goto(f"{live_server.url}/portal/")
        page.get_by_role("link", name="Other date or split").click()

        page.get_by_label("Pieces").nth(0).fill("60")
        page.get_by_label("Pieces").nth(1).fill("30")
        later = line.need_by + timedelta(days=2)
        page.get_by_label("Arrives at").nth(1).fill(f"{later}")
        page.get_by_role("button", name="Send these dates").click()
        page.wait_for_selector("main >> text=needs a reason")
        page.get_by_label("Why, if later or fewer").select_option("yield")
        page.get_by_role("button", name="Send these dates").click()

        page.wait_for_selector("main >> text=Nothing needs you now")
    tranches = CommitRevision.objects.for_staff().get().tranches.all()
    assert [(row.quantity, row.dock_date) for row in tranches] == [
        (60, line.need_by),
        (30, later),
    ]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_portal_is_accessible_and_never_wider_than_its_window(
    page, live_server, supplier, line, width
):
    let_in(page.context, live_server, supplier)
    page.set_viewport_size({"width": width, "height": 900})

    for address in ("/portal/", f"/portal/lines/{line.pk}/?open=cannot-say"):
        page.goto(live_server.url + address)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [rule["id"] for rule in found["violations"]] == [], address
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, address
