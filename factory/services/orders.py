"""Orders as an ERP pushes them: created, changed and cancelled by external id."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from factory.errors import FactoryError, OrderChangeRefusedError
from factory.models import Customer, Order, OrderChange, RackModel, Site
from factory.order_rules import Facts, Wish, check_state
from factory.services.order_changes import Signed, record_decided
from factory.services.order_racks import (
    add_racks,
    cancel_racks,
    facts_of,
    living,
)
from journal.services import record
from journal.upserts import UpsertOutcome

LONGEST_NUMBER = 36
"""So that a rack's serial, the number with ``-01`` behind it, still fits."""


Row = TypeVar("Row", Customer, Site, RackModel)


class OrderRefusedError(FactoryError):
    """Say which field of a pushed order cannot be."""

    code = "order_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence, for a pointer in the answer."""
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPush:
    """An order as an ERP states it; codes name the other objects.

    ``revision`` rises with each statement; a lower one than stored is out of date.
    """

    external_id: str
    revision: int
    number: str
    customer: str
    site: str
    rack_model: str
    quantity: int
    requested_date: date
    received_at: datetime
    service_class: Order.ServiceClass
    is_cancelled: bool = False


@transaction.atomic
def push_order(
    *, push: OrderPush, system: str, actor: str
) -> tuple[Order, UpsertOutcome]:
    """Bring one order to the state an ERP states, racks included.

    A larger quantity adds racks; a smaller one cancels racks whose work has not begun,
    last serial first.

    Raises:
        OrderRefusedError: If a code is unknown, the number is taken, or the change
            would touch racks in work. Nothing is changed then.
    """
    order = (
        Order.objects.select_for_update()
        .select_related("customer", "site", "rack_model")
        .filter(system=system, external_id=push.external_id)
        .first()
    )
    if order is None:
        return _create(push, system, actor), UpsertOutcome.CREATED
    if push.revision < order.external_revision:
        return order, UpsertOutcome.STALE
    changed = _change(order, push, actor)
    if push.revision > order.external_revision:
        order.external_revision = push.revision
        order.save(update_fields=["external_revision"])
    return order, UpsertOutcome.UPDATED if changed else UpsertOutcome.UNCHANGED


def _create(push: OrderPush, system: str, actor: str) -> Order:
    """Create the order and its racks."""
    if push.is_cancelled:
        raise OrderRefusedError(
            "cancelled", f"Order {push.external_id} is not known, so nothing to cancel."
        )
    number = push.number or push.external_id
    if len(number) > LONGEST_NUMBER:
        raise OrderRefusedError(
            "number",
            f"Order number has {len(number)} characters, {LONGEST_NUMBER} fit.",
        )
    try:
        with transaction.atomic():
            order = Order.objects.create(
                number=number,
                system=system,
                external_id=push.external_id,
                external_revision=push.revision,
                customer=_named(Customer, "customer", push.customer),
                site=_named(Site, "site", push.site),
                rack_model=_named(RackModel, "rack_model", push.rack_model),
                quantity=push.quantity,
                service_class=push.service_class,
                received_at=push.received_at,
                requested_date=push.requested_date,
            )
    except IntegrityError as error:
        raise OrderRefusedError(
            "number", f"Order number {number} is taken by another order."
        ) from error
    add_racks(order, push.quantity)
    record(
        kind="order.created",
        about=order,
        actor=actor,
        scope=f"site:{order.site_id}",
        summary=f"{order.number}: {order.quantity} × {order.rack_model.code} ordered",
        after=_facts(order),
    )
    return order


