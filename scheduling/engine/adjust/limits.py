"""Adjustments of limits: bays, kilowatts, places, people, opening hours, outages."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from scheduling.engine.adjust.base import (
    MINUTE,
    Adjustment,
    AdjustmentError,
    Asks,
    Leads,
    ask,
    minute_at,
    missing,
)
from scheduling.engine.alter import cut, joined, shifted, with_calendars, with_capacity
from scheduling.engine.problem import Bay, Calendar, Problem, Resource, ResourceKind
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.units import FULL_PERMILLE, MINUTES_PER_DAY

EIGHTHS = 8
SATURDAY = 5
WATT_KINDS = (ResourceKind.SITE, ResourceKind.NODE, ResourceKind.LOOP)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreBays(Adjustment):
    """Bays like one that stands: same hall, same loop, same models."""

    kind: ClassVar[str] = "bays"
    title: ClassVar[str] = "More bays"
    like: str = ask(Asks.BAY, "Like bay")
    bays: int = ask(Asks.COUNT, "Bays", 1, 50)

    @property
    def words(self) -> str:
        """Return the assumption."""
        noun = "bay" if self.bays == 1 else "bays"
        return f"{self.bays} more {noun} like {self.like}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: they have to stand, and be entered in master data."

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the bays added."""
        like = next((bay for bay in problem.bays if bay.label == self.like), None)
        if like is None:
            raise missing("bay", self.like)
        taken = {bay.key for bay in problem.bays}
        made: list[Bay] = []
        number = 1
        while len(made) < self.bays:
            key = f"{like.key}+{number}"
            if key not in taken:
                label = f"{like.label}+{number}"
                made.append(replace(like, key=key, label=label, capacity=constant(1)))
            number += 1
        return replace(problem, bays=(*problem.bays, *made))


@dataclass(frozen=True, slots=True, kw_only=True)
class MorePower(Adjustment):
    """More or less of a power or cooling limit, always; the grid's windows stay."""

    kind: ClassVar[str] = "power"
    title: ClassVar[str] = "More power or cooling"
    limit: str = ask(Asks.POWER, "Limit")
    power_w: int = ask(Asks.WATTS, "Power", -10_000_000, 10_000_000)

    @property
    def words(self) -> str:
        """Return the assumption."""
        way = "more" if self.power_w > 0 else "less"
        return f"{abs(self.power_w) / FULL_PERMILLE:,.0f} kW {way} at {self.limit}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: its owner has to change the limit."

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the limit moved."""
        limit = resource_of(problem, self.limit, WATT_KINDS)
        capacity = shifted(limit.capacity, self.power_w)
        if limit.kind is ResourceKind.SITE and self.power_w > 0:
            capacity = _within_grid(problem, capacity, limit.capacity)
        return with_capacity(problem, limit.key, capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class MorePlaces(Adjustment):
    """More or fewer places of a work centre, always."""

    kind: ClassVar[str] = "places"
    title: ClassVar[str] = "More places"
    place: str = ask(Asks.PLACE, "Work centre")
    places: int = ask(Asks.COUNT, "Places", -100, 100)

    @property
    def words(self) -> str:
        """Return the assumption."""
        way = "more" if self.places > 0 else "fewer"
        return f"{abs(self.places)} {way} at {self.place}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: they have to stand, and be entered in master data."

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the places."""
        limit = resource_of(problem, self.place, (ResourceKind.PLACE,))
        return with_capacity(problem, limit.key, shifted(limit.capacity, self.places))


