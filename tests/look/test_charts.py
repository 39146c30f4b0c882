"""Drawings tell the truth: they add up, and escape what they are given."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from scheduling.charts import burn_up, dumbbell, load_strip, sparkline, svg, waterfall
from scheduling.charts.waterfall import Segment

MONTERREY = ZoneInfo("America/Monterrey")
MIDNIGHT = datetime(2026, 12, 1, 6, tzinfo=UTC)  # at the site
SEGMENTS = [
    Segment(limit="material", name="Sensors", minutes=540, owner="Mei-Ling Hsu"),
    Segment(limit="physics", name="Build", minutes=960),
    Segment(limit="power", name="Site full", minutes=1_560, owner="Tomás Reyes"),
    Segment(limit="power", name="Site full", minutes=60, owner="Tomás Reyes"),
    Segment(limit="physics", name="In bay", minutes=2_820),
]


def plain(markup):
    """Read a no-break space as a space."""
    return str(markup).replace("\u00a0", " ")


def heights(markup, css):
    """Return the heights of rectangles of one class."""
    found = re.findall(r'<rect [^>]*height="([\d.]+)"[^>]*class="([^"]+)"', markup)
    return [float(height) for height, classes in found if classes == css]


def a_move(**changes):
    """Return a rack that ships a day later and keeps its promise."""
    given = {
        "name": "R-0412",
        "detail": "Alder Compute",
        "was": datetime(2026, 12, 5, 18, tzinfo=UTC),
        "now": datetime(2026, 12, 6, 18, tzinfo=UTC),
        "promised": date(2026, 12, 6),
        "limit": "power",
    }
    return dumbbell.Move(**{**given, **changes})


def a_load(**changes):
    """Return a day at 4,000 kW under 4,500 with the grid at 3,600 for two hours."""
    given = {
        "epoch": MIDNIGHT,
        "to_min": 1_440,
        "load": [(0, 4_000_000), (600, 3_500_000), (720, 4_200_000)],
        "limits": [(0, 4_500_000), (600, 3_600_000), (720, 4_500_000)],
        "curtailments": [(600, 720)],
    }
    return load_strip.Load(**{**given, **changes})


def test_a_scale_maps_its_ends_onto_its_ends():
    scale = svg.Scale(0, 10, 100, 200)

    assert (scale(0), scale(5), scale(10)) == (100, 150, 200)


def test_a_scale_of_nothing_stays_at_its_start():
    assert svg.Scale(5, 5, 100, 200)(5) == 100


def test_a_staircase_holds_each_value_until_the_next():
    assert svg.steps([(0, 1), (2, 3)]) == [(0, 1), (2, 1), (2, 3)]


def test_labels_are_pushed_apart_downwards():
    assert svg.spread([(10, "b", ""), (8, "a", "")], 14) == [
        (8, "a", ""),
        (22, "b", ""),
    ]


def test_text_is_escaped_wherever_it_comes_from():
    segments = [Segment(limit="power", name="<script>", minutes=60, owner="<b>")]

    drawn = waterfall.both(segments, "<i>R-1</i>")

    assert not re.search(r"<(script|b|i)>", drawn)
    assert "&lt;script&gt;" in drawn


def test_the_waterfall_adds_up_to_the_lead_time():
    assert waterfall.lead_time(SEGMENTS) == 5_940
    assert waterfall.work_time(SEGMENTS) == 3_780
    assert plain(waterfall.table(SEGMENTS, "R-1").foot[-1]) == "4.1 d"


def test_columns_fall_from_the_lead_time_to_the_work():
    drawn = waterfall.columns(SEGMENTS, "R-1")

    waits = sum(heights(drawn, "bar"))
    whole = heights(drawn, "stack-1")[0]
    work = heights(drawn, "bar--physics")
    assert waits == pytest.approx(whole, abs=0.3)
    assert work[0] == work[1]


def test_waits_of_one_cause_are_one_column_and_the_largest_is_first():
    drawn = plain(waterfall.columns(SEGMENTS, "R-1"))

    assert drawn.count(">Site full<") == 1
    assert drawn.index("−27 h") < drawn.index("−9 h")


def test_rows_keep_the_order_of_time():
    drawn = waterfall.rows(SEGMENTS, "R-1")

    names = re.findall(r'class="t-\w+ t-12">([^<]+)<', drawn)
    assert names[:3] == ["Sensors", "Build", "Site full"]


def test_a_screen_reader_hears_the_title_and_the_parts():
    drawn = plain(waterfall.rows(SEGMENTS, "R-1"))

    assert "<title>Where the 4.1 d of R-1 go</title>" in drawn
    assert "Sensors 9 h" in drawn
    assert 'role="img"' in drawn


def test_an_order_without_waits_is_only_work():
    segments = [Segment(limit="physics", name="Build", minutes=600)]

    drawn = waterfall.columns(segments, "R-1")

    assert heights(drawn, "stack-1") == [0.0]


def test_a_curtailment_is_hatched():
    segments = [Segment(limit="curtailment", name="Derated", minutes=600)]

    assert 'class="bar--hatched"' in waterfall.rows(segments, "R-1")


def test_a_rack_breaks_its_promise_after_the_end_of_the_promised_day():
    last = datetime(2026, 12, 7, 5, 59, tzinfo=UTC)  # 23:59 at the site, 6 Dec
    past = datetime(2026, 12, 7, 6, 0, tzinfo=UTC)

    assert not a_move(now=last).is_broken(MONTERREY)
    assert a_move(now=past).is_broken(MONTERREY)
    assert not a_move(now=past, promised=None).is_broken(MONTERREY)


def test_a_broken_promise_is_said_in_words_and_colour():
    moves = [a_move(promised=date(2026, 12, 5)), a_move(name="R-0413")]

    drawn = plain(dumbbell.dumbbells(moves, MONTERREY))

    assert "2 racks moved, 1 promise breaks" in drawn
    assert drawn.count("✗ broken") == 1
    assert drawn.count('class="is is--bad"') == 1


def test_a_rack_pulled_in_is_drawn_as_gain():
    move = a_move(now=datetime(2026, 12, 4, 18, tzinfo=UTC))

    drawn = plain(dumbbell.dumbbells([move], MONTERREY))

    assert "−1 d" in drawn
    assert 'class="is is--good"' in drawn


def test_the_table_of_moves_has_the_same_numbers():
    table = dumbbell.table([a_move()], MONTERREY, date(2026, 12, 1))

    assert [plain(cell) for cell in table.rows[0][:5]] == [
        "R-0412",
        "Alder Compute",
        "5 Dec",
        "6 Dec",
        "+1 d",
    ]


def test_the_load_of_each_day_stands_beside_its_lowest_limit():
    table = load_strip.table(a_load(), MONTERREY)

    assert [plain(cell) for cell in table.rows[0]] == ["1 Dec", "4,200 kW", "3,600 kW"]


def test_a_curtailment_says_its_limit():
    drawn = plain(load_strip.load_strip(a_load(), MONTERREY))

    assert "3,600 kW" in drawn
    assert 'class="hatched"' in drawn


def test_a_load_strip_may_have_no_load():
    drawn = plain(load_strip.load_strip(a_load(load=[]), MONTERREY))

    assert "at most 0 kW" in drawn


@pytest.mark.parametrize(("count", "top"), [(3, 4), (985, 1_200), (1_201, 2_000)])
def test_the_burn_up_ends_at_a_number_with_round_quarters(count, top):
    data = burn_up.BurnUp(
        labels=["a", "b"],
        demand=[0, count],
        promised=[0, 0],
        actual=[0],
        now=0.5,
        now_count=0,
    )

    assert f">{top:,}<" in burn_up.burn_up(data)


def test_the_burn_up_knows_no_future_in_its_table():
    data = burn_up.BurnUp(
        labels=["2 Nov", "9 Nov"],
        demand=[1, 2],
        promised=[1, 2],
        actual=[1],
        now=0.5,
        now_count=1,
    )

    assert burn_up.table(data).rows[1] == ("9 Nov", "2", "2", "–", "–", "–")


def test_a_flat_sparkline_is_a_line_and_not_an_error():
    assert "<path" in sparkline.sparkline([3, 3, 3], "Broken a week")
    assert "<circle" in sparkline.sparkline([3], "Broken a week")


def test_a_long_name_of_a_row_ends_before_its_bar():
    named = Segment(
        limit="material", name="HOSE, 4500-12207 line 30, Kaldestra", minutes=9
    )

    drawn = waterfall.rows([named], "R-1")

    assert ">HOSE, 4500-12207 line 30,…</text>" in plain(drawn)


def test_a_length_without_room_below_its_column_stands_above_it():
    waits = [
        Segment(limit="material", name="Hoses", minutes=8_000),
        Segment(limit="people", name="Crew", minutes=400),
        Segment(limit="physics", name="Work", minutes=600),
    ]

    drawn = plain(waterfall.columns(waits, "R-1"))

    bars = [
        float(y) for y in re.findall(r'<rect [^>]*y="([\d.]+)"[^>]*class="bar"', drawn)
    ]
    lengths = re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>−', drawn)
    hoses, crew = (float(y) for y in lengths)
    assert hoses > bars[0]
    assert crew < bars[1]
