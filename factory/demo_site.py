"""The demo's site and products as rows: limits, people, routings, parts, customers."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from factory.demo_data import read_data
from factory.models import (
    BomLine,
    Calendar,
    CalendarException,
    CoolingLoop,
    Crew,
    Customer,
    FixedLag,
    Outage,
    Part,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    WorkCentre,
)

HOLIDAY_YEARS = 4
_SITE_FIELDS = (
    "code",
    "name",
    "zone",
    "contracted_import_w",
    "averaging_min",
    "ratchet_percent",
    "ramp_w_per_min",
    "demand_cents_per_kw_month",
    "energy_cents_per_mwh",
    "base_load_day_w",
    "base_load_night_w",
    "cooling_permille",
    "rework_permille",
    "receiving_min",
    "frozen_days",
    "slushy_days",
)


def build_products() -> tuple[dict[str, RackModel], dict[str, Part]]:
    """Write models, routings, lags, parts and BOMs; return models, parts by code."""
    data = read_data("routing")
    models = {row["code"]: RackModel.objects.create(**row) for row in data["models"]}
    for code, model in models.items():
        RoutingStep.objects.bulk_create(
            RoutingStep(
                rack_model=model,
                **row
                | {"minutes": row["minutes"][code], "draw_w": row["draw_w"][code]},
            )
            for row in data["steps"]
        )
        FixedLag.objects.bulk_create(
            FixedLag(rack_model=model, **row) for row in data["lags"]
        )
    return models, _build_parts(models)


def _build_parts(models: dict[str, RackModel]) -> dict[str, Part]:
    """Write the forty parts and what goes into what."""
    rows = read_data("components")
    fields = (
        "code",
        "name",
        "revision",
        "unit",
        "trace",
        "owner",
        "sourcing",
        "price_cents",
        "buyer",
        "note",
    )
    parts = {
        part.code: part
        for part in Part.objects.bulk_create(
            Part(**{name: row[name] for name in fields}) for row in rows
        )
    }
    for code, model in models.items():
        steps = {step.code: step for step in model.steps.all()}
        BomLine.objects.bulk_create(
            BomLine(
                rack_model=model,
                part=parts[row["code"]],
                parent=parts[row["parent"]] if row["parent"] else None,
                quantity=row["quantity"][code],
                consumed_at=steps[row["consumed_at"]] if row["consumed_at"] else None,
            )
            for row in rows
            if row["quantity"][code]
        )
    return parts


def build_site(models: dict[str, RackModel], as_of: datetime) -> Site:
    """Write the site, its power tree, loops, bays, places, crews and calendars.

    Args:
        models: Rack models by code, which bays support.
        as_of: The present; the outage of hall B's cooling lasts until ten days later.
    """
    data = read_data("site")
    site = Site.objects.create(
        **{name: data[name] for name in _SITE_FIELDS},
        night_from=time.fromisoformat(data["night_from"]),
        night_to=time.fromisoformat(data["night_to"]),
        power_owner=data["owners"]["power"],
    )
    loops = _build_power(site, models, data)
    _build_people(site, data, as_of)
    outage = data["cooling_outage"]
    zone = ZoneInfo(site.zone)
    ends = as_of.astimezone(zone).date() + timedelta(days=outage["until_day"])
    Outage.objects.create(
        site=site,
        loop=loops[outage["hall"]],
        starts_at=as_of - timedelta(days=6),
        ends_at=datetime.combine(ends, time(), tzinfo=zone),
        remaining=outage["remaining_w"],
        reason=outage["reason"],
    )
    return site


def build_customers() -> tuple[Customer, ...]:
    """Write the fictional customers."""
    rows = read_data("site")["customers"]
    return tuple(Customer.objects.bulk_create(Customer(**row) for row in rows))


def _build_power(
    site: Site, models: dict[str, RackModel], data: dict[str, Any]
) -> dict[str, CoolingLoop]:
    """Write feed, halls, busways, loops and bays; return the loops by hall."""
    owners = data["owners"]
    feed = PowerNode.objects.create(
        site=site,
        code="GRID",
        kind=PowerNode.Kind.FEED,
        limit_w=site.contracted_import_w,
        ramp_w_per_min=site.ramp_w_per_min,
        owner=owners["power"],
    )
    loops = {}
    for row in data["halls"]:
        hall = PowerNode.objects.create(
            site=site,
            parent=feed,
            code=row["code"],
            kind=PowerNode.Kind.HALL,
            limit_w=row["limit_w"],
            owner=owners["power"],
        )
        busways = [
            PowerNode.objects.create(
                site=site,
                parent=hall,
                kind=PowerNode.Kind.BUSWAY,
                owner=owners["power"],
                **busway,
            )
            for busway in row["busways"]
        ]
        loop = CoolingLoop.objects.create(
            site=site,
            code=row["code"],
            name=f"Cooling {row['code']}",
            limit_w=row["cooling_w"],
            owner=owners["cooling"],
        )
        loops[row["code"]] = loop
        for number in range(row["bays"]):
            bay = PowerBay.objects.create(
                site=site,
                code=f"{row['code']}{number + 1:02}",
                node=busways[number * len(busways) // row["bays"]],
                loop=loop,
                limit_w=row["bay_limit_w"],
            )
            bay.supported_models.add(*(models[code] for code in row["models"]))
    return loops


def _build_people(site: Site, data: dict[str, Any], as_of: datetime) -> None:
    """Write work centres, calendars with shifts and holidays, and crews."""
    owners = data["owners"]
    WorkCentre.objects.bulk_create(
        WorkCentre(site=site, owner=owners["places"], **row)
        for row in data["work_centres"]
    )
    calendars = {}
    for row in data["calendars"]:
        calendar = Calendar.objects.create(
            site=site, code=row["code"], name=row["name"]
        )
        calendars[row["code"]] = calendar
        Shift.objects.bulk_create(
            Shift(calendar=calendar, weekday=weekday, **shift)
            for weekday in row["weekdays"]
            for shift in data["shifts"]
        )
        CalendarException.objects.bulk_create(
            CalendarException(
                calendar=calendar,
                date=date.fromisoformat(f"{as_of.year + year}-{day}"),
                reason="Public holiday",
            )
            for year in range(HOLIDAY_YEARS)
            for day in row["closed"]
        )
    Crew.objects.bulk_create(
        Crew(
            site=site,
            owner=owners["people"],
            **row | {"calendar": calendars[row["calendar"]]},
        )
        for row in data["crews"]
    )
