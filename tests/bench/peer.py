"""Runs PyJobShop on a problem of the general form; prints one line of JSON.

Knows the file's form and PyJobShop, nothing of Rackline, so that it runs under another
interpreter: ``python tests/bench/peer.py problem.json SECONDS WORKERS SEED``.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from pyjobshop import Model

MOMENTS = {
    ("end", "start"): "add_end_before_start",
    ("start", "start"): "add_start_before_start",
    ("end", "end"): "add_end_before_end",
    ("start", "end"): "add_start_before_end",
}


def main(path, seconds, workers, seed):
    """Build, solve, print."""
    began = monotonic()
    plain = json.loads(Path(path).read_text(encoding="utf-8"))
    model, tasks = build(plain)
    built = monotonic() - began
    result = model.solve(
        time_limit=max(0.1, float(seconds) - built),
        num_workers=int(workers),
        display=False,
        random_seed=int(seed),
    )
    answer = {
        "status": result.status.value.lower(),
        "seconds": round(monotonic() - began, 2),
        "build_s": round(built, 2),
        "version": version("pyjobshop"),
        "objective": None,
        "rows": None,
    }
    if result.best is not None and result.best.tasks:
        answer["objective"] = int(result.objective)
        answer["bound"] = int(result.lower_bound)
        answer["rows"] = [
            [key, task.start, task.end, mode_of(plain, at, task)]
            for at, key in enumerate(tasks)
            for task in [result.best.tasks[at]]
        ]
    sys.stdout.write(json.dumps(answer) + "\n")


def build(plain):
    """Return the model and the activities' keys in the order of its tasks."""
    model = Model()
    resources = {}
    for one in plain.get("resources", []):
        values = one["capacity"]["values"]
        most = max(values)
        unary = most == 1 and len(values) == 1
        resources[one["key"]] = (
            model.add_machine() if unary else model.add_renewable(most)
        )
    stocks = {
        one["key"]: model.add_consumable(one["quantity"])
        for one in plain.get("stocks", [])
    }
    jobs = {
        one["key"]: model.add_job(
            weight=one.get("weight", 1),
            release_date=one.get("release", 0),
            due_date=one.get("due"),
        )
        for one in plain.get("jobs", [])
    }
    tasks = {}
    for one in plain["activities"]:
        bounds = {"earliest_start": one.get("release", 0)}
        if one.get("deadline") is not None:
            bounds["latest_end"] = one["deadline"]
        task = model.add_task(job=jobs.get(one.get("job")), **bounds)
        tasks[one["key"]] = task
        for mode in one["modes"]:
            pairs = [(resources[key], n) for key, n in mode.get("uses", [])]
            pairs += [(stocks[key], n) for key, n in mode.get("consumes", [])]
            held = [resource for resource, _ in pairs]
            amounts = [
                0 if type(resource).__name__ == "Machine" else n
                for resource, n in pairs
            ]
            model.add_mode(task, held, mode["duration"], amounts)
    add_windows(model, plain, resources)
    for lag in plain.get("lags", []):
        add_lag(model, lag, tasks)
    if plain["objective"] == "tardiness":
        model.set_objective(weight_total_tardiness=1)
    else:
        model.set_objective(weight_makespan=1)
    return model, list(tasks)


def add_lag(model, lag, tasks):
    """State a lag; a most is a least the other way round."""
    of, to = lag.get("of", "end"), lag.get("to", "start")
    before, after = tasks[lag["before"]], tasks[lag["after"]]
    if lag.get("least", 0) > -1_000_000:
        getattr(model, MOMENTS[of, to])(before, after, delay=lag.get("least", 0))
    if lag.get("most") is not None:
        getattr(model, MOMENTS[to, of])(after, before, delay=-lag["most"])


def add_windows(model, plain, resources):
    """Hold what a changing capacity lacks by tasks that cannot move."""
    work = sum(max(m["duration"] for m in one["modes"]) for one in plain["activities"])
    for one in plain.get("resources", []):
        times, values = one["capacity"]["times"], one["capacity"]["values"]
        most, last = max(values), times[-1] + work
        for at, value in enumerate(values):
            if value == most:
                continue
            start = times[at]
            end = times[at + 1] if at + 1 < len(times) else last
            task = model.add_task(earliest_start=start, latest_end=end)
            model.add_mode(task, [resources[one["key"]]], end - start, [most - value])


def mode_of(plain, at, task):
    """Return which of its modes an activity is in; modes count through all tasks."""
    first = sum(len(one["modes"]) for one in plain["activities"][:at])
    return task.mode - first


if __name__ == "__main__":
    main(*sys.argv[1:])
