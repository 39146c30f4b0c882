"""A schedule becomes rows that add up, or nothing is written."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from scheduling.blobs import load_problem, load_schedule
from scheduling.engine.check import breaches
from scheduling.engine.cost import cost
from scheduling.errors import (
    DamagedBlobError,
    FencedOutError,
    PlanBreachesError,
    ReplacedPlanError,
)
from scheduling.models import (
    Blob,
    LimitAttribution,
    Pegging,
    Plan,
    PlannedRack,
    PlannedStep,
    Publication,
    Run,
)
from scheduling.services.publish import publish
from scheduling.storage import expire_plans, store_plan
from tests.builders.factory import (
    NOW,
    a_fixed_lag,
    a_rack_model,
    a_step_record,
    a_stock_lot,
    an_order,
    an_outage,
    records_until,
)
from tests.builders.reference import reference_plan
from tests.builders.scheduling import (
    a_base_scenario,
    a_grid_event,
    a_running_run,
    a_snapshot,
    a_stored_plan,
    short_of_material,
)
from tests.builders.suppliers import TODAY, a_commitment, a_line, a_source
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def store(world, snapshot=None, schedule=None, run=None, **fields):
    snapshot = snapshot or a_snapshot(world.site)
    run = run or a_running_run(world.site)
    return store_plan(
        run=run,
        snapshot=snapshot,
        schedule=schedule or reference_plan(snapshot.problem),
        **{"token": run.fencing_token, "bound_cents": 0} | fields,
    )


def counts():
    models = (Plan, Blob, PlannedRack, PlannedStep, Pegging, LimitAttribution)
    return [model.objects.count() for model in models]


def shifted(schedule, minutes):
    """Return a schedule with its first step moved."""
    first = schedule.steps[0]
    phases = tuple(
        dataclasses.replace(phase, start=phase.start + minutes, end=phase.end + minutes)
        for phase in first.phases
    )
    moved = dataclasses.replace(
        first, start=first.start + minutes, end=first.end + minutes, phases=phases
    )
    return dataclasses.replace(schedule, steps=(moved, *schedule.steps[1:]))


def test_a_plan_keeps_what_it_costs_and_what_it_knew():
    world = a_small_world()
    snapshot = a_snapshot(world.site)
    schedule = reference_plan(snapshot.problem)
    counted = cost(snapshot.problem, schedule)

    plan = store(world, snapshot, schedule, bound_cents=5, best_rule_cents=7)

    plan.refresh_from_db()
    assert plan.objective_cents == counted.total
    assert plan.objective_cents == (
        plan.late_cents
        + plan.wip_cents
        + plan.moved_cents
        + plan.broken_cents
        + plan.demand_cents
        + plan.energy_cents
    )
    assert (plan.bound_cents, plan.best_rule_cents) == (5, 7)
    assert (plan.epoch, plan.event_seq) == (NOW, snapshot.event_seq)
    assert (plan.racks, plan.late_racks, plan.unplannable_racks) == (3, 0, 0)
    assert plan.peak_w == counted.peak_w
    assert (plan.made_breaches, plan.inherited_breaches) == (0, [])


def test_what_is_stored_can_be_read_again_and_judged_again():
    world = a_small_world()
    snapshot = a_snapshot(world.site)
    schedule = reference_plan(snapshot.problem)

    plan = store(world, snapshot, schedule)

    assert load_problem(plan) == snapshot.problem
    assert load_schedule(plan) == schedule
    assert breaches(load_problem(plan), load_schedule(plan)) == ()


def test_the_same_problem_is_kept_once():
    world = a_small_world()
    first = store(world)
    Run.objects.update(state=Run.State.SUCCEEDED, ended_at=NOW)

    second = store(world)

    assert first.problem_id == second.problem_id
    assert Blob.objects.count() == 2


def test_a_damaged_blob_is_not_read():
    world = a_small_world()
    plan = store(world)
    other = Blob.objects.get(pk=plan.schedule_id)
    Blob.objects.filter(pk=plan.problem_id).update(data=other.data)

    with pytest.raises(DamagedBlobError) as refusal:
        load_problem(plan)

    assert refusal.value.code == "damaged_blob"


def test_bytes_that_are_not_even_compressed_are_damaged():
    world = a_small_world()
    plan = store(world)
    Blob.objects.filter(pk=plan.schedule_id).update(data=b"\x00")

    with pytest.raises(DamagedBlobError):
        load_schedule(plan)


def test_every_step_has_its_row_in_time_and_bay():
    world = a_small_world(racks=1)
    snapshot = a_snapshot(world.site)
    schedule = reference_plan(snapshot.problem)

    plan = store(world, snapshot, schedule)

    rows = list(plan.planned_steps.select_related("step", "bay").order_by("starts_at"))
    assert [row.step.code for row in rows] == [step.step for step in schedule.steps]
    for row, step in zip(rows, schedule.steps, strict=True):
        assert row.starts_at == NOW + step.start * MINUTE
        assert row.ends_at == NOW + step.end * MINUTE
        assert f"bay:{row.bay.code}" == step.bay if step.bay else row.bay is None


def test_a_racks_row_says_when_it_starts_ships_and_could_have():
    world = a_small_world(racks=1)

    plan = store(world)

    row = plan.planned_racks.get()
    steps = plan.planned_steps.order_by("starts_at")
    bay = [step for step in steps if step.bay_id]
    assert row.starts_at == steps[0].starts_at
    assert row.ships_at == steps[len(steps) - 1].ends_at
    assert (row.bay_id, row.bay_from) == (bay[0].bay_id, bay[0].starts_at)
    assert row.bay_until == bay[-1].ends_at
    assert (row.late_min, row.unplannable_code) == (0, "")
    # Released long ago: pure work from now on, without allowance.
    work = sum(step.minutes for step in world.model.steps.all())
    assert row.earliest_at == NOW + work * MINUTE
    assert row.earliest_at < row.ships_at
    # Tray build and pure work.
    assert row.physics_min == 2_304 + work


def test_the_bars_of_a_rack_add_up_to_its_lead_time_to_the_minute():
    world = a_small_world()
    a_fixed_lag(
        world.model, "FLIGHT", when="after", minutes=1_440, limit="transit", position=2
    )
    a_grid_event(world.site)

    plan = store(world)

    for row in plan.planned_racks.all():
        bars = plan.attributions.filter(rack=row.rack_id)
        received = world.order.received_at
        lead = (row.ships_at - received) // MINUTE + 1_440
        assert sum(bar.minutes for bar in bars) == row.lead_min == lead
        assert [bar.sequence for bar in bars.order_by("sequence")] == list(
            range(len(bars))
        )
    assert not plan.attributions.filter(owner="", is_physics=False).exists()


def test_a_rack_under_way_began_when_it_began_and_holds_its_bay_since():
    world = a_small_world(racks=1)
    (unit,) = world.racks
    bay = world.bays[1]
    since = NOW - timedelta(hours=20)
    records_until(
        unit,
        "SOAK",
        bay=bay,
        times={
            code: since - timedelta(hours=4 - place)
            for place, code in enumerate(
                ("KIT", "PREP", "CABLE", "LEAK", "FILL", "FLASH")
            )
        },
    )
    a_step_record(unit, "SOAK", bay=bay, started_at=NOW - timedelta(hours=2))

    row = store(world).planned_racks.get()

    assert row.starts_at == since - timedelta(hours=4)
    assert (row.bay, row.bay_from) == (bay, since)


def test_pegs_name_their_lot_or_their_promise():
    world = a_small_world(racks=1, stocked=False)
    frame, sensor = world.parts["FRAME"], world.parts["SENSOR"]
    lot = a_stock_lot(world.site, frame, 1)
    line = a_line(site=world.site, part=sensor)
    tranche = a_commitment(line, [(TODAY, 90)]).current.tranches.get()

    plan = store(world)

    pegs = {(p.stock_lot_id, p.tranche_id): p.quantity for p in plan.peggings.all()}
    assert pegs == {(lot.pk, None): 1, (None, tranche.pk): 29}


def test_consigned_pieces_are_pegged_to_the_rack_they_are_set_aside_for():
    world = a_small_world(racks=1, stocked=False)
    for part in world.parts.values():
        a_source(part=part)
        a_stock_lot(world.site, part, 29, consigned_by=world.order.customer)

    plan = store(world)

    pegs = plan.peggings.order_by("quantity")
    assert [peg.quantity for peg in pegs] == [1, 29]
    assert {peg.stock_lot.consigned_by for peg in pegs} == {world.order.customer}
    assert {peg.step.code for peg in pegs} == {"PREP"}


def test_an_unplannable_rack_is_listed_with_the_line_that_waits_for_an_answer():
    world = a_small_world(racks=2, stocked=False)
    frame, sensor = world.parts["FRAME"], world.parts["SENSOR"]
    a_stock_lot(world.site, frame, 2)
    a_stock_lot(world.site, sensor, 29)
    line = a_line(site=world.site, part=sensor, quantity=29)
    snapshot = a_snapshot(world.site)

    plan = store(world, snapshot, short_of_material(snapshot.problem))

    assert (plan.racks, plan.unplannable_racks) == (2, 1)
    row = plan.planned_racks.exclude(unplannable_code="").get()
    order = line.purchase_order
    assert row.limit == "material"
    assert row.sentence.endswith(
        f"{order.number} line {line.number} of {order.supplier.name} waits for an "
        "answer; Mei-Ling Hsu asks."
    )
    assert row.ships_at is None
    assert not plan.planned_steps.filter(rack=row.rack_id).exists()
    assert not plan.peggings.filter(rack=row.rack_id).exists()


def test_a_rack_the_engine_never_saw_is_listed_too():
    world = a_small_world(racks=1)
    bare = an_order(world.site, a_rack_model(routing=()))

    plan = store(world)

    row = plan.planned_racks.exclude(unplannable_code="").get()
    assert (plan.racks, plan.unplannable_racks) == (2, 1)
    assert (row.rack, row.unplannable_code) == (bare.racks.get(), "no_routing")


def test_a_late_rack_says_why_in_one_sentence_with_an_owner():
    world = a_small_world(racks=1, stocked=False)
    a_stock_lot(world.site, world.parts["FRAME"], 1)
    sensor = world.parts["SENSOR"]
    late = TODAY + timedelta(days=20)
    line = a_line(site=world.site, part=sensor, need_by=late)
    a_commitment(line, [(late, 90)])

    row = store(world).planned_racks.get()

    assert row.late_min > 0
    assert (row.limit, row.owner) == ("material", "Mei-Ling Hsu")
    order = line.purchase_order
    assert f"for {sensor.code}, {order.number} line {line.number}" in row.sentence
    assert row.sentence.startswith(f"{row.rack.serial} ships ")
    assert row.sentence.endswith("Mei-Ling Hsu owns this limit.")


def test_a_schedule_that_breaks_a_limit_is_refused_and_nothing_is_written():
    world = a_small_world()
    snapshot = a_snapshot(world.site)
    schedule = reference_plan(snapshot.problem)
    before = counts()

    with pytest.raises(PlanBreachesError) as refusal:
        store(world, snapshot, shifted(schedule, -1_000_000))

    assert refusal.value.code == "plan_breaches"
    assert refusal.value.sentences[0] in str(refusal.value)
    assert counts() == before


def test_a_breach_of_facts_alone_is_kept_with_its_sentence():
    world = a_small_world(racks=1)
    unit, bay = world.racks[0], world.bays[0]
    records_until(
        unit,
        "SOAK",
        bay=bay,
        times={
            code: NOW - timedelta(hours=9 - place)
            for place, code in enumerate(
                ("KIT", "PREP", "CABLE", "LEAK", "FILL", "FLASH")
            )
        },
    )
    a_step_record(unit, "SOAK", bay=bay, started_at=NOW - timedelta(hours=2))
    an_outage(
        world.site,
        bay=bay,
        starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1),
    )

    plan = store(world)

    (breach,) = plan.inherited_breaches
    assert breach["rule"] == "bay"
    assert breach["starts_at"] == NOW.isoformat()
    assert bay.code in breach["sentence"]


@pytest.mark.parametrize("state", [Run.State.QUEUED, Run.State.FAILED])
def test_a_run_that_is_not_held_any_more_takes_no_plan(state):
    world = a_small_world()
    run = a_running_run(world.site)
    Run.objects.filter(pk=run.pk).update(
        state=state, error="Lost", ended_at=NOW if state == Run.State.FAILED else None
    )
    before = counts()

    with pytest.raises(FencedOutError):
        store(world, run=run)

    assert counts() == before


def test_a_worker_with_an_old_token_is_refused():
    world = a_small_world()
    run = a_running_run(world.site, token=3)
    before = counts()

    with pytest.raises(FencedOutError) as refusal:
        store(world, run=run, token=2)

    assert refusal.value.code == "fenced_out"
    assert counts() == before


def test_a_better_plan_of_a_run_takes_the_place_of_its_first():
    world = a_small_world()
    run = a_running_run(world.site)
    snapshot = a_snapshot(world.site)
    first = store(world, snapshot, run=run)
    before = counts()
    keys = [unit.serial for unit in world.racks]

    second = store(
        world, snapshot, reference_plan(snapshot.problem, tuple(reversed(keys))), run
    )

    assert not Plan.objects.filter(pk=first.pk).exists()
    assert run.plan == second
    assert counts()[:4] == before[:4]


def test_a_bound_above_the_cost_is_the_cost():
    world = a_small_world()

    plan = store(world, bound_cents=10**12)

    assert plan.bound_cents == plan.objective_cents


def test_only_the_newest_proposal_keeps_its_rows():
    world = a_small_world()
    older = a_stored_plan(world.site)

    newer = a_stored_plan(world.site)

    assert not older.planned_steps.exists()
    assert not older.peggings.exists()
    assert not older.attributions.exists()
    assert older.planned_racks.count() == 3
    assert newer.planned_steps.count() == 27
    assert load_schedule(older).steps


def test_a_proposal_whose_rows_went_is_not_published():
    world = a_small_world()
    older = a_stored_plan(world.site)
    a_stored_plan(world.site)

    with pytest.raises(ReplacedPlanError, match=f"Plan {older.pk} has been replaced"):
        publish(plan=older, by=None, actor="system", expected_previous=None)

    assert not Publication.objects.exists()


def test_the_plan_in_force_keeps_its_rows():
    world = a_small_world()
    published = a_stored_plan(world.site)
    publish(plan=published, by=None, actor="system", expected_previous=None)

    a_stored_plan(world.site)
    a_stored_plan(world.site)

    assert published.planned_steps.count() == 27


def test_a_superseded_publication_keeps_its_rows_for_thirty_days(time_machine):
    world = a_small_world()
    first = a_stored_plan(world.site)
    time_machine.move_to(NOW, tick=False)
    publish(plan=first, by=None, actor="system", expected_previous=None)
    second = a_stored_plan(world.site)
    publish(plan=second, by=None, actor="system", expected_previous=1)

    time_machine.move_to(NOW + timedelta(days=30), tick=False)
    expire_plans(a_base_scenario(world.site))
    kept = first.planned_steps.count()
    time_machine.move_to(NOW + timedelta(days=30, seconds=1), tick=False)
    expire_plans(a_base_scenario(world.site))

    assert kept == 27
    assert not first.planned_steps.exists()
    assert second.planned_steps.count() == 27


def test_another_sites_plans_keep_their_rows():
    here, elsewhere = a_small_world(), a_small_world()
    other = a_stored_plan(elsewhere.site)

    a_stored_plan(here.site)
    a_stored_plan(here.site)

    assert other.planned_steps.count() == 27


def test_the_database_refuses_a_plan_with_a_made_breach():
    world = a_small_world()
    plan = store(world)

    with (
        pytest.raises(IntegrityError, match="plan_makes_no_breach"),
        transaction.atomic(),
    ):
        Plan.objects.filter(pk=plan.pk).update(made_breaches=1)


def test_what_the_plan_has_ahead_is_what_the_next_one_is_measured_against():
    world = a_small_world(racks=1)
    plan = a_stored_plan(world.site)
    publish(plan=plan, by=None, actor="system", expected_previous=None)

    (rack,) = a_snapshot(world.site).problem.racks

    assert [code for code, _, _ in rack.previous] == [
        step.code for step in world.model.steps.all()
    ]
    assert {bay for _, _, bay in rack.previous if bay} == {
        f"bay:{plan.planned_racks.get().bay.code}"
    }


def test_starts_that_have_passed_are_no_longer_measured_against():
    world = a_small_world(racks=1)
    plan = a_stored_plan(world.site)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    soak = plan.planned_steps.get(step__code="SOAK")

    (rack,) = a_snapshot(world.site, soak.starts_at + 15 * MINUTE).problem.racks

    assert [code for code, _, _ in rack.previous] == ["DRAIN", "PACK"]


def test_queries_do_not_grow_with_racks():
    few, many = a_small_world(racks=1), a_small_world(racks=6)
    with CaptureQueriesContext(connection) as for_few:
        a_stored_plan(few.site)

    with CaptureQueriesContext(connection) as for_many:
        a_stored_plan(many.site)

    # SQLite takes a thousand values in one INSERT, so those grow with the rows.
    few_reads, many_reads = (
        [query for query in queries if not query["sql"].startswith("INSERT")]
        for queries in (for_few, for_many)
    )
    assert len(many_reads) <= len(few_reads)
