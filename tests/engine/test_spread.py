"""A plan searched in parts: what goes together is legal, and lost parts cost little."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.render import render
from scheduling.engine.improve import Improver
from scheduling.engine.rules import order_by
from scheduling.engine.solve import solve
from scheduling.engine.spread import part as part_module
from scheduling.engine.spread import rounds
from scheduling.engine.spread.part import Placement, cut, place, question, read
from scheduling.engine.spread.rounds import Rounds
from scheduling.engine.spread.work import work
from tests.builders.demo_site import a_demo_like_problem

RACKS = 240


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(part_module, "LEAST_RACKS", 5)


@pytest.fixture(scope="module")
def problem():
    return a_demo_like_problem(RACKS, curtailed=True)


@pytest.fixture
def board(problem):
    found = Board(problem)
    found.decode(order_by("earliest_due_date", found.tables))
    return found


class InProcess:
    """Helpers who work at once, or take a part and are never heard of again."""

    def __init__(self, most, *, lost=False):
        """Begin with nothing to do."""
        self.most, self.lost = most, lost
        self.tasks = ()
        self.found = {}

    def offer(self, tasks):
        """Work on them, unless they are to be lost."""
        self.tasks = tasks
        self.found = {}
        if not self.lost:
            self.found = {
                number: work(
                    task.question, seconds=0.2, seed=task.seed, cooled=task.cooled
                ).to_bytes()
                for number, task in enumerate(tasks)
            }

    def answers(self):
        """Return what was found."""
        return self.found

    def taken(self):
        """Say that somebody has taken all of them."""
        return len(self.tasks)


def a_search(board, helpers, turns):
    """Return a search in parts of so many rounds."""
    left = iter(range(turns))
    return Rounds(
        board=board,
        improver=Improver(board, seed=1),
        helpers=helpers,
        seed=1,
        goes_on=lambda: next(left, None) is not None,
        share=lambda: 0.5,
        tell=lambda: None,
        seconds=0.2,
    )


@pytest.mark.parametrize("shift", [0.2, 0.5, 0.8])
def test_parts_share_no_rack_and_stay_in_their_windows(board, shift):
    parts = cut(board, 2, shift)

    assert len(parts) == 2
    free = np.concatenate([part.free for part in parts])
    assert len(free) == len(set(free.tolist()))
    for before, after in pairwise(parts):
        assert before.end <= after.start
        assert board.time[before.free, :, 1].max() <= before.end
        assert board.time[after.free, 0, 0].min() >= after.start


def test_a_part_is_a_message_that_tells_everything(board):
    part = cut(board, 2, 0.5)[-1]

    problem, where, free = read(question(board, part))

    assert [rack.key for rack in problem.racks] == [
        board.encoded.racks[row].key for row in part.rows
    ]
    assert free.sum() == len(part.free)
    assert (where.time == board.time[part.rows]).all()
    assert all(rack.release >= part.start for rack in problem.racks[: free.sum()])


def test_what_parts_find_goes_together(problem, board):
    """Each part is searched from the same plan; all of them are then put in it."""
    before = board.seats()
    parts = cut(board, 3, 0.2)
    found = [
        Placement.from_bytes(
            work(question(board, part), seconds=0.5, seed=7, cooled=0.0).to_bytes()
        )
        for part in parts
    ]

    for part, where in zip(parts, found, strict=True):
        place(board, board.seats(), part.free, where)

    assert any(
        (where.time != before.time[part.free]).any()
        for part, where in zip(parts, found, strict=True)
    )
    assert board.overdrawn() == 0
    assert board.placed() == RACKS
    assert made(breaches(problem, render(board, ()))) == ()


def test_a_search_in_parts_makes_the_plan_cheaper(problem, board):
    before = board.price()
    search = a_search(board, InProcess(2), turns=300)

    search.run()

    assert search.improver.best < before
    assert search.merged > 0
    assert search.refused == 0
    board.restore(search.improver.best_seats())
    assert board.price() == search.improver.best
    assert made(breaches(problem, render(board, ()))) == ()


def test_a_lost_helper_costs_its_part_only(problem, board, monkeypatch):
    monkeypatch.setattr(rounds, "GRACE_S", 0.0)
    before = board.price()
    search = a_search(board, InProcess(2, lost=True), turns=150)

    search.run()

    assert search.improver.best < before
    assert search.lost > 0
    assert "lost with their worker" in search.sentence()
    board.restore(search.improver.best_seats())
    assert made(breaches(problem, render(board, ()))) == ()


def test_where_nobody_helps_few_are_asked_for(board, monkeypatch):
    wanted = []

    def cut_and_count(board, count, shift):
        wanted.append(count)
        return cut(board, count, shift)

    monkeypatch.setattr(rounds, "cut", cut_and_count)
    helpers = InProcess(3, lost=True)
    monkeypatch.setattr(helpers, "taken", lambda: 0)
    search = a_search(board, helpers, turns=150)

    search.run()

    # All of them at first, then one until it is worth asking all of them again.
    assert wanted[:6] == [4, 2, 2, 2, 2, 4][: len(wanted)]
    assert len(wanted) > 1


def test_what_does_not_fit_is_refused(board):
    part = cut(board, 2, 0.5)[0]
    best = board.seats()
    search = a_search(board, InProcess(1), turns=1)
    everything_at_once = Placement(
        time=np.repeat(best.time[part.free[:1]], len(part.free), axis=0),
        soak=best.soak[part.free],
        pool=best.seat[part.free, 1],
    )

    kept = search._merge(best, part, everything_at_once)

    assert kept is best
    assert search.refused == 1
    assert board.overdrawn() == 0


def test_a_large_search_asks_for_help_and_says_so(problem, monkeypatch):
    monkeypatch.setattr(rounds, "LEAST_RACKS", RACKS)

    helpers = InProcess(1)
    # Without it no ceilings are tried first, which takes a share of the time.
    prices = replace(problem.prices, demand_per_kw=0)

    outcome = solve(
        replace(problem, prices=prices),
        time_limit_s=600,
        workers=1,
        helpers=helpers,
        should_stop=lambda: bool(helpers.tasks),
    )

    assert any("rounds of parts" in note for note in outcome.notes)
    assert made(breaches(problem, outcome.schedule)) == ()
    assert not outcome.schedule.unplannable
