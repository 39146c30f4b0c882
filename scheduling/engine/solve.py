"""Searches a problem for the cheapest plan: dispatch rules, then ruin and recreate.

A first plan is refereed and reported at once; whatever follows can only be cheaper. The
search can be stopped at any moment and returns the best so far.
"""

import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from time import monotonic

from scheduling.engine.bound import (
    BoundKind,
    Reason,
    cost_floor,
    priced_floors,
    sentence,
)
from scheduling.engine.bounds.priced import kernel
from scheduling.engine.cost import cost, cost_of_others
from scheduling.engine.cpsat.solve import MOST_RACKS, Companion
from scheduling.engine.decode.board import ENTRIES, Board, Seats, Tally
from scheduling.engine.decode.published import keep_order
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.improve import Improver
from scheduling.engine.kernels.compile import prepare
from scheduling.engine.kernels.memory import DEMAND, HAS_PREVIOUS, Memory
from scheduling.engine.outcome import Outcome, Progress, Status
from scheduling.engine.problem import Problem
from scheduling.engine.proof import proved
from scheduling.engine.rules import RULES, order_by
from scheduling.engine.schedule import Schedule, Unplannable
from scheduling.engine.spread import rounds
from scheduling.engine.spread.first import FirstPlans
from scheduling.engine.spread.rounds import Helpers
from scheduling.engine.validate import inspect
from scheduling.engine.wording import racks

__all__ = ["Outcome", "Progress", "Status", "solve", "warm"]

Listener = Callable[[Progress], None]
Question = Callable[[], bool]

UNREADABLE = frozenset({"bad_progress", "unknown_model"})
"""Reasons that leave nothing of a rack's facts to count with."""
REPORT_EVERY_S = 0.5
MOVES_A_BURST = 50
CEILINGS = (1.0, 0.92, 0.86, 0.8, 0.74, 0.68)
"""Peaks tried, as shares of the first plan's."""
CEILING_SHARE = 0.07
"""Share of the search spent under each."""
MIN_THREADS = 2
"""From so many threads on CP-SAT gets one of its own."""
MANY_RACKS = 3_000
"""Beyond, this worker decodes one rule and helpers another: all would take too long."""
PRICE_SHARE = 0.25
"""Share of the search that CP-SAT waits while prices make a bound."""


def solve(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 1,
    workers: int = 1,
    on_progress: Listener | None = None,
    should_stop: Question | None = None,
    max_moves: int | None = None,
    may_move_frozen: bool = False,
    helpers: Helpers | None = None,
) -> Outcome:
    """Return the cheapest plan found within a time limit.

    Args:
        problem: What to plan.
        time_limit_s: Seconds of search; a first plan is made however short it is.
        seed: Of the random numbers.
        workers: Threads it may use.
        on_progress: Told where the search stands, from the threads of the search.
        should_stop: Asked ten times a second whether to return what there is.
        max_moves: If given, exactly so many moves are made whatever the clock says: the
            same problem, seed and number give the same plan.
        may_move_frozen: Whether racks with a published start inside the frozen fence
            may move though nothing makes them.
        helpers: Other processes that search parts of a large plan.

    Raises:
        NoPlanError: If the problem cannot be planned as a whole; its sentences say why.
    """
    inspection = inspect(problem)
    if inspection.errors:
        raise NoPlanError(" ".join(error.sentence for error in inspection.errors))
    search = _Search(
        problem=problem,
        left_out=inspection.unplannable,
        seed=seed,
        workers=workers,
        limit_s=time_limit_s,
        on_progress=on_progress,
        should_stop=should_stop,
        max_moves=max_moves,
        may_move_frozen=may_move_frozen,
        helpers=helpers,
    )
    return search.run()


def warm() -> None:
    """Compile the kernels, or load them where that was done before."""
    prepare(Memory, ENTRIES)
    kernel.warm()


