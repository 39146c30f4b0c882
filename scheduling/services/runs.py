"""The life of a run: asked for, claimed, reported on, ended. Nothing else moves one.

Leases are counted by the database's clock. Whoever writes to a running run shows the
fencing token of its claim; a worker that was thought dead and comes back is refused.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from factory.models import Site
from journal.services import record
from scheduling.errors import (
    ArchivedScenarioError,
    FencedOutError,
    NothingToRepairError,
    RunFinishedError,
    RunSettingError,
    RunUnfinishedError,
)
from scheduling.models import Plan, Publication, Run, Scenario
from scheduling.models.run import RunQuerySet

log = structlog.get_logger("rackline.runs")

DEFAULT_TIME_LIMIT_S = 60
MOST_SEED = 2_000_000_000
MOST_THREADS = 64
WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to one run, until a newer claim of it."""

    run_id: int
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a search stands, for those who watch it.

    Attributes:
        phase: What is done now, in a word or two.
        best_cents: Cost of the best plan so far; None before the first.
        bound_cents: What no plan can cost less than; None while unknown.
        bound_reason: Why, in a sentence; empty while unknown.
        curve: ``(seconds, best, bound)``, rising in time.
    """

    phase: str
    best_cents: int | None = None
    bound_cents: int | None = None
    bound_reason: str = ""
    curve: tuple[tuple[float, int | None, int | None], ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """Return the run's columns that say so."""
        return {
            "phase": self.phase,
            "best_cents": self.best_cents,
            "bound_cents": self.bound_cents,
            "bound_reason": self.bound_reason,
            "curve": [list(point) for point in self.curve],
        }


def request_run(
    *,
    scenario: Scenario,
    by: User | None,
    actor: str,
    time_limit_s: int = DEFAULT_TIME_LIMIT_S,
    seed: int = 1,
    workers: int | None = None,
    kind: Run.Kind = Run.Kind.OPTIMIZE,
    favour: Run.Favour = Run.Favour.BALANCE,
    may_move_frozen: bool = False,
    towards: Plan | None = None,
    improves: Plan | None = None,
) -> Run:
    """Ask for a run; the dispatcher sends it on once this has committed.

    Writes two rows and waits for no broker. Searches of the site that only improve a
    waiting proposal make way; one that was asked to stop stands in nobody's way.

    Args:
        scenario: What to plan.
        by: The person who asks, if a person does.
        actor: ``user:12``, ``client:3`` or ``system``.
        time_limit_s: Seconds of search, 1 to ``RUN_TIME_LIMIT_MAX_S``.
        seed: Of the search, 1 to 2,000,000,000; the same seed tries the same things.
        workers: Threads of search, 1 to 64; None: as many as the settings say.
        kind: Whether to improve the plan or mend the one in force.
        favour: What a repair spares first.
        may_move_frozen: Whether racks inside the frozen fence may move for money alone.
        towards: The plan a repair keeps to; None is the one in force.
        improves: The proposal that a repair must beat while it waits; None for none.

    Raises:
        ArchivedScenarioError: If the scenario has been put away.
        NothingToRepairError: If a repair is asked for and no plan is in force.
        RunSettingError: If a number is out of range.
        RunUnfinishedError: If another run of the scenario goes on; it is attached.
    """
    threads = settings.RUN_THREADS if workers is None else workers
    _within("Time limit in seconds", time_limit_s, 1, settings.RUN_TIME_LIMIT_MAX_S)
    _within("Seed", seed, 1, MOST_SEED)
    _within("Threads", threads, 1, MOST_THREADS)
    if scenario.archived_at is not None:
        raise ArchivedScenarioError(scenario.name)
    is_repair = kind == Run.Kind.REPAIR
    if is_repair and towards is None and not _has_published(scenario):
        raise NothingToRepairError(scenario.name)
    try:
        with transaction.atomic():
            stop_improving(site=scenario.site, actor=actor)
            run = Run.objects.create(
                scenario=scenario,
                requested_by=by,
                actor=actor,
                time_limit_s=time_limit_s,
                seed=seed,
                workers=threads,
                kind=kind,
                favour=favour,
                may_move_frozen=may_move_frozen,
                towards=towards,
                improves=improves,
            )
            record(
                kind="run.requested",
                about=run,
                actor=actor,
                summary=f"Run {run.pk} of {scenario.name} asked for",
                after={
                    "kind": kind.value,
                    "favour": favour.value,
                    "may_move_frozen": may_move_frozen,
                    "towards": towards.pk if towards else None,
                    "improves": improves.pk if improves else None,
                    "time_limit_s": time_limit_s,
                    "seed": seed,
                    "workers": threads,
                },
            )
    except IntegrityError:
        going = Run.objects.going().filter(scenario=scenario).first()
        if going is None:
            raise
        raise RunUnfinishedError(going.pk, going.state) from None
    return run


