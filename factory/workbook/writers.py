"""Each sheet's lines as rows, in the order of their references.

Nothing is ever deleted, but the shifts of a calendar are replaced as a whole.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from factory.models import (
    BomLine,
    Calendar,
    CalendarException,
    CoolingLoop,
    Crew,
    Customer,
    FixedLag,
    Order,
    Part,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    StockLot,
    WorkCentre,
)
from factory.services.orders import (
    OrderPush,
    OrderRefusedError,
    push_order,
)
from factory.workbook.keeper import Keeper
from factory.workbook.layout import SHEETS
from factory.workbook.read import Book, Line
from journal.telling import Did
from journal.upserts import UpsertOutcome

SYSTEM = "workbook"
DAY_MIN = 1_440


def keep(book: Book, keeper: Keeper) -> None:
    """Write a whole workbook. The caller has opened a transaction.

    What the database refuses is a finding; the caller then rolls back.
    """
    for sheet in SHEETS:
        write = _WHOLE_SHEETS.get(sheet.name, _one_by_one)
        write(keeper, book[sheet.name])
        if keeper.kept_site is None:
            return


def _one_by_one(keeper: Keeper, lines: list[Line]) -> None:
    """Keep lines that do not depend on each other."""
    for line in lines:
        try:
            _WRITERS[line.sheet](keeper, line, line.values)
        except ObjectDoesNotExist:
            keeper.findings.add(
                f"{line.sheet} row {line.number}: refers to a row that is refused."
            )


def _site(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    site = keeper.put(
        line,
        Site,
        {"code": has["code"]},
        {
            "name": has["name"],
            "zone": has["zone"],
            "contracted_import_w": has["contracted_import_kw"],
            "base_load_day_w": has.get("base_load_day_kw"),
            "base_load_night_w": has.get("base_load_night_kw"),
            "cooling_permille": has.get("cooling_percent"),
            "rework_permille": has.get("rework_percent"),
            "bay_stay_limit_min": has.get("bay_stay_limit_h"),
            "frozen_days": has.get("frozen_days"),
            "slushy_days": has.get("slushy_days"),
            "power_owner": has.get("power_owner"),
        },
    )
    keeper.kept_site = site


def _power_nodes(keeper: Keeper, lines: list[Line]) -> None:
    """Keep the power tree from the feeds down, in whatever order it is written."""
    kept = {node.code: node for node in keeper.site.power_nodes.all()}
    given = {str(line.values["code"]) for line in lines}
    waiting = lines
    while waiting:
        ready = [
            line
            for line in waiting
            if (above := line.values.get("parent")) is None
            or (above in kept and above not in given)
        ]
        if not ready:
            for line in waiting:
                above = line.values.get("parent")
                keeper.findings.at(
                    line.sheet, line.number, "parent", f"is {above}, which hangs on it"
                )
            return
        for line in ready:
            has: dict[str, Any] = line.values
            given.discard(has["code"])
            node = keeper.put(
                line,
                PowerNode,
                {"site": keeper.site, "code": has["code"]},
                {
                    "kind": has["kind"],
                    "parent": kept.get(has.get("parent", "")),
                    "limit_w": has["limit_kw"],
                    "owner": has.get("owner"),
                },
            )
            if node is not None:
                kept[node.code] = node
        done = {line.number for line in ready}
        waiting = [line for line in waiting if line.number not in done]


def _cooling_loop(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        CoolingLoop,
        {"site": keeper.site, "code": has["code"]},
        {"name": has["name"], "limit_w": has["limit_kw"], "owner": has.get("owner")},
    )


def _rack_model(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        RackModel,
        {"code": has["code"]},
        {
            "name": has["name"],
            "liquid_permille": has["liquid_percent"],
            "net_kg": has.get("net_kg"),
            "price_cents": has.get("price_usd"),
        },
    )


def _bay(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    site = keeper.site
    counted = keeper.made["bays"] + keeper.changed["bays"]
    bay = keeper.put(
        line,
        PowerBay,
        {"site": site, "code": has["code"]},
        {
            "node": site.power_nodes.get(code=has["node"]),
            "loop": site.cooling_loops.get(code=has["loop"]),
            "limit_w": has["limit_kw"],
        },
    )
    models = set(RackModel.objects.filter(code__in=has["models"]))
    if bay is None or (before := set(bay.supported_models.all())) == models:
        return
    bay.supported_models.set(models)
    if keeper.made["bays"] + keeper.changed["bays"] == counted:
        keeper.changed["bays"] += 1
        keeper.note(
            bay,
            Did.CHANGED,
            before={"supported_models": {model.code for model in before}},
            after={"supported_models": {model.code for model in models}},
        )


def _work_centre(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        WorkCentre,
        {"site": keeper.site, "place": has["place"]},
        {"name": has["name"], "count": has["count"], "owner": has.get("owner")},
    )


def _calendar(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        Calendar,
        {"site": keeper.site, "code": has["code"]},
        {"name": has["name"]},
    )


def _shifts(keeper: Keeper, lines: list[Line]) -> None:
    """Replace the shifts of each calendar that differ from the sheet's."""
    wanted: dict[str, set[tuple[Any, ...]]] = {}
    for line in lines:
        has: dict[str, Any] = line.values
        end = has["end"] + DAY_MIN * (has["end"] <= has["start"])
        wanted.setdefault(has["calendar"], set()).add(
            (has["name"], has["weekday"], has["start"], end)
        )
    for code, rows in wanted.items():
        calendar = keeper.site.calendars.filter(code=code).first()
        if calendar is None:
            keeper.findings.add(f"shifts: calendar {code} is refused.")
            continue
        fields = ("name", "weekday", "start_min", "end_min")
        before = set(calendar.shifts.values_list(*fields))
        if before == rows:
            continue
        calendar.shifts.all().delete()
        Shift.objects.bulk_create(
            Shift(calendar=calendar, **dict(zip(fields, row, strict=True)))
            for row in sorted(rows, key=lambda row: row[1:])
        )
        keeper.changed["shifts"] += len(rows)
        keeper.note(
            calendar, Did.CHANGED, before={"shifts": before}, after={"shifts": rows}
        )


