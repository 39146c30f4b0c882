"""How far off a date may be, the same for whatever is dated."""

from datetime import UTC, date, datetime, timedelta

import pytest

from factory.reach import REACH, is_in_reach, out_of_reach

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize("away", [REACH, -REACH])
def test_three_years_are_in_reach_and_a_day_or_a_minute_more_is_not(away):
    more = 1 if away > timedelta() else -1

    assert is_in_reach(TODAY + away, TODAY)
    assert not is_in_reach(TODAY + away + timedelta(days=more), TODAY)
    assert is_in_reach(NOW + away, NOW)
    assert not is_in_reach(NOW + away + timedelta(minutes=more), NOW)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_date_that_stands_for_none_is_out_of_reach(day):
    assert not is_in_reach(day, TODAY)


def test_what_is_out_of_reach_is_refused_by_name():
    assert out_of_reach("An outage") == "An outage lies within three years of today."
