"""Rack models as routing templates: steps, fixed lags, and what each step consumes."""

from collections.abc import Collection
from dataclasses import dataclass

from factory.models import BomLine, FixedLag, Place, RackModel, RoutingStep, Site
from scheduling.engine.problem import (
    Lag,
    Material,
    PowerClass,
    Session,
    Step,
    Template,
)
from scheduling.engine.units import FULL_PERMILLE, Eighths, Minutes, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Routings:
    """Templates and the way back to their rows.

    Attributes:
        templates: In order of model code; a model without steps has none.
        by_model: Template, and position of each step by its row's primary key, by the
            primary key of the model.
        step_ids: Primary keys of routing steps by ``(template key, step code)``.
        part_ids: Primary keys of consumed parts by code.
    """

    templates: tuple[Template, ...]
    by_model: dict[int, tuple[Template, dict[int, int]]]
    step_ids: dict[tuple[str, str], int]
    part_ids: dict[str, int]


def read_routings(site: Site, models: Collection[int]) -> Routings:
    """Return the templates of the rack models with these primary keys. Four queries."""
    rows = (
        RackModel.objects.filter(pk__in=models)
        .prefetch_related("steps", "lags")
        .order_by("code")
    )
    materials, part_ids = _materials(models)
    routed = [row for row in rows if row.steps.all()]
    by_model = {
        row.pk: (
            _template(row, site, materials.get(row.pk, [])),
            {step.pk: place for place, step in enumerate(row.steps.all())},
        )
        for row in routed
    }
    return Routings(
        templates=tuple(template for template, _ in by_model.values()),
        by_model=by_model,
        step_ids={
            (row.code, step.code): step.pk for row in routed for step in row.steps.all()
        },
        part_ids=part_ids,
    )


def site_permille(site: Site, liquid_permille: int) -> int:
    """Return the import per 1,000 W at a bay, the cooling plant's share rounded up."""
    return FULL_PERMILLE + _ceil(site.cooling_permille * liquid_permille, FULL_PERMILLE)


def allowance(site: Site, step: RoutingStep) -> Minutes:
    """Return the minutes added for rework: a share of bay time, rounded up."""
    if step.place != Place.BAY:
        return Minutes(0)
    return Minutes(_ceil(step.minutes * site.rework_permille, FULL_PERMILLE))


def _ceil(amount: int, divisor: int) -> int:
    return -(-amount // divisor)


def _materials(
    models: Collection[int],
) -> tuple[dict[int, list[Material]], dict[str, int]]:
    """Return what racks consume by model, and the parts' primary keys. One query."""
    found: dict[int, list[Material]] = {}
    part_ids = {}
    lines = (
        BomLine.objects.filter(rack_model__in=models, parent__isnull=True)
        .order_by("part__code", "pk")
        .values_list(
            "rack_model", "part", "part__code", "quantity", "consumed_at__code"
        )
    )
    for model, part, code, quantity, step in lines:
        part_ids[code] = part
        found.setdefault(model, []).append(
            Material(part=code, quantity=quantity, step=step)
        )
    return found, part_ids


def _template(row: RackModel, site: Site, materials: list[Material]) -> Template:
    lags = {
        when: tuple(_lag(lag) for lag in row.lags.all() if lag.when == when)
        for when in FixedLag.When
    }
    return Template(
        key=row.code,
        label=row.name,
        steps=tuple(_step(step, site) for step in row.steps.all()),
        materials=tuple(materials),
        liquid_permille=row.liquid_permille,
        site_permille=site_permille(site, row.liquid_permille),
        lags_before=lags[FixedLag.When.BEFORE],
        lags_after=lags[FixedLag.When.AFTER],
    )


def _step(row: RoutingStep, site: Site) -> Step:
    in_bay = row.place == Place.BAY
    return Step(
        code=row.code,
        label=row.name,
        work=Minutes(row.minutes),
        allowance=allowance(site, row),
        place="" if in_bay else f"place:{row.place}",
        extra=f"place:{Place.CART.value}" if row.uses_cart else "",
        crew=f"crew:{row.skill}",
        crew_eighths=Eighths(row.crew_eighths),
        draw=Watts(row.draw_w),
        power_class=PowerClass(row.power_class),
        session=_SESSIONS.get(Place(row.place), Session.NONE),
    )


_SESSIONS = {Place.STATION: Session.STATION, Place.BAY: Session.BAY}


def _lag(row: FixedLag) -> Lag:
    return Lag(
        code=row.code,
        label=row.name,
        minutes=Minutes(row.minutes),
        owner=row.owner,
        reason=row.reason,
        is_physics=row.is_physics,
        limit=row.limit,
    )
