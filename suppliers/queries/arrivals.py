"""When promised deliveries come, by the habits that were worked out. One query."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q

from suppliers.arrivals import Arrival, Habits, from_json
from suppliers.models import ArrivalHabit

Expected = tuple[int, int, date]
"""Supplier, part and the dock date promised."""


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
    return [
        habits.arrival(promised, supplier=str(supplier), part=str(part), today=today)
        for supplier, part, promised in promises
    ]
