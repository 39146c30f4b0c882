"""Scenarios and runs in any state; valid by default, only what matters is stated."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from factory.models import Site
from scheduling.models import Run, Scenario
from scheduling.services.runs import Lease, claim
from scheduling.services.scenarios import base_scenario
from tests.builders.factory import a_site


def a_scenario(site: Site | None = None) -> Scenario:
    """Return the live data of a site, which is made if none is given."""
    return base_scenario(site or a_site())


def a_run(
    state: str = Run.State.QUEUED, scenario: Scenario | None = None, **changes: Any
) -> Run:
    """Return a run of a scenario of its own, in a state, as its constraints want it."""
    now = timezone.now()
    values: dict[str, Any] = {}
    if state != Run.State.QUEUED:
        values |= {"attempt": 1, "fencing_token": 1, "started_at": now}
    if state == Run.State.RUNNING:
        values |= {
            "lease_owner": "host:1",
            "lease_until": now + timedelta(seconds=30),
            "heartbeat_at": now,
        }
    if state in {Run.State.SUCCEEDED, Run.State.FAILED, Run.State.CANCELLED}:
        values["ended_at"] = now
    if state == Run.State.FAILED:
        values |= {"error_code": "unusable_input", "error": "There are no bays."}
    return Run.objects.create(
        scenario=scenario or a_scenario(), state=state, **values | changes
    )


def a_claimed_run(**changes: Any) -> tuple[Run, Lease]:
    """Return a running run and the lease of the worker that claimed it."""
    run = a_run(**changes)
    lease = claim(run.pk, "host:1")
    assert lease is not None
    run.refresh_from_db()
    return run, lease


def let_lapse(run: Run) -> None:
    """Move the end of a run's lease into the past, as if its worker had died."""
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
