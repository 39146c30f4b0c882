"""Orders as an ERP pushes them: created, changed and cancelled by external id."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from factory.errors import FactoryError
from factory.models import Customer, Order, OrderChange, RackModel, Site, Unit
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
    _add_racks(order, push.quantity)
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
    if push.is_cancelled:
        order.state = Order.State.CANCELLED
        _remove_racks(order, keep=0)
    else:
        if order.state == Order.State.CANCELLED:
            order.state = Order.State.OPEN
        _resize(order, push.quantity)
        order.quantity = push.quantity
    order.requested_date = push.requested_date
    order.service_class = push.service_class
    after = _facts(order)
    if after == before:
        return False
    order.version += 1
    order.save()
    OrderChange.objects.create(
        order=order,
        kind=_kind(before, after),
        author=actor,
        reason="Pushed by the ERP.",
        quantity=order.quantity,
        requested_date=order.requested_date,
        at=timezone.now(),
    )
    record(
        kind="order.changed",
        about=order,
        actor=actor,
        scope=f"site:{order.site_id}",
        summary=f"{order.number} changed",
        before=before,
        after=after,
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


def _resize(order: Order, quantity: int) -> None:
    """Bring the number of living racks to ``quantity``."""
    living = order.racks.exclude(state=Unit.State.CANCELLED).count()
    if quantity > living:
        _add_racks(order, quantity - living)
    elif quantity < living:
        _remove_racks(order, keep=quantity)


def _add_racks(order: Order, count: int) -> None:
    """Create racks with the next serials. Two queries."""
    first = order.racks.count() + 1
    Unit.objects.bulk_create(
        Unit(
            serial=f"{order.number}-{position:02d}",
            kind=Unit.Kind.RACK,
            site=order.site,
            rack_model=order.rack_model,
            order=order,
        )
        for position in range(first, first + count)
    )


def _remove_racks(order: Order, *, keep: int) -> None:
    """Cancel racks beyond ``keep``, those not begun only."""
    living = order.racks.exclude(state=Unit.State.CANCELLED)
    begun = living.exclude(state=Unit.State.PLANNED).count()
    if begun > keep:
        raise OrderRefusedError(
            "quantity",
            f"{order.number}: {begun} racks are in work or shipped, {keep} asked for.",
        )
    surplus = living.count() - keep
    last = living.filter(state=Unit.State.PLANNED).order_by("-serial")[:surplus]
    Unit.objects.filter(pk__in=[rack.pk for rack in last]).update(
        state=Unit.State.CANCELLED
    )


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
    return (
        kinds.PULL_IN
        if str(after["requested_date"]) < str(before["requested_date"])
        else kinds.PUSH_OUT
    )
