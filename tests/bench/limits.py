"""``python -m tests.bench.limits``: what no plan of the neutral racks can beat.

Linear relaxations by OR-Tools, of goals that the search does not reach: is it the
search that falls short, or the goal? Racks of one draw are alike but for release and
due date, so that only how many of them begin a step by an hour is asked.
"""

import json
import os
import sys
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Any

from ortools.linear_solver import pywraplp

from scheduling.engine.command.convert import DATA_VARIABLE
from tests.bench.families import Instance, generated

HOURS = 950
"""Hours of the relaxation of mean flow; more would only leave more freedom."""
LATE_HOURS = 1_250
"""Hours within which a rack of the tardiness relaxation has begun its test."""
FLOW_SIZES = (500, 1_000, 2_000, 5_000, 10_000)
TIGHT = ("7", "0.6")
TEST_H, PACK_H, AHEAD_H = 36, 4, 30
"""Hours of a power test, of what follows it, and of what comes before it at least."""


def least_mean_flow(racks: dict[str, Any]) -> float:
    """Return hours that the mean rack takes at least from release to its end.

    Of each step and draw: how many racks have begun it by each hour, never more than
    have ended the step before, and all resources over all hours. Racks may be split.
    """
    solver = pywraplp.Solver.CreateSolver("GLOP")
    steps = [(name, hours, uses) for name, hours, uses in racks["ops"]]
    draws = sorted({rack["kw"] for rack in racks["racks"]})
    begun: dict[tuple[str, int], list[Any]] = {}
    for kw in draws:
        ready = sorted(rack["release"] for rack in racks["racks"] if rack["kw"] == kw)
        ahead = 0
        for name, hours, _ in steps:
            begun[name, kw] = [
                solver.NumVar(0, sum(at + ahead <= hour for at in ready), "")
                for hour in range(HOURS)
            ]
            ahead += hours
            for one, other in pairwise(begun[name, kw]):
                solver.Add(other >= one)
        for (name, hours, _), (following, *_) in pairwise(steps):
            for hour in range(HOURS):
                done = begun[name, kw][hour - hours] if hour >= hours else 0
                solver.Add(begun[following, kw][hour] <= done)
        solver.Add(begun[steps[-1][0], kw][-1] == len(ready))
    for key, capacity in _capacities(racks).items():
        for hour in range(HOURS):
            held = [
                (uses[key] if key != "kw" else kw)
                * (
                    begun[name, kw][hour]
                    - (begun[name, kw][hour - hours] if hour >= hours else 0)
                )
                for name, hours, uses in steps
                if key in uses
                for kw in draws
            ]
            solver.Add(sum(held) <= capacity[hour])
    last, hours, _ = steps[-1]
    waiting = sum(
        len([rack for rack in racks["racks"] if rack["kw"] == kw]) - begun[last, kw][at]
        for kw in draws
        for at in range(HOURS - 1)
    )
    solver.Minimize(waiting)
    _solve(solver)
    released = sum(rack["release"] for rack in racks["racks"])
    return float((solver.Objective().Value() - released) / len(racks["racks"]) + hours)


def least_tardiness(racks: dict[str, Any], span: int = LATE_HOURS) -> float:
    """Return hours that all racks together are late at least.

    Of plans in which all tests have begun by ``span`` hours. Only power tests and what
    they draw: of each rack, which hour its test begins in; of each hour, no set of
    draws that does not fit under the feeder.
    """
    solver = pywraplp.Solver.CreateSolver("PDLP")
    draws = sorted({rack["kw"] for rack in racks["racks"]})
    begun = {
        kw: [solver.NumVar(0, racks["bays"], "") for _ in range(span)] for kw in draws
    }
    own: dict[tuple[int, int], list[Any]] = {
        (kw, hour): [] for kw in draws for hour in range(span)
    }
    late = []
    for rack in racks["racks"]:
        first = rack["release"] + AHEAD_H
        chosen = []
        for hour in range(first, span):
            here = solver.NumVar(0, 1, "")
            chosen.append(here)
            own[rack["kw"], hour].append(here)
            over = hour + TEST_H + PACK_H - rack["due"]
            if over > 0:
                late.append(over * here)
        solver.Add(solver.Sum(chosen) == 1)
    for (kw, hour), here in own.items():
        solver.Add(solver.Sum(here) == begun[kw][hour])
    capacity = _capacities(racks)["kw"]
    for hour in range(span):
        running = {
            kw: solver.Sum(begun[kw][max(0, hour - TEST_H + 1) : hour + 1])
            for kw in draws
        }
        for parts, most in facets(tuple(draws), capacity[hour], racks["bays"]):
            solver.Add(
                sum(part * running[kw] for part, kw in zip(parts, draws, strict=True))
                <= most
            )
    solver.Minimize(solver.Sum(late))
    _solve(solver)
    return float(solver.Objective().Value())


def facets(
    draws: tuple[int, ...], capacity: int, bays: int
) -> list[tuple[tuple[int, int], int]]:
    """Return inequalities that hold for all numbers of racks of two draws that fit.

    Each is (parts, most): so much of each number adds up to no more than ``most``.
    """
    small, large = draws
    fitting = [
        (low, high)
        for high in range(bays + 1)
        for low in range(bays + 1 - high)
        if low * small + high * large <= capacity
    ]
    found = {}
    for one in fitting:
        for other in fitting:
            parts = (other[1] - one[1], one[0] - other[0])
            if min(parts) >= 0 and gcd(*parts) == 1:
                most = max(parts[0] * low + parts[1] * high for low, high in fitting)
                if most == parts[0] * one[0] + parts[1] * one[1]:
                    found[parts] = most
    return [
        *found.items(),
        ((1, 0), max(low for low, _ in fitting)),
        ((0, 1), max(high for _, high in fitting)),
    ]


def _capacities(racks: dict[str, Any]) -> dict[str, list[int]]:
    """Return units of each resource in each hour."""
    span = max(HOURS, LATE_HOURS)
    found = {key: [racks[key]] * span for key in ("labour", "cells", "rigs", "bays")}
    found["kw"] = [racks["feeder_kw"]] * span
    for start, end in racks["curtail"]:
        for hour in range(start, min(end, span)):
            found["kw"][hour] = int(racks["feeder_kw"] * racks["curtail_frac"])
    return found


def _solve(solver: Any) -> None:
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        raise ValueError("The relaxation was not solved.")


def main() -> int:
    """Print one line an instance."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder is None:
        sys.stdout.write(f"Skipped: {DATA_VARIABLE} names no folder.\n")
        return 0

    def racks(size: int, arguments: tuple[str, ...]) -> dict[str, Any]:
        asked = Instance(
            name="", format="neutral-racks", size=size, arguments=arguments
        )
        found: dict[str, Any] = json.loads(generated(asked, Path(folder)))
        return found

    for size in FLOW_SIZES:
        hours = least_mean_flow(racks(size, ("7",)))
        sys.stdout.write(f"{size:,} racks: mean flow at least {hours:.2f} h.\n")
        sys.stdout.flush()
    late = least_tardiness(racks(100, TIGHT))
    sys.stdout.write(
        f"100 racks, feeder share {TIGHT[1]}: at least {late:,.0f} h late.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
