"""The promise river: day said across, day promised up, the diagonal where they meet."""

from datetime import timedelta

import pytest

from suppliers.queries.board import BoardRiver
from suppliers.queries.history import History, RiverPoint
from suppliers.web.river import board_drawn, drawn
from tests.builders.suppliers import TODAY

DAY = timedelta(days=1)
NOTHING = History(sayings=(), receipts=())


def said(ago, *ahead, by_buyer=False):
    """Return what was promised so many days ago, for days from now."""
    return RiverPoint(
        said_on=TODAY - ago * DAY,
        days=tuple(TODAY + days * DAY for days in ahead),
        by_buyer=by_buyer,
    )


def a_river(*points, came=None, need=10, label="4500-1 / 10"):
    return BoardRiver(
        label=label,
        points=points,
        came=None if came is None else TODAY + came * DAY,
        need_by=TODAY + need * DAY,
    )


def styles(river):
    return [stream.css for stream in river.streams]


def dots(river):
    return [dot.css for dot in river.dots]


@pytest.mark.parametrize(
    ("points", "css", "slips"),
    [
        ([said(20, 10)], "river", []),
        ([said(20, 10), said(5, 8)], "river", []),
        ([said(20, 10), said(5, 14)], "river--bad", ["is is--bad"]),
        ([said(20, 10), said(5, 14, by_buyer=True)], "river--buyer", ["was"]),
        (
            [said(20, 10), said(9, 14, by_buyer=True), said(5, 16)],
            "river--bad",
            ["was", "is is--bad"],
        ),
        # Slipped and came back: the slip stays in sight, the promise is as first said.
        ([said(20, 10), said(9, 14), said(5, 10)], "river", ["is is--bad"]),
    ],
)
def test_a_slip_by_the_supplier_is_solid_and_by_the_buyer_hollow(points, css, slips):
    river = board_drawn([a_river(*points)], today=TODAY)

    assert styles(river) == [css]
    assert dots(river) == slips


@pytest.mark.parametrize(
    ("came", "css"), [(-4, "is is--good"), (-3, "is is--good"), (-2, "is is--bad")]
)
def test_the_end_says_whether_the_first_promise_was_kept(came, css):
    river = board_drawn([a_river(said(20, -3), came=came)], today=TODAY)

    assert dots(river) == [css]


def test_on_the_diagonal_said_and_promised_are_one_day():
    # Said on one day for that same day: the dot of such a slip lies on the diagonal.
    river = board_drawn([a_river(said(20, -15), said(5, -5), need=10)], today=TODAY)

    (dot,) = river.dots
    line = river.diagonal
    share = (dot.x - line.x1) / (line.x2 - line.x1)
    assert dot.y == pytest.approx(line.y1 + share * (line.y2 - line.y1), abs=0.2)


def test_a_diagonal_out_of_sight_is_not_drawn():
    river = board_drawn([a_river(said(20, 90), need=95)], today=TODAY)

    assert river.diagonal is None


def test_each_tranche_is_a_stream_and_the_last_one_is_bold():
    points = (said(20, 5, 10), said(9, 10), said(4, 6, 12))

    river = drawn(points, NOTHING, need_by=TODAY + 10 * DAY, today=TODAY)

    assert styles(river) == ["river--faint", "river--faint", "river--bad"]
    assert [row[1].replace("\u00a0", " ") for row in river.rows] == [
        "28 Nov, 3 Dec",
        "3 Dec",
        "29 Nov, 5 Dec",
    ]


def test_many_lines_share_axes_and_each_row_names_its_line():
    lines = [
        a_river(said(30, 10), said(2, 20), label="A / 10"),
        a_river(said(10, 40), label="B / 10", need=40),
    ]

    river = board_drawn(lines, today=TODAY)

    assert styles(river) == ["river", "river--bad"]
    assert [row[0] for row in river.rows] == ["A / 10", "A / 10", "B / 10"]
    assert len(river.needs) == 2
    xs = [dot.x for dot in river.dots]
    assert all(river.left <= x <= river.right for x in xs)
    assert all(0 <= dot.y <= river.height for dot in river.dots)


def test_nothing_promised_is_no_river():
    assert board_drawn([], today=TODAY) is None
