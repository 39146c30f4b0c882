"""A schedule laid beside its problem: each planned step with its rule and its facts."""

from dataclasses import dataclass

from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import (
    Pin,
    PowerClass,
    Problem,
    Rack,
    Running,
    Session,
    Step,
    Template,
)
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.schedule import PlannedStep, Schedule
from scheduling.engine.units import Minutes
from scheduling.engine.wording import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One planned step beside its template's step and the facts about it.

    Attributes:
        planned: The step as planned.
        step: The step as the routing has it.
        running: How it is under way, or None.
        pin: The planner's pin on it, or None.
    """

    planned: PlannedStep
    step: Step
    running: Running | None
    pin: Pin | None

    @property
    def name(self) -> str:
        """Return rack and step as people read them."""
        return f"{self.planned.rack} {self.planned.step}"

    @property
    def is_fixed(self) -> bool:
        """Return whether the plan had no say in the start."""
        return self.running is not None or (
            self.pin is not None and self.planned.start == self.pin.start
        )

    @property
    def is_soak(self) -> bool:
        """Return whether the step may be derated and paused."""
        return self.step.power_class is PowerClass.PREEMPTIVE_DERATABLE

    @property
    def duration(self) -> int:
        """Return the full-power minutes to plan."""
        return self.running.remaining if self.running else self.step.duration

    @property
    def from_minute(self) -> int:
        """Return the first minute the plan covers."""
        return max(self.planned.start, 0)

    @property
    def fault_kind(self) -> BreachKind:
        """Return whose a breach of a rule about this step alone is."""
        return BreachKind.INHERITED if self.is_fixed else BreachKind.MADE


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPlan:
    """The planned steps of one rack, in the order given.

    Attributes:
        rack: The rack.
        template: Its routing.
        rows: Planned steps that the routing knows; empty for a rack left out.
        is_left_out: Whether the schedule lists it as unplannable.
    """

    rack: Rack
    template: Template
    rows: tuple[Row, ...]
    is_left_out: bool

    def held(self, session: Session) -> tuple[Row, ...]:
        """Return the rows of one session."""
        return tuple(row for row in self.rows if row.step.session is session)

    def is_holding(self, session: Session) -> bool:
        """Return whether the rack holds that session's place at minute 0."""
        if session is Session.BAY:
            return bool(self.rack.progress.bay)
        return self.rack.progress.holds_station


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything the rules look at.

    Attributes:
        book: The problem by key.
        schedule: The answer to judge.
        plans: One for each rack whose template is known.
        clock: Says minutes.
    """

    book: Lookup
    schedule: Schedule
    plans: tuple[RackPlan, ...]
    clock: Clock


def remaining_steps(rack: Rack, template: Template) -> tuple[Step, ...]:
    """Return the steps of a rack that are not finished."""
    return template.steps[rack.progress.done :]


def open_case(problem: Problem, schedule: Schedule) -> Case:
    """Lay a schedule beside its problem; unknown racks and steps are left aside."""
    book = look_up(problem)
    by_rack: dict[str, list[PlannedStep]] = {}
    for planned in schedule.steps:
        by_rack.setdefault(planned.rack, []).append(planned)
    left_out = {entry.rack for entry in schedule.unplannable}
    remaining: dict[tuple[str, int], dict[str, Step]] = {}
    plans = []
    for rack in book.racks.values():
        template = book.templates.get(rack.template)
        if template is None:
            continue
        key = (template.key, rack.progress.done)
        if key not in remaining:
            remaining[key] = {s.code: s for s in remaining_steps(rack, template)}
        plans.append(
            RackPlan(
                rack=rack,
                template=template,
                rows=rows_of(rack, by_rack.get(rack.key, ()), remaining[key]),
                is_left_out=rack.key in left_out,
            )
        )
    return Case(book=book, schedule=schedule, plans=tuple(plans), clock=Clock(problem))


def rows_of(
    rack: Rack, planned: list[PlannedStep] | tuple[()], steps: dict[str, Step]
) -> tuple[Row, ...]:
    """Return planned steps beside their routing and facts; unknown ones are left."""
    pins = {pin.step: pin for pin in rack.pins} if rack.pins else {}
    running = rack.progress.running
    rows = []
    for one in planned:
        step = steps.get(one.step)
        if step is None:
            continue
        under_way = running if running and running.step == one.step else None
        rows.append(
            Row(
                planned=one,
                step=step,
                running=under_way,
                pin=None if under_way else pins.get(one.step),
            )
        )
    return tuple(rows)


def fault(
    row: Row,
    rule: Rule,
    sentence: str,
    *,
    kind: BreachKind | None = None,
    amount: int = 1,
    unit: str = "count",
    limit: str = "",
    owner: str = "",
) -> Breach:
    """Return a breach of a rule about one step, over the time it is planned."""
    return Breach(
        kind=kind or BreachKind.MADE,
        rule=rule,
        object=row.name,
        limit=limit or row.step.label,
        amount=amount,
        unit=unit,
        start=Minutes(row.from_minute),
        end=row.planned.end,
        owner=owner,
        sentence=sentence,
    )
