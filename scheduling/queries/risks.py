"""The risk register as pages read it, and the limits that bind a plan's racks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from factory.models import Site
from scheduling.engine.lifting.limits import Limit, limit_of
from scheduling.engine.lookup import Lookup
from scheduling.engine.units import Minutes
from scheduling.engine.waterfall.bars import BEFORE, Attribution
from scheduling.models import LimitAttribution, Plan, PlannedRack, Risk


@dataclass(slots=True, kw_only=True)
class Binding:
    """One limit that decides when some racks of a plan ship.

    Attributes:
        limit: The limit.
        racks: Primary keys of the racks it decides.
        late: Of those, the ones that are late or have no plan.
        held_min: Minutes it holds of them.
        due: Days by which its late racks were due.
        ships: Days on which its racks ship.
    """

    limit: Limit
    racks: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    held_min: int = 0
    due: list[date] = field(default_factory=list)
    ships: list[date] = field(default_factory=list)


def open_risks(site: Site) -> list[Risk]:
    """Return a site's open risks, those that hold most first. One query."""
    return list(
        Risk.objects.filter(site=site)
        .open()
        .select_related("opened_by", "seen_by", "site")
    )


def closed_risks(site: Site, most: int = 50) -> list[Risk]:
    """Return the risks that no longer bind, the last closed first. One query."""
    return list(
        Risk.objects.filter(site=site, state=Risk.State.CLOSED)
        .select_related("opened_by", "closed_by")
        .order_by("-closed_at", "-id")[:most]
    )


def binding_of(plan: Plan, book: Lookup) -> list[Binding]:
    """Return the limits that decide when a plan's racks ship. Two queries.

    Of each rack it is the longest of the waits that its reason names; a rack without a
    plan counts for the limit that leaves it out.

    Args:
        plan: Stored, with its rows.
        book: The plan's problem by key.
    """
    racks = list(
        PlannedRack.objects.filter(plan=plan).values_list(
            "rack_id", "limit", "late_min", "ships_at", "due_at", "unplannable_code"
        )
    )
    zone = ZoneInfo(book.problem.zone)
    longest = _longest_bars(plan, {rack: limit for rack, limit, *_ in racks if limit})
    lags = {lag.code: lag for one in book.problem.templates for lag in one.lags_before}
    found: dict[tuple[str, str], Binding] = {}
    for rack, word, late_min, ships_at, due_at, code in racks:
        limit: Limit | None = None
        minutes = 0
        if code:
            limit = Limit(word=word, key=code, label="Racks without a plan", owner="")
        elif rack in longest:
            bar = longest[rack]
            limit, minutes = limit_of(book, bar, lags), bar.minutes
        if limit is None:
            continue
        one = found.setdefault((limit.word, limit.key), Binding(limit=limit))
        one.racks.add(rack)
        one.held_min += minutes
        one.ships += _days([ships_at], zone)
        if late_min or code:
            one.late.add(rack)
            one.due += _days([due_at], zone)
    return sorted(found.values(), key=lambda one: (-one.held_min, one.limit.key))


def _longest_bars(plan: Plan, limits: dict[int, str]) -> dict[int, Attribution]:
    """Return each rack's longest bar of the limit that decides it."""
    bars: defaultdict[int, list[Attribution]] = defaultdict(list)
    rows = LimitAttribution.objects.filter(
        plan=plan, limit__in=set(limits.values()), is_physics=False
    ).order_by("rack_id", "sequence")
    for row in rows.iterator(chunk_size=5_000):
        if row.limit == limits.get(row.rack_id) and row.label != BEFORE:
            bars[row.rack_id].append(
                Attribution(
                    rack=str(row.rack_id),
                    sequence=row.sequence,
                    step=row.step,
                    limit=row.limit,
                    resource=row.resource,
                    label=row.label,
                    owner=row.owner,
                    minutes=Minutes(row.minutes),
                    is_physics=False,
                )
            )
    return {
        rack: max(found, key=lambda bar: bar.minutes) for rack, found in bars.items()
    }


def _days(moments: Iterable[datetime | None], zone: ZoneInfo) -> list[date]:
    """Return the days at the site of the moments that there are."""
    return [one.astimezone(zone).date() for one in moments if one is not None]
