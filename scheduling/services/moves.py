"""Moving by hand: a pin with a reason, a plan mended from there, steps to undo."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from factory.models import PowerBay, RoutingStep, Site, Unit
from journal.services import record
from scheduling.engine.cut import REST
from scheduling.engine.referee.breach import Rule
from scheduling.errors import (
    FrozenMoveError,
    NothingToUndoError,
    NotReleasableError,
    OthersGiveWayError,
    PinChangedError,
    RefusedMoveError,
    SupersededPlanError,
    UnfinishedMendingError,
)
from scheduling.models import Pin, Plan, PlanEdit, Run
from scheduling.queries.edits import done_edits, undone_edits
from scheduling.queries.moves import MoveAnswer, check_move
from scheduling.queries.standing import Standing, standing_of
from scheduling.services.runs import request_run

MENDING_S = 1
"""Seconds of search of a repair after a move; more would let a planner wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A move as a planner asks for it.

    Attributes:
        rack: Serial.
        step: Code; one in a bay or station takes its stay along.
        starts_at: The wanted start.
        bay: Code of the wanted bay; empty keeps the one it has.
        reason: Why; shown with the pin.
        may_push: Whether others may have to give way.
        may_move_frozen: Whether what is inside the frozen fence may move.
    """

    rack: str
    step: str
    starts_at: datetime
    bay: str = ""
    reason: str
    may_push: bool = False
    may_move_frozen: bool = False


@transaction.atomic
def move(*, plan: Plan, wanted: Wanted, by: User) -> PlanEdit:
    """Pin a step where a planner wants it, and ask for the plan mended from there.

    Args:
        plan: The plan that was looked at: in force, or the newest proposal.
        wanted: The move.
        by: The planner.

    Raises:
        SupersededPlanError: If the plan is neither in force nor the newest proposal.
        UnfinishedMendingError: If a run is at work on the plan.
        UnknownMoveError: If the plan has no such rack, step, bay or moment.
        RefusedMoveError: If it breaks what nothing can give way to; says which limit.
        FrozenMoveError: If it touches the frozen fence without permission.
        OthersGiveWayError: If others would have to move and may not.
    """
    now = _workable(plan)
    answer = check_move(
        plan,
        rack=wanted.rack,
        step=wanted.step,
        starts_at=wanted.starts_at,
        bay=wanted.bay,
    )
    _refuse(answer, wanted)
    pinned = answer.pinned
    if pinned.step.endswith(REST):
        raise RefusedMoveError(
            f"{wanted.rack} {pinned.step.removesuffix(REST)} is paused for the grid; "
            "the rest of it goes on when there is power."
        )
    rack = Unit.objects.get(serial=wanted.rack, site=now.site)
    step = RoutingStep.objects.get(rack_model=rack.rack_model, code=pinned.step)
    bay = PowerBay.objects.get(site=now.site, code=pinned.bay) if pinned.bay else None
    before = Pin.objects.in_force().filter(rack=rack, step=step).first()
    if before:
        _release(before, by)
    after = _pin(
        Pin(
            rack=rack,
            step=step,
            bay=bay,
            starts_at=pinned.starts_at,
            reason=wanted.reason,
        ),
        by,
    )
    return _edit(now, plan, by, before, after, may_move_frozen=wanted.may_move_frozen)


@transaction.atomic
def unpin(*, plan: Plan, pin: Pin, by: User) -> PlanEdit:
    """Release a pin, and ask for the plan mended: the rack may go where it costs least.

    Raises:
        SupersededPlanError: If the plan is neither in force nor the newest proposal.
        UnfinishedMendingError: If a run is at work on the plan.
        NotReleasableError: If the pin has been released already.
    """
    now = _workable(plan)
    held = Pin.objects.select_for_update().get(pk=pin.pk)
    if not held.is_in_force:
        raise NotReleasableError("This pin has been released already.")
    _release(held, by)
    return _edit(now, plan, by, held, None)


@transaction.atomic
def go_to(*, site: Site, by: User, steps: int) -> Run:
    """Undo or redo a planner's own steps until so many of them stand.

    The plan of that moment is taken up again and mended to the present.

    Args:
        site: Whose plan.
        by: The planner; only own steps are undone.
        steps: How many of those that can be undone shall stand, from 0 on.

    Raises:
        UnfinishedMendingError: If a run is at work on the plan.
        NothingToUndoError: If there is no such step.
        PinChangedError: If somebody else has pinned or released the same step since.
    """
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    now = standing_of(site)
    if now.run:
        raise UnfinishedMendingError(now.run.pk)
    done, undone = done_edits(now, by), undone_edits(now, by)
    change = steps - len(done)
    if change == 0 or steps < 0 or change > len(undone):
        raise NothingToUndoError("There is no such step to go back or forward to.")
    if change < 0:
        chosen = done[change:]
        base = chosen[0].base
        for edit in reversed(chosen):
            _replace(edit, edit.after, edit.before, by)
        PlanEdit.objects.filter(pk__in=[edit.pk for edit in chosen]).update(
            undone_at=timezone.now()
        )
    else:
        chosen = undone[:change]
        base = getattr(chosen[-1].run, "plan", chosen[-1].base)
        for edit in chosen:
            _replace(edit, edit.before, edit.after, by)
        PlanEdit.objects.filter(pk__in=[edit.pk for edit in chosen]).update(
            undone_at=None
        )
    run = _mend(_base(now, by, base, [*done, *undone]), by)
    if change > 0:
        PlanEdit.objects.filter(pk=chosen[-1].pk).update(run=run)
    return run


def _workable(plan: Plan) -> Standing:
    """Return where the plan's site stands, held, if the plan may be worked on."""
    site = Site.objects.select_for_update(no_key=True).get(pk=plan.run.scenario.site_id)
    now = standing_of(site)
    if plan not in (now.proposal, now.plan):
        newest = now.proposal or now.plan
        raise SupersededPlanError(plan.pk, newest.pk if newest else 0)
    if now.run:
        raise UnfinishedMendingError(now.run.pk)
    return now