@dataclass(frozen=True, slots=True, kw_only=True)
class MorePeople(Adjustment):
    """More or fewer people of a skill, in every shift of the crew."""

    kind: ClassVar[str] = "people"
    title: ClassVar[str] = "More people"
    crew: str = ask(Asks.CREW, "Crew")
    people: int = ask(Asks.COUNT, "People", -100, 100)

    @property
    def words(self) -> str:
        """Return the assumption."""
        way = "more" if self.people > 0 else "fewer"
        return f"{abs(self.people)} {way} in {self.crew}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: the crew's owner has to hire or lend them."

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the people."""
        limit = resource_of(problem, self.crew, (ResourceKind.CREW,))
        more = self.people * EIGHTHS
        return with_capacity(problem, limit.key, shifted(limit.capacity, more))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekendShift(Adjustment):
    """Saturdays and Sundays from 06:00 to 18:00 for some weeks."""

    kind: ClassVar[str] = "weekend_shift"
    title: ClassVar[str] = "Weekend shift"
    calendar: str = ask(Asks.CALENDAR, "Calendar")
    weeks: int = ask(Asks.COUNT, "Weeks", 1, 52)

    @property
    def words(self) -> str:
        """Return the assumption."""
        noun = "weekend" if self.weeks == 1 else "weekends"
        return f"{self.calendar} works {self.weeks} {noun}, 06:00 to 18:00"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: whoever owns the shift has to open it."

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the shift."""
        found = next(
            (one for one in problem.calendars if one.key == self.calendar), None
        )
        if found is None:
            raise missing("calendar", self.calendar)
        open_ = joined([*found.open, *_weekends(problem, self.weeks)])
        changed = Calendar(key=found.key, open=open_)
        return with_calendars(problem, {found.key: lambda _: changed})


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOut(Adjustment):
    """A bay or another limit out of service for a time."""

    kind: ClassVar[str] = "limit_out"
    title: ClassVar[str] = "A limit out of service"
    limit: str = ask(Asks.OUTAGE, "Limit")
    starts: str = ask(Asks.CLOCK, "From")
    ends: str = ask(Asks.CLOCK, "Until")

    @property
    def words(self) -> str:
        """Return the assumption."""
        return f"{self.limit} out from {self.starts[:16]} to {self.ends[:16]}"

    @property
    def first(self) -> str:
        """Return what has to become true."""
        return f"{self.words}: an outage has to be recorded."

    @property
    def stretch_days(self) -> int:
        """Return the days of the outage."""
        span = datetime.fromisoformat(self.ends).replace(tzinfo=None)
        span_min = (
            span - datetime.fromisoformat(self.starts).replace(tzinfo=None)
        ) // MINUTE
        return max(0, span_min // MINUTES_PER_DAY + 1)

    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem with the outage."""
        start = max(0, minute_at(problem, self.starts))
        end = minute_at(problem, self.ends)
        if end <= start:
            raise AdjustmentError(
                f"{self.title}: {self.limit} is back before it begins."
            )
        bay = next((one for one in problem.bays if one.key == self.limit), None)
        if bay is not None:
            out = replace(bay, capacity=cut(bay.capacity, start, end))
            bays = tuple(out if one.key == bay.key else one for one in problem.bays)
            return replace(problem, bays=bays)
        limit = resource_of(problem, self.limit, tuple(ResourceKind))
        return with_capacity(problem, limit.key, cut(limit.capacity, start, end))


def resource_of(
    problem: Problem, key: str, kinds: tuple[ResourceKind, ...]
) -> Resource:
    """Return a limit by its key.

    Raises:
        AdjustmentError: If there is none of these kinds.
    """
    for one in problem.resources:
        if one.key == key and one.kind in kinds:
            return one
    raise missing("limit", key)


def _within_grid(
    problem: Problem, capacity: StepFunction, before: StepFunction
) -> StepFunction:
    """Return a raised site limit that still obeys what the grid has ordered.

    Inside a window the site has no more than the order leaves above the base load, and
    no less than it had.
    """
    moments = {*capacity.times, *problem.base_load.times}
    for window in problem.curtailments:
        moments |= {max(0, window.start), max(0, window.end)}
    values = []
    for time in (times := sorted(moments)):
        value = capacity.at(time)
        for window in problem.curtailments:
            if window.start <= time < window.end:
                left = max(0, window.limit - problem.base_load.at(time))
                value = min(value, max(left, before.at(time)))
        values.append(value)
    return StepFunction(times=tuple(times), values=tuple(values))


def _weekends(problem: Problem, weeks: int) -> list[tuple[int, int]]:
    """Return the next Saturdays and Sundays, 06:00 to 18:00 at the site, in minutes."""
    epoch = datetime.fromisoformat(problem.epoch)
    today = epoch.astimezone(ZoneInfo(problem.zone)).date()
    found = []
    for ahead in range(7 * weeks):
        day = today + timedelta(days=ahead)
        if day.weekday() >= SATURDAY:
            start = minute_at(problem, f"{day.isoformat()}T06:00")
            end = minute_at(problem, f"{day.isoformat()}T18:00")
            if end > 0 and start < problem.horizon:
                found.append((max(0, start), min(end, problem.horizon)))
    return found
