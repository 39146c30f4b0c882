"""The sheets of a site's workbook: which columns they have, and what each takes."""

from dataclasses import dataclass, field

from factory.models import (
    FixedLag,
    Order,
    Part,
    Place,
    PowerNode,
)
from factory.models.routing import PowerClass
from factory.workbook.kinds import (
    Kind,
    amount,
    choice,
    clock,
    code,
    codes,
    day,
    moment,
    text,
    weekday,
    whole,
    yes_or_no,
    zone,
)

MEGA = 1_000_000
YEAR_MIN = 525_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet.

    Attributes:
        name: As in the first row, with the unit in it.
        kind: What a cell takes.
        is_needed: Whether a cell may be left empty.
        refers_to: Sheet and column a code must be found in, or empty.
    """

    name: str
    kind: Kind
    is_needed: bool = False
    refers_to: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet.

    Attributes:
        name: Of the sheet.
        columns: In the template's order.
        key: Columns that together name a row; no two rows share them.
        says: What a row is, for the template.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    says: str
    by_name: dict[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        """Index the columns."""
        object.__setattr__(self, "by_name", {row.name: row for row in self.columns})


def need(name: str, kind: Kind, refers_to: tuple[str, str] | None = None) -> Column:
    """Return a column whose cells must be filled."""
    return Column(name=name, kind=kind, is_needed=True, refers_to=refers_to)


def may(name: str, kind: Kind, refers_to: tuple[str, str] | None = None) -> Column:
    """Return a column whose cells may be empty."""
    return Column(name=name, kind=kind, refers_to=refers_to)


def kilowatts(least: float = 0.001) -> Kind:
    """Take kilowatts, kept as watts."""
    return amount(least, MEGA, per_unit=1_000, unit="kW")


def dollars() -> Kind:
    """Take US dollars, kept as cents."""
    return amount(0, 100 * MEGA, per_unit=100, unit="USD", decimals=2)


def percent() -> Kind:
    """Take a share, kept per mille."""
    return amount(0, 100, per_unit=10, unit="%", decimals=1)


MODEL = ("rack_models", "code")
PART = ("parts", "code")
CALENDAR = ("calendars", "code")

SHEETS: tuple[Sheet, ...] = (
    Sheet(
        name="site",
        says="The one site of this workbook",
        key=("code",),
        columns=(
            need("code", code()),
            need("name", text(80)),
            need("zone", zone()),
            need("contracted_import_kw", kilowatts()),
            may("base_load_day_kw", kilowatts(0)),
            may("base_load_night_kw", kilowatts(0)),
            may("cooling_percent", percent()),
            may("rework_percent", percent()),
            may("bay_stay_limit_h", amount(1, 8_760, per_unit=60, unit="h")),
            may("frozen_days", whole(0, 365)),
            may("slushy_days", whole(0, 365)),
            may("power_owner", text(80)),
        ),
    ),
    Sheet(
        name="power_nodes",
        says="A grid feed, hall or busway; a feed has no parent",
        key=("code",),
        columns=(
            need("code", code()),
            need("kind", choice(PowerNode.Kind.values)),
            may("parent", code(), ("power_nodes", "code")),
            need("limit_kw", kilowatts()),
            may("owner", text(80)),
        ),
    ),
    Sheet(
        name="cooling_loops",
        says="A cooling loop; its limit is heat",
        key=("code",),
        columns=(
            need("code", code()),
            need("name", text(80)),
            need("limit_kw", kilowatts()),
            may("owner", text(80)),
        ),
    ),
    Sheet(
        name="rack_models",
        says="A rack model; liquid_percent is the heat that goes to liquid",
        key=("code",),
        columns=(
            need("code", code()),
            need("name", text(80)),
            need("liquid_percent", percent()),
            may("net_kg", whole(1, 100_000)),
            may("price_usd", dollars()),
        ),
    ),
    Sheet(
        name="bays",
        says="A power bay and the models it takes",
        key=("code",),
        columns=(
            need("code", code()),
            need("node", code(), ("power_nodes", "code")),
            need("loop", code(), ("cooling_loops", "code")),
            need("limit_kw", kilowatts()),
            need("models", codes(), MODEL),
        ),
    ),
    Sheet(
        name="work_centres",
        says="Like places of one kind, counted; bays have a sheet of their own",
        key=("place",),
        columns=(
            need("place", choice([place for place in Place.values if place != "bay"])),
            need("name", text(80)),
            need("count", whole(0, 10_000)),
            may("owner", text(80)),
        ),
    ),
    Sheet(
        name="calendars",
        says="A week of shifts",
        key=("code",),
        columns=(need("code", code()), need("name", text(80))),
    ),
    Sheet(
        name="shifts",
        says="A weekly shift; an end before its start is on the next day",
        key=("calendar", "weekday", "start"),
        columns=(
            need("calendar", code(), CALENDAR),
            need("name", text(40)),
            need("weekday", weekday()),
            need("start", clock()),
            need("end", clock()),
        ),
    ),
    Sheet(
        name="calendar_exceptions",
        says="A date on which a calendar is closed, or open all day",
        key=("calendar", "date"),
        columns=(
            need("calendar", code(), CALENDAR),
            need("date", day()),
            may("is_open", yes_or_no()),
            need("reason", text(120)),
        ),
    ),
    Sheet(
        name="crews",
        says="People of one skill, there in every open shift",
        key=("skill",),
        columns=(
            need("skill", code()),
            need("name", text(80)),
            need("people", whole(0, 10_000)),
            need("calendar", code(), CALENDAR),
            may("owner", text(80)),
        ),
    ),
    Sheet(
        name="routing",
        says="One step of a model; people in eighths of a person",
        key=("model", "code"),
        columns=(
            need("model", code(), MODEL),
            need("op", whole(1, 30_000)),
            need("code", code()),
            need("name", text(80)),
            need("minutes", whole(1, YEAR_MIN)),
            need("place", choice([place for place in Place.values if place != "cart"])),
            may("uses_cart", yes_or_no()),
            need("skill", code(), ("crews", "skill")),
            need("people", amount(0.125, 1_000, per_unit=8, unit="people")),
            may("draw_kw", kilowatts(0)),
            need("power_class", choice(PowerClass.values)),
            may("first_pass_percent", percent()),
            may("rework_min", whole(0, YEAR_MIN)),
        ),
    ),
    Sheet(
        name="lags",
        says="A fixed time before or after the floor, and why it exists",
        key=("model", "code"),
        columns=(
            need("model", code(), MODEL),
            need("when", choice(FixedLag.When.values)),
            need("position", whole(1, 1_000)),
            need("code", code()),
            need("name", text(80)),
            need("minutes", whole(0, YEAR_MIN)),
            need("is_physics", yes_or_no()),
            may("limit", code()),
            need("owner", text(80)),
            need("reason", text(200)),
        ),
    ),
    Sheet(
        name="parts",
        says="Something bought or built",
        key=("code",),
        columns=(
            need("code", text(40)),
            need("name", text(160)),
            may("revision", text(10)),
            may("unit", text(10)),
            may("trace", choice(Part.Trace.values)),
            may("owner", choice(Part.Owner.values)),
            may("sourcing", text(80)),
            may("price_usd", dollars()),
            may("buyer", text(80)),
            may("note", text(300)),
        ),
    ),
    Sheet(
        name="bom",
        says="Pieces a rack: with consumed_at on rack level, with parent in a part",
        key=("model", "part", "parent"),
        columns=(
            need("model", code(), MODEL),
            need("part", text(40), PART),
            may("parent", text(40), PART),
            need("quantity", whole(1, 10 * MEGA)),
            may("consumed_at", code()),
        ),
    ),
    Sheet(
        name="customers",
        says="Who receives racks",
        key=("code",),
        columns=(
            need("code", code()),
            need("name", text(120)),
            may("transit_min", whole(0, YEAR_MIN)),
            may("owner", text(80)),
        ),
    ),
    Sheet(
        name="orders",
        says="An order for racks of one model; the date is that of shipping",
        key=("number",),
        columns=(
            need("number", text(36)),
            need("customer", code(), ("customers", "code")),
            need("model", code(), MODEL),
            need("quantity", whole(1, 10_000)),
            may("service_class", choice(Order.ServiceClass.values)),
            need("received_at", moment()),
            need("requested_date", day()),
            may("late_usd_per_day", dollars()),
        ),
    ),
    Sheet(
        name="stock",
        says="A lot in the house; a hold reason keeps it out of use",
        key=("part", "lot"),
        columns=(
            need("part", text(40), PART),
            need("lot", text(40)),
            need("quantity", whole(0, 100 * MEGA)),
            may("consigned_by", code(), ("customers", "code")),
            may("hold_reason", text(160)),
            need("received_at", moment()),
        ),
    ),
)
"""In the order in which they are kept: what is referred to comes first."""
