"""What the plan in force needs from each purchase-order line, for the suppliers' pages.

A promised line serves the racks pegged to it. A line that nobody has promised holds up
the racks that could not be planned for want of its part, and those that wait for a
later promise of it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from factory.alternates import stand_ins
from factory.models import Part, Site
from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import SiteClock
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.engine.waterfall.bars import Limit
from scheduling.models import LimitAttribution, Pegging, Plan, PlannedStep
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.shortage import Shortage, share_out, shortages
from scheduling.snapshot.supplies import (
    AwaitedLine,
    Dock,
    dock_of,
    read_promised,
    tranche_key,
)
from suppliers.models import LineNeed, PurchaseOrderLine
from suppliers.reach import RackNeed, written

BLOCKED_BELOW_MIN = MINUTES_PER_DAY
"""A rack that has less slack than this on a line is blocked by it."""


@dataclass(slots=True)
class _Need:
    """What one line is needed for, gathered rack by rack."""

    slack: dict[str, int] = field(default_factory=dict)
    racks: dict[str, RackNeed] = field(default_factory=dict)
    wait: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, rack: RackNeed, slack_min: int) -> None:
        """Note that a rack needs the line; twice adds up."""
        known = self.racks.get(rack.serial)
        if known is not None:
            rack = RackNeed(
                serial=rack.serial,
                needed_by=min(rack.needed_by, known.needed_by),
                waits_min=max(rack.waits_min, known.waits_min),
                quantity=rack.quantity + known.quantity,
            )
        self.racks[rack.serial] = rack
        self.slack[rack.serial] = min(slack_min, self.slack.get(rack.serial, slack_min))

    def add_wait(self, serial: str, minutes: int, tranche: int = 0) -> None:
        """Note how long a rack waits, once for each tranche whatever its steps."""
        self.wait[serial, tranche] = minutes

    @property
    def blocked(self) -> list[str]:
        """Return the racks without slack left on the line, by serial."""
        return sorted(
            serial for serial, slack in self.slack.items() if slack < BLOCKED_BELOW_MIN
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    """How long a rack waits for a part, and until when."""

    minutes: int
    until: datetime


def write_line_needs(*, plan: Plan, site: Site, number: int) -> int:
    """Write anew what a published plan needs from each line; return how many lines.

    Called in the publication's transaction. Sixteen queries, two of them for blobs.
    """
    clock = SiteClock(epoch=plan.epoch, zone=ZoneInfo(site.zone))
    dock = dock_of(site, clock, read_weeks(site))
    needs: dict[int, _Need] = defaultdict(_Need)
    _add_pegged(needs, plan, dock)
    _add_awaited(needs, plan, site, dock)
    received = dict(
        PurchaseOrderLine.objects.for_staff()
        .filter(pk__in=needs)
        .values_list("pk", "received")
    )
    LineNeed.objects.for_staff().filter(line__purchase_order__site=site).delete()
    LineNeed.objects.bulk_create(
        (
            LineNeed(
                line_id=line,
                racks=len(need.slack),
                blocked_racks=len(need.blocked),
                serials=sorted(need.slack),
                blocked_serials=need.blocked,
                wait_rack_min=sum(need.wait.values()),
                needed_by=min(rack.needed_by for rack in need.racks.values()),
                by_rack=written(need.racks.values()),
                slack_min=min(need.slack.values()),
                received_before=received[line],
                publication=str(number),
            )
            for line, need in needs.items()
        ),
        batch_size=1_000,
    )
    return len(needs)


def _add_pegged(needs: dict[int, _Need], plan: Plan, dock: Dock) -> None:
    """Add the racks pegged to promises. Three queries."""
    rows = (
        Pegging.objects.filter(plan=plan, tranche__isnull=False)
        .order_by("pk")
        .values_list(
            "rack__serial",
            "rack",
            "step",
            "tranche",
            "tranche__revision__commitment__line",
            "tranche__dock_date",
            "quantity",
        )
    )
    waits = _waits(plan)
    starts: dict[tuple[int, int], datetime] = {
        (rack, step): start
        for rack, step, start in PlannedStep.objects.filter(plan=plan).values_list(
            "rack_id", "step_id", "starts_at"
        )
    }
    usable: dict[date, int] = {}
    latest: dict[int, date] = {}
    for serial, rack, step, tranche, line, day, quantity in rows:
        need = dock.clock.minute(starts[rack, step])
        if day not in usable:
            usable[day] = dock.usable(day) or 0
        if need not in latest:
            latest[need] = dock.latest(need)
        waited = waits.get((rack, tranche_key(tranche)), 0)
        needs[line].add_wait(serial, waited, tranche)
        needs[line].add(
            RackNeed(
                serial=serial,
                needed_by=latest[need],
                waits_min=waited,
                quantity=quantity,
            ),
            need - usable[day],
        )


def _add_awaited(needs: dict[int, _Need], plan: Plan, site: Site, dock: Dock) -> None:
    """Add racks to the lines that nobody has promised: first racks to first lines."""
    late = _waiting(plan)
    short = [*(_unplannable(plan) if plan.unplannable_racks else ()), *late]
    codes = {shortage.part for shortage in short}
    served = dict(Part.objects.filter(code__in=codes).values_list("pk", "code"))
    alternates = stand_ins(list(served), by=dock.clock.day_of(0))
    serves = served | {one: served[part] for one, part in alternates.items()}
    awaited = read_promised(site, serves, dock).awaited if serves else ()

    def helps(shortage: Shortage, line: AwaitedLine) -> bool:
        """Return whether pieces on the day asked for would come before the others."""
        usable = dock.usable(line.need_by)
        if usable is None or shortage not in late:
            return usable is not None
        return usable < dock.clock.minute(late[shortage].until)

    for shortage, line, taken in share_out(short, awaited, helps):
        waited = late[shortage].minutes if shortage in late else 0
        needs[line.line].add(
            RackNeed(
                serial=shortage.rack,
                needed_by=line.need_by,
                waits_min=waited,
                quantity=taken,
            ),
            -waited,
        )
        needs[line.line].add_wait(shortage.rack, waited)


def _unplannable(plan: Plan) -> list[Shortage]:
    """Return what racks lack that could not be planned. Two queries."""
    return shortages(load_problem(plan), load_schedule(plan))


def _waits(plan: Plan) -> dict[tuple[int, str], int]:
    """Return for how many minutes each rack waits for which supply. One query."""
    waits: dict[tuple[int, str], int] = defaultdict(int)
    bars = LimitAttribution.objects.filter(plan=plan, limit=Limit.MATERIAL)
    for rack, resource, minutes in bars.values_list("rack_id", "resource", "minutes"):
        # Pieces of one tranche in several shipments have a key each.
        waits[rack, resource.partition("/")[0]] += minutes
    return waits


def _waiting(plan: Plan) -> dict[Shortage, _Wait]:
    """Return what racks wait for, the longest first. Two queries.

    Each would be ready earlier if a line that is silent brought its pieces in time.
    """
    waits = _waits(plan)
    starts = PlannedStep.objects.filter(
        plan=plan, rack=OuterRef("rack"), step=OuterRef("step")
    )
    pegs = (
        Pegging.objects.filter(plan=plan, tranche__isnull=False)
        .order_by("pk")
        .values_list(
            "rack",
            "rack__serial",
            "tranche",
            "tranche__revision__commitment__line__part__code",
            "quantity",
            Subquery(starts.values("starts_at")[:1]),
        )
    )
    found = {
        Shortage(rack=serial, part=part, missing=quantity): _Wait(
            minutes=waits[rack, key], until=start
        )
        for rack, serial, tranche, part, quantity, start in pegs
        if (rack, key := tranche_key(tranche)) in waits
    }
    return dict(
        sorted(found.items(), key=lambda item: (-item[1].minutes, item[0].rack))
    )
