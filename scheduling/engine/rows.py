"""A schedule as rows of plain values: a third of the bytes of named fields.

``racks`` holds ``[rack, [[step, start, end, bay, phases], ...]]`` with phases as
``[start, end, draw, kind, percent]``; ``pegs`` holds ``[rack, [[step, part, supply,
quantity], ...]]``; ``unplannable`` holds ``[rack, code, sentence, limit]``. Steps and
pegs that follow each other for one rack stand together, in the order given.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.schedule import (
    Peg,
    Phase,
    PhaseKind,
    PlannedStep,
    Schedule,
    Unplannable,
)

Form = list[type]
"""The types of a row's values."""

RACK = attrgetter("rack")
KINDS = {kind.value: kind for kind in PhaseKind}

STEP: Form = [str, int, int, str, list]
PHASE: Form = [int, int, int, str, int]
PEG: Form = [str, str, str, int]
LEFT_OUT: Form = [str, str, str, str]
GROUP: Form = [str, list]


def plain_schedule(schedule: Schedule) -> dict[str, object]:
    """Return a schedule as JSON's own types."""
    return {
        "version": schedule.version,
        "racks": [
            [rack, [_plain_step(step) for step in steps]]
            for rack, steps in groupby(schedule.steps, key=RACK)
        ],
        "pegs": [
            [rack, [[peg.step, peg.part, peg.supply, peg.quantity] for peg in pegs]]
            for rack, pegs in groupby(schedule.pegs, key=RACK)
        ],
        "unplannable": [
            [entry.rack, entry.code, entry.sentence, entry.limit]
            for entry in schedule.unplannable
        ],
    }


def _plain_step(step: PlannedStep) -> list[object]:
    phases = [
        [phase.start, phase.end, phase.draw, phase.kind.value, phase.percent]
        for phase in step.phases
    ]
    return [step.step, step.start, step.end, step.bay, phases]


def read_schedule(plain: dict[str, Any]) -> Schedule:
    """Return the schedule that JSON's own types hold.

    Raises:
        InvalidProblemError: If a part is missing, unknown or of another form.
    """
    parts = {"version", "racks", "pegs", "unplannable"}
    odd = plain.keys() ^ parts
    if odd:
        raise InvalidProblemError(
            "schedule",
            min(odd),
            "missing" if min(odd) in parts else "not known",
            "its parts are those of the documented form",
        )
    return Schedule(
        steps=tuple(
            step
            for rack, steps in _rows(plain["racks"], GROUP)
            for step in _steps(rack, steps)
        ),
        pegs=tuple(
            Peg(rack=rack, step=step, part=part, supply=supply, quantity=quantity)
            for rack, pegs in _rows(plain["pegs"], GROUP)
            for step, part, supply, quantity in _rows(pegs, PEG)
        ),
        unplannable=tuple(
            Unplannable(rack=rack, code=code, sentence=sentence, limit=limit)
            for rack, code, sentence, limit in _rows(plain["unplannable"], LEFT_OUT)
        ),
        version=plain["version"],
    )


def _steps(rack: str, rows: Any) -> Iterator[PlannedStep]:  # noqa: ANN401 - JSON
    for step, start, end, bay, phases in _rows(rows, STEP):
        yield PlannedStep(
            rack=rack,
            step=step,
            start=start,
            end=end,
            bay=bay,
            phases=tuple(_phases(phases)),
        )


def _phases(rows: Any) -> Iterator[Phase]:  # noqa: ANN401 - JSON
    for start, end, draw, word, percent in _rows(rows, PHASE):
        kind = KINDS.get(word)
        if kind is None:
            raise InvalidProblemError(
                "schedule", "phase", repr(word)[:60], f"one of {', '.join(KINDS)}"
            )
        yield Phase(start=start, end=end, draw=draw, kind=kind, percent=percent)


def _rows(rows: Any, form: Form) -> Iterable[list[Any]]:  # noqa: ANN401
    """Yield rows of one form; anything else is refused."""
    if type(rows) is not list:
        raise _refused(rows, form)
    for row in rows:
        if type(row) is not list or [*map(type, row)] != form:
            raise _refused(row, form)
        yield row


def _refused(value: object, form: Form) -> InvalidProblemError:
    names = ", ".join(kind.__name__ for kind in form)
    return InvalidProblemError(
        "schedule", "row", repr(value)[:60], f"rows of {names} are needed"
    )
