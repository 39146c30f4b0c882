"""The outward ledger: a new revision for each date that a publication or change moves.

Every revision but an order's first names the one it follows, who made it and why.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from factory.models import ChangeDecision, Order
from factory.models import OrderChange as Change
from factory.services.order_changes import Granted
from journal.models import Event
from journal.services import record
from journal.wording import column_date, counted
from scheduling.models import CustomerPromise, Publication
from scheduling.queries.changes import OrderChange

REASON_MOST = 300


def revise(
    publication: Publication,
    orders: Iterable[OrderChange],
    reasons: Mapping[str, str] | None = None,
) -> list[CustomerPromise]:
    """Append a revision for each order whose date a publication changes. Two queries.

    Called in the publication's transaction, under its site's lock.

    Args:
        publication: Which one.
        orders: What it changes.
        reasons: What a person gave as the reason of a broken promise, by order number;
            it stands in the ledger instead of the plan's own sentence.
    """
    changed = [
        (one, day)
        for one in orders
        if (day := one.next_promise) is not None and day != one.promised
    ]
    last = {
        promise.order_id: promise
        for promise in CustomerPromise.objects.filter(
            order__in=[one.order.pk for one, _ in changed]
        ).order_by("number")
    }
    return CustomerPromise.objects.bulk_create(
        [
            _revision(
                publication,
                one,
                day,
                last.get(one.order.pk),
                (reasons or {}).get(one.order.number, ""),
            )
            for one, day in changed
        ],
        batch_size=1_000,
    )


def _revision(
    publication: Publication,
    change: OrderChange,
    day: date,
    last: CustomerPromise | None,
    given: str,
) -> CustomerPromise:
    """Return an unsaved promise; a later one says why."""
    kind = _kind(last, day, change.order.quantity)
    return CustomerPromise(
        order=change.order,
        number=last.number + 1 if last else 1,
        predecessor=last,
        kind=kind,
        date=day,
        quantity=change.order.quantity,
        publication=publication,
        limit=change.limit,
        reason=_reason(change, kind, given),
        actor=publication.actor,
        made_at=publication.at,
    )


def _kind(
    last: CustomerPromise | None, day: date, quantity: int
) -> CustomerPromise.Kind:
    """Return what a revision is, compared with the one before."""
    kinds = CustomerPromise.Kind
    if last is None:
        return kinds.PROMISE
    if day != last.date:
        return kinds.PUSH_OUT if day > last.date else kinds.PULL_IN
    return kinds.CONFIRMED if quantity == last.quantity else kinds.QUANTITY


def _reason(change: OrderChange, kind: CustomerPromise.Kind, given: str) -> str:
    """Return why a promise moved; empty for an order's first."""
    if kind == CustomerPromise.Kind.PROMISE:
        return ""
    if kind == CustomerPromise.Kind.PUSH_OUT:
        why = given or change.sentence or "The plan has no earlier place."
        return why[:REASON_MOST]
    return "The plan ships it earlier."


STILL: Mapping[str, CustomerPromise.Kind] = {
    Change.Kind.CANCEL: CustomerPromise.Kind.WITHDRAWN,
    Change.Kind.PAUSE: CustomerPromise.Kind.ON_HOLD,
}
"""What becomes of a promise whose order is not to be built for now, or ever."""


def revise_for_change(granted: Granted, *, actor: str) -> list[CustomerPromise]:
    """Append what a granted change promises, to the order and to the one beside it.

    A change without a date leaves the promised day, and appends nothing where nothing
    is promised yet. Called in the grant's transaction. Four queries.
    """
    decision, order = granted.decision, granted.order
    kind, day = decision.kind, decision.granted_date
    if granted.other is not None and day is not None:
        beside = _append(granted.other, day, decision, actor=actor)
        kept = _append(order, None, decision, actor=actor)
        return [one for one in (kept, beside) if one is not None]
    revised = _append(order, day, decision, actor=actor, kind=STILL.get(kind))
    return [revised] if revised is not None else []


def _append(
    order: Order,
    day: date | None,
    decision: ChangeDecision,
    *,
    actor: str,
    kind: CustomerPromise.Kind | None = None,
) -> CustomerPromise | None:
    """Append one revision with an event; None where nothing is said by it."""
    last = CustomerPromise.objects.filter(order=order).order_by("-number").first()
    if last is None and day is None:
        return None
    date = day or (last.date if last else order.requested_date)
    quantity = 0 if kind == CustomerPromise.Kind.WITHDRAWN else order.quantity
    if day is None and kind is None and last and last.quantity == quantity:
        return None
    promise = CustomerPromise.objects.create(
        order=order,
        number=last.number + 1 if last else 1,
        predecessor=last,
        kind=kind or _kind(last, date, quantity),
        date=date,
        quantity=quantity,
        change=decision.change,
        reason=f"{decision.change.get_kind_display()}: {decision.change.reason}"[
            :REASON_MOST
        ],
        actor=actor,
        made_at=decision.at,
    )
    was = last.date if last else None
    record(
        kind="promise.made" if last is None else "promise.changed",
        about=promise,
        actor=actor,
        scope=f"site:{order.site_id}",
        cause=f"orderchange:{decision.change_id}",
        summary=_words(promise, was),
        before=_facts(order, was),
        after=_facts(order, promise.date)
        | {"revision": promise.number, "reason": promise.reason},
    )
    return promise


def tell(
    revisions: Iterable[CustomerPromise], orders: Iterable[OrderChange], *, cause: Event
) -> None:
    """Append an event for each new revision, with the actor and scope of its cause.

    One query.
    """
    before = {one.order.pk: one.promised for one in orders}
    Event.objects.bulk_create(
        [
            Event(
                kind="promise.made" if promise.number == 1 else "promise.changed",
                object_type="customerpromise",
                object_id=str(promise.pk),
                scope=cause.scope,
                actor=cause.actor,
                cause=f"event:{cause.pk}",
                summary=_words(promise, before[promise.order_id]),
                before=_facts(promise.order, before[promise.order_id]),
                after=_facts(promise.order, promise.date)
                | {"revision": promise.number, "reason": promise.reason},
            )
            for promise in revisions
        ],
        batch_size=1_000,
    )


def _facts(order: Order, day: date | None) -> dict[str, Any]:
    return {"order": order.number, "date": day.isoformat() if day else None}


def _words(promise: CustomerPromise, was: date | None) -> str:
    """Return what a customer is told, without a full stop."""
    new = column_date(promise.date, promise.made_at.date())
    if was is None:
        return f"{promise.order.number} promised for {new}"
    kinds = CustomerPromise.Kind
    if promise.kind in {kinds.WITHDRAWN, kinds.ON_HOLD}:
        return f"{promise.order.number}: promise {promise.get_kind_display().lower()}"
    if was == promise.date:
        racks = counted(promise.quantity, "rack")
        return f"{promise.order.number} stays promised for {new}, {racks}"
    old = column_date(was, promise.made_at.date())
    return f"{promise.order.number} promised for {new} instead of {old}"
