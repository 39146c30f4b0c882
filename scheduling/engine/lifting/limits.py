"""Which limits bind a plan: what its racks wait for, gathered by what can be lifted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import Lag, Problem
from scheduling.engine.waterfall.bars import Attribution
from scheduling.engine.waterfall.bars import Limit as Word

BAYS = "bays"
ALLOWANCE = "allowance"
PINS = "pins"
SINGLE: Mapping[str, tuple[str, str]] = {
    Word.REWORK: (ALLOWANCE, ""),
    Word.FROZEN: (PINS, ""),
    Word.BAY: (BAYS, "Power bays"),
}
"""Limits of which there is one: key, and label where the bars' own would not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit that could be lifted, and what of the plan's time it holds.

    Attributes:
        word: The waterfall's word for it: material, frozen, curtailment, power,
            cooling, bay, people, shift, batching (a place), rework, or that of a lag.
        key: Of a part, resource, calendar, curtailment or lag; ``bays``,
            ``allowance`` or ``pins`` where there is one of it.
        label: What people call it.
        owner: Who owns it; may be empty.
        minutes: Minutes of lead time it holds in the waterfalls of all racks.
        racks: Keys of the racks that wait for it.
        suppliers: Who delivers the supplies that are waited for, if it is material.
    """

    word: str
    key: str
    label: str
    owner: str
    minutes: int = 0
    racks: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()


def binding(problem: Problem, bars: Iterable[Attribution]) -> tuple[Limit, ...]:
    """Return the limits that hold time of a plan, the one that holds most first.

    Left out is what no limit explains (held by the plan, before this plan) and what
    lies behind the plan's last step (freight): lifting it moves nothing.

    Args:
        problem: What was planned.
        bars: The waterfalls of the plan.
    """
    book = look_up(problem)
    lags = {lag.code: lag for one in problem.templates for lag in one.lags_before}
    found: dict[tuple[str, str], Limit] = {}
    minutes: defaultdict[tuple[str, str], int] = defaultdict(int)
    racks: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    suppliers: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for bar in bars:
        limit = limit_of(book, bar, lags)
        if limit is None:
            continue
        at = (limit.word, limit.key)
        found.setdefault(at, limit)
        minutes[at] += bar.minutes
        racks[at][bar.rack] = None
        suppliers[at].update(dict.fromkeys(limit.suppliers))
    listed = [
        replace(
            limit,
            minutes=minutes[at],
            racks=tuple(racks[at]),
            suppliers=tuple(suppliers[at]),
        )
        for at, limit in found.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.minutes, one.word, one.key)))


def limit_of(book: Lookup, bar: Attribution, lags: Mapping[str, Lag]) -> Limit | None:
    """Return the limit a bar belongs to, or None if it is none that can be lifted."""
    word, key = bar.limit, bar.resource
    if bar.is_physics or word == Word.FREIGHT:
        return None
    if word in SINGLE:
        key, label = SINGLE[word]
        return Limit(word=word, key=key, label=label or bar.label, owner=bar.owner)
    if word == Word.MATERIAL and key in book.supplies:
        supply = book.supplies[key]
        return Limit(
            word=word,
            key=supply.part,
            label=supply.part,
            owner=bar.owner,
            suppliers=(supply.supplier,) if supply.supplier else (),
        )
    if word == Word.SHIFT and key in book.resources:
        calendar = book.resources[key].calendar
        label = _shift_label(book, calendar)
        return Limit(word=word, key=calendar, label=label, owner=bar.owner)
    events = {one.key for one in book.problem.curtailments}
    if key in book.resources or key in lags or key in events:
        return Limit(word=word, key=key, label=bar.label, owner=bar.owner)
    return None


def _shift_label(book: Lookup, calendar: str) -> str:
    """Return what to call a calendar: by the crews that work by it."""
    crews = [one.label for one in book.resources.values() if one.calendar == calendar]
    return f"Shifts of {', '.join(crews)}"
