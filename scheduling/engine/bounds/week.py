"""How many racks of one model each limit could carry in a week."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.engine.blocks import permille
from scheduling.engine.lookup import Lookup
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import (
    Bay,
    Resource,
    ResourceKind,
    Session,
    Step,
    Template,
)
from scheduling.engine.profile import StepFunction
from scheduling.engine.units import FULL_PERMILLE, MINUTES_PER_WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most racks of a model that one limit lets through.

    Attributes:
        resource: Key of the limit; ``bays``, or keys joined by ``+`` where several
            limits of one rank carry the load side by side.
        label: What people call it.
        owner: Who owns it.
        racks_per_week: Racks a week, at the capacity in force most of the time and
            with the planned durations, allowance included.
    """

    resource: str
    label: str
    owner: str
    racks_per_week: float


def ceilings_of(book: Lookup, template: Template) -> tuple[Ceiling, ...]:
    """Return the ceiling of every limit this model needs, lowest first."""
    bays = [bay for bay in book.problem.bays if template.key in bay.models]
    found = [
        *_crews_and_places(book, template),
        *_sites(book, template, bays),
        *_ranks(book, template, bays),
        *_loops(book, template, bays),
        *_bays(book, template, bays),
    ]
    return tuple(sorted(found, key=lambda one: (one.racks_per_week, one.resource)))


def usual(book: Lookup, amounts: StepFunction, hours: OpenHours | None = None) -> int:
    """Return the amount in force for most minutes, or most open minutes if given."""
    minutes: Counter[int] = Counter()
    for start, end, value in amounts.pieces(book.problem.horizon):
        minutes[value] += (
            hours.worked(end) - hours.worked(start) if hours else end - start
        )
    return min(minutes, key=lambda value: (-minutes[value], value))


def _ceiling(
    resources: list[Resource], units_a_week: float, need: int
) -> Iterator[Ceiling]:
    if need:
        yield Ceiling(
            resource="+".join(resource.key for resource in resources),
            label=", ".join(resource.label for resource in resources),
            owner=resources[0].owner,
            racks_per_week=units_a_week / need,
        )


def _open_share(book: Lookup, hours: OpenHours) -> float:
    """Return the open minutes of an average week."""
    horizon = book.problem.horizon
    weeks = max(1, horizon // MINUTES_PER_WEEK) * MINUTES_PER_WEEK
    return hours.worked(weeks) * MINUTES_PER_WEEK / min(weeks, horizon)


def _crews_and_places(book: Lookup, template: Template) -> Iterator[Ceiling]:
    for resource in book.problem.resources:
        if resource.kind is ResourceKind.CREW:
            hours = book.hours_of(resource.key)
            need = sum(
                step.duration * step.crew_eighths
                for step in template.steps
                if step.crew == resource.key
            )
            units = usual(book, resource.capacity, hours) * _open_share(book, hours)
            yield from _ceiling([resource], units, need)
        elif resource.kind is ResourceKind.PLACE:
            steps = [step for step in template.steps if _holds(step, resource.key)]
            calendars = {book.resources[step.crew].calendar for step in steps}
            week = float(MINUTES_PER_WEEK)
            if len(calendars) == 1:
                week = min(week, _open_share(book, book.hours_of(steps[0].crew)))
            yield from _ceiling(
                [resource],
                usual(book, resource.capacity) * week,
                sum(step.duration for step in steps),
            )


def _holds(step: Step, place: str) -> bool:
    return step.extra == place or (
        step.place == place and step.session is not Session.BAY
    )


def _watt_minutes(template: Template, thousandths: int) -> int:
    return sum(
        step.duration * permille(step.draw, thousandths)
        for step in template.steps
        if step.session is Session.BAY
    )


def _sites(book: Lookup, template: Template, bays: list[Bay]) -> Iterator[Ceiling]:
    need = _watt_minutes(template, template.site_permille)
    for key in dict.fromkeys(bay.site for bay in bays):
        site = book.resources[key]
        week = usual(book, site.capacity) * MINUTES_PER_WEEK
        yield from _ceiling([site], week, need)


def _ranks(book: Lookup, template: Template, bays: list[Bay]) -> Iterator[Ceiling]:
    """Yield the busways together, the halls together, and so on up the tree."""
    need = _watt_minutes(template, FULL_PERMILLE)
    for rank in range(max((len(bay.nodes) for bay in bays), default=0)):
        keys = dict.fromkeys(bay.nodes[rank] for bay in bays if rank < len(bay.nodes))
        yield from _together(book, list(keys), need)


def _loops(book: Lookup, template: Template, bays: list[Bay]) -> Iterator[Ceiling]:
    need = _watt_minutes(template, template.liquid_permille)
    yield from _together(book, list(dict.fromkeys(bay.loop for bay in bays)), need)


def _together(book: Lookup, keys: list[str], need: int) -> Iterator[Ceiling]:
    resources = [book.resources[key] for key in keys]
    if resources:
        week = sum(usual(book, r.capacity) for r in resources) * MINUTES_PER_WEEK
        yield from _ceiling(resources, week, need)


def _bays(book: Lookup, template: Template, bays: list[Bay]) -> Iterator[Ceiling]:
    need = sum(step.duration for step in template.steps if step.session is Session.BAY)
    if bays and need:
        count = sum(usual(book, bay.capacity) for bay in bays)
        yield Ceiling(
            resource="bays",
            label=f"Bays for {template.label}",
            owner=book.owner_of(bays[0].key),
            racks_per_week=count * MINUTES_PER_WEEK / need,
        )
