"""The spreadsheet's pages: down, up, shown, applied; a stranger's are not there."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from journal.export import csv_bytes
from suppliers.models import Commitment, Upload
from suppliers.services import uploads
from suppliers.sheet.table import read_file
from tests.builders.factory import a_part
from tests.builders.suppliers import (
    a_commitment,
    a_line,
    a_purchase_order,
    a_supplier,
    a_supplier_user,
    an_upload,
)

pytestmark = pytest.mark.django_db

DUE = timezone.localdate() + timedelta(days=14)
SOON = (timezone.localdate() + timedelta(days=9)).isoformat()


@pytest.fixture
def supplier():
    return a_supplier()


@pytest.fixture
def line(supplier):
    part = a_part(name="=HYPERLINK(1)")
    line = a_line(a_purchase_order(supplier, number="4500-1"), part=part, need_by=DUE)
    a_commitment(line, now=timezone.now())
    return line


@pytest.fixture
def visitor(client, supplier):
    client.force_login(a_supplier_user(supplier))
    return client


def download(visitor, kind="csv"):
    return visitor.get(reverse("portal_sheet_file", args=[kind])).content


def pasted(visitor, words, mode="check"):
    return visitor.post(
        reverse("portal_sheet"), {"rows": words, "mode": mode}, follow=True
    )


def the_promise(line):
    return Commitment.objects.for_staff().get(line=line).current.last_dock_date


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_open_lines_go_out_defused_and_come_back(visitor, line, kind):
    content = download(visitor, kind)

    (row,) = read_file(content)
    assert (row.name, row.quantity, row.dock_date) == ("4500-1 line 10", 90, DUE)
    if kind == "csv":
        assert b",'=HYPERLINK(1)," in content
    assert visitor.get("/portal/sheet/open-lines.pdf").status_code == 404


def test_a_file_is_shown_then_applied(visitor, line):
    content = download(visitor).replace(
        b",90," + str(DUE).encode(), b",90," + SOON.encode()
    )
    given = SimpleUploadedFile("promises.csv", content)

    shown = visitor.post(
        reverse("portal_sheet"), {"file": given, "mode": "check"}, follow=True
    )

    assert "1\u00a0row would change." in shown.content.decode()
    assert the_promise(line) == DUE
    upload = Upload.objects.for_staff().get()
    done = visitor.post(
        reverse("portal_upload_apply", args=[upload.pk]), {"mode": "all"}, follow=True
    )
    assert "1\u00a0row changed." in done.content.decode()
    assert the_promise(line).isoformat() == SOON


def test_pasted_rows_without_a_heading_are_applied_at_once(visitor, line):
    words = f"4500-1\t10\tP\tx\t90\t\t90\t90\t{SOON}\t\t\t2"

    page = pasted(visitor, words, "all")

    assert "1\u00a0row changed." in page.content.decode()
    assert the_promise(line).isoformat() == SOON


def test_a_date_with_two_readings_is_told_at_its_row(visitor, line):
    words = "4500-1\t10\tP\tx\t90\t\t90\t90\t03/04/2027\t\t\t2"

    page = pasted(visitor, words).content.decode()

    assert "3 Apr 2027 and 4 Mar 2027" in page
    assert "This file changes nothing." in page


@pytest.mark.parametrize(
    "given", [{}, {"rows": " "}, {"rows": "x", "mode": "?"}, {"rows": "x\x00"}]
)
def test_a_form_that_cannot_be_is_shown_again(visitor, line, given):
    answer = visitor.post(reverse("portal_sheet"), {"mode": "check"} | given)

    assert answer.status_code == 422
    assert not Upload.objects.for_staff().exists()


def test_a_large_file_waits_for_a_worker_with_its_progress(visitor, line, supplier):
    rows = csv_bytes([["Order", "Line"]]) + b"x" * 50_000
    given = SimpleUploadedFile("big.csv", rows)
    page = visitor.post(
        reverse("portal_sheet"), {"file": given, "mode": "all"}, follow=True
    )
    upload = Upload.objects.for_staff().get()
    assert upload.state == "queued"
    assert "it goes on" in page.content.decode()

    url = reverse("portal_upload_progress", args=[upload.pk])
    first = visitor.get(url)
    assert first.json()["is_finished"] is False
    again = visitor.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    uploads.work(uploads.claim(upload.pk, now=timezone.now()))
    after = visitor.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert after.json()["state"] == "refused"


@pytest.mark.parametrize("name", ["portal_upload", "portal_upload_progress"])
def test_a_strangers_upload_is_not_there(visitor, name):
    foreign = an_upload(a_supplier(), "4500-9 line 10")

    assert visitor.get(reverse(name, args=[foreign.pk])).status_code == 404
    answer = visitor.post(reverse("portal_upload_apply", args=[foreign.pk]))
    assert answer.status_code == 404


def test_who_may_only_read_takes_the_file_and_sends_none(client, supplier, line):
    client.force_login(a_supplier_user(supplier, role="read"))

    assert client.get(reverse("portal_sheet_file", args=["csv"])).status_code == 200
    assert client.post(reverse("portal_sheet"), {"rows": "x"}).status_code == 403
