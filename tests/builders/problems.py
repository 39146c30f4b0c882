"""Tiny engine problems: valid by default, only what matters is stated."""

from collections.abc import Iterable, Sequence
from typing import Any

from scheduling.engine.problem import (
    Bay,
    Calendar,
    Curtailment,
    Lag,
    Material,
    Pin,
    PowerClass,
    Prices,
    Problem,
    Progress,
    Rack,
    Resource,
    ResourceKind,
    Running,
    Session,
    SoakRule,
    Step,
    Supply,
    SupplyKind,
    Template,
)
from scheduling.engine.profile import StepFunction, constant
from tests.builders.demo_site import a_demo_like_problem

__all__ = [
    "EPOCH",
    "HORIZON",
    "a_bay",
    "a_bay_step",
    "a_calendar",
    "a_crew",
    "a_curtailment",
    "a_demo_like_problem",
    "a_lag",
    "a_loop",
    "a_manual_step",
    "a_material",
    "a_node",
    "a_pin",
    "a_place",
    "a_problem",
    "a_progress",
    "a_rack",
    "a_running",
    "a_site",
    "a_soak",
    "a_station_step",
    "a_step",
    "a_supply",
    "a_template",
    "amount",
    "prices",
    "soak_rule",
]

EPOCH = "2026-11-23T06:00:00Z"
"""Monday 00:00 in Monterrey."""

HORIZON = 20_160


def amount(*pieces: tuple[int, int]) -> StepFunction:
    """Return the step function with these ``(from minute, value)`` pieces."""
    return StepFunction(
        times=tuple(time for time, _ in pieces),
        values=tuple(value for _, value in pieces),
    )


def _capacity(value: int | StepFunction) -> StepFunction:
    return value if isinstance(value, StepFunction) else constant(value)


def _resource(
    kind: ResourceKind, key: str, capacity: int | StepFunction, calendar: str = ""
) -> Resource:
    return Resource(
        key=key,
        kind=kind,
        label=key.rpartition(":")[-1].capitalize(),
        owner=f"Owner of {key}",
        capacity=_capacity(capacity),
        calendar=calendar,
    )


def a_place(key: str = "place:lane", capacity: int | StepFunction = 10) -> Resource:
    """Return a work centre with that many places."""
    return _resource(ResourceKind.PLACE, key, capacity)


def a_crew(
    key: str = "crew:test",
    capacity: int | StepFunction = 800,
    calendar: str = "calendar:always",
) -> Resource:
    """Return a crew of that many eighths of a person."""
    return _resource(ResourceKind.CREW, key, capacity, calendar)


def a_node(
    key: str = "node:hall", capacity: int | StepFunction = 1_000_000
) -> Resource:
    """Return a power node of that many watts."""
    return _resource(ResourceKind.NODE, key, capacity)


def a_site(
    key: str = "site:main", capacity: int | StepFunction = 1_000_000
) -> Resource:
    """Return the site's import of that many watts."""
    return _resource(ResourceKind.SITE, key, capacity)


def a_loop(
    key: str = "loop:hall", capacity: int | StepFunction = 1_000_000
) -> Resource:
    """Return a cooling loop of that many watts."""
    return _resource(ResourceKind.LOOP, key, capacity)


def a_calendar(
    key: str = "calendar:always",
    windows: Iterable[tuple[int, int]] = ((0, HORIZON),),
) -> Calendar:
    """Return a calendar, open all the time unless windows are given."""
    return Calendar(key=key, open=tuple(windows))


def a_bay(key: str = "bay:1", **changes: Any) -> Bay:
    """Return a bay of 150 kW that takes the default template."""
    values: dict[str, Any] = {
        "key": key,
        "label": key.rpartition(":")[-1].upper(),
        "limit": 150_000,
        "models": ("M",),
        "nodes": ("node:hall",),
        "site": "site:main",
        "loop": "loop:hall",
        "capacity": constant(1),
    }
    values.update(changes)
    values["capacity"] = _capacity(values["capacity"])
    return Bay(**values)


def a_step(code: str = "LEAK", work: int = 60, **changes: Any) -> Step:
    """Return a step outside a bay that runs through once begun."""
    values: dict[str, Any] = {
        "code": code,
        "label": code.capitalize(),
        "work": work,
        "allowance": 0,
        "place": "place:lane",
        "extra": "",
        "crew": "crew:test",
        "crew_eighths": 8,
        "draw": 0,
        "power_class": PowerClass.NON_PREEMPTIVE,
        "session": Session.NONE,
    }
    values.update(changes)
    return Step(**values)


def a_manual_step(code: str = "KIT", work: int = 60, **changes: Any) -> Step:
    """Return a manual step that pauses when its crew's calendar closes."""
    return a_step(
        code,
        work,
        **{"power_class": PowerClass.SHIFT_BOUND, "crew": "crew:hands"} | changes,
    )


def a_station_step(code: str = "PREP", work: int = 60, **changes: Any) -> Step:
    """Return a manual step at an assembly station held with its neighbours."""
    return a_manual_step(
        code,
        work,
        **{"session": Session.STATION, "place": "place:station"} | changes,
    )


