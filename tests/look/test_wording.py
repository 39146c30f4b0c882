"""Numbers, dates, states and limits read as the style sheet says."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from journal import wording

MONTERREY = ZoneInfo("America/Monterrey")
NOW = datetime(2026, 12, 1, 15, 20, tzinfo=UTC)  # Tue 09:20 at the site
TODAY = date(2026, 12, 1)


def plain(words):
    """Read a no-break space as a space."""
    return words.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("watts", "words"),
    [
        (4_500_000, "4,500 kW"),
        (137_400, "137 kW"),
        (2_500, "2.5 kW"),
        (0, "0 kW"),
        (None, "–"),
    ],
)
def test_watts_read_as_kilowatts(watts, words):
    assert plain(wording.kw(watts)) == words


def test_a_number_and_its_unit_never_part():
    assert wording.kw(4_500_000) == "4,500\u00a0kW"


@pytest.mark.parametrize(
    ("cents", "exact", "short"),
    [
        (118_000, "$1,180", "$1.18 k"),
        (1_250, "$12.50", "$12"),
        (16_249_900, "$162,499", "$162 k"),
        (4_820_000, "$48,200", "$48.2 k"),
        (120_000_000, "$1,200,000", "$1.2 M"),
        (102_126_992, "$1,021,269.92", "$1.02 M"),
        (999_996_000, "$9,999,960", "$10 M"),
        (99_960, "$999.60", "$1 k"),
        (-4_000, "−$40", "−$40"),
        (0, "$0", "$0"),
        (None, "–", "–"),
    ],
)
def test_money_is_exact_in_tables_and_short_on_strips(cents, exact, short):
    assert plain(wording.money(cents)) == exact
    assert plain(wording.money_short(cents)) == short


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (38, "38 min"),
        (59.6, "60 min"),
        (90, "1.5 h"),
        (26 * 60, "26 h"),
        (72 * 60, "72 h"),
        (72 * 60 + 1, "3 d"),
        (6_624, "4.6 d"),
        (-150, "−2.5 h"),
        (0, "0 min"),
        (None, "–"),
    ],
)
def test_durations_are_hours_to_72_and_then_days(minutes, words):
    assert plain(wording.duration(minutes)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [(4, "+4 d"), (-1.5, "−1.5 d"), (0, "0 d"), (-0.04, "0 d"), (None, "–")],
)
def test_a_change_carries_its_sign_and_unit(days, words):
    assert plain(wording.signed_days(days)) == words


def test_a_change_in_minutes_carries_its_sign():
    assert plain(wording.signed_duration(26 * 60)) == "+26 h"
    assert plain(wording.signed_duration(-6_624)) == "−4.6 d"
    assert plain(wording.signed_duration(0)) == "0 h"


def test_a_promise_is_a_date_with_its_weekday_and_no_year():
    assert plain(wording.promise_date(date(2026, 12, 11), TODAY)) == "Fri 11 Dec"
    assert plain(wording.column_date(date(2026, 12, 11), TODAY)) == "11 Dec"


def test_another_year_is_named():
    words = wording.promise_date(date(2027, 1, 8), TODAY)

    assert plain(words) == "Fri 8 Jan 2027"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 12, 3, 11, 0, tzinfo=UTC), "Thu 05:00"),
        (datetime(2026, 12, 6, 11, 0, tzinfo=UTC), "Sun 05:00"),
        (datetime(2026, 12, 7, 11, 0, tzinfo=UTC), "Mon 7 Dec, 05:00"),
        (datetime(2026, 11, 30, 14, 42, tzinfo=UTC), "Mon 30 Nov, 08:42"),
        (None, "–"),
    ],
)
def test_a_moment_inside_six_days_is_a_weekday_and_a_clock(at, words):
    assert plain(wording.moment(at, NOW, MONTERREY)) == words


def test_a_moment_is_read_in_the_zone_given():
    at = datetime(2026, 12, 3, 17, 30, tzinfo=UTC)

    assert plain(wording.moment(at, NOW, ZoneInfo("Asia/Taipei"))) == "Fri 01:30"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=38), "38 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(hours=11), "11 h"),
        (timedelta(hours=20), "yesterday"),
        (timedelta(days=2), "2 d"),
        (-timedelta(hours=1), "just now"),
    ],
)
def test_an_age_is_relative(passed, words):
    assert plain(wording.age(NOW - passed, NOW, MONTERREY)) == words


def test_unknown_is_a_dash_and_never_zero():
    for word in (wording.grouped, wording.percent, wording.megawatts):
        assert word(None) == "–"
    assert wording.age(None, NOW, MONTERREY) == "–"


def test_counts_group_thousands_and_agree_with_their_noun():
    assert plain(wording.counted(1, "rack")) == "1 rack"
    assert plain(wording.counted(1_284, "rack")) == "1,284 racks"
    assert plain(wording.counted(2, "party", "parties")) == "2 parties"
    assert wording.grouped(-3) == "−3"


def test_shares_and_megawatts_have_a_space_before_the_unit():
    assert plain(wording.percent(0.9388, 1)) == "93.9 %"
    assert plain(wording.percent(0.99)) == "99 %"
    assert plain(wording.megawatts(84_120_000)) == "84.1 MW"


def test_initials_are_of_the_first_two_names():
    assert wording.initials("Mei-Ling Hsu") == "ML"
    assert wording.initials("ruth okafor") == "RO"
    assert wording.initials("") == ""


def test_a_state_that_is_not_listed_shows_its_own_word_in_grey():
    look = wording.status_look("half_built")

    assert (look.mood, look.glyph, look.word) == ("idle", "idle", "Half built")


def test_a_limit_that_is_not_listed_shows_its_own_word():
    look = wording.limit_look("paint_shop")

    assert (look.colour, look.word) == ("batching", "Paint shop")


def test_states_are_found_whatever_their_case():
    assert wording.status_look("AT_RISK").word == "At risk"


def test_no_two_shapes_of_one_colour_mean_kept_and_broken():
    kept, broken = wording.STATUSES["kept"], wording.STATUSES["broken"]

    assert (kept.mood, kept.glyph) == ("good", "good")
    assert (broken.mood, broken.glyph) == ("bad", "bad")
