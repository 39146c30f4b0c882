"""The board's readings: how each commitment stands, counts, order, budgets."""

from datetime import timedelta

import pytest

from suppliers.models import CommitRevision
from suppliers.queries.board import Tab, board_counts, board_rows
from suppliers.queries.directory import directory
from suppliers.queries.standing import Standing
from suppliers.services import commitments
from suppliers.services.author import Author, Cause, Door
from suppliers.services.requests import Request, change_request
from tests.builders.factory import NOW, a_site
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_receipt,
    a_supplier,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ASKED = TODAY + 14 * DAY
PAST = TODAY - 5 * DAY
EARLY = NOW - 20 * DAY


@pytest.fixture
def site():
    return a_site()


def only_row(site, **options):
    (row,) = board_rows(site, today=TODAY, **options)
    return row


def answer(line, verb, **fields):
    line.commitment.refresh_from_db()
    return getattr(commitments, verb)(
        line_id=line.pk,
        expected_version=line.commitment.version,
        **{"author": BY_SYSTEM, "now": NOW} | fields,
    )


def ask_for(line, **fields):
    request = Request(**{"quantity": 90, "need_by": ASKED} | fields)
    change_request(line_id=line.pk, request=request, actor="user:1", now=NOW)


def promised(line, *days):
    """Promise all 90 pieces for each day in turn, weeks ago."""
    a_commitment(line, *([(day, 90)] for day in days), now=EARLY)


def as_the_buyer_moved_it(line):
    promised(line, ASKED)
    ask_for(line, need_by=ASKED + DAY)
    answer(line, "accept")


def withdrawn(line):
    promised(line, ASKED)
    answer(line, "decommit", reason_code="yield")


def came(line, on, *days):
    promised(line, *days)
    a_receipt(line, 90, on)


CASES = {
    "asked": (lambda _: None, Standing.NOT_ANSWERED),
    "seen": (lambda line: answer(line, "acknowledge"), Standing.NOT_ANSWERED),
    "cannot say": (
        lambda line: answer(line, "cannot_say", word_by=TODAY),
        Standing.CANNOT_SAY,
    ),
    "rejected": (
        lambda line: answer(line, "reject", reason_code="capacity"),
        Standing.REJECTED,
    ),
    "promised": (lambda line: promised(line, ASKED), Standing.ON_COURSE),
    "pulled in": (lambda line: promised(line, ASKED, ASKED - DAY), Standing.ON_COURSE),
    "pushed out": (lambda line: promised(line, ASKED, ASKED + DAY), Standing.MOVED),
    "fewer": (
        lambda line: a_commitment(line, [(ASKED, 90)], [(ASKED, 80)]),
        Standing.MOVED,
    ),
    "as the buyer moved it": (as_the_buyer_moved_it, Standing.ON_COURSE),
    "withdrawn": (withdrawn, Standing.BROKEN),
    "overdue": (lambda line: promised(line, TODAY - DAY), Standing.BROKEN),
    "due today": (lambda line: promised(line, TODAY), Standing.ON_COURSE),
    "in time": (lambda line: came(line, PAST, PAST), Standing.KEPT),
    "as moved": (
        lambda line: came(line, PAST + DAY, PAST, PAST + DAY),
        Standing.MOVED,
    ),
    "by the first day though moved": (
        lambda line: came(line, PAST, PAST, PAST + DAY),
        Standing.KEPT,
    ),
    "late": (lambda line: came(line, PAST + DAY, PAST), Standing.BROKEN),
    "unpromised": (lambda line: a_receipt(line, 90), Standing.CLOSED),
    "cancelled": (lambda line: ask_for(line, is_cancelled=True), Standing.CANCELLED),
}


@pytest.mark.parametrize("case", CASES)
def test_a_commitment_stands_as_planned_on_the_newest_and_judged_on_the_first(
    site, case
):
    happens, standing = CASES[case]
    line = a_line(site=site, quantity=90, need_by=ASKED)

    happens(line)

    assert only_row(site).standing is standing
    counts = board_counts(site, today=TODAY)
    assert counts.by_standing == {**dict.fromkeys(Standing, 0), standing: 1}


def test_a_row_tells_first_said_now_said_slip_reason_and_racks(site):
    line = a_line(site=site, quantity=174, need_by=ASKED)
    a_commitment(line, [(ASKED, 174)], [(ASKED + 5 * DAY, 174)], reason_code="yield")
    a_line_need(line, racks=6, blocked_racks=6, needed_by=ASKED, slack_min=-7_200)

    row = only_row(site)

    assert (row.first_said, row.now_said, row.slip_days) == (ASKED, ASKED + 5 * DAY, 5)
    assert (row.quantity, row.racks, row.blocked_racks) == (174, 6, 6)
    assert (row.reason, row.answers, row.by_buyer) == ("Yield", 2, False)
    assert row.slack_min == -7_200


