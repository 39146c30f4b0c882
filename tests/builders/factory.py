"""Rows of the factory for tests: valid by default, only what matters is stated.

Every builder saves and returns its row. Codes and serials count up, so a test that
looks at one states it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from factory.models import (
    BomLine,
    Calendar,
    CoolingLoop,
    Crew,
    Customer,
    FixedLag,
    Order,
    Outage,
    Part,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    StepRecord,
    StockLot,
    Unit,
    WorkCentre,
)
from factory.models.routing import PowerClass
from factory.models.site import Place

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""The builders' present: a Monday, 08:00 at a site in Monterrey."""

_numbers = count(1)

# code, place, minutes, skill, eighths, draw in watts, power class, uses a cart
SHORT_ROUTING = (
    ("KIT", Place.KITTING, 240, "material", 16, 0, PowerClass.SHIFT_BOUND, False),
    ("PREP", Place.STATION, 480, "mech", 16, 0, PowerClass.SHIFT_BOUND, False),
    ("CABLE", Place.STATION, 360, "mech", 16, 0, PowerClass.SHIFT_BOUND, False),
    ("LEAK", Place.LEAK_RIG, 180, "test", 8, 0, PowerClass.NON_PREEMPTIVE, False),
    ("FILL", Place.BAY, 240, "test", 8, 2_000, PowerClass.NON_PREEMPTIVE, True),
    ("FLASH", Place.BAY, 240, "test", 4, 38_000, PowerClass.NEVER_INTERRUPT, False),
    ("SOAK", Place.BAY, 1_440, "test", 1, 137_000, "preemptive_deratable", False),
    ("DRAIN", Place.BAY, 180, "test", 8, 1_000, PowerClass.NON_PREEMPTIVE, True),
    ("PACK", Place.PACK, 240, "material", 16, 0, PowerClass.SHIFT_BOUND, False),
)
"""A routing with every kind of place, session and power class, in nine steps."""


def a_site(**fields: Any) -> Site:
    """Return a site of 4,500 kW with 1,000 kW of base load, in Monterrey."""
    code = fields.pop("code", f"site-{next(_numbers)}")
    return Site.objects.create(
        **{
            "code": code,
            "name": code.capitalize(),
            "zone": "America/Monterrey",
            "contracted_import_w": 4_500_000,
            "base_load_day_w": 1_000_000,
            "base_load_night_w": 850_000,
            "power_owner": "Tomás Reyes",
            **fields,
        }
    )


def a_power_node(
    site: Site,
    code: str = "",
    *,
    kind: str = PowerNode.Kind.BUSWAY,
    parent: PowerNode | None = None,
    limit_w: int = 700_000,
    **fields: Any,
) -> PowerNode:
    """Return a node; a parent is made where the kind needs one and none is given."""
    if parent is None and kind != PowerNode.Kind.FEED:
        above = (
            PowerNode.Kind.FEED if kind == PowerNode.Kind.HALL else PowerNode.Kind.HALL
        )
        existing = site.power_nodes.filter(kind=above).order_by("id").first()
        parent = existing or a_power_node(site, kind=above, limit_w=4_500_000)
    return PowerNode.objects.create(
        site=site,
        code=code or f"{kind}-{next(_numbers)}",
        kind=kind,
        parent=parent,
        limit_w=limit_w,
        **{"owner": "Tomás Reyes", **fields},
    )


def a_cooling_loop(
    site: Site, code: str = "", *, limit_w: int = 1_250_000
) -> CoolingLoop:
    """Return a loop for 1,250 kW of heat."""
    code = code or f"loop-{next(_numbers)}"
    return CoolingLoop.objects.create(
        site=site,
        code=code,
        name=f"Cooling {code}",
        limit_w=limit_w,
        owner="Amara Osei",
    )


