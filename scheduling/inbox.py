"""The planner's inbox: one item a cause, its owner, and what follows if it is ignored.

Causes are facts newer than the plan, limits that make racks late, and what is wrong
between systems. "Ignored" means the plan in force stays as it is: racks that lose their
parts, their bay or their power ship later by what they lose, and promises break by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Sum

from factory.models import Outage, PowerNode, Site
from journal.wording import counted, limit_look, money_short
from scheduling.clock import SiteClock, quarter_of
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.ignored import left_out, owners_of
from scheduling.models import (
    CustomerPromise,
    GridEvent,
    Pegging,
    Plan,
    PlannedRack,
    PlannedStep,
    Snooze,
)
from scheduling.queries.alarms import Alarm
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.supplies import dock_of
from scheduling.staleness import Fact
from suppliers.models import Tranche

MINUTE = timedelta(minutes=1)
UNKNOWN_EFFECT = "The plan does not know it; optimize or repair to see what follows."
FLOOR_EFFECT = "Work goes on as recorded; the next plan takes it as given."
NO_HARM = "No rack of the plan waits for it: no harm."


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One cause.

    Attributes:
        cause: Stable name of it, for putting it off.
        title: What happened.
        effect: What follows if it is ignored.
        limit: Word of the limit it is about; empty where none.
        owner: Who owns the limit; may be empty.
        messages: How many there are of this cause.
        at: When the last of them came.
        cents: What ignoring it costs, as far as it can be told.
        is_bad: Whether a promise breaks.
        url: Where to look; empty where nowhere.
        until: Until when it is put off, or None.
    """

    cause: str
    title: str
    effect: str
    limit: str
    owner: str
    messages: int
    at: datetime
    cents: int = 0
    is_bad: bool = False
    url: str = ""
    until: datetime | None = None


@dataclass(slots=True)
class _Harm:
    """Racks that ship later, and by how many minutes."""

    delays: dict[int, int] = field(default_factory=dict)

    def add(self, rack: int, minutes: int) -> None:
        """Note a delay; of several the longest counts."""
        if minutes > 0:
            self.delays[rack] = max(minutes, self.delays.get(rack, 0))


def inbox_of(
    site: Site,
    plan: Plan,
    facts: Sequence[Fact],
    alarms: Sequence[Alarm],
    now: datetime,
) -> list[Item]:
    """Return a site's causes, those that cost most first.

    About twenty queries however many messages.

    Args:
        site: The site.
        plan: The plan shown.
        facts: What it does not know.
        alarms: What is wrong between systems.
        now: The moment.
    """
    items = [
        *_of_facts(site, plan, facts, now),
        *_of_lateness(plan),
        *(_of_alarm(alarm) for alarm in alarms),
    ]
    put_off = {
        one.cause: one for one in Snooze.objects.filter(site=site, until__gt=now)
    }
    items = [_put_off(item, put_off.get(item.cause)) for item in items]
    return sorted(items, key=lambda one: (not one.is_bad, -one.cents, one.title))


def _put_off(item: Item, snooze: Snooze | None) -> Item:
    """Return an item with the moment it is put off to; new messages bring it back."""
    if snooze is None or item.messages > snooze.messages:
        return item
    return replace(item, until=snooze.until)


def _of_alarm(alarm: Alarm) -> Item:
    return Item(
        cause=f"alarm:{alarm.kind}:{alarm.title}"[:120],
        title=alarm.title,
        effect=alarm.sentence,
        limit="",
        owner="",
        messages=1,
        at=alarm.since,
    )


def _of_lateness(plan: Plan) -> Iterable[Item]:
    """Yield each limit that makes racks late. One query."""
    rows = (
        PlannedRack.objects.filter(plan=plan, late_min__gt=0)
        .exclude(limit="")
        .order_by()
        .values("limit", "owner")
        .annotate(
            racks=Count("pk"),
            orders=Count("rack__order", distinct=True),
            minutes=Sum("late_min"),
            rate=Sum("rack__order__late_cents_per_day"),
        )
    )
    for row in rows:
        word = limit_look(row["limit"]).word
        racks = counted(row["racks"], "rack")
        verb = "ships" if row["racks"] == 1 else "ship"
        rate = (row["rate"] or 0) // row["racks"]
        cents = row["minutes"] * rate // MINUTES_PER_DAY
        yield Item(
            cause=f"late:{row['limit']}:{row['owner']}"[:120],
            title=f"{racks} {verb} late for {word.lower()}",
            effect=f"{counted(row['orders'], 'order')} later than asked for, about "
            f"{money_short(cents)}.",
            limit=row["limit"],
            owner=row["owner"],
            messages=row["racks"],
            at=plan.made_at,
            cents=cents,
            url=f"/orders/?show=late&limit={row['limit']}",
        )


