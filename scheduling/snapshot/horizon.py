"""How far ahead a problem has to reach, so that no rack falls off its end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from factory.models import Crew, Site, WorkCentre
from scheduling.engine.problem import Session, Step, Supply, Template
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.snapshot.calendars import Week
from scheduling.snapshot.limits import EIGHTHS
from scheduling.snapshot.reserved import Waiting

MARGIN_DAYS = 28
"""Days past the estimate: queues, nights, weekends and curtailments take some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much work a site does in a minute, at best.

    Attributes:
        bays: Power bays.
        import_w: Watts left for bays at the higher of the two base loads.
        places: Places by kind.
        eighths: Eighths of a person by skill, over day and night.
    """

    bays: int
    import_w: int
    places: Mapping[str, int]
    eighths: Mapping[str, float]


def read_pace(site: Site, weeks: Mapping[int, Week], bays: int) -> Pace:
    """Return what a site can do at best. Two queries."""
    base = max(site.base_load_day_w, site.base_load_night_w)
    crews = Crew.objects.filter(site=site).values_list("skill", "people", "calendar")
    return Pace(
        bays=bays,
        import_w=site.contracted_import_w - base,
        places=dict(WorkCentre.objects.filter(site=site).values_list("place", "count")),
        eighths={
            skill: people * EIGHTHS * weeks[calendar].open_share
            for skill, people, calendar in crews
            if calendar in weeks
        },
    )


def horizon(
    racks: Sequence[Waiting],
    pace: Pace,
    supplies: Iterable[Supply],
    known: Iterable[int],
) -> int:
    """Return whole days in minutes that hold all work with room to spare.

    Args:
        racks: To plan.
        pace: What the site does at best.
        supplies: Stock and promises.
        known: Minutes that must lie inside, such as due dates and planned starts.
    """
    longest = max(
        (sum(step.duration for step in rack.template.steps) for rack in racks),
        default=0,
    )
    last = max([0, all_built(racks, supplies, work(racks, pace)), *known])
    days = ceil((last + longest) / MINUTES_PER_DAY)
    return (days + MARGIN_DAYS) * MINUTES_PER_DAY


def all_built(
    racks: Iterable[Waiting], supplies: Iterable[Supply], work_min: int
) -> int:
    """Return when all work could be over if nothing but the busiest resource waited.

    What waits for a delivery is done after it: of each part, the share of the work
    that equals the share of pieces still missing just before.
    """
    needs: dict[str, int] = defaultdict(int)
    for rack in racks:
        for material in rack.materials:
            needs[material.part] += material.quantity
    missing = dict(needs)
    last = work_min
    for supply in sorted(supplies, key=lambda one: one.available):
        left = missing.get(supply.part, 0)
        if left > 0:
            rest = Fraction(left, needs[supply.part])
            last = max(last, supply.available + ceil(work_min * rest))
            missing[supply.part] = left - supply.quantity
    return last


def work(racks: Iterable[Waiting], pace: Pace) -> int:
    """Return the minutes the busiest resource needs for all that is left to do."""
    stages: Counter[tuple[str, int]] = Counter()
    templates: dict[str, Template] = {}
    for rack in racks:
        stages[rack.template.key, rack.progress.done] += 1
        templates[rack.template.key] = rack.template
    loads: dict[tuple[str, str], int] = defaultdict(int)
    for (key, done), count in stages.items():
        for step in templates[key].steps[done:]:
            _add(loads, step, templates[key].site_permille, count)
    busiest = Fraction(0)
    for (kind, key), load in loads.items():
        capacity = _capacity(pace, kind, key)
        # What has no capacity at all never gets done, however far the horizon.
        if capacity > 0:
            busiest = max(busiest, Fraction(load) / Fraction(capacity))
    return ceil(busiest)


def _add(
    loads: dict[tuple[str, str], int], step: Step, site_permille: int, count: int
) -> None:
    """Add what a step of so many racks takes of its crew and its place or bay."""
    minutes = step.duration * count
    loads["crew", step.crew] += minutes * step.crew_eighths
    if step.session == Session.BAY:
        loads["bay", ""] += minutes
        loads["import", ""] += minutes * step.draw * site_permille // 1_000
    else:
        loads["place", step.place] += minutes


def _capacity(pace: Pace, kind: str, key: str) -> float:
    name = key.partition(":")[2]
    if kind == "crew":
        return pace.eighths.get(name, 0)
    if kind == "place":
        return pace.places.get(name, 0)
    return pace.bays if kind == "bay" else pace.import_w
