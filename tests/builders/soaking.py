"""A site whose racks are in soak when the grid asks, and plans put in force there."""

from datetime import timedelta

from scheduling.services.publish import preview, publish
from tests.builders.factory import NOW, a_step_record, records_until
from tests.builders.scheduling import a_base_scenario
from tests.builders.world import a_small_world

HOUR = timedelta(hours=1)


def a_soaking_world():
    """Return a site with two racks in soak since an hour, and no plan."""
    world = a_small_world(racks=2)
    a_base_scenario(world.site)
    for bay, one in zip(world.bays, world.racks, strict=True):
        codes = world.model.steps.values_list("code", flat=True)
        records_until(one, "SOAK", bay=bay, times=dict.fromkeys(codes, NOW - 2 * HOUR))
        a_step_record(one, "SOAK", bay=bay, started_at=NOW - HOUR, outcome="running")
    return world


def put_in_force(plan, by=None):
    """Publish a plan as it is, with a signature under each promise it breaks."""
    diff = preview(plan)
    return publish(
        plan=plan,
        by=by,
        actor="user:7",
        acknowledged={one.order.number: "The grid asked." for one in diff.broken},
        expected_previous=diff.previous_number,
    )
