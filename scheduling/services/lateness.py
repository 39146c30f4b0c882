"""Telling which orders a publication makes late, which recover, and what has no plan.

Each is told when it changes from one publication to the next, never again meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from factory.models import Order
from journal.models import Event
from journal.services import Fact, record_many
from journal.wording import counted, duration
from scheduling.models import PlannedRack, Publication

NAMED_MOST = 50
"""Racks an event names."""


@dataclass(slots=True, kw_only=True)
class _Order:
    """How one order stands in a plan.

    Attributes:
        late_min: By how much its latest rack ships after its due date, in minutes.
        sentence: Why, in words.
        unplanned: Serials of its racks without a plan.
    """

    late_min: int = 0
    sentence: str = ""
    unplanned: list[str]


def tell_lateness(publication: Publication, *, cause: Event) -> None:
    """Append ``order.late``, ``order.recovered`` and ``plan.infeasible``. Four queries.

    An order is late while one of its racks ships after its due date, and has recovered
    once all of them are planned and none is late.

    Args:
        publication: Just made.
        cause: Its event; lends actor and scope.
    """
    now = _standing(publication.plan_id)
    previous = publication.previous
    was = _standing(previous.plan_id) if previous is not None else {}
    late_before = {key for key, one in was.items() if one.late_min}
    orders = Order.objects.in_bulk(list(now))
    record_many(
        [
            *_late(now, late_before, orders, cause),
            *_recovered(now, late_before, orders, cause),
            *_infeasible(publication, now, was, cause),
        ]
    )


def _standing(plan_id: int) -> dict[int, _Order]:
    """Return how each order of a plan stands, by primary key. One query."""
    found: dict[int, _Order] = {}
    rows = PlannedRack.objects.filter(plan=plan_id, rack__order__isnull=False)
    for order, serial, late_min, sentence, code in rows.order_by(
        "rack__serial"
    ).values_list(
        "rack__order", "rack__serial", "late_min", "sentence", "unplannable_code"
    ):
        one = found.setdefault(order, _Order(unplanned=[]))
        if code:
            one.unplanned.append(serial)
        if late_min > one.late_min:
            one.late_min, one.sentence = late_min, sentence
    return found


def _late(
    now: Mapping[int, _Order],
    late_before: Collection[int],
    orders: Mapping[int, Order],
    cause: Event,
) -> Iterable[Fact]:
    """Yield a fact for each order that is late and was not."""
    for key, one in now.items():
        if one.late_min and key not in late_before:
            why = f": {one.sentence}" if one.sentence else ""
            yield _about(
                orders[key],
                "order.late",
                cause,
                summary=(
                    f"{orders[key].number} is late by {duration(one.late_min)}{why}"
                ),
                late_min=one.late_min,
            )


def _recovered(
    now: Mapping[int, _Order],
    late_before: Collection[int],
    orders: Mapping[int, Order],
    cause: Event,
) -> Iterable[Fact]:
    """Yield a fact for each order that was late and is planned in time."""
    for key, one in now.items():
        is_in_time = not one.late_min and not one.unplanned
        if is_in_time and key in late_before:
            yield _about(
                orders[key],
                "order.recovered",
                cause,
                summary=f"{orders[key].number} is no longer late",
                late_min=0,
            )


def _about(
    order: Order, kind: str, cause: Event, *, summary: str, late_min: int
) -> Fact:
    """Return a fact about an order."""
    return Fact(
        kind=kind,
        about=order,
        actor=cause.actor,
        scope=cause.scope,
        cause=f"event:{cause.pk}",
        summary=summary.rstrip(".")[:300],
        after={"order": order.number, "late_min": late_min},
    )


def _infeasible(
    publication: Publication,
    now: Mapping[int, _Order],
    was: Mapping[int, _Order],
    cause: Event,
) -> Iterable[Fact]:
    """Yield a fact if racks have no plan that the publication before planned."""
    known = {serial for one in was.values() for serial in one.unplanned}
    fresh = sorted(
        serial
        for one in now.values()
        for serial in one.unplanned
        if serial not in known
    )
    if fresh:
        yield Fact(
            kind="plan.infeasible",
            about=publication,
            actor=cause.actor,
            scope=cause.scope,
            cause=f"event:{cause.pk}",
            summary=(
                f"Plan {publication.number} has no place for "
                f"{counted(len(fresh), 'rack')} more"
            ),
            after={"racks": fresh[:NAMED_MOST], "count": len(fresh)},
        )
