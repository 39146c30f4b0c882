"""Cells as suppliers write them: read when there is one reading, refused by name."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.export import defused
from suppliers.sheet.cells import read_date, read_number, read_quantity, text_of
from suppliers.sheet.errors import CellError

WORDS = st.text(max_size=20)
CELLS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
)


def wide(text):
    """Return text in the full-width signs of an East Asian keyboard."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


def at(year, month, day, hour=0, minute=0):
    """Return a moment without a zone, as a workbook's date cell holds it."""
    return datetime.combine(date(year, month, day), time(hour, minute))


YEARS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("cell", "quantity"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        (" 12 ", 12),
        (wide("12"), 12),
        ("1,200", 1200),
        ("12,345,678", 12345678),
        ("1 200", 1200),
        ("12.0", 12),
        ("", None),
        (None, None),
        ("  ", None),
    ],
)
def test_a_quantity_is_a_whole_number_in_any_script(cell, quantity):
    assert read_quantity(cell, "Promised quantity") == quantity


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (-1, "-1 is negative"),
        ("−5", "is negative"),
        (0, "0 pieces are none"),
        (1.5, "1.5 is a fraction"),
        ("1.5", "1.5 is a fraction"),
        (wide("1.5"), "is a fraction"),
        ("1.200", "can be read two ways"),
        ("1,2", "does not part thousands"),
        ("12 pcs", "is no number"),
        ("NaN", "is no number"),
        ("Infinity", "is no number"),
        (float("inf"), "is no number"),
        ("1e400", "more than can be kept"),
        (10**20, "more than can be kept"),
        (True, "is no number of pieces"),
        (date(2026, 12, 9), "is no number of pieces"),
        ("=1+1", "a formula is not read"),
        ("@SUM(A1)", "a formula is not read"),
        ("x" * 500, "…"),
    ],
)
def test_a_quantity_that_is_none_is_refused_with_the_column(cell, sentence):
    with pytest.raises(CellError, match=r"^Promised quantity: ") as caught:
        read_quantity(cell, "Promised quantity")

    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "cell",
    [
        date(2026, 12, 9),
        at(2026, 12, 9),
        "2026-12-09",
        "2026-12-9",
        "2026/12/09",
        "2026.12.09",
        wide("2026") + "-12-09",
        "2026年12月9日",
        "2026-12-09T00:00:00",
        "9 Dec 2026",
        "9-Dec-2026",
        "Dec 9, 2026",
        "December 9 2026",
    ],
)
def test_a_date_with_one_reading_is_read(cell):
    assert read_date(cell, "Promised date") == date(2026, 12, 9)


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("03/04/2026", "two ways, 3 Apr 2026 and 4 Mar 2026. Write 2026-04-03 or 2026"),
        ("3.4.26", "two ways, 3 Apr 2026 and 4 Mar 2026"),
        ("25/12/2026", "If it is 25 Dec 2026, write 2026-12-25"),
        ("04/04/2026", "If it is 4 Apr 2026, write 2026-04-04"),
        ("99/99/2026", "is no date"),
        ("2026-02-30", "there is no day 2026-02-30"),
        ("1970-01-01", "lies out of any plan"),
        ("9999-12-31", "lies out of any plan"),
        (at(1899, 12, 30), "lies out of any plan"),
        (at(2026, 12, 9, 14, 30), "has a time of day"),
        (46365, "is a number, not a date"),
        ("46365", "is a number, not a date"),
        (46365.5, "is a number, not a date"),
        (time(12), "is a number, not a date"),
        (True, "is a number, not a date"),
        ("next week", "is no date"),
        ("9 Foo 2026", "names no month"),
        ("9 Ma 2026", "is no date"),
        ("=TODAY()", "a formula is not read"),
    ],
)
def test_a_date_that_is_none_or_two_is_refused(cell, sentence):
    with pytest.raises(CellError, match=r"^Promised date: ") as caught:
        read_date(cell, "Promised date")

    assert sentence in str(caught.value)


@given(CELLS)
def test_any_cell_is_read_or_refused(cell):
    for read in (read_quantity, read_date, read_number):
        value, refusal = None, ""
        try:
            value = read(cell, "Cell")
        except CellError as error:
            refusal = str(error)
        assert value is None or isinstance(value, int | date)
        assert len(refusal) < 250


@given(YEARS)
def test_a_date_comes_back_as_it_was_written(day):
    for cell in (day, day.isoformat(), f"{day:%d %b %Y}", f"{day:%Y年%m月%d日}"):
        assert read_date(cell, "Date") == day


@given(st.integers(1, 2**31 - 1))
def test_a_number_comes_back_as_it_was_written(number):
    for cell in (number, float(number), f"{number:,}", wide(str(number))):
        assert read_quantity(cell, "Quantity") == number


@given(st.integers(1, 31), st.integers(1, 31), st.integers(2000, 2099))
def test_a_date_that_ends_with_its_year_is_never_guessed(first, second, year):
    with pytest.raises(CellError):
        read_date(f"{first:02}/{second:02}/{year}", "Date")


@pytest.mark.parametrize("text", ["=1+1", "-5", "+49 30", "@x", "\tx", "plain", "'q"])
def test_what_an_export_has_defused_is_read_as_it_was(text):
    assert text_of(defused(text)) == text.strip()
