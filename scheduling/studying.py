"""One study in a worker, from claim to end: blobs of a plan in, rows of savings out."""

from dataclasses import dataclass, field

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from scheduling.blobs import load_problem, load_schedule
from scheduling.engine.conflict import Conflict, conflict
from scheduling.engine.errors import EngineError
from scheduling.engine.levers import Change, levers
from scheduling.engine.lifting.changes import WITHOUT
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Schedule
from scheduling.engine.solve import UNREADABLE
from scheduling.errors import FencedOutError, SchedulingError
from scheduling.models import LimitSaving, Study
from scheduling.services import studies
from scheduling.services.studies import StudyLease

log = structlog.get_logger("rackline.studying")

SENTENCE_MOST = 300
MOST = 8
"""Racks without a plan that are explained: one each of model, reason and progress."""
OUT_OF_TIME = "The plan is too large to be studied whole; what was proved stays."
UNEXPECTED = "The study stopped on an unexpected error; the log has the whole story."


def execute(lease: StudyLease, *, moves: int | None = None) -> None:
    """Prove a claimed study's savings, limit by limit.

    It stops for whoever waits and is taken up again where it ended.

    Args:
        lease: Of the claim.
        moves: Of each re-solve; None for what suits the plan.

    Raises:
        Exception: What nobody expected, after the study has failed with it.
    """
    with structlog.contextvars.bound_contextvars(study=lease.study_id):
        try:
            _execute(lease, moves)
        except FencedOutError as error:
            log.warning("study taken by another worker", reason=str(error))
        except (EngineError, SchedulingError) as error:
            studies.fail(lease, str(error)[:SENTENCE_MOST])
        except SoftTimeLimitExceeded:
            log.warning("study ran out of time")
            studies.fail(lease, OUT_OF_TIME)
        except Exception:
            log.exception("study failed unexpectedly")
            studies.fail(lease, UNEXPECTED)
            raise


@dataclass(slots=True, kw_only=True)
class _Progress:
    """What of a study is done, and whether it has given way."""

    lease: StudyLease
    known: set[tuple[str, str, str]]
    sequence: int
    has_savings: bool
    has_stopped: bool = field(default=False)

    def should_stop(self) -> bool:
        """Return whether somebody waits; the study is then given back."""
        self.has_stopped = studies.let_others_first(self.lease)
        return self.has_stopped

    def is_known(self, change: Change) -> bool:
        """Return whether a change was tried; savings end with the first lever."""
        if change.code != WITHOUT and not self.has_savings:
            studies.note_savings(self.lease)
            self.has_savings = True
        return (change.code, change.limit.word, change.limit.key) in self.known


def _conflicts(problem: Problem, schedule: Schedule) -> list[Conflict]:
    """Return why the first few racks without a plan have none, one of each kind."""
    racks = {rack.key: rack for rack in problem.racks}
    kinds: dict[tuple[str, str, int], str] = {}
    for one in schedule.unplannable:
        rack = racks.get(one.rack)
        if rack is not None and one.code not in UNREADABLE:
            kinds.setdefault((rack.template, one.code, rack.progress.done), one.rack)
    return [conflict(problem, schedule, key) for key in list(kinds.values())[:MOST]]


def _execute(lease: StudyLease, moves: int | None) -> None:
    study = Study.objects.select_related("plan__run__scenario").get(pk=lease.study_id)
    problem, schedule = load_problem(study.plan), load_schedule(study.plan)
    keys = studies.keys_of(study.plan)
    done = LimitSaving.objects.filter(study=study)
    known = set(done.values_list("code", "limit", "resource"))
    progress = _Progress(
        lease=lease,
        known=known,
        sequence=len(known),
        has_savings=study.savings_at is not None,
    )
    if progress.should_stop():
        return
    if not study.conflicts and schedule.unplannable:
        studies.write_conflicts(lease, _conflicts(problem, schedule))
    for lever in levers(
        problem,
        schedule,
        moves=moves,
        should_stop=progress.should_stop,
        skip=progress.is_known,
    ):
        progress.sequence += 1
        studies.write_lever(lease, lever, sequence=progress.sequence, keys=keys)
    if progress.has_stopped:
        return
    if not progress.has_savings:
        studies.note_savings(lease)
    studies.finish(lease)
