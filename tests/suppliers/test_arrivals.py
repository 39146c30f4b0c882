"""From a promised date to P50, P80, P90 and P95, by what came so far."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from suppliers.arrivals import LEVELS, Arrival, Habits, Outcome
from tests.builders.deliveries import EARLY, LATE, PUNCTUAL, deliveries

FIRST, TODAY = date(2025, 1, 1), date(2026, 1, 1)
DUE = date(2026, 2, 2)


def learnt(*histories, as_of=TODAY):
    return Habits.learn([row for rows in histories for row in rows], as_of=as_of)


def of(supplier, delays, last=TODAY):
    return list(deliveries(supplier, delays, first=FIRST, last=last))


def days_late(habits, supplier="late", part="bolts", due=DUE, today=TODAY):
    arrival = habits.arrival(due, supplier=supplier, part=part, today=today)
    return [(arrival.at(level) - due).days for level in LEVELS]


def test_who_is_always_on_the_day_is_expected_on_the_day():
    assert days_late(learnt(of("sure", PUNCTUAL)), "sure") == [0, 0, 0, 0]


def test_who_is_often_late_is_expected_late_and_later_levels_are_later():
    late = days_late(learnt(of("late", LATE), of("sure", PUNCTUAL)))

    assert late == sorted(late)
    assert late[0] in {0, 3}
    assert late[-1] == 14


def test_an_early_supplier_is_expected_early_but_never_before_today():
    habits = learnt(of("early", EARLY))

    assert days_late(habits, "early")[0] == -5
    assert days_late(habits, "early", due=TODAY + timedelta(days=2))[0] >= -2


def test_an_unknown_supplier_gets_the_habit_of_all_together():
    habits = learnt(of("late", LATE), of("sure", PUNCTUAL))

    assert habits.delays(supplier="new", part="bolts") == pytest.approx(
        habits.pool / habits.pool.sum()
    )


def test_a_new_part_of_a_known_supplier_gets_that_suppliers_habit():
    habits = learnt(of("late", LATE), of("sure", PUNCTUAL))

    assert days_late(habits, part="nuts")[-1] == 14
    assert days_late(habits, "sure", part="nuts")[0] == 0


def test_little_data_leans_on_the_others_and_much_does_not():
    d, late = TODAY - timedelta(days=5), timedelta(days=40)
    one = [Outcome(supplier="late", part="bolts", promised=d, arrived=d + late)]

    habits = learnt(of("sure", PUNCTUAL), one, as_of=TODAY + late)

    assert days_late(habits, today=TODAY + late, due=TODAY + 3 * late)[0] == 0


def test_without_any_history_the_promised_date_stands():
    assert days_late(learnt()) == [0, 0, 0, 0]
    assert learnt().arrival(
        DUE, supplier="x", part="y", today=DUE + timedelta(days=4)
    ) == Arrival(*[DUE + timedelta(days=4)] * 4)


def test_what_is_overdue_beyond_everything_seen_is_expected_today():
    habits = learnt(of("sure", PUNCTUAL))
    due = TODAY - timedelta(days=30)

    assert days_late(habits, "sure", due=due) == [30, 30, 30, 30]


def test_shares_add_up_to_one():
    habits = learnt(of("late", LATE), of("sure", PUNCTUAL))

    assert habits.delays(supplier="late", part="bolts").sum() == pytest.approx(1.0)


def test_a_habit_drifts_and_the_newest_deliveries_count_most():
    changed = TODAY - timedelta(days=120)
    was = [row for row in of("late", PUNCTUAL) if row.promised < changed]
    now = [row for row in of("late", (7,)) if row.promised >= changed]

    assert days_late(learnt(was, now))[1] == 7


def test_nothing_is_learnt_from_what_was_not_known_yet():
    rows = of("late", LATE, last=TODAY + timedelta(days=90))
    habits = learnt(rows)
    later = [
        replace(row, arrived=row.arrived + timedelta(days=99))
        if row.arrived >= TODAY
        else row
        for row in rows
    ]

    assert np.array_equal(habits.pool, learnt(later).pool)


def test_early_deliveries_due_later_do_not_teach_that_all_come_early():
    early = [
        Outcome(
            supplier="late",
            part="bolts",
            promised=TODAY + timedelta(days=30),
            arrived=TODAY - timedelta(days=1),
        )
    ]

    assert not learnt(early).suppliers


def test_what_is_overdue_teaches_that_it_is_late():
    due = TODAY - timedelta(days=20)
    open_lines = [
        Outcome(supplier="late", part="bolts", promised=due, arrived=None)
    ] * 20

    assert days_late(learnt(open_lines))[0] == 20
