"""Changes of orders: asked for, granted or refused; every step a row that stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from factory.errors import ChangeDecidedError, OrderChangeRefusedError
from factory.models import ChangeDecision, Customer, Order, OrderChange, Unit
from factory.order_rules import DATED, Facts, Kind, Wish, check
from factory.services.order_racks import (
    add_racks,
    cancel_racks,
    facts_of,
    living,
    to_hand_over,
)
from journal.services import record
from journal.wording import counted, full_date

NUMBER_HEAD = 30
"""Of an order's number, so that a mark, a count and a rack's position still fit."""
REASON_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who says something.

    Attributes:
        author: A person's or system's name, as the ledger shows it.
        actor: ``user:12``, ``client:3`` or ``system``.
    """

    author: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a granted change has done.

    Attributes:
        decision: The row that says so.
        order: The order as it is now.
        other: The order that was made of it: of an add-on, or of racks handed over.
    """

    decision: ChangeDecision
    order: Order
    other: Order | None = None


@transaction.atomic
def propose_change(*, order: Order, wish: Wish, by: Signed) -> OrderChange:
    """Write down what is asked of an order; nothing is changed yet.

    Raises:
        OrderChangeRefusedError: If the order cannot take it as it stands.
    """
    order = _held(order.pk)
    now = timezone.now()
    check(facts_of(order, now), wish)
    change = OrderChange.objects.create(
        order=order,
        kind=wish.kind,
        author=by.author,
        actor=by.actor,
        reason=wish.reason.strip(),
        quantity=wish.quantity,
        requested_date=wish.requested_date,
        customer=wish.customer,
        rack_model=wish.rack_model,
        at=now,
    )
    record(
        kind="order.change_proposed",
        about=change,
        actor=by.actor,
        scope=f"site:{order.site_id}",
        summary=f"{order.number}: {in_words(change)} asked for by {by.author}"[:300],
        after=_asked(change),
    )
    return change


@transaction.atomic
def refuse_change(*, change: OrderChange, reason: str, by: Signed) -> ChangeDecision:
    """Refuse a change that was asked for, with the reason.

    Raises:
        ChangeDecidedError: If it is decided.
        OrderChangeRefusedError: If no reason is given.
    """
    order = _held(change.order_id)
    _refuse_decided(change, order)
    words = reason.strip()
    if not words or len(words) > REASON_MOST or "\0" in words:
        raise OrderChangeRefusedError(
            "reason", f"Say why, in 1 to {REASON_MOST} characters of plain text."
        )
    facts = facts_of(order, timezone.now())
    decision = _decide(change, facts, by, is_granted=False, reason=words)
    record(
        kind="order.change_refused",
        about=change,
        actor=by.actor,
        scope=f"site:{order.site_id}",
        summary=f"{order.number}: {in_words(change)} refused: {words}"[:300],
        after=_asked(change) | {"refused_because": words},
    )
    return decision


@transaction.atomic
def grant_change(
    *, change: OrderChange, granted_date: date | None, by: Signed, reason: str = ""
) -> Granted:
    """Bring an order to what a change asks for. Racks in progress keep their state.

    Args:
        change: Asked for, not decided.
        granted_date: The day promised by it; None for changes that move no date.
        by: Who grants it.
        reason: Why so and not as asked, if there is something to say.

    Raises:
        ChangeDecidedError: If it is decided.
        OrderChangeRefusedError: If the order can no longer take it, or the date is
            missing or needless.
    """
    order = _held(change.order_id)
    _refuse_decided(change, order)
    facts = facts_of(order, timezone.now())
    wish = wish_of(change)
    check(facts, wish)
    _check_date(facts, wish, granted_date)
    before = shown(order)
    other = _APPLY[wish.kind](order, wish)
    order.version += 1
    order.save()
    _follow_racks(order)
    decision = _decide(
        change,
        facts,
        by,
        is_granted=True,
        reason=reason.strip()[:REASON_MOST],
        granted_date=granted_date,
        state_after=order.state,
        quantity_after=order.quantity,
        racks_handed=wish.quantity or 0 if wish.kind == Kind.CUSTOMER_SWITCH else 0,
    )
    record(
        kind="order.changed",
        about=order,
        actor=by.actor,
        scope=f"site:{order.site_id}",
        cause=f"orderchange:{change.pk}",
        summary=f"{order.number}: {in_words(change)} granted"[:300],
        before=before,
        after=shown(order)
        | {
            "change": change.pk,
            "granted_date": granted_date.isoformat() if granted_date else None,
        },
    )
    return Granted(decision=decision, order=order, other=other)


def record_decided(
    *, order: Order, wish: Wish, facts: Facts, by: Signed
) -> OrderChange:
    """Write down a change that has been made already, as an ERP states it.

    The caller's transaction has changed the order.
    """
    change = OrderChange.objects.create(
        order=order,
        kind=wish.kind,
        author=by.author,
        actor=by.actor,
        reason=wish.reason,
        quantity=wish.quantity,
        requested_date=wish.requested_date,
        at=timezone.now(),
    )
    _decide(
        change,
        facts,
        by,
        is_granted=True,
        state_after=order.state,
        quantity_after=order.quantity,
    )
    return change


def wish_of(change: OrderChange) -> Wish:
    """Return what a stored change asks for."""
    return Wish(
        kind=OrderChange.Kind(change.kind),
        reason=change.reason,
        quantity=change.quantity,
        requested_date=change.requested_date,
        customer=change.customer,
        rack_model=change.rack_model,
    )


def in_words(change: OrderChange) -> str:
    """Return a change as people say it: "increase to 6 racks by 18 Dec 2026"."""
    words = str(OrderChange.Kind(change.kind).label).lower()
    kind = change.kind
    if change.quantity and kind in {Kind.INCREASE, Kind.DECREASE}:
        words += f" to {counted(change.quantity, 'rack')}"
    elif change.quantity and kind in {Kind.EMERGENCY_ADD, Kind.CUSTOMER_SWITCH}:
        words += f" of {counted(change.quantity, 'rack')}"
    elif kind == Kind.SERVICE_CHANGE and change.state == "proposed":
        words += f" to {_other_class(change.order).label.lower()}"
    if change.customer is not None:
        words += f" to {change.customer.name}"
    if change.rack_model is not None:
        words += f" to {change.rack_model.code}"
    if change.requested_date is not None:
        words += f" by {full_date(change.requested_date)}"
    return words


def shown(order: Order) -> dict[str, Any]:
    """Return what an event keeps of an order."""
    return {
        "state": order.state,
        "quantity": order.quantity,
        "requested_date": order.requested_date.isoformat(),
        "service_class": order.service_class,
        "customer": order.customer.code,
        "rack_model": order.rack_model.code,
    }


def _held(order_id: int) -> Order:
    """Return an order, locked until the transaction ends."""
    return (
        Order.objects.select_for_update(of=("self",))
        .select_related("customer", "site", "rack_model")
        .get(pk=order_id)
    )


def _refuse_decided(change: OrderChange, order: Order) -> None:
    """Refuse to decide a change twice; the order's row is locked."""
    decided = ChangeDecision.objects.filter(change=change).first()
    if decided is not None:
        raise ChangeDecidedError(
            order.number,
            str(OrderChange.Kind(change.kind).label),
            "granted" if decided.is_granted else "refused",
        )


