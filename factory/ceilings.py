"""How many racks a week each limit of a site could carry: arithmetic on its rows.

If only one model were built, all week, at nominal limits: outages and curtailments are
left out, the site carries its higher base load, bay time includes the rework allowance.
Source: Little's law; racks a week = what a limit gives in a week / what a rack takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from factory.models import (
    Calendar,
    Outage,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Site,
)
from factory.models.site import Place

WEEK_MIN = 7 * 1_440
DAY_MIN = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What one limit could carry.

    Attributes:
        key: ``power:site``, ``power:hall``, ``power:busway``, ``cooling``, ``bay``,
            ``place:<place>`` or ``crew:<skill>``.
        label: What people call it.
        owner: Who owns it; may be empty.
        racks_per_week: At least 0.
    """

    key: str
    label: str
    owner: str
    racks_per_week: float


def weekly_ceilings(site: Site, model: RackModel) -> dict[str, Ceiling]:
    """Return every limit's ceiling for one model, tightest first. About 12 queries.

    A limit the model does not touch is left out; a step whose place or crew the site
    lacks gives a ceiling of 0.
    """
    steps = list(model.steps.all())
    found = [*_power_and_bays(site, model, steps), *_people_and_places(site, steps)]
    found.sort(key=lambda ceiling: (ceiling.racks_per_week, ceiling.key))
    return {ceiling.key: ceiling for ceiling in found}


def mixed(shares: Mapping[str, float], ceilings: Mapping[str, float]) -> float:
    """Return the racks a week of a mix that draws on one limit.

    Args:
        shares: Share of each model; they add up to 1.
        ceilings: The limit's racks a week for each model alone.
    """
    return 1 / sum(share / ceilings[model] for model, share in shares.items())


def soaks_at_once(hall: PowerNode, model: RackModel, at: datetime) -> dict[str, int]:
    """Return how many racks of a model each limit of a hall lets draw its most at once.

    Outages at that moment count. Keys: ``bay``, ``busway``, ``hall``, ``cooling``.
    """
    bays = list(
        PowerBay.objects.filter(node__parent=hall, supported_models=model)
        .select_related("node", "loop")
        .order_by("code")
    )
    outages = list(
        Outage.objects.filter(site=hall.site, starts_at__lte=at, ends_at__gt=at)
    )
    draw = max(step.draw_w for step in model.steps.all())
    heat = -(-draw * model.liquid_permille // 1_000)
    closed = {outage.bay_id for outage in outages}
    nodes = {outage.node_id: outage.remaining for outage in outages if outage.node_id}
    loops = {outage.loop_id: outage.remaining for outage in outages if outage.loop_id}
    busways = {bay.node_id: bay.node.limit_w for bay in bays}
    cooling = {bay.loop_id: bay.loop.limit_w for bay in bays}
    return {
        "bay": sum(bay.pk not in closed for bay in bays),
        "busway": sum(nodes.get(pk, limit) // draw for pk, limit in busways.items()),
        "hall": nodes.get(hall.pk, hall.limit_w) // draw,
        "cooling": sum(loops.get(pk, limit) // heat for pk, limit in cooling.items()),
    }


def open_minutes_a_week(calendar: Calendar) -> int:
    """Return the minutes a calendar's shifts are open, overlaps counted once."""
    covered = {
        minute % WEEK_MIN
        for shift in calendar.shifts.all()
        for minute in range(
            shift.weekday * DAY_MIN + shift.start_min,
            shift.weekday * DAY_MIN + shift.end_min,
        )
    }
    return len(covered)


def planned_minutes(site: Site, step: RoutingStep) -> float:
    """Return a step's minutes with the site's rework allowance, which bays carry."""
    if step.place != Place.BAY:
        return float(step.minutes)
    return step.minutes * (1_000 + site.rework_permille) / 1_000


def _power_and_bays(
    site: Site, model: RackModel, steps: list[RoutingStep]
) -> Iterable[Ceiling]:
    """Yield the ceilings of kilowatts, heat and bays."""
    bays = list(
        site.power_bays.filter(supported_models=model).select_related(
            "node__parent", "loop"
        )
    )
    watt_minutes = sum(step.draw_w * planned_minutes(site, step) for step in steps)
    in_bay = sum(planned_minutes(site, step) for step in steps if step.place == "bay")
    if not watt_minutes or not in_bay:
        return
    liquid = model.liquid_permille / 1_000
    import_permille = 1 + site.cooling_permille / 1_000 * liquid
    base_load_w = max(site.base_load_day_w, site.base_load_night_w)
    halls = {bay.node.parent_id: bay.node.parent for bay in bays if bay.node.parent}
    busways = {bay.node_id: bay.node for bay in bays}
    loops = {bay.loop_id: bay.loop for bay in bays}
    owner = next((node.owner for node in halls.values()), "")

    def ceiling(key: str, label: str, owner: str, racks: float) -> Ceiling:
        return Ceiling(key=key, label=label, owner=owner, racks_per_week=racks)

    def watts(limits: Iterable[int], need: float) -> float:
        return sum(limits) * WEEK_MIN / need

    free_w = max(0, site.contracted_import_w - base_load_w)
    yield ceiling(
        "power:site",
        "Site power",
        site.power_owner,
        watts([free_w], watt_minutes * import_permille),
    )
    yield ceiling(
        "power:hall",
        "Hall power",
        owner,
        watts([node.limit_w for node in halls.values()], watt_minutes),
    )
    yield ceiling(
        "power:busway",
        "Busways",
        owner,
        watts([node.limit_w for node in busways.values()], watt_minutes),
    )
    if liquid:
        yield ceiling(
            "cooling",
            "Cooling",
            next((loop.owner for loop in loops.values()), ""),
            watts([loop.limit_w for loop in loops.values()], watt_minutes * liquid),
        )
    yield ceiling("bay", "Power bays", owner, len(bays) * WEEK_MIN / in_bay)


def _people_and_places(site: Site, steps: list[RoutingStep]) -> Iterable[Ceiling]:
    """Yield the ceilings of crews, and of work centres while their crews are there."""
    crews = {crew.skill: crew for crew in site.crews.select_related("calendar")}
    centres = {centre.place: centre for centre in site.work_centres.all()}
    opening = {
        skill: open_minutes_a_week(crew.calendar) for skill, crew in crews.items()
    }
    eighths: dict[str, float] = {}
    held: dict[str, float] = {}
    hours: dict[str, int] = {}
    for step in steps:
        minutes = planned_minutes(site, step)
        eighths[step.skill] = eighths.get(step.skill, 0) + step.crew_eighths * minutes
        places = [step.place] if step.place != Place.BAY else []
        for place in places + [Place.CART] * step.uses_cart:
            held[place] = held.get(place, 0) + minutes
            hours[place] = min(hours.get(place, WEEK_MIN), opening.get(step.skill, 0))
    for skill, need in eighths.items():
        crew = crews.get(skill)
        yield Ceiling(
            key=f"crew:{skill}",
            label=crew.name if crew else f"No crew of skill {skill}",
            owner=crew.owner if crew else "",
            racks_per_week=crew.people * 8 * opening[skill] / need if crew else 0.0,
        )
    for place, need in held.items():
        centre = centres.get(place)
        yield Ceiling(
            key=f"place:{place}",
            label=centre.name if centre else Place(place).label,
            owner=centre.owner if centre else "",
            racks_per_week=centre.count * hours[place] / need if centre else 0.0,
        )
