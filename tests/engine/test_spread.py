"""A plan searched in parts: what goes together is legal, and lost parts cost little."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, pairwise

import numpy as np
import pytest

from scheduling.engine import improve
from scheduling.engine.check import breaches, made
from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.decode.render import render
from scheduling.engine.improve import Improver
from scheduling.engine.kernels import memory as t
from scheduling.engine.rules import order_by
from scheduling.engine.solve import solve
from scheduling.engine.spread import part as part_module
from scheduling.engine.spread import rounds
from scheduling.engine.spread import work as work_module
from scheduling.engine.spread.message import Answer, Question, part_questions
from scheduling.engine.spread.part import cut
from scheduling.engine.spread.rounds import Rounds
from scheduling.engine.spread.search import answer, merge, search, search_beside
from scheduling.engine.spread.work import Helper
from tests.builders.demo_site import a_demo_like_problem

RACKS = 240


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Let parts be small, and time go on by a hundredth whenever it is looked at."""
    looks = count()
    monkeypatch.setattr(part_module, "LEAST_RACKS", 5)
    monkeypatch.setattr(rounds, "RACKS_A_PART", 50)
    monkeypatch.setattr(improve, "BURST_S", 0.005)
    for module in (rounds, work_module):
        monkeypatch.setattr(module, "monotonic", lambda: next(looks) / 100)


@pytest.fixture(scope="module")
def problem():
    return a_demo_like_problem(RACKS, curtailed=True)


@pytest.fixture
def board(problem):
    found = Board(problem)
    found.decode(order_by("earliest_due_date", found.tables))
    return found


def a_while(times):
    """Return a clock that is over after so many looks."""
    looks = iter(range(times))
    return lambda: (next(looks, times) + 1) / times


def minutes_free(board):
    """Return what is free in each minute of each row, after all that is placed."""
    words, rows = board.memory.words, len(board.encoded.rows) + len(board.encoded.pools)
    wide, runs = int(words[t.FREE_WIDTH]), int(words[t.LOW_WIDTH])
    free = board.memory.minutes[: rows * wide].reshape(rows, runs, t.RUN)
    shift = board.memory.minutes[words[t.AT_SHIFT] :][: rows * runs]
    return free + shift.reshape(rows, runs, 1)


def work(helper, problem, data, *, seconds, seed=7, cooled=0.0):
    """Return a helper's answer."""
    return helper.work(
        data,
        name="it",
        problem=lambda: problem,
        seconds=seconds,
        seed=seed,
        cooled=cooled,
    )


class InProcess:
    """Helpers who work at once, or take a part and are never heard of again."""

    def __init__(self, most, problem, *, lost=False):
        """Begin with nothing to do."""
        self.most, self.problem, self.lost = most, problem, lost
        self.helper = Helper()
        self.tasks = ()
        self.found = {}

    def offer(self, tasks):
        """Work on them, unless they are to be lost."""
        self.tasks = tasks
        self.found = {}
        if not self.lost:
            self.found = {
                number: work(
                    self.helper,
                    self.problem,
                    task.question,
                    seconds=0.2,
                    seed=task.seed,
                    cooled=task.cooled,
                )
                for number, task in enumerate(tasks)
            }

    def answers(self):
        """Return what was found."""
        return self.found

    def taken(self):
        """Say that somebody has taken all of them."""
        return len(self.tasks)


def a_search(board, helpers, turns, *, threads=1):
    """Return a search in parts of so many rounds."""
    left = iter(range(turns))
    return Rounds(
        board=board,
        improver=Improver(board, seed=1),
        helpers=helpers,
        threads=threads,
        seed=1,
        goes_on=lambda: next(left, None) is not None,
        share=lambda: 0.5,
        left=lambda: 1.0,
        tell=lambda _: None,
        seconds=0.2,
    )


@pytest.mark.parametrize("shift", [0.2, 0.5, 0.8])
def test_parts_share_no_rack_and_stay_in_their_windows(board, shift):
    parts = cut(board, 2, shift)

    assert len(parts) == 2
    racks = np.concatenate([part.racks for part in parts])
    assert len(racks) == len(set(racks.tolist()))
    for before, after in pairwise(parts):
        assert before.end <= after.start
        assert board.time[before.racks, :, 1].max() <= before.end
        assert board.time[after.racks, 0, 0].min() >= after.start


