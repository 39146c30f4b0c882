"""Compares re-solves in pairs: the same plan, seed and moves, one limit apart.

A search that starts twice from one plan does not end twice in the same place. What a
change is worth is therefore the median of several pairs, and it counts only where it is
larger than the spread of those pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from scheduling.engine.lifting.resolve import Answer
from scheduling.engine.problem import Problem, Rack


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A difference over some pairs.

    Attributes:
        value: The median; positive is a saving.
        spread: From the least to the greatest of the pairs.
    """

    value: int
    spread: int

    @property
    def is_distinguishable(self) -> bool:
        """Return whether it is more than what chance makes of it."""
        return self.value > 0 and self.value > self.spread


@dataclass(frozen=True, slots=True, kw_only=True)
class RackSaving:
    """What a change would save one rack; only what chance does not explain.

    Attributes:
        rack: Its key.
        order: Its order's number.
        late_min: Minutes less late; 0 if it is in time anyhow.
        ship_min: Minutes it would ship earlier.
        is_planned_only_so: Whether it has a plan with the change alone.
    """

    rack: str
    order: str
    late_min: int
    ship_min: int
    is_planned_only_so: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSaving:
    """What a change would save one order: its last rack counts.

    Attributes:
        order: Its number.
        late_min: Minutes less late.
        ship_min: Minutes it would be whole earlier.
    """

    order: str
    late_min: int
    ship_min: int


def figure(values: Sequence[int]) -> Figure:
    """Return the median and the spread of some differences."""
    return Figure(value=median_low(values), spread=max(values) - min(values))


def late_of(rack: Rack, answer: Answer) -> int:
    """Return by how many minutes a rack is late; 0 without a wish or without a plan."""
    end = answer.ends.get(rack.key)
    return 0 if end is None or rack.due is None else max(0, end - rack.due)


def total_late(problem: Problem, answer: Answer) -> int:
    """Return the minutes of lateness of all racks; those without a plan not counted."""
    return sum(late_of(rack, answer) for rack in problem.racks)


def total_earlier(before: Answer, after: Answer) -> int:
    """Return by how many minutes racks ship earlier, over those planned in both."""
    return sum(
        end - after.ends[rack]
        for rack, end in before.ends.items()
        if rack in after.ends
    )


def by_rack(
    problem: Problem, pairs: Sequence[tuple[Answer, Answer]]
) -> tuple[RackSaving, ...]:
    """Return what each rack saves, racks without a saving left out."""
    found = []
    for rack in problem.racks:
        key = rack.key
        if all(key not in one.ends and key in two.ends for one, two in pairs):
            found.append(
                RackSaving(
                    rack=key,
                    order=rack.order,
                    late_min=0,
                    ship_min=0,
                    is_planned_only_so=True,
                )
            )
            continue
        both = [(a, b) for a, b in pairs if key in a.ends and key in b.ends]
        if len(both) < len(pairs):
            continue
        late = figure([late_of(rack, a) - late_of(rack, b) for a, b in both])
        ship = figure([a.ends[key] - b.ends[key] for a, b in both])
        if late.is_distinguishable or ship.is_distinguishable:
            found.append(
                RackSaving(
                    rack=key,
                    order=rack.order,
                    late_min=late.value if late.is_distinguishable else 0,
                    ship_min=ship.value if ship.is_distinguishable else 0,
                )
            )
    return tuple(found)


def by_order(
    problem: Problem, pairs: Sequence[tuple[Answer, Answer]]
) -> tuple[OrderSaving, ...]:
    """Return what each order saves, orders without a saving left out.

    An order of which a rack has no plan on either side is left out too.
    """
    orders: dict[str, list[Rack]] = {}
    for rack in problem.racks:
        orders.setdefault(rack.order, []).append(rack)
    found = []
    for order, racks in orders.items():
        keys = [rack.key for rack in racks]
        if any(key not in one.ends for pair in pairs for one in pair for key in keys):
            continue
        ship = figure([_last(keys, a.ends) - _last(keys, b.ends) for a, b in pairs])
        late = figure([_latest(racks, a) - _latest(racks, b) for a, b in pairs])
        if late.is_distinguishable or ship.is_distinguishable:
            found.append(
                OrderSaving(
                    order=order,
                    late_min=late.value if late.is_distinguishable else 0,
                    ship_min=ship.value if ship.is_distinguishable else 0,
                )
            )
    return tuple(found)


def _last(keys: Sequence[str], ends: Mapping[str, int]) -> int:
    return max(ends[key] for key in keys)


def _latest(racks: Sequence[Rack], answer: Answer) -> int:
    return max(late_of(rack, answer) for rack in racks)
