"""The floor's records: the only door for what really happened to a rack.

Every service locks the rack's row first, so two people at one rack come one after the
other, and the second is told. Record, stock, states and event are one transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from factory.errors import (
    RackNotInWorkError,
    ReasonMissingError,
    StaleRackError,
    StepOrderError,
    UndoRefusedError,
)
from factory.models import Order, Place, RoutingStep, StepRecord, StockIssue, Unit
from factory.queries import standing_of
from factory.services.material import issue_material
from factory.services.places import take_bay, take_place
from factory.standing import OPEN_STATES, Standing, Verb
from journal.services import record as record_event

Outcome = StepRecord.Outcome
FailReason = StepRecord.FailReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who records something, when, and what that person saw before.

    Attributes:
        now: The moment, aware.
        by: The person; None where a machine or the system records.
        seen: The version of the rack's standing the person saw; None: not checked.
    """

    now: datetime
    by: User | None = None
    seen: int | None = None

    @property
    def actor(self) -> str:
        """Return the journal's word for who it is."""
        return f"user:{self.by.pk}" if self.by else "system"


@transaction.atomic
def start_step(
    *, rack_id: int, step_code: str, hand: Hand, bay_code: str = ""
) -> StepRecord:
    """Begin the next attempt at a step, give it its parts and take its place.

    Args:
        rack_id: The rack.
        step_code: The step whose turn it is; after a failure also an earlier one.
        hand: Who, when, and what was seen.
        bay_code: The bay, at the first step of a stay in one.

    Raises:
        StaleRackError: If the rack has moved on since it was looked at.
        RackNotInWorkError: If rack or order is on hold, paused or gone.
        StepOrderError: If it is not the step's turn.
        BayMissingError: If the step needs a bay and none is named.
        BayRefusedError: If the bay cannot take the rack.
        PlaceFullError: If the work centre has no room.
        MaterialShortError: If parts are short; names each, needed and there.
    """
    standing = _hold(rack_id, hand)
    step = _step_to_start(standing, step_code)
    bay = None
    if step.place == Place.BAY:
        bay = take_bay(standing, step, code=bay_code, now=hand.now)
    take_place(standing, step)
    issues = issue_material(rack=standing.rack, step=step, now=hand.now)
    row = StepRecord.objects.create(
        rack=standing.rack,
        step=step,
        attempt=standing.attempts_at(step) + 1,
        bay=bay,
        started_at=hand.now,
        by=hand.by,
        recorded_at=hand.now,
    )
    _set_state(standing.rack, Unit.State.IN_WORK)
    where = f" at {bay}" if bay else ""
    _tell("started", row, hand, f"began{where}", issues=issues)
    return row


@transaction.atomic
def pass_step(*, rack_id: int, hand: Hand) -> StepRecord:
    """End the step under way as passed; the last one ships the rack.

    Raises:
        StaleRackError: If the rack has moved on since it was looked at.
        RackNotInWorkError: If the rack is on hold or gone.
        StepOrderError: If no step is under way.
    """
    standing = _hold(rack_id, hand)
    row = _running(standing, Verb.PASS)
    _end(row, Outcome.PASSED, hand)
    _tell("passed", row, hand, "passed")
    if row.step == standing.steps[-1]:
        _set_state(standing.rack, Unit.State.SHIPPED)
        _follow_order(standing.rack, hand)
    return row


@transaction.atomic
def fail_step(
    *, rack_id: int, reason_code: str, hand: Hand, note: str = ""
) -> StepRecord:
    """End the step under way as failed, with the reason.

    Args:
        rack_id: The rack.
        reason_code: One of ``StepRecord.FailReason``.
        hand: Who, when, and what was seen.
        note: What was seen, up to 300 characters.

    Raises:
        StaleRackError: If the rack has moved on since it was looked at.
        RackNotInWorkError: If the rack is on hold or gone.
        StepOrderError: If no step is under way.
        ReasonMissingError: If the reason is not on the list.
    """
    standing = _hold(rack_id, hand)
    row = _running(standing, Verb.FAIL)
    if reason_code not in FailReason.values:
        raise ReasonMissingError(standing.rack.serial, row.step.name)
    row.reason_code = reason_code
    row.note = note[: StepRecord._meta.get_field("note").max_length]  # noqa: SLF001
    _end(row, Outcome.FAILED, hand)
    _tell("failed", row, hand, f"failed: {FailReason(reason_code).label.lower()}")
    return row


@transaction.atomic
def correct_record(*, record_id: int, hand: Hand) -> StepRecord:
    """Take back the last thing said about a rack, by a record of its own.

    An end that was taken back leaves the step under way, as if it had not been said; a
    start that was taken back leaves the step to be begun. Parts stay with the rack.

    Args:
        record_id: The rack's last record that stands.
        hand: Who, when, and what was seen.

    Returns:
        The record that corrects, which names the one it corrects.

    Raises:
        StaleRackError: If the rack has moved on since it was looked at.
        UndoRefusedError: If it is not the last word, or ``FLOOR_UNDO_WINDOW_S`` is
            over.
        BayRefusedError: If another rack is in the bay by now.
        PlaceFullError: If other racks have taken every place by now.
    """
    rack_id = StepRecord.objects.values_list("rack", flat=True).get(pk=record_id)
    standing = _hold(rack_id, hand, states=(*OPEN_STATES, Unit.State.SHIPPED))
    row = standing.last
    if row is None or row.pk != record_id:
        raise UndoRefusedError(
            standing.rack.serial, "only the last record can be taken back."
        )
    was = row.outcome
    window_s: int = settings.FLOOR_UNDO_WINDOW_S
    if hand.now - (row.ended_at or row.recorded_at) > timedelta(seconds=window_s):
        raise UndoRefusedError(
            standing.rack.serial,
            f"a record can be taken back for {window_s // 60} minutes. Tell quality.",
        )
    correction = _withdraw(standing, row, hand)
    if correction.outcome == Outcome.RUNNING:
        _tell("corrected", correction, hand, f"is under way again, not {was}")
        if standing.rack.state == Unit.State.SHIPPED:
            _set_state(standing.rack, Unit.State.IN_WORK)
            _follow_order(standing.rack, hand)
    else:
        _tell("corrected", correction, hand, "had not begun")
        if len(standing.records) == 1:
            _set_state(standing.rack, Unit.State.PLANNED)
    return correction