def _refuse(answer: MoveAnswer, wanted: Wanted) -> None:
    """Refuse a move that cannot be made, or not without a word more."""
    if not answer.is_possible:
        raise RefusedMoveError(answer.sentence)
    if answer.frozen and not wanted.may_move_frozen:
        raise FrozenMoveError(answer.frozen)
    if not answer.pushes_others:
        return
    others = tuple(one.rack for one in answer.pushed if one.rack != wanted.rack)
    if not wanted.may_push:
        raise OthersGiveWayError(answer.sentence, others)
    in_bay = {one.object for one in answer.breaches if one.rule == Rule.BAY.value}
    frozen = [one.rack for one in answer.pushed if one.is_frozen] if in_bay else []
    if frozen and not wanted.may_move_frozen:
        raise FrozenMoveError(
            f"{frozen[0]}, which would have to give way, is inside the frozen fence; "
            "moving it needs permission."
        )


def _pin(pin: Pin, by: User) -> Pin:
    """Write a pin and tell of it."""
    pin.by, pin.actor = by, f"user:{by.pk}"
    pin.save(force_insert=True)
    record(
        kind="pin.made",
        about=pin,
        actor=pin.actor,
        scope=f"site:{pin.rack.site_id}",
        summary=f"{pin.rack.serial} {pin.step.code} pinned: {pin.reason}",
        after=_said(pin),
    )
    return pin


def _release(pin: Pin, by: User) -> None:
    """Release a pin and tell of it."""
    pin.released_at, pin.released_by = timezone.now(), f"user:{by.pk}"
    pin.save(update_fields=["released_at", "released_by"])
    record(
        kind="pin.released",
        about=pin,
        actor=pin.released_by,
        scope=f"site:{pin.rack.site_id}",
        summary=f"{pin.rack.serial} {pin.step.code} unpinned",
        before=_said(pin),
    )


def _said(pin: Pin) -> dict[str, str | None]:
    """Return what a pin fixes, for the journal."""
    return {
        "rack": pin.rack.serial,
        "step": pin.step.code,
        "starts_at": pin.starts_at.isoformat(),
        "bay": pin.bay.code if pin.bay else None,
        "reason": pin.reason,
    }


def _replace(edit: PlanEdit, was: Pin | None, wanted: Pin | None, by: User) -> None:
    """Put one pin in the place of another, as it was before or after an edit.

    Raises:
        PinChangedError: If what is in force is not what the edit left.
    """
    about = edit.pin
    current = (
        Pin.objects.in_force()
        .select_related("rack", "step", "bay")
        .filter(rack=about.rack_id, step=about.step_id)
        .first()
    )
    if (current is None) != (was is None) or (current and not current.says_as(was)):
        raise PinChangedError(about.rack.serial, about.step.code)
    if current:
        _release(current, by)
    if wanted:
        _pin(
            Pin(
                rack=wanted.rack,
                step=wanted.step,
                bay=wanted.bay,
                starts_at=wanted.starts_at,
                reason=wanted.reason,
            ),
            by,
        )


def _edit(
    now: Standing,
    base: Plan,
    by: User,
    before: Pin | None,
    after: Pin | None,
    *,
    may_move_frozen: bool = False,
) -> PlanEdit:
    """Write a step that can be undone, and ask for its repair."""
    undone = [edit.pk for edit in undone_edits(now, by)]
    PlanEdit.objects.filter(pk__in=undone).update(dropped_at=timezone.now())
    run = _mend(base, by, may_move_frozen=may_move_frozen)
    return PlanEdit.objects.create(
        scenario=run.scenario,
        publication=now.publication,
        by=by,
        before=before,
        after=after,
        base=base,
        run=run,
    )


def _base(now: Standing, by: User, wanted: Plan, edits: list[PlanEdit]) -> Plan:
    """Return the plan to go on from: an earlier one, unless others have gone on since.

    Only where the newest plan came of these steps may it be taken back whole.
    """
    newest = now.proposal or now.plan
    if newest is None:
        return wanted
    known = {edit.base_id for edit in edits}
    known |= {edit.run.plan.pk for edit in edits if hasattr(edit.run, "plan")}
    run = newest.run
    is_own = run.requested_by_id == by.pk and run.towards_id in known
    return wanted if is_own else newest


def _mend(base: Plan, by: User, *, may_move_frozen: bool = False) -> Run:
    """Ask for a plan mended with as few moves as may be."""
    return request_run(
        scenario=base.run.scenario,
        by=by,
        actor=f"user:{by.pk}",
        time_limit_s=MENDING_S,
        kind=Run.Kind.REPAIR,
        favour=Run.Favour.MOVES,
        may_move_frozen=may_move_frozen,
        towards=base,
    )
