"""What is wrong with a site's master data, in plain sentences that name the limit.

Asked before an import is kept, and by who wants to know why a model cannot be built.
What depends on the moment (outages, arrivals, progress) is the snapshot's to judge.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from factory.ceilings import DAY_MIN, WEEK_MIN, open_minutes_a_week
from factory.models import (
    BomLine,
    Calendar,
    Crew,
    Place,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Site,
    Unit,
    WorkCentre,
)
from factory.models.routing import PowerClass
from journal.wording import counted, duration, kw

EIGHTHS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that must be put right before it can be planned with.

    Attributes:
        code: Stable, such as ``bom_circle``.
        about: What is wrong: a code or name.
        sentence: Object, limit and amount, for people.
        model: The rack model it makes unbuildable; empty: the whole site.
    """

    code: str
    about: str
    sentence: str
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A site's rows, read once."""

    site: Site
    bays: tuple[PowerBay, ...]
    nodes: dict[int, PowerNode]
    crews: dict[str, Crew]
    centres: dict[str, WorkCentre]

    def feeders(self, bay: PowerBay) -> list[PowerNode]:
        """Return the nodes above a bay, lowest first; a circle ends the walk."""
        found: list[PowerNode] = []
        node = self.nodes.get(bay.node_id)
        while node is not None and node not in found:
            found.append(node)
            node = self.nodes.get(node.parent_id) if node.parent_id else None
        return found


def findings(
    site: Site, models: Collection[RackModel] | None = None
) -> tuple[Finding, ...]:
    """Return everything that keeps a site from building its models.

    Args:
        site: The site.
        models: Models to judge; None: those of its racks still to be built.
            About ten queries, and four for each model.
    """
    if models is None:
        keys = Unit.objects.to_plan(site).values_list("rack_model", flat=True)
        models = list(RackModel.objects.filter(pk__in=keys.distinct()))
    rows = Rows(
        site=site,
        bays=tuple(
            site.power_bays.select_related("loop").prefetch_related("supported_models")
        ),
        nodes={node.pk: node for node in site.power_nodes.all()},
        crews={crew.skill: crew for crew in site.crews.select_related("calendar")},
        centres={centre.place: centre for centre in site.work_centres.all()},
    )
    found = [*_power_tree(rows), *_calendars(rows)]
    for model in models:
        steps = list(model.steps.all())
        found += _routing(model, steps)
        found += _bays(rows, model, steps)
        found += _people_and_places(rows, model, steps)
        found += _parts(model)
    return tuple(found)


def _power_tree(rows: Rows) -> Iterator[Finding]:
    """Yield nodes that no grid feed supplies, which happens only in a circle."""
    for node in rows.nodes.values():
        above, seen = node, {node.pk}
        while above.parent_id and above.parent_id not in seen:
            seen.add(above.parent_id)
            above = rows.nodes[above.parent_id]
        if above.kind != PowerNode.Kind.FEED:
            yield Finding(
                code="power_circle",
                about=node.code,
                sentence=f"{node} hangs on itself: no grid feed supplies it.",
            )


def _calendars(rows: Rows) -> Iterator[Finding]:
    """Yield calendars of crews that are never open."""
    calendars: dict[int, Calendar] = {
        crew.calendar_id: crew.calendar for crew in rows.crews.values()
    }
    for calendar in calendars.values():
        is_ever_open = calendar.exceptions.filter(is_open=True).exists()
        if not open_minutes_a_week(calendar) and not is_ever_open:
            yield Finding(
                code="calendar_never_open",
                about=calendar.code,
                sentence=f"Calendar {calendar} has no open hour.",
            )


def _routing(model: RackModel, steps: list[RoutingStep]) -> Iterator[Finding]:
    """Yield what a routing lacks in itself."""
    if not steps:
        yield Finding(
            code="no_routing",
            about=model.code,
            sentence=f"{model} has no routing: nothing says how it is built.",
            model=model.code,
        )
    held = [place for place, step in enumerate(steps) if step.place == Place.BAY]
    if held and held != list(range(held[0], held[-1] + 1)):
        yield Finding(
            code="bay_left_between",
            about=model.code,
            sentence=f"{model} leaves its bay between {steps[held[0]].name} and "
            f"{steps[held[-1]].name}: steps at a bay must follow each other.",
            model=model.code,
        )