def _change(order: Order, push: OrderPush, actor: str) -> bool:
    """Apply what differs and return whether anything did."""
    before = _facts(order)
    _refuse_other_identity(order, push)
    stated = _stated(order, push)
    if stated == before:
        return False
    facts = facts_of(order, timezone.now())
    wish = Wish(
        kind=_kind(before, stated),
        reason="Pushed by the ERP.",
        quantity=push.quantity,
        requested_date=push.requested_date,
    )
    _refuse_the_impossible(facts, push, wish)
    if push.is_cancelled:
        order.state = Order.State.CANCELLED
        cancel_racks(order, living(order).count())
    else:
        if order.state == Order.State.CANCELLED:
            order.state = Order.State.OPEN
        _resize(order, push.quantity)
        order.quantity = push.quantity
    order.requested_date = push.requested_date
    order.service_class = push.service_class
    order.version += 1
    order.save()
    record_decided(
        order=order, wish=wish, facts=facts, by=Signed(author=actor, actor=actor)
    )
    record(
        kind="order.changed",
        about=order,
        actor=actor,
        scope=f"site:{order.site_id}",
        summary=f"{order.number} changed",
        before=before,
        after=_facts(order),
    )
    return True


def _refuse_other_identity(order: Order, push: OrderPush) -> None:
    """Refuse changes that make another order of it."""
    for field, stored, stated in (
        ("customer", order.customer.code, push.customer),
        ("site", order.site.code, push.site),
        ("rack_model", order.rack_model.code, push.rack_model),
    ):
        if stored != stated:
            raise OrderRefusedError(
                field,
                f"{order.number} is for {field} {stored}; a push does not switch it "
                f"to {stated}.",
            )


def _stated(order: Order, push: OrderPush) -> dict[str, object]:
    """Return what an event would keep of the order as it is stated."""
    state = order.state
    if push.is_cancelled and state == Order.State.CANCELLED:
        # Nothing else of an order that is cancelled matters any more.
        return _facts(order)
    if push.is_cancelled:
        state = Order.State.CANCELLED
    elif state == Order.State.CANCELLED:
        state = Order.State.OPEN
    return {
        "state": state,
        "quantity": order.quantity if push.is_cancelled else push.quantity,
        "requested_date": push.requested_date.isoformat(),
        "service_class": push.service_class,
    }


def _refuse_the_impossible(facts: Facts, push: OrderPush, wish: Wish) -> None:
    """Refuse what the order cannot take, and fewer racks than are begun."""
    try:
        check_state(facts, wish.kind)
    except OrderChangeRefusedError as error:
        raise OrderRefusedError("cancelled", str(error)) from error
    keep = 0 if push.is_cancelled else push.quantity
    if facts.begun > keep:
        raise OrderRefusedError(
            "quantity",
            f"{facts.number}: {facts.begun} racks are in work or shipped, {keep} "
            "asked for.",
        )


def _resize(order: Order, quantity: int) -> None:
    """Bring the number of living racks to ``quantity``."""
    now = living(order).count()
    if quantity > now:
        add_racks(order, quantity - now)
    elif quantity < now:
        cancel_racks(order, now - quantity)


def _named(model: type[Row], field: str, code: str) -> Row:
    """Return the row with a code."""
    row = model.objects.filter(code=code).first()
    if row is None:
        raise OrderRefusedError(field, f"There is no {field} {code[:40]}.")
    return row


def _facts(order: Order) -> dict[str, object]:
    """Return what an event keeps of an order."""
    return {
        "state": order.state,
        "quantity": order.quantity,
        "requested_date": order.requested_date.isoformat(),
        "service_class": order.service_class,
    }


def _kind(before: dict[str, object], after: dict[str, object]) -> OrderChange.Kind:
    """Return the change's name in the field's words, the weightiest first."""
    kinds = OrderChange.Kind
    if before["state"] != after["state"]:
        return (
            kinds.CANCEL if after["state"] == Order.State.CANCELLED else kinds.RESTART
        )
    if before["quantity"] != after["quantity"]:
        return (
            kinds.INCREASE
            if int(str(after["quantity"])) > int(str(before["quantity"]))
            else kinds.DECREASE
        )
    if before["requested_date"] == after["requested_date"]:
        return kinds.SERVICE_CHANGE
    return (
        kinds.PULL_IN
        if str(after["requested_date"]) < str(before["requested_date"])
        else kinds.PUSH_OUT
    )
