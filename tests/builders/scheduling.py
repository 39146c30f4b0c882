"""Rows of scheduling for tests: valid by default, only what matters is stated."""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from factory.models import Order, Place, PowerBay, Site, Unit
from scheduling.clock import SiteClock, quarter_of
from scheduling.engine.problem import Problem, Rack, Resource
from scheduling.engine.schedule import Schedule
from scheduling.models import (
    Blob,
    CustomerPromise,
    GridEvent,
    Pin,
    Plan,
    PlannedRack,
    PlannedStep,
    Run,
    Scenario,
)
from scheduling.snapshot.take import Snapshot, take
from scheduling.storage import store_plan
from tests.builders.factory import NOW
from tests.builders.reference import reference_plan

_numbers = count(1)


def a_clock(zone: str = "America/Monterrey", epoch: datetime = NOW) -> SiteClock:
    """Return the clock of a site whose minute 0 is the builders' present."""
    return SiteClock(epoch=quarter_of(epoch), zone=ZoneInfo(zone))


def a_base_scenario(site: Site) -> Scenario:
    """Return the live data of a site."""
    found, _ = Scenario.objects.get_or_create(
        site=site, is_base=True, defaults={"name": "Live"}
    )
    return found


def a_what_if(site: Site, *adjustments: dict[str, Any], **fields: Any) -> Scenario:
    """Return a what-if that assumes some adjustments, given as JSON objects."""
    return Scenario.objects.create(
        site=site,
        adjustments=list(adjustments),
        **{"name": f"What if {next(_numbers)}"} | fields,
    )


def a_grid_event(site: Site, **fields: Any) -> GridEvent:
    """Return four hours at 3,600 kW, from a day after the builders' present."""
    return GridEvent.objects.create(
        site=site,
        **{
            "name": f"Grid order {next(_numbers)}",
            "starts_at": NOW + timedelta(days=1),
            "ends_at": NOW + timedelta(days=1, hours=4),
            "cap_w": 3_600_000,
            "received_at": NOW,
        }
        | fields,
    )


def a_snapshot(site: Site, as_of: datetime = NOW) -> Snapshot:
    """Return a site's live data at the builders' present."""
    return take(a_base_scenario(site), as_of=as_of)


def resource(snapshot: Snapshot, key: str) -> Resource:
    """Return one limit of a snapshot's problem."""
    return next(one for one in snapshot.problem.resources if one.key == key)


def rack(snapshot: Snapshot, serial: str) -> Rack:
    """Return one rack of a snapshot's problem."""
    return next(one for one in snapshot.problem.racks if one.key == serial)


def a_run(site: Site, **fields: Any) -> Run:
    """Return a run of a site's live data that succeeded at the builders' present."""
    return Run.objects.create(
        **{
            "scenario": a_base_scenario(site),
            "state": Run.State.SUCCEEDED,
            "requested_at": NOW,
            "as_of": NOW,
            "started_at": NOW,
            "ended_at": NOW,
            "fencing_token": 1,
            "attempt": 1,
        }
        | fields
    )


def a_plan(
    site: Site,
    ships: Mapping[Unit, datetime | None],
    *,
    run: Run | None = None,
    epoch: datetime = NOW,
    sentence: str = "",
    limit: str = "",
    **fields: Any,
) -> Plan:
    """Return a plan as rows only, in which every step takes an hour.

    Its blobs are empty: a test that reads problem or schedule stores a real plan.

    Args:
        site: The site.
        ships: When each rack ships; None for one that cannot be planned.
        run: Which made it; one is made if none is given.
        epoch: Minute 0.
        sentence: Why each rack is where it is.
        limit: The limit that binds each rack.
        fields: More of the plan's columns.
    """
    empty, _ = Blob.objects.get_or_create(digest="0" * 64, defaults={"data": b""})
    plan = Plan.objects.create(
        **{
            "run": run or a_run(site),
            "problem": empty,
            "schedule": empty,
            "epoch": epoch,
            "made_at": epoch,
            "event_seq": 0,
            "objective_cents": 0,
            "bound_cents": 0,
            "late_cents": 0,
            "wip_cents": 0,
            "moved_cents": 0,
            "broken_cents": 0,
            "demand_cents": 0,
            "energy_cents": 0,
            "peak_w": 4_000_000,
            "racks": len(ships),
            "late_racks": 0,
            "unplannable_racks": sum(at is None for at in ships.values()),
        }
        | fields
    )
    for unit, at in ships.items():
        _plan_rack(plan, unit, at, limit=limit, sentence=sentence)
    return plan


