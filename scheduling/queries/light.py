"""The speed of light: where the time of a plan's racks goes, and what holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Sum

from factory.ceilings import mixed, weekly_ceilings
from factory.models import RackModel, Site
from scheduling.engine.units import MINUTES_PER_DAY, MINUTES_PER_WEEK
from scheduling.models import LimitAttribution, Plan, PlannedRack

PACE_DAYS = 28
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one limit holds of a mean lead time.

    Attributes:
        limit: Word of the limit; ``physics`` for work.
        owner: Who owns it.
        minutes: Of the mean lead time.
        racks: Racks that wait for it at all.
        is_physics: Whether physics needs it.
    """

    limit: str
    owner: str
    minutes: int
    racks: int
    is_physics: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A mean lead time, additive to the minute.

    Attributes:
        racks: Planned racks it is the mean of.
        shares: What each limit holds, most first; physics is among them.
    """

    racks: int
    shares: tuple[Share, ...]

    @property
    def lead_min(self) -> int:
        """Return the lead time."""
        return sum(one.minutes for one in self.shares)

    @property
    def physics_min(self) -> int:
        """Return what physics needs of it."""
        return sum(one.minutes for one in self.shares if one.is_physics)

    @property
    def waits(self) -> tuple[Share, ...]:
        """Return what is not physics."""
        return tuple(one for one in self.shares if not one.is_physics)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyLimit:
    """How many racks a week one limit could carry.

    Attributes:
        label: What people call it.
        limit: Word of the limit, for its colour.
        owner: Who owns it; may be empty.
        racks_a_week: At the mix planned.
    """

    label: str
    limit: str
    owner: str
    racks_a_week: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Little's law over the next four weeks of a plan.

    Attributes:
        racks_a_week: Racks shipped a week: the rate.
        floor_min: Mean minutes from first step to shipping: the time.
        in_work: Rate times time: the racks on the floor at once.
        counted: The racks on the floor at once, counted in the plan.
    """

    racks_a_week: float
    floor_min: float
    in_work: float
    counted: float


def light_of(plan: Plan, racks: Sequence[int] | None = None) -> Light:
    """Return the mean lead time of a plan's racks by limit. Two queries.

    Args:
        plan: Stored, with its rows.
        racks: Primary keys of some racks; None for all.
    """
    bars = LimitAttribution.objects.filter(plan=plan)
    if racks is not None:
        bars = bars.filter(rack__in=racks)
    count = bars.order_by().aggregate(n=Count("rack", distinct=True))["n"]
    rows = (
        bars.order_by()
        .values("limit", "owner", "is_physics")
        .annotate(total=Sum("minutes"), waiting=Count("rack", distinct=True))
    )
    shares = [
        Share(
            limit=row["limit"],
            owner=row["owner"],
            minutes=round(row["total"] / count),
            racks=row["waiting"],
            is_physics=row["is_physics"],
        )
        for row in rows
    ]
    shares.sort(key=lambda one: (one.is_physics, -one.minutes, one.limit, one.owner))
    return Light(racks=count, shares=tuple(one for one in shares if one.minutes > 0))


def weekly_limits(site: Site, plan: Plan) -> list[WeeklyLimit]:
    """Return what each limit could carry a week at the plan's mix, tightest first.

    About twelve queries a rack model.
    """
    counts = dict(
        PlannedRack.objects.filter(plan=plan)
        .order_by()
        .values_list("rack__rack_model")
        .annotate(Count("pk"))
    )
    models = RackModel.objects.filter(pk__in=counts).prefetch_related("steps")
    total = sum(counts.values())
    found = {model.code: weekly_ceilings(site, model) for model in models}
    shares = {model.code: counts[model.pk] / total for model in models}
    keys = {key: one for limits in found.values() for key, one in limits.items()}
    limits = []
    for key, any_ in keys.items():
        carried = {
            code: those[key].racks_per_week
            for code, those in found.items()
            if key in those
        }
        # A model that does not touch the limit takes nothing of it.
        mix = {code: shares[code] for code in carried}
        rate = mixed(mix, carried) if min(carried.values()) > 0 else 0.0
        limits.append(
            WeeklyLimit(
                label=any_.label,
                limit=_word(key),
                owner=any_.owner,
                racks_a_week=rate,
            )
        )
    return sorted(limits, key=lambda one: (one.racks_a_week, one.label))


def pace_of(plan: Plan) -> Pace | None:
    """Return the pace of the next four weeks, or None when nothing ships. One query."""
    end = plan.epoch + timedelta(days=PACE_DAYS)
    rows = [
        (starts, ships)
        for starts, ships in PlannedRack.objects.filter(
            plan=plan, starts_at__lt=end
        ).values_list("starts_at", "ships_at")
        if starts is not None and ships is not None
    ]
    spans = [(ships - starts) / MINUTE for starts, ships in rows if ships <= end]
    if not spans:
        return None
    held = sum(
        (min(ships, end) - max(starts, plan.epoch)) / MINUTE
        for starts, ships in rows
        if ships > plan.epoch
    )
    rate = len(spans) / (PACE_DAYS / 7)
    floor = sum(spans) / len(spans)
    return Pace(
        racks_a_week=rate,
        floor_min=floor,
        in_work=rate * floor / MINUTES_PER_WEEK,
        counted=held / (PACE_DAYS * MINUTES_PER_DAY),
    )


_WORDS = {"power": "power", "cooling": "cooling", "bay": "bay", "place": "batching"}


def _word(key: str) -> str:
    """Return the word of the limit a ceiling's key is about."""
    return _WORDS.get(key.partition(":")[0], "people")
