"""A supplier's spreadsheet, from the file to the ledger."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from journal.export import csv_bytes, xlsx_bytes
from journal.models import Event
from suppliers.models import Commitment, CommitRevision, Upload, UploadRow
from suppliers.queries.sheet import open_rows
from suppliers.services import bulk, commitments, uploads
from suppliers.services.author import Author, Door
from suppliers.sheet.layout import COLUMNS
from suppliers.tenancy import Role, Tenant
from tests.builders.factory import a_part
from tests.builders.suppliers import (
    a_commitment,
    a_line,
    a_purchase_order,
    a_shipment,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


@pytest.fixture
def supplier():
    return a_supplier()


@pytest.fixture
def person(supplier):
    return a_supplier_user(supplier)


@pytest.fixture
def tenant(supplier, person):
    return Tenant(supplier=supplier, person=person, role=Role.ANSWER)


@pytest.fixture
def today():
    return timezone.localdate(timezone=timezone.get_fixed_timezone(-360))


@pytest.fixture
def lines(supplier, today):
    """Three open lines for 90 pieces in two weeks, the first two promised so."""
    order = a_purchase_order(supplier, number="4500-1")
    due = today + 14 * DAY
    made = [a_line(order, part=a_part(), need_by=due) for _ in range(3)]
    for line in made[:2]:
        a_commitment(line, now=timezone.now())
    return list(order.lines.order_by("pk"))


def table(tenant):
    """Return the open lines as the supplier downloads them, heading first."""
    return [list(row) for row in open_rows(tenant, now=timezone.now())]


def edited(rows, place, **values):
    for key, value in values.items():
        rows[place][PLACE[key]] = value
    return rows


def send(tenant, rows, mode="each"):
    upload = uploads.take_upload(
        supplier=tenant.supplier,
        by=tenant.person.pk,
        name="promises.csv",
        content=rows if isinstance(rows, bytes) else csv_bytes(rows),
        mode=Upload.Mode(mode),
    )
    return worked(upload)


def worked(upload):
    claimed = uploads.claim(upload.pk, now=timezone.now())
    assert claimed is not None
    uploads.work(claimed)
    upload.refresh_from_db()
    return upload


def ledger():
    """Return everything an upload could have touched."""
    return [
        list(Commitment.objects.for_staff().order_by("pk").values()),
        CommitRevision.objects.for_staff().count(),
        Event.objects.exclude(object_type="upload").count(),
    ]


def told(upload):
    return {row.number: (row.outcome, row.sentence) for row in upload.rows.all()}


@pytest.mark.parametrize("write", [csv_bytes, lambda r: xlsx_bytes(r, title="Open")])
@pytest.mark.parametrize("mode", ["all", "each"])
def test_the_untouched_file_changes_nothing(tenant, lines, write, mode):
    before = ledger()

    upload = send(tenant, write(table(tenant)), mode)

    assert (upload.state, upload.changed, upload.refused) == ("applied", 0, 0)
    assert upload.unchanged == 3
    assert ledger() == before


def test_a_row_that_says_another_date_is_one_revision_by_spreadsheet(
    tenant, lines, today
):
    rows = edited(table(tenant), 1, dock_date=today + 9 * DAY)

    upload = send(tenant, rows)

    assert (upload.changed, upload.unchanged, upload.refused) == (1, 2, 0)
    commitment = Commitment.objects.for_staff().get(line=lines[0])
    revision = commitment.current
    assert (revision.kind, revision.door, revision.by) == (
        "pull_in",
        "spreadsheet",
        tenant.person,
    )
    assert commitment.version == 3
    assert [one.dock_date for one in revision.tranches.all()] == [today + 9 * DAY]
    event = Event.objects.filter(object_type="commitment").latest("pk")
    assert (event.kind, event.after["version"]) == ("commitment.changed", 3)
    assert event.before["tranches"][0]["dock_date"] == str(today + 14 * DAY)


def test_the_same_file_twice_changes_nothing_the_second_time(tenant, lines, today):
    rows = edited(table(tenant), 1, dock_date=today + 9 * DAY)
    edited(rows, 3, quantity=90, dock_date=today + 10 * DAY)
    assert send(tenant, rows).changed == 2
    before = ledger()

    again = send(tenant, rows)

    assert (again.changed, again.refused) == (0, 0)
    assert ledger() == before


def test_several_rows_of_one_line_are_a_split(tenant, lines, today):
    rows = table(tenant)
    rows.append(list(rows[3]))
    edited(rows, 3, quantity=60, dock_date=today + 10 * DAY)
    edited(rows, 4, quantity=30, dock_date=today + 14 * DAY)

    upload = send(tenant, rows)

    assert upload.changed == 2
    promise = Commitment.objects.for_staff().get(line=lines[2]).current.tranches
    assert list(promise.values_list("quantity", flat=True)) == [60, 30]


def test_a_bulk_answer_is_what_a_single_one_would_have_been(tenant, lines, today):
    twin = a_line(lines[0].purchase_order, need_by=today + 14 * DAY)
    a_commitment(twin, now=timezone.now())
    rows = edited(table(tenant), 1, dock_date=today + 20 * DAY, reason="yield")
    edited(rows, 1, note="Furnace down")
    send(tenant, rows)
    commitments.commit(
        line_id=twin.pk,
        expected_version=2,
        deliveries=[bulk.Delivery(today + 20 * DAY, 90)],
        author=Author(
            actor=f"user:{tenant.person.pk}",
            door=Door.SPREADSHEET,
            user_id=tenant.person.pk,
        ),
        now=timezone.now(),
        reason_code="yield",
        note="Furnace down",
    )

    def facts(line):
        row = Commitment.objects.for_staff().values().get(line=line)
        revision = CommitRevision.objects.for_staff().values().get(pk=row["current_id"])
        event = Event.objects.filter(
            object_type="commitment", object_id=row["id"]
        ).latest("pk")
        own = {"id", "line_id", "current_id", "original_id", "changed_at"}
        own |= {"commitment_id", "made_at"}
        return (
            {key: value for key, value in row.items() if key not in own},
            {key: value for key, value in revision.items() if key not in own},
            (event.kind, event.scope, event.actor, event.before, event.after),
        )

    assert facts(lines[0]) == facts(twin)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"quantity": 91}, "still asks for 90 pieces; 91 are promised"),
        ({"dock_date": "2020-01-01"}, "Dock date 1 Jan 2020 is out of range"),
        ({"dock_date": "2099-01-01"}, "is out of range"),
        ({"dock_date": "9999-12-31"}, "lies out of any plan"),
        ({"dock_date": "03/04/2027"}, "can be read two ways, 3 Apr 2027"),
        ({"quantity": -3}, "-3 is negative"),
        ({"quantity": "1.5"}, "is a fraction"),
        ({"quantity": "=2+3"}, "a formula is not read"),
        ({"quantity": 89}, "needs a reason"),
        ({"order": "4500-9"}, "That is not one of your lines."),
        ({"line": 77}, "That is not one of your lines."),
        ({"version": 1, "quantity": 80, "reason": "yield"}, "you saw version 1, now"),
    ],
)
def test_what_cannot_be_is_told_at_its_row_and_the_others_are_kept(
    tenant, lines, today, values, sentence
):
    rows = edited(table(tenant), 1, **values)
    edited(rows, 2, dock_date=today + 9 * DAY)

    upload = send(tenant, rows)

    outcome, said = told(upload)[2]
    assert outcome == "refused"
    assert sentence in said
    assert (upload.changed, upload.refused) == (1, 1)
    assert lines[0].commitment.revisions.count() == 1


def test_all_or_nothing_keeps_nothing_if_one_row_is_refused(tenant, lines, today):
    rows = edited(table(tenant), 1, quantity=91)
    edited(rows, 2, dock_date=today + 9 * DAY)
    before = ledger()

    upload = send(tenant, rows, "all")

    assert upload.state == "refused"
    assert upload.error == ("1 of 3\u00a0rows can not be kept, so nothing was changed.")
    assert ledger() == before


def test_a_file_is_shown_first_and_applied_on_a_word(tenant, lines, today):
    rows = edited(table(tenant), 1, dock_date=today + 9 * DAY)
    before = ledger()

    upload = send(tenant, rows, "check")

    assert (upload.state, upload.content) == ("ready", None)
    assert told(upload)[2][0] == "changes"
    assert "instead of 90" in told(upload)[2][1]
    assert ledger() == before
    worked(uploads.ask_to_apply(upload=upload, mode=Upload.Mode.ALL))
    assert (upload.state, told(upload)[2][0]) == ("applied", "changed")
    with pytest.raises(uploads.UploadOverError, match="is applied"):
        uploads.ask_to_apply(upload=upload, mode=Upload.Mode.ALL)


@pytest.mark.parametrize(("mode", "state"), [("all", "refused"), ("each", "applied")])
def test_who_answered_between_showing_and_applying_is_not_overwritten(
    tenant, lines, today, mode, state
):
    rows = edited(table(tenant), 1, dock_date=today + 9 * DAY)
    edited(rows, 2, dock_date=today + 9 * DAY)
    upload = send(tenant, rows, "check")
    a_commitment(lines[0], [(today + 20 * DAY, 90)], now=timezone.now())

    worked(uploads.ask_to_apply(upload=upload, mode=Upload.Mode(mode)))

    assert upload.state == state
    outcomes = [one.outcome for one in upload.rows.all()]
    if mode == "each":
        assert outcomes == ["refused", "changed", "unchanged"]
        assert "has been answered since" in told(upload)[2][1]
    first = Commitment.objects.for_staff().get(line=lines[0])
    assert first.current.last_dock_date == today + 20 * DAY
    second = Commitment.objects.for_staff().get(line=lines[1])
    assert second.version == (3 if mode == "each" else 2)


def test_another_suppliers_line_reads_like_one_that_is_not_there(tenant, lines, today):
    due = today + 14 * DAY
    foreign = a_line(a_purchase_order(number="4500-2"), need_by=due)
    a_commitment(foreign, now=timezone.now())
    rows = table(tenant)
    rows += [list(rows[1]), list(rows[1])]
    edited(rows, 4, order="4500-2", line=foreign.number)
    edited(rows, 5, order="4500-3", line=10)

    upload = send(tenant, rows)

    assert told(upload)[5] == told(upload)[6]
    assert told(upload)[5] == ("refused", "That is not one of your lines.")
    assert not upload.rows.filter(line=foreign).exists()


def test_rows_of_one_line_that_disagree_are_refused_together(tenant, lines, today):
    rows = table(tenant)
    rows.append(list(rows[1]))
    edited(rows, 1, quantity=60, reason="yield")
    edited(rows, 4, quantity=30, dock_date=today + 20 * DAY, reason="capacity")

    upload = send(tenant, rows)

    assert told(upload)[2] == told(upload)[5]
    assert "Rows 2, 5 are one line and give different reasons" in told(upload)[2][1]


def test_a_day_given_twice_is_refused(tenant, lines):
    rows = table(tenant)
    rows.append(list(rows[1]))
    edited(rows, 1, quantity=60)
    edited(rows, 4, quantity=30)

    assert "is given twice" in told(send(tenant, rows))[2][1]


def test_what_is_on_the_way_can_not_be_promised_away(tenant, lines, today):
    a_shipment(
        (lines[0], 90), shipped_on=today, expected_on=today + DAY, now=timezone.now()
    )
    rows = edited(table(tenant), 1, quantity=40, reason="yield")

    assert "90 pieces on the way" in told(send(tenant, rows))[2][1]


def test_a_file_that_is_none_is_refused_with_its_sentence(tenant, lines):
    upload = send(tenant, b"hello")

    assert upload.state == "refused"
    assert "does not name the columns" in upload.error
    assert upload.content is None


def test_an_upload_is_claimed_once_and_its_old_worker_changes_nothing(tenant, lines):
    upload = uploads.take_upload(
        supplier=tenant.supplier,
        by=tenant.person.pk,
        name="x\x00" * 200,
        content=csv_bytes(table(tenant)),
        mode=Upload.Mode.EACH,
    )
    now = timezone.now()
    old = uploads.claim(upload.pk, now=now)
    assert uploads.claim(upload.pk, now=now) is None
    assert uploads.reap(now) == 0
    assert uploads.reap(now + timedelta(seconds=uploads.SILENT_S + 1)) == 1
    new = uploads.claim(upload.pk, now=now)

    uploads.work(old)
    upload.refresh_from_db()
    assert (upload.state, upload.rows_total) == ("running", 0)
    uploads.work(new)
    upload.refresh_from_db()
    assert upload.state == "applied"


def test_an_upload_whose_workers_die_fails_the_third_time(tenant):
    upload = uploads.take_upload(
        supplier=tenant.supplier, by=None, name="", content=b"x", mode=Upload.Mode.EACH
    )
    now = timezone.now()
    for _ in range(uploads.ATTEMPTS_MAX):
        assert uploads.claim(upload.pk, now=now)
        uploads.reap(now + timedelta(seconds=uploads.SILENT_S + 1))

    upload.refresh_from_db()
    assert (upload.state, upload.name) == ("failed", "pasted rows")


def test_queries_do_not_grow_with_rows(tenant, supplier, today):
    order = a_purchase_order(supplier, number="4500-7")
    for _ in range(3):
        line = a_line(order, part=a_part(), need_by=today + 14 * DAY)
    a_commitment(line, now=timezone.now())
    few = count_queries(tenant, today)
    for _ in range(40):
        a_line(order, part=a_part(), need_by=today + 14 * DAY)

    assert count_queries(tenant, today) == few


def count_queries(tenant, today):

    rows = table(tenant)
    for row in rows[1:]:
        if row[PLACE["quantity"]] is None:
            row[PLACE["quantity"]] = row[PLACE["outstanding"]]
            row[PLACE["dock_date"]] = today + 9 * DAY
    with CaptureQueriesContext(connection) as queries:
        assert send(tenant, rows).changed
    return len(queries)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"rows_done": 9}, "upload_rows_done_within_total"),
        ({"state": "failed"}, "upload_refused_says_why"),
        ({"state": "running"}, "upload_running_has_heartbeat"),
    ],
)
def test_what_is_always_true_of_an_upload_is_held_by_name(supplier, values, name):
    Upload.objects.create(supplier=supplier, name="x", actor="system")

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Upload.objects.for_staff().update(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"outcome": "refused"}, "upload_row_refused_says_why"),
        ({"quantity": 5}, "upload_row_quantity_iff_date"),
    ],
)
def test_what_is_always_true_of_a_row_is_held_by_name(supplier, values, name):
    upload = Upload.objects.create(supplier=supplier, name="x", actor="system")
    UploadRow.objects.create(upload=upload, number=2, name="x")

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        UploadRow.objects.for_staff().update(**values)
