"""The replay of a history: what holds, what fails, and that nothing looks ahead."""

import os
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from suppliers.backtest import HistoryError, mean_loss, read_history, replay
from tests.builders.deliveries import EARLY, LATE, PUNCTUAL, deliveries

HISTORY = "po_history_2006_2012.csv"
HEAD = "vendor,product group,scheduled delivery date,delivered to client date\n"


@pytest.fixture(scope="module")
def years():
    span = {"first": date(2023, 1, 1), "last": date(2025, 12, 31)}
    rows = [
        *deliveries("sure", PUNCTUAL, **span),
        *deliveries("late", LATE, **span),
        *deliveries("early", EARLY, **span),
    ]
    return list(replay(rows, every_months=3))


def test_where_habits_stay_every_level_holds(years):
    assert [year.year for year in years] == [2024, 2025]
    assert all(year.holds for year in years)


def test_knowing_the_supplier_beats_both_baselines(years):
    ours, promised, pooled = mean_loss(years)

    assert ours < pooled < promised


def test_a_habit_that_breaks_within_a_year_fails_and_is_shown():
    rows = [
        *deliveries("x", PUNCTUAL, first=date(2023, 1, 1), last=date(2023, 12, 31)),
        *deliveries("x", (9,), first=date(2024, 1, 1), last=date(2024, 12, 31)),
    ]

    (year,) = replay(rows)

    assert [(item.level, item.holds) for item in year.coverage] == [
        (50, False),
        (80, False),
        (90, False),
        (95, False),
    ]
    assert year.loss == year.loss_promised


def history(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_with_both_ways_of_writing_a_date(tmp_path):
    path = history(tmp_path, HEAD + "A,B,2-May-06,2006-05-04\nA,B,2006-06-01,\n")

    first, second = read_history(path)

    assert (first.promised, first.arrived) == (date(2006, 5, 2), date(2006, 5, 4))
    assert second.arrived is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("vendor,product group\nA,B\n", "lacks the column delivered to client date"),
        (HEAD + "A,B,03/04/2006,\n", "Row 2: scheduled delivery date '03/04/2006'"),
        (HEAD + "A,B,,\n", "Row 2: scheduled delivery date is empty"),
        ("", "lacks the column"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, sentence):
    with pytest.raises(HistoryError, match=sentence):
        read_history(history(tmp_path, text))


def test_the_command_refuses_what_it_cannot_replay(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("backtest_promises", tmp_path / "missing.csv")
    path = history(tmp_path, HEAD + "A,B,2006-06-01,2006-06-01\n")
    with pytest.raises(CommandError, match="has no two years"):
        call_command("backtest_promises", path)


def test_the_public_history_holds_but_for_the_year_habits_broke():
    folder = os.environ.get("RACKLINE_BENCH_DATA")
    if not folder or not (Path(folder) / HISTORY).exists():
        pytest.skip(f"set RACKLINE_BENCH_DATA to the folder that holds {HISTORY}")
    told = StringIO()

    call_command("backtest_promises", Path(folder) / HISTORY, stdout=told)

    words = told.getvalue()
    assert words.count("Levels that fail: 2010 P90, 2010 P95.") == 1
    assert words.count("Levels that fail: none.") == 1
    assert "Pinball loss 2.805 days; the promised date 3.034" in words
