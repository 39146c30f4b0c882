"""Soaks that would rather run at another hour: cheaper, cleaner, out of busy hours."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduling.engine.idle import Room, by_week
from scheduling.engine.moving import Judge, Move, Verdict
from scheduling.engine.problem import PowerClass, Rack
from scheduling.engine.referee.breach import Rule
from scheduling.engine.schedule import PhaseKind, PlannedStep
from scheduling.engine.units import FULL_PERMILLE, Minutes
from scheduling.models import GridSeries
from scheduling.queries.grid import Known

MOST_ASKED = 60
"""Moves put to the judge: a few milliseconds each."""
SHIFTS_H = (-6, -4, -2, 2, 4, 6, 8, 10, 12)
MINUTES_PER_HOUR = 60
HOURS_A_WEEK = 168
SHOWN = 12


class Favour(StrEnum):
    """What a shift is to save first."""

    MONEY = "money"
    CARBON = "carbon"
    ROOM = "room"


Series = Mapping[GridSeries.Kind, GridSeries | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A soak that would rather run at another hour; the referee lets it.

    Attributes:
        rack: The rack's serial.
        order: Its order's number.
        starts_at: When the soak begins in the plan.
        to_at: When it would begin.
        saved_cents: Money saved on energy.
        saved_kg: Kilograms of CO2 saved.
        room: By how much of the grid's peak its hours have more room, on average.
    """

    rack: str
    order: str
    starts_at: datetime
    to_at: datetime
    saved_cents: int
    saved_kg: float
    room: float


