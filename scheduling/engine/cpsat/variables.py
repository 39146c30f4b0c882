"""The variables of the whole problem as one CP-SAT model: a start and an end per step.

The model is a relaxation: it may allow more than the rules do, never less, so that what
it proves holds for the true problem. It leaves out

* what running and pinned steps, held bays and held stations take of any limit;
* standby power, coming back after a pause, and the single levels of a derated soak: a
  soak runs through at full power, or takes longer and draws nothing;
* busways, halls and loops (``rules/power`` counts the site alone), the one bay of a
  pool, and bays that change.
"""

from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from scheduling.engine.blocks import least_minutes
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Session,
    Step,
    Template,
)


@dataclass(slots=True, kw_only=True)
class StepVariables:
    """One step of one rack.

    Attributes:
        rack: The rack.
        template: Its routing.
        step: The step.
        work: Full-power minutes to do.
        start: Start variable.
        end: End variable.
        full: For a soak: whether it runs through at full power; else None.
        is_fact: Whether it is running or pinned and takes nothing of a limit.
    """

    rack: Rack
    template: Template
    step: Step
    work: int
    start: cp_model.IntVar
    end: cp_model.IntVar
    full: cp_model.IntVar | None
    is_fact: bool

    @property
    def is_manual(self) -> bool:
        """Return whether it pauses at closing."""
        return self.step.power_class is PowerClass.SHIFT_BOUND


@dataclass(slots=True, kw_only=True)
class Variables:
    """All variables.

    Attributes:
        steps: Per rack key, in routing order.
        hours: Opening hours by crew.
        horizon: No step ends later.
    """

    steps: dict[str, list[StepVariables]]
    hours: dict[str, OpenHours]
    horizon: int
    lateness: dict[str, cp_model.IntVar] = field(default_factory=dict)

    def all_steps(self) -> list[StepVariables]:
        """Return every step of every rack."""
        return [step for steps in self.steps.values() for step in steps]

    def held(self, rack: str, session: Session) -> list[StepVariables]:
        """Return the steps of a rack that hold a station or bay together."""
        return [one for one in self.steps[rack] if one.step.session is session]


def spanning(
    model: cp_model.CpModel,
    first: StepVariables,
    last: StepVariables,
    *,
    name: str,
    horizon: int,
    chosen: cp_model.IntVar | None = None,
) -> cp_model.IntervalVar:
    """Return an interval from one step's start to another's end, there if chosen."""
    size = model.new_int_var(0, horizon, f"{name} minutes")
    if chosen is None:
        return model.new_interval_var(first.start, size, last.end, name)
    return model.new_optional_interval_var(first.start, size, last.end, chosen, name)


def create(
    model: cp_model.CpModel, problem: Problem, racks: tuple[Rack, ...]
) -> Variables:
    """Add the variables of some racks to a model."""
    templates = {template.key: template for template in problem.templates}
    calendars = {one.key: OpenHours(one.open) for one in problem.calendars}
    hours = {
        one.key: calendars[one.calendar]
        for one in problem.resources
        if one.calendar in calendars
    }
    variables = Variables(steps={}, hours=hours, horizon=problem.horizon)
    for rack in racks:
        template = templates[rack.template]
        variables.steps[rack.key] = [
            _step(model, problem, rack, template, number)
            for number in range(rack.progress.done, len(template.steps))
        ]
    return variables


def _step(
    model: cp_model.CpModel, problem: Problem, rack: Rack, template: Template, at: int
) -> StepVariables:
    step = template.steps[at]
    running = rack.progress.running if at == rack.progress.done else None
    name = f"{rack.key} {step.code}"
    is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
    work = int(running.remaining if running else step.duration)
    if is_soak:
        work = least_minutes(problem.soak, work)
    return StepVariables(
        rack=rack,
        template=template,
        step=step,
        work=work,
        start=model.new_int_var(0, problem.horizon, f"{name} start"),
        end=model.new_int_var(0, problem.horizon, f"{name} end"),
        full=model.new_bool_var(f"{name} full") if is_soak else None,
        is_fact=running is not None or any(pin.step == step.code for pin in rack.pins),
    )
