"""The formulas of trust, each by hand-made cases."""

import pytest

from suppliers.ledger import Kind
from suppliers.trust.changes import (
    BuyerMeasure,
    ChangeVerb,
    buyer_cases,
    change_cases,
    verb_of,
)
from suppliers.trust.facts import Case, Cause, Measure, Rules
from suppliers.trust.figures import Figure, figures_of
from suppliers.trust.promises import promise_cases, warning_credit
from tests.builders.trust import (
    a_history,
    at,
    came,
    changed,
    day,
    promised,
    withdrawn,
)

RULES = Rules()
TODAY = 60


def points(line, measure, today=TODAY):
    """Return the points of a line's one case of a measure; None without a case."""
    found = [
        case
        for case in [
            *promise_cases(line, RULES, today=day(today), now=at(today)),
            *change_cases(line, RULES, today=day(today), now=at(today)),
        ]
        if case.measure == measure
    ]
    assert len(found) <= 1
    return found[0].points if found else None


KEPT = promised(1, (30, 100))


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ([came(30)], 1),
        ([came(25)], 1),
        ([came(24)], 0),
        ([came(31)], 0),
        ([came(26, 60), came(30, 40)], 1),
        ([came(30, 99)], 0),
        ([came(30, 60), came(31, 40)], 0),
        ([came(20, 1), came(30, 99)], 0),
        ([], 0),
    ],
)
def test_full_on_time_is_all_pieces_from_five_days_before_to_the_day(
    arrivals, expected
):
    line = a_history(KEPT, came=tuple(arrivals))

    assert points(line, Measure.ORIGINAL) == expected
    assert points(line, Measure.CURRENT) == expected


def test_the_window_is_a_rule():
    late = a_history(KEPT, came=(came(31),))
    rules = Rules(late_days=1)

    found = promise_cases(late, rules, today=day(TODAY), now=at(TODAY))

    assert {
        case.measure: case.points for case in found if case.measure != Measure.RESPONSE
    } == {
        Measure.ORIGINAL: 1,
        Measure.CURRENT: 1,
        Measure.STABILITY: 1,
        Measure.QUALITY: 1,
    }


def test_no_answer_is_not_on_time_even_if_the_goods_came():
    assert points(a_history(), Measure.ORIGINAL) == 0
    assert points(a_history(came=(came(30),)), Measure.CURRENT) == 0


def test_what_is_not_due_yet_is_no_case():
    line = a_history(KEPT)

    assert points(line, Measure.ORIGINAL, today=30) is None
    assert points(line, Measure.ORIGINAL, today=31) == 0


def test_a_split_is_on_time_when_each_part_is():
    split = promised(1, (30, 60), (40, 40))

    assert (
        points(a_history(split, came=(came(30, 60), came(40, 40))), Measure.ORIGINAL)
        == 1
    )
    assert (
        points(a_history(split, came=(came(30, 50), came(40, 50))), Measure.ORIGINAL)
        == 0
    )


def test_promising_less_than_asked_is_not_in_full():
    assert (
        points(a_history(promised(1, (30, 80)), came=(came(30, 80),)), Measure.ORIGINAL)
        == 0
    )


def test_a_moved_promise_that_is_kept_is_on_time_now_but_not_as_first_said():
    line = a_history(KEPT, promised(10, (40, 100)), came=(came(40),))

    assert points(line, Measure.ORIGINAL) == 0
    assert points(line, Measure.CURRENT) == 1
    assert points(line, Measure.STABILITY) == 0


def test_a_move_the_buyer_asked_for_rebases_the_score_date():
    moved = promised(10, (40, 100), cause=Cause.BUYER)
    line = a_history(KEPT, moved, changes=(changed(9, 40),), came=(came(40),))

    assert points(line, Measure.ORIGINAL) == 1
    assert points(line, Measure.STABILITY) == 1
    assert points(line, Measure.WARNING) is None


def test_a_cancelled_line_and_a_rejected_one_are_no_cases():
    for line in (
        a_history(KEPT, is_cancelled=True),
        a_history(withdrawn(1, Kind.REJECT)),
    ):
        assert points(line, Measure.ORIGINAL) is None
        assert points(line, Measure.STABILITY) is None


def test_a_withdrawn_promise_is_broken_twice():
    line = a_history(KEPT, withdrawn(10))

    assert points(line, Measure.ORIGINAL) == 0
    assert points(line, Measure.CURRENT) == 0
    assert points(line, Measure.STABILITY) == 0


def test_force_majeure_does_not_count_against_stability():
    moved = promised(10, (40, 100), cause=Cause.FORCE_MAJEURE)

    assert points(a_history(KEPT, moved), Measure.STABILITY) == 1


def test_an_earlier_promise_is_as_stable_as_the_same():
    assert points(a_history(KEPT, promised(5, (28, 100))), Measure.STABILITY) == 1


def test_what_came_is_not_missing_from_a_promise_of_the_rest():
    rest = promised(31, (40, 40), received=60)

    line = a_history(
        promised(1, (30, 60), (40, 40)), rest, came=(came(30, 60), came(40, 40))
    )

    assert points(line, Measure.STABILITY) == 1
    assert points(line, Measure.CURRENT) == 1


@pytest.mark.parametrize(
    ("days", "credit"),
    [(0, 0.0), (-3, 0.0), (1, 0.5 / 14), (7, 0.25), (14, 0.5), (90, 0.5)],
)
def test_warning_credit_is_half_of_the_days_told_ahead_over_fourteen(days, credit):
    assert warning_credit(days, RULES) == pytest.approx(credit)