def _bays(rows: Rows, model: RackModel, steps: list[RoutingStep]) -> Iterator[Finding]:
    """Yield why no bay can take a model."""
    at_bay = [step for step in steps if step.place == Place.BAY]
    if not at_bay:
        return

    def finding(code: str, sentence: str) -> Finding:
        return Finding(code=code, about=model.code, sentence=sentence, model=model.code)

    bays = [bay for bay in rows.bays if model in bay.supported_models.all()]
    if not bays:
        yield finding("no_bay_takes_it", f"No bay of {rows.site} takes {model}.")
        return
    peak = max(at_bay, key=lambda step: step.draw_w)
    draw = f"{peak.name} of {model} draws {kw(peak.draw_w)}"
    largest = max(bays, key=lambda bay: bay.limit_w)
    if peak.draw_w > largest.limit_w:
        yield finding(
            "step_over_bay",
            f"{draw}; the largest bay that takes it, {largest}, "
            f"carries {kw(largest.limit_w)}.",
        )
    tightest = [min(rows.feeders(bay), key=lambda node: node.limit_w) for bay in bays]
    best = max(tightest, key=lambda node: node.limit_w)
    if peak.draw_w > best.limit_w:
        yield finding(
            "step_over_feeder",
            f"{draw}; of the feeders above its bays the best, {best}, "
            f"carries {kw(best.limit_w)}.",
        )
    heat = _share(peak.draw_w, model.liquid_permille)
    coolest = max((bay.loop for bay in bays), key=lambda loop: loop.limit_w)
    if heat > coolest.limit_w:
        yield finding(
            "step_over_loop",
            f"{peak.name} of {model} gives {kw(heat)} of heat; the best loop, "
            f"{coolest}, takes {kw(coolest.limit_w)}.",
        )
    yield from _site_limits(rows.site, model, at_bay, peak)


def _site_limits(
    site: Site, model: RackModel, at_bay: list[RoutingStep], peak: RoutingStep
) -> Iterator[Finding]:
    """Yield why a site's import or its limit of stay cannot take a model."""
    heat = _share(peak.draw_w, model.liquid_permille)
    needed = peak.draw_w + _share(heat, site.cooling_permille)
    base_load_w = min(site.base_load_day_w, site.base_load_night_w)
    left = max(0, site.contracted_import_w - base_load_w)
    if needed > left:
        yield Finding(
            code="step_over_import",
            about=model.code,
            sentence=f"{peak.name} of {model} needs {kw(needed)} with its cooling; "
            f"{site} has {kw(left)} left beside its base load.",
            model=model.code,
        )
    stay = sum(
        step.minutes + _share(step.minutes, site.rework_permille) for step in at_bay
    )
    if stay > site.bay_stay_limit_min:
        yield Finding(
            code="stay_over_limit",
            about=model.code,
            sentence=f"{model} needs a bay for {duration(stay)}; a stay of "
            f"{duration(site.bay_stay_limit_min)} is the limit at {site}.",
            model=model.code,
        )


def _people_and_places(
    rows: Rows, model: RackModel, steps: list[RoutingStep]
) -> Iterator[Finding]:
    """Yield steps that nobody can do, or that have nowhere to be done."""
    for step in steps:
        for code, sentence in (*_people(rows, step), *_places(rows, step)):
            yield Finding(
                code=code,
                about=f"{model} {step.code}",
                sentence=f"{step.name} of {model} {sentence}",
                model=model.code,
            )