def a_bay_step(
    code: str = "FUNC", work: int = 60, draw: int = 50_000, **changes: Any
) -> Step:
    """Return a step in a power bay that is planned to run through."""
    return a_step(
        code,
        work,
        **{
            "place": "",
            "draw": draw,
            "power_class": PowerClass.RESTARTABLE,
            "session": Session.BAY,
        }
        | changes,
    )


def a_soak(work: int = 240, draw: int = 100_000, **changes: Any) -> Step:
    """Return a soak: blocks that may be derated and paused between."""
    return a_bay_step(
        "SOAK",
        work,
        draw,
        **{"power_class": PowerClass.PREEMPTIVE_DERATABLE, "crew_eighths": 1} | changes,
    )


def a_lag(code: str = "L10", minutes: int = 120, **changes: Any) -> Lag:
    """Return a fixed time that physics needs."""
    values: dict[str, Any] = {
        "code": code,
        "label": code,
        "minutes": minutes,
        "owner": f"Owner of {code}",
        "reason": "It takes that long.",
        "is_physics": True,
    }
    values.update(changes)
    return Lag(**values)


def a_material(part: str = "part:x", quantity: int = 1, step: str = "KIT") -> Material:
    """Return the need of one piece at KIT."""
    return Material(part=part, quantity=quantity, step=step)


def a_supply(key: str = "lot:1", **changes: Any) -> Supply:
    """Return ten pieces of part:x in stock; later than minute 0 makes a tranche."""
    values: dict[str, Any] = {
        "key": key,
        "part": "part:x",
        "quantity": 10,
        "available": 0,
        "owner": f"Owner of {key}",
        "label": key,
    }
    values.update(changes)
    values.setdefault(
        "kind", SupplyKind.TRANCHE if values["available"] else SupplyKind.STOCK
    )
    return Supply(**values)


def a_template(key: str = "M", steps: Sequence[Step] = (), **changes: Any) -> Template:
    """Return a routing: kit, fill, soak for four hours, pack."""
    values: dict[str, Any] = {
        "key": key,
        "label": key,
        "steps": tuple(steps)
        or (
            a_manual_step("KIT"),
            a_bay_step("FILL", 30, 1_000, power_class=PowerClass.NON_PREEMPTIVE),
            a_soak(),
            a_manual_step("PACK", 30),
        ),
        "materials": (),
        "liquid_permille": 900,
        "site_permille": 1_108,
    }
    values.update(changes)
    return Template(**values)


def a_running(step: str = "KIT", started: int = -10, remaining: int = 50) -> Running:
    """Return a step under way."""
    return Running(step=step, started=started, remaining=remaining)


def a_progress(**changes: Any) -> Progress:
    """Return what has happened to a rack: nothing unless said."""
    return Progress(**changes)


def a_pin(step: str = "KIT", start: int = 0, bay: str = "") -> Pin:
    """Return a start a planner has fixed."""
    return Pin(step=step, start=start, bay=bay)


def a_rack(key: str = "R1", **changes: Any) -> Rack:
    """Return a rack that may start at once and is due after a day."""
    values: dict[str, Any] = {
        "key": key,
        "order": f"O-{key}",
        "template": "M",
        "received": 0,
        "release": 0,
        "due": 1_440,
        "promise": None,
        "late_cents_per_day": 600_000,
    }
    values.update(changes)
    return Rack(**values)


def a_curtailment(
    start: int = 600, end: int = 840, limit: int = 100_000, key: str = "grid:1"
) -> Curtailment:
    """Return a window of the grid; the site's capacity is the caller's to lower."""
    return Curtailment(
        key=key,
        label="Grid event",
        start=start,
        end=end,
        limit=limit,
        owner="Owner of the grid",
    )


def prices(**changes: Any) -> Prices:
    """Return the default prices with changes."""
    return Prices(**changes)


def soak_rule(**changes: Any) -> SoakRule:
    """Return the default soak rule with changes."""
    return SoakRule(**changes)


def a_problem(**changes: Any) -> Problem:
    """Return one rack, one bay, ample everything, two weeks."""
    values: dict[str, Any] = {
        "site": "S1",
        "zone": "America/Monterrey",
        "epoch": EPOCH,
        "horizon": HORIZON,
        "resources": (
            a_place(),
            a_place("place:station"),
            a_crew(),
            a_crew("crew:hands"),
            a_node(),
            a_site(),
            a_loop(),
        ),
        "calendars": (a_calendar(),),
        "bays": (a_bay(),),
        "templates": (a_template(),),
        "supplies": (),
        "racks": (a_rack(),),
        "base_load": constant(0),
    }
    given = changes.pop("with_resources", ())
    values.update(changes)
    if given:
        replaced = {resource.key: resource for resource in given}
        kept = [replaced.pop(r.key, r) for r in values["resources"]]
        values["resources"] = (*kept, *replaced.values())
    return Problem(**values)
