"""May a step start at another time? Answered beside a stored plan, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import SiteClock
from scheduling.engine.moving import Judge, Move, UnknownMoveError, Verdict
from scheduling.engine.wording import Clock
from scheduling.models import Plan

KEPT = 4
"""Plans kept with everything added up; one of 1,000 racks takes some 100 MB."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAnswer:
    """What the referee would say of a plan with one step moved.

    Attributes:
        is_ok: Whether the move breaks nothing.
        sentence: The answer in words.
        breaches: Limits it would break.
        pushed: Who would have to give way.
        steps: The rack's steps as they would be.
    """

    is_ok: bool
    sentence: str
    breaches: Sequence[BrokenLimit]
    pushed: Sequence[GivesWay]
    steps: Sequence[MovedStep]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan that is asked about."""

    judge: Judge
    bays: dict[str, str]
    clock: SiteClock
    words: Clock


def check_move(
    plan: Plan, *, rack: str, step: str, starts_at: datetime, bay: str = ""
) -> MoveAnswer:
    """Return whether a step may start at another time, without solving anything.

    Two queries the first time a plan is asked about, none after that.

    Args:
        plan: A stored plan.
        rack: Serial of the rack.
        step: Code of the step; one in a bay or station takes its whole stay along.
        starts_at: The wanted start.
        bay: Code of the wanted bay; empty keeps the one it has.

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
    return _answer(kept, move, kept.judge.verdict(move))


@lru_cache(maxsize=KEPT)
def _kept(problem: str, schedule: str) -> _Kept:
    """Return a plan by the digests of what it holds, which never change."""
    stored = Plan(problem_id=problem, schedule_id=schedule)
    asked = load_problem(stored)
    return _Kept(
        judge=Judge(asked, load_schedule(stored)),
        bays={bay.label: bay.key for bay in asked.bays},
        clock=SiteClock(
            epoch=datetime.fromisoformat(asked.epoch), zone=ZoneInfo(asked.zone)
        ),
        words=Clock(asked),
    )


def _answer(kept: _Kept, move: Move, verdict: Verdict) -> MoveAnswer:
    """Return a verdict in clock time and words."""
    moment = kept.clock.moment
    labels = {key: label for label, key in kept.bays.items()}
    sentence = f"{move.rack} {move.step} can start {kept.words.say(move.start)}."
    if verdict.breaches:
        sentence = verdict.breaches[0].sentence
    return MoveAnswer(
        is_ok=verdict.is_ok,
        sentence=sentence,
        breaches=[
            BrokenLimit(
                rule=one.rule.value,
                limit=one.limit,
                object=one.object,
                amount=one.amount,
                unit=one.unit,
                starts_at=moment(one.start),
                ends_at=moment(one.end),
                owner=one.owner,
                sentence=one.sentence,
            )
            for one in verdict.breaches
        ],
        pushed=[
            GivesWay(
                rack=one.rack,
                step=one.step,
                limit=one.limit,
                starts_at=moment(one.start),
                ends_at=moment(one.end),
            )
            for one in verdict.pushed
        ],
        steps=[
            MovedStep(
                step=one.step,
                starts_at=moment(one.start),
                ends_at=moment(one.end),
                bay=labels.get(one.bay, ""),
            )
            for one in verdict.steps
        ],
    )
