"""Every kind of adjustment, to and from JSON, and all of a list applied in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from scheduling.engine.adjust.base import (
    Adjustment,
    AdjustmentError,
    Leads,
    questions_of,
)
from scheduling.engine.adjust.demand import (
    ModelMix,
    OrderDue,
    OrderHeld,
    OrderPriority,
    OrderRacks,
    PartLate,
    SupplierLate,
)
from scheduling.engine.adjust.limits import (
    LimitOut,
    MoreBays,
    MorePeople,
    MorePlaces,
    MorePower,
    WeekendShift,
)
from scheduling.engine.problem import Problem

MOST = 30
"""Adjustments of one scenario."""

KINDS: Final[Mapping[str, type[Adjustment]]] = {
    one.kind: one
    for one in (
        SupplierLate,
        PartLate,
        MoreBays,
        MorePower,
        MorePeople,
        MorePlaces,
        WeekendShift,
        LimitOut,
        OrderRacks,
        OrderDue,
        ModelMix,
        OrderPriority,
        OrderHeld,
    )
}


def adjustment_from(data: object) -> Adjustment:
    """Return one adjustment from its JSON object, ``{"kind": ..., field: value}``.

    Raises:
        AdjustmentError: If the kind is unknown, a field is missing, strange or out of
            range.
    """
    if not isinstance(data, dict):
        raise AdjustmentError("An adjustment is an object with a kind.")
    name = data.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise AdjustmentError(
            f"There is no kind of adjustment {str(name)[:40]!r}; known are "
            f"{', '.join(KINDS)}."
        )
    wanted = set(questions_of(kind))
    given = set(data) - {"kind"}
    if strange := sorted(given - wanted):
        raise AdjustmentError(f"{kind.title}: there is no field {strange[0][:40]!r}.")
    if lacking := sorted(wanted - given):
        raise AdjustmentError(f"{kind.title}: {lacking[0]} is missing.")
    return kind(**{field: data[field] for field in wanted})


def adjustments_from(data: object) -> tuple[Adjustment, ...]:
    """Return a scenario's adjustments from JSON, in their order.

    Raises:
        AdjustmentError: If it is no list, too long, or one of them is refused.
    """
    if not isinstance(data, list):
        raise AdjustmentError("Adjustments are a list.")
    if len(data) > MOST:
        raise AdjustmentError(
            f"{len(data)} adjustments are given; a scenario holds {MOST} at most."
        )
    return tuple(adjustment_from(one) for one in data)


def to_json(adjustments: Iterable[Adjustment]) -> list[dict[str, Any]]:
    """Return adjustments as JSON keeps them."""
    return [{"kind": one.kind} | asdict(one) for one in adjustments]


def adjusted(
    problem: Problem, adjustments: Sequence[Adjustment], leads: Leads
) -> Problem:
    """Return the problem in which every assumption holds, one after the other.

    Raises:
        AdjustmentError: If one names what the problem does not have.
    """
    for one in adjustments:
        problem = one.apply(problem, leads)
    return problem


def stretch_days(adjustments: Iterable[Adjustment]) -> int:
    """Return how many days the horizon must grow for all of them."""
    return sum(one.stretch_days for one in adjustments)


def brings_racks(adjustments: Iterable[Adjustment]) -> bool:
    """Return whether any of them needs parts that nobody has ordered."""
    return any(isinstance(one, OrderRacks | ModelMix) for one in adjustments)


def models_of(adjustments: Iterable[Adjustment]) -> frozenset[str]:
    """Return models that racks are to become."""
    return frozenset(one.to_model for one in adjustments if isinstance(one, ModelMix))
