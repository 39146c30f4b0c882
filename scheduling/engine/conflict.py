"""Why a rack has no plan: a smallest set of limits that together leave no room for it.

The rack is asked about alone, beside what every planned rack takes. Limits are lifted
one after the other; one that can be lifted and still leaves no room is not to blame.
What is left is enough by itself, and without any one of it there is room: both are
proved again at the end. That there is no room is only said when plain arithmetic does
(``validate``), or when two searches set up differently agree; that there is room,
when the referee has passed a plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduling.engine.cpsat.solve import says_infeasible
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.lifting.lift import AMPLE, lifted
from scheduling.engine.lifting.limits import ALLOWANCE, BAYS, PINS, Limit
from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import (
    Bay,
    Problem,
    ResourceKind,
    Session,
    Step,
)
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.proof import proved
from scheduling.engine.referee.case import open_case
from scheduling.engine.schedule import Schedule
from scheduling.engine.units import MINUTES_PER_DAY, Watts
from scheduling.engine.validate import inspect
from scheduling.engine.waterfall.bars import Limit as Word
from scheduling.engine.waterfall.room import Profile, Room

SECONDS = 2.0
"""Most seconds each of the two searches may take."""


class Answer(StrEnum):
    """Whether there is room for a rack."""

    PLAN = "plan"
    """A plan that the referee has passed."""
    NONE = "none"
    """Plain arithmetic says that there is none, or two searches agree."""
    UNKNOWN = "unknown"
    """Neither was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The limits that together leave no room for a rack.

    Attributes:
        rack: Its key.
        limits: A smallest set; empty if none was found.
        is_proved: Whether the set alone leaves no room and each of it is needed.
        sentence: The same in words.
    """

    rack: str
    limits: tuple[Limit, ...]
    is_proved: bool
    sentence: str


def conflict(problem: Problem, schedule: Schedule, rack: str) -> Conflict:
    """Return why a rack that a schedule leaves out has no plan.

    Args:
        problem: What was planned.
        schedule: The plan, refereed.
        rack: Key of a rack of the problem.

    Raises:
        KeyError: If the problem has no such rack.
    """
    alone = beside(problem, schedule, rack)
    if room_for(alone) is not Answer.NONE:
        return _unproved(problem, rack)
    limits = list(limits_of(alone))
    needed: list[Limit] = []
    for limit in limits:
        wider = lift(alone, limit)
        if room_for(wider) is Answer.NONE:
            alone = wider
        else:
            needed.append(limit)
    is_proved = room_for(alone) is Answer.NONE and all(
        room_for(lift(alone, limit)) is Answer.PLAN for limit in needed
    )
    return Conflict(
        rack=rack,
        limits=tuple(needed),
        is_proved=is_proved and bool(needed),
        sentence=_sentence(problem, rack, needed, is_proved=is_proved),
    )


def beside(problem: Problem, schedule: Schedule, rack: str) -> Problem:
    """Return a problem of one rack with what all planned racks leave free.

    Raises:
        KeyError: If the problem has no such rack.
    """
    case = open_case(problem, schedule)
    room = Room(case)
    taken: dict[str, int] = {}
    for peg in schedule.pegs:
        taken[peg.supply] = taken.get(peg.supply, 0) + peg.quantity
    one = case.book.racks[rack]
    supplies = tuple(
        replace(supply, quantity=supply.quantity - taken.get(supply.key, 0))
        for supply in problem.supplies
        if supply.quantity > taken.get(supply.key, 0)
    )
    return replace(
        problem,
        racks=(replace(one, previous=(), previous_soak=()),),
        resources=tuple(
            replace(resource, capacity=_free(_whole(room, resource.key)))
            for resource in problem.resources
        ),
        bays=tuple(
            replace(bay, capacity=_free(room.bays[bay.key])) for bay in problem.bays
        ),
        supplies=supplies,
    )


def _whole(room: Room, key: str) -> Profile:
    """Return what is free of a resource, windows of the grid included."""
    profile, inside = room.limits[key], room.curtailed.get(key)
    if inside is None:
        return profile
    whole = Profile(constant(0), {})
    whole.times = profile.times
    whole.free = [min(a, b) for a, b in zip(profile.free, inside.free, strict=True)]
    return whole


def _free(profile: Profile) -> StepFunction:
    times = [max(0, time) for time in profile.times]
    values = [max(0, min(AMPLE, free)) for free in profile.free]
    kept = dict(zip(times, values, strict=True))
    kept.setdefault(0, values[0])
    ordered = sorted(kept)
    return StepFunction(times=tuple(ordered), values=tuple(kept[t] for t in ordered))


def limits_of(alone: Problem) -> Iterator[Limit]:
    """Yield what a rack's steps ahead could be short of.

    What comes first is lifted first, and stays lifted if that alone does not help: the
    limits that people ask about first come last, and are named rather than others.
    """
    book = look_up(alone)
    rack = alone.racks[0]
    template = book.templates[rack.template]
    steps = template.steps[rack.progress.done :]
    if any(step.allowance for step in steps):
        yield Limit(
            word=Word.REWORK, key=ALLOWANCE, label="the rework allowance", owner=""
        )
    if rack.pins:
        yield Limit(word=Word.FROZEN, key=PINS, label="its pinned starts", owner="")
    for key in dict.fromkeys(_places(steps)):
        yield _of_resource(book, Word.BATCHING, key)
    for key in dict.fromkeys(step.crew for step in steps):
        yield _of_resource(book, Word.PEOPLE, key)
    for crew in {book.resources[s.crew].calendar: s.crew for s in steps}.values():
        one = book.resources[crew]
        yield Limit(
            word=Word.SHIFT,
            key=one.calendar,
            label=f"the shifts of {one.label}",
            owner=one.owner,
        )
    if any(step.session is Session.BAY for step in steps):
        yield from _of_bays(book)
    codes = {step.code for step in steps}
    for need in template.materials:
        if need.step in codes:
            yield Limit(
                word=Word.MATERIAL,
                key=need.part,
                label=need.part,
                owner=next(
                    (one.owner for one in alone.supplies if one.part == need.part), ""
                ),
            )


def _places(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if step.session is not Session.BAY and step.place:
            yield step.place
        if step.extra:
            yield step.extra


def _of_bays(book: Lookup) -> Iterator[Limit]:
    kinds = {
        ResourceKind.LOOP: Word.COOLING,
        ResourceKind.NODE: Word.POWER,
        ResourceKind.SITE: Word.POWER,
    }
    for resource in book.problem.resources:
        if resource.kind in kinds:
            yield _of_resource(book, kinds[resource.kind], resource.key)
    first = book.problem.bays[0].key if book.problem.bays else ""
    yield Limit(
        word=Word.BAY, key=BAYS, label="the power bays", owner=book.owner_of(first)
    )


def _of_resource(book: Lookup, word: str, key: str) -> Limit:
    one = book.resources[key]
    return Limit(word=word, key=key, label=one.label, owner=one.owner)


def lift(alone: Problem, limit: Limit) -> Problem:
    """Return the problem of one rack with a limit lifted.

    Bays without limit stand beside each kind there is, take every model and any draw;
    what is above them still limits.
    """
    if limit.word != Word.BAY:
        return lifted(alone, limit)
    kinds: dict[tuple[object, ...], Bay] = {}
    for bay in alone.bays:
        kinds.setdefault((bay.nodes, bay.site, bay.loop), bay)
    models = tuple(template.key for template in alone.templates)
    more = tuple(
        replace(
            bay,
            key=f"{bay.key}+1",
            models=models,
            limit=Watts(AMPLE),
            capacity=constant(1),
        )
        for bay in kinds.values()
    )
    return replace(alone, bays=(*alone.bays, *more))


def room_for(alone: Problem) -> Answer:
    """Return whether there is room for the one rack of a problem."""
    rack = alone.racks[0]
    found = inspect(alone)
    if found.errors:
        return Answer.UNKNOWN
    if found.unplannable:
        return Answer.NONE
    if _plans(alone):
        return Answer.PLAN
    says = [
        says_infeasible(alone, rack, seed=seed, limit_s=SECONDS, is_plain=is_plain)
        for seed, is_plain in ((1, False), (2, True))
    ]
    return Answer.NONE if all(says) else Answer.UNKNOWN


def _plans(alone: Problem) -> bool:
    """Return whether a place is found that the referee passes."""
    board = Board(alone)
    board.decode([0], delay=False)
    if not board.placed():
        return False
    try:
        return bool(proved(alone, render(board)).steps)
    except NoPlanError:
        return False


def _unproved(problem: Problem, rack: str) -> Conflict:
    days = problem.horizon // MINUTES_PER_DAY
    return Conflict(
        rack=rack,
        limits=(),
        is_proved=False,
        sentence=f"It is not proved that {rack} finds no room beside the others in "
        f"{days:,} days.",
    )


def _sentence(
    problem: Problem, rack: str, limits: list[Limit], *, is_proved: bool
) -> str:
    days = problem.horizon // MINUTES_PER_DAY
    if not limits:
        return (
            f"{rack} needs more than the {days:,} days planned, whatever limit "
            "is lifted."
        )
    names = [f"{one.label} ({one.owner})" if one.owner else one.label for one in limits]
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]
    if len(limits) == 1:
        said = f"{listed} alone leaves {rack} no room in {days:,} days"
        return said + ("." if is_proved else ", as far as is proved.")
    said = f"Together {listed} leave {rack} no room in {days:,} days"
    return said + (
        "; without any one of them there is room." if is_proved else ", it seems."
    )
