"""Scores and arrival habits follow from the ledger, and only from it."""

from datetime import timedelta

import pytest

from journal.sequencing import sequence
from suppliers.arrivals import LEVELS
from suppliers.models import ArrivalHabit, PurchaseOrderLine, Score
from suppliers.queries.arrivals import expected_arrivals
from suppliers.queries.evidence import Window, cases_of, lines_with_history
from suppliers.services import derive
from suppliers.services.derive import derive_all, refresh
from suppliers.trust.facts import Measure
from suppliers.trust.figures import Figures
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_dispute,
    a_line,
    a_receipt,
    a_request_change,
    a_source,
    a_supplier,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = TODAY - 10 * DAY


def kept_line(supplier=None, on=DUE, **fields):
    """Return a line due ten days ago, promised early and delivered on a day."""
    line = a_line(supplier=supplier, need_by=DUE, **fields)
    a_commitment(line, [(DUE, line.quantity)], now=NOW - 60 * DAY)
    if on:
        a_receipt(line, on=on)
    return line


def cases(**filters):
    lines = PurchaseOrderLine.objects.for_staff().filter(**filters)
    found = lines_with_history(lines, today=TODAY)
    return {
        case.measure: case
        for rows in found.values()
        for group in cases_of(rows, today=TODAY, now=NOW).values()
        for case in group
    }


def test_the_ledger_becomes_cases():
    line = kept_line(on=DUE + 2 * DAY)

    found = cases(pk=line.pk)

    assert {measure: case.points for measure, case in found.items()} == {
        Measure.RESPONSE: 0,
        Measure.QUALITY: 1,
        Measure.ORIGINAL: 0,
        Measure.WARNING: 0,
        Measure.CURRENT: 0,
        Measure.STABILITY: 1,
    }
    assert found[Measure.ORIGINAL].on == DUE


def test_an_upheld_dispute_excludes_its_case_and_an_open_one_does_not():
    upheld, waiting = kept_line(on=None), kept_line(on=None)
    a_dispute(upheld, is_upheld=True)
    a_dispute(waiting)

    assert cases(pk=upheld.pk)[Measure.ORIGINAL].is_excluded
    found = cases(pk=waiting.pk)[Measure.ORIGINAL]
    assert found.is_disputed
    assert not found.is_excluded


def test_a_change_of_the_request_becomes_a_case():
    line = a_line(quantity=90)
    a_commitment(line, now=NOW - 9 * DAY)
    a_request_change(line, quantity=120, now=NOW - 8 * DAY)
    a_commitment(line, [(line.need_by, 120)], now=NOW - 7 * DAY)

    case = cases(pk=line.pk)[Measure.ABSORPTION]

    assert (case.points, case.verb) == (1, "increase")


def test_evidence_takes_as_many_queries_for_one_line_as_for_many(
    django_assert_num_queries,
):
    supplier = a_supplier()
    for _ in range(4):
        line = kept_line(supplier)
        a_request_change(line, quantity=200)
        a_dispute(line)
    lines = PurchaseOrderLine.objects.for_supplier(supplier)

    with django_assert_num_queries(8):
        lines_with_history(lines.filter(pk=line.pk), today=TODAY)
    with django_assert_num_queries(8):
        lines_with_history(lines, today=TODAY)


def test_scores_hold_both_windows():
    supplier = a_supplier()
    kept_line(supplier)
    kept_line(supplier, on=DUE + DAY)

    assert derive_all(now=NOW) == 1

    now, before = Score.objects.for_supplier(supplier).order_by("quarters_ago")
    figure = Figures.from_json(now.figures).of(Measure.ORIGINAL)
    assert (figure.cases, figure.points) == (2, 1.0)
    assert not Figures.from_json(before.figures).of(Measure.ORIGINAL).cases


def test_deriving_twice_leaves_the_same_rows():
    kept_line()
    derive_all(now=NOW)
    scores = Score.objects.for_staff().order_by("supplier", "quarters_ago")
    first = list(scores.values_list("supplier", "figures"))

    derive_all(now=NOW)

    assert list(scores.values_list("supplier", "figures")) == first
    assert ArrivalHabit.objects.for_staff().filter(supplier=None).count() == 1


def test_refreshing_works_out_only_whom_events_are_about():
    quiet, busy = a_supplier(), a_supplier()
    kept_line(quiet)
    line = kept_line(busy, on=None)
    sequence(1_000)
    assert refresh(now=NOW) == 2
    assert refresh(now=NOW) == 0

    a_receipt(line, on=DUE)
    sequence(1_000)

    assert refresh(now=NOW) == 1
    score = Score.objects.for_supplier(busy).get(quarters_ago=0)
    assert Figures.from_json(score.figures).of(Measure.ORIGINAL).points == 1


def test_a_new_day_works_everybody_out_some_at_a_time(monkeypatch):
    monkeypatch.setattr(derive, "AT_ONCE", 2)
    for _ in range(3):
        kept_line(a_supplier())
    assert [refresh(now=NOW) for _ in range(3)] == [2, 1, 0]

    assert [refresh(now=NOW + DAY) for _ in range(3)] == [2, 1, 0]


def test_a_late_supplier_is_expected_late_and_its_new_promise_says_so():
    late, sure = a_supplier(), a_supplier()
    part = a_source(late).part
    for days in range(30, 60):
        due = TODAY - days * DAY
        for supplier, slip in ((late, 6), (sure, 0)):
            line = a_line(supplier=supplier, part=part, need_by=due, quantity=5)
            a_commitment(line, [(due, 5)], now=NOW - 80 * DAY)
            a_receipt(line, on=due + slip * DAY, lot=f"{supplier.pk}-{days}")
    derive_all(now=NOW)

    promised = TODAY + 30 * DAY
    arrivals = expected_arrivals(
        [(late.pk, part.pk, promised), (sure.pk, part.pk, promised)], today=TODAY
    )

    assert [(arrivals[0].at(level) - promised).days for level in LEVELS][:2] == [6, 6]
    assert arrivals[1].p50 == promised


def test_without_habits_a_promise_stands_as_said(django_assert_num_queries):
    with django_assert_num_queries(1):
        (arrival,) = expected_arrivals([(1, 1, TODAY)], today=TODAY)

    assert {arrival.at(level) for level in LEVELS} == {TODAY}


def test_the_window_is_thirteen_weeks():
    window = Window.of(TODAY)

    assert (window.last - window.first).days == 90
    assert Window.of(TODAY, quarters_ago=1).last == window.first - DAY