@pytest.mark.parametrize(
    ("told_on", "credit"), [(16, 0.5), (23, 0.25), (30, 0.0), (35, 0.0)]
)
def test_a_miss_told_ahead_earns_credit(told_on, credit):
    line = a_history(KEPT, promised(told_on, (40, 100)), came=(came(40),))

    assert points(line, Measure.WARNING) == pytest.approx(credit)


def test_a_promise_kept_needs_no_warning():
    assert points(a_history(KEPT, came=(came(30),)), Measure.WARNING) is None


@pytest.mark.parametrize(
    ("answered", "today", "expected"),
    [(1, 60, 1), (2, 60, 1), (2.1, 60, 0), (None, 2, None), (None, 3, 0)],
)
def test_an_answer_within_two_days_is_in_time(answered, today, expected):
    said = [] if answered is None else [promised(answered, (30, 100))]

    assert points(a_history(*said), Measure.RESPONSE, today=today) == expected


def test_quality_is_the_share_of_good_pieces():
    line = a_history(KEPT, came=(came(29, 60), came(30, 40, held=10)))

    assert points(line, Measure.QUALITY) == pytest.approx(0.9)
    assert points(a_history(KEPT), Measure.QUALITY) is None


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        (changed(5, 30, 120), ChangeVerb.INCREASE),
        (changed(5, 30, 80), ChangeVerb.DECREASE),
        (changed(5, 25), ChangeVerb.PULL_IN),
        (changed(5, 45), ChangeVerb.PAUSE),
        (changed(24, 30, 120), ChangeVerb.EMERGENCY),
        (changed(20, 27), ChangeVerb.EMERGENCY),
        (changed(24, 30, 80), ChangeVerb.DECREASE),
        (changed(5, 30, is_cancelled=True), ChangeVerb.CANCEL),
    ],
)
def test_a_change_has_a_name(change, verb):
    assert verb_of(change, RULES) == verb


MORE = changed(5, 30, 120)


@pytest.mark.parametrize(
    ("said", "arrivals", "today", "expected"),
    [
        ([promised(6, (30, 120), asked=120)], [came(30, 120)], 60, 1),
        ([promised(6, (30, 120), asked=120)], [came(30, 119)], 60, 0),
        ([promised(6, (30, 120), asked=120)], [], 20, 1),
        ([promised(6, (30, 120), asked=120), withdrawn(8)], [], 20, 0),
        ([promised(6, (30, 100), asked=120)], [came(30, 100)], 60, 0),
        ([], [], 6, None),
        ([], [], 60, 0),
    ],
)
def test_a_change_is_absorbed_when_it_is_accepted_and_kept(
    said, arrivals, today, expected
):
    line = a_history(KEPT, *said, changes=(MORE,), came=tuple(arrivals))

    assert points(line, Measure.ABSORPTION, today) == expected


def test_a_change_that_what_stood_covers_needs_no_answer():
    line = a_history(KEPT, changes=(changed(5, 30, 80),), came=(came(30, 80),))

    assert points(line, Measure.ABSORPTION) == 1


def test_a_change_overtaken_by_the_buyer_is_no_case():
    again = changed(5.5, 28, 140, key=2, quantity_before=120)
    line = a_history(KEPT, changes=(MORE, again))

    (case,) = change_cases(line, RULES, today=day(TODAY), now=at(TODAY))

    assert (case.change, case.points) == (2, 0)


def test_an_excluded_case_does_not_count_and_a_disputed_one_does():
    key = (Measure.ORIGINAL, 0)
    lines = [
        a_history(KEPT, excluded=frozenset({key})),
        a_history(KEPT, disputed=frozenset({key})),
        a_history(KEPT, came=(came(30),)),
    ]
    cases = [
        case
        for line in lines
        for case in promise_cases(line, RULES, today=day(TODAY), now=at(TODAY))
    ]

    assert figures_of(cases).of(Measure.ORIGINAL) == Figure(2, 1.0)


def a_case(measure, value):
    return Case(measure=measure, line=a_history(), on=day(0), points=value, sentence="")


def test_the_overall_figure_weighs_the_measures_that_have_cases():
    figures = figures_of(
        [
            a_case(Measure.ORIGINAL, 1),
            a_case(Measure.ORIGINAL, 0),
            a_case(Measure.WARNING, 0.5),
            a_case(Measure.RESPONSE, 1),
        ]
    )

    # (35 × 0.75 + 15 × 1) ÷ 50
    assert figures.overall == 82
    assert figures.adjusted == Figure(2, 1.5)
    assert figures_of([]).overall is None


def test_figures_survive_being_kept():
    figures = figures_of([a_case(Measure.WARNING, 0.25), a_case(Measure.QUALITY, 0.9)])

    assert type(figures).from_json(figures.as_json()) == figures


def graded(line):
    return {
        measure: share
        for measure, _, share, _ in buyer_cases(line, RULES, today=day(TODAY))
    }


def test_the_buyer_is_graded_on_notice_lead_time_and_steadiness():
    fair = a_history(lead_days=30)
    late = a_history(lead_days=31)
    nervous = a_history(lead_days=20, changes=(changed(11, 40),))
    early = a_history(lead_days=20, changes=(changed(9, 40),))

    assert graded(fair) == {BuyerMeasure.STEADY: 1, BuyerMeasure.LEAD_TIME: 1}
    assert graded(late)[BuyerMeasure.LEAD_TIME] == 0
    assert graded(nervous) == {
        BuyerMeasure.STEADY: 0,
        BuyerMeasure.LEAD_TIME: 1,
        BuyerMeasure.NOTICE: 0,
    }
    assert graded(early)[BuyerMeasure.NOTICE] == 1
    assert set(graded(a_history())) == {BuyerMeasure.STEADY}