def _withdraw(standing: Standing, row: StepRecord, hand: Hand) -> StepRecord:
    """Withdraw a record and append the one that corrects it."""
    was_running = row.outcome == Outcome.RUNNING
    if not was_running:
        # Its bay or place may have another rack by now.
        if row.bay is not None:
            take_bay(standing, row.step, code=row.bay.code, now=hand.now)
        take_place(standing, row.step)
    row.outcome = Outcome.WITHDRAWN
    row.ended_at = row.ended_at or max(hand.now, row.started_at)
    row.save(update_fields=["outcome", "ended_at"])
    return StepRecord.objects.create(
        rack=standing.rack,
        step=row.step,
        attempt=row.attempt,
        outcome=Outcome.WITHDRAWN if was_running else Outcome.RUNNING,
        bay=row.bay,
        started_at=row.started_at,
        ended_at=row.ended_at if was_running else None,
        by=hand.by,
        corrects=row,
        recorded_at=hand.now,
    )


def _hold(rack_id: int, hand: Hand, states: tuple[str, ...] = OPEN_STATES) -> Standing:
    """Lock a rack and return where it stands. Three queries.

    Raises:
        StaleRackError: If the rack has moved on since it was looked at.
        RackNotInWorkError: If its state, or its order's, is not one to work on.
    """
    rack = (
        Unit.objects.racks()
        .select_for_update(of=("self",))
        .select_related("order", "rack_model", "site")
        .get(pk=rack_id)
    )
    standing = standing_of(rack)
    if hand.seen is not None and hand.seen != standing.version:
        raise StaleRackError(rack.serial)
    if rack.state not in states:
        state = Unit.State(rack.state).label.lower()
        raise RackNotInWorkError(rack.serial, f"it is {state}")
    return standing


def _step_to_start(standing: Standing, step_code: str) -> RoutingStep:
    """Return the step to begin.

    Raises:
        RackNotInWorkError: If the order is paused or gone.
        StepOrderError: If it is not the step's turn.
    """
    rack = standing.rack
    if rack.order and rack.order.state != Order.State.OPEN:
        state = Order.State(rack.order.state).label.lower()
        raise RackNotInWorkError(rack.serial, f"order {rack.order} is {state}")
    for step in standing.may_start:
        if step.code == step_code:
            return step
    raise StepOrderError(rack.serial, f"start {step_code}", _turn(standing))


def _running(standing: Standing, verb: Verb) -> StepRecord:
    """Return the record under way.

    Raises:
        StepOrderError: If there is none.
    """
    if standing.running is None or verb not in standing.moves:
        raise StepOrderError(standing.rack.serial, f"{verb} a step", _turn(standing))
    return standing.running


def _turn(standing: Standing) -> str:
    """Say what a rack's turn is."""
    current = standing.current
    if current is None:
        return "All its steps are over."
    if standing.running:
        return f"{current.name} is under way."
    return f"Its next step is {current.name}."


def _end(row: StepRecord, outcome: str, hand: Hand) -> None:
    """Write the end of a record; never before its start."""
    row.outcome = outcome
    row.ended_at = max(hand.now, row.started_at)
    row.save(update_fields=["outcome", "ended_at", "reason_code", "note"])


def _set_state(rack: Unit, state: str) -> None:
    """Move a rack to a state, if it is not there."""
    if rack.state != state:
        rack.state = state
        rack.save(update_fields=["state"])


def _follow_order(rack: Unit, hand: Hand) -> None:
    """Ship an order with its last rack, or open it again when that is taken back."""
    if rack.order_id is None:
        return
    order = Order.objects.select_for_update().get(pk=rack.order_id)
    gone = (Unit.State.SHIPPED, Unit.State.CANCELLED, Unit.State.SCRAPPED)
    is_shipped = not order.racks.exclude(state__in=gone).exists()
    state = Order.State.SHIPPED if is_shipped else Order.State.OPEN
    if order.state in {Order.State.OPEN, Order.State.SHIPPED} and order.state != state:
        before = {"state": str(order.state)}
        order.state = state
        order.version = F("version") + 1
        order.save(update_fields=["state", "version"])
        record_event(
            kind="order.changed",
            about=order,
            actor=hand.actor,
            summary=f"Order {order.number} is {Order.State(state).label.lower()}",
            before=before,
            after={"state": str(state)},
        )


def _tell(
    verb: str,
    row: StepRecord,
    hand: Hand,
    words: str,
    issues: list[StockIssue] | None = None,
) -> None:
    """Append the event about a record."""
    after: dict[str, Any] = {
        "rack": row.rack.serial,
        "step": row.step.code,
        "attempt": row.attempt,
        "outcome": str(row.outcome),
        "bay": row.bay.code if row.bay else "",
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
    }
    if row.reason_code:
        after["reason_code"] = str(row.reason_code)
    if issues:
        after["issued"] = [
            {"lot": issue.lot_id, "quantity": issue.quantity} for issue in issues
        ]
    record_event(
        kind=f"step.{verb}",
        about=row.rack,
        actor=hand.actor,
        summary=f"{row.rack.serial}: {row.step.name} {words}",
        after=after,
    )
