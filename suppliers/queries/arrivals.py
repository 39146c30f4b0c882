"""When promised deliveries come, by the habits that were worked out. One query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from suppliers.arrivals import Arrival, Habits, arrival_of, from_json
from suppliers.ledger import Delivery, Promise
from suppliers.models import ArrivalHabit, PurchaseOrderLine

Expected = tuple[int, int, date]
"""Supplier, part and the dock date promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDelivery:
    """One promised delivery that is still to come, with its arrivals."""

    delivery: Delivery
    arrival: Arrival


def expected_of(
    line: PurchaseOrderLine, promise: Promise, *, today: date
) -> list[ExpectedDelivery]:
    """Return when each promised delivery of a line comes. At most one query.

    Args:
        line: With its order.
        promise: What stands and is still to come.
        today: At the receiving site.
    """
    if not promise:
        return []
    supplier, part = line.purchase_order.supplier_id, line.part_id
    arrivals = expected_arrivals(
        [(supplier, part, delivery.on) for delivery in promise], today=today
    )
    return [
        ExpectedDelivery(delivery=delivery, arrival=arrival)
        for delivery, arrival in zip(promise, arrivals, strict=True)
    ]


def read_habits(suppliers: Iterable[int]) -> Habits:
    """Return the habits of some suppliers, and everybody's. One query."""
    rows = ArrivalHabit.objects.for_staff().filter(
        Q(supplier__in=set(suppliers)) | Q(supplier=None)
    )
    pool = from_json({})
    by_supplier, by_part = {}, {}
    for row in rows:
        weights = from_json(row.weights)
        if row.supplier_id is None:
            pool = weights
        elif row.part_id is None:
            by_supplier[str(row.supplier_id)] = weights
        else:
            by_part[str(row.supplier_id), str(row.part_id)] = weights
    return Habits(pool=pool, suppliers=by_supplier, parts=by_part)


def expected_arrivals(promises: Sequence[Expected], *, today: date) -> list[Arrival]:
    """Return when deliveries come, in the same order. One query.

    Args:
        promises: What is promised and has not come.
        today: At the receiving site; nothing comes before it.
    """
    habits = read_habits(supplier for supplier, _, _ in promises)
    shares = {
        (supplier, part): habits.delays(supplier=str(supplier), part=str(part))
        for supplier, part in {(supplier, part) for supplier, part, _ in promises}
    }
    # Many tranches are promised by one supplier for one day.
    known = {
        (supplier, part, promised): arrival_of(
            shares[supplier, part], promised, today=today
        )
        for supplier, part, promised in set(promises)
    }
    return [known[promise] for promise in promises]
