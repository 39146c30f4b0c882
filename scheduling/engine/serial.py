"""Problems and schedules as canonical JSON bytes, and back, exactly.

Canonical means: keys sorted, no spaces, UTF-8, so that equal objects have equal bytes
and equal digests. Fields that hold their default are left out, which keeps 10,000 racks
at a few megabytes; version, prices and rules always stand, since a later release may
assume others. Schedules are written as rows (``rows``).
"""

import hashlib

from scheduling.engine import canonical
from scheduling.engine.problem import PROBLEM_VERSION, Prices, Problem, SoakRule
from scheduling.engine.rows import plain_schedule, read_schedule
from scheduling.engine.schedule import SCHEDULE_VERSION, Schedule

FORM = "rack"
"""What ``form`` says in a file of this form; it may be left out."""


def problem_to_json(problem: Problem) -> bytes:
    """Return a problem as canonical JSON."""
    return canonical.dumped(canonical.plain(problem, _is_kept))


def problem_from_json(data: bytes) -> Problem:
    """Return the problem that canonical JSON holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version, or an object in
            it is out of range.
    """
    plain = canonical.loaded("problem", data, PROBLEM_VERSION)
    if plain.get("form") == FORM:
        del plain["form"]
    found: Problem = canonical.read(Problem, plain)
    return found


def schedule_to_json(schedule: Schedule) -> bytes:
    """Return a schedule as canonical JSON."""
    return canonical.dumped(plain_schedule(schedule))


def schedule_from_json(data: bytes) -> Schedule:
    """Return the schedule that canonical JSON holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version.
    """
    plain = canonical.loaded("schedule", data, SCHEDULE_VERSION)
    if plain.get("form") == FORM:
        del plain["form"]
    return read_schedule(plain)


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def _is_kept(kind: type, name: str) -> bool:
    """Return whether a field always stands: what is assumed may change its default."""
    return kind in {Prices, SoakRule} or name in {
        "version",
        "prices",
        "soak",
        "bay_stay_limit",
    }