def test_racks_that_have_begun_are_in_no_part(board):
    """Taken out, they would take what others have past the window."""
    racks = np.concatenate([part.racks for part in cut(board, 2, 0.5)])
    has_begun = (board.tables.rack[:, [t.DONE, t.IS_FACT]] > 0).any(axis=1)

    assert has_begun.any()
    assert not has_begun[racks].any()


def test_a_part_is_a_message_that_tells_everything(board):
    part = cut(board, 2, 0.5)[-1]

    (message,) = part_questions(board, [part])
    asked = Question.from_bytes(message).asked

    assert asked.window == (part.start, part.end)
    assert (asked.seats.time == board.time).all()
    assert (asked.seats.soak == board.soak).all()
    assert (asked.seats.seat == board.seat).all()
    assert asked.seats.price == board.price()


def test_an_answer_names_the_racks_that_moved(board):
    before = board.seats()
    part = cut(board, 2, 0.5)[0]
    search(board, part, seed=1, cooled=0.5, over=a_while(120))

    found = Answer.from_bytes(answer(board, before, 20).to_bytes())

    moved = (board.time != before.time).any(axis=(1, 2))
    assert moved.any()
    assert set(np.flatnonzero(moved)) <= set(found.racks.tolist()) <= set(part.racks)
    assert (found.seats.time == board.time[found.racks]).all()


def test_a_part_keeps_to_its_window_and_leaves_the_others(problem, board):
    before = board.seats()
    part = cut(board, 3, 0.5)[1]

    search(board, part, seed=3, cooled=0.0, over=a_while(120))

    others = np.setdiff1d(np.arange(board.racks), part.racks)
    assert (board.time[others] == before.time[others]).all()
    assert board.time[part.racks, 0, 0].min() >= part.start
    assert board.time[part.racks, :, 1].max() <= part.end
    assert board.price() < before.price
    assert made(breaches(problem, render(board, ()))) == ()


def test_a_board_stands_where_it_was_told_as_if_laid_out_anew(problem, board):
    """Moving a few racks leaves the same free minutes as placing all of them."""
    first = board.seats()
    search(board, cut(board, 2, 0.5)[1], seed=3, cooled=0.0, over=a_while(120))
    other = Board(problem)
    other.restore(first)

    other.stand(board.seats())
    board.restore(board.seats())

    assert (other.time == board.time).all()
    assert other.price() == board.price()
    assert (minutes_free(other) == minutes_free(board)).all()


def test_what_parts_find_goes_together(problem, board):
    """Each part is searched from the same plan; all of them are then put in it.

    Material is shared above: no part takes a piece another one counts on.
    """
    before = board.price()
    helper = Helper()
    found = [
        Answer.from_bytes(work(helper, problem, asked, seconds=1.5))
        for asked in part_questions(board, cut(board, 3, 0.2))
    ]

    assert merge(board, found) == len(found)

    assert board.price() < before
    assert board.overdrawn() == 0
    assert board.placed() == RACKS
    assert made(breaches(problem, render(board, ()))) == ()


def test_a_search_in_parts_makes_the_plan_cheaper(problem, board):
    before = board.price()
    search = a_search(board, InProcess(2, problem), turns=300)

    search.run()

    assert search.improver.best < before
    assert search.merged > 0
    assert search.refused == 0
    board.restore(search.improver.best_seats())
    assert board.price() == search.improver.best
    assert made(breaches(problem, render(board, ()))) == ()


def test_threads_share_what_is_free_and_nothing_else(problem, board):
    """Two parts searched at once on one board's minutes leave them as they were."""
    before, free = board.seats(), minutes_free(board)
    parts = cut(board, 2, 0.5)

    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda part: search_beside(
                    board.beside(), part, seed=5, cooled=0.0, over=a_while(120)
                ),
                parts,
            )
        )

    assert (board.time == before.time).all()
    assert (minutes_free(board) == free).all()
    assert merge(board, found) == 2
    assert board.price() < before.price
    other = Board(problem)
    other.restore(board.seats())
    assert (minutes_free(other) == minutes_free(board)).all()
    assert other.price() == board.price()
    assert made(breaches(problem, render(board, ()))) == ()


