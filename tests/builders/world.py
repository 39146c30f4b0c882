"""A tiny complete site, and people of every role, for tests of any app."""

from dataclasses import dataclass, field
from itertools import count

from django.contrib.auth.models import User

from factory.models import Order, Part, PowerBay, RackModel, Site, StaffProfile, Unit
from factory.models.site import Place
from tests.builders.factory import (
    a_bay,
    a_bom_line,
    a_calendar,
    a_crew,
    a_fixed_lag,
    a_part,
    a_rack_model,
    a_site,
    a_stock_lot,
    a_work_centre,
    an_order,
)

_names = count(1)


@dataclass(frozen=True, kw_only=True)
class World:
    """What ``a_small_world`` made.

    Attributes:
        site: One site, 4,500 kW.
        model: One model with the builders' nine-step routing.
        bays: Its two bays.
        parts: ``FRAME`` (1, consumed at PREP) and ``SENSOR`` (29, at PREP), by code.
        order: One order of three racks.
        racks: Its planned racks, by serial.
    """

    site: Site
    model: RackModel
    bays: tuple[PowerBay, ...]
    parts: dict[str, Part] = field(default_factory=dict)
    order: Order
    racks: tuple[Unit, ...]


def a_small_world(*, racks: int = 3, stocked: bool = True) -> World:
    """Return one site, two bays, one model, one order and its racks.

    Args:
        racks: Racks of the one order.
        stocked: Whether every part of every rack is in stock.
    """
    site = a_site()
    model = a_rack_model()
    a_fixed_lag(model)
    bays = (a_bay(site, models=[model]), a_bay(site, models=[model]))
    assembly = a_calendar(site, weekdays=range(6))
    a_crew(site, "material", people=4, calendar=assembly)
    a_crew(site, "mech", people=4, calendar=assembly)
    a_crew(site, "test", people=4)
    for place in (Place.KITTING, Place.STATION, Place.LEAK_RIG, Place.CART, Place.PACK):
        a_work_centre(site, place, count=2)
    parts = {"FRAME": a_part(), "SENSOR": a_part()}
    for part, quantity in ((parts["FRAME"], 1), (parts["SENSOR"], 29)):
        a_bom_line(model, part, quantity=quantity)
        if stocked and racks:
            a_stock_lot(site, part, quantity * racks)
    order = an_order(site, model, racks=racks)
    return World(
        site=site,
        model=model,
        bays=bays,
        parts=parts,
        order=order,
        racks=tuple(order.racks.in_order_of_serial()),
    )


def a_user(role: str, *, site: Site | None = None, place: str = "") -> User:
    """Return a member of staff without a password; sign in with ``force_login``.

    Args:
        role: One of ``StaffProfile.Role``.
        site: Home site; one is made if none is given.
        place: The place a technician works at; empty for all.
    """
    user = User.objects.create_user(
        username=f"{role}-{next(_names)}", first_name="Robin", last_name="Ito"
    )
    StaffProfile.objects.create(
        user=user, role=role, site=site or a_site(), place=place
    )
    return user
