"""A smaller site of a partner: the origin's ways of working, none of its stock."""

from typing import TypeVar

from django.db import transaction
from django.db.models import Model

from factory.errors import PartnerSiteError
from factory.models import (
    Calendar,
    CoolingLoop,
    Crew,
    PowerBay,
    PowerNode,
    Site,
    SiteLane,
    WorkCentre,
)
from journal.services import append_events, record
from journal.telling import Did, told, values_of

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def open_partner_site(
    *, origin: Site, code: str, name: str, bays: int, import_w: int, transit_min: int
) -> Site:
    """Open a site that can build what the first bays of another can.

    It has a feed, a hall, a busway and a loop of its own, a share of the people and
    places that follows from its bays, the same shifts, and a lane from the origin.

    Args:
        origin: Whose ways of working it has.
        code: New.
        name: For people.
        bays: At least 1, at most as many as the origin has.
        import_w: Contracted import in watts, base load included.
        transit_min: Minutes from its dock to where the origin ships from.

    Raises:
        PartnerSiteError: If the code is taken or the numbers cannot be.
    """
    models = list(origin.power_bays.order_by("code")[:bays])
    total = origin.power_bays.count()
    if Site.objects.filter(code=code).exists():
        raise PartnerSiteError(f"There is a site {code} already.")
    if not 1 <= bays <= total or import_w < 1:
        raise PartnerSiteError(f"{origin.name} has {total} bays; give 1 to {total}.")
    base_w = import_w // 5
    site = _copy(
        origin,
        code=code,
        name=name,
        partner=name,
        contracted_import_w=import_w,
        base_load_day_w=base_w,
        base_load_night_w=base_w,
    )
    node, loop = _power(site, import_w, max(bay.limit_w for bay in models) * bays)
    for bay in models:
        supported = list(bay.supported_models.all())
        made = _copy(bay, site=site, node=node, loop=loop)
        made.supported_models.set(supported)
    share = bays / total
    for centre in WorkCentre.objects.filter(site=origin):
        _copy(centre, site=site, count=max(1, round(centre.count * share)))
    _people(origin, site, share)
    SiteLane.objects.create(origin=origin, target=site, transit_min=transit_min)
    append_events(
        [
            told(row, Did.CREATED, actor="system", after=values_of(row))
            for model in (PowerNode, CoolingLoop, PowerBay, WorkCentre, Calendar, Crew)
            for row in model._default_manager.filter(site=site)  # noqa: SLF001
        ]
    )
    record(
        kind="site.opened",
        about=site,
        actor="system",
        scope=f"site:{site.pk}",
        summary=f"{name} opened with {bays} bays",
    )
    return site


def _copy(row: Row, **changed: object) -> Row:
    """Return a new row like another, with some columns changed."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's documented door
        if not field.primary_key and field.name not in changed
    }
    return type(row)._default_manager.create(**fields, **changed)  # noqa: SLF001


def _power(site: Site, import_w: int, bays_w: int) -> tuple[PowerNode, CoolingLoop]:
    """Return a busway on a hall on a feed, and a loop."""
    kinds = PowerNode.Kind
    parent = None
    for kind, code, limit_w in (
        (kinds.FEED, "FEED", import_w),
        (kinds.HALL, "P", bays_w),
        (kinds.BUSWAY, "P1", bays_w),
    ):
        parent = PowerNode.objects.create(
            site=site,
            parent=parent,
            code=code,
            kind=kind,
            limit_w=limit_w,
            owner=site.power_owner,
        )
    loop = CoolingLoop.objects.create(
        site=site, code="P", name="Hall P", limit_w=bays_w, owner=site.power_owner
    )
    assert parent is not None  # noqa: S101 - three were made
    return parent, loop


def _people(origin: Site, site: Site, share: float) -> None:
    """Give a site its share of another's crews, with the same shifts."""
    calendars = {}
    for calendar in origin.calendars.all():
        made = _copy(calendar, site=site)
        calendars[calendar.pk] = made
        for row in (*calendar.shifts.all(), *calendar.exceptions.all()):
            _copy(row, calendar=made)
    for crew in Crew.objects.filter(site=origin):
        _copy(
            crew,
            site=site,
            calendar=calendars[crew.calendar_id],
            people=max(1, round(crew.people * share)),
        )
