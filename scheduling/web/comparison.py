"""Scenarios as a table: each number with an arrow that knows which way is good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from journal.wording import (
    JOINT,
    UNKNOWN,
    column_date,
    duration,
    grouped,
    kw,
    money_short,
    signed_days,
)
from scheduling.charts.multiples import Multiples, Panel
from scheduling.charts.table import Column as Head
from scheduling.charts.table import Table
from scheduling.queries.scenarios import Column

MOST_BARS = 52
UNEVEN = 1.25
"""From here on a longer search may be all that one plan has before another."""
WEEK = timedelta(days=7)
UP, DOWN, NEITHER = "up", "down", ""


@dataclass(frozen=True, slots=True)
class _Figure:
    """One line of the comparison: how it is read, worded, and which way is good."""

    label: str
    read: Callable[[Column], int | None]
    worded: Callable[[int], str]
    good: str


def _of_plan(name: str) -> Callable[[Column], int | None]:
    return lambda one: getattr(one.plan, name) if one.plan else None


def _open_promises(one: Column) -> int | None:
    return one.promised - one.kept if one.plan else None


def _seconds(seconds: int) -> str:
    return f"{seconds:,}{JOINT}s"


FIGURES = (
    _Figure("Cost of the plan", _of_plan("objective_cents"), money_short, DOWN),
    _Figure("Racks late", _of_plan("late_racks"), grouped, DOWN),
    _Figure("Cost of lateness", _of_plan("late_cents"), money_short, DOWN),
    _Figure("Promises not kept", _open_promises, grouped, DOWN),
    _Figure("Racks without a plan", _of_plan("unplannable_racks"), grouped, DOWN),
    _Figure("Racks planned", _of_plan("racks"), grouped, NEITHER),
    _Figure("Lead time, median", lambda one: one.lead_min, duration, DOWN),
    _Figure("Work in progress", _of_plan("wip_cents"), money_short, DOWN),
    _Figure("Power at peak", _of_plan("peak_w"), kw, NEITHER),
    _Figure("Demand charge", _of_plan("demand_cents"), money_short, DOWN),
    _Figure("Cost of moves", _of_plan("moved_cents"), money_short, DOWN),
    _Figure("Searched for", lambda one: one.searched_s, _seconds, NEITHER),
)


def comparison(columns: Sequence[Column]) -> Table:
    """Return the figures of scenarios; the others are held against the first."""
    return Table(
        label="Scenarios compared",
        head=[
            Head(label="Figure"),
            *(Head(label=one.scenario.name, num=True) for one in columns),
        ],
        rows=[
            [figure.label, *(_cell(figure, one, columns[0]) for one in columns)]
            for figure in FIGURES
        ],
    )


def uneven(columns: Sequence[Column]) -> str:
    """Return that plans were not searched for equally long; empty where they were.

    One that is proved to be the best needs no longer search.
    """
    known = [
        (one.searched_s, one.scenario.name)
        for one in columns
        if one.plan and one.searched_s and not one.plan.is_proved_optimal
    ]
    if not known:
        return ""
    (least, short), (most, long) = min(known), max(known)
    if most <= least * UNEVEN:
        return ""
    return (
        f"{short} was searched for {_seconds(least)}, {long} for {_seconds(most)}: the "
        f"longer search alone finds a cheaper plan. Run {short} again for as long."
    )


def orders_compared(columns: Sequence[Column], numbers: Sequence[str]) -> Table:
    """Return the day each order ships in each scenario, and by how much it differs."""
    return Table(
        label="Orders that ship on another day",
        head=[
            Head(label="Order"),
            *(Head(label=one.scenario.name, num=True) for one in columns),
        ],
        rows=[
            [number, *(_day(number, one, columns[0]) for one in columns)]
            for number in numbers
        ],
    )


def by_week(columns: Sequence[Column]) -> Multiples | None:
    """Return each plan's racks by the week their order is complete, or None without.

    Where there are more weeks than bars fit, a bar stands for several.
    """
    planned = [one for one in columns if one.plan is not None]
    days = [
        order.ships for one in planned for order in one.orders.values() if order.ships
    ]
    if not days:
        return None
    first = min(days) - timedelta(days=min(days).weekday())
    weeks = (max(days) - first).days // 7 + 1
    wide = -(-weeks // MOST_BARS)
    bars = -(-weeks // wide)
    today = timezone.localdate()
    return Multiples(
        periods=[column_date(first + at * wide * WEEK, today) for at in range(bars)],
        panels=[
            Panel(
                name=one.scenario.name,
                bars=_bars(one, first, bars, wide),
            )
            for one in planned
        ],
    )


def _bars(one: Column, first: date, bars: int, wide: int) -> list[tuple[int, int]]:
    """Return racks in time and racks late of one plan, a pair a bar."""
    kept, late = [0] * bars, [0] * bars
    for order in one.orders.values():
        if order.ships is not None:
            at = (order.ships - first).days // 7 // wide
            kept[at] += order.racks - order.late
            late[at] += order.late
    return [*zip(kept, late, strict=True)]


def _cell(figure: _Figure, column: Column, measure: Column) -> SafeString | str:
    """Return one figure and its change."""
    value, was = figure.read(column), figure.read(measure)
    if value is None:
        return UNKNOWN
    if column is measure or was is None or was == value:
        return figure.worded(value)
    way = UP if value > was else DOWN
    mood = "" if not figure.good else "good" if way == figure.good else "bad"
    return format_html(
        "{} {}",
        _delta(figure.worded(abs(value - was)), way, mood),
        figure.worded(value),
    )


def _day(number: str, column: Column, measure: Column) -> SafeString | str:
    """Return the day an order ships and its change in days."""
    one, was = column.orders.get(number), measure.orders.get(number)
    if one is None:
        return UNKNOWN
    if one.ships is None:
        return "no plan"
    day = column_date(one.ships, timezone.localdate())
    if column is measure or was is None or was.ships in {None, one.ships}:
        return day
    return format_html("{} {}", _days(one.ships, was.ships), day)


def _days(now: date, was: date | None) -> SafeString:
    days = (now - was).days if was else 0
    way = UP if days > 0 else DOWN
    worded = signed_days(days).lstrip("+−")
    return _delta(worded, way, "bad" if days > 0 else "good")


def _delta(change: str, way: str, mood: str) -> SafeString:
    """Return the arrow of ``components/delta.html``."""
    return render_to_string(
        "components/delta.html", {"change": change, "way": way, "mood": mood}
    )