def _exception(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        CalendarException,
        {
            "calendar": keeper.site.calendars.get(code=has["calendar"]),
            "date": has["date"],
        },
        {"is_open": has.get("is_open"), "reason": has["reason"]},
    )


def _crew(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        Crew,
        {"site": keeper.site, "skill": has["skill"]},
        {
            "name": has["name"],
            "people": has["people"],
            "calendar": keeper.site.calendars.get(code=has["calendar"]),
            "owner": has.get("owner"),
        },
    )


def _step(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        RoutingStep,
        {
            "rack_model": RackModel.objects.get(code=has["model"]),
            "code": has["code"],
        },
        {
            "op": has["op"],
            "name": has["name"],
            "minutes": has["minutes"],
            "place": has["place"],
            "uses_cart": has.get("uses_cart"),
            "skill": has["skill"],
            "crew_eighths": has["people"],
            "draw_w": has.get("draw_kw"),
            "power_class": has["power_class"],
            "first_pass_permille": has.get("first_pass_percent"),
            "rework_min": has.get("rework_min"),
        },
    )


def _lag(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    names = ("when", "position", "name", "minutes", "is_physics", "owner", "reason")
    keeper.put(
        line,
        FixedLag,
        {
            "rack_model": RackModel.objects.get(code=has["model"]),
            "code": has["code"],
        },
        {name: has[name] for name in names} | {"limit": has.get("limit")},
    )


def _part(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    names = ("revision", "unit", "trace", "owner", "sourcing", "buyer", "note")
    keeper.put(
        line,
        Part,
        {"code": has["code"]},
        {"name": has["name"], "price_cents": has.get("price_usd")}
        | {name: has.get(name) for name in names},
    )


def _bom_line(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    model = RackModel.objects.get(code=has["model"])
    parent = Part.objects.get(code=has["parent"]) if "parent" in has else None
    step = model.steps.get(code=has["consumed_at"]) if "consumed_at" in has else None
    keeper.put(
        line,
        BomLine,
        {
            "rack_model": model,
            "part": Part.objects.get(code=has["part"]),
            "parent": parent,
        },
        {"quantity": has["quantity"], "consumed_at": step},
    )


def _customer(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    keeper.put(
        line,
        Customer,
        {"code": has["code"]},
        {
            "name": has["name"],
            "transit_min": has.get("transit_min"),
            "owner": has.get("owner"),
        },
    )


def _order(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    """Push an order as an ERP would, racks and events included."""
    number = has["number"]
    try:
        with transaction.atomic():
            order, outcome = push_order(
                push=OrderPush(
                    external_id=number,
                    revision=0,
                    number=number,
                    customer=has["customer"],
                    site=keeper.site.code,
                    rack_model=has["model"],
                    quantity=has["quantity"],
                    requested_date=has["requested_date"],
                    received_at=keeper.moment(has["received_at"]),
                    service_class=Order.ServiceClass(
                        has.get("service_class", Order.ServiceClass.FIRM)
                    ),
                ),
                system=SYSTEM,
                actor=keeper.actor,
            )
    except OrderRefusedError as error:
        keeper.findings.add(f"{line.sheet} row {line.number}, {error.field}: {error}")
        return
    late = has.get("late_usd_per_day", order.late_cents_per_day)
    is_changed = order.late_cents_per_day != late
    if is_changed:
        keeper.note(
            order,
            Did.CHANGED,
            before={"late_cents_per_day": order.late_cents_per_day},
            after={"late_cents_per_day": late},
        )
        order.late_cents_per_day = late
        order.save(update_fields=["late_cents_per_day"])
    if outcome == UpsertOutcome.CREATED:
        keeper.made["orders"] += 1
    elif outcome == UpsertOutcome.UPDATED or is_changed:
        keeper.changed["orders"] += 1


def _lot(keeper: Keeper, line: Line, has: dict[str, Any]) -> None:
    owner = has.get("consigned_by")
    hold = has.get("hold_reason", "")
    keeper.put(
        line,
        StockLot,
        {
            "site": keeper.site,
            "part": Part.objects.get(code=has["part"]),
            "lot": has["lot"],
        },
        {
            "quantity": has["quantity"],
            "consigned_by": Customer.objects.get(code=owner) if owner else None,
            "is_on_hold": bool(hold),
            "hold_reason": hold,
            "received_at": keeper.moment(has["received_at"]),
            "source": "Workbook",
        },
    )


Writer = Callable[[Keeper, Line, dict[str, Any]], None]

_WRITERS: dict[str, Writer] = {
    "site": _site,
    "cooling_loops": _cooling_loop,
    "rack_models": _rack_model,
    "bays": _bay,
    "work_centres": _work_centre,
    "calendars": _calendar,
    "calendar_exceptions": _exception,
    "crews": _crew,
    "routing": _step,
    "lags": _lag,
    "parts": _part,
    "bom": _bom_line,
    "customers": _customer,
    "orders": _order,
    "stock": _lot,
}

_WHOLE_SHEETS: dict[str, Callable[[Keeper, list[Line]], None]] = {
    "power_nodes": _power_nodes,
    "shifts": _shifts,
}
