"""Previews of order changes: asked for, answered by a worker, shown before a grant."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from factory.models import Customer, Order, OrderChange, RackModel
from factory.order_rules import Wish, check
from factory.services.order_racks import facts_of
from journal.services import record
from scheduling.models import ChangePreview, Publication

CLAIM_FOR = timedelta(seconds=60)
"""A worker that has not answered by then is taken for lost."""
WORKER_LOST = "The worker stopped each time it looked at this change; its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a worker found, in the columns of a preview.

    Attributes:
        racks: Racks for which a date was looked for.
        unaffected_racks: Racks that kept their place in the plan, or could.
        ships_on: The day the last of them ships with every promise kept.
        bound_on: No plan ships earlier.
        firm: What it comes to with every promise kept.
        eased: What it comes to if some promises move; empty if that is no earlier.
        sentence: Why there is no day, or what decides it.
    """

    racks: int = 0
    unaffected_racks: int = 0
    ships_on: date | None = None
    bound_on: date | None = None
    firm: dict[str, Any] = field(default_factory=dict)
    eased: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""


@transaction.atomic
def request_preview(
    *, order: Order, wish: Wish, actor: str, change: OrderChange | None = None
) -> ChangePreview:
    """Ask what a change would do; the dispatcher sends the question to a worker.

    Args:
        order: Which may take the change.
        wish: What is asked.
        actor: ``user:12`` or ``client:3``.
        change: The change as stored; None for a dry run.
    """
    preview = ChangePreview.objects.create(
        order=order,
        change=change,
        wish=_written(wish),
        actor=actor,
        order_version=order.version,
    )
    record(
        kind="change_preview.requested",
        about=preview,
        actor=actor,
        scope=f"site:{order.site_id}",
        cause=f"orderchange:{change.pk}" if change else "",
        summary=f"{order.number}: asked what a {wish.kind.label.lower()} would do",
        after=preview.wish,
    )
    return preview


@transaction.atomic
def dry_run(*, order: Order, wish: Wish, actor: str) -> ChangePreview:
    """Ask what a change would do without asking for it.

    Raises:
        OrderChangeRefusedError: If the order cannot take it as it stands.
    """
    check(facts_of(order, timezone.now()), wish)
    return request_preview(order=order, wish=wish, actor=actor)


def claim(preview_id: int) -> ChangePreview | None:
    """Take a preview that nobody works on; None when it is not there to be taken."""
    rows = ChangePreview.objects.filter(
        pk=preview_id, state=ChangePreview.State.REQUESTED
    ).exclude(claimed_until__gte=Now())
    claimed = rows.filter(attempt__lt=ChangePreview.MAX_ATTEMPTS).update(
        claimed_until=Now() + CLAIM_FOR, attempt=F("attempt") + 1
    )
    if not claimed:
        if rows.exists():
            _end(preview_id, ChangePreview.State.FAILED, sentence=WORKER_LOST)
        return None
    return ChangePreview.objects.select_related("order__site").get(pk=preview_id)


def mark_sent(preview_id: int) -> None:
    """Note that the broker has taken a preview's message. One UPDATE."""
    ChangePreview.objects.filter(pk=preview_id).update(sent_at=Now())


def answer(
    preview: ChangePreview, found: Foreseen, publication: Publication | None
) -> None:
    """Write what was found down, unless there is an answer."""
    _end(
        preview.pk,
        ChangePreview.State.ANSWERED,
        publication=publication,
        **{name: getattr(found, name) for name in Foreseen.__slots__},
    )


def fail(preview: ChangePreview, sentence: str) -> None:
    """End a preview that cannot be answered."""
    _end(preview.pk, ChangePreview.State.FAILED, sentence=sentence)


def wish_in(preview: ChangePreview) -> Wish:
    """Return what a preview looks at. At most two queries."""
    wish = preview.wish
    day = wish["requested_date"]
    return Wish(
        kind=OrderChange.Kind(wish["kind"]),
        reason=wish["reason"],
        quantity=wish["quantity"],
        requested_date=date.fromisoformat(day) if day else None,
        customer=Customer.objects.filter(code=wish["customer"]).first(),
        rack_model=RackModel.objects.filter(code=wish["rack_model"]).first(),
    )


def _written(wish: Wish) -> dict[str, Any]:
    """Return a wish in the API's own words."""
    day = wish.requested_date
    return {
        "kind": wish.kind.value,
        "reason": wish.reason,
        "quantity": wish.quantity,
        "requested_date": day.isoformat() if day else None,
        "customer": wish.customer.code if wish.customer else None,
        "rack_model": wish.rack_model.code if wish.rack_model else None,
    }


@transaction.atomic
def _end(preview_id: int, state: ChangePreview.State, **columns: Any) -> None:
    """End a preview that has no end yet, with an event."""
    ended = ChangePreview.objects.filter(
        pk=preview_id, state=ChangePreview.State.REQUESTED
    ).update(state=state, answered_at=Now(), claimed_until=None, **columns)
    if not ended:
        return
    preview = ChangePreview.objects.select_related("order").get(pk=preview_id)
    day = preview.ships_on
    record(
        kind=f"change_preview.{state.value}",
        about=preview,
        actor="system",
        scope=f"site:{preview.order.site_id}",
        summary=f"{preview.order.number}: preview {preview_id} {state.value}",
        after={"ships_on": day.isoformat() if day else None},
    )
