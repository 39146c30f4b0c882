"""A declared capacity puts pieces off and loses none."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from suppliers.horizon import week_of
from suppliers.pace import paced

MONDAY = date(2026, 11, 23)
DAYS = st.integers(0, 60).map(lambda days: MONDAY + timedelta(days=days))
DELIVERIES = st.lists(st.tuples(DAYS, st.integers(1, 200)), max_size=8)


@given(DELIVERIES, st.integers(10, 100))
def test_no_week_has_more_than_can_be_made_and_no_piece_is_lost(promised, limit):
    given_ = [(key, day, pieces) for key, (day, pieces) in enumerate(promised)]

    found = list(paced(given_, lambda _: limit))

    made = Counter()
    for _, day, pieces in found:
        made[week_of(day)] += pieces
    assert all(pieces <= limit for pieces in made.values())
    for key, day, pieces in given_:
        mine = [(on, count) for of, on, count in found if of == key]
        assert sum(count for _, count in mine) == pieces
        assert all(on >= day for on, _ in mine)


@given(DELIVERIES)
def test_without_a_limit_nothing_moves(promised):
    given_ = [(key, day, pieces) for key, (day, pieces) in enumerate(promised)]

    assert sorted(paced(given_, lambda _: None)) == sorted(given_)