def _check_date(facts: Facts, wish: Wish, granted: date | None) -> None:
    """Ask for a date where one is promised, and for none where it is not."""
    if wish.kind not in DATED:
        if granted is not None:
            raise OrderChangeRefusedError(
                "granted_date", f"A {wish.kind.label.lower()} moves no date."
            )
        return
    if granted is None:
        raise OrderChangeRefusedError(
            "granted_date", f"{facts.number}: say which date is granted."
        )
    if granted < facts.today:
        raise OrderChangeRefusedError(
            "granted_date", f"{facts.number}: {granted.isoformat()} has passed."
        )


def _decide(
    change: OrderChange, facts: Facts, by: Signed, **columns: Any
) -> ChangeDecision:
    """Write a decision with the facts it stands on."""
    return ChangeDecision.objects.create(
        **{
            "change": change,
            "kind": change.kind,
            "author": by.author,
            "actor": by.actor,
            "state_before": facts.state,
            "state_after": facts.state,
            "quantity_before": facts.quantity,
            "quantity_after": facts.quantity,
            "racks_begun": facts.begun,
            "racks_tested": facts.tested,
            "at": timezone.now(),
        }
        | columns
    )


def _asked(change: OrderChange) -> dict[str, Any]:
    """Return what an event keeps of a change."""
    day = change.requested_date
    return {
        "order": change.order.number,
        "kind": change.kind,
        "author": change.author,
        "reason": change.reason,
        "quantity": change.quantity,
        "requested_date": day.isoformat() if day else None,
        "customer": change.customer.code if change.customer else None,
        "rack_model": change.rack_model.code if change.rack_model else None,
    }


def _grow(order: Order, wish: Wish) -> None:
    """Add racks for the order's own date."""
    more = (wish.quantity or 0) - order.quantity
    add_racks(order, more)
    order.quantity += more