def _plan_rack(
    plan: Plan, unit: Unit, ships_at: datetime | None, *, limit: str, sentence: str
) -> None:
    """Write one rack's rows, its steps an hour each up to the moment it ships."""
    steps = list(unit.rack_model.steps.all())
    if ships_at is None:
        PlannedRack.objects.create(
            plan=plan,
            rack=unit,
            limit=limit or "material",
            sentence=sentence or f"{unit.serial}: nobody has promised a part.",
            unplannable_code="no_supply",
        )
        return
    bay = PowerBay.objects.filter(site=unit.site).order_by("pk").first()
    rows = [
        PlannedStep(
            plan=plan,
            rack=unit,
            step=step,
            bay=bay if step.place == Place.BAY else None,
            starts_at=ships_at - timedelta(hours=len(steps) - place),
            ends_at=ships_at - timedelta(hours=len(steps) - place - 1),
        )
        for place, step in enumerate(steps)
    ]
    PlannedStep.objects.bulk_create(rows)
    PlannedRack.objects.create(
        plan=plan,
        rack=unit,
        starts_at=rows[0].starts_at,
        ships_at=ships_at,
        limit=limit,
        sentence=sentence,
        owner="Tomás Reyes",
    )


def a_pin(rack: Unit, **fields: Any) -> Pin:
    """Return a pin of a rack's first bay step, a week after the builders' present."""
    if "step" not in fields:
        fields["step"] = rack.rack_model.steps.filter(place=Place.BAY).order_by("op")[0]
    return Pin.objects.create(
        **{
            "rack": rack,
            "starts_at": NOW + timedelta(days=7),
            "reason": "The customer visits.",
            "actor": "user:1",
            "made_at": NOW,
        }
        | fields
    )


def a_promise(order: Order, day: date, **fields: Any) -> CustomerPromise:
    """Return the next revision of what an order's customer is promised."""
    last = CustomerPromise.objects.filter(order=order).order_by("-number").first()
    kinds = CustomerPromise.Kind
    return CustomerPromise.objects.create(
        **{
            "order": order,
            "number": last.number + 1 if last else 1,
            "predecessor": last,
            "kind": kinds.PUSH_OUT if last else kinds.PROMISE,
            "date": day,
            "quantity": order.quantity,
            "reason": "Cable cartridges came late." if last else "",
            "actor": "system",
            "made_at": NOW,
        }
        | fields
    )


def a_running_run(site: Site, token: int = 1, **fields: Any) -> Run:
    """Return a run that a worker holds with a fencing token."""
    return a_run(
        site,
        **{
            "state": Run.State.RUNNING,
            "ended_at": None,
            "fencing_token": token,
            "lease_owner": "worker:1",
            "lease_until": NOW + timedelta(minutes=1),
            "heartbeat_at": NOW,
        }
        | fields,
    )


def a_stored_plan(site: Site, *, as_of: datetime = NOW, **fields: Any) -> Plan:
    """Return a plan of a site's live data that the plain scheduler made.

    Its run has succeeded.
    """
    snapshot = a_snapshot(site, as_of)
    run = a_running_run(site)
    plan = store_plan(
        run=run,
        token=run.fencing_token,
        snapshot=snapshot,
        schedule=reference_plan(snapshot.problem),
        **{"bound_cents": 0} | fields,
    )
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED, ended_at=NOW)
    return Plan.objects.get(pk=plan.pk)


def short_of_material(problem: Problem) -> Schedule:
    """Return a schedule that says of the racks it leaves out that material is short."""
    schedule = reference_plan(problem)
    left_out = tuple(
        dataclasses.replace(
            one, code="no_material", limit="material", sentence=f"{one.rack} is short."
        )
        for one in schedule.unplannable
    )
    return dataclasses.replace(schedule, unplannable=left_out)
