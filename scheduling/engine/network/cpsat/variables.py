"""CP-SAT variables of the general form: starts, ends, and a literal for each mode."""

from dataclasses import dataclass

from ortools.sat.python import cp_model

from scheduling.engine.network.links import windows
from scheduling.engine.network.problem import Network

Linear = cp_model.IntVar | cp_model.LinearExpr


@dataclass(frozen=True, slots=True)
class Variables:
    """What the rules constrain, in the order of the problem's activities.

    Attributes:
        start: First tick.
        end: The tick after the last.
        chosen: A literal for each mode; exactly one holds.
        interval: An interval for each mode, present where the mode is chosen.
        horizon: No activity ends later.
    """

    start: list[cp_model.IntVar]
    end: list[Linear]
    chosen: list[list[cp_model.IntVar]]
    interval: list[list[cp_model.IntervalVar]]
    horizon: int


def declare(model: cp_model.CpModel, problem: Network, horizon: int) -> Variables:
    """Declare the variables; windows follow from lags, releases and the horizon.

    Args:
        model: Takes the variables.
        problem: The question.
        horizon: No activity ends later.
    """
    found = windows(problem)
    variables = Variables([], [], [], [], horizon)
    for at, activity in enumerate(problem.activities):
        shortest = found.shortest[at]
        last = horizon - found.tail[at]
        if activity.deadline is not None:
            last = min(last, activity.deadline)
        first = found.head[at]
        start = model.new_int_var(first, max(first, last - shortest), activity.key)
        if last - shortest < first:
            model.add_bool_or([])
        variables.start.append(start)
        if len(activity.modes) == 1:
            end: Linear = start + shortest
            fixed = model.new_fixed_size_interval_var(start, shortest, activity.key)
            variables.chosen.append([model.new_constant(1)])
            variables.interval.append([fixed])
        else:
            own_end = model.new_int_var(
                first + shortest, max(first + shortest, last), ""
            )
            chosen = [model.new_bool_var("") for _ in activity.modes]
            model.add_exactly_one(chosen)
            variables.interval.append(
                [
                    model.new_optional_interval_var(
                        start, mode.duration, own_end, literal, ""
                    )
                    for mode, literal in zip(activity.modes, chosen, strict=True)
                ]
            )
            # Said once more without the intervals: it helps the relaxation.
            model.add(
                own_end - start
                == sum(
                    mode.duration * literal
                    for mode, literal in zip(activity.modes, chosen, strict=True)
                )
            )
            variables.chosen.append(chosen)
            end = own_end
        variables.end.append(end)
    return variables
