"""One run in a worker, from claim to end: the only door between rows and the solver.

The search runs in a thread. This one looks after the run four times a second: it
renews the lease, tells how far the search is, stores the first plan as soon as there is
one, and stops when somebody cancels the run or another worker has taken it.
"""

import resource
import time
from dataclasses import replace
from functools import partial

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from journal.wording import counted
from scheduling.blobs import load_schedule
from scheduling.engine.errors import EngineError, NoPlanError
from scheduling.engine.following import following
from scheduling.engine.outcome import Outcome
from scheduling.engine.outcome import Progress as Report
from scheduling.engine.problem import Problem
from scheduling.engine.repair import Favour, repair
from scheduling.engine.serial import digest, problem_to_json
from scheduling.engine.solve import solve, versions, warm
from scheduling.engine.spread.rounds import Helpers
from scheduling.engine.validate import inspect
from scheduling.errors import (
    FencedOutError,
    NoBetterPlanError,
    PlanBreachesError,
    SchedulingError,
    UnusableInputError,
)
from scheduling.models import Plan, Run
from scheduling.search import Search, Solver
from scheduling.services import parts, runs
from scheduling.services.runs import Lease, Progress
from scheduling.services.studies import SYSTEM, request_study
from scheduling.snapshot.take import Snapshot, take
from scheduling.spreading import Mailbox
from scheduling.storage import store_plan

log = structlog.get_logger("rackline.worker")

LOOK_EVERY_S = 0.25
CARRY_EVERY_S = 0.05
"""While parts are with helpers: who waits for a question or an answer is idle."""
HEARTBEAT_S = 1.0
STORING_S_A_RACK = 0.05
"""Proving and storing may take so long a rack, while nothing else is done."""
EARLY_PLAN_RACKS = 1_000
"""Up to so many racks the first plan is stored at once; more would take too long."""
LEFT_OUT_TOLD = 20
"""Racks left out whose reason a run that fails tells; the others are counted."""
BYTES_A_MB = 1024 * 1024

NOTHING_FOUND = "The search ended without a plan for a single rack."
TOO_BIG = "The run needs more memory than a worker may take."
UNEXPECTED = (
    "The optimizer stopped on an unexpected error. Its log has the whole story under "
    "this run's number."
)


def execute(lease: Lease, solver: Solver | None = None) -> None:
    """Take a claimed run to its end; return when nothing is left to do for it.

    Bad input fails the run with sentences. When the database stays away the run is left
    to the reaper and the next attempt.

    Args:
        lease: Of the claim.
        solver: What searches; None for what the run asks for.

    Raises:
        OperationalError: If the database does not answer for half a lease.
        Exception: What nobody expected, after the run has failed with it.
    """
    with structlog.contextvars.bound_contextvars(run=lease.run_id, token=lease.token):
        try:
            _execute(lease, solver)
        except FencedOutError as error:
            log.warning("run taken by another worker", reason=str(error))
        except (OperationalError, InterfaceError):
            log.exception("database away; the run is left to the reaper")
            connection.close()
            raise
        except UnusableInputError as error:
            _fail(lease, error.code, error.sentences)
        except (EngineError, SchedulingError) as error:
            _fail(lease, error.code, (str(error),))
        except MemoryError:
            log.exception("out of memory")
            _fail(lease, "out_of_memory", (TOO_BIG,))
        except Exception:
            log.exception("run failed unexpectedly")
            _fail(lease, "internal_error", (UNEXPECTED,))
            raise


def _planned_on(snapshot: Snapshot) -> str:
    """Say which day of promised deliveries a run counts on, for its page."""
    level = snapshot.arrival_level
    return "promised dates" if level is None else f"P{level} arrivals"


def _execute(lease: Lease, solver: Solver | None) -> None:
    """Read, search, prove, store."""
    run = Run.objects.select_related(
        "scenario__site", "towards", "improves__run__scenario"
    ).get(pk=lease.run_id)
    snapshot = take(run.scenario, as_of=run.as_of or timezone.now())
    if run.towards is not None:
        snapshot = _keeping_to(run.towards, snapshot)
    _refuse_the_impossible(snapshot)
    problem = problem_to_json(snapshot.problem)
    runs.note_input(
        lease,
        input_hash=digest(problem),
        event_seq=snapshot.event_seq,
        versions=versions() | {"planned on": _planned_on(snapshot)},
    )
    mailbox = Mailbox(settings.RUN_HELPERS, problem)
    with Search(
        solver or solver_of(run, mailbox, _start_of(run, snapshot)),
        snapshot.problem,
        time_limit_s=run.time_limit_s,
        seed=run.seed,
        workers=run.workers,
    ) as search:
        _look_after(lease, run, snapshot, search, mailbox)
        outcome = search.outcome()
    _end(lease, run, snapshot, outcome, search.standing())


