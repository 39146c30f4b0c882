"""What happened since a plan was made makes it stale, one line a cause."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from factory.models import PartAlternate
from journal.sequencing import sequence
from journal.services import append_events, record
from journal.telling import Did, told
from scheduling.staleness import SITES, facts_newer_than
from tests.builders.factory import NOW, a_fixed_lag, a_part, a_rack_model, a_site
from tests.builders.journal import an_event
from tests.builders.scheduling import a_grid_event, a_plan
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_declared_capacity,
    a_line,
    a_source,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def a_fact(about, kind="order.changed", **fields):
    return record(
        kind=kind, about=about, actor="system", **{"summary": "It changed"} | fields
    )


def sentences(plan):
    return [fact.sentence for fact in facts_newer_than(plan)]


def test_events_the_plan_knew_are_not_newer():
    world = a_small_world()
    known = a_fact(world.order)
    sequence(limit=10)
    known.refresh_from_db()

    assert facts_newer_than(a_plan(world.site, {}, event_seq=known.seq)) == []


def test_an_event_without_a_number_counts_as_newer():
    world = a_small_world()
    plan = a_plan(world.site, {}, event_seq=1_000)
    event = a_fact(world.order, summary=f"{world.order.number} changed")

    (fact,) = facts_newer_than(plan)

    assert fact.sentence == f"{world.order.number} changed."
    assert (fact.count, fact.at, fact.kind) == (1, event.at, "order.changed")


def test_several_events_about_one_object_are_one_fact_told_by_the_last():
    world = a_small_world()
    plan = a_plan(world.site, {})
    for number in (1, 2, 3):
        last = a_fact(world.order, summary=f"Change {number}")

    (fact,) = facts_newer_than(plan)

    assert (fact.sentence, fact.count, fact.at) == ("Change 3.", 3, last.at)


def test_several_objects_of_one_cause_are_one_fact():
    world = a_small_world()
    plan = a_plan(world.site, {})
    for _ in range(3):
        line = a_line(site=world.site)
        a_fact(
            line.commitment,
            "commitment.changed",
            cause="event:81",
            summary="Couplings of lot L-88213 are recalled",
        )

    (fact,) = facts_newer_than(plan)

    assert fact.sentence == "Couplings of lot L-88213 are recalled."
    assert (fact.count, fact.limit) == (3, "material")


def test_a_suppliers_promise_is_a_fact_of_the_site_it_is_for():
    here, elsewhere = a_small_world(), a_small_world()
    plan, other = a_plan(here.site, {}), a_plan(elsewhere.site, {})
    a_commitment(a_line(site=here.site), [(TODAY, 90)])

    assert len(facts_newer_than(plan)) == 1
    assert facts_newer_than(other) == []


def test_what_changes_no_plan_is_no_fact():
    world = a_small_world()
    plan = a_plan(world.site, {})
    a_fact(plan.run, "run.requested")
    a_fact(a_line(site=world.site).commitment, "commitment.acknowledged")
    a_fact(world.order, "plan.published")
    an_event(kind="order.changed", object_type="order", object_id="999999")

    assert facts_newer_than(plan) == []


def test_work_going_on_is_one_line_and_a_failure_its_own():
    world = a_small_world()
    plan = a_plan(world.site, {})
    for unit in world.racks[:2]:
        a_fact(unit, "step.started")
    failed = world.racks[2]
    a_fact(failed, "step.started")
    a_fact(failed, "step.failed", summary="KIT failed")

    facts = {fact.sentence: fact for fact in facts_newer_than(plan)}

    assert set(facts) == {"KIT failed.", "2\u00a0steps begun or passed on the floor."}
    assert facts["KIT failed."].limit == "rework"
    assert facts["KIT failed."].count == 2


def test_the_newest_comes_first():
    world = a_small_world()
    plan = a_plan(world.site, {})
    a_fact(world.order, summary="First")
    a_fact(a_grid_event(world.site), "grid.event_received", summary="Second")

    assert sentences(plan) == ["Second.", "First."]


def test_queries_do_not_grow_with_events(django_assert_max_num_queries):
    world = a_small_world()
    plan = a_plan(world.site, {}, epoch=NOW - timedelta(days=1))
    for _ in range(5):
        a_commitment(a_line(site=world.site), [(TODAY, 90)])
        a_fact(world.order)

    with django_assert_max_num_queries(5):
        facts_newer_than(plan)


def test_a_capacity_a_supplier_declared_is_a_fact_of_the_sites_it_delivers_to():
    world, elsewhere = a_small_world(), a_small_world()
    plan, other = a_plan(world.site, {}), a_plan(elsewhere.site, {})
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    supplier = line.purchase_order.supplier
    a_source(supplier, line.part)

    a_declared_capacity(supplier, line.part, per_week=12)

    (fact,) = facts_newer_than(plan)
    assert "12 a week" in fact.sentence
    assert facts_newer_than(other) == []


def test_a_changed_bill_is_a_fact_where_its_model_is_ordered_and_stock_where_it_lies():
    world = a_small_world()
    plan = a_plan(world.site, {})
    a_fact(world.model, "bom.changed", summary="Bill changed")
    a_fact(world.bays[0], "power_bay.changed", summary="Bay changed")
    a_fact(a_rack_model(), "bom.changed", summary="Another bill changed")

    assert {fact.sentence: fact.limit for fact in facts_newer_than(plan)} == {
        "Bill changed.": "material",
        "Bay changed.": "bay",
    }


def test_an_alternate_approved_or_withdrawn_is_a_fact_where_its_part_is_needed(client):
    world = a_small_world()
    plan, elsewhere = a_plan(world.site, {}), a_plan(a_site(), {})
    sensor = world.parts["SENSOR"]
    other = a_part("SENSOR-B")
    client.force_login(User.objects.create_superuser("root"))

    _edit_alternates(client, sensor, {"alternate": other.pk})
    (approved,) = facts_newer_than(plan)
    row = PartAlternate.objects.get()
    _edit_alternates(
        client, sensor, {"id": row.pk, "alternate": other.pk, "DELETE": "on"}
    )
    (withdrawn,) = facts_newer_than(plan)

    assert approved.kind == "alternate.approved"
    assert approved.sentence == f"SENSOR-B in place of {sensor.code}: approved."
    assert approved.limit == "material"
    assert withdrawn.kind == "alternate.withdrawn"
    assert not PartAlternate.objects.exists()
    assert facts_newer_than(elsewhere) == []


def _edit_alternates(client, part, row):
    """Save a part in the admin with one row of its alternates."""
    fields = {
        name: getattr(part, name)
        for name in ("code", "name", "revision", "unit", "trace", "owner")
    }
    row = {"valid_from": f"{TODAY}", "approved_by": "Quality", "part": part.pk} | row
    answer = client.post(
        reverse("admin:factory_part_change", args=[part.pk]),
        fields
        | {
            "price_cents": 0,
            "alternates-TOTAL_FORMS": 1,
            "alternates-INITIAL_FORMS": int("id" in row),
        }
        | {f"alternates-0-{name}": value for name, value in row.items()},
    )
    assert answer.status_code == 302


@pytest.mark.parametrize("object_type", SITES)
def test_every_kind_of_object_has_a_way_to_its_site(object_type):
    way = SITES[object_type]

    assert list(way.rows().values_list(way.key, way.site)[:1]) == []


def test_a_changed_routing_step_is_about_the_sites_that_can_build_its_model():
    world = a_small_world()
    plan = a_plan(world.site, {})
    a_fact(world.model.steps.first(), "routing_step.changed", summary="Burn-in longer")

    assert sentences(plan) == ["Burn-in longer."]


def test_a_crew_that_is_gone_is_still_known_by_its_site():
    world = a_small_world()
    other = a_small_world()
    crew = world.site.crews.first()
    plans = [a_plan(one.site, {}) for one in (world, other)]
    event = told(crew, Did.DELETED, actor="user:1")
    crew.delete()
    append_events([event])

    assert [sentences(plan) for plan in plans] == [[f"Crew {crew} deleted."], []]


def test_a_step_or_wait_that_is_gone_is_still_known_by_its_model():
    world, elsewhere = a_small_world(), a_small_world()
    plans = [a_plan(one.site, {}) for one in (world, elsewhere)]
    step = world.model.steps.last()
    lag = a_fixed_lag(world.model, code="GONE")
    events = [told(row, Did.DELETED, actor="user:1") for row in (step, lag)]
    names = [f"Fixed lag {lag} deleted.", f"Routing step {step} deleted."]
    step.delete()
    lag.delete()
    append_events(events)

    assert [sorted(sentences(plan)) for plan in plans] == [names, []]
