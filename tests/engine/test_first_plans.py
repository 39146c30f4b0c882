"""First plans of a large problem: each rule once, by whoever has begun it."""

import pytest

from scheduling.engine.decode.board import Board
from scheduling.engine.improve import best_cents
from scheduling.engine.rules import RULES, order_by
from scheduling.engine.solve import solve
from scheduling.engine.spread import rounds
from scheduling.engine.spread.first import FirstPlans
from scheduling.engine.spread.message import Answer, Question, rule_question
from scheduling.engine.spread.work import Helper
from tests.builders.demo_site import a_demo_like_problem

RACKS = 60
NOBODY = ((), ())
OTHERS = tuple(RULES)[1:]
"""The rules that are left to helpers."""


@pytest.fixture(scope="module")
def problem():
    return a_demo_like_problem(RACKS)


@pytest.fixture(scope="module")
def prices(problem):
    """Return what each rule's plan costs, racks begun as early as may be."""
    board, found = Board(problem), {}
    for rule in RULES:
        board.decode(order_by(rule, board.tables), delay=False)
        found[rule] = board.price()
    return found


class Takers:
    """Helpers who begin so many first plans, answer at once, and search nothing."""

    most = 1

    def __init__(self, problem, begun, *, lost=False):
        """Begin with nothing to do."""
        self.problem, self.begun, self.lost = problem, begun, lost
        self.helper = Helper()
        self.rules, self.found = [], {}

    def offer(self, tasks):
        """Make the first of the plans asked for."""
        begun = tasks[: self.begun]
        self.rules = [Question.from_bytes(task.question).asked for task in begun]
        made = [] if self.lost else map(self._make, begun)
        self.found = dict(enumerate(made))

    def _make(self, task):
        return self.helper.work(
            task.question,
            name="it",
            problem=lambda: self.problem,
            seconds=1.0,
            seed=1,
            cooled=0.0,
        )

    def answers(self):
        """Return what was made."""
        return self.found

    def taken(self):
        """Return how many were begun."""
        return len(self.rules)


def counted_decodings(monkeypatch):
    """Return a list that decodings of this process go into."""
    found, decode = [], Board.decode

    def count(board, order, *, keep=False, delay=True):
        found.append(delay)
        decode(board, order, keep=keep, delay=delay)

    monkeypatch.setattr(Board, "decode", count)
    return found


def test_a_question_for_a_first_plan_says_how_to_make_it():
    rule = OTHERS[2]

    question = Question.from_bytes(rule_question(rule, (["B", "A"], ["C"])))

    assert question == Question(left_out=("A", "B"), unread=("C",), asked=rule)


@pytest.mark.parametrize("rule", OTHERS[:2])
def test_a_helper_makes_the_plan_that_one_would_make_oneself(problem, rule):
    found = Answer.from_bytes(
        Helper().work(
            rule_question(rule, NOBODY),
            name="it",
            problem=lambda: problem,
            seconds=1.0,
            seed=1,
            cooled=0.0,
        )
    )

    board = Board(problem)
    board.decode(order_by(rule, board.tables), delay=False)
    assert (found.seats.time == board.time).all()
    assert (found.seats.seat == board.seat).all()
    assert found.seats.price == board.price()
    assert found.moves == 0


def test_each_rule_is_asked_for_once_and_the_cheapest_plan_is_taken(problem, prices):
    helpers = Takers(problem, len(OTHERS))

    first = FirstPlans(helpers, OTHERS, NOBODY)

    assert helpers.rules == list(OTHERS)
    assert first.is_begun
    assert first.best().price == min(prices[rule] for rule in OTHERS)


def test_a_plan_that_has_not_come_is_not_waited_for(problem):
    first = FirstPlans(Takers(problem, 2, lost=True), OTHERS, NOBODY)

    assert first.is_begun
    assert first.best() is None


def test_without_helpers_there_are_none():
    first = FirstPlans(None, OTHERS, NOBODY)

    assert not first.is_begun
    assert first.best() is None


@pytest.mark.parametrize("begun", [0, len(OTHERS)])
def test_other_rules_are_left_to_whoever_helps(problem, prices, monkeypatch, begun):
    """The helper works in this process too, so its decodings are counted."""
    monkeypatch.setattr(rounds, "LEAST_RACKS", RACKS // 2)
    decoded = counted_decodings(monkeypatch)

    outcome = solve(
        problem,
        time_limit_s=600,
        helpers=Takers(problem, begun),
        should_stop=lambda: len(decoded) >= len(RULES),
    )

    assert len(decoded) == len(RULES)
    assert outcome.best_rule == best_cents(min(prices.values()))
