"""Clock time becomes minutes: shifts, exceptions, and the nights clocks change."""

from datetime import UTC, date, datetime

import pytest

from factory.models import CalendarException
from scheduling.clock import quarter_of
from scheduling.snapshot.calendars import read_weeks
from tests.builders.factory import a_calendar, a_site
from tests.builders.scheduling import a_clock

pytestmark = pytest.mark.django_db

HOUR = 60
DAY = 1_440


def windows(site, zone, epoch, end):
    (week,) = read_weeks(site).values()
    return week.windows(a_clock(zone, epoch), 0, end)


def test_minute_0_is_the_quarter_hour_the_present_lies_in():
    assert quarter_of(datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)) == datetime(
        2026, 11, 23, 14, 45, tzinfo=UTC
    )


def test_a_moment_before_the_epoch_is_negative_and_keeps_its_minute():
    clock = a_clock(epoch=datetime(2026, 11, 23, 14, 0, tzinfo=UTC))

    assert clock.minute(datetime(2026, 11, 23, 13, 59, 30, tzinfo=UTC)) == -1
    assert clock.minute_after(datetime(2026, 11, 23, 13, 59, 30, tzinfo=UTC)) == 0
    assert clock.minute_after(datetime(2026, 11, 23, 14, 0, 1, tzinfo=UTC)) == 1


def test_a_promise_for_a_date_means_2359_at_the_site():
    clock = a_clock("America/Monterrey", datetime(2026, 11, 23, 14, tzinfo=UTC))

    # 23:59 in Monterrey is 05:59 UTC of the next day: 15 h 59 min after 14:00 UTC.
    assert clock.end_of_day(date(2026, 11, 23)) == 15 * HOUR + 59


def test_a_day_that_stands_for_no_date_is_far_off_and_no_error():
    for zone in ("America/Monterrey", "Asia/Taipei"):
        clock = a_clock(zone, datetime(2026, 11, 23, 14, tzinfo=UTC))

        far = [clock.end_of_day(day) for day in (date.min, date.max)]

        years = [one / (365 * 24 * HOUR) for one in far]
        assert [round(one) for one in years] == [-3, 3]


def test_a_night_shift_is_an_hour_longer_when_clocks_go_back():
    site = a_site(zone="Europe/Berlin")
    a_calendar(site, start_min=22 * HOUR, end_min=30 * HOUR)
    epoch = datetime(
        2026, 10, 24, 12, 0, tzinfo=UTC
    )  # 14:00 CEST, clocks change tonight

    found = windows(site, "Europe/Berlin", epoch, 2 * DAY)

    assert found[0] == (8 * HOUR, 17 * HOUR)
    assert found[1] == (33 * HOUR, 41 * HOUR)


def test_a_night_shift_is_an_hour_shorter_when_clocks_go_forward():
    site = a_site(zone="America/Chicago")
    a_calendar(site, start_min=22 * HOUR, end_min=30 * HOUR)
    epoch = datetime(2027, 3, 13, 18, 0, tzinfo=UTC)  # 12:00 CST, clocks change tonight

    found = windows(site, "America/Chicago", epoch, 2 * DAY)

    assert found[0] == (10 * HOUR, 17 * HOUR)
    assert found[1] == (33 * HOUR, 41 * HOUR)


def test_the_end_of_the_day_clocks_change_is_an_hour_off_its_neighbours():
    clock = a_clock("Europe/Berlin", datetime(2026, 10, 24, 12, 0, tzinfo=UTC))

    saturday, sunday, monday = (
        clock.end_of_day(date(2026, 10, day)) for day in (24, 25, 26)
    )

    assert sunday - saturday == 25 * HOUR
    assert monday - sunday == 24 * HOUR


def test_three_shifts_a_day_make_one_window_and_a_free_sunday_a_gap():
    site = a_site()
    a_calendar(site, weekdays=range(6))
    epoch = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # Monday 00:00 in Monterrey

    found = windows(site, "America/Monterrey", epoch, 10 * DAY)

    assert found == ((0, 6 * DAY), (7 * DAY, 10 * DAY))


def test_a_closed_date_is_closed_and_an_open_one_is_open_all_day():
    site = a_site()
    calendar = a_calendar(
        site, weekdays=range(5), start_min=8 * HOUR, end_min=16 * HOUR
    )
    CalendarException.objects.create(
        calendar=calendar, date=date(2026, 11, 24), reason="Stocktaking"
    )
    CalendarException.objects.create(
        calendar=calendar, date=date(2026, 11, 28), is_open=True, reason="Catching up"
    )
    epoch = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

    found = windows(site, "America/Monterrey", epoch, 7 * DAY)

    assert found == (
        (8 * HOUR, 16 * HOUR),
        (2 * DAY + 8 * HOUR, 2 * DAY + 16 * HOUR),
        (3 * DAY + 8 * HOUR, 3 * DAY + 16 * HOUR),
        (4 * DAY + 8 * HOUR, 4 * DAY + 16 * HOUR),
        (5 * DAY, 6 * DAY),
    )