def _people(rows: Rows, step: RoutingStep) -> Iterator[tuple[str, str]]:
    """Yield code and predicate for a step whose crew is missing, small or closed."""
    crew = rows.crews.get(step.skill)
    if crew is None:
        yield "no_crew", f"needs skill {step.skill}; {rows.site} has no such crew."
        return
    if step.crew_eighths > crew.people * EIGHTHS:
        needed = f"{step.crew_eighths / EIGHTHS:g}"
        yield (
            "crew_too_small",
            f"needs {needed} people; {crew} has {crew.people}.",
        )
    longest = longest_open(crew.calendar)
    minutes = step.minutes
    if step.place == Place.BAY:
        minutes += _share(step.minutes, rows.site.rework_permille)
    runs_through = step.power_class not in {
        PowerClass.SHIFT_BOUND,
        PowerClass.PREEMPTIVE_DERATABLE,
    }
    if runs_through and longest and minutes > longest:
        sentence = (
            f"runs {duration(minutes)} without a break; the longest open stretch of "
            f"calendar {crew.calendar} is {duration(longest)}."
        )
        yield "step_over_shift", sentence


def _places(rows: Rows, step: RoutingStep) -> Iterator[tuple[str, str]]:
    """Yield code and predicate for a step whose place or cart is missing."""
    wanted = [step.place] if step.place != Place.BAY else []
    for place in [*wanted, *[Place.CART] * step.uses_cart]:
        centre = rows.centres.get(place)
        label = Place(place).label.lower()
        if centre is None:
            yield "no_place", f"needs a {label}; {rows.site} has none."
        elif centre.count == 0:
            yield "no_place", f"needs a {label}; {centre} has {counted(0, 'place')}."


def _parts(model: RackModel) -> Iterator[Finding]:
    """Yield circles of a model's parts, and lines consumed at a foreign step."""
    lines = list(
        BomLine.objects.filter(rack_model=model)
        .select_related("part", "parent", "consumed_at__rack_model")
        .order_by("part__code", "pk")
    )
    circle = circle_of(
        (line.parent.code, line.part.code) for line in lines if line.parent
    )
    if circle:
        yield Finding(
            code="bom_circle",
            about=circle[0],
            sentence=f"The BOM of {model} goes round in a circle: "
            f"{' → '.join(circle)}.",
            model=model.code,
        )
    for line in lines:
        step = line.consumed_at
        if step is not None and step.rack_model_id != model.pk:
            yield Finding(
                code="foreign_step",
                about=line.part.code,
                sentence=f"{line.part} of {model} is consumed at {step.code} of "
                f"{step.rack_model}: name a step of {model}.",
                model=model.code,
            )


def circle_of(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return one circle of a directed graph, its first node repeated; else empty.

    Args:
        edges: ``(parent, child)``.
    """
    below: dict[str, list[str]] = defaultdict(list)
    for parent, child in edges:
        below[parent].append(child)
    done: set[str] = set()
    for start in sorted(below):
        way: list[str] = []
        rest = [iter([start])]
        while rest:
            node = next(rest[-1], None)
            if node is None:
                rest.pop()
                if way:
                    done.add(way.pop())
            elif node in way:
                return [*way[way.index(node) :], node]
            elif node not in done:
                way.append(node)
                rest.append(iter(sorted(below[node])))
    return []


def longest_open(calendar: Calendar) -> int:
    """Return the longest stretch a calendar's weeks are open, in minutes.

    Shifts that touch or overlap are one stretch, over the end of the week too; two
    weeks are as long as it gets.
    """
    stretches = sorted(
        (start + week * WEEK_MIN, start + week * WEEK_MIN + length)
        for shift in calendar.shifts.all()
        for start in [shift.weekday * DAY_MIN + shift.start_min]
        for length in [shift.end_min - shift.start_min]
        for week in range(2)
    )
    longest = begun = ended = 0
    for start, end in stretches:
        if start > ended:
            begun = start
        ended = max(ended, end)
        longest = max(longest, ended - begun)
    return longest


def _share(amount: int, permille: int) -> int:
    """Return a share of an amount, rounded up."""
    return -(-amount * permille // 1_000)
