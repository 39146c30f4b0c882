"""Where a rack stands: what its records add up to, and which step may come next.

The last record that stands decides. A passed step leads to the next one; a failed one
to another attempt, or back to an earlier step, after which what follows is done again.
"""

from dataclasses import dataclass
from enum import StrEnum

from factory.models import Place, PowerBay, RoutingStep, StepRecord, Unit

Outcome = StepRecord.Outcome


class Verb(StrEnum):
    """What the floor can say about a rack."""

    START = "start"
    PASS = "pass"  # noqa: S105 - the verb
    FAIL = "fail"
    UNDO = "undo"


MOVES: dict[str, frozenset[Verb]] = {
    "": frozenset({Verb.START}),
    Outcome.RUNNING: frozenset({Verb.PASS, Verb.FAIL, Verb.UNDO}),
    Outcome.PASSED: frozenset({Verb.START, Verb.UNDO}),
    Outcome.FAILED: frozenset({Verb.START, Verb.UNDO}),
}
"""What may follow, by the outcome of the last record that stands; "" before any."""

OPEN_STATES = (Unit.State.PLANNED, Unit.State.IN_WORK)
HOLDING_STATES = (Unit.State.IN_WORK, Unit.State.ON_HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One rack, its routing and its records.

    Attributes:
        rack: The rack, with order and model.
        steps: Its routing, in order of work.
        records: Records that stand, in the order of recording, with step and bay.
        version: Rises with everything that is recorded about the rack.
    """

    rack: Unit
    steps: tuple[RoutingStep, ...]
    records: tuple[StepRecord, ...]
    version: int

    @property
    def last(self) -> StepRecord | None:
        """Return the record that decides, or None before the first."""
        return self.records[-1] if self.records else None

    @property
    def running(self) -> StepRecord | None:
        """Return the record under way, if any."""
        last = self.last
        return last if last and last.outcome == Outcome.RUNNING else None

    @property
    def done(self) -> int:
        """Return how many steps of the routing are over."""
        if self.last is None:
            return 0
        place = self._place(self.last)
        return place + 1 if self.last.outcome == Outcome.PASSED else place

    @property
    def is_finished(self) -> bool:
        """Return whether every step is over."""
        return self.done >= len(self.steps)

    @property
    def current(self) -> RoutingStep | None:
        """Return the step that runs or comes next; None once all are over."""
        return None if self.is_finished else self.steps[self.done]

    @property
    def may_start(self) -> tuple[RoutingStep, ...]:
        """Return the steps that may start now, the expected one first.

        After a failure that is the same step again, or any earlier one.
        """
        if Verb.START not in self.moves:
            return ()
        if self.last and self.last.outcome == Outcome.FAILED:
            return self.steps[self.done :: -1]
        return (self.steps[self.done],)

    @property
    def moves(self) -> frozenset[Verb]:
        """Return what may be said about the rack now."""
        allowed = MOVES[self.last.outcome if self.last else ""]
        if self.is_finished:
            return allowed - {Verb.START}
        return allowed if self.rack.state in OPEN_STATES else frozenset()

    @property
    def bay(self) -> PowerBay | None:
        """Return the bay the rack holds, from its fill until it is drained."""
        if self.last is None or self.current is None:
            return None
        if self.current.place != Place.BAY or self.last.step.place != Place.BAY:
            return None
        return self.last.bay

    @property
    def holds_station(self) -> bool:
        """Return whether the rack is between its first and last station step."""
        return bool(
            self.last
            and self.current
            and self.last.step.place == Place.STATION
            and self.current.place == Place.STATION
        )

    def attempts_at(self, step: RoutingStep) -> int:
        """Return how many attempts at a step stand."""
        return sum(record.step_id == step.pk for record in self.records)

    def _place(self, record: StepRecord) -> int:
        """Return a record's place in the routing."""
        return next(
            place for place, step in enumerate(self.steps) if step.pk == record.step_id
        )
