"""What the buyer asks for: new lines, changed lines, cancelled lines.

A change of the request never touches what the supplier said; it raises the version,
so that an answer to the old request is told so.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from suppliers import sentences
from suppliers.errors import PullInRefusedError
from suppliers.ledger import MOVES, State, Verb
from suppliers.models import Commitment, PurchaseOrderLine, RequestChange
from suppliers.services.hold import change, hold, standing_promise, tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for on a line; ``need_by`` is the dock date asked for."""

    quantity: int
    need_by: date
    price_cents: int = 0
    is_cancelled: bool = False


def ask(*, line: PurchaseOrderLine, now: datetime) -> Commitment:
    """Ask the supplier for a commitment on a new line. One query."""
    is_cancelled = line.state == PurchaseOrderLine.State.CANCELLED
    return Commitment.objects.create(
        line=line,
        state=State.CANCELLED if is_cancelled else State.REQUESTED,
        changed_at=now,
    )


def change_request(
    *, line_id: int, request: Request, actor: str, now: datetime, cause: str = ""
) -> bool:
    """Ask for something else on a line and return whether anything differed.

    The caller has opened a transaction and has made sure that no less is asked for than
    was received.

    Args:
        line_id: The line.
        request: What is asked for now.
        actor: ``user:12``, ``client:3`` or ``system``.
        now: The moment, aware.
        cause: What led to it, for the event.
    """
    held = hold(line_id=line_id, now=now)
    line, before = held.line, held.facts()
    asked_before = (line.quantity, line.need_by)
    states = PurchaseOrderLine.State
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
        return False
    for field in differing:
        setattr(line, field, wanted[field])
    if not is_complete:
        line.received_in_full_on = None
    elif line.received_in_full_on is None:
        newest = line.receipts.order_by("-received_on").first()
        line.received_in_full_on = newest.received_on if newest else held.today
    line.save(update_fields=[*differing, "received_in_full_on"])
    if (line.quantity, line.need_by) != asked_before or (
        "state" in differing and request.is_cancelled
    ):
        _keep(line, *asked_before, actor=actor, now=now)
    change(held, state=_state_after(State(held.commitment.state), line))
    held.promise = standing_promise(held.commitment, line)
    asked = sentences.requested_words(line, held.today)
    tell(
        held,
        kind="commitment.changed",
        actor=actor,
        cause=cause,
        summary=f"{held.name}, {line.part.code}: cancelled by the buyer"
        if request.is_cancelled
        else f"{held.name}, {line.part.code}: the buyer now asks for {asked}",
        before=before,
    )
    return True


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


def _keep(
    line: PurchaseOrderLine,
    quantity_before: int,
    need_by_before: date,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Append what the buyer changed; the caller holds the line. Two queries."""
    RequestChange.objects.create(
        line=line,
        number=line.request_changes.count() + 1,
        quantity_before=quantity_before,
        quantity_after=line.quantity,
        need_by_before=need_by_before,
        need_by_after=line.need_by,
        is_cancelled=line.state == PurchaseOrderLine.State.CANCELLED,
        actor=actor,
        asked_at=now,
    )


def _state_after(state: State, line: PurchaseOrderLine) -> State:
    """Return where a changed request leaves the commitment."""
    verbs = {
        PurchaseOrderLine.State.CANCELLED: Verb.CANCEL,
        PurchaseOrderLine.State.CLOSED: Verb.RECEIVE,
        PurchaseOrderLine.State.OPEN: Verb.ASK_AGAIN,
    }
    return MOVES[verbs[PurchaseOrderLine.State(line.state)]].get(state, state)
