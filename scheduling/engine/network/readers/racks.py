"""The two rack files that plain generators write: the neutral one and the scale test.

``neutral-racks``: kit, assemble, leak, powertest and pack, a feeder that falls to a
share of its kilowatts in the curtailment windows, due dates; judged by tardiness,
priorities left out. ``scale-racks``: eight steps, two pools of bays, kilowatts and
crews, releases; judged by makespan. Hours are whole; an activity's key is
``rack/step``.
"""

from typing import Any

from scheduling.engine.network.problem import (
    Activity,
    Job,
    Lag,
    Mode,
    Network,
    Objective,
    Resource,
)
from scheduling.engine.network.readers.tokens import UnreadableFileError, json_object
from scheduling.engine.network.readers.windows import with_windows
from scheduling.engine.profile import constant

SCALE_STEPS = (
    "kitting",
    "install",
    "manifold",
    "leak-test",
    "power-on",
    "burn-in",
    "rework-qa",
    "pack",
)


def neutral_racks(text: str) -> Network:
    """Return the neutral rack problem.

    Raises:
        UnreadableFileError: If a field is missing or of another type.
    """
    plain = json_object("neutral-racks", text)
    try:
        steps = [(str(op[0]), int(op[1]), dict(op[2])) for op in plain["ops"]]
        racks = [
            (str(one["id"]), int(one["release"]), int(one["due"]), int(one["kw"]))
            for one in plain["racks"]
        ]
        feeder = int(plain["feeder_kw"])
        low = int(feeder * float(plain["curtail_frac"]))
        windows = [(int(start), int(end), low) for start, end in plain["curtail"]]
        counts = {key: int(plain[key]) for key in ("labour", "cells", "rigs", "bays")}
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise _unreadable("neutral-racks", error) from None
    activities: list[Activity] = []
    lags: list[Lag] = []
    for rack, _, _, kilowatts in racks:
        modes = [
            (name, hours, {k: kilowatts if v == k else v for k, v in use.items()})
            for name, hours, use in steps
        ]
        _chain(rack, modes, activities, lags)
    pools = [Resource(key=key, capacity=constant(n)) for key, n in counts.items()]
    power = with_windows("neutral-racks", feeder, windows)
    return Network(
        title="neutral-racks",
        time_unit="hour",
        objective=Objective.TARDINESS,
        activities=tuple(activities),
        lags=tuple(lags),
        jobs=tuple(
            Job(key=rack, release=release, due=due) for rack, release, due, _ in racks
        ),
        resources=(*pools, Resource(key="kw", capacity=power)),
    )


def scale_racks(text: str) -> Network:
    """Return the scale test.

    Raises:
        UnreadableFileError: If a field is missing or of another type.
    """
    plain = json_object("scale-racks", text)
    activities: list[Activity] = []
    lags: list[Lag] = []
    try:
        jobs = tuple(
            Job(key=str(rack["id"]), release=int(rack["release"]))
            for rack in plain["racks"]
        )
        for rack in plain["racks"]:
            modes = [
                (name, int(step["hours"]), dict(step["use"]))
                for name, step in zip(SCALE_STEPS, rack["steps"], strict=True)
            ]
            _chain(str(rack["id"]), modes, activities, lags)
        capacity = {str(key): int(n) for key, n in plain["capacity"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _unreadable("scale-racks", error) from None
    return Network(
        title="scale-racks",
        time_unit="hour",
        activities=tuple(activities),
        lags=tuple(lags),
        jobs=jobs,
        resources=tuple(
            Resource(key=key, capacity=constant(n)) for key, n in capacity.items()
        ),
    )


def _chain(
    rack: str,
    steps: list[tuple[str, int, dict[str, Any]]],
    activities: list[Activity],
    lags: list[Lag],
) -> None:
    """Add a rack's steps, one after the other."""
    for at, (name, hours, use) in enumerate(steps):
        mode = Mode(
            duration=hours, uses=tuple((key, int(units)) for key, units in use.items())
        )
        activities.append(Activity(key=f"{rack}/{name}", job=rack, modes=(mode,)))
        if at:
            lags.append(
                Lag(before=f"{rack}/{steps[at - 1][0]}", after=f"{rack}/{name}")
            )


def _unreadable(name: str, error: Exception) -> UnreadableFileError:
    """Return the refusal of a file with a field missing or wrong."""
    if isinstance(error, KeyError):
        return UnreadableFileError(f"{name}: {error.args[0]} is missing.")
    return UnreadableFileError(f"{name}: a value is of another type: {error}.")
