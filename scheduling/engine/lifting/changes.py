"""Changes that a site can make tomorrow: one bay more, 100 kW more, a weekend shift."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from scheduling.engine.alter import (
    joined,
    shifted,
    with_calendars,
    with_resource,
    with_supplies,
)
from scheduling.engine.lifting.lift import lifted
from scheduling.engine.lifting.limits import BAYS, Limit
from scheduling.engine.problem import (
    Calendar,
    Problem,
    Supply,
    SupplyKind,
)
from scheduling.engine.units import MINUTES_PER_DAY, MINUTES_PER_WEEK, Minutes
from scheduling.engine.waterfall.bars import Attribution
from scheduling.engine.waterfall.bars import Limit as Word

MORE_WATTS = 100_000
ONE_PERSON = 8
MOST_OF_A_KIND = 3
"""Only the few that hold most time are tried of each kind of limit."""
WITHOUT = "without"
"""Code of a limit lifted altogether: its saving."""
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to try.

    Attributes:
        code: ``without``, ``twice``, ``one_bay``, ``more_power``, ``one_person``,
            ``week_earlier`` or ``weekend``.
        limit: The limit it widens.
        label: What it is, as people say it.
        problem: The problem with it.
        factor: How many times as wide the limit becomes on paper, for the most it could
            give; None for without it.
    """

    code: str
    limit: Limit
    label: str
    problem: Problem
    factor: float | None


def changes(
    problem: Problem, limits: tuple[Limit, ...], bars: tuple[Attribution, ...]
) -> Iterator[Change]:
    """Yield what to try: each limit lifted, then doubled, then steps a site can take.

    Args:
        problem: What was planned, without the price of change.
        limits: What binds it, from ``limits.binding``.
        bars: The waterfalls of the plan.
    """
    for limit in limits:
        yield Change(
            code=WITHOUT,
            limit=limit,
            label=f"Without the limit of {limit.label}",
            problem=lifted(problem, limit),
            factor=None,
        )
    for limit in limits:
        if limit.word != Word.FROZEN:
            yield Change(
                code="twice",
                limit=limit,
                label=_twice(limit),
                problem=lifted(problem, limit, 2),
                factor=2,
            )
    yield from _steps(problem, limits, bars)


def _twice(limit: Limit) -> str:
    if limit.word in {Word.REWORK, Word.ANSWER, Word.QUALITY}:
        return f"Half of {limit.label}"
    return f"Twice {limit.label}"


def _steps(
    problem: Problem, limits: tuple[Limit, ...], bars: tuple[Attribution, ...]
) -> Iterator[Change]:
    """Yield the steps a site can take."""
    for limit in _most(limits, Word.BAY, 1):
        yield _one_bay(problem, limit, bars)
    for limit in _most(limits, Word.POWER, MOST_OF_A_KIND):
        yield Change(
            code="more_power",
            limit=limit,
            label=f"100 kW more at {limit.label}",
            problem=_more(problem, limit.key, MORE_WATTS),
            factor=_factor(problem, limit.key, MORE_WATTS),
        )
    for limit in _most(limits, Word.PEOPLE, MOST_OF_A_KIND):
        yield Change(
            code="one_person",
            limit=limit,
            label=f"One person more in {limit.label}",
            problem=_more(problem, limit.key, ONE_PERSON),
            factor=_factor(problem, limit.key, ONE_PERSON),
        )
    yield from _earlier(problem, limits)
    for limit in _most(limits, Word.SHIFT, MOST_OF_A_KIND):
        yield _weekend(problem, limit)


def _most(limits: tuple[Limit, ...], word: str, count: int) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if limit.word == word)[:count]


def _more(problem: Problem, key: str, amount: int) -> Problem:
    """Return a problem with more of a resource wherever there is any."""
    return with_resource(
        problem, key, lambda one: replace(one, capacity=shifted(one.capacity, amount))
    )


def _factor(problem: Problem, key: str, amount: int) -> float:
    for one in problem.resources:
        if one.key == key and one.capacity.highest():
            return 1 + amount / one.capacity.highest()
    return 1.0


def _one_bay(problem: Problem, limit: Limit, bars: tuple[Attribution, ...]) -> Change:
    """Return one more bay beside the one that is waited for longest."""
    waited: Counter[str] = Counter()
    for bar in bars:
        if bar.limit == Word.BAY and limit.key == BAYS:
            waited[bar.resource] += bar.minutes
    key = min(waited, key=lambda one: (-waited[one], one))
    like = next(bay for bay in problem.bays if bay.key == key)
    more = replace(like, key=f"{like.key}+1", label=f"Next to {like.label}")
    return Change(
        code="one_bay",
        limit=limit,
        label=f"One bay more, like {like.label}",
        problem=replace(problem, bays=(*problem.bays, more)),
        factor=1 + 1 / len(problem.bays),
    )


def _earlier(problem: Problem, limits: tuple[Limit, ...]) -> Iterator[Change]:
    """Yield each supplier that is waited for, delivering a week earlier."""
    waited: Counter[str] = Counter()
    for limit in limits:
        for supplier in limit.suppliers:
            waited[supplier] += limit.minutes
    for supplier, _ in waited.most_common(MOST_OF_A_KIND):
        held = [one for one in limits if supplier in one.suppliers]
        whole = replace(
            held[0],
            key=supplier,
            label=supplier,
            minutes=sum(one.minutes for one in held),
            racks=tuple(dict.fromkeys(rack for one in held for rack in one.racks)),
            suppliers=(supplier,),
        )
        yield Change(
            code="week_earlier",
            limit=whole,
            label=f"{supplier} a week earlier",
            problem=with_supplies(problem, partial(_sooner, supplier)),
            factor=None,
        )


def _sooner(supplier: str, supply: Supply) -> Supply:
    if supply.supplier != supplier or supply.kind is SupplyKind.STOCK:
        return supply
    return replace(
        supply, available=Minutes(max(0, supply.available - MINUTES_PER_WEEK))
    )


def _weekend(problem: Problem, limit: Limit) -> Change:
    """Return Friday's shifts worked on Saturday and Sunday as well."""
    zone = ZoneInfo(problem.zone)
    epoch = datetime.fromisoformat(problem.epoch)

    def day_of(minute: int) -> int:
        return (epoch + timedelta(minutes=minute)).astimezone(zone).weekday()

    def wider(calendar: Calendar) -> Calendar:
        fridays = [one for one in calendar.open if day_of(one[0]) == FRIDAY]
        more = [
            (start + days * MINUTES_PER_DAY, end + days * MINUTES_PER_DAY)
            for start, end in fridays
            for days in (SATURDAY - FRIDAY, SUNDAY - FRIDAY)
        ]
        return replace(calendar, open=joined([*calendar.open, *more]))

    before = sum(
        end - start
        for one in problem.calendars
        if one.key == limit.key
        for start, end in one.open
    )
    changed = with_calendars(problem, {limit.key: wider})
    after = sum(
        end - start
        for one in changed.calendars
        if one.key == limit.key
        for start, end in one.open
    )
    return Change(
        code="weekend",
        limit=limit,
        label=f"Weekends as on Fridays: {limit.label}",
        problem=changed,
        factor=after / before if before else 1.0,
    )
