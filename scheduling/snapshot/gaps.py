"""Racks whose master data has a hole the engine could not name, each in a sentence.

They are left out of the problem and listed as unplannable; the others go on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from factory.models import BomLine, Crew, Part, Site
from factory.models.site import Place
from scheduling.engine.problem import Session, Template
from scheduling.engine.schedule import Unplannable
from scheduling.snapshot.floor import Floor
from scheduling.snapshot.materials import Materials
from scheduling.snapshot.reserved import Waiting
from suppliers.models import Source

Missing = tuple[int, str, str, str]
"""``(position of the step, reason code, what is missing, word of the limit)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a site and its parts lists have, as far as racks may miss it.

    Attributes:
        missing: Crews and places that a routing names and the site does not have, by
            template key, in routing order.
        circles: Parts lists that run in a circle, by model code: the parts in order.
        unsupplied: Owner by code of parts that nothing supplies and nobody may.
    """

    missing: Mapping[str, Sequence[Missing]]
    circles: Mapping[str, Sequence[str]]
    unsupplied: Mapping[str, str]


def read_known(
    site: Site, floor: Floor, materials: Materials, places: Collection[str]
) -> Known:
    """Return what there is. Four queries.

    Args:
        site: Whose crews.
        floor: Racks and routings.
        materials: What supplies parts.
        places: Kinds of place the site has.
    """
    skills = Crew.objects.filter(site=site).values_list("skill", flat=True)
    crews = {f"crew:{skill}" for skill in skills}
    kinds = {f"place:{kind}" for kind in places}
    supplied = {supply.part for supply in materials.supplies}
    supplied |= {line.part for line in materials.awaited}
    supplied |= {part for has in materials.set_aside.values() for part in has}
    missing = set(floor.routings.part_ids) - supplied
    sourced = set(
        Source.objects.for_staff()
        .filter(part__code__in=missing)
        .values_list("part__code", flat=True)
    )
    owners = Part.objects.filter(code__in=missing - sourced)
    return Known(
        missing={
            template.key: tuple(_missing(template, crews, kinds))
            for template in floor.routings.templates
        },
        circles=_circles(floor.routings.by_model),
        unsupplied=dict(owners.values_list("code", "buyer")),
    )


def gap_of(waiting: Waiting, known: Known) -> Unplannable | None:
    """Return the first hole in a rack's data, or None."""
    return next(_gaps(waiting, known), None)


def _gaps(waiting: Waiting, known: Known) -> Iterator[Unplannable]:
    """Yield what is missing for what is still to do."""
    serial, template = waiting.row.serial, waiting.template
    circle = known.circles.get(template.key)
    if circle:
        way = " → ".join(circle)
        yield _no(
            serial,
            "bom_circle",
            f"{serial}: the parts list of {template.label} runs in a circle: {way}.",
            "material",
        )
    for place, code, words, limit in known.missing.get(template.key, ()):
        if place >= waiting.progress.done:
            step = template.steps[place].code
            yield _no(serial, code, f"{serial} {step}: the site has no {words}.", limit)
    for material in waiting.materials:
        if material.part in known.unsupplied:
            owner = known.unsupplied[material.part]
            owned = f" {owner} owns this part." if owner else ""
            yield _no(
                serial,
                "no_source",
                f"{serial}: nothing supplies {material.part}: no free stock, no open "
                f"order line and no approved supplier.{owned}",
                "material",
            )


def _missing(
    template: Template, crews: Collection[str], places: Collection[str]
) -> Iterator[Missing]:
    """Yield the crews and places that a routing names and the site does not have."""
    for place, step in enumerate(template.steps):
        if step.crew not in crews:
            skill = step.crew.partition(":")[2]
            yield place, "no_crew", f"crew of skill {skill}", "people"
        held = "" if step.session == Session.BAY else step.place
        for key in (step.extra, held):
            if key and key not in places:
                words = Place(key.partition(":")[2]).label.lower()
                yield place, "no_place", words, "batching"


def _no(serial: str, code: str, sentence: str, limit: str) -> Unplannable:
    return Unplannable(rack=serial, code=code, sentence=sentence, limit=limit)


def _circles(models: Iterable[int]) -> dict[str, list[str]]:
    """Return a circle of each parts list that has one. One query."""
    trees: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    rows = (
        BomLine.objects.filter(rack_model__in=models, parent__isnull=False)
        .order_by("part__code", "pk")
        .values_list("rack_model__code", "parent__code", "part__code")
    )
    for model, parent, part in rows:
        trees[model][parent].append(part)
    found = {model: _circle(tree) for model, tree in trees.items()}
    return {model: circle for model, circle in found.items() if circle}


def _circle(tree: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the parts of one circle, the first again at its end; empty without one."""
    done: set[str] = set()
    for root in tree:
        path = [root]
        below = [iter(tree[root])]
        while path:
            part = next((one for one in below[-1] if one not in done), None)
            if part is None:
                done.add(path.pop())
                below.pop()
            elif part in path:
                return [*path[path.index(part) :], part]
            else:
                path.append(part)
                below.append(iter(tree.get(part, ())))
    return []
