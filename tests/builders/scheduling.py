"""Rows of scheduling for tests: valid by default, only what matters is stated."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from factory.models import Site
from scheduling.clock import SiteClock, quarter_of
from scheduling.engine.problem import Rack, Resource
from scheduling.models import GridEvent, Scenario
from scheduling.snapshot.take import Snapshot, take
from tests.builders.factory import NOW

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