def _of_facts(
    site: Site, plan: Plan, facts: Sequence[Fact], now: datetime
) -> Iterable[Item]:
    """Yield each fact with what ignoring it does."""
    harms = _harms(site, plan, facts, now)
    racks = {
        one.rack_id: one
        for one in PlannedRack.objects.filter(
            plan=plan, rack__in={key for harm in harms.values() for key in harm.delays}
        ).select_related("rack__order")
    }
    promised = dict(
        CustomerPromise.objects.filter(
            order__in={one.rack.order_id for one in racks.values() if one.rack.order_id}
        )
        .order_by("number")
        .values_list("order", "date")
    )
    zone = ZoneInfo(site.zone)
    owners = owners_of(site, facts)
    orders = left_out(plan, facts)
    for fact in facts:
        harm = harms.get(fact.about)
        effect, cents, is_bad = (
            _told(harm, racks, promised, zone)
            if harm
            else (orders.get(fact.about) or _unknown(fact), 0, False)
        )
        yield Item(
            cause=f"fact:{fact.about}"[:120],
            title=fact.sentence,
            effect=effect,
            limit=fact.limit,
            owner=owners.get(fact.about, ""),
            messages=fact.count,
            at=fact.at,
            cents=cents,
            is_bad=is_bad,
        )


def _unknown(fact: Fact) -> str:
    return FLOOR_EFFECT if fact.kind.startswith("step.") else UNKNOWN_EFFECT


