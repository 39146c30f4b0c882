"""Whether there is room for a rack: its bay, or a place at the work centre."""

from datetime import datetime

from factory.errors import BayMissingError, BayRefusedError, PlaceFullError
from factory.models import Outage, Place, PowerBay, RoutingStep, Site, WorkCentre
from factory.queries import racks_on_the_floor, standings_of
from factory.standing import Standing
from journal.wording import kw


def take_bay(
    standing: Standing, step: RoutingStep, *, code: str, now: datetime
) -> PowerBay:
    """Return the bay a rack's step is done at, locked until the transaction ends.

    A rack that holds a bay stays in it; another one must be free, in service, take the
    model, and carry the most that the rack draws. At most six queries.

    Args:
        standing: Where the rack stands.
        step: A step at a bay.
        code: The bay the technician names; may be empty if the rack holds one.
        now: The moment, aware.

    Raises:
        BayMissingError: If no bay is named and none is held.
        BayRefusedError: If the bay cannot take the rack; says why.
    """
    serial = standing.rack.serial
    held = standing.bay
    if held is not None:
        if code not in {"", held.code}:
            raise BayRefusedError(code, f"is not where {serial} is: that is {held}.")
        return held
    if not code:
        raise BayMissingError(serial, step.name)
    bay = (
        PowerBay.objects.select_for_update()
        .filter(site=standing.rack.site, code=code)
        .first()
    )
    if bay is None:
        raise BayRefusedError(code, f"does not exist at {standing.rack.site}.")
    _check_kind(standing, bay)
    _check_service(bay, now)
    for other in standings_of(racks_on_the_floor(bay.site)):
        if other.bay == bay and other.rack != standing.rack:
            raise BayRefusedError(
                code, f"is held by {other.rack.serial} until it is drained."
            )
    return bay


def _check_kind(standing: Standing, bay: PowerBay) -> None:
    """Refuse a bay that does not take the model, or carries less than it draws."""
    model = standing.rack.rack_model
    if model not in bay.supported_models.all():
        raise BayRefusedError(bay.code, f"does not take {model}.")
    peak = max(step.draw_w for step in standing.steps)
    if peak > bay.limit_w:
        raise BayRefusedError(
            bay.code, f"carries {kw(bay.limit_w)}; {model} draws {kw(peak)}."
        )


def _check_service(bay: PowerBay, now: datetime) -> None:
    """Refuse a bay that is out of service."""
    outage = (
        Outage.objects.filter(bay=bay, remaining=0, starts_at__lte=now, ends_at__gt=now)
        .order_by("-ends_at", "pk")
        .first()
    )
    if outage is not None:
        until = f"{outage.ends_at:%-d %b %H:%M} UTC"
        raise BayRefusedError(
            bay.code, f"is out of service until {until}: {outage.reason}"
        )


def take_place(standing: Standing, step: RoutingStep) -> None:
    """See to it that a work centre has room, locking it. At most four queries.

    A site without a work centre of that kind does not count its places. Racks between
    two station steps keep their station.

    Raises:
        PlaceFullError: If all places are taken; names by whom.
    """
    wanted = [] if step.place == Place.BAY else [step.place]
    if step.place == Place.STATION and standing.holds_station:
        wanted = []
    if step.uses_cart:
        wanted.append(Place.CART)
    for place in wanted:
        _take_one(standing.rack.site, place, except_for=standing.rack.pk)


def _take_one(site: Site, place: str, *, except_for: int) -> None:
    """Refuse if every place of one kind is taken."""
    centre = (
        WorkCentre.objects.select_for_update().filter(site=site, place=place).first()
    )
    if centre is None:
        return
    there = [
        other.rack.serial
        for other in standings_of(racks_on_the_floor(site).order_by("serial"))
        if other.rack.pk != except_for and _is_at(other, place)
    ]
    if len(there) >= centre.count:
        raise PlaceFullError(centre.name, centre.count, there)


def _is_at(standing: Standing, place: str) -> bool:
    """Return whether a rack occupies a place of a kind."""
    running = standing.running
    if place == Place.STATION and standing.holds_station:
        return True
    if running is None:
        return False
    if place == Place.CART:
        return running.step.uses_cart
    return running.step.place == place