def stop_improving(*, site: Site, actor: str) -> None:
    """Stop searches that only improve a waiting proposal; they keep what is better.

    One query, and four for each.
    """
    improving = Run.objects.going().filter(scenario__site=site, improves__isnull=False)
    for run in improving:
        with suppress(RunFinishedError):
            cancel(run=run, actor=actor)


@transaction.atomic
def cancel(*, run: Run, actor: str) -> Run:
    """End a queued run at once, or ask the worker of a running one to stop.

    A run that has found a plan keeps it: every plan stored has passed the referee.
    Asking twice is asking once.

    Raises:
        RunFinishedError: If it has ended already.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.is_finished:
        raise RunFinishedError(run.pk, run.state)
    if run.state == Run.State.QUEUED:
        _move(run, Run.State.CANCELLED, cancel_requested_at=Now(), ended_at=Now())
        _record_end(run, "cancelled", actor=actor)
    elif run.cancel_requested_at is None:
        Run.objects.filter(pk=run.pk).update(cancel_requested_at=Now())
        record(
            kind="run.cancel_requested",
            about=run,
            actor=actor,
            summary=f"Run {run.pk} asked to stop",
        )
    run.refresh_from_db()
    return run


@transaction.atomic
def claim(run_id: int, owner: str) -> Lease | None:
    """Take a queued run for this worker; None when it is not there to be taken.

    However often a message arrives, one claim succeeds. What an earlier attempt
    reported is wiped; a plan that it stored stays until a better one is.

    Args:
        run_id: From the message.
        owner: Who takes it, such as ``host:pid``.
    """
    claimed = Run.objects.filter(
        pk=run_id, state=Run.State.QUEUED, attempt__lt=Run.MAX_ATTEMPTS
    ).update(
        state=Run.State.RUNNING,
        lease_owner=owner,
        lease_until=_lease_end(),
        heartbeat_at=Now(),
        attempt=F("attempt") + 1,
        fencing_token=F("fencing_token") + 1,
        started_at=Coalesce("started_at", Now()),
        first_plan_s=None,
        **Progress(phase="starting").columns,
    )
    if not claimed:
        return None
    return Lease(run_id, Run.objects.values_list("fencing_token").get(pk=run_id)[0])


def heartbeat(
    lease: Lease, progress: Progress | None = None, *, hold_s: float = 0.0
) -> None:
    """Say that the worker is alive, and how far it has come. One UPDATE.

    Args:
        lease: Of the claim.
        progress: What to tell, if anything is new.
        hold_s: Seconds the worker will be too busy for the next heartbeat.

    Raises:
        FencedOutError: If the run is no longer this worker's; nothing is written.
    """
    _write(lease, hold_s=hold_s, **(progress.columns if progress else {}))


def is_cancel_requested(lease: Lease) -> bool:
    """Return whether somebody wants this run to stop. One query.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    row = _held(lease).values_list("cancel_requested_at").first()
    if row is None:
        raise _fenced_out(lease)
    return row[0] is not None


def note_input(
    lease: Lease, *, input_hash: str, event_seq: int, versions: dict[str, str]
) -> None:
    """Keep what the plan is made from and with, so that it can be made again.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    _write(lease, input_hash=input_hash, event_seq=event_seq, versions=versions)


def note_first_plan(lease: Lease, run: Run) -> None:
    """Keep how many seconds after the request a refereed plan was there.

    The first time counts; a new attempt starts from nothing.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    waited_s = round((timezone.now() - run.requested_at).total_seconds(), 3)
    _write(lease, first_plan_s=Coalesce("first_plan_s", max(0.0, waited_s)))