def test_threads_alone_search_in_parts(problem, board):
    before = board.price()
    search = a_search(board, None, turns=300, threads=3)

    search.run()

    assert search.merged > 0
    assert search.refused == 0
    assert "on 3 threads" in search.sentence()
    assert search.improver.best < before
    board.restore(search.improver.best_seats())
    assert board.price() == search.improver.best
    assert made(breaches(problem, render(board, ()))) == ()


def test_a_lost_helper_costs_its_part_only(problem, board, monkeypatch):
    monkeypatch.setattr(rounds, "GRACE_S", 0.0)
    before = board.price()
    search = a_search(board, InProcess(2, problem, lost=True), turns=150)

    search.run()

    assert search.improver.best < before
    assert search.lost > 0
    assert "lost with their worker" in search.sentence()
    board.restore(search.improver.best_seats())
    assert made(breaches(problem, render(board, ()))) == ()


def test_where_nobody_helps_few_are_asked_for(problem, board, monkeypatch):
    wanted = []

    def cut_and_count(board, count, shift):
        wanted.append(count)
        return cut(board, count, shift)

    monkeypatch.setattr(rounds, "cut", cut_and_count)
    helpers = InProcess(3, problem, lost=True)
    monkeypatch.setattr(helpers, "taken", lambda: 0)
    search = a_search(board, helpers, turns=150)

    search.run()

    # All of them at first, then one until it is worth asking all of them again.
    assert wanted[:6] == [4, 2, 2, 2, 2, 4][: len(wanted)]
    assert len(wanted) > 1


def test_what_does_not_fit_is_refused(board):
    best = board.seats()
    racks = cut(board, 2, 0.5)[0].racks
    everything_at_once = Answer(
        racks=racks,
        seats=Seats(
            time=np.repeat(best.time[racks[:1]], len(racks), axis=0),
            soak=best.soak[racks],
            seat=best.seat[racks],
            price=0,
        ),
        moves=1,
    )

    assert merge(board, [everything_at_once]) == 0

    assert (board.time == best.time).all()
    assert board.price() == best.price
    assert board.overdrawn() == 0


def test_one_bad_answer_does_not_spoil_the_others(problem, board):
    before = board.price()
    parts = cut(board, 2, 0.5)
    good, bad = (
        Answer.from_bytes(work(Helper(), problem, asked, seconds=1.5))
        for asked in part_questions(board, parts)
    )
    bad.seats.time[:] = bad.seats.time[:1]

    assert merge(board, [good, bad]) == 1

    assert board.price() < before
    assert board.overdrawn() == 0


def test_a_helper_lays_a_problem_out_once(problem, board):
    asked = []

    def read():
        asked.append(problem)
        return problem

    helper = Helper()
    (message,) = part_questions(board, cut(board, 2, 0.5)[:1])
    for name in ("one", "one", "two"):
        helper.work(
            message,
            name=name,
            problem=read,
            seconds=0.05,
            seed=1,
            cooled=0.0,
        )

    assert len(asked) == 2


def test_a_large_search_asks_for_help_and_says_so(problem, monkeypatch):
    monkeypatch.setattr(rounds, "LEAST_RACKS", RACKS)

    # Without it no ceilings are tried first, which takes a share of the time.
    problem = replace(problem, prices=replace(problem.prices, demand_per_kw=0))
    helpers = InProcess(1, problem)

    outcome = solve(
        problem,
        time_limit_s=600,
        workers=1,
        helpers=helpers,
        should_stop=lambda: any(task.cooled for task in helpers.tasks),
    )

    assert any("rounds of parts" in note for note in outcome.notes)
    assert made(breaches(problem, outcome.schedule)) == ()
    assert not outcome.schedule.unplannable
