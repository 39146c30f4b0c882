"""What the buyer asks for: new lines, changed lines, cancelled lines.

A change of the request never touches what the supplier said; it raises the version,
so that an answer to the old request is told so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from journal.models import Event
from journal.services import append_events, event_of
from journal.setwise import insert_rows, update_rows
from suppliers import sentences
from suppliers.errors import PullInRefusedError
from suppliers.ledger import MOVES, State, Verb
from suppliers.models import Commitment, PurchaseOrderLine, Receipt, RequestChange
from suppliers.services.hold import Held, change_all, hold, hold_all, standing_promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for on a line; ``need_by`` is the dock date asked for."""

    quantity: int
    need_by: date
    price_cents: int = 0
    is_cancelled: bool = False


def ask(*, lines: Sequence[PurchaseOrderLine], now: datetime) -> None:
    """Ask the suppliers for commitments on new lines. One query."""
    cancelled = PurchaseOrderLine.State.CANCELLED
    Commitment.objects.bulk_create(
        [
            Commitment(
                line=line,
                state=State.CANCELLED if line.state == cancelled else State.REQUESTED,
                changed_at=now,
            )
            for line in lines
        ],
        batch_size=2_000,
    )


def change_request(
    *, line_id: int, request: Request, actor: str, now: datetime, cause: str = ""
) -> bool:
    """Ask for something else on one line and return whether anything differed.

    See ``change_requests``.
    """
    return line_id in change_requests(
        requests={line_id: request}, actor=actor, now=now, cause=cause
    )


def change_requests(
    *, requests: Mapping[int, Request], actor: str, now: datetime, cause: str = ""
) -> set[int]:
    """Ask for something else on lines and return those on which anything differed.

    The caller has opened a transaction and has made sure that no less is asked for than
    was received. Queries do not grow with the number of lines.

    Args:
        requests: What is asked for now, by the line's key.
        actor: ``user:12``, ``client:3`` or ``system``.
        now: The moment, aware.
        cause: What led to it, for the events.
    """
    helds = hold_all(line_ids=requests, now=now)
    changes = [
        change
        for line_id, held in helds.items()
        if (change := _changed(held, requests[line_id])) is not None
    ]
    if not changes:
        return set()
    _complete(changes)
    update_rows(
        [change.held.line for change in changes],
        ["quantity", "need_by", "price_cents", "state", "received_in_full_on"],
    )
    _keep(changes, actor=actor, now=now)
    change_all([(one.held, _state_after(one.held)) for one in changes])
    append_events([_event(change, actor=actor, cause=cause) for change in changes])
    return {change.held.line.pk for change in changes}


