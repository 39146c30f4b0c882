"""``python -m tests.bench.public``: public instances, Rackline beside PyJobShop.

Reads the folder that ``RACKLINE_BENCH_DATA`` names. PyJobShop runs where
``RACKLINE_PEER_PYTHON`` names an interpreter that has it, or in this one; without it,
its columns stay empty. It runs with the first seed. Every plan of either side is
refereed. Gaps are to the best known.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median

from scheduling.engine.command.convert import DATA_VARIABLE
from scheduling.engine.network.check import breaches, score
from scheduling.engine.network.problem import Network
from scheduling.engine.network.schedule import Assignment, NetworkSchedule
from scheduling.engine.network.serial import network_to_json
from scheduling.engine.network.solve import PACKAGES, solve_network, versions, warm
from tests.bench.families import FAMILIES, Family, Instance

PEER_VARIABLE = "RACKLINE_PEER_PYTHON"
PEER = Path(__file__).with_name("peer.py")
SHORT_S = 10.0
"""Seconds of each run of the short bench."""
PATIENCE_S = 90
"""Seconds beyond its limit after which the peer is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one side found in one run.

    Attributes:
        objective: What its plan is worth, or None without a plan.
        flow: Second number of its worth.
        is_proved: Whether it proved that nothing is better, or that no plan exists.
        seconds: It took.
        first_s: Seconds to its first plan, or None.
    """

    objective: int | None
    flow: int
    is_proved: bool
    seconds: float
    first_s: float | None = None


def main(arguments: list[str]) -> int:
    """Measure and print one line a run, then one a family."""
    options = _parsed(arguments)
    folder = os.environ.get(DATA_VARIABLE)
    if folder is None:
        _say(f"Public instances are skipped: {DATA_VARIABLE} names no folder.")
        return 0
    warm()
    peer = _peer()
    about = ", ".join(f"{name} {versions()[name]}" for name in PACKAGES)
    _say(f"{about}; PyJobShop {'beside it' if peer else 'not found'}")
    for family in FAMILIES:
        if not options.family or family.name in options.family:
            _measure(family, Path(folder), options, peer)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    _say(f"Memory of all of it: {used:,} MB.")
    return 0


def _measure(
    family: Family, folder: Path, options: argparse.Namespace, peer: str | None
) -> None:
    """Measure one family."""
    known = _best_known(folder)
    seconds = options.seconds or (family.seconds if options.full else SHORT_S)
    gaps: dict[str, list[float]] = {"ours": [], "peer": []}
    proofs = {"ours": 0, "peer": 0}
    for instance in family.instances(folder, is_full=options.full):
        problem = instance.problem(folder)
        best = instance.best or known.get(instance.name)
        for seed in options.seeds:
            runs = {"ours": _ours(problem, seconds, options.workers, seed)}
            is_first = seed == options.seeds[0]
            if peer and not options.no_peer and is_first and instance.is_for_peers:
                runs["peer"] = _theirs(
                    problem, seconds, options.workers, seed, python=peer
                )
            for side, run in runs.items():
                proofs[side] += run.is_proved
                if (gap := _gap(run, best)) is not None:
                    gaps[side].append(gap)
            _say(_line(family, instance, seed, best, runs))
    parts = [
        f"{side}: {len(found)} runs, mean gap {mean(found):.2f} %, median "
        f"{median(found):.2f} %, proved {proofs[side]}"
        for side, found in gaps.items()
        if found
    ]
    _say(f"== {family.name}, {seconds:g} s: {'; '.join(parts) or 'no best known'}")


def _ours(problem: Network, seconds: float, workers: int, seed: int) -> Result:
    """Run Rackline; its plans are refereed before they come back."""
    outcome = solve_network(problem, time_limit_s=seconds, seed=seed, workers=workers)
    worth = outcome.score
    return Result(
        objective=worth.objective if worth else None,
        flow=worth.flow if worth else 0,
        is_proved=outcome.status.value in {"optimal", "infeasible"},
        seconds=outcome.seconds,
        first_s=outcome.first_plan_s,
    )


def _theirs(
    problem: Network, seconds: float, workers: int, seed: int, *, python: str
) -> Result:
    """Run PyJobShop under its own interpreter and referee its plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.json"
        path.write_bytes(network_to_json(problem))
        command = [python, str(PEER), str(path), *map(str, (seconds, workers, seed))]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=True,
                text=True,
                timeout=seconds + PATIENCE_S,
            )
        except subprocess.SubprocessError:
            return Result(objective=None, flow=0, is_proved=False, seconds=seconds)
    found = json.loads(done.stdout.splitlines()[-1])
    is_proved = found["status"] in {"optimal", "infeasible"}
    objective, flow = None, 0
    if found["rows"]:
        own = {activity.key for activity in problem.activities}
        plan = NetworkSchedule(
            assignments=tuple(
                Assignment(activity=key, start=start, end=end, mode=mode)
                for key, start, end, mode in found["rows"]
                if key in own
            )
        )
        if breaches(problem, plan):
            _say(f"The peer's plan is refused: {breaches(problem, plan)[0].sentence}")
            is_proved = False
        else:
            worth = score(problem, plan)
            objective, flow = worth.objective, worth.flow
    return Result(
        objective=objective,
        flow=flow,
        is_proved=is_proved,
        seconds=found["seconds"],
    )


def _gap(run: Result, best: int | None) -> float | None:
    """Return by how many percent a plan exceeds the best known."""
    if best is None or run.objective is None or best == 0:
        return None
    return 100.0 * (run.objective - best) / best


def _line(
    family: Family,
    instance: Instance,
    seed: int,
    best: int | None,
    runs: dict[str, Result],
) -> str:
    """Return one run as a line."""
    parts = [family.name, instance.name, f"seed {seed}", f"best known {best}"]
    for side, run in runs.items():
        gap = _gap(run, best)
        shown = "" if gap is None else f" ({gap:+.2f} %)"
        flow = f", flow {run.flow}" if run.flow else ""
        first = "" if run.first_s is None else f", first {run.first_s:.2f} s"
        proved = ", proved" if run.is_proved else ""
        parts.append(
            f"{side} {run.objective}{shown}{flow}{proved}, {run.seconds:.1f} s{first}"
        )
    return " | ".join(parts)


def _best_known(folder: Path) -> dict[str, int]:
    """Return the best known upper bound of each instance that has one."""
    with (folder / "best_known.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["path"]: int(row["ub"]) for row in rows if row["ub"].isdigit()}


def _peer() -> str | None:
    """Return the interpreter that has PyJobShop, or None."""
    given = os.environ.get(PEER_VARIABLE)
    if not given:
        return sys.executable if find_spec("pyjobshop") else None
    try:
        asked = subprocess.run(
            [given, "-c", "import pyjobshop"], check=False, capture_output=True
        )
    except OSError:
        return None
    return given if asked.returncode == 0 else None


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.public", description=__doc__
    )
    parser.add_argument("--full", action="store_true", help="All instances.")
    names = [family.name for family in FAMILIES]
    parser.add_argument("--family", action="append", choices=names)
    parser.add_argument("--seconds", type=float, help="Instead of each family's own.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--seeds", type=_seeds, default=(1, 2, 3), help="Such as 1,2,3."
    )
    parser.add_argument("--no-peer", action="store_true")
    return parser.parse_args(arguments)


def _seeds(word: str) -> tuple[int, ...]:
    return tuple(int(one) for one in word.split(","))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
