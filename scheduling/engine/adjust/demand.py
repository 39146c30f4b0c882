"""Adjustments of what is wanted, and of what comes: orders, models, suppliers."""

from dataclasses import dataclass, replace
from typing import ClassVar

from scheduling.engine.adjust.base import (
    Adjustment,
    AdjustmentError,
    Asks,
    Leads,
    ask,
    bought,
    has_begun,
    minute_at,
    missing,
    racks_of,
)
from scheduling.engine.alter import with_racks, with_supplies
from scheduling.engine.problem import Problem, Progress, Rack, Supply, SupplyKind
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes

HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierLate(Adjustment):
    """Everything a supplier has promised comes later, or earlier."""

    kind: ClassVar[str] = "supplier_late"
    title: ClassVar[str] = "A supplier late"
    supplier: str = ask(Asks.SUPPLIER, "Supplier")
    days: int = ask(Asks.COUNT, "Days later", -60, 365)

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.supplier} {_later(self.days)}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: the supplier has to say so in a new commitment."

    @property
    def stretch_days(self) -> int:
        """Return the days of delay."""
        return max(0, self.days)

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the supplier's deliveries moved."""
        ending = f", {self.supplier}"
        return _moved(
            problem,
            {s.key for s in problem.supplies if s.label.endswith(ending)},
            self.days,
            f"{self.supplier} has promised nothing that is still to come.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLate(Adjustment):
    """Every delivery of one part comes later, or earlier."""

    kind: ClassVar[str] = "part_late"
    title: ClassVar[str] = "A part late"
    part: str = ask(Asks.PART, "Part")
    days: int = ask(Asks.COUNT, "Days later", -60, 365)

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.part} {_later(self.days)}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: its suppliers have to say so in new commitments."

    @property
    def stretch_days(self) -> int:
        """Return the days of delay."""
        return max(0, self.days)

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the part's deliveries moved."""
        return _moved(
            problem,
            {s.key for s in problem.supplies if s.part == self.part},
            self.days,
            f"Nothing of {self.part} is promised that is still to come.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRacks(Adjustment):
    """More racks of an order, with parts ordered now; or fewer that have not begun."""

    kind: ClassVar[str] = "order_racks"
    title: ClassVar[str] = "An order grows or shrinks"
    order: str = ask(Asks.ORDER, "Order")
    racks: int = ask(Asks.COUNT, "Racks more", -200, 200)

    @property
    def words(self) -> str:
        """Return the assumption."""
        way = "more" if self.racks > 0 else "fewer"
        noun = "rack" if abs(self.racks) == 1 else "racks"
        return f"{self.order}: {abs(self.racks)} {noun} {way}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: the customer has to change the order."

    @property
    def stretch_days(self) -> int:
        """Return a day a rack."""
        return max(0, self.racks)

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the racks added or taken away."""
        racks = racks_of(problem, self.order)
        if self.racks > 0:
            return self._grown(problem, racks, leads)
        waiting = [rack for rack in racks if not has_begun(rack)]
        if len(waiting) < -self.racks:
            raise AdjustmentError(
                f"{self.order}: {-self.racks} racks fewer are asked for, and "
                f"{len(waiting)} have not begun."
            )
        gone = {rack.key for rack in waiting[self.racks :]}
        left = tuple(rack for rack in problem.racks if rack.key not in gone)
        return replace(problem, racks=left)

    def _grown(self, problem: Problem, racks: list[Rack], leads: Leads) -> Problem:
        """Return the problem with copies of the order's last rack, received now."""
        like = racks[-1]
        template = next(one for one in problem.templates if one.key == like.template)
        lags = sum(lag.minutes for lag in template.lags_before)
        taken = {rack.key for rack in problem.racks}
        made: list[Rack] = []
        number = 1
        while len(made) < self.racks:
            key = f"{self.order}+{number}"
            number += 1
            if key in taken:
                continue
            made.append(
                Rack(
                    key=key,
                    order=self.order,
                    template=like.template,
                    received=Minutes(0),
                    release=Minutes(lags),
                    due=like.due,
                    promise=None,
                    late_cents_per_day=like.late_cents_per_day,
                )
            )
        supplies = (*problem.supplies, *bought(problem, made, leads))
        return replace(problem, racks=(*problem.racks, *made), supplies=supplies)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMix(Adjustment):
    """Racks of one model that have not begun become racks of another."""

    kind: ClassVar[str] = "model_mix"
    title: ClassVar[str] = "Another model mix"
    from_model: str = ask(Asks.MODEL, "From model")
    to_model: str = ask(Asks.MODEL, "To model")
    racks: int = ask(Asks.COUNT, "Racks", 1, 1_000)

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.racks} × {self.from_model} become {self.to_model}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: customers have to switch, and parts to be ordered."

    @property
    def stretch_days(self) -> int:
        """Return a day a rack."""
        return self.racks

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the last due of them changed."""
        if self.from_model == self.to_model:
            raise AdjustmentError(f"{self.title}: both models are {self.to_model}.")
        if self.to_model not in {one.key for one in problem.templates}:
            raise missing("model", self.to_model)
        able = sorted(
            (
                rack
                for rack in problem.racks
                if rack.template == self.from_model and not has_begun(rack)
            ),
            key=lambda rack: rack.due if rack.due is not None else problem.horizon,
        )
        if len(able) < self.racks:
            raise AdjustmentError(
                f"{self.title}: {self.racks} racks of {self.from_model} are to change, "
                f"and {len(able)} have not begun."
            )
        changed = {
            rack.key: replace(
                rack,
                template=self.to_model,
                materials_reserved=(),
                progress=Progress(),
                pins=(),
                previous=(),
                previous_soak=(),
            )
            for rack in able[-self.racks :]
        }
        supplies = bought(problem, list(changed.values()), leads)
        mixed = with_racks(problem, lambda rack: changed.get(rack.key, rack))
        return replace(mixed, supplies=(*problem.supplies, *supplies))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDue(Adjustment):
    """An order is wanted earlier or later."""

    kind: ClassVar[str] = "order_due"
    title: ClassVar[str] = "An order wanted on another day"
    order: str = ask(Asks.ORDER, "Order")
    days: int = ask(Asks.COUNT, "Days later", -365, 365)

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.order} wanted {_later(self.days)}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: the customer has to change the order."

    @property
    def stretch_days(self) -> int:
        """Return the days."""
        return max(0, self.days)

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the order's due date moved."""
        racks_of(problem, self.order)
        by = self.days * MINUTES_PER_DAY

        def later(rack: Rack) -> Rack:
            if rack.order != self.order or rack.due is None:
                return rack
            return replace(rack, due=Minutes(max(0, rack.due + by)))

        return with_racks(problem, later)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPriority(Adjustment):
    """An order's lateness weighs more or less than its price says."""

    kind: ClassVar[str] = "order_priority"
    title: ClassVar[str] = "An order first, or last"
    is_plan: ClassVar[bool] = True
    order: str = ask(Asks.ORDER, "Order")
    percent: int = ask(Asks.COUNT, "Weight in %", 1, 10_000)

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.order} weighs {self.percent:,} %"

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the order's lateness weighed anew."""
        racks_of(problem, self.order)

        def weighed(rack: Rack) -> Rack:
            if rack.order != self.order:
                return rack
            cents = Cents(rack.late_cents_per_day * self.percent // HUNDRED)
            return replace(rack, late_cents_per_day=cents)

        return with_racks(problem, weighed)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld(Adjustment):
    """No rack of an order begins before a day."""

    kind: ClassVar[str] = "order_held"
    title: ClassVar[str] = "An order held back"
    is_plan: ClassVar[bool] = True
    order: str = ask(Asks.ORDER, "Order")
    until: str = ask(Asks.DAY, "Until")

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.order} does not begin before {self.until}"

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the racks that have not begun held back."""
        if all(has_begun(rack) for rack in racks_of(problem, self.order)):
            raise AdjustmentError(f"{self.order}: all its racks have begun.")
        start = minute_at(problem, self.until)
        if start > problem.horizon:
            raise AdjustmentError(
                f"{self.order}: {self.until} lies beyond the plan's last day."
            )

        def held(rack: Rack) -> Rack:
            if rack.order != self.order or has_begun(rack):
                return rack
            return replace(rack, release=Minutes(max(rack.release, start)))

        return with_racks(problem, held)


def _later(days: int) -> str:
    noun = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {noun} {'later' if days > 0 else 'earlier'}"


def _moved(problem: Problem, keys: set[str], days: int, refusal: str) -> Problem:
    """Return the problem with promised supplies moved; what is in stock stays."""
    chosen = {
        supply.key
        for supply in problem.supplies
        if supply.key in keys and supply.kind is SupplyKind.TRANCHE
    }
    if not chosen:
        raise AdjustmentError(refusal)
    by = days * MINUTES_PER_DAY

    def moved(supply: Supply) -> Supply:
        if supply.key not in chosen:
            return supply
        return replace(supply, available=Minutes(max(0, supply.available + by)))

    return with_supplies(problem, moved)