def versions() -> dict[str, str]:
    """Return the versions of what searches."""
    found = {"python": platform.python_version()}
    for name in ("numba", "numpy", "ortools"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover - plain Python kernels
            found[name] = "absent"
    return found


@dataclass(slots=True, kw_only=True)
class _Best:
    """The best refereed plan so far."""

    schedule: Schedule | None = None
    tally: Tally | None = None
    on_board: Tally | None = None
    found_by: str = ""


@dataclass(slots=True, kw_only=True)
class _Search:
    """One search: its clock, what it has found, and whom it tells."""

    problem: Problem
    left_out: tuple[Unplannable, ...]
    seed: int
    workers: int
    limit_s: float
    on_progress: Listener | None
    should_stop: Question | None
    max_moves: int | None
    may_move_frozen: bool
    helpers: Helpers | None = None
    began: float = 0.0
    best: _Best = field(default_factory=_Best)
    bound: int = 0
    bound_reason: str = ""
    standing: Tally | None = None
    hinted: int = 0
    """Cents of the plan that CP-SAT began with."""
    aside: int = 0
    """Cents of racks that are done or left out; the board does not count them."""
    found_by: str = ""
    first_plan_s: float | None = None
    best_rule: Tally | None = None
    moves: int = 0
    is_stopped: bool = False
    has_searched: threading.Event = field(default_factory=threading.Event)
    reported_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    curve: list[tuple[float, int | None, int | None]] = field(default_factory=list)

    def run(self) -> Outcome:
        """Search and return what was found."""
        self.began = monotonic()
        left_out = {one.rack for one in self.left_out}
        unread = {one.rack for one in self.left_out if one.code in UNREADABLE}
        helpers = self.helpers if self._is_worth_parts() else None
        elsewhere = FirstPlans(helpers, self._rules()[1:], (left_out, unread))
        board = Board(self.problem, seed=self.seed, left_out=left_out, unread=unread)
        self.aside = cost_of_others(self.problem, left_out)
        floor = threading.Thread(target=self._find_floor, name="floor", daemon=True)
        seats = self._try_rules(board, floor, elsewhere)
        if self.max_moves is not None:
            # A search that must repeat may not end sooner when the floor comes sooner.
            floor.join()
        if board.racks and not self._is_over():
            if board.moved_since(seats).size:
                board.restore(seats)
            seats = self._improve(board, floor)
        self.has_searched.set()
        self._report("proving")
        board.restore(seats)
        self._take(board, self.found_by)
        floor.join()
        return self._outcome()

    @property
    def seconds(self) -> float:
        """Return the seconds since it began."""
        return monotonic() - self.began

    def _is_over(self) -> bool:
        """Return whether to stop, by order or by the clock."""
        if not self.is_stopped and self.should_stop is not None:
            self.is_stopped = self.should_stop()
        if self.is_stopped:
            return True
        if self.max_moves is not None:
            return self.moves >= self.max_moves
        return self.seconds >= self.limit_s

    def _find_floor(self) -> None:
        """Set the bound that one limit at a time gives, then raise it by prices.

        Prices take the second thread until CP-SAT has it, or to the end without it.
        """
        left_out = {one.rack for one in self.left_out}
        floor = cost_floor(self.problem, left_out)
        self._raise_bound(int(floor.cents), floor.reason)
        racks = len(self.problem.racks)
        is_large = racks >= rounds.LEAST_RACKS
        is_counted = self.max_moves is not None
        if self.workers < MIN_THREADS or is_large or is_counted:
            return
        share = PRICE_SHARE if racks <= MOST_RACKS else 1.0
        for priced in priced_floors(self.problem, left_out):
            self._raise_bound(int(priced.cents), priced.reason)
            is_late = self.seconds >= share * self.limit_s
            if is_late or self.has_searched.is_set() or self.is_stopped:
                return

    def _raise_bound(self, cents: int, reason: Reason) -> None:
        """Keep a bound, and why, if it is the best so far."""
        if cents > self.bound:
            self.bound, self.bound_reason = cents, sentence(self.problem, reason)

    def _racks_left(self) -> int:
        """Return how many racks have steps left."""
        steps = {one.key: len(one.steps) for one in self.problem.templates}
        return sum(
            rack.progress.done < steps.get(rack.template, 0)
            for rack in self.problem.racks
        )

    def _is_worth_parts(self) -> bool:
        """Return whether several search a large new plan, by time."""
        is_shared = self.helpers is not None or self.workers > 1
        is_large = self._racks_left() >= rounds.LEAST_RACKS
        is_published = any(rack.previous for rack in self.problem.racks)
        is_timed = self.max_moves is None
        return is_shared and is_large and is_timed and not is_published

    def _has_many(self) -> bool:
        """Return whether the other rules' decodings would eat the search."""
        return self.max_moves is None and self._racks_left() > MANY_RACKS

    def _rules(self) -> tuple[str, ...]:
        """Return the dispatch rules that first plans are made by, in this order."""
        return tuple(RULES)[:2] if self._has_many() else tuple(RULES)

    def _try_rules(
        self, board: Board, floor: threading.Thread, elsewhere: FirstPlans
    ) -> Seats:
        """Decode by each dispatch rule; report the first plan at once.

        Where a plan is published, it comes first, mended; what a rule makes must be
        cheaper with all its moves, and starts stay no earlier than published where that
        can be. A rule begins racks as early as may be; what counts as the best rule's
        plan is that. What is gone on with begins them as late as they then may. Where
        helpers make them, others are left to them.
        """
        best: Seats | None = None
        if _is_published(board):
            self._keep(board)
            best = self._begin(board, "published", floor)
        for rule in self._rules():
            if best is not None and (elsewhere.is_begun or self._is_too_late()):
                break
            order = order_by(rule, board.tables)
            board.decode(order, keep=_is_published(board), delay=False)
            self._note_rule(board.tally())
            if best is None:
                self._report("rules")
            board.delay()
            if best is None:
                best = self._begin(board, "rule", floor)
            elif board.price() < best.price:
                best = board.seats()
            self._note(board.tally(), "rule")
        found = elsewhere.best()
        if found is not None:
            self._note_rule(board.tally_of(found))
            board.restore(found)
            board.delay()
            self._note(board.tally(), "rule")
            if best is None or board.price() < best.price:
                best = board.seats()
        if best is None:  # pragma: no cover - there are always rules
            raise NoPlanError("There is no dispatch rule.")
        return best

    def _note_rule(self, tally: Tally) -> None:
        """Keep what a rule's plan is worth."""
        self._note(tally, "rule")
        self.best_rule = min(tally, self.best_rule or tally)

    def _keep(self, board: Board) -> None:
        """Mend the published plan, and hold what nobody may move without leave."""
        board.keep(keep_order(board))
        if not self.may_move_frozen:
            held = board.frozen() & board.is_home()
            board.hold(held)
            if held.any():
                stayed = racks(int(held.sum()))
                self.notes.append(f"{stayed} inside the frozen fence stayed.")

    def _begin(self, board: Board, found_by: str, floor: threading.Thread) -> Seats:
        """Report the first plan, and once more when it is refereed."""
        self._note(board.tally(), found_by)
        self._report("rules")
        self._take(board, found_by)
        self.first_plan_s = self.seconds
        self._report("rules", schedule=self.best.schedule)
        floor.start()
        return board.seats()

    def _is_too_late(self) -> bool:
        """Return whether to leave out the rest of the rules."""
        if self.max_moves is not None:
            return False
        if self._has_many():
            return True
        return self.seconds > self.limit_s / 2 or self._is_over()

    def _improve(self, board: Board, floor: threading.Thread) -> Seats:
        """Ruin and recreate until the time is over, CP-SAT beside it."""
        improver = Improver(board, seed=self.seed, cool=_is_published(board))
        companion = self._companion(board, floor)
        try:
            self._choose_peak(board, improver, companion)
            if self._is_worth_parts():
                self._search_in_parts(improver)
            began = self.share
            while not self._has_ended():
                cooled = (self.share - began) / max(1e-9, 1 - began)
                self._burst(improver, companion, cooled)
        finally:
            self.has_searched.set()
            if companion is not None:
                companion.stop()
                self._close(companion)
        if _is_published(board):
            improver.go_home()
        return improver.best_seats()

    def _search_in_parts(self, improver: Improver) -> None:
        """Search until the time is over, part by part."""
        board = improver.board

        def tell(one: Improver) -> None:
            self._note(board.best_tally(one.best), "ruin_and_recreate")
            if self.seconds - self.reported_s >= REPORT_EVERY_S:
                self._report("search")

        search = rounds.Rounds(
            board=board,
            improver=improver,
            helpers=self.helpers,
            threads=self.workers,
            seed=self.seed,
            goes_on=lambda: not self._has_ended(),
            left=lambda: self.limit_s - self.seconds,
            share=lambda: self.share,
            tell=tell,
            seconds=min(rounds.ROUND_S, self.limit_s / rounds.ROUNDS),
        )
        search.run()
        self.moves = search.moves
        self.notes.append(search.sentence())

    def _choose_peak(
        self, board: Board, improver: Improver, companion: Companion | None
    ) -> None:
        """Search a while under each of several ceilings of import; stay with the best.

        Moves of a few racks cannot lower a peak that many hours share; a ceiling can.
        """
        if not board.tables.figure[DEMAND] or board.racks > MOST_RACKS:
            return
        if _is_published(board):
            # A lower peak would take the whole plan apart.
            return
        peak = board.peak()
        best = improver.best_seats()
        chosen: int | None = None
        worse = 0
        for number, share in enumerate(CEILINGS):
            if number:
                board.ceiling = int(peak * share)
                improver.adopt(self._best_rule(board))
            until = (number + 1) * CEILING_SHARE
            began = self.share
            while self.share < until and not self._has_ended():
                cooled = (self.share - began) / CEILING_SHARE
                self._burst(improver, companion, cooled)
            if improver.best <= best.price:
                best, chosen, worse = improver.best_seats(), board.ceiling, 0
            else:
                worse += 1
            if worse > 1 or self._has_ended():
                break
        board.ceiling = chosen
        improver.adopt(best)

    def _best_rule(self, board: Board) -> Seats:
        """Return the cheapest plan of the six rules under the board's ceiling."""
        found: list[Seats] = []
        for rule in RULES:
            board.decode(order_by(rule, board.tables), keep=_is_published(board))
            found.append(board.seats())
        return min(found, key=lambda seats: seats.price)

    def _burst(
        self, improver: Improver, companion: Companion | None, cooled: float
    ) -> None:
        """Make some moves, and look what CP-SAT has."""
        if self.max_moves is not None:
            improver.make(min(MOVES_A_BURST, self.max_moves - self.moves), cooled)
        else:
            improver.burst(cooled)
        self.moves = improver.moves
        self._note(improver.board.best_tally(improver.best), "ruin_and_recreate")
        if companion is not None:
            self._listen(improver, companion)
        if self.seconds - self.reported_s >= REPORT_EVERY_S:
            self._report("search")

    @property
    def share(self) -> float:
        """Return which share of the search is over."""
        if self.max_moves is not None:
            return self.moves / max(1, self.max_moves)
        return self.seconds / max(self.limit_s, 1e-6)

    def _has_ended(self) -> bool:
        """Return whether there is no time left, or nothing left to gain."""
        if self._is_over() or self.standing is None:
            return True
        return not self.standing.missing and self.bound >= self.standing.cents

    @property
    def cents(self) -> int | None:
        """Return what the best plan costs as far as the search knows."""
        return None if self.standing is None else self.standing.cents

    def _companion(self, board: Board, floor: threading.Thread) -> Companion | None:
        """Have CP-SAT follow the other bounds on the whole problem, or say why not."""
        racks = board.racks - int(board.left_out.sum())
        reason = ""
        if self.max_moves is not None:
            reason = "a search that must repeat runs on one thread"
        elif self.workers < MIN_THREADS:
            reason = "it needs a thread of its own"
        elif racks > MOST_RACKS:
            reason = f"{racks:,} racks are more than the {MOST_RACKS} it is given"
        elif not racks or board.placed() < racks:
            reason = "not every rack has a place"
        if reason:
            self.notes.append(f"CP-SAT was left out: {reason}.")
            return None
        chosen = tuple(
            rack
            for rack, is_out in zip(board.encoded.racks, board.left_out, strict=True)
            if not is_out
        )
        left_out = {one.rack for one in self.left_out}
        return Companion(
            problem=self.problem,
            racks=chosen,
            seed=self.seed,
            workers=self.workers - 1,
            limit_s=self.limit_s - self.seconds,
            constant=cost_of_others(self.problem, left_out),
            after=floor,
        )

    def _listen(self, improver: Improver, companion: Companion) -> None:
        """Hand CP-SAT the best plan, take its bound, decode its last solution's order.

        Most of its solutions save less against the plan it began with than has been
        found since: those are not decoded.
        """
        board = improver.board
        if companion.wants_hint:
            companion.tell(starts_of(board, improver.best_seats()))
            self.hinted = board.best_tally(improver.best).cents + self.aside
        found = companion.fetch()
        self._raise_bound(found.bound, Reason(kind=BoundKind.CP_SAT))
        worth = found.objective or 0
        if found.saved is not None:
            worth = self.hinted - found.saved
        if found.starts is None or worth >= (self.cents or 0):
            return
        main = [_main_start(found.starts.get(rack.key)) for rack in board.encoded.racks]
        kept = improver.best_seats()
        board.decode(sorted(range(board.racks), key=lambda at: main[at]))
        if self._note(board.tally(), "cp_sat"):
            improver.adopt(board.seats())
        else:
            improver.adopt(kept)

    def _close(self, companion: Companion) -> None:
        """Say what CP-SAT has shown."""
        found = companion.fetch()
        self._raise_bound(found.bound, Reason(kind=BoundKind.CP_SAT))
        if found.status == "infeasible":
            # A plan exists, so this is wrong; nothing else it said is believed.
            self.bound, self.bound_reason = 0, ""
            self.notes.append("CP-SAT found no plan where there is one; not used.")
            return
        self.notes.append(
            f"CP-SAT on the whole problem ended {found.status or 'stopped'}; it proves "
            f"at least ${found.bound // 100:,}."
        )

    def _note(self, tally: Tally, found_by: str) -> bool:
        """Keep what a plan on the board is worth; return whether it is the best."""
        whole = tally._replace(cents=tally.cents + self.aside)
        is_best = self.standing is None or whole < self.standing
        if is_best:
            self.standing, self.found_by = whole, found_by
        return is_best

    def _take(self, board: Board, found_by: str) -> None:
        """Referee the plan on the board; keep it if it is sound and cheaper."""
        on_board = board.tally()
        if self.best.on_board is not None and on_board >= self.best.on_board:
            return
        schedule = proved(self.problem, render(board, self.left_out))
        cents = int(cost(self.problem, schedule).total)
        tally = Tally(
            missing=len(schedule.unplannable) - len(self.left_out), cents=cents
        )
        if self.best.tally is None or tally <= self.best.tally:
            self.best = _Best(
                schedule=schedule, tally=tally, on_board=on_board, found_by=found_by
            )
            self.standing, self.found_by = tally, found_by

    def _report(self, phase: str, schedule: Schedule | None = None) -> None:
        """Tell where the search stands."""
        self.reported_s = self.seconds
        bound = min(self.bound, self.cents or 0)
        point = (round(self.reported_s, 3), self.cents, bound)
        if not self.curve or self.curve[-1][1:] != point[1:]:
            self.curve.append(point)
        if self.on_progress is not None:
            self.on_progress(
                Progress(
                    phase=phase,
                    seconds=self.reported_s,
                    best=self.cents,
                    bound=bound,
                    schedule=schedule,
                    found_by=self.found_by,
                    bound_reason=self.bound_reason,
                )
            )

    def _bound_what_is_planned(self) -> bool:
        """Return whether the plan has every rack that can be planned.

        If the search found no room for some, bounds of all racks say nothing of it; the
        one of those it plans takes their place.
        """
        known = {one.rack for one in self.left_out}
        schedule = self.best.schedule
        out = {one.rack for one in schedule.unplannable} if schedule else set()
        if out <= known:
            return True
        floor = cost_floor(self.problem, out)
        self.bound = int(floor.cents)
        self.bound_reason = sentence(self.problem, floor.reason)
        return False

    def _outcome(self) -> Outcome:
        best = self.best
        objective = best.tally.cents if best.tally else 0
        is_whole = self._bound_what_is_planned()
        self.bound = min(self.bound, objective)
        self._report("done")
        status = Status.FEASIBLE
        if best.schedule is None:
            status = Status.NO_PLAN
        elif is_whole and objective <= self.bound:
            status = Status.OPTIMAL
        elif self.is_stopped:
            status = Status.CANCELLED
        return Outcome(
            status=status,
            schedule=best.schedule,
            objective=best.tally.cents if best.tally else None,
            bound=self.bound,
            bound_reason=self.bound_reason,
            wall_s=self.seconds,
            seed=self.seed,
            found_by=best.found_by,
            first_plan_s=self.first_plan_s,
            best_rule=self.best_rule.cents + self.aside if self.best_rule else None,
            is_proved=status is Status.OPTIMAL,
            moves=self.moves,
            notes=tuple(self.notes),
            curve=tuple(self.curve),
            versions=versions(),
        )


def _is_published(board: Board) -> bool:
    """Return whether there is a plan to stay close to."""
    return bool(board.tables.figure[HAS_PREVIOUS])


def starts_of(board: Board, seats: Seats) -> dict[str, list[int]]:
    """Return the start of each remaining step of a plan by rack."""
    return {
        rack.key: seats.time[at, rack.progress.done :, 0].tolist()
        for at, rack in enumerate(board.encoded.racks)
    }


def _main_start(starts: list[int] | None) -> int:
    """Return a start in the middle of a rack's steps, to order racks by."""
    return starts[len(starts) // 2] if starts else 0