@dataclass(frozen=True, slots=True)
class _Worth:
    """What an hour of the week costs, by the newest series; 0 where none is known."""

    price: Sequence[float]
    carbon: Sequence[float]
    room: Sequence[float]

    def of(self, start: datetime, minutes: int, watts: int) -> tuple[float, float]:
        """Return cents and kilograms of CO2 of a load from a local moment on."""
        cents = kilograms = 0.0
        done = 0
        while done < minutes:
            at = start + timedelta(minutes=done)
            part = min(minutes - done, MINUTES_PER_HOUR - at.minute)
            slot = at.weekday() * 24 + at.hour
            mwh = watts * part / MINUTES_PER_HOUR / 1e6
            cents += mwh * self.price[slot]
            kilograms += mwh * self.carbon[slot]
            done += part
        return cents, kilograms

    def mean_room(self, start: datetime, minutes: int) -> float:
        """Return the mean room of the hours from a local moment on."""
        hours = range(-(-minutes // MINUTES_PER_HOUR))
        first = start.weekday() * 24 + start.hour
        rooms = [self.room[(first + one) % HOURS_A_WEEK] for one in hours]
        return sum(rooms) / len(rooms)


def _worth(series: Series, zone: ZoneInfo, room: Room | None) -> _Worth:
    """Return the mean hour of the week of each series."""

    def flat(kind: GridSeries.Kind) -> list[float]:
        row = series[kind]
        if row is None:
            return [0.0] * HOURS_A_WEEK
        return [one for day in by_week(row.values, row.starts_at, zone) for one in day]

    return _Worth(
        flat(GridSeries.Kind.PRICE),
        flat(GridSeries.Kind.CARBON),
        [one for day in room.week for one in day] if room else [0.0] * HOURS_A_WEEK,
    )


def suggestions_of(
    known: Known,
    series: Series,
    zone: ZoneInfo,
    room: Room | None,
    favour: Favour = Favour.MONEY,
) -> list[Suggestion]:
    """Return soaks that would be cheaper, cleaner or out of busy hours elsewhere.

    Each is put to the referee's rules; one a rack, the best first. What is favoured is
    gained by each of them, the others may be lost.
    """
    if not any(series.values()):
        return []
    worth = _worth(series, zone, room)
    worth_it = [one for one in _candidates(known, worth) if _gain(one[0], favour) > 0]
    asked = sorted(worth_it, key=lambda one: -_gain(one[0], favour))[:MOST_ASKED]
    judge = Judge(known.problem, known.schedule)
    found: dict[str, Suggestion] = {}
    for one, step, start in asked:
        if one.rack in found:
            continue
        if _fits(judge, known, Move(rack=one.rack, step=step, start=Minutes(start))):
            found[one.rack] = one
    return list(found.values())[:SHOWN]


def _fits(judge: Judge, known: Known, move: Move) -> bool:
    """Return whether a soak may move, the steps behind its bay moving along with it.

    Each is judged by itself: what two steps of one rack take, they take one after the
    other. The rack still ships by its promise.
    """
    moved = judge.verdict(move)
    if _but_order(moved):
        return False
    if moved.is_ok:
        return True
    rack = next(one for one in known.problem.racks if one.key == move.rack)
    steps = [one for one in known.schedule.steps if one.rack == move.rack]
    by = move.start - next(one.start for one in steps if one.step == move.step)
    stay = [one for one in moved.steps if one.bay]
    end = stay[-1].end
    for later in steps[steps.index(_last_in_bay(steps)) + 1 :]:
        start = Minutes(max(later.start + by, end))
        found = judge.verdict(Move(rack=move.rack, step=later.step, start=start))
        if by < 0 or _but_order(found):
            return False
        end = next(one.end for one in found.steps if one.step == later.step)
    return rack.promise is None or end <= rack.promise


def _but_order(verdict: Verdict) -> bool:
    """Return whether a move breaks more than the order of its own rack's steps."""
    return any(one.rule is not Rule.ORDER for one in verdict.breaches)


def _last_in_bay(steps: Sequence[PlannedStep]) -> PlannedStep:
    return [one for one in steps if one.bay][-1]


class _Slack:
    """What plainly rules a shift out, before the judge is asked: most of them."""

    def __init__(self, known: Known) -> None:
        """Sort steps by rack and stays by bay."""
        self.steps: dict[str, list[PlannedStep]] = defaultdict(list)
        for step in known.schedule.steps:
            self.steps[step.rack].append(step)
        self.stays: dict[str, list[int]] = defaultdict(list)
        for steps in self.steps.values():
            held = [one for one in steps if one.bay]
            if held:
                self.stays[held[0].bay].append(held[0].start)
        for starts in self.stays.values():
            starts.sort()

    def lets(self, rack: Rack, soak: PlannedStep, by: int) -> bool:
        """Return whether neither the step before, the bay nor the promise forbids it.

        Args:
            rack: Whose soak it is.
            soak: As planned.
            by: Minutes by which it would begin later; negative: earlier.
        """
        steps = self.steps[rack.key]
        if by < 0:
            at = steps.index(soak)
            return at > 0 and steps[at - 1].end <= soak.start + by
        if rack.promise is not None and steps[-1].end + by > rack.promise:
            return False
        stay = [one for one in steps if one.bay]
        starts = self.stays[soak.bay]
        following = bisect_right(starts, stay[0].start)
        return following == len(starts) or starts[following] >= stay[-1].end + by


def _gain(one: Suggestion, favour: Favour) -> float:
    """Return what a shift saves of what is favoured."""
    gains = {
        Favour.MONEY: one.saved_cents,
        Favour.CARBON: one.saved_kg,
        Favour.ROOM: one.room,
    }
    return gains[favour]


def _candidates(known: Known, worth: _Worth) -> Iterator[tuple[Suggestion, str, int]]:
    """Yield soaks yet to begin at other hours that nothing plainly forbids."""
    racks = {rack.key: rack for rack in known.problem.racks}
    templates = {one.key: one for one in known.problem.templates}
    slack = _Slack(known)
    for planned in known.schedule.steps:
        rack = racks[planned.rack]
        template = templates[rack.template]
        step = template.steps[template.index_of(planned.step)]
        is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
        is_full = all(phase.kind is PhaseKind.WORK for phase in planned.phases)
        if not is_soak or planned.start <= 0 or not is_full:
            continue
        watts = -(-step.draw * template.site_permille // FULL_PERMILLE)
        for hours in SHIFTS_H:
            by = hours * MINUTES_PER_HOUR
            start = planned.start + by
            if start <= 0 or not slack.lets(rack, planned, by):
                continue
            one = _shifted(known, worth, planned, rack=rack, start=start, watts=watts)
            yield one, planned.step, start


def _shifted(
    known: Known,
    worth: _Worth,
    planned: PlannedStep,
    *,
    rack: Rack,
    start: int,
    watts: int,
) -> Suggestion:
    """Return what a soak at another hour would save."""
    minutes = planned.end - planned.start
    was = known.clock.moment(planned.start).astimezone(known.clock.zone)
    now = known.clock.moment(start).astimezone(known.clock.zone)
    was_cents, was_kg = worth.of(was, minutes, watts)
    cents, kilograms = worth.of(now, minutes, watts)
    return Suggestion(
        rack=planned.rack,
        order=rack.order,
        starts_at=was,
        to_at=now,
        saved_cents=round(was_cents - cents),
        saved_kg=round(was_kg - kilograms, 1),
        room=worth.mean_room(now, minutes) - worth.mean_room(was, minutes),
    )
