"""Turns a problem into the arrays that the kernels read, and back into keys."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from scheduling.engine.collector import paused
from scheduling.engine.decode.needs import encode_needs
from scheduling.engine.decode.pools import Pool, group_bays
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels.price import KILO
from scheduling.engine.problem import (
    PowerClass,
    Prices,
    Problem,
    Rack,
    ResourceKind,
    Session,
    Step,
    Template,
)
from scheduling.engine.profile import StepFunction
from scheduling.engine.units import Minutes

KINDS = {
    PowerClass.SHIFT_BOUND: t.MANUAL,
    PowerClass.PREEMPTIVE_DERATABLE: t.SOAK,
}
WEEKS_PRICED = 64


def share(watts: int, part: int, whole: int) -> int:
    """Return a share of watts, rounded up."""
    return -(-watts * part // whole)


class Tables(NamedTuple):
    """A problem as arrays; columns are named in ``kernels.memory``.

    Attributes:
        figure: The problem's single numbers, as the header has them.
        template: Per template.
        step: Per template and step.
        watts: Per template, step and level (standby last): at node, site and loop.
        group: Per template: runs of steps that hold a station or bay together, else
            single steps.
        pool: Interchangeable bays.
        choice: Pools a template may take, least wanted by others first.
        opening: Per calendar, lookups by minute.
        opened: Open minutes per calendar within the span.
        level_minutes: Minutes of a full soak block per level.
        rack: Per rack.
        previous: Start in the published plan per rack and step, or ``NONE``.
        pin: Fixed start per rack and step, or ``NONE``.
        need: Part, running total of the part within the rack, and quantity per need.
        need_from: First need per rack and step; one more column at the end.
        arrival: Minutes of arrival by part.
        part: First place of a part in ``arrival``; one more at the end.
        slack: Pieces arrived by each arrival.
        move_price: Price of a moved start by week of its previous start.
    """

    figure: t.Wide
    template: t.Wide
    step: t.Wide
    watts: t.Wide
    group: t.Wide
    pool: t.Wide
    choice: t.Wide
    opening: t.Narrow
    opened: t.Wide
    level_minutes: t.Wide
    rack: t.Wide
    previous: t.Wide
    pin: t.Wide
    need: t.Wide
    need_from: t.Wide
    arrival: t.Wide
    part: t.Wide
    slack: t.Wide
    move_price: t.Wide


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A problem as arrays, with what is needed to read a plan in keys again.

    Attributes:
        problem: The problem.
        racks: Racks with steps left, in the problem's order; arrays follow it.
        templates: Templates in the order of the arrays.
        pools: Pools in the order of the arrays.
        rows: Row of each resource.
        tables: The arrays.
    """

    problem: Problem
    racks: tuple[Rack, ...]
    templates: tuple[Template, ...]
    pools: tuple[Pool, ...]
    rows: dict[str, int]
    tables: Tables

    @property
    def span(self) -> int:
        """Return how many minutes the arrays look ahead."""
        return int(self.tables.figure[t.SPAN])


