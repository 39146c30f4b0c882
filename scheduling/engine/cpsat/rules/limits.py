"""How a limit that changes with the clock is given to a cumulative constraint."""

from collections.abc import Iterable

from ortools.sat.python import cp_model

from scheduling.engine.profile import StepFunction

Use = tuple[cp_model.IntervalVar, int]
"""An interval and what it takes while it lasts."""


def at_most(
    model: cp_model.CpModel,
    name: str,
    capacity: StepFunction,
    horizon: int,
    uses: Iterable[Use],
) -> None:
    """Keep the sum of uses within a capacity in every minute.

    The constraint has the highest capacity; where there is less, a fixed interval takes
    the difference.
    """
    taken = [(interval, amount) for interval, amount in uses if amount]
    most = capacity.highest()
    if sum(amount for _, amount in taken) <= min(capacity.values):
        return
    blocked = [
        (model.new_fixed_size_interval_var(start, end - start, f"{name} {start}"), less)
        for start, end, value in capacity.pieces(horizon)
        if (less := most - value)
    ]
    listed = [*taken, *blocked]
    model.add_cumulative([one for one, _ in listed], [much for _, much in listed], most)
