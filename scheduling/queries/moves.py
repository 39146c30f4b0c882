"""May a step start at another time? Answered beside a stored plan, kept in memory."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock, Thread
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

from scheduling.blobs import KEPT, read
from scheduling.clock import SiteClock
from scheduling.engine.errors import EngineError
from scheduling.engine.moving import Judge, Move, UnknownMoveError, Verdict
from scheduling.engine.problem import Prices
from scheduling.engine.referee.breach import Breach, Rule
from scheduling.engine.schedule import PlannedStep
from scheduling.engine.wording import Clock
from scheduling.errors import DamagedBlobError
from scheduling.models import Plan

CENTS = 100
# With everything added up a plan of 1,000 racks takes some 100 MB.
_prepared: deque[tuple[str, str]] = deque(maxlen=KEPT)
_adding_up = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedStep:
    """Where a step of the moved rack would be."""

    step: str
    starts_at: datetime
    ends_at: datetime
    bay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLimit:
    """A limit that the move would break: where, by how much, and whose it is."""

    rule: str
    limit: str
    object: str
    amount: int
    unit: str
    starts_at: datetime
    ends_at: datetime
    owner: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivesWay:
    """Who would have to give way: another rack, or the rack's own next step."""

    rack: str
    step: str
    limit: str
    starts_at: datetime
    ends_at: datetime
    is_frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAnswer:
    """What the referee would say of a plan with one step moved.

    Attributes:
        is_ok: Whether the move breaks nothing.
        is_possible: Whether it breaks nothing once others give way: what is under way
            and what is pinned does not.
        pushes_others: Whether those are other racks, and not only own next steps.
        sentence: The answer in words.
        frozen: Why it needs permission; empty where it needs none.
        breaches: Limits it would break.
        pushed: Who would have to give way.
        steps: The rack's steps as they would be.
        pinned: The step that a pin would hold: the first of those that move.
    """

    is_ok: bool
    is_possible: bool
    pushes_others: bool
    sentence: str
    frozen: str
    breaches: Sequence[BrokenLimit]
    pushed: Sequence[GivesWay]
    steps: Sequence[MovedStep]
    pinned: MovedStep


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan that is asked about."""

    judge: Judge
    bays: dict[str, str]
    clock: SiteClock
    words: Clock
    prices: Prices


def check_move(
    plan: Plan,
    *,
    rack: str,
    step: str,
    starts_at: datetime,
    bay: str = "",
    now: datetime | None = None,
) -> MoveAnswer:
    """Return whether a step may start at another time, without solving anything.

    Two queries the first time a plan is asked about, none after that.

    Args:
        plan: A stored plan.
        rack: Serial of the rack.
        step: Code of the step; one in a bay or station takes its whole stay along.
        starts_at: The wanted start.
        bay: Code of the wanted bay; empty keeps the one it has.
        now: The present; None: that of the clock.

    Raises:
        UnknownMoveError: If the plan has no such rack, step or bay.
        DamagedBlobError: If what was stored of the plan cannot be read.
    """
    kept = _kept(plan.problem_id, plan.schedule_id)
    if bay and bay not in kept.bays:
        raise UnknownMoveError(f"There is no bay {bay}.")
    move = Move(
        rack=rack,
        step=step,
        start=kept.clock.minute(starts_at),
        bay=kept.bays[bay] if bay else "",
    )
    present = kept.clock.minute(timezone.now() if now is None else now)
    return _answer(kept, move, kept.judge.verdict(move), present)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAhead:
    """A step of a rack that can be moved, and where it stands."""

    step: str
    label: str
    starts_at: datetime
    bay: str


def steps_ahead(plan: Plan, rack: str) -> list[StepAhead]:
    """Return the steps of a rack that have not begun, in order.

    Two queries the first time a plan is asked about, none after that.

    Raises:
        UnknownMoveError: If the plan has no such rack, or nothing of it is ahead.
        DamagedBlobError: If what was stored of the plan cannot be read.
    """
    kept = _kept(plan.problem_id, plan.schedule_id)
    labels = {key: label for label, key in kept.bays.items()}
    found = [
        StepAhead(
            step=row.planned.step,
            label=row.step.label,
            starts_at=kept.clock.moment(row.planned.start),
            bay=labels.get(row.planned.bay, ""),
        )
        for row in kept.judge.rows_of(rack)
        if row.running is None
    ]
    if not found:
        raise UnknownMoveError(f"{rack} has no step ahead.")
    return found


def prepare(plan: Plan) -> Thread | None:
    """Add a plan up beside the request, so that no move of it has to wait for that.

    A plan of 1,000 racks takes a second. Each web process does it once a plan.

    Args:
        plan: A stored plan that somebody looks at.

    Returns:
        The thread at it; None if it is done or under way, or not wanted at all.
    """
    key = (plan.problem_id, plan.schedule_id)
    if key in _prepared or not settings.PREPARES_MOVES:
        return None
    _prepared.append(key)
    thread = Thread(target=_prepare, args=key, name="prepare-moves", daemon=True)
    thread.start()
    return thread


def _prepare(problem: str, schedule: str) -> None:
    """Add a plan up; what cannot be read is told to whoever asks about it."""
    try:
        _kept(problem, schedule)
    except (EngineError, DamagedBlobError):
        _prepared.remove((problem, schedule))
    finally:
        connection.close()


def _kept(problem: str, schedule: str) -> _Kept:
    """Return a plan by its digests; who asks while it is added up waits for it."""
    with _adding_up:
        return _added_up(problem, schedule)


@lru_cache(maxsize=KEPT)
def _added_up(problem: str, schedule: str) -> _Kept:
    """Return a plan by the digests of what it holds, which never change."""
    stored = Plan(problem_id=problem, schedule_id=schedule)
    asked, planned = read(stored)
    return _Kept(
        judge=Judge(asked, planned),
        bays={bay.label: bay.key for bay in asked.bays},
        clock=SiteClock(
            epoch=datetime.fromisoformat(asked.epoch), zone=ZoneInfo(asked.zone)
        ),
        words=Clock(asked),
        prices=asked.prices,
    )


def _answer(kept: _Kept, move: Move, verdict: Verdict, now: int) -> MoveAnswer:
    """Return a verdict in clock time and words."""
    labels = {key: label for label, key in kept.bays.items()}
    steps = {one.step: _moved_step(kept, one, labels) for one in verdict.steps}
    is_past = move.start < now
    said = [_told(kept, one) for one in verdict.breaches]
    if is_past:
        said.insert(0, _past(kept, move, now))
    sentence = f"{move.rack} {move.step} can start {kept.words.say(move.start)}."
    own = [one.step for one in verdict.pushed if one.rack == move.rack]
    if said and verdict.is_possible and not verdict.pushes_others and not is_past:
        sentence = f"{sentence[:-1]}; its {' and '.join(own)} would go later."
    elif said:
        # What nothing can give way to comes first.
        sentence = said[0].sentence
        if verdict.firm and not is_past:
            sentence = verdict.firm[0].sentence
    return MoveAnswer(
        is_ok=verdict.is_ok and not is_past,
        is_possible=verdict.is_possible and not is_past,
        pushes_others=verdict.pushes_others,
        sentence=sentence,
        frozen=_frozen(kept, move, verdict, now),
        breaches=said,
        pushed=[
            GivesWay(
                rack=one.rack,
                step=one.step,
                limit=one.limit,
                starts_at=kept.clock.moment(one.start),
                ends_at=kept.clock.moment(one.end),
                is_frozen=one.is_frozen,
            )
            for one in verdict.pushed
        ],
        steps=[*steps.values()],
        pinned=steps[verdict.moved[0]],
    )


def _moved_step(kept: _Kept, step: PlannedStep, labels: dict[str, str]) -> MovedStep:
    """Return a step in clock time."""
    return MovedStep(
        step=step.step,
        starts_at=kept.clock.moment(step.start),
        ends_at=kept.clock.moment(step.end),
        bay=labels.get(step.bay, ""),
    )


def _told(kept: _Kept, one: Breach) -> BrokenLimit:
    """Return a breach in clock time."""
    return BrokenLimit(
        rule=one.rule.value,
        limit=one.limit,
        object=one.object,
        amount=one.amount,
        unit=one.unit,
        starts_at=kept.clock.moment(one.start),
        ends_at=kept.clock.moment(one.end),
        owner=one.owner,
        sentence=one.sentence,
    )


def _past(kept: _Kept, move: Move, now: int) -> BrokenLimit:
    """Return the refusal of a start that has passed."""
    return BrokenLimit(
        rule=Rule.WINDOW.value,
        limit="Now",
        object=f"{move.rack} {move.step}",
        amount=now - move.start,
        unit="min",
        starts_at=kept.clock.moment(move.start),
        ends_at=kept.clock.moment(now),
        owner="",
        sentence=f"{move.rack} {move.step} cannot start "
        f"{kept.words.say(move.start)}: that has passed.",
    )


def _frozen(kept: _Kept, move: Move, verdict: Verdict, now: int) -> str:
    """Say that a move needs permission; empty if it touches nothing frozen.

    Frozen is what starts inside the fence, now or as wanted.
    """
    until = now + kept.prices.fence
    was = kept.judge.start_of(move.rack, verdict.moved[0])
    if was >= until and move.start >= until:
        return ""
    dollars = kept.prices.move_fenced // CENTS
    return (
        f"{move.rack} {verdict.moved[0]} is inside the frozen fence, which ends "
        f"{kept.words.say(until)}; moving it there costs ${dollars:,} and needs "
        "permission."
    )