@transaction.atomic
def ask_earlier(
    *, line_id: int, need_by: date, expected_version: int, actor: str, now: datetime
) -> PurchaseOrderLine:
    """Ask for an earlier day than the supplier has promised, or than was asked for.

    The supplier's promise stands until it answers; the request is the buyer's own fact,
    and what follows from it is the buyer's doing.

    Args:
        line_id: The line.
        need_by: From today at the site to the day before what is promised now (before
            what is asked for, where nothing is promised).
        expected_version: Version of the commitment the buyer looked at.
        actor: ``user:12``.
        now: The moment, aware.

    Raises:
        StaleCommitmentError: If the commitment has changed since it was looked at.
        PullInRefusedError: If the line is closed, the day out of range, or asked for
            already.
    """
    held = hold(line_id=line_id, now=now, expected_version=expected_version)
    line = held.line
    if line.state != PurchaseOrderLine.State.OPEN:
        raise PullInRefusedError(f"{held.name} is {line.get_state_display().lower()}.")
    latest = held.promise[-1].on if held.promise else line.need_by
    last = latest - timedelta(days=1)
    if not held.today <= need_by <= last:
        limits = f"{held.today:%-d %b %Y} to {last:%-d %b %Y}"
        raise PullInRefusedError(
            f"{held.name} is due {latest:%-d %b %Y}: {limits} can be asked for."
            if last >= held.today
            else f"{held.name} is due {latest:%-d %b %Y}; no earlier day is left."
        )
    if need_by == line.need_by:
        raise PullInRefusedError(
            f"{held.name} is asked for {need_by:%-d %b %Y} already. "
            "Remind the supplier instead."
        )
    request = Request(
        quantity=line.quantity, need_by=need_by, price_cents=line.price_cents
    )
    change_request(line_id=line_id, request=request, actor=actor, now=now)
    return line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A line on which something else is asked for now, and what was before."""

    held: Held
    before: dict[str, Any]
    quantity_before: int
    need_by_before: date
    is_cancelled: bool

    @property
    def is_kept(self) -> bool:
        """Say whether it is one the supplier has to absorb."""
        line = self.held.line
        asked_before = (self.quantity_before, self.need_by_before)
        return self.is_cancelled or (line.quantity, line.need_by) != asked_before


def _changed(held: Held, request: Request) -> _Change | None:
    """Write a request on its line, in memory; None if nothing differs."""
    line, states = held.line, PurchaseOrderLine.State
    is_complete = line.received >= request.quantity
    state = states.CLOSED if is_complete else states.OPEN
    wanted = {
        "quantity": request.quantity,
        "need_by": request.need_by,
        "price_cents": request.price_cents,
        "state": states.CANCELLED if request.is_cancelled else state,
    }
    differing = [
        field for field, value in wanted.items() if getattr(line, field) != value
    ]
    if not differing:
        return None
    change = _Change(
        held=held,
        before=held.facts(),
        quantity_before=line.quantity,
        need_by_before=line.need_by,
        is_cancelled="state" in differing and request.is_cancelled,
    )
    for field in differing:
        setattr(line, field, wanted[field])
    return change


def _complete(changes: Sequence[_Change]) -> None:
    """Say since when lines are complete that now ask for no more. One query."""
    lines = [change.held.line for change in changes]
    newest = dict(
        Receipt.objects.for_staff()
        .filter(line__in=lines)
        .order_by("received_on")
        .values_list("line", "received_on")
    )
    for change in changes:
        line = change.held.line
        if line.received < line.quantity:
            line.received_in_full_on = None
        elif line.received_in_full_on is None:
            line.received_in_full_on = newest.get(line.pk, change.held.today)


def _keep(changes: Sequence[_Change], *, actor: str, now: datetime) -> None:
    """Append what the buyer changed; the caller holds the lines. Two queries."""
    kept = [change for change in changes if change.is_kept]
    last: dict[int, int] = dict(
        RequestChange.objects.for_staff()
        .filter(line__in=[change.held.line.pk for change in kept])
        .order_by("number")
        .values_list("line", "number")
    )
    insert_rows(
        [
            RequestChange(
                line=change.held.line,
                number=last.get(change.held.line.pk, 0) + 1,
                quantity_before=change.quantity_before,
                quantity_after=change.held.line.quantity,
                need_by_before=change.need_by_before,
                need_by_after=change.held.line.need_by,
                is_cancelled=change.held.line.state
                == PurchaseOrderLine.State.CANCELLED,
                actor=actor,
                asked_at=now,
            )
            for change in kept
        ]
    )


def _event(change: _Change, *, actor: str, cause: str) -> Event:
    """Return the event about one changed request."""
    held, line = change.held, change.held.line
    held.promise = standing_promise(held.commitment, line)
    asked = sentences.requested_words(line, held.today)
    is_cancelled = line.state == PurchaseOrderLine.State.CANCELLED
    return event_of(
        kind="commitment.changed",
        about=held.commitment,
        actor=actor,
        scope=line.purchase_order.supplier.scope,
        cause=cause,
        summary=f"{held.name}, {line.part.code}: cancelled by the buyer"
        if is_cancelled
        else f"{held.name}, {line.part.code}: the buyer now asks for {asked}",
        before=change.before,
        after=held.facts(),
    )


def _state_after(held: Held) -> State:
    """Return where a changed request leaves the commitment."""
    verbs = {
        PurchaseOrderLine.State.CANCELLED: Verb.CANCEL,
        PurchaseOrderLine.State.CLOSED: Verb.RECEIVE,
        PurchaseOrderLine.State.OPEN: Verb.ASK_AGAIN,
    }
    # No verb leads from one end to another; a request does.
    ends = {
        (PurchaseOrderLine.State.CANCELLED, State.RECEIVED): State.CANCELLED,
        (PurchaseOrderLine.State.CANCELLED, State.CLOSED): State.CANCELLED,
        (PurchaseOrderLine.State.CLOSED, State.CANCELLED): State.CLOSED,
    }
    state, asked = (
        State(held.commitment.state),
        PurchaseOrderLine.State(held.line.state),
    )
    return ends.get((asked, state)) or MOVES[verbs[asked]].get(state, state)
