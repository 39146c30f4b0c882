"""The racks of an order: added, cancelled before they are begun, handed over."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from factory.models import Order, StepRecord, StockIssue, Unit
from factory.models.routing import PowerClass
from factory.order_rules import Facts


class Marks(TypedDict):
    """What ``tested`` adds to a rack."""

    is_tested: bool
    is_bound: bool


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    MarkedRack = WithAnnotations[Unit, Marks]


GONE = (Unit.State.CANCELLED, Unit.State.SCRAPPED)
BEGUN = Q(state__in=[Unit.State.IN_WORK, Unit.State.ON_HOLD, Unit.State.SHIPPED])
SERIAL_MOST = Unit._meta.get_field("serial").max_length or 0  # noqa: SLF001


def living(order: Order) -> QuerySet[Unit]:
    """Return an order's racks that are neither cancelled nor scrapped."""
    return order.racks.exclude(state__in=GONE)


def facts_of(order: Order, now: datetime) -> Facts:
    """Return where an order stands. Three queries.

    Args:
        order: With its site.
        now: Aware.
    """
    racks = living(order)
    marked = tested(racks)
    return Facts(
        number=order.number,
        state=order.state,
        quantity=order.quantity,
        requested_date=order.requested_date,
        customer_id=order.customer_id,
        rack_model_id=order.rack_model_id,
        begun=racks.filter(BEGUN).count(),
        shipped=racks.filter(state=Unit.State.SHIPPED).count(),
        tested=marked.filter(is_tested=True).count(),
        bound=marked.filter(is_tested=False, is_bound=True).count(),
        today=now.astimezone(ZoneInfo(order.site.zone)).date(),
    )


def tested(racks: QuerySet[Unit]) -> "QuerySet[MarkedRack]":
    """Return racks with ``is_tested`` and ``is_bound``.

    A rack is tested once its soak has passed, or when it is shipped; bound when it
    holds parts consigned by a customer.
    """
    soaked = StepRecord.objects.filter(
        rack=OuterRef("pk"),
        outcome=StepRecord.Outcome.PASSED,
        step__power_class=PowerClass.PREEMPTIVE_DERATABLE,
    )
    consigned = StockIssue.objects.filter(
        rack=OuterRef("pk"), lot__consigned_by__isnull=False
    )
    return racks.annotate(
        is_tested=Q(state=Unit.State.SHIPPED) | Q(Exists(soaked)),
        is_bound=Exists(consigned),
    )


def add_racks(order: Order, count: int) -> list[Unit]:
    """Create racks with the next serials of the order. Two queries."""
    first = _next_position(order)
    return Unit.objects.bulk_create(
        Unit(
            serial=f"{order.number}-{position:02d}",
            kind=Unit.Kind.RACK,
            site=order.site,
            rack_model=order.rack_model,
            order=order,
        )
        for position in range(first, first + count)
    )


def cancel_racks(order: Order, count: int) -> None:
    """Cancel racks that are not begun, last serial first. Two queries."""
    last = living(order).filter(state=Unit.State.PLANNED).order_by("-serial")[:count]
    Unit.objects.filter(pk__in=[rack.pk for rack in last]).update(
        state=Unit.State.CANCELLED
    )


def to_hand_over(order: Order, count: int) -> Sequence[Unit]:
    """Return the racks a customer switch takes: those furthest along first.

    Racks that are tested, or hold parts consigned by their customer, stay.
    """
    free = tested(living(order)).filter(is_tested=False, is_bound=False)
    found = list(free.prefetch_related("step_records"))
    passed = {
        rack.pk: sum(
            one.outcome == StepRecord.Outcome.PASSED for one in rack.step_records.all()
        )
        for rack in found
    }
    found.sort(
        key=lambda one: (one.state == Unit.State.PLANNED, -passed[one.pk], one.serial)
    )
    return found[:count]


def _next_position(order: Order) -> int:
    """Return the first free number behind an order's own. One query."""
    head = f"{order.number}-"
    serials = Unit.objects.filter(serial__startswith=head).values_list(
        "serial", flat=True
    )
    tails = [serial.removeprefix(head) for serial in serials]
    return 1 + max((int(tail) for tail in tails if tail.isdecimal()), default=0)
