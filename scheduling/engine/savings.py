"""What lifting a limit would save a plan, proved by solving again from that very plan.

Two figures answer "why", and they are never mixed. The waterfall (``explain``) adds up
to the lead time; the saving here does not: two limits may save the same days, and
lifting one may save nothing because another one waits behind it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median_low

from scheduling.engine.decode.incumbent import Places, places_of
from scheduling.engine.lifting.lift import lifted
from scheduling.engine.lifting.limits import Limit, binding
from scheduling.engine.lifting.pairs import (
    OrderSaving,
    RackSaving,
    by_order,
    by_rack,
    figure,
    total_earlier,
    total_late,
)
from scheduling.engine.lifting.resolve import Answer, Resolver, without_change
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Schedule

__all__ = [
    "Limit",
    "OrderSaving",
    "RackSaving",
    "Saving",
    "Study",
    "binding",
    "savings",
]

SEEDS = (1, 2, 3, 4, 5)
POLISH, POLISH_SEED = 5, 11
"""Before anything is compared, the plan is improved for so many re-solves' moves."""
FEWEST_MOVES, MOST_MOVES = 60, 400
MOVES_BUDGET = 60_000
"""Moves times racks: what a move costs grows with the racks around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What one change of one limit would save; medians of the pairs that were solved.

    Attributes:
        limit: The limit that is changed.
        cents: Money saved.
        spread_cents: From the least to the greatest of the pairs.
        late_min: Rack-minutes of lateness saved, over all racks.
        ship_min: Rack-minutes shipped earlier, over all racks planned in both.
        is_distinguishable: Whether the money saved is more than the spread; if not, it
            may be chance, and is shown so.
        pairs: How many pairs were solved: five, or one if that saved nothing.
        racks: Racks that save something themselves.
        orders: Orders that save something themselves.
    """

    limit: Limit
    cents: int
    spread_cents: int
    late_min: int
    ship_min: int
    is_distinguishable: bool
    pairs: int
    racks: tuple[RackSaving, ...]
    orders: tuple[OrderSaving, ...]


class Study:
    """A plan, and the re-solves of its own problem that every change is held against.

    Attributes:
        problem: What was planned, without the price of change.
        places: Where the polished plan has every step.
        moves: Of each re-solve.
    """

    def __init__(
        self, problem: Problem, schedule: Schedule, *, moves: int | None = None
    ) -> None:
        """Take a plan and polish it, so that what is left to gain is the limits'.

        Args:
            problem: What was planned.
            schedule: The plan, refereed.
            moves: Of each re-solve; None for what suits the number of racks.
        """
        self.problem = without_change(problem)
        self.places: Places = places_of(problem, schedule)
        self.moves = moves_for(len(problem.racks)) if moves is None else moves
        resolver = Resolver(self.problem, self.places)
        polished = resolver.solve(seed=POLISH_SEED, moves=POLISH * self.moves)
        self.places = places_of(self.problem, resolver.schedule(polished))
        self._resolver = Resolver(self.problem, self.places)
        self._known: dict[int, Answer] = {}
        self._passed: set[int] = set()

    def control(self, seed: int) -> Answer:
        """Return the re-solve of the unchanged problem; solved once a seed."""
        if seed not in self._known:
            self._known[seed] = self._resolver.solve(seed=seed, moves=self.moves)
        return self._known[seed]

    def saving(self, limit: Limit, changed: Problem) -> Saving:
        """Return what a change saves.

        Args:
            limit: What is changed.
            changed: The problem with the change; it asks for no more than before.

        Raises:
            NoPlanError: If the changed problem cannot be planned as a whole, or the
                referee refuses one of the two plans between which the median lies.
        """
        resolver = Resolver(changed, self.places)
        pairs: list[tuple[Answer, Answer]] = []
        for seed in SEEDS:
            before = self.control(seed)
            pairs.append((before, resolver.solve(seed=seed, moves=self.moves)))
            if len(pairs) == 1 and pairs[0][1].cents >= before.cents:
                break
        self._prove(resolver, pairs)
        return self._summed(limit, pairs)

    def _prove(self, resolver: Resolver, pairs: list[tuple[Answer, Answer]]) -> None:
        """Referee the pair whose saving is the one that is told."""
        saved = [one.cents - two.cents for one, two in pairs]
        told = saved.index(median_low(saved))
        resolver.schedule(pairs[told][1])
        if told not in self._passed:
            self._resolver.schedule(pairs[told][0])
            self._passed.add(told)

    def _summed(self, limit: Limit, pairs: list[tuple[Answer, Answer]]) -> Saving:
        money = figure([one.cents - two.cents for one, two in pairs])
        late = figure(
            [
                total_late(self.problem, one) - total_late(self.problem, two)
                for one, two in pairs
            ]
        )
        ship = figure([total_earlier(one, two) for one, two in pairs])
        is_whole = len(pairs) == len(SEEDS)
        return Saving(
            limit=limit,
            cents=money.value,
            spread_cents=money.spread,
            late_min=late.value,
            ship_min=ship.value,
            is_distinguishable=is_whole and money.is_distinguishable,
            pairs=len(pairs),
            racks=by_rack(self.problem, pairs) if is_whole else (),
            orders=by_order(self.problem, pairs) if is_whole else (),
        )


def savings(
    problem: Problem,
    schedule: Schedule,
    limits: Iterable[Limit],
    *,
    moves: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Saving, ...]:
    """Return what lifting each limit would save, in the order asked.

    Args:
        problem: What was planned.
        schedule: The plan, refereed.
        limits: From ``binding``.
        moves: Of each re-solve; None for what suits the number of racks.
        should_stop: Asked before each limit whether to return what there is.
    """
    study = Study(problem, schedule, moves=moves)
    found = []
    for limit in limits:
        if should_stop is not None and should_stop():
            break
        found.append(study.saving(limit, lifted(study.problem, limit)))
    return tuple(found)


def moves_for(racks: int) -> int:
    """Return how many moves a re-solve makes: fewer where each costs more."""
    return min(MOST_MOVES, max(FEWEST_MOVES, MOVES_BUDGET // max(1, racks)))
