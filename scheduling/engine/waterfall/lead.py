"""One rack's time from order received to dock, laid end to end."""

from itertools import accumulate

from scheduling.engine.problem import Lag, Progress
from scheduling.engine.referee.case import RackPlan
from scheduling.engine.waterfall.bars import (
    RELEASE,
    Attribution,
    Cause,
    Limit,
    Waterfall,
)
from scheduling.engine.waterfall.room import Room
from scheduling.engine.waterfall.waits import Answer, Waits
from scheduling.engine.waterfall.work import BEFORE_THIS_PLAN, PHYSICS, REWORK, parts

MOST_TURNS = 100
"""Waits before one step that are told one after the other."""

HELD_UNTIL_RELEASE = Cause(limit=Limit.RELEASE, label=RELEASE)


def bars(room: Room, waits: Waits, plan: RackPlan) -> list[Attribution]:
    """Return the waterfall of one rack; it is lifted out of the room meanwhile.

    The minutes add up to the time from ``received`` (or from its first start, should
    that be earlier) to the last step's end and the lags after it.
    """
    begun = _begun(plan)
    fall = Waterfall(rack=plan.rack.key, now=min(plan.rack.received, begun))
    for lag in plan.template.lags_before:
        fall.add(lag.code, _lag(lag), min(lag.minutes, begun - fall.now))
    if plan.rack.progress.done:
        _finished_steps(fall, plan)
    elif not plan.rows[0].running:
        release = min(plan.rack.release, begun)
        fall.until(plan.rows[0].planned.step, HELD_UNTIL_RELEASE, release)
    for index in range(len(plan.rows)):
        _step(fall, room, waits, plan, index)
    for lag in plan.template.lags_after:
        fall.add(lag.code, _lag(lag), lag.minutes)
    return fall.bars


def _begun(plan: RackPlan) -> int:
    """Return when a rack's first step began or begins, as far as is known."""
    progress: Progress = plan.rack.progress
    first = plan.rows[0].planned.start
    known = [progress.kit_started, progress.last_end if progress.done else None]
    return min([first, *(moment for moment in known if moment is not None)])


def _lag(lag: Lag) -> Cause:
    limit = Limit.PHYSICS if lag.is_physics else lag.limit
    return Cause(limit=limit, resource=lag.code, label=lag.label, owner=lag.owner)


def _finished_steps(fall: Waterfall, plan: RackPlan) -> None:
    """Lay what is known of the steps before this plan."""
    progress = plan.rack.progress
    done = plan.template.steps[: progress.done]
    end = min(plan.rows[0].planned.start, 0)
    if progress.last_end is not None:
        end = min(end, progress.last_end)
    if progress.kit_started is not None:
        start = min(progress.kit_started, end)
        fall.until(done[0].code, BEFORE_THIS_PLAN, start)
        for step in done:
            fall.add(step.code, PHYSICS, min(step.work, end - fall.now))
        for step in done:
            fall.add(step.code, REWORK, min(step.allowance, end - fall.now))
    fall.until(done[-1].code, BEFORE_THIS_PLAN, end)


def _step(
    fall: Waterfall, room: Room, waits: Waits, plan: RackPlan, index: int
) -> None:
    row = plan.rows[index]
    code, start = row.planned.step, row.planned.start
    if fall.now < start:
        ready = max(0, fall.now)
        answers = _readable(ready, list(waits.before(plan, index, ready)))
        if fall.now < 0:
            fall.until(code, _before(answers), min(0, start))
        for answer in answers:
            fall.until(code, answer.cause, answer.until)
    # Steps that overlap, as a breach may have it, count their common minutes once.
    left = row.planned.end - fall.now
    for cause, minutes in parts(room.case, row):
        laid = min(minutes, left)
        fall.add(code, cause, laid)
        left -= max(0, laid)
    fall.until(code, BEFORE_THIS_PLAN, row.planned.end)


def _readable(ready: int, answers: list[Answer]) -> list[Answer]:
    """Return answers as they are, or too many to read as one for each cause.

    Queues that hold a step by turns for years are told as so long for each, in the
    order in which they first hold it.
    """
    if len(answers) <= MOST_TURNS:
        return answers
    waited: dict[Cause, int] = {}
    now = ready
    for until, cause in answers:
        waited[cause] = waited.get(cause, 0) + until - now
        now = until
    ends = accumulate(waited.values(), initial=ready)
    next(ends)
    return [Answer(end, cause) for end, cause in zip(ends, waited, strict=True)]


def _before(answers: list[Answer]) -> Cause:
    """Return what minutes before the epoch belong to."""
    if answers and answers[0].cause.limit == Limit.MATERIAL:
        return answers[0].cause
    return BEFORE_THIS_PLAN
