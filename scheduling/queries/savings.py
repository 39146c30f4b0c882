"""What lifting a limit would save: of a plan, an order, a rack. Read from the study.

The figures are proved by re-solve and do not add up; the waterfall's do, and stand in
``LimitAttribution``. A page shows them side by side, never in one sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from factory.models import Order, Unit
from scheduling.models import (
    LimitSaving,
    OrderSaving,
    Plan,
    PlannedRack,
    RackSaving,
    Study,
)

WITHOUT = LimitSaving.Code.WITHOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSavings:
    """A plan's proved savings and levers.

    Attributes:
        study: The proof, or None when nobody has asked for it.
        savings: Limits lifted altogether: most money first, then those that cannot be
            told from chance, by the time they hold.
        levers: Everything else that was tried, in the same order.
    """

    study: Study | None
    savings: tuple[LimitSaving, ...]
    levers: tuple[LimitSaving, ...]

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        """Return why racks have no plan, as ``Study`` keeps it."""
        return self.study.conflicts if self.study is not None else []

    @property
    def is_proving(self) -> bool:
        """Return whether more is to come."""
        return self.study is not None and self.study.state == Study.State.REQUESTED

    @property
    def are_savings_whole(self) -> bool:
        """Return whether every binding limit has its saving."""
        return self.study is not None and self.study.savings_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSaving:
    """What lifting one limit would save one order or rack.

    Attributes:
        saving: The limit, and what lifting it saves the whole plan.
        late_min: Minutes less late.
        ship_min: Minutes shipped earlier.
        is_planned_only_so: Whether it has a plan only so.
    """

    saving: LimitSaving
    late_min: int
    ship_min: int
    is_planned_only_so: bool = False

    @property
    def proof(self) -> str:
        """Return the name of what proves it."""
        return f"study:{self.saving.study_id}/{self.saving.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late an order is in a plan, and which limits would make it less late.

    Attributes:
        order: The order.
        plan: The plan.
        late_min: Of its last rack; 0 in time.
        unplannable: Racks of it without a plan.
        explained: Limits whose lifting would ship it earlier, most lateness first; the
            minutes overlap and do not add up.
        is_proving: Whether more is to come.
    """

    order: Order
    plan: Plan
    late_min: int
    unplannable: int
    explained: tuple[PartSaving, ...]
    is_proving: bool

    @property
    def unexplained_min(self) -> int:
        """Return the lateness that no limit lifted alone would take away."""
        most = max((one.late_min for one in self.explained), default=0)
        return max(0, self.late_min - most)


def savings_of_plan(plan: Plan) -> PlanSavings:
    """Return what a plan's study has found so far. Two queries."""
    study = Study.objects.filter(plan=plan).first()
    if study is None:
        return PlanSavings(study=None, savings=(), levers=())
    rows = _ordered(LimitSaving.objects.filter(study=study))
    return PlanSavings(
        study=study,
        savings=tuple(row for row in rows if row.code == WITHOUT),
        levers=tuple(row for row in rows if row.code != WITHOUT),
    )


def _ordered(rows: Iterable[LimitSaving]) -> list[LimitSaving]:
    """Return what is told from chance first, dearest first; then what holds most."""
    return sorted(
        rows,
        key=lambda row: (
            not row.is_distinguishable,
            -row.saved_cents if row.is_distinguishable else -row.held_min,
            row.sequence,
        ),
    )


def savings_of_rack(rack: Unit, plan: Plan) -> tuple[PartSaving, ...]:
    """Return the limits whose lifting would ship a rack earlier. One query."""
    rows = (
        RackSaving.objects.filter(saving__study__plan=plan, rack=rack)
        .select_related("saving")
        .order_by("-late_min", "-ship_min", "saving__sequence")
    )
    return tuple(
        PartSaving(
            saving=row.saving,
            late_min=row.late_min,
            ship_min=row.ship_min,
            is_planned_only_so=row.is_planned_only_so,
        )
        for row in rows
    )


def savings_of_order(order: Order, plan: Plan) -> tuple[PartSaving, ...]:
    """Return the limits whose lifting would ship an order earlier. One query."""
    rows = (
        OrderSaving.objects.filter(saving__study__plan=plan, order=order)
        .select_related("saving")
        .order_by("-late_min", "-ship_min", "saving__sequence")
    )
    return tuple(
        PartSaving(saving=row.saving, late_min=row.late_min, ship_min=row.ship_min)
        for row in rows
    )


def lateness_of(order: Order, plan: Plan) -> Lateness:
    """Return how late an order is in a plan and what would help. Three queries."""
    racks = list(
        PlannedRack.objects.filter(plan=plan, rack__order=order).values_list(
            "late_min", F("unplannable_code")
        )
    )
    study = Study.objects.filter(plan=plan).first()
    return Lateness(
        order=order,
        plan=plan,
        late_min=max((late for late, _ in racks), default=0),
        unplannable=sum(bool(code) for _, code in racks),
        explained=savings_of_order(order, plan),
        is_proving=study is None or study.state == Study.State.REQUESTED,
    )
