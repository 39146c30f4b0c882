"""A supplier's and a buyer's rarer ways, walked in a browser from click to ledger."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from factory.models import PartAlternate
from suppliers.models import CommitRevision, Message, RequestChange
from tests.builders.factory import a_part, a_site
from tests.builders.mail import a_contact
from tests.builders.suppliers import (
    a_commitment,
    a_line,
    a_line_need,
    a_purchase_order,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_user

PHONE = {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def due():
    return timezone.localdate() + timedelta(days=14)


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def let_in(page, live_server):
    """Return how a person opens a page of the site on a phone."""

    def open_page(user, path):
        visitor = Client()
        visitor.force_login(user)
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        page.set_viewport_size(PHONE)
        page.goto(live_server.url + path)

    return open_page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def said():
    return list(
        CommitRevision.objects.for_staff()
        .order_by("pk")
        .values_list("kind", "door", "reason_code")
    )


def test_a_line_is_rejected_with_a_reason_and_taken_back(page, let_in, supplier, due):
    line = a_line(supplier=supplier, quantity=90, need_by=due)
    let_in(a_supplier_user(supplier), f"/portal/lines/{line.pk}/")
    page.locator("summary", has_text="Reject the line").click()
    reject = page.get_by_role("button", name="Reject the line")

    reject.click()
    page.wait_for_selector("text=Rejecting a line needs a reason")
    assert said() == []
    page.locator("details[open] select").select_option("capacity")
    reject.click()
    page.get_by_role("button", name="Take it back").click()

    page.wait_for_selector("text=Taken back.")
    assert said() == [("reject", "portal", "capacity"), ("undo", "portal", "")]
    assert fits(page)


def test_an_approved_alternate_is_promised(page, let_in, supplier, due):
    part, alternate = a_part("SENSOR"), a_part("SENSOR-B")
    PartAlternate.objects.create(part=part, alternate=alternate, valid_from=due)
    line = a_line(supplier=supplier, part=part, quantity=90, need_by=due)
    let_in(a_supplier_user(supplier), f"/portal/lines/{line.pk}/")

    page.get_by_label(re.compile("^Which part comes")).select_option("SENSOR-B")
    page.get_by_role("button", name="Send these dates").click()

    page.wait_for_selector("text=Nothing needs you now")
    revision = CommitRevision.objects.for_staff().get()
    assert (revision.kind, revision.substitute) == ("commit", alternate)


def test_a_file_is_shown_then_applied_and_rows_are_pasted(
    page, let_in, supplier, due, tmp_path
):
    order = a_purchase_order(supplier, number="4500-1")
    for number in (10, 20, 30):
        a_line(order, number=number, quantity=90, need_by=due)
    let_in(a_supplier_user(supplier), "/portal/sheet/")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    heading, *rows = csv.reader(StringIO(text))
    quantity, day = heading.index("Promised quantity"), heading.index("Promised date")
    rows[0][quantity], rows[0][day] = "90", f"{due}"
    rows[1][quantity], rows[1][day] = "90", "03/04/2027"
    edited = tmp_path / "lines.csv"
    with edited.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *rows])

    page.locator("input[type=file]").set_input_files(edited)
    page.get_by_role("button", name="Send rows").click()
    page.wait_for_selector("text=3 Apr 2027 and 4 Mar 2027")
    assert fits(page)
    assert said() == []
    page.get_by_role("button", name="Change 1 row, leave 1 refused").click()
    page.wait_for_selector("text=Back to the spreadsheet")
    assert said() == [("commit", "spreadsheet", "")]

    rows[2][quantity], rows[2][day] = "90", f"{due}"
    page.get_by_role("link", name="Back to the spreadsheet").click()
    page.locator("textarea").fill("\t".join(rows[2]))
    page.get_by_label("Row by row").check()
    page.get_by_role("button", name="Send rows").click()
    page.wait_for_selector("text=Back to the spreadsheet")
    assert said() == [("commit", "spreadsheet", "")] * 2


def test_a_buyer_asks_for_an_earlier_day_and_reminds_of_many(
    page, let_in, supplier, due
):
    site = a_site()
    a_contact(supplier)
    for number in (1, 2):
        order = a_purchase_order(supplier, number=f"4500-{number}", site=site)
        line = a_line(order, quantity=90, need_by=due)
        a_commitment(line, now=timezone.now())
        a_line_need(line, racks=6, blocked_racks=4, wait_rack_min=number * 1_440)
    let_in(a_user("buyer", site=site), "/expedite/")
    assert fits(page)

    page.get_by_role("link", name="Ask for earlier").first.click()
    earlier = due - timedelta(days=3)
    page.get_by_label("Dock date asked for").fill(f"{earlier}")
    page.get_by_role("button", name="Ask for this day").click()
    page.wait_for_url("**/expedite/")
    page.wait_for_selector("text=is asked for")
    change = RequestChange.objects.for_staff().get()
    assert (change.need_by_before, change.need_by_after) == (due, earlier)

    page.reload()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Remind about the lines ticked").click()
    page.wait_for_selector(".messages")
    message = Message.objects.for_staff().get()
    assert message.lines.count() == 2
