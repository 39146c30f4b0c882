"""A storm of faults over many runs: every one ends, none ends twice."""

import random
import time
from collections import Counter

import pytest

from journal.models import Event
from scheduling.models import Plan, Run
from scheduling.services import runs
from scheduling.services.scenarios import base_scenario
from tests.builders.system import a_system, ended, freeze, kill, thaw
from tests.builders.world import a_small_world

SEED = 20_261_122
RUNS = 50
ENDS = {"run.succeeded", "run.failed", "run.cancelled"}


@pytest.fixture
def system(tmp_path):
    """Return a broker and a dispatcher of our own."""
    found = a_system(tmp_path, RUN_LEASE_S="2")
    if found is None:
        pytest.skip("this machine has neither a bundled nor an own broker")
    yield found
    found.stop()
    print(found.logs())  # noqa: T201 - shown when the test fails


def strike(system, draw):
    """Do one harm at random, and undo what does not undo itself."""
    harm = draw.choice(("worker", "broker", "dispatcher", "sleep", "nothing"))
    workers = system.have_workers(2)
    if harm == "worker":
        kill(draw.choice(workers))
    elif harm == "broker":
        kill(system.broker.process)
        time.sleep(draw.uniform(0.3, 4.0))
        system.start_broker()
    elif harm == "dispatcher":
        kill(system.dispatcher)
        system.start_dispatcher()
    elif harm == "sleep":
        sleeper = draw.choice(workers)
        freeze(sleeper)
        time.sleep(draw.uniform(0.3, 5.0))
        thaw(sleeper)
    return harm


@pytest.mark.soak
@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_every_run_of_a_storm_ends_once_with_one_plan_at_most(system):
    draw = random.Random(SEED)
    scenario = base_scenario(a_small_world(racks=8).site)
    harms, waits_s = Counter(), []

    for number in range(RUNS):
        system.have_workers(2)
        run = runs.request_run(
            scenario=scenario, by=None, actor="system", time_limit_s=2
        )
        time.sleep(draw.uniform(0.0, 3.0))
        harms[strike(system, draw)] += 1
        if number % 10 == 9 and not Run.objects.get(pk=run.pk).is_finished:
            runs.cancel(run=run, actor="system")
        ended(run, within_s=60)
        waits_s.append((run.ended_at - run.requested_at).total_seconds())

    print(harms, f"slowest {max(waits_s):.1f} s")  # noqa: T201
    for run in Run.objects.all():
        ends = Event.objects.filter(
            object_type="run", object_id=run.pk, kind__in=ENDS
        ).values_list("kind", flat=True)
        assert list(ends) == [f"run.{run.state}"]
        assert Plan.objects.filter(run=run).count() <= 1
        assert run.state != Run.State.SUCCEEDED or hasattr(run, "plan")
    assert not Run.objects.filter(state=Run.State.FAILED).exists()