@paused()
def encode(
    problem: Problem,
    span: int,
    *,
    left_out: Collection[str] = (),
    unread: Collection[str] = (),
    apart: bool = False,
) -> Encoded:
    """Return a problem as arrays that look some minutes ahead.

    Args:
        problem: The problem.
        span: Minutes to look ahead, at most the horizon.
        left_out: Racks that are not planned; what they hold now still counts.
        unread: Racks whose facts make no sense; they are not looked at.
        apart: Whether every bay is a pool of its own.
    """
    span = min(span, problem.horizon)
    used = {rack.template for rack in problem.racks}
    templates = {one.key: one for one in problem.templates if one.key in used}
    racks = tuple(
        rack
        for rack in problem.racks
        if rack.key not in unread
        and rack.progress.done < len(templates[rack.template].steps)
    )
    pools = group_bays(problem, apart=apart)
    rows = {resource.key: row for row, resource in enumerate(problem.resources)}
    calendars = {calendar.key: at for at, calendar in enumerate(problem.calendars)}
    crews = {
        resource.key: calendars[resource.calendar]
        for resource in problem.resources
        if resource.kind is ResourceKind.CREW and resource.calendar in calendars
    }
    needs = encode_needs(problem, racks, templates)
    listed = tuple(templates.values())
    opening, opened = _opening(problem, span)
    tables = Tables(
        figure=_figures(problem, racks, span),
        template=_template_rows(listed, pools, rows),
        step=_step_rows(listed, rows, crews, problem),
        watts=_watt_rows(listed, problem),
        group=_group_rows(listed),
        pool=_pool_rows(pools, rows),
        choice=_choice_rows(listed, pools),
        opening=opening,
        opened=opened,
        level_minutes=_array([minutes for _, minutes in problem.soak.levels]),
        rack=_rack_rows(problem, racks, listed, pools, left_out),
        previous=_starts(racks, templates, previous=True),
        pin=_starts(racks, templates, previous=False, left_out=left_out),
        need=needs.need,
        need_from=needs.need_from,
        arrival=needs.arrival,
        part=needs.part,
        slack=needs.slack,
        move_price=move_prices(problem.prices),
    )
    return Encoded(
        problem=problem,
        racks=racks,
        templates=listed,
        pools=pools,
        rows=rows,
        tables=tables,
    )


def stretch(encoded: Encoded, span: int) -> Encoded:
    """Return the same problem looking further ahead; rows and racks stay."""
    problem = encoded.problem
    span = min(span, problem.horizon)
    opening, opened = _opening(problem, span)
    figure = encoded.tables.figure.copy()
    figure[t.SPAN] = span
    return Encoded(
        problem=problem,
        racks=encoded.racks,
        templates=encoded.templates,
        pools=encoded.pools,
        rows=encoded.rows,
        tables=encoded.tables._replace(figure=figure, opening=opening, opened=opened),
    )


def move_prices(prices: Prices) -> t.Wide:
    """Return the price of a moved start by week of its previous start."""
    return _array([(prices.move * t.UNIT) >> week for week in range(WEEKS_PRICED)])


def fill_capacity(free: t.Narrow, encoded: Encoded, ceiling: int | None = None) -> None:
    """Write what is free before anything is planned, per row and minute.

    Args:
        free: Written to; shape ``(rows, minutes)``, minutes a whole number of runs.
        encoded: The problem.
        ceiling: Watts of import, base load included, that a site shall not exceed
            though it may; None for no more than the problem asks.
    """
    problem, span = encoded.problem, encoded.span
    free[:, span:] = 0
    for row, resource in enumerate(problem.resources):
        _fill(free[row], resource.capacity, span, 1)
        if resource.kind is ResourceKind.SITE and ceiling is not None:
            for first, last, watts in problem.base_load.pieces(Minutes(span)):
                left = max(0, ceiling - watts)
                free[row, first:last] = np.minimum(free[row, first:last], left)
        if resource.kind is ResourceKind.CREW:
            for start, end in _closed(encoded, resource.calendar, span):
                free[row, start:end] = t.PLENTY
    for at, pool in enumerate(encoded.pools):
        _fill(free[len(encoded.rows) + at], pool.bay.capacity, span, len(pool.keys))


def _array(values: object) -> t.Wide:
    return np.array(values, dtype=np.int64)


def _fill(row: t.Narrow, capacity: StepFunction, span: int, times: int) -> None:
    for start, end, value in capacity.pieces(span):
        row[start:end] = value * times


def _closed(encoded: Encoded, calendar: str, span: int) -> Iterator[tuple[int, int]]:
    now = 0
    for listed in encoded.problem.calendars:
        if listed.key == calendar:
            for start, end in listed.open:
                if now < min(start, span):
                    yield now, min(start, span)
                now = max(now, end)
    if now < span:
        yield now, span


