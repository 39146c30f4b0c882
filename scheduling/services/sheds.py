"""What a plan in force sheds for the grid, on record: which rack, by whose hand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from factory.models import Order, Unit
from journal.services import record
from journal.wording import counted
from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import SiteClock
from scheduling.engine.cut import step_of
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.given_up import ACTIONS, GivenUp, given_up
from scheduling.engine.schedule import Schedule
from scheduling.errors import DamagedBlobError
from scheduling.models import GridEvent, Plan, Publication, Shed
from scheduling.snapshot.caps import event_of

ROWS_AT_ONCE = 1_000
NAMES = {
    "held": "power-ons held",
    "derated": "soaks derated",
    "paused": "soaks paused",
    "cut": "tests paused",
    "moved": "racks moved",
}


def write_sheds(publication: Publication) -> list[Shed]:
    """Write down what a publication sheds for each grid event that its plan obeys.

    What two events ask for together stands with the one that starts first, so that
    nothing is given up twice. One query where there is no event to come; else six, and
    the two plans are read.
    """
    plan = publication.plan
    events = list(
        GridEvent.objects.filter(
            site=publication.site_id,
            state=GridEvent.State.ANNOUNCED,
            ends_at__gt=plan.epoch,
        ).order_by("starts_at", "pk")
    )
    if not events:
        return []
    try:
        problem, schedule = load_problem(plan), load_schedule(plan)
    except (DamagedBlobError, InvalidProblemError):
        return []
    clock = SiteClock(epoch=plan.epoch, zone=ZoneInfo(problem.zone))
    before, ago = _before(publication)
    obeyed = {event_of(one) for one in problem.curtailments}
    found: list[Shed] = []
    told: set[tuple[str, str, int]] = set()
    for event in events:
        if event.pk not in obeyed:
            continue
        window = (clock.minute(event.starts_at), clock.minute_after(event.ends_at))
        gave = [
            one
            for one in given_up(
                problem, schedule, window=window, before=before, ago=ago
            )
            if (one.rack, one.action, one.start) not in told
        ]
        told |= {(one.rack, one.action, one.start) for one in gave}
        rows = _rows(event, publication, gave, clock)
        if rows:
            _record(event, publication, rows)
        found += rows
    return found


def _before(publication: Publication) -> tuple[Schedule | None, int]:
    """Return the plan in force until then, and by how much its epoch lies before."""
    previous = publication.previous
    if previous is None:
        return None, 0
    old: Plan = previous.plan
    try:
        schedule = load_schedule(old)
    except (DamagedBlobError, InvalidProblemError):
        return None, 0
    passed = publication.plan.epoch - old.epoch
    return schedule, int(passed.total_seconds() // 60)


def _rows(
    event: GridEvent,
    publication: Publication,
    gave: Iterable[GivenUp],
    clock: SiteClock,
) -> list[Shed]:
    """Store what was given up, one row a rack and action. Two queries."""
    kept = list({(one.rack, one.action): one for one in gave}.values())
    racks = {
        unit.serial: unit
        for unit in Unit.objects.racks()
        .filter(site=event.site_id, serial__in=[one.rack for one in kept])
        .select_related("order")
    }
    return Shed.objects.bulk_create(
        [
            Shed(
                event=event,
                plan=publication.plan,
                rack=racks[one.rack],
                order=racks[one.rack].order,
                action=one.action,
                step=step_of(one.step),
                starts_at=clock.moment(one.start),
                ends_at=clock.moment(one.end),
                saved_w=one.saved_w,
                delay_min=one.delay_min,
                is_promise_broken=one.is_broken,
                actor=publication.actor,
                at=publication.at,
            )
            for one in kept
            if one.rack in racks and racks[one.rack].order is not None
        ],
        ROWS_AT_ONCE,
    )


def _record(event: GridEvent, publication: Publication, rows: Sequence[Shed]) -> None:
    """Append what is shed, and name the customers whose promise it touches."""
    counts = Counter(row.action for row in rows)
    told = ", ".join(
        f"{counts[action]} {NAMES[action]}" for action in ACTIONS if counts[action]
    )
    touched = {row.order_id for row in rows if row.is_promise_broken}
    customers = list(
        Order.objects.filter(pk__in=touched)
        .order_by("customer__name")
        .values_list("customer__name", flat=True)
        .distinct()
    )
    named = f"; touches {', '.join(customers)}" if customers else ""
    racks = counted(len({row.rack_id for row in rows}), "rack")
    record(
        kind="grid.shed",
        about=event,
        actor=publication.actor,
        scope=f"site:{event.site_id}",
        cause=f"publication:{publication.pk}",
        summary=f"{event.name}: {racks}, {told}{named}"[:300],
        after={
            "publication": publication.number,
            "racks": len({row.rack_id for row in rows}),
            **{action: counts[action] for action in ACTIONS},
            "customers": customers,
        },
    )