def _shrink(order: Order, wish: Wish) -> None:
    fewer = order.quantity - (wish.quantity or 0)
    cancel_racks(order, fewer)
    order.quantity -= fewer


def _cancel(order: Order, wish: Wish) -> None:
    del wish
    cancel_racks(order, living(order).count())
    order.state = Order.State.CANCELLED


def _date(order: Order, wish: Wish) -> None:
    order.requested_date = wish.requested_date or order.requested_date


def _pause(order: Order, wish: Wish) -> None:
    del wish
    order.state = Order.State.PAUSED


def _restart(order: Order, wish: Wish) -> None:
    """Open an order again; one that was cancelled gets its racks anew."""
    missing = order.quantity - living(order).count()
    if missing > 0:
        add_racks(order, missing)
    order.state = Order.State.OPEN
    _date(order, wish)


def _model(order: Order, wish: Wish) -> None:
    """Build something else; nothing is begun."""
    if wish.rack_model is not None:
        order.rack_model = wish.rack_model
        living(order).update(rack_model=wish.rack_model)
    _date(order, wish)


def _service(order: Order, wish: Wish) -> None:
    """Turn a firm order into a flexible one, or back."""
    del wish
    order.service_class = _other_class(order)


def _other_class(order: Order) -> Order.ServiceClass:
    """Return the service class that an order does not have."""
    classes = Order.ServiceClass
    is_firm = order.service_class == classes.FIRM
    return classes.FLEXIBLE if is_firm else classes.FIRM


def _switch(order: Order, wish: Wish) -> Order | None:
    """Hand racks to another customer; what is begun goes on where it is.

    All racks: the order itself changes hands. Some: they become an order of their own.
    """
    if wish.customer is None or wish.quantity is None:
        return None
    if wish.quantity == order.quantity:
        order.customer = wish.customer
        _date(order, wish)
        return None
    racks = to_hand_over(order, wish.quantity)
    other = _beside(order, wish, mark="S", customer=wish.customer, size=len(racks))
    Unit.objects.filter(pk__in=[rack.pk for rack in racks]).update(order=other)
    order.quantity -= len(racks)
    return other


def _emergency(order: Order, wish: Wish) -> Order:
    """Order racks on top, with a date of their own: they are an order of their own."""
    size = wish.quantity or 0
    other = _beside(order, wish, mark="E", customer=order.customer, size=size)
    add_racks(other, size)
    return other


def _beside(
    order: Order, wish: Wish, *, mark: str, customer: Customer, size: int
) -> Order:
    """Return a new order beside another, with an event."""
    other = Order.objects.create(
        number=_other_number(order, mark),
        customer=customer,
        site=order.site,
        rack_model=order.rack_model,
        quantity=size,
        service_class=order.service_class,
        state=order.state,
        received_at=timezone.now(),
        requested_date=wish.requested_date or order.requested_date,
        late_cents_per_day=order.late_cents_per_day,
    )
    record(
        kind="order.created",
        about=other,
        actor="system",
        scope=f"site:{order.site_id}",
        cause=f"order:{order.pk}",
        summary=f"{other.number}: {size} × {order.rack_model.code} beside {order}",
        after=shown(other),
    )
    return other


def _other_number(order: Order, mark: str) -> str:
    """Return a free number for an order beside another: CO-9-E1, CO-9-S1. One query."""
    head = order.number[:NUMBER_HEAD]
    taken = set(
        Order.objects.filter(number__startswith=head).values_list("number", flat=True)
    )
    count = 1
    while (number := f"{head}-{mark}{count}") in taken:
        count += 1
    return number


def _follow_racks(order: Order) -> None:
    """Ship an order whose last open rack has left it."""
    if order.state != Order.State.OPEN:
        return
    racks = living(order)
    if racks.exists() and not racks.exclude(state=Unit.State.SHIPPED).exists():
        order.state = Order.State.SHIPPED
        order.save(update_fields=["state"])


_APPLY: Final[Mapping[str, Callable[[Order, Wish], Order | None]]] = {
    Kind.INCREASE: _grow,
    Kind.EMERGENCY_ADD: _emergency,
    Kind.DECREASE: _shrink,
    Kind.CANCEL: _cancel,
    Kind.PULL_IN: _date,
    Kind.PUSH_OUT: _date,
    Kind.CUSTOMER_SWITCH: _switch,
    Kind.PAUSE: _pause,
    Kind.RESTART: _restart,
    Kind.MODEL_CHANGE: _model,
    Kind.SERVICE_CHANGE: _service,
}
