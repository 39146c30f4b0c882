"""Amounts and moments as people read them."""

import pytest

from scheduling.engine.wording import Clock, duration, people, pieces, places, power
from tests.builders.problems import a_problem


@pytest.mark.parametrize(
    ("watts", "said"),
    [
        (0, "0 kW"),
        (1, "0.001 kW"),
        (3_600_000, "3,600 kW"),
        (3_600_500, "3,600.5 kW"),
        (100_000, "100 kW"),
    ],
)
def test_power_is_exact_kilowatts(watts, said):
    assert power(watts) == said


@pytest.mark.parametrize(
    ("eighths", "said"), [(8, "1 person"), (4, "0.5 people"), (20, "2.5 people")]
)
def test_eighths_are_people(eighths, said):
    assert people(eighths) == said


def test_one_is_singular():
    assert (places(1), places(2_000)) == ("1 place", "2,000 places")
    assert (pieces(1), pieces(0)) == ("1 piece", "0 pieces")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (61, "1 h 1 min"),
        (72 * 60, "72 h"),
        (73 * 60, "3 d"),
        (5_000, "3.5 d"),
    ],
)
def test_durations_are_hours_up_to_three_days(minutes, said):
    assert duration(minutes) == said


def test_a_clock_says_the_sites_time_and_dates_beyond_six_days():
    clock = Clock(a_problem())

    assert clock.say(0) == "Mon 00:00"
    assert clock.say(5 * 1_440 + 61) == "Sat 01:01"
    assert clock.say(6 * 1_440) == "Sun 29 Nov, 00:00"
    assert clock.say(-1) == "Sun 23:59"


def test_a_clock_follows_its_zone_over_a_change_of_hour():
    clock = Clock(a_problem(zone="Europe/Berlin", epoch="2026-10-24T22:00:00Z"))

    # Clocks go back on 25 October 2026 at 01:00 UTC.
    assert clock.say(0) == "Sun 00:00"
    assert clock.say(4 * 60) == "Sun 03:00"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc"])
def test_a_zone_nobody_knows_is_read_as_utc(zone):
    assert Clock(a_problem(zone=zone)).say(0) == "Mon 06:00"


def test_an_epoch_without_a_zone_is_utc():
    assert Clock(a_problem(epoch="2026-11-23T06:00:00")).say(0) == "Mon 00:00"
