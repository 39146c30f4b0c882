"""What a plan costs, as far as the model sees it: never more than the true price."""

from ortools.sat.python import cp_model

from scheduling.engine.blocks import permille, share
from scheduling.engine.cost import demand, move_price
from scheduling.engine.cpsat.variables import StepVariables, Variables
from scheduling.engine.problem import PowerClass, Problem
from scheduling.engine.units import MINUTES_PER_DAY

WATT_MINUTES_PER_MWH = 60_000_000
ROUNDING_CENTS = 3
"""Six parts of the cost are rounded to a cent, each by at most half of one."""


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add the price to be least, in units of 1/1440 cent.

    Lateness and work in progress by the minute, broken promises, moved starts (a bay
    that changes is not seen). Demand and energy are constants, see ``constant_cents``.
    """
    terms: list[cp_model.LinearExprT] = []
    prices = problem.prices
    for key, steps in variables.steps.items():
        rack, end = steps[0].rack, steps[-1].end
        work = sum(one.work for one in steps)
        begin = rack.progress.kit_started
        ready = 0 if rack.progress.done else max(0, rack.release)
        earliest = ready + work
        first = steps[0].start if begin is None else begin
        # The least is said outright: the search learns it late from the order of steps.
        least = work if begin is None else earliest - begin
        most = problem.horizon - (begin or 0)
        flow = model.new_int_var(least, max(least, most), f"{key} in progress")
        model.add(flow == end - first)
        terms.append(prices.wip_per_day * flow)
        if rack.due is not None:
            past = max(0, earliest - rack.due)
            most = max(past, problem.horizon - rack.due)
            late = model.new_int_var(past, most, f"{key} late")
            model.add(late >= end - rack.due)
            terms.append(rack.late_cents_per_day * late)
        if rack.promise is not None:
            kept = model.new_bool_var(f"{key} kept")
            model.add(end <= rack.promise).only_enforce_if(kept)
            terms.append(prices.broken_promise * MINUTES_PER_DAY * (1 - kept))
        terms += _moves(model, problem, steps)
    model.minimize(sum(terms))


def _moves(
    model: cp_model.CpModel, problem: Problem, steps: list[StepVariables]
) -> list[cp_model.LinearExprT]:
    """Return the price of each start that moves."""
    rack = steps[0].rack
    previous = {code: start for code, start, _ in rack.previous}
    terms: list[cp_model.LinearExprT] = []
    for one in steps[1 if rack.progress.running else 0 :]:
        start = previous.get(one.step.code)
        if start is None:
            continue
        stays = model.new_bool_var(f"{rack.key} {one.step.code} stays")
        off = problem.prices.move_tolerance
        model.add(one.start >= start - off).only_enforce_if(stays)
        model.add(one.start <= start + off).only_enforce_if(stays)
        price = move_price(problem.prices, start) * MINUTES_PER_DAY
        terms.append(price * (1 - stays))
    return terms


def constant_cents(problem: Problem, variables: Variables) -> int:
    """Return cents that every plan of these racks costs besides the objective.

    The demand charge of the ratchet and the least energy of all steps, less what
    rounding may hide.
    """
    energy = sum(_least_watt_minutes(problem, one) for one in variables.all_steps())
    cents = energy * problem.prices.energy.least() // WATT_MINUTES_PER_MWH
    return int(demand(problem.prices, 0)) + cents - ROUNDING_CENTS


def _least_watt_minutes(problem: Problem, one: StepVariables) -> int:
    if not one.step.draw:
        return 0
    site = one.template.site_permille
    full = permille(one.step.draw, site) * one.work
    if one.step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
        return full
    rule = problem.soak
    running = one.rack.progress.running
    is_running = running is not None and running.step == one.step.code
    work = running.remaining if running and is_running else one.step.duration
    # A block of any level takes at least its share of minutes at its share of watts.
    return min(
        permille(share(one.step.draw, percent), site) * minutes * work // rule.block
        for percent, minutes in rule.levels
    )
