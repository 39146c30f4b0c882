"""One preview in a worker: the change made to a snapshot, searched, refereed, told.

Nothing is written but the answer: the change is made to the rows that were read.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.utils import timezone

from factory.models import Order
from scheduling.clock import SiteClock
from scheduling.engine.bound import earliest
from scheduling.engine.cost import half_up, moves
from scheduling.engine.errors import EngineError
from scheduling.engine.problem import Problem, Rack
from scheduling.engine.quote import MOST_IN_THE_WAY, Offer, quote
from scheduling.engine.schedule import PlannedStep
from scheduling.engine.units import MINUTES_PER_DAY, Minutes
from scheduling.errors import SchedulingError
from scheduling.models import ChangePreview, PlannedRack, Publication
from scheduling.services import previews
from scheduling.services.order_changes import in_force
from scheduling.services.previews import Foreseen
from scheduling.services.scenarios import base_scenario
from scheduling.snapshot.changed import changed_by
from scheduling.snapshot.take import Snapshot, take

log = structlog.get_logger("rackline.previewing")

SEARCH_S = 0.4
MOST_MOVED = 0.05
"""Share of the racks not asked for that may make room."""
MOST_EASED = 20
"""Promises that may move for the eased day."""
SENTENCE_MOST = 300
NOTHING_LEFT: dict[str, Any] = {
    "ships_on": None,
    "moved_racks": 0,
    "late_cents": 0,
    "moved_cents": 0,
    "broken_cents": 0,
    "touched": [],
}
"""What a change comes to that leaves no rack to plan."""
UNEXPECTED = "The look ahead stopped on an unexpected error; the log has it all."


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """Where the plan in force has a rack.

    Attributes:
        ends: Minute it ships; None if it is not planned.
        late_min: Minutes late against its order's date then.
    """

    ends: int | None
    late_min: int


def execute(row: ChangePreview, search_s: float = SEARCH_S) -> None:
    """Answer a claimed preview.

    Raises:
        Exception: What nobody expected, after the preview has failed with it.
    """
    try:
        _answer(row, search_s)
    except (EngineError, SchedulingError) as error:
        previews.fail(row, str(error)[:SENTENCE_MOST])
    except Exception:
        log.exception("preview failed unexpectedly", preview=row.pk)
        previews.fail(row, UNEXPECTED)
        raise


def _answer(row: ChangePreview, search_s: float) -> None:
    """Search and write down what was found."""
    now = timezone.now()
    order = row.order
    # Read before the rows: what is published meanwhile makes the answer outdated.
    published = in_force(order.site)
    snapshot = take(
        base_scenario(order.site),
        as_of=now,
        changed=changed_by(order, previews.wish_in(row), now),
    )
    left_out = [one for one in snapshot.left_out if one.rack in snapshot.asked]
    if left_out:
        found = Foreseen(sentence=left_out[0].sentence[:SENTENCE_MOST])
    elif not snapshot.problem.racks:
        found = Foreseen(firm=NOTHING_LEFT)
    else:
        found = _foresee(snapshot, published, search_s)
    previews.answer(row, found, published)


def _foresee(
    snapshot: Snapshot, published: Publication | None, search_s: float
) -> Foreseen:
    """Return what a change comes to, as columns of a preview."""
    others = len(snapshot.problem.racks) - len(snapshot.asked)
    answer = quote(
        snapshot.problem,
        asked=snapshot.asked,
        time_limit_s=search_s,
        most_broken=MOST_EASED if snapshot.asked else 0,
        most_moved=min(MOST_IN_THE_WAY, int(MOST_MOVED * others)),
    )
    clock = SiteClock(epoch=snapshot.epoch, zone=ZoneInfo(snapshot.problem.zone))
    bound = _bound(snapshot, clock)
    if answer.firm is None:
        return Foreseen(
            racks=len(snapshot.asked),
            unaffected_racks=others,
            bound_on=bound,
            sentence=answer.sentence[:SENTENCE_MOST],
        )
    was = _was(published, clock)
    ships = clock.day_of(answer.firm.ends) if snapshot.asked else None
    return Foreseen(
        racks=len(snapshot.asked),
        unaffected_racks=others,
        ships_on=ships,
        bound_on=min(bound, ships) if bound and ships else None,
        firm=_told(snapshot, answer.firm, was, clock),
        eased={} if answer.eased is None else _told(snapshot, answer.eased, was, clock),
    )


def _bound(snapshot: Snapshot, clock: SiteClock) -> date | None:
    """Return the first day on which physics and material let the last rack ship."""
    asked = tuple(one for one in snapshot.problem.racks if one.key in snapshot.asked)
    if not asked:
        return None
    alone = earliest(replace(snapshot.problem, racks=asked))
    last = max(
        one.physics_ship if one.material_ship is None else one.material_ship
        for one in alone.values()
    )
    return clock.day_of(max(0, last))


def _was(published: Publication | None, clock: SiteClock) -> dict[str, Was]:
    """Return where the plan in force has each rack, by serial. One query."""
    if published is None:
        return {}
    rows = PlannedRack.objects.filter(plan=published.plan_id).values_list(
        "rack__serial", "ships_at", "late_min"
    )
    return {
        serial: Was(
            ends=None if ships_at is None else clock.minute(ships_at), late_min=late
        )
        for serial, ships_at, late in rows
    }


def _told(
    snapshot: Snapshot, offer: Offer, was: dict[str, Was], clock: SiteClock
) -> dict[str, Any]:
    """Return one offer in a preview's words."""
    problem = snapshot.problem
    ends: dict[str, int] = {}
    for step in offer.schedule.steps:
        ends[step.rack] = max(step.end, ends.get(step.rack, 0))
    broken = set(offer.broken)
    racks = [one for one in problem.racks if one.order in broken]
    return {
        "ships_on": clock.day_of(offer.ends).isoformat() if snapshot.asked else None,
        "moved_racks": len(offer.moved),
        "late_cents": _late(problem, offer, ends, was),
        "moved_cents": _moved(problem, offer, snapshot.asked),
        "broken_cents": int(problem.prices.broken_promise) * len(racks),
        "touched": _touched(offer.broken, racks, ends, clock),
    }