@transaction.atomic
def finish(
    lease: Lease, *, progress: Progress, found_by: str = "", notes: tuple[str, ...] = ()
) -> Run:
    """End a run in success, or as cancelled if somebody asked for that meanwhile.

    Called once its plan is stored; a worker lost in between is followed by another,
    which puts its own plan in the place of the first.

    Args:
        lease: Of the claim.
        progress: Where the search ended.
        found_by: Which part of the solver found the plan.
        notes: Sentences on what each part did.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    _write(lease, **progress.columns, found_by=found_by, notes="\n".join(notes))
    run = Run.objects.get(pk=lease.run_id)
    is_cancelled = run.cancel_requested_at is not None
    state = Run.State.CANCELLED if is_cancelled else Run.State.SUCCEEDED
    _move(run, state, ended_at=Now())
    _record_end(
        run,
        state.value,
        after={"best_cents": run.best_cents, "bound_cents": run.bound_cents},
    )
    run.refresh_from_db()
    return run


@transaction.atomic
def fail(lease: Lease, *, code: str, sentences: tuple[str, ...]) -> None:
    """End a run that cannot succeed, with the reasons as people read them.

    Args:
        lease: Of the claim.
        code: Stable reason code, such as ``unusable_input``.
        sentences: At least one; each names object, limit and amount.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    _write(lease)
    _fail(Run.objects.get(pk=lease.run_id), code, sentences)


def reap() -> int:
    """End or requeue runs whose worker has fallen silent; return how many.

    A run that somebody wanted to stop is cancelled. Others go back to the queue, to be
    sent anew, until their attempts are used up; then they have failed.
    """
    # A look without a lock: most of the time there is nothing to do.
    if not Run.objects.lapsed().exists():
        return 0
    with transaction.atomic():
        lapsed = list(Run.objects.lapsed().select_for_update(skip_locked=True))
        for run in lapsed:
            _reap(run)
    return len(lapsed)


def mark_sent(run_id: int) -> None:
    """Note that the broker has taken a run's message. One UPDATE."""
    Run.objects.filter(pk=run_id, state=Run.State.QUEUED).update(sent_at=Now())


def _reap(run: Run) -> None:
    """End or requeue one run whose row is locked."""
    log.warning("worker lost", run=run.pk, owner=run.lease_owner, attempt=run.attempt)
    if run.cancel_requested_at is not None:
        _move(run, Run.State.CANCELLED, ended_at=Now())
        _record_end(run, "cancelled")
    elif run.attempt < Run.MAX_ATTEMPTS:
        _move(
            run,
            Run.State.QUEUED,
            sent_at=None,
            lease_owner="",
            lease_until=None,
            phase="",
        )
    else:
        sentence = (
            f"The worker stopped {run.attempt} times while it worked on run {run.pk}. "
            "Its log says why; memory is the usual reason."
        )
        _fail(run, WORKER_LOST, (sentence,))


def _fail(run: Run, code: str, sentences: tuple[str, ...]) -> None:
    _move(
        run,
        Run.State.FAILED,
        ended_at=Now(),
        error_code=code,
        error="\n".join(sentences),
    )
    _record_end(run, "failed", after={"error_code": code, "sentences": list(sentences)})


def _move(run: Run, state: Run.State, **values: Any) -> None:
    """Move a run whose row this transaction holds, along a permitted way."""
    if state not in Run.MOVES[run.state]:
        raise RunFinishedError(run.pk, run.state)
    Run.objects.filter(pk=run.pk).update(state=state, **values)


def _has_published(scenario: Scenario) -> bool:
    """Return whether a plan is in force on a scenario's site. One query."""
    return Publication.objects.filter(site=scenario.site_id).exists()


def _record_end(
    run: Run, state: str, *, actor: str = "system", after: dict[str, Any] | None = None
) -> None:
    record(
        kind=f"run.{state}",
        about=run,
        actor=actor,
        summary=f"Run {run.pk} {state}",
        after=after,
    )


def _lease_end(hold_s: float = 0.0) -> CombinedExpression:
    return Now() + timedelta(seconds=settings.RUN_LEASE_S + hold_s)


def _held(lease: Lease) -> RunQuerySet:
    return Run.objects.filter(
        pk=lease.run_id, state=Run.State.RUNNING, fencing_token=lease.token
    )


def _write(lease: Lease, *, hold_s: float = 0.0, **values: Any) -> None:
    """Write columns and renew the lease, if the token is still the newest."""
    written = _held(lease).update(
        heartbeat_at=Now(), lease_until=_lease_end(hold_s), **values
    )
    if not written:
        raise _fenced_out(lease)


def _fenced_out(lease: Lease) -> FencedOutError:
    newest = Run.objects.values_list("fencing_token").get(pk=lease.run_id)[0]
    return FencedOutError(lease.run_id, lease.token, newest)


def _within(name: str, value: int, least: int, most: int) -> None:
    """Refuse a setting out of range.

    Raises:
        RunSettingError: Names the setting, the value and the range.
    """
    if not least <= value <= most:
        raise RunSettingError(name, value, least, most)
