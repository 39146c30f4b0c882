"""Problems and schedules at rest: compressed, named by the digest of what they hold."""

import zlib
from functools import lru_cache

from scheduling.engine.cut import REST
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import PhaseKind, PlannedStep, Schedule
from scheduling.engine.serial import (
    digest,
    problem_from_json,
    problem_to_json,
    schedule_from_json,
    schedule_to_json,
)
from scheduling.errors import DamagedBlobError
from scheduling.models import Blob, Plan

LEVEL = 6
"""Of compression: half the bytes of level 1, a third of the time of level 9."""
SLOW = frozenset({PhaseKind.DERATED, PhaseKind.STANDBY, PhaseKind.RESUME})
KEPT = 4
"""Plans that pages keep read; one of 1,000 racks takes some 13 MB and 0.3 s to read."""


def put_problem(problem: Problem) -> Blob:
    """Keep a problem, once however often it is put. Two queries."""
    return put(problem_to_json(problem))


def put_schedule(schedule: Schedule) -> Blob:
    """Keep a schedule, once however often it is put. Two queries."""
    return put(schedule_to_json(schedule))


def load_problem(plan: Plan) -> Problem:
    """Return what a plan was made from. One query.

    Raises:
        DamagedBlobError: If what was stored is not what its name says.
        InvalidProblemError: If it was stored by another version of the engine.
    """
    return problem_named(plan.problem_id)


def problem_named(name: str) -> Problem:
    """Return the problem that has a digest. One query.

    Raises:
        DamagedBlobError: If what was stored is not what its name says.
        InvalidProblemError: If it was stored by another version of the engine.
    """
    return problem_from_json(_get(name))


def load_schedule(plan: Plan) -> Schedule:
    """Return the schedule of a plan. One query.

    Raises:
        DamagedBlobError: If what was stored is not what its name says.
        InvalidProblemError: If it was stored by another version of the engine.
    """
    return schedule_from_json(_get(plan.schedule_id))


def slow_steps(plan: Plan) -> tuple[PlannedStep, ...]:
    """Return the steps of a plan that do not run through at full power. One query.

    Of a rack with a test cut in two, every step. What is stored never changes, so the
    last few answers are kept by the process: reading a thousand racks takes half a
    second, and few of their steps are slow.

    Raises:
        DamagedBlobError: If what was stored is not what its name says.
        InvalidProblemError: If it was stored by another version of the engine.
    """
    return _slow_steps(plan.schedule_id)


@lru_cache(maxsize=KEPT)
def _slow_steps(name: str) -> tuple[PlannedStep, ...]:
    steps = schedule_from_json(_get(name)).steps
    cut = {step.rack for step in steps if step.step.endswith(REST)}
    return tuple(
        step
        for step in steps
        if step.rack in cut or any(phase.kind in SLOW for phase in step.phases)
    )


def read(plan: Plan) -> tuple[Problem, Schedule]:
    """Return what a plan was made from, and its schedule, for a page.

    The last few stay in memory: names are digests, so what they name never changes. Two
    queries the first time, none after that.

    Raises:
        DamagedBlobError: If what was stored is not what its name says.
        InvalidProblemError: If it was stored by another version of the engine.
    """
    return _read(plan.problem_id, plan.schedule_id)


@lru_cache(maxsize=KEPT)
def _read(problem: str, schedule: str) -> tuple[Problem, Schedule]:
    return problem_from_json(_get(problem)), schedule_from_json(_get(schedule))


def drop_unused(name: str) -> None:
    """Delete a blob that no plan names any more. Two queries."""
    if not Plan.objects.filter(problem=name).exists():
        Blob.objects.filter(pk=name).exclude(
            pk__in=Plan.objects.values("schedule")
        ).delete()


def put(data: bytes) -> Blob:
    """Keep the canonical bytes of a problem or a schedule. Two queries."""
    name = digest(data)
    blob, _ = Blob.objects.get_or_create(
        digest=name, defaults={"data": zlib.compress(data, LEVEL)}
    )
    return blob


def _get(name: str) -> bytes:
    stored = bytes(Blob.objects.values_list("data").get(pk=name)[0])
    try:
        data = zlib.decompress(stored)
    except zlib.error:
        raise DamagedBlobError(name) from None
    if digest(data) != name:
        raise DamagedBlobError(name)
    return data
