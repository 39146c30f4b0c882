"""Problems and schedules of the general form as canonical JSON bytes, and back."""

from collections.abc import Sequence
from typing import Any

from scheduling.engine import canonical
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.problem import FORM, NETWORK_VERSION, Network
from scheduling.engine.network.schedule import (
    SCHEDULE_VERSION,
    Assignment,
    NetworkSchedule,
)

COLUMNS = ("activity", "start", "end", "mode")
"""What the four places of a schedule's rows hold."""


def network_to_json(problem: Network) -> bytes:
    """Return a problem as canonical JSON."""
    return canonical.dumped({"form": FORM, **canonical.plain(problem, _is_kept)})


def network_from_json(data: bytes) -> Network:
    """Return the problem that JSON of this form holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version, or an object in
            it is out of range.
    """
    found: Network = canonical.read(Network, _of_form("problem", data, NETWORK_VERSION))
    return found


def network_schedule_to_json(schedule: NetworkSchedule) -> bytes:
    """Return a schedule as canonical JSON, one row an activity."""
    rows = [
        [one.activity, one.start, one.end, one.mode] for one in schedule.assignments
    ]
    return canonical.dumped(
        {
            "form": FORM,
            "version": schedule.version,
            "columns": list(COLUMNS),
            "rows": rows,
        }
    )


def network_schedule_from_json(data: bytes) -> NetworkSchedule:
    """Return the schedule that JSON of this form holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version.
    """
    plain = _of_form("schedule", data, SCHEDULE_VERSION)
    rows, columns = plain.get("rows"), plain.get("columns")
    if columns != list(COLUMNS):
        limit = f"the columns are {', '.join(COLUMNS)}"
        raise InvalidProblemError("schedule", "columns", repr(columns)[:60], limit)
    if not isinstance(rows, list):
        raise InvalidProblemError(
            "schedule", "rows", repr(rows)[:60], "a list is needed"
        )
    return NetworkSchedule(
        assignments=tuple(_assignment(at, row) for at, row in enumerate(rows))
    )


def _assignment(at: int, row: object) -> Assignment:
    """Return what one row says."""
    if not isinstance(row, Sequence) or [type(one) for one in row] != [
        str,
        int,
        int,
        int,
    ]:
        limit = "a text and three whole numbers are needed"
        raise InvalidProblemError("schedule", f"row {at}", repr(row)[:60], limit)
    activity, start, end, mode = row
    return Assignment(activity=activity, start=start, end=end, mode=mode)


def _of_form(name: str, data: bytes, version: int) -> dict[str, Any]:
    """Parse bytes as an object of this form and version; take the form's name off."""
    plain = canonical.loaded(name, data, version)
    form = plain.pop("form", None)
    if form != FORM:
        raise InvalidProblemError(name, "form", form, f"form {FORM} is read here")
    return plain


def _is_kept(kind: type, name: str) -> bool:
    """Return whether a field always stands."""
    return kind is Network and name in {"version", "objective"}
