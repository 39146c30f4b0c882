"""The page of the grid's room: heat maps, flexible contracts, soaks worth shifting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from factory.models import Site
from journal.wording import grouped, kw, percent
from scheduling.charts import curves, heat_map
from scheduling.charts.curves import Curves, Line
from scheduling.charts.heat_map import Heat
from scheduling.engine.idle import Room, Week, bought, free_by_week, room_of
from scheduling.models import FlexibleCurve, GridSeries, Plan
from scheduling.queries.grid import Known, free_hours, known_of
from scheduling.queries.grid_suggestions import (
    Favour,
    Suggestion,
    suggestions_of,
)

BOUGHT_HOURS = (0, 20, 40, 100, 200)


def page_of(site: Site, plan: Plan | None, *, favour: Favour) -> dict[str, Any]:
    """Return everything the page shows. Seven queries.

    Args:
        site: The site.
        plan: The one in force.
        favour: What shifted soaks are to save first.
    """
    zone = ZoneInfo(site.zone)
    series = {
        kind: GridSeries.objects.filter(site=site, kind=kind).first()
        for kind in GridSeries.Kind
    }
    load = series[GridSeries.Kind.LOAD]
    room = room_of(load.values, load.starts_at, zone) if load else None
    known = known_of(plan)
    curve = FlexibleCurve.objects.filter(site=site).order_by("-pk").first()
    free = idle = None
    if known is not None:
        week = _free(known, site, zone)
        free = Heat(label="Free kilowatts of the site", week=week, worded=_kw)
    if room is not None:
        idle = Heat(label="Room on the grid", week=room.week, worded=percent)
    drawn = _drawn(curve) if curve else None
    shifts = suggestions_of(known, series, zone, room, favour) if known else []
    return {
        "room": room,
        "series": [one for one in series.values() if one is not None],
        "lede": _lede(room),
        "free": heat_map.heat_map(free) if free else "",
        "free_table": heat_map.table(free) if free else None,
        "idle": heat_map.heat_map(idle) if idle else "",
        "idle_table": heat_map.table(idle) if idle else None,
        "bought": _bought(load) if load else [],
        "curve": curve,
        "curve_plot": curves.curves(drawn) if drawn else "",
        "curve_table": curves.table(drawn) if drawn else None,
        "curve_words": _words(curve, site) if curve else "",
        "suggestions": shifts,
        "saved": _saved(shifts),
        "tabs": _tabs(series, favour),
    }


@dataclass(frozen=True, slots=True)
class Saved:
    """What all suggestions save together, each by itself.

    Attributes:
        cents: Money.
        kg: Kilograms of CO2.
    """

    cents: int
    kg: float


def _saved(shifts: Sequence[Suggestion]) -> Saved:
    return Saved(
        sum(one.saved_cents for one in shifts), sum(one.saved_kg for one in shifts)
    )


def _tabs(
    series: Mapping[GridSeries.Kind, GridSeries | None], favour: Favour
) -> list[dict[str, Any]]:
    """Return what may be favoured: what a series is known of."""
    names = {
        Favour.MONEY: ("Money first", GridSeries.Kind.PRICE),
        Favour.CARBON: ("Carbon first", GridSeries.Kind.CARBON),
        Favour.ROOM: ("Room first", GridSeries.Kind.LOAD),
    }
    return [
        {"label": label, "url": f"?saves={one}#shift", "current": one is favour}
        for one, (label, kind) in names.items()
        if series[kind] is not None
    ]


def _lede(room: Room | None) -> str:
    if room is None:
        return "No load series of the grid is known yet."
    return (
        f"The grid runs at {percent(room.mean_share)} of its peak on average, and "
        f"above 80 % in {percent(room.high_share, 1)} of hours."
    )


def _kw(watts: float) -> str:
    return kw(round(watts))


def _free(known: Known, site: Site, zone: ZoneInfo) -> Week:
    start, free = free_hours(known, site)
    return free_by_week(free, start, zone)["mean"]


def _bought(load: GridSeries) -> list[tuple[int, str]]:
    """Return megawatts of new load that fit below the old peak, by curtailed hours."""
    found = bought(load.values, BOUGHT_HOURS)
    return [(hours, grouped(megawatts)) for hours, megawatts in found.items()]


def _drawn(curve: FlexibleCurve) -> Curves:
    """Return racks a week over import, a line for each number of hours and firm."""
    lines: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for point in curve.points:
        firm = point["firm_w"] if point["hours"] else 0
        lines.setdefault((point["hours"], firm), []).append(
            (point["import_w"], point["racks_per_week"])
        )
    return Curves(
        label="Racks a week by import and curtailed hours",
        x_name="Import",
        y_name="Racks a week",
        lines=[
            Line(
                name=f"{hours} h at {kw(firm)}" if hours else "all firm",
                points=sorted(points),
            )
            for (hours, firm), points in sorted(lines.items())
        ],
        x_worded=_kw,
        y_worded=lambda racks: grouped(racks, 1),
    )


def _words(curve: FlexibleCurve, site: Site) -> str:
    """Return what the best flexible contract with few hours would allow."""
    firm = [one for one in curve.points if not one["hours"]]
    flexible = [one for one in curve.points if one["hours"]]
    if not firm or not flexible:
        return ""
    today = min(firm, key=lambda one: abs(one["import_w"] - site.contracted_import_w))
    best = max(flexible, key=lambda one: (one["racks_per_week"], -one["hours"]))
    more = best["import_w"] - today["import_w"]
    return (
        f"At most {best['hours']} hours a year at {kw(best['firm_w'])} buy "
        f"{kw(more)} now: {grouped(today['racks_per_week'], 1)} racks a week become "
        f"{grouped(best['racks_per_week'], 1)}."
    )
