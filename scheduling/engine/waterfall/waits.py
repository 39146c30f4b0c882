"""What a step waits for: each limit asked alone, the furthest answer decides."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from scheduling.engine.blocks import permille
from scheduling.engine.problem import Bay, Curtailment, PowerClass, Session
from scheduling.engine.referee.case import RackPlan, Row
from scheduling.engine.referee.loads import places_of
from scheduling.engine.waterfall.bars import HELD, Cause, Limit
from scheduling.engine.waterfall.layout import Laid, Layout, Part
from scheduling.engine.waterfall.room import Profile, Room
from scheduling.engine.waterfall.stock import Stock

HELD_BY_THE_PLAN = Cause(limit=Limit.BATCHING, label=HELD)
PINNED = Cause(limit=Limit.FROZEN, label="pinned by a planner")


class Need(NamedTuple):
    """An amount of one limit that a laid-out step needs for a while."""

    profile: Profile
    key: str
    start: int
    end: int
    amount: int


Asked = Callable[[list[Laid]], Iterator[Need]]
"""What a laid-out session needs of one limit."""


class Answer(NamedTuple):
    """What one limit says: not before this minute, because of that."""

    until: int
    cause: Cause


class Shared(NamedTuple):
    """An answer for all that are alike, and when a session begun then would be over."""

    answer: Answer
    over: int


class Waits:
    """Asks the limits of a plan, one gap at a time.

    Racks behind each other wait in the same queues: from a minute on they get the same
    answers until their own places come near, so what one was told the next ones are
    told again. An answer is shared if all that was looked at for it lies before the
    first minute that the rack asked about, lifted out, leaves free itself.
    """

    def __init__(self, room: Room, stock: Stock) -> None:
        """Take what the plan leaves free; the rack asked about is lifted out."""
        self._room = room
        self._stock = stock
        self._shared: defaultdict[Hashable, dict[int, Shared]] = defaultdict(dict)

    def before(self, plan: RackPlan, index: int, ready: int) -> Iterator[Answer]:
        """Yield what a planned step waits for from when it is ready to its start."""
        gap = _Gap(self._room, self._stock, plan, index)
        shared = self._shared[gap.likeness()]
        alike_from = gap.alike_from()
        own = self._room.own_from(ready)
        start = plan.rows[index].planned.start
        now = ready
        while now < start:
            known = shared.get(now) if now >= alike_from else None
            if known is not None and known.over <= own:
                now = known.answer.until
                yield known.answer
                continue
            furthest = _furthest(one for one in gap.answers(now, start) if one)
            if furthest is None or furthest.until <= now:
                furthest = gap.together(now)
            elif now >= alike_from:
                over = gap.over(furthest.until)
                if over is not None and over <= own:
                    shared[now] = Shared(furthest, over)
            if furthest is None:
                yield from self._held(plan, index, now)
                return
            now = min(furthest.until, start)
            yield Answer(now, furthest.cause)

    def _held(self, plan: RackPlan, index: int, now: int) -> Iterator[Answer]:
        """Yield why a step that could begin is held: for what later steps wait for.

        Begun at once, it and what follows would be done sooner by the time held; what a
        later step would then wait for is what the plan holds this one for. What no
        later step explains is the plan's own choice.
        """
        rows, start = plan.rows, plan.rows[index].planned.start
        for later in range(index + 1, len(rows)):
            ready = rows[later - 1].planned.end
            gap = _Gap(self._room, self._stock, plan, later)
            moment = ready - (start - now)
            while moment < ready:
                furthest = _furthest(one for one in gap.answers(moment, ready) if one)
                if furthest is None or furthest.until <= moment:
                    break
                until = min(furthest.until, ready)
                now += until - moment
                moment = until
                yield Answer(now, furthest.cause)
        if now < start:
            yield Answer(start, HELD_BY_THE_PLAN)


class _Gap:
    """The wait before one planned step, with the rest of its session."""

    def __init__(self, room: Room, stock: Stock, plan: RackPlan, index: int) -> None:
        self._room = room
        self._stock = stock
        self._plan = plan
        self._book = room.case.book
        row = plan.rows[index]
        session = row.step.session
        rows: tuple[Row, ...] = (row,)
        if session is not Session.NONE:
            rows = tuple(r for r in plan.rows[index:] if r.step.session is session)
        self._layout = Layout(self._book, rows)
        self._needs: dict[Limit, tuple[int, list[Need]]] = {}
        held = plan.held(session)
        self._opens = (
            session
            if session is not Session.NONE
            and row is held[0]
            and not plan.is_holding(session)
            else Session.NONE
        )
        self._bay = self._book.bays.get(row.planned.bay)

    def likeness(self) -> Hashable:
        """Return all that answers depend on besides the plan and the rack's own facts.

        Its own facts are what it takes itself, its material and its pins. Whether it
        takes its session's place anew follows from the steps: who holds it already does
        so from minute 0, and shares no answer.
        """
        bay = self._bay.key if self._bay else ""
        return (self._plan.template.key, bay, *self._layout.likeness())

    def alike_from(self) -> int:
        """Return from when on neither its own material nor its own pins bind."""
        rack, rows = self._plan.rack.key, self._layout.rows
        arrivals = (self._stock.arrival(rack, row.planned.step) for row in rows)
        ready = [arrival.ready for arrival in arrivals if arrival]
        return max([*ready, *(row.pin.start for row in rows if row.pin)], default=0)

    def over(self, moment: int) -> int | None:
        """Return when the rest of its session is over, begun then; None if it stalls.

        Nothing that was looked at for answers up to that moment lies later.
        """
        return self._layout.over(moment)

    def answers(self, now: int, start: int) -> Iterator[Answer | None]:
        """Yield what each limit alone says, in the order in which ties are broken."""
        yield self._material(now)
        yield self._frozen(now)
        if self._bay:
            for limit, needs in (
                (Limit.CURTAILMENT, self._curtailed),
                (Limit.POWER, self._power),
                (Limit.COOLING, self._cooling),
            ):
                yield self._settle(limit, now, start, partial(needs, self._bay))
        if self._bay and self._opens is Session.BAY:
            yield self._any_bay(self._bay, now, start)
        yield self._settle(Limit.PEOPLE, now, start, self._people)
        yield self._shift(now, start)
        yield self._settle(Limit.BATCHING, now, start, self._places)

    def together(self, now: int) -> Answer | None:
        """Return the wait for the planned bay, if no bay has all it takes just now."""
        if self._opens is not Session.BAY or self._bay is None:
            return None
        laid = self._layout.at(now)
        span = (laid[0].start, laid[-1].end)
        for bay in self._fitting():
            is_free = self._room.bays[bay.key].blocked_until(*span, 1) is None
            needs = (*self._power(bay, laid), *self._cooling(bay, laid))
            if is_free and self._blocked(needs) is None:
                return None
        until = self._room.bays[self._bay.key].blocked_until(*span, 1)
        if until is None:
            return None
        return Answer(now + until - span[0], self._cause(Limit.BAY, self._bay.key))

    # Limits that say when, whatever others take

    def _material(self, now: int) -> Answer | None:
        return _furthest(self._arrivals(now))

    def _arrivals(self, now: int) -> Iterator[Answer]:
        for laid in self._layout.at(now):
            found = self._stock.arrival(self._plan.rack.key, laid.row.planned.step)
            if found and found.ready > laid.start:
                supply = found.supply
                yield Answer(
                    self._layout.later(now, laid.start, found.ready),
                    Cause(
                        limit=Limit.MATERIAL,
                        resource=supply.key,
                        label=supply.label or supply.key,
                        owner=supply.owner,
                    ),
                )

    def _frozen(self, now: int) -> Answer | None:
        return _furthest(
            Answer(self._layout.later(now, laid.start, laid.row.pin.start), PINNED)
            for laid in self._layout.at(now)
            if laid.row.pin and laid.row.pin.start > laid.start
        )

    def _shift(self, now: int, start: int) -> Answer | None:
        """Return when people are there for all that cannot pause."""
        hours = self._layout.hours
        if hours is not None:
            opening = hours.next_open(now)
            until = start if opening is None else opening
            crew = self._layout.rows[0].step.crew
            return Answer(until, self._cause(Limit.SHIFT, crew))
        found = None
        moment = now
        while moment < start:
            closed = self._closed(moment)
            if closed is None:
                break
            moment, crew = closed
            found = Answer(moment, self._cause(Limit.SHIFT, crew))
        return found

    def _closed(self, now: int) -> tuple[int, str] | None:
        for laid in self._layout.at(now):
            if laid.row.step.power_class is PowerClass.SHIFT_BOUND:
                continue
            hours = self._book.hours_of(laid.row.step.crew)
            for part in laid.parts:
                if part.has_people and not hours.covers(part.start, part.end):
                    opening = hours.next_window(part.start, part.end - part.start)
                    crew = laid.row.step.crew
                    if opening is None:
                        return part.end, crew
                    return now + opening - part.start, crew
        return None

    # Limits that others take from

    def _settle(
        self, limit: Limit, now: int, start: int, needs: Asked
    ) -> Answer | None:
        """Return when all needs fit, moving on past each piece that is taken."""
        found = None
        moment = now
        while moment < start:
            blocked = self._blocked_at(limit, moment, needs)
            if blocked is None:
                break
            need, until = blocked
            moment = max(moment + 1, self._layout.later(moment, need.start, until))
            found = Answer(moment, self._cause(limit, need.key, until))
        return found

    def _blocked_at(
        self, limit: Limit, moment: int, needs: Asked
    ) -> tuple[Need, int] | None:
        """Return the first need that finds too little free, and until when.

        What keeps its shape is worked out once and then only moved.
        """
        if not self._layout.is_rigid:
            return self._blocked(needs(self._layout.at(moment)))
        if limit not in self._needs:
            self._needs[limit] = (moment, list(needs(self._layout.at(moment))))
        worked_out, known = self._needs[limit]
        shift = moment - worked_out
        for need in known:
            until = need.profile.blocked_until(
                need.start + shift, need.end + shift, need.amount
            )
            if until is not None:
                start, end = need.start + shift, need.end + shift
                return need._replace(start=start, end=end), until
        return None

    @staticmethod
    def _blocked(needs: Iterable[Need]) -> tuple[Need, int] | None:
        for need in needs:
            until = need.profile.blocked_until(need.start, need.end, need.amount)
            if until is not None:
                return need, until
        return None

    def _power(self, bay: Bay, laid: list[Laid]) -> Iterator[Need]:
        thousandths = self._plan.template.site_permille
        for part in _drawing(laid):
            for node in bay.nodes:
                yield from self._need(node, part, part.draw)
            yield from self._need(bay.site, part, permille(part.draw, thousandths))

    def _curtailed(self, bay: Bay, laid: list[Laid]) -> Iterator[Need]:
        profile = self._room.curtailed.get(bay.site)
        if profile is None:
            return
        thousandths = self._plan.template.site_permille
        for part in _drawing(laid):
            watts = permille(part.draw, thousandths)
            yield Need(profile, bay.site, part.start, part.end, watts)

    def _cooling(self, bay: Bay, laid: list[Laid]) -> Iterator[Need]:
        thousandths = self._plan.template.liquid_permille
        for part in _drawing(laid):
            yield from self._need(bay.loop, part, permille(part.draw, thousandths))

    def _people(self, laid: list[Laid]) -> Iterator[Need]:
        for row, _, _, parts in laid:
            for part in parts:
                if part.has_people:
                    yield from self._need(row.step.crew, part, row.step.crew_eighths)

    def _places(self, laid: list[Laid]) -> Iterator[Need]:
        if self._opens is Session.STATION:
            whole = Part(laid[0].start, laid[-1].end, 0, has_people=False)
            yield from self._need(laid[0].row.step.place, whole, 1)
        for row, start, end, _ in laid:
            for place in places_of(row.step):
                yield from self._need(place, Part(start, end, 0, has_people=False), 1)

    def _need(self, key: str, part: Part, amount: int) -> Iterator[Need]:
        profile = self._room.limits.get(key)
        if profile is not None:
            yield Need(profile, key, part.start, part.end, amount)

    def _fitting(self) -> list[Bay]:
        highest = max(row.step.draw for row in self._layout.rows)
        return [
            bay
            for bay in self._book.problem.bays
            if self._plan.template.key in bay.models and bay.limit >= highest
        ]

    def _any_bay(self, planned: Bay, now: int, start: int) -> Answer | None:
        """Return when some bay that fits is free for the whole stay."""
        laid = self._layout.at(now)
        opens, closes = laid[0].start, laid[-1].end
        soonest = start
        for bay in self._fitting():
            profile = self._room.bays[bay.key]
            shift = 0
            while now + shift < soonest:
                until = profile.blocked_until(opens + shift, closes + shift, 1)
                if until is None:
                    break
                shift = until - opens
            soonest = min(soonest, now + shift)
            if soonest <= now:
                return None
        return Answer(soonest, self._cause(Limit.BAY, planned.key))

    def _cause(self, limit: Limit, key: str, until: int = 0) -> Cause:
        if limit is Limit.CURTAILMENT:
            begun = [
                event
                for event in self._book.problem.curtailments
                if event.start < until
            ]
            return event_cause(max(begun, key=lambda event: event.start))
        return Cause(
            limit=limit,
            resource=key,
            label=self._book.label_of(key),
            owner=self._book.owner_of(key),
        )


def _furthest(answers: Iterable[Answer]) -> Answer | None:
    """Return the first of the furthest answers, since they come in a fixed order."""
    return max(answers, key=lambda one: one.until, default=None)


def _drawing(laid: list[Laid]) -> Iterator[Part]:
    for one in laid:
        for part in one.parts:
            if part.draw:
                yield part


def event_cause(event: Curtailment) -> Cause:
    """Return a window of the grid as a cause."""
    return Cause(
        limit=Limit.CURTAILMENT,
        resource=event.key,
        label=event.label,
        owner=event.owner,
    )