def a_bay(
    site: Site,
    code: str = "",
    *,
    models: Iterable[RackModel] = (),
    node: PowerNode | None = None,
    loop: CoolingLoop | None = None,
    limit_w: int = 150_000,
) -> PowerBay:
    """Return a bay that takes ``models``; node and loop are the site's first."""
    bay = PowerBay.objects.create(
        site=site,
        code=code or f"bay-{next(_numbers)}",
        node=node
        or site.power_nodes.filter(kind=PowerNode.Kind.BUSWAY).order_by("id").first()
        or a_power_node(site),
        loop=loop or site.cooling_loops.order_by("id").first() or a_cooling_loop(site),
        limit_w=limit_w,
    )
    bay.supported_models.set(models)
    return bay


def a_calendar(
    site: Site,
    code: str = "",
    *,
    weekdays: Iterable[int] = range(7),
    start_min: int = 0,
    end_min: int = 1_440,
) -> Calendar:
    """Return a calendar open on ``weekdays`` from ``start_min`` to ``end_min``."""
    code = code or f"calendar-{next(_numbers)}"
    calendar = Calendar.objects.create(site=site, code=code, name=code.capitalize())
    Shift.objects.bulk_create(
        Shift(
            calendar=calendar,
            name="Day",
            weekday=weekday,
            start_min=start_min,
            end_min=end_min,
        )
        for weekday in weekdays
    )
    return calendar


def a_crew(
    site: Site,
    skill: str = "test",
    *,
    people: int = 12,
    calendar: Calendar | None = None,
) -> Crew:
    """Return a crew that works around the clock unless a calendar says less."""
    return Crew.objects.create(
        site=site,
        skill=skill,
        name=f"{skill.capitalize()} crew",
        people=people,
        calendar=calendar or a_calendar(site),
        owner="Dana Whitlock",
    )


def a_work_centre(
    site: Site, place: str = Place.STATION, *, count: int = 4
) -> WorkCentre:
    """Return a work centre of four like places."""
    return WorkCentre.objects.create(
        site=site,
        place=place,
        name=f"{Place(place).label}s",
        count=count,
        owner="Jonas Weber",
    )


def an_outage(site: Site, **fields: Any) -> Outage:
    """Return an outage of a day from now; the caller names its one target."""
    return Outage.objects.create(
        site=site,
        **{
            "starts_at": NOW,
            "ends_at": NOW.replace(day=NOW.day + 1),
            "reason": "Pump being replaced",
            **fields,
        },
    )


def a_part(code: str = "", **fields: Any) -> Part:
    """Return a part traced by lot."""
    code = code or f"PART-{next(_numbers)}"
    return Part.objects.create(
        code=code,
        **{"name": code.capitalize(), "trace": Part.Trace.LOT, "buyer": "Mei-Ling Hsu"}
        | fields,
    )


def a_step(rack_model: RackModel, op: int = 10, **fields: Any) -> RoutingStep:
    """Return a manual step of four hours at a kitting lane."""
    code = fields.pop("code", f"STEP{op}")
    return RoutingStep.objects.create(
        rack_model=rack_model,
        op=op,
        code=code,
        **{
            "name": code.capitalize(),
            "minutes": 240,
            "place": Place.KITTING,
            "skill": "material",
            "crew_eighths": 16,
            "power_class": PowerClass.SHIFT_BOUND,
        }
        | fields,
    )


def a_rack_model(
    code: str = "",
    *,
    routing: Iterable[tuple[Any, ...]] = SHORT_ROUTING,
    **fields: Any,
) -> RackModel:
    """Return a rack model with a routing of nine steps, and no parts."""
    code = code or f"M{next(_numbers)}"
    model = RackModel.objects.create(
        code=code, **{"name": f"{code} rack", "liquid_permille": 950} | fields
    )
    RoutingStep.objects.bulk_create(
        RoutingStep(
            rack_model=model,
            op=10 * position,
            code=step,
            name=step.capitalize(),
            place=place,
            minutes=minutes,
            skill=skill,
            crew_eighths=eighths,
            draw_w=draw_w,
            power_class=power_class,
            uses_cart=uses_cart,
        )
        for position, (
            step,
            place,
            minutes,
            skill,
            eighths,
            draw_w,
            power_class,
            uses_cart,
        ) in enumerate(routing, start=1)
    )
    return model