def _late(
    problem: Problem, offer: Offer, ends: dict[str, int], was: dict[str, Was]
) -> int:
    """Return what the lateness of racks that make room costs more than in force.

    Others may be later than planned as well; that is no work of the change.
    """
    moved = set(offer.moved)
    total = 0
    for rack in problem.racks:
        before = was.get(rack.key)
        if rack.key not in moved or rack.due is None or before is None:
            continue
        if before.ends is None or rack.key not in ends:
            continue
        more = max(0, ends[rack.key] - rack.due) - max(0, before.ends - rack.due)
        total += more * rack.late_cents_per_day
    return int(half_up(total, MINUTES_PER_DAY))


def _moved(problem: Problem, offer: Offer, asked: Collection[str]) -> int:
    """Return the price of moving what makes room, and what the change is about."""
    about = {*offer.moved, *asked}
    steps: dict[str, list[PlannedStep]] = {}
    for step in offer.schedule.steps:
        if step.rack in about:
            steps.setdefault(step.rack, []).append(step)
    return sum(
        sum(moves(problem.prices, rack, steps[rack.key]))
        for rack in problem.racks
        if rack.key in steps
    )


def _touched(
    numbers: Collection[str],
    racks: Iterable[Rack],
    ends: dict[str, int],
    clock: SiteClock,
) -> list[dict[str, Any]]:
    """Return the orders whose promise would move, with who tells. One query."""
    last: dict[str, Minutes | int] = {}
    promised: dict[str, int] = {}
    for rack in racks:
        last[rack.order] = max(ends.get(rack.key, 0), last.get(rack.order, 0))
        if rack.promise is not None:
            promised[rack.order] = rack.promise
    orders = Order.objects.filter(number__in=numbers).select_related("customer")
    return [
        {
            "order": order.number,
            "customer": order.customer.name,
            "owner": order.customer.owner,
            "promised": clock.day_of(promised[order.number]).isoformat(),
            "planned": clock.day_of(last[order.number]).isoformat(),
        }
        for order in orders.order_by("number")
        if order.number in promised
    ]