def _told(
    harm: _Harm,
    racks: Mapping[int, PlannedRack],
    promised: Mapping[int, Any],
    zone: ZoneInfo,
) -> tuple[str, int, bool]:
    """Return a harm in words, in cents, and whether a promise breaks."""
    if not harm.delays:
        return NO_HARM, 0, False
    cents, broken = 0, set()
    for key, minutes in harm.delays.items():
        row = racks.get(key)
        if row is None or row.ships_at is None or row.rack.order is None:
            continue
        ships = row.ships_at + minutes * MINUTE
        order = row.rack.order
        late_min = minutes
        if row.due_at is not None:
            late_min = min(minutes, max(0, (ships - row.due_at) // MINUTE))
        cents += late_min * order.late_cents_per_day // MINUTES_PER_DAY
        promise = promised.get(order.pk)
        if promise is not None and ships.astimezone(zone).date() > promise:
            broken.add(order.number)
    hit = counted(len(harm.delays), "rack")
    loses = "loses its place" if len(harm.delays) == 1 else "lose their place"
    if not broken:
        return f"{hit} {loses}; no promise breaks.", cents, False
    listed = ", ".join(sorted(broken)[:3]) + ("…" if len(broken) > 3 else "")  # noqa: PLR2004
    verb = "breaks" if len(broken) == 1 else "break"
    return (
        f"{hit} {loses}. Ignored: {listed} {verb}, {money_short(cents)}.",
        cents,
        True,
    )


def _harms(
    site: Site, plan: Plan, facts: Sequence[Fact], now: datetime
) -> dict[str, _Harm]:
    """Return what each fact does to the racks of a plan, where that can be told."""
    by_kind: dict[str, list[int]] = {}
    for fact in facts:
        kind, _, key = fact.about.partition(":")
        if key.isdigit():
            by_kind.setdefault(kind, []).append(int(key))
    found: dict[str, _Harm] = {}
    if keys := by_kind.get("commitment"):
        found |= _late_parts(site, plan, keys, now)
    outages, caps = by_kind.get("outage"), by_kind.get("gridevent")
    stays = _stays(plan) if outages or caps else []
    if outages:
        found |= _of_outages(site, stays, outages)
    if caps:
        found |= _of_caps(stays, caps)
    return found


def _late_parts(
    site: Site, plan: Plan, keys: Sequence[int], now: datetime
) -> dict[str, _Harm]:
    """Return what later deliveries do. Eight queries.

    Racks are served in the order in which their steps begin, from the deliveries that
    are promised now.
    """
    pegs = list(
        Pegging.objects.filter(plan=plan, tranche__revision__commitment__in=keys)
        .order_by("pk")
        .values_list("tranche__revision__commitment", "rack", "step", "quantity")
    )
    starts = {
        (rack, step): at
        for rack, step, at in PlannedStep.objects.filter(
            plan=plan, rack__in={rack for _, rack, _, _ in pegs}
        ).values_list("rack", "step", "starts_at")
    }
    clock = SiteClock(epoch=quarter_of(now), zone=ZoneInfo(site.zone))
    dock = dock_of(site, clock, read_weeks(site))
    coming: dict[int, list[tuple[int, int]]] = {key: [] for key in keys}
    for commitment, quantity, day in _standing(keys):
        usable = dock.usable(day)
        if usable is not None:
            coming[commitment].append((usable, quantity))
    found = {f"commitment:{key}": _Harm() for key in keys}
    for key in keys:
        needs = sorted(
            (clock.minute(starts[rack, step]), rack, quantity)
            for commitment, rack, step, quantity in pegs
            if commitment == key and (rack, step) in starts
        )
        supplies = sorted(coming[key])
        have, at, next_ = 0, 0, 0
        for need, rack, quantity in needs:
            while have < quantity and next_ < len(supplies):
                at, pieces = supplies[next_]
                have, next_ = have + pieces, next_ + 1
            if have < quantity:
                found[f"commitment:{key}"].add(rack, 14 * MINUTES_PER_DAY)
                continue
            have -= quantity
            found[f"commitment:{key}"].add(rack, at - need)
    return found


def _standing(keys: Sequence[int]) -> Iterable[tuple[int, int, Any]]:
    """Yield commitment, pieces and dock date of what is promised now. One query."""
    return (
        Tranche.objects.for_staff()
        .filter(
            revision__commitment__in=keys,
            revision=F("revision__commitment__current"),
        )
        .values_list("revision__commitment", "quantity", "dock_date")
    )


class _Stay(NamedTuple):
    """A rack's time in its bay, by a plan."""

    rack: int
    bay: int
    node: int
    loop: int
    since: datetime
    until: datetime


def _stays(plan: Plan) -> list[_Stay]:
    """Return all stays of a plan, the last to come first. One query."""
    rows = (
        PlannedRack.objects.filter(plan=plan, bay__isnull=False)
        .order_by("-bay_from", "pk")
        .values_list("rack", "bay", "bay__node", "bay__loop", "bay_from", "bay_until")
    )
    return [
        _Stay(rack, bay, node, loop, since, until)
        for rack, bay, node, loop, since, until in rows
        if since is not None and until is not None
    ]


def _of_outages(
    site: Site, stays: Sequence[_Stay], keys: Sequence[int]
) -> dict[str, _Harm]:
    """Return what outages do: racks in bays they reach wait for their end.

    All racks of a bay; of less power or cooling as many as what is left has no room
    for. Two queries.
    """
    outages = Outage.objects.filter(pk__in=keys).select_related("node", "loop")
    parents = dict(PowerNode.objects.filter(site=site).values_list("pk", "parent"))
    found = {}
    for outage in outages:
        limit = outage.node or outage.loop
        reached: Sequence[_Stay]
        if outage.bay_id is not None:
            share, reached = 1.0, [one for one in stays if one.bay == outage.bay_id]
        elif limit is None:
            continue
        else:
            share = 1 - outage.remaining / max(limit.limit_w, 1)
            below = _below(outage.node_id, parents)
            reached = [
                one for one in stays if one.node in below or one.loop == outage.loop_id
            ]
        window = (outage.starts_at, outage.ends_at)
        found[f"outage:{outage.pk}"] = _wait_for(reached, window, share)
    return found


def _below(node: int | None, parents: Mapping[int, int | None]) -> set[int]:
    """Return a node of the power tree and all below it; none of no node."""
    found: set[int] = set()
    level = {one for one in parents if one == node}
    while level:
        found |= level
        level = {one for one, parent in parents.items() if parent in level}
    return found


def _wait_for(
    stays: Sequence[_Stay], window: tuple[datetime, datetime], share: float
) -> _Harm:
    """Return a share of the racks in bays that wait for a window's end."""
    starts_at, ends_at = window
    harm = _Harm()
    racks = [one for one in stays if one.since < ends_at and one.until > starts_at]
    for one in racks[: round(len(racks) * max(0.0, share))]:
        harm.add(one.rack, (ends_at - max(one.since, starts_at)) // MINUTE)
    return harm


def _of_caps(stays: Sequence[_Stay], keys: Sequence[int]) -> dict[str, _Harm]:
    """Return what caps on the site's import do: racks in bays wait for their end.

    As many as the cap leaves no room for, the last to come first. One query.
    """
    found = {}
    for event in GridEvent.objects.filter(pk__in=keys).select_related("site"):
        share = 1 - event.cap_w / max(event.site.contracted_import_w, 1)
        window = (event.starts_at, event.ends_at)
        found[f"gridevent:{event.pk}"] = _wait_for(stays, window, share)
    return found
