"""Open hours unrolled: zones, nights, exceptions, and walking back through them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from factory.calendars import minutes_before, windows_of
from tests.builders.factory import a_calendar, a_site

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def hours(calendar, start, end):
    """Return windows as (day, hour) to (day, hour) in UTC."""
    return [
        (f"{opens:%d %H:%M}", f"{closes:%d %H:%M}")
        for opens, closes in windows_of(calendar, start, end)
    ]


def test_shifts_open_at_the_site_s_own_clock():
    calendar = a_calendar(a_site(), weekdays=[0], start_min=480, end_min=960)

    # Monterrey is six hours behind.
    assert hours(calendar, MONDAY, MONDAY + timedelta(days=2)) == [
        ("23 14:00", "23 22:00")
    ]


def test_shifts_that_touch_are_one_window():
    calendar = a_calendar(a_site(zone="UTC"), weekdays=range(6))

    assert hours(calendar, MONDAY, MONDAY + timedelta(days=14)) == [
        ("23 00:00", "29 00:00"),
        ("30 00:00", "06 00:00"),
    ]


def test_a_night_shift_reaches_into_the_next_day_and_from_the_one_before():
    calendar = a_calendar(
        a_site(zone="UTC"), weekdays=[6, 0], start_min=1_320, end_min=1_800
    )

    assert hours(calendar, MONDAY, MONDAY + timedelta(days=2)) == [
        ("23 00:00", "23 06:00"),
        ("23 22:00", "24 06:00"),
    ]


def test_a_closed_date_closes_its_shifts_and_an_open_one_opens_all_day():
    calendar = a_calendar(a_site(zone="UTC"), weekdays=[0], start_min=480, end_min=960)
    calendar.exceptions.create(date=date(2026, 11, 23), reason="Holiday")
    calendar.exceptions.create(date=date(2026, 11, 24), is_open=True, reason="Extra")

    assert hours(calendar, MONDAY, MONDAY + timedelta(days=7)) == [
        ("24 00:00", "25 00:00")
    ]


def test_windows_are_cut_at_both_ends():
    calendar = a_calendar(a_site(zone="UTC"))

    start = MONDAY + timedelta(hours=3)
    assert hours(calendar, start, start + timedelta(hours=2)) == [
        ("23 03:00", "23 05:00")
    ]


def test_a_shift_keeps_its_wall_clock_when_clocks_change():
    calendar = a_calendar(
        a_site(zone="Europe/Berlin"), weekdays=[5, 6], start_min=480, end_min=960
    )

    # Clocks went back in the night to Sunday, 25 October 2026.
    saturday = datetime(2026, 10, 24, tzinfo=UTC)
    assert hours(calendar, saturday, saturday + timedelta(days=2)) == [
        ("24 06:00", "24 14:00"),
        ("25 07:00", "25 15:00"),
    ]


def test_a_calendar_without_shifts_is_never_open():
    calendar = a_calendar(a_site(), weekdays=[])

    assert hours(calendar, MONDAY, MONDAY + timedelta(days=30)) == []


def test_reading_open_hours_takes_two_queries(django_assert_num_queries):
    calendar = a_calendar(a_site())

    with django_assert_num_queries(2):
        windows_of(calendar, MONDAY, MONDAY + timedelta(days=365))


def test_walking_back_skips_what_is_closed():
    calendar = a_calendar(a_site(zone="UTC"), weekdays=range(5))
    windows = windows_of(calendar, MONDAY - timedelta(days=14), MONDAY)

    # Monday 02:00 less three hours is Friday 23:00.
    end = MONDAY - timedelta(days=7) + timedelta(hours=2)
    assert minutes_before(windows, end, 180) == datetime(2026, 11, 13, 23, tzinfo=UTC)


def test_work_that_ends_in_closed_hours_ends_at_closing():
    calendar = a_calendar(a_site(zone="UTC"), weekdays=range(5))
    windows = windows_of(calendar, MONDAY - timedelta(days=7), MONDAY)

    assert minutes_before(windows, MONDAY, 60) == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_walking_back_beyond_the_first_window_stops_there():
    calendar = a_calendar(a_site(zone="UTC"))
    windows = windows_of(calendar, MONDAY, MONDAY + timedelta(days=1))

    assert minutes_before(windows, MONDAY + timedelta(hours=1), 600) == MONDAY