def test_what_is_withdrawn_is_said_for_no_day_now(site):
    line = a_line(site=site, need_by=ASKED)
    a_commitment(line)
    answer(line, "decommit", reason_code="yield")

    row = only_row(site)

    assert (row.first_said, row.now_said, row.slip_days) == (ASKED, None, None)


def test_a_cause_recorded_by_staff_is_the_buyers(site):
    line = a_line(site=site, need_by=ASKED)
    a_commitment(line)
    by_buyer = Author(actor="user:1", door=Door.PLANNER, cause=Cause.BUYER)
    answer(
        line,
        "commit",
        deliveries=[commitments.Delivery(ASKED + DAY, 90)],
        reason_code="buyer_request",
        author=by_buyer,
    )

    row = only_row(site)

    assert (row.by_buyer, row.standing) == (True, Standing.ON_COURSE)


def test_what_holds_racks_up_comes_first_then_what_is_open_and_worst(site):
    kept, moved, asked, blocking = (
        a_line(site=site, need_by=ASKED, quantity=90) for _ in range(4)
    )
    a_commitment(kept, [(PAST, 90)], now=EARLY)
    a_receipt(kept, 90, PAST)
    a_commitment(moved, [(ASKED, 90)], [(ASKED + DAY, 90)])
    a_commitment(blocking)
    a_line_need(blocking, blocked_racks=2)

    rows = board_rows(site, today=TODAY)

    assert [row.commitment_id for row in rows] == [
        line.commitment.pk for line in (blocking, asked, moved, kept)
    ]


def test_tabs_hold_what_their_counts_say(site):
    lines = [a_line(site=site, need_by=ASKED) for _ in range(5)]
    a_commitment(lines[0])
    a_commitment(lines[1], [(ASKED, 90)], [(ASKED + DAY, 90)])
    answer(lines[2], "cannot_say", word_by=TODAY)
    answer(lines[3], "reject", reason_code="capacity")
    a_line_need(lines[0], blocked_racks=1)
    a_line_need(lines[1], slack_min=-1)

    counts = board_counts(site, today=TODAY)

    for tab in Tab:
        rows = board_rows(site, today=TODAY, tab=tab)
        assert len(rows) == counts.of_tab(tab), tab
    assert counts.of_tab(Tab.MATTERS) == 2
    assert (counts.total, counts.kept_as_first_said) == (5, 1)


def test_the_board_is_one_sites_and_forgets_what_was_closed_long_ago(site):
    a_commitment(a_line())
    old = a_line(site=site, need_by=TODAY - 92 * DAY)
    a_receipt(old)
    still_open = a_line(site=site, need_by=TODAY - 92 * DAY)

    assert only_row(site).commitment_id == still_open.commitment.pk


def test_a_suppliers_board_is_its_own(site):
    mine = a_supplier()
    line = a_line(site=site, supplier=mine)
    a_line(site=site)

    assert only_row(site, supplier=mine).commitment_id == line.commitment.pk
    assert board_counts(site, today=TODAY, supplier=mine).total == 1


def test_pages_follow_one_another_without_gap_or_double(site):
    for _ in range(7):
        a_line(site=site)

    pages = [
        [row.commitment_id for row in board_rows(site, today=TODAY, page=n, per_page=3)]
        for n in (1, 2, 3)
    ]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({pk for page in pages for pk in page}) == 7


def test_the_directory_puts_most_broken_first_and_lists_who_has_nothing(site):
    quiet, loud = a_supplier(), a_supplier()
    line = a_line(site=site, supplier=loud)
    a_commitment(line)
    answer(line, "decommit", reason_code="yield")

    rows = directory(today=TODAY, site=site)

    assert [row.supplier for row in rows] == [loud, quiet]
    assert (rows[0].broken, rows[0].total, rows[1].total) == (1, 1, 0)


def test_an_undone_answer_leaves_the_standing_of_the_one_before(site):
    line = a_line(site=site, need_by=ASKED)
    a_commitment(line, now=NOW - DAY)
    answer(
        line,
        "commit",
        deliveries=[commitments.Delivery(ASKED + DAY, 90)],
        reason_code="yield",
    )
    answer(line, "undo")

    assert only_row(site).standing is Standing.ON_COURSE
    assert CommitRevision.objects.for_staff().count() == 3
