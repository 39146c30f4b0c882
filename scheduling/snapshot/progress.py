"""What has happened to racks already, read from the floor's records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from factory.models import Site, StepRecord, Unit
from scheduling.clock import SiteClock
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import (
    PowerClass,
    Progress,
    Running,
    Session,
    Step,
    Template,
)
from scheduling.engine.units import Minutes
from scheduling.snapshot.bays import key_of_code

ON_THE_FLOOR = (Unit.State.PLANNED, Unit.State.IN_WORK, Unit.State.ON_HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One attempt that stands, as planning needs it."""

    step: int
    attempt: int
    outcome: str
    bay: str
    bay_id: int | None
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Return whether the attempt has not ended."""
        return self.outcome == StepRecord.Outcome.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A template with the places of its steps in the routing.

    Attributes:
        template: The routing.
        places: Position of a step by its row's primary key.
        hours: Opening hours by crew key, from well before the epoch.
    """

    template: Template
    places: Mapping[int, int]
    hours: Mapping[str, OpenHours]


def read_records(site: Site) -> dict[int, list[Record]]:
    """Return attempts that stand by rack, in the order they began. One query."""
    found: dict[int, list[Record]] = defaultdict(list)
    rows = (
        StepRecord.objects.exclude(outcome=StepRecord.Outcome.WITHDRAWN)
        .filter(
            rack__site=site, rack__kind=Unit.Kind.RACK, rack__state__in=ON_THE_FLOOR
        )
        .order_by("started_at", "step__op", "attempt")
        .values_list(
            "rack",
            "step",
            "attempt",
            "outcome",
            "bay__code",
            "bay",
            "started_at",
            "ended_at",
        )
    )
    for rack, step, attempt, outcome, bay, bay_id, started_at, ended_at in rows:
        found[rack].append(
            Record(
                step=step,
                attempt=attempt,
                outcome=outcome,
                bay=key_of_code(bay) if bay else "",
                bay_id=bay_id,
                started_at=started_at,
                ended_at=ended_at,
            )
        )
    return found


def progress_of(records: Sequence[Record], route: Route, clock: SiteClock) -> Progress:
    """Return what the engine takes as given of one rack.

    The last attempt says where a rack stands: everything before its step counts as
    done, that step only if it passed, and what was done after it has to be done again.
    A rack that failed in its bay stays there.

    Args:
        records: Attempts that stand, in the order they began.
        route: The rack's routing.
        clock: Epoch and zone.
    """
    known = [record for record in records if record.step in route.places]
    if not known:
        return Progress()
    last = known[-1]
    place = route.places[last.step]
    done = place + 1 if last.outcome == StepRecord.Outcome.PASSED else place
    steps = route.template.steps
    stay = _stay(known, route, done)
    ends = [
        record.ended_at
        for record in known
        if record.ended_at and route.places[record.step] < done
    ]
    return Progress(
        done=done,
        running=_running(last, steps[place], route, clock) if last.is_running else None,
        bay=stay[0].bay if stay else "",
        bay_since=_past(clock, stay[0].started_at) if stay else Minutes(0),
        kit_started=_past(clock, min(record.started_at for record in known)),
        last_end=_past(clock, max(ends)) if ends else None,
        holds_station=_holds_station(steps, place, done),
    )


def _past(clock: SiteClock, at: datetime) -> Minutes:
    """Return a fact's minute; what happened after the epoch counts as at the epoch."""
    return Minutes(min(0, clock.minute(at)))


def _running(record: Record, step: Step, route: Route, clock: SiteClock) -> Running:
    """Return the step under way with what is left of it, at least a minute.

    A manual step has worked the open minutes since it began; any other, soak included,
    every minute at full power.
    """
    started = _past(clock, record.started_at)
    worked = -started
    if step.power_class == PowerClass.SHIFT_BOUND and step.crew in route.hours:
        hours = route.hours[step.crew]
        worked = hours.worked(0) - hours.worked(started)
    return Running(
        step=step.code,
        started=started,
        remaining=Minutes(max(1, step.duration - worked)),
    )


def _holds_station(steps: Sequence[Step], place: int, done: int) -> bool:
    """Return whether a rack has begun the steps at a station and not ended them."""
    return all(
        index < len(steps) and steps[index].session == Session.STATION
        for index in (place, done)
    )


def _stay(records: Sequence[Record], route: Route, done: int) -> list[Record]:
    """Return the records of the stay in the bay a rack still holds, oldest first."""
    steps = route.template.steps
    if done >= len(steps) or steps[done].session != Session.BAY:
        return []
    stay: list[Record] = []
    for record in reversed(records):
        is_in_bay = steps[route.places[record.step]].session == Session.BAY
        if not is_in_bay or not record.bay or (stay and record.bay != stay[-1].bay):
            break
        stay.append(record)
    return stay[::-1]
