"""What the plan in force needs from each purchase-order line, for the suppliers' pages.

A promised line serves the racks pegged to it. A line that nobody has promised holds up
the racks that could not be planned for want of its part.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from factory.models import Part, Site
from scheduling.clock import DAY, SiteClock
from scheduling.engine.problem import Problem, Rack
from scheduling.engine.schedule import Schedule
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.models import Pegging, Plan, PlannedStep
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.supplies import AwaitedLine, Dock, dock_of, read_promised
from scheduling.storage import load_problem, load_schedule
from suppliers.models import LineNeed

BLOCKED_BELOW_MIN = MINUTES_PER_DAY
"""A rack that has less slack than this on a line is blocked by it."""


@dataclass(slots=True)
class _Need:
    """What one line is needed for, gathered rack by rack."""

    slack: dict[str, int] = field(default_factory=dict)
    needed_by: date = date.max

    def add(self, serial: str, slack_min: int, needed_by: date) -> None:
        """Note that a rack needs the line."""
        self.slack[serial] = min(slack_min, self.slack.get(serial, slack_min))
        self.needed_by = min(self.needed_by, needed_by)


def write_line_needs(*, plan: Plan, site: Site, number: int) -> int:
    """Write anew what a published plan needs from each line; return how many lines.

    Called in the publication's transaction. Twelve queries, and the plan's two blobs
    where racks could not be planned.
    """
    clock = SiteClock(epoch=plan.epoch, zone=ZoneInfo(site.zone))
    dock = dock_of(site, clock, read_weeks(site))
    needs: dict[int, _Need] = defaultdict(_Need)
    _add_pegged(needs, plan, dock)
    if plan.unplannable_racks:
        _add_awaited(needs, plan, site, dock)
    LineNeed.objects.for_staff().filter(line__purchase_order__site=site).delete()
    LineNeed.objects.bulk_create(
        (
            LineNeed(
                line_id=line,
                racks=len(need.slack),
                blocked_racks=sum(s < BLOCKED_BELOW_MIN for s in need.slack.values()),
                serials=sorted(need.slack),
                needed_by=need.needed_by,
                slack_min=min(need.slack.values()),
                publication=str(number),
            )
            for line, need in needs.items()
        ),
        batch_size=1_000,
    )
    return len(needs)


def _add_pegged(needs: dict[int, _Need], plan: Plan, dock: Dock) -> None:
    """Add the racks pegged to promises. Two queries."""
    rows = (
        Pegging.objects.filter(plan=plan, tranche__isnull=False)
        .order_by("pk")
        .values_list(
            "rack__serial",
            "rack",
            "step",
            "tranche__revision__commitment__line",
            "tranche__dock_date",
        )
    )
    starts: dict[tuple[int, int], datetime] = {
        (rack, step): start
        for rack, step, start in PlannedStep.objects.filter(plan=plan).values_list(
            "rack_id", "step_id", "starts_at"
        )
    }
    usable: dict[date, int] = {}
    latest: dict[int, date] = {}
    for serial, rack, step, line, day in rows:
        need = dock.clock.minute(starts[rack, step])
        if day not in usable:
            usable[day] = dock.usable(day) or 0
        if need not in latest:
            latest[need] = _latest_dock(dock, need)
        needs[line].add(serial, need - usable[day], latest[need])


def _latest_dock(dock: Dock, need: int) -> date:
    """Return the last dock date whose pieces are usable by a minute; at least today."""
    today = dock.clock.day_of(0)
    day = dock.clock.day_of(need)
    while day > today:
        usable = dock.usable(day)
        if usable is not None and usable <= need:
            return day
        day -= DAY
    return today


def _add_awaited(needs: dict[int, _Need], plan: Plan, site: Site, dock: Dock) -> None:
    """Add unplannable racks to the lines they wait for, soonest due first."""
    short = _short(load_problem(plan), load_schedule(plan))
    parts = list(Part.objects.filter(code__in=short).values_list("pk", flat=True))
    lines: dict[str, list[AwaitedLine]] = defaultdict(list)
    for line in read_promised(site, parts, dock).awaited:
        lines[line.part].append(line)
    for part, racks in short.items():
        for line, serial in _shared_out(lines[part], racks):
            needs[line.line].add(serial, 0, line.need_by)


def _short(problem: Problem, schedule: Schedule) -> dict[str, list[tuple[str, int]]]:
    """Return ``(rack, missing pieces)`` of unplannable racks, by part."""
    free: dict[str, int] = defaultdict(int)
    for supply in problem.supplies:
        free[supply.part] += supply.quantity
    for peg in schedule.pegs:
        free[peg.part] -= peg.quantity
    left_out = {one.rack for one in schedule.unplannable}
    templates = {template.key: template for template in problem.templates}
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for rack in sorted(problem.racks, key=_soonest):
        if rack.key not in left_out:
            continue
        reserved = dict(rack.materials_reserved)
        steps = [step.code for step in templates[rack.template].steps]
        ahead = set(steps[rack.progress.done :])
        for material in templates[rack.template].materials:
            need = material.quantity - reserved.get(material.part, 0)
            if material.step not in ahead or need <= 0:
                continue
            taken = min(need, max(0, free[material.part]))
            free[material.part] -= taken
            if taken < need:
                found[material.part].append((rack.key, need - taken))
    return found


def _soonest(rack: Rack) -> tuple[int, str]:
    return (rack.due if rack.due is not None else 0, rack.key)


def _shared_out(
    lines: Sequence[AwaitedLine], racks: Iterable[tuple[str, int]]
) -> Iterable[tuple[AwaitedLine, str]]:
    """Yield which rack waits for which line, the first racks for the first lines."""
    left = [line.quantity for line in lines]
    place = 0
    for serial, missing in racks:
        wanted = missing
        while wanted and place < len(lines):
            yield lines[place], serial
            taken = min(wanted, left[place])
            wanted -= taken
            left[place] -= taken
            if not left[place]:
                place += 1