def a_fixed_lag(rack_model: RackModel, code: str = "L10", **fields: Any) -> FixedLag:
    """Return a lag of tray build before the floor."""
    return FixedLag.objects.create(
        rack_model=rack_model,
        code=code,
        **{
            "when": FixedLag.When.BEFORE,
            "position": 1,
            "name": "Tray build and test",
            "minutes": 2_304,
            "is_physics": True,
            "limit": "work",
            "owner": "Wei Chen",
            "reason": "Trays are built and tested before a rack can be kitted.",
        }
        | fields,
    )


def a_bom_line(
    rack_model: RackModel,
    part: Part | None = None,
    *,
    quantity: int = 1,
    at: str = "PREP",
    parent: Part | None = None,
) -> BomLine:
    """Return a line consumed at step ``at``, or a tier-2 line of a parent."""
    return BomLine.objects.create(
        rack_model=rack_model,
        part=part or a_part(),
        parent=parent,
        quantity=quantity,
        consumed_at=None if parent else rack_model.steps.get(code=at),
    )


def a_customer(code: str = "", **fields: Any) -> Customer:
    """Return a customer a day's flight away."""
    code = code or f"customer-{next(_numbers)}"
    return Customer.objects.create(
        code=code, **{"name": code.capitalize(), "owner": "Ruth Okafor"} | fields
    )


def an_order(
    site: Site,
    rack_model: RackModel,
    *,
    racks: int = 1,
    requested: date = date(2026, 12, 4),
    **fields: Any,
) -> Order:
    """Return an order, received five weeks ago, with its planned racks."""
    order = Order.objects.create(
        site=site,
        rack_model=rack_model,
        number=fields.pop("number", "") or f"CO-{next(_numbers):04}",
        customer=fields.pop("customer", None) or a_customer(),
        quantity=racks or 1,
        requested_date=requested,
        received_at=fields.pop("received_at", datetime(2026, 10, 19, 15, tzinfo=UTC)),
        **fields,
    )
    for _ in range(racks):
        a_rack(order)
    return order


def a_rack(order: Order, serial: str = "", **fields: Any) -> Unit:
    """Return a planned rack of an order."""
    return Unit.objects.create(
        serial=serial or f"R-{next(_numbers):04}",
        kind=Unit.Kind.RACK,
        site=order.site,
        rack_model=order.rack_model,
        order=order,
        **fields,
    )


def a_stock_lot(site: Site, part: Part, quantity: int = 100, **fields: Any) -> StockLot:
    """Return a usable lot, received at the builders' present."""
    return StockLot.objects.create(
        site=site,
        part=part,
        quantity=quantity,
        lot=fields.pop("lot", "") or f"L-{next(_numbers)}",
        received_at=fields.pop("received_at", NOW),
        **fields,
    )


def a_step_record(rack: Unit, code: str = "KIT", **fields: Any) -> StepRecord:
    """Return a running first attempt at a step, begun at the builders' present."""
    return StepRecord.objects.create(
        rack=rack,
        step=rack.rack_model.steps.get(code=code),
        **{"started_at": NOW, "recorded_at": NOW} | fields,
    )


def records_until(
    rack: Unit,
    code: str,
    *,
    bay: PowerBay | None = None,
    times: Mapping[str, datetime] | None = None,
) -> None:
    """Record every step before ``code`` as passed at first attempt, an hour each.

    Args:
        rack: A planned rack; becomes a rack in work.
        code: The first step that is not done.
        bay: Where its bay steps were done.
        times: Starts that matter, by step code; others are the builders' present.
    """
    for step in rack.rack_model.steps.all():
        if step.code == code:
            break
        start = (times or {}).get(step.code, NOW)
        StepRecord.objects.create(
            rack=rack,
            step=step,
            outcome=StepRecord.Outcome.PASSED,
            bay=bay if step.place == Place.BAY else None,
            started_at=start,
            ended_at=start,
            recorded_at=start,
        )
    rack.state = Unit.State.IN_WORK
    rack.save(update_fields=["state"])
