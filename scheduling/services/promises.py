"""The outward ledger: a new revision whenever a publication changes an order's date."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from factory.models import Order
from journal.models import Event
from journal.wording import column_date
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
    last: Mapping[int, int] = dict(
        CustomerPromise.objects.filter(order__in=[one.order.pk for one, _ in changed])
        .order_by("number")
        .values_list("order", "number")
    )
    return CustomerPromise.objects.bulk_create(
        [
            _revision(
                publication,
                one,
                day,
                last.get(one.order.pk, 0) + 1,
                (reasons or {}).get(one.order.number, ""),
            )
            for one, day in changed
        ],
        batch_size=1_000,
    )


def _revision(
    publication: Publication, change: OrderChange, day: date, number: int, given: str
) -> CustomerPromise:
    """Return an unsaved promise; a later one says why."""
    kind = CustomerPromise.Kind.PROMISE
    if change.promised is not None:
        is_later = day > change.promised
        kind = (
            CustomerPromise.Kind.PUSH_OUT if is_later else CustomerPromise.Kind.PULL_IN
        )
    return CustomerPromise(
        order=change.order,
        number=number,
        kind=kind,
        date=day,
        quantity=change.order.quantity,
        publication=publication,
        limit=change.limit,
        reason=_reason(change, kind, given),
        actor=publication.actor,
        made_at=publication.at,
    )


def _reason(change: OrderChange, kind: CustomerPromise.Kind, given: str) -> str:
    """Return why a promise moved; empty for one that came or moved forward."""
    if kind != CustomerPromise.Kind.PUSH_OUT:
        return ""
    return (given or change.sentence or "The plan has no earlier place.")[:REASON_MOST]


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
    old = column_date(was, promise.made_at.date())
    return f"{promise.order.number} promised for {new} instead of {old}"