def _opening(problem: Problem, span: int) -> tuple[t.Narrow, t.Wide]:
    opening = np.zeros(
        (max(1, len(problem.calendars)), t.OPENING_ROWS, span + 1), np.int32
    )
    opened = []
    for at, calendar in enumerate(problem.calendars):
        is_open = np.zeros(span + 1, np.bool_)
        table = opening[at]
        minutes = np.arange(span + 1, dtype=np.int32)
        table[t.WINDOW_END] = minutes
        table[t.WINDOW_START] = minutes
        table[t.NEXT_OPEN] = span
        now = 0
        for start, end in calendar.open:
            first, last = max(0, start), min(end, span)
            if first >= last:
                continue
            is_open[first:last] = True
            table[t.WINDOW_END, first:last] = last
            table[t.WINDOW_START, first:last] = first
            table[t.NEXT_OPEN, first:last] = minutes[first:last]
            table[t.NEXT_OPEN, now:first] = first
            now = last
        np.cumsum(is_open[:-1], dtype=np.int32, out=table[t.OPEN_BEFORE, 1:])
        listed = minutes[is_open]
        table[t.OPEN_MINUTE, : len(listed)] = listed
        opened.append(len(listed))
    return opening, _array(opened or [0])


def _figures(problem: Problem, racks: tuple[Rack, ...], span: int) -> t.Wide:
    figure = np.zeros(t.HEADER, np.int64)
    prices, soak = problem.prices, problem.soak
    figure[t.SPAN] = span
    figure[t.LEVELS] = len(soak.levels)
    figure[t.BLOCK] = soak.block
    figure[t.RESUME] = soak.resume
    figure[t.STAY] = problem.bay_stay_limit
    figure[t.WIP] = prices.wip_per_day
    figure[t.FENCED] = prices.move_fenced * t.UNIT
    figure[t.TOLERANCE] = prices.move_tolerance
    figure[t.FENCE] = prices.fence
    figure[t.BROKEN] = prices.broken_promise * t.UNIT
    figure[t.DEMAND] = prices.demand_per_kw
    figure[t.DEMAND_FLOOR] = prices.demand_floor
    figure[t.WINDOW] = prices.averaging
    figure[t.WINDOW_BEGUN] = prices.averaging_begun
    figure[t.ENERGY] = prices.energy.highest()
    figure[t.HAS_PREVIOUS] = any(rack.previous for rack in racks)
    return figure


def _groups(template: Template) -> list[tuple[int, int, int]]:
    holds = {Session.STATION: t.HOLD_STATION, Session.BAY: t.HOLD_BAY}
    groups: list[tuple[int, int, int]] = []
    for at, step in enumerate(template.steps):
        hold = holds.get(step.session, t.HOLD_NOTHING)
        if groups and hold != t.HOLD_NOTHING and groups[-1][2] == hold:
            groups[-1] = (groups[-1][0], at, hold)
        else:
            groups.append((at, at, hold))
    return groups


def _group_rows(templates: tuple[Template, ...]) -> t.Wide:
    listed = [_groups(template) for template in templates]
    rows = np.zeros((len(templates), max(map(len, listed), default=1), 3), np.int64)
    for at, groups in enumerate(listed):
        rows[at, : len(groups)] = groups
    return rows


def _template_rows(
    templates: tuple[Template, ...], pools: tuple[Pool, ...], rows: dict[str, int]
) -> t.Wide:
    found = np.zeros((len(templates), t.TEMPLATE_COLUMNS), np.int64)
    for at, template in enumerate(templates):
        groups = _groups(template)
        found[at, t.STEPS] = len(template.steps)
        found[at, t.GROUPS] = len(groups)
        found[at, t.CHOICES] = len(_choices(template, pools))
        stations = [s for s in template.steps if s.session is Session.STATION]
        found[at, t.STATION_ROW] = rows[stations[0].place] if stations else -1
        bays = [first for first, _, hold in groups if hold == t.HOLD_BAY]
        found[at, t.MAIN_STEP] = bays[0] if bays else 0
    return found


