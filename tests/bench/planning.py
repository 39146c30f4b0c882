"""From the click to a plan: the first, the best of a minute, its snapshot and proof."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from django.test import Client
from django.urls import reverse

from scheduling.blobs import load_problem, load_schedule
from scheduling.engine.check import breaches, made
from scheduling.engine.serial import problem_to_json
from scheduling.models import Plan, Run
from scheduling.services.publish import preview, publish
from scheduling.services.runs import claim
from scheduling.snapshot.take import take
from scheduling.web.runs import OptimizeForm
from scheduling.worker import execute, warm_up
from tests.bench.row import Row, at_most, middle, say
from tests.bench.worlds import World, a_reader

FIRST_PLAN_S = 5.0
COST_SHARE = 0.9
SHORT_S = 6
WORKER = "bench"

Result = TypeVar("Result")


def run_as_worker(run: Run, as_of: datetime | None = None) -> Run:
    """Do a run in this process as a worker does: claim, search, prove, store.

    Raises:
        RuntimeError: If it does not end in success.
    """
    if as_of is not None:
        Run.objects.filter(pk=run.pk).update(as_of=as_of)
    lease = claim(run.pk, WORKER)
    if lease is None:
        raise RuntimeError(f"run {run.pk} was not to be had")
    execute(lease)
    run.refresh_from_db()
    if run.state != Run.State.SUCCEEDED:
        raise RuntimeError(f"run {run.pk} is {run.state}: {run.error}")
    return run


def click(planner: Client, time_limit_s: int) -> Run:
    """Press Optimize; return the run that this asks for, with a time limit of its own.

    The page offers a few limits only, the shortest of which is asked for.
    """
    offered = [seconds for seconds, _ in OptimizeForm().fields["time_limit_s"].choices]
    planner.post(reverse("runs"), {"time_limit_s": min(offered)})
    run = Run.objects.order_by("-pk")[0]
    run.time_limit_s = time_limit_s
    run.save(update_fields=["time_limit_s"])
    return run


def a_plan(world: World) -> Plan:
    """Return the plan of a short run, asked for and made as any other."""
    run = run_as_worker(click(a_reader("planner"), SHORT_S), world.as_of)
    return Plan.objects.get(run=run)


def put_in_force(plan: Plan) -> None:
    """Publish a plan, signing for every promise it breaks."""
    diff = preview(plan)
    publish(
        plan=plan,
        by=None,
        actor="system",
        acknowledged={one.order.number: one.sentence for one in diff.broken},
        expected_previous=diff.previous_number,
    )


def first_plan_row(world: World, times: int) -> Row:
    """Return the longest of several waits from the click to the first stored plan.

    The worker is warm, as one is that has started.
    """
    warm_up()
    planner = a_reader("planner")
    waits = []
    for _ in range(times):
        run = run_as_worker(click(planner, SHORT_S), world.as_of)
        waits.append(run.first_plan_s)
    missing = waits.count(None)
    longest = max((wait for wait in waits if wait is not None), default=0.0)
    if missing:
        return Row(
            figure="click → first refereed plan stored",
            goal=f"≤ {FIRST_PLAN_S:g} s",
            result=f"{missing} of {times} stored none before the end",
            is_missed=True,
            note=world.describe(),
        )
    return at_most(
        "click → first refereed plan stored",
        longest,
        FIRST_PLAN_S,
        "s",
        f"longest of {times}, worker warm, in process; {world.describe()}",
    )


def cost_rows(world: World, time_limit_s: int) -> Iterator[Row]:
    """Yield cost against the six rules, bound and gap after one search."""
    say(f"Searching for {time_limit_s} s.")
    planner = a_reader("planner")
    run = run_as_worker(click(planner, time_limit_s), world.as_of)
    plan = Plan.objects.get(run=run)
    share = plan.objective_cents / plan.best_rule_cents if plan.best_rule_cents else 1.0
    note = (
        f"seed {run.seed}, {run.workers} threads, found by {run.found_by or '–'}; "
        f"{world.describe()}"
    )
    yield Row(
        figure=f"cost after {time_limit_s} s ÷ best of six rules",
        goal=f"≤ {COST_SHARE}",
        result=f"{share:.3f}",
        is_missed=share > COST_SHARE,
        note=f"{_dollars(plan.objective_cents)} ÷ {_dollars(plan.best_rule_cents)}; "
        + note,
    )
    yield Row(
        figure=f"bound after {time_limit_s} s",
        result=_dollars(plan.bound_cents),
        note=note,
    )
    yield Row(
        figure=f"gap after {time_limit_s} s",
        result=f"{100 * (run.gap or 0.0):.1f} %",
        note="(cost − bound) ÷ cost; " + note,
    )
    yield Row(
        figure="racks late, unplannable",
        result=f"{plan.late_racks}, {plan.unplannable_racks}",
        note=f"of {plan.racks}; " + note,
    )


def snapshot_row(world: World, goal_s: float, times: int) -> Row:
    """Return the median time from rows to a frozen problem."""
    took, snapshot = _timed(lambda: take(world.scenario, as_of=world.as_of), times)
    size = len(problem_to_json(snapshot.problem))
    return at_most(
        f"snapshot at {world.racks:,} racks",
        took,
        goal_s,
        "s",
        f"median of {times}; {size / 1e6:.1f} MB of JSON; {world.describe()}",
    )


def referee_row(world: World, plan: Plan, times: int) -> Row:
    """Return the median time the referee needs for a stored plan.

    Raises:
        RuntimeError: If a stored plan breaks a limit by itself.
    """
    problem, schedule = load_problem(plan), load_schedule(plan)
    took, found = _timed(lambda: breaches(problem, schedule), times)
    if made(found):
        raise RuntimeError(f"plan {plan.pk} breaks limits: {made(found)[0]}")
    return Row(
        figure=f"referee at {world.racks:,} racks",
        result=f"{took:.2f} s",
        note=f"median of {times}; {len(schedule.steps):,} steps, "
        f"{len(schedule.pegs):,} pegs; {world.describe()}",
    )


def gantt_row(world: World, plan: Plan, planner: Client, times: int) -> Row:
    """Return size and time of the drawing's data, as the page fetches it."""
    url = reverse("plan_data", args=[plan.pk])
    took, answer = _timed(lambda: planner.get(url), times)
    size = len(answer.content)
    return Row(
        figure=f"plan data at {world.racks:,} racks",
        result=f"{size / 1000:,.0f} kB, {took * 1000:.0f} ms",
        note=f"median of {times}; then kept under its ETag; {world.describe()}",
    )


def _dollars(cents: int | None) -> str:
    """Word an amount in whole dollars."""
    return "–" if cents is None else f"${cents // 100:,}"


def _timed(do: Callable[[], Result], times: int) -> tuple[float, Result]:
    """Return the median of several times in seconds, and the last result."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        result = do()
        took.append(time.perf_counter() - began)
    return middle(took), result