def _keeping_to(plan: Plan, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot whose racks have the places of another plan to keep.

    Raises:
        DamagedBlobError: If that plan cannot be read any more.
    """
    epoch = plan.epoch.isoformat()
    problem = following(snapshot.problem, load_schedule(plan), epoch)
    return replace(snapshot, problem=problem)


def _start_of(run: Run, snapshot: Snapshot) -> Problem | None:
    """Return the problem with the places of the proposal that a run improves, if any.

    Raises:
        DamagedBlobError: If that proposal cannot be read any more.
    """
    if run.improves is None:
        return None
    return _keeping_to(run.improves, snapshot).problem


def solver_of(
    run: Run, helpers: Helpers | None = None, start: Problem | None = None
) -> Solver:
    """Return what searches as a run asks: the optimizer, or the repair of a plan."""
    if run.is_repair:
        return partial(
            repair,
            favour=Favour(run.favour),
            may_move_frozen=run.may_move_frozen,
            start=start,
        )
    return partial(solve, may_move_frozen=run.may_move_frozen, helpers=helpers)


def _look_after(
    lease: Lease, run: Run, snapshot: Snapshot, search: Search, mailbox: Mailbox
) -> None:
    """Stay with a search until it ends.

    Raises:
        FencedOutError: If another worker has taken the run.
        OperationalError: If the database does not answer for half a lease.
    """
    answered_s = time.monotonic()
    beat_due_s = 0.0
    while not search.has_ended(
        within_s=CARRY_EVERY_S if mailbox.is_open else LOOK_EVERY_S
    ):
        try:
            if runs.is_cancel_requested(lease):
                search.stop()
            if time.monotonic() >= beat_due_s:
                runs.heartbeat(lease, search.standing())
                beat_due_s = time.monotonic() + HEARTBEAT_S
            if first := search.take_first_plan():
                _store_early(lease, run, snapshot, first)
            mailbox.carry(lease)
            answered_s = time.monotonic()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() - answered_s > settings.RUN_LEASE_S / 2:
                raise


def _refuse_the_impossible(snapshot: Snapshot) -> None:
    """Look at a problem before any search.

    Raises:
        UnusableInputError: If it cannot be planned as a whole; a sentence a finding,
            then one for each rack that was left out before.
    """
    errors = inspect(snapshot.problem).errors
    if errors:
        sentences = [error.sentence for error in errors]
        sentences += [one.sentence for one in snapshot.left_out[:LEFT_OUT_TOLD]]
        more = len(snapshot.left_out) - LEFT_OUT_TOLD
        if more > 0:
            sentences.append(f"And {counted(more, 'rack')} more.")
        raise UnusableInputError(tuple(sentences))


def _store_early(lease: Lease, run: Run, snapshot: Snapshot, first: Report) -> None:
    """Store the first plan while the search goes on, so that there is one to see."""
    racks = len(snapshot.problem.racks)
    if run.improves is not None or racks > EARLY_PLAN_RACKS:
        return
    if first.schedule is None or first.best is None:
        return
    runs.heartbeat(lease, hold_s=racks * STORING_S_A_RACK)
    try:
        store_plan(
            run=run,
            token=lease.token,
            snapshot=snapshot,
            schedule=first.schedule,
            bound_cents=first.bound or 0,
        )
    except PlanBreachesError as error:
        # The end is judged anew: a first plan that fails ends nothing.
        log.warning("the first plan is refused", breaches=error.sentences)
        return
    runs.note_first_plan(lease, run)


def _end(
    lease: Lease, run: Run, snapshot: Snapshot, outcome: Outcome, standing: Progress
) -> None:
    """Prove and store what was found, and end the run with the plan's own figures.

    Raises:
        NoPlanError: If the search found nothing and was not stopped.
        PlanBreachesError: If the referee refuses what it found.
    """
    if outcome.schedule is None:
        if not runs.is_cancel_requested(lease):
            raise NoPlanError(NOTHING_FOUND)
        parts.withdraw(lease)
        runs.finish(lease, progress=replace(standing, phase="stopped"))
        return
    hold_s = len(snapshot.problem.racks) * STORING_S_A_RACK
    runs.heartbeat(lease, replace(standing, phase="proving"), hold_s=hold_s)
    try:
        plan = store_plan(
            run=run,
            token=lease.token,
            snapshot=snapshot,
            schedule=outcome.schedule,
            bound_cents=outcome.bound,
            best_rule_cents=outcome.best_rule,
            is_proved_optimal=outcome.is_proved,
        )
    except NoBetterPlanError as error:
        done = replace(standing, phase="done")
        runs.finish(lease, progress=done, notes=(str(error), *outcome.notes))
        return
    runs.note_first_plan(lease, run)
    final = replace(
        standing,
        phase="done",
        best_cents=plan.objective_cents,
        bound_cents=plan.bound_cents,
    )
    parts.withdraw(lease)
    runs.finish(lease, progress=final, found_by=outcome.found_by, notes=outcome.notes)
    request_study(plan=plan, actor=SYSTEM)


def _fail(lease: Lease, code: str, sentences: tuple[str, ...]) -> None:
    """End a run as failed, unless it is no longer this worker's."""
    log.warning("run failed", code=code, sentences=sentences)
    try:
        parts.withdraw(lease)
        runs.fail(lease, code=code, sentences=sentences)
    except FencedOutError as error:
        log.warning("run taken by another worker", reason=str(error))


def warm_up() -> None:
    """Compile what searches, once for a worker and all its children."""
    started_s = time.monotonic()
    warm()
    log.info("warm", seconds=round(time.monotonic() - started_s, 2))


def limit_memory() -> None:
    """Cap the memory of this process, so that one run cannot take the machine's.

    What is counted is what a process may write to and nobody else sees; address space
    alone, of which compilers and solvers reserve much, is not. A run that wants more
    fails, or its process ends and the reaper tries it again, at most three times.
    """
    if settings.RUN_MEMORY_MB:
        most = settings.RUN_MEMORY_MB * BYTES_A_MB
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