def _blocks(step: Step, problem: Problem) -> int:
    if step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
        return 0
    left = [
        rack.progress.running.remaining
        for rack in problem.racks
        if rack.progress.running and rack.progress.running.step == step.code
    ]
    return max(-(-minutes // problem.soak.block) for minutes in (step.duration, *left))


def _step_rows(
    templates: tuple[Template, ...],
    rows: dict[str, int],
    crews: dict[str, int],
    problem: Problem,
) -> t.Wide:
    most = max((len(template.steps) for template in templates), default=1)
    found = np.zeros((len(templates), most, t.STEP_COLUMNS), np.int64)
    for at, template in enumerate(templates):
        blocks = [_blocks(step, problem) for step in template.steps]
        offsets = list(accumulate(blocks, initial=0))
        for number, step in enumerate(template.steps):
            place = step.place if step.session is Session.NONE else ""
            row = found[at, number]
            row[t.DURATION] = step.duration
            row[t.KIND] = KINDS.get(step.power_class, t.THROUGH)
            row[t.PLACE] = rows[place] if place else -1
            row[t.EXTRA] = rows[step.extra] if step.extra else -1
            row[t.CREW] = rows[step.crew]
            row[t.PEOPLE] = step.crew_eighths
            row[t.CALENDAR] = crews[step.crew]
            row[t.IN_BAY] = step.session is Session.BAY
            row[t.BLOCK_AT] = offsets[number]
    return found


def soak_blocks(encoded: Encoded) -> int:
    """Return the most soak blocks any rack has, at least 1."""
    blocks = [
        sum(_blocks(step, encoded.problem) for step in template.steps)
        for template in encoded.templates
    ]
    return max([1, *blocks])


def previous_soaks(encoded: Encoded) -> t.Wide:
    """Return level and standby of each published soak block, per rack and block."""
    index = {one.key: at for at, one in enumerate(encoded.templates)}
    level = {percent: at for at, (percent, _) in enumerate(encoded.problem.soak.levels)}
    found = np.zeros((len(encoded.racks), soak_blocks(encoded), 2), np.int64)
    for at, rack in enumerate(encoded.racks):
        for code, blocks in rack.previous_soak:
            template = encoded.templates[index[rack.template]]
            step = template.index_of(code)
            first = int(encoded.tables.step[index[rack.template], step, t.BLOCK_AT])
            for number, (percent, wait) in enumerate(blocks[: found.shape[1] - first]):
                # A level that is no longer allowed gives way to the best.
                found[at, first + number] = level.get(percent, 0), wait
    return found


def _watt_rows(templates: tuple[Template, ...], problem: Problem) -> t.Wide:
    most = max((len(template.steps) for template in templates), default=1)
    percents = [percent for percent, _ in problem.soak.levels]
    percents.append(problem.soak.standby_percent)
    found = np.zeros((len(templates), most, len(percents), 3), np.int64)
    for at, template in enumerate(templates):
        for number, step in enumerate(template.steps):
            is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
            for level, percent in enumerate(percents):
                draw = share(step.draw, percent, 100) if is_soak else step.draw
                if step.session is not Session.BAY:
                    draw = 0
                found[at, number, level] = (
                    draw,
                    share(draw, template.site_permille, 1000),
                    share(draw, template.liquid_permille, 1000),
                )
    return found


def _pool_rows(pools: tuple[Pool, ...], rows: dict[str, int]) -> t.Wide:
    most = max((len(pool.bay.nodes) for pool in pools), default=0)
    found = np.full((max(1, len(pools)), t.POOL_NODE + most), -1, np.int64)
    for at, pool in enumerate(pools):
        nodes = pool.bay.nodes
        found[at, t.POOL_ROW] = len(rows) + at
        found[at, t.POOL_SITE] = rows[pool.bay.site] if pool.bay.site else -1
        found[at, t.POOL_LOOP] = rows[pool.bay.loop] if pool.bay.loop else -1
        found[at, t.POOL_NODES] = len(nodes)
        found[at, t.POOL_NODE : t.POOL_NODE + len(nodes)] = [rows[n] for n in nodes]
    return found


def _choices(template: Template, pools: tuple[Pool, ...]) -> list[int]:
    """Return the pools a template may take, the least wanted by others first."""
    draw = max(step.draw for step in template.steps)
    fit = [
        at
        for at, pool in enumerate(pools)
        if template.key in pool.bay.models and pool.bay.limit >= draw
    ]
    return sorted(fit, key=lambda at: (len(pools[at].bay.models), at))


def _choice_rows(templates: tuple[Template, ...], pools: tuple[Pool, ...]) -> t.Wide:
    found = np.full((len(templates), max(1, len(pools))), -1, np.int64)
    for at, template in enumerate(templates):
        choices = _choices(template, pools)
        found[at, : len(choices)] = choices
    return found


def _starts(
    racks: tuple[Rack, ...],
    templates: dict[str, Template],
    *,
    previous: bool,
    left_out: Collection[str] = (),
) -> t.Wide:
    """Return published or pinned starts of steps not yet begun, per rack and step."""
    most = max((len(template.steps) for template in templates.values()), default=1)
    found = np.full((len(racks), most), t.NONE, np.int64)
    index = {
        key: {step.code: at for at, step in enumerate(template.steps)}
        for key, template in templates.items()
    }
    for at, rack in enumerate(racks):
        if rack.key in left_out:
            continue
        listed = (
            [(code, start) for code, start, _ in rack.previous]
            if previous
            else [(pin.step, pin.start) for pin in rack.pins]
        )
        begun = rack.progress.done + (rack.progress.running is not None)
        for code, start in listed:
            step = index[rack.template].get(code, -1)
            if step >= begun:
                found[at, step] = start
    return found


def _rack_rows(
    problem: Problem,
    racks: tuple[Rack, ...],
    templates: tuple[Template, ...],
    pools: tuple[Pool, ...],
    left_out: Collection[str],
) -> t.Wide:
    found = np.zeros((len(racks), t.RACK_COLUMNS), np.int64)
    index = {template.key: at for at, template in enumerate(templates)}
    pool_of = {key: at for at, pool in enumerate(pools) for key in pool.keys}
    known: dict[tuple[str, int, bool], _Rest] = {}
    row = [0] * t.RACK_COLUMNS
    for at, rack in enumerate(racks):
        progress = rack.progress
        sign = (rack.template, progress.done, progress.running is not None)
        if sign not in known:
            known[sign] = _rest(
                templates[index[rack.template]],
                prices=problem.prices,
                done=progress.done,
                is_running=progress.running is not None,
            )
        row[t.TEMPLATE] = index[rack.template]
        _fill_progress(row, rack, known[sign], pool_of)
        _fill_money(row, rack, known[sign], problem)
        if rack.key in left_out:
            row[t.ABSENT] = row[t.LEAST_PRICE]
            row[t.IS_FACT] *= t.STAYS_OUT
        found[at] = row
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """What racks of one model that are equally far have before them.

    Attributes:
        codes: Steps not yet begun.
        minutes: Of all steps not yet done.
        first_minutes: Of the first of them, if it were not begun.
        energy: Least and most that the import of all steps not yet begun costs.
        watts: Import of the heaviest step of the routing.
        in_bay: Whether a step in a bay is to come.
        at_station: Whether a step at a station is to come.
        begins_at_station: Whether the next step is at a station.
        steps: Of the routing.
    """

    codes: frozenset[str]
    minutes: int
    first_minutes: int
    energy: tuple[int, int]
    watts: int
    in_bay: bool
    at_station: bool
    begins_at_station: bool
    steps: int


def _rest(template: Template, *, prices: Prices, done: int, is_running: bool) -> _Rest:
    left = template.steps[done:]
    ahead = left[is_running:]
    imports = {
        one.code: share(one.draw, template.site_permille, 1000)
        for one in template.steps
    }
    watt_minutes = sum(imports[step.code] * step.duration for step in ahead)
    return _Rest(
        codes=frozenset(step.code for step in ahead),
        minutes=sum(step.duration for step in left),
        first_minutes=left[0].duration,
        energy=(
            watt_minutes * prices.energy.least() * 24 // 1_000_000,
            watt_minutes * prices.energy.highest() * 24 // 1_000_000,
        ),
        watts=max(imports.values()),
        in_bay=any(step.session is Session.BAY for step in left),
        at_station=any(step.session is Session.STATION for step in left),
        begins_at_station=left[0].session is Session.STATION,
        steps=len(template.steps),
    )


def _fill_progress(
    row: list[int], rack: Rack, rest: _Rest, pool_of: dict[str, int]
) -> None:
    progress, running = rack.progress, rack.progress.running
    pins = [pin for pin in rack.pins if pin.step in rest.codes]
    pinned = [pin.bay for pin in pins if pin.bay]
    key = progress.bay if progress.bay and rest.in_bay else (pinned or [""])[0]
    row[t.DONE] = progress.done
    row[t.READY] = max(0, 0 if progress.done else rack.release)
    row[t.RUNNING] = running is not None
    row[t.LEFT] = running.remaining if running else 0
    row[t.ONLY_POOL] = pool_of[key] if key else -1
    row[t.HAS_BAY] = bool(progress.bay) and rest.in_bay
    row[t.BAY_SINCE] = progress.bay_since
    row[t.HAS_STATION] = rest.at_station and (
        progress.holds_station or (running is not None and rest.begins_at_station)
    )
    kit = progress.kit_started
    if kit is None and running and not progress.done:
        kit = running.started
    row[t.KIT_STARTED] = t.NONE if kit is None else kit
    row[t.IS_FACT] = bool(
        running is not None or row[t.HAS_BAY] or row[t.HAS_STATION] or pins
    )
    row[t.PREVIOUS_POOL] = -1
    for _, _, bay in rack.previous:
        if bay in pool_of:
            row[t.PREVIOUS_POOL] = pool_of[bay]


def _fill_money(row: list[int], rack: Rack, rest: _Rest, problem: Problem) -> None:
    prices, running = problem.prices, rack.progress.running
    minutes = rest.minutes
    if running:
        minutes += running.remaining - rest.first_minutes
    kit = row[t.KIT_STARTED]
    begin = row[t.READY] if kit == t.NONE else kit
    first = max(0, row[t.READY]) + minutes
    row[t.DUE] = t.NONE if rack.due is None else rack.due
    row[t.PROMISE] = t.NONE if rack.promise is None else rack.promise
    row[t.LATE] = rack.late_cents_per_day
    flow = minutes if kit == t.NONE else first - begin
    late = 0 if rack.due is None else max(0, first - rack.due) * rack.late_cents_per_day
    least, most = rest.energy
    row[t.LEAST_PRICE] = flow * prices.wip_per_day + late + least
    # Dearer than any place, so that a rack is left out only when there is none.
    latest = int(problem.horizon)
    never = (
        0 if rack.due is None else max(0, latest - rack.due) * rack.late_cents_per_day
    )
    is_broken = rack.promise is not None and latest > rack.promise
    row[t.NEVER] = never + is_broken * prices.broken_promise * t.UNIT
    moves = rest.steps * max(prices.move_fenced, prices.move)
    row[t.ABSENT] = (
        never
        + (latest - begin) * prices.wip_per_day
        + (prices.broken_promise + moves) * t.UNIT
        + 4 * most
        + rest.watts * prices.demand_per_kw * t.UNIT // KILO
        + latest * 1_000_000
    )
