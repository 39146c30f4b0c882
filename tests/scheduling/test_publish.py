"""A plan is put in force: what is refused, what is promised, what is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from factory.models import Order, Unit
from journal.models import Event
from scheduling.errors import (
    AlreadyPublishedError,
    NewerPublicationError,
    NotLivePlanError,
    OutdatedPlanError,
    PromisesNotAcknowledgedError,
    ReplacedPlanError,
    UnfinishedPlanError,
)
from scheduling.models import (
    CustomerPromise,
    Pegging,
    Plan,
    Publication,
    Run,
    Scenario,
)
from scheduling.queries.changes import Change
from scheduling.services.publish import preview, publish
from scheduling.storage import store_plan
from suppliers.models import LineNeed
from tests.builders.factory import NOW, a_stock_lot, an_order
from tests.builders.scheduling import (
    a_plan,
    a_run,
    a_running_run,
    a_snapshot,
    a_stored_plan,
    short_of_material,
)
from tests.builders.suppliers import TODAY, a_commitment, a_line
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

# The world's order asks for 4 December.
BROKEN = "Leak sensors: 29 of 116."
IN_TIME = datetime(2026, 12, 3, 18, 0, tzinfo=UTC)
LATE = datetime(2026, 12, 9, 18, 0, tzinfo=UTC)


def plan_for(world, at, **fields):
    return a_plan(world.site, dict.fromkeys(world.racks, at), **fields)


def put_in_force(plan, previous=None, **fields):
    return publish(
        plan=plan, by=None, actor="system", expected_previous=previous, **fields
    )


def promises(order):
    return list(CustomerPromise.objects.filter(order=order).order_by("number"))


def counts():
    return (
        Publication.objects.count(),
        CustomerPromise.objects.count(),
        Event.objects.count(),
        LineNeed.objects.for_staff().count(),
    )


def test_the_first_publication_promises_the_date_asked_for():
    world = a_small_world()
    planner = a_user("planner", site=world.site)

    publication = publish(
        plan=plan_for(world, IN_TIME),
        by=planner,
        actor=f"user:{planner.pk}",
        note="First plan",
        expected_previous=None,
    )

    (promise,) = promises(world.order)
    assert (publication.number, publication.previous) == (1, None)
    assert (publication.by, publication.note) == (planner, "First plan")
    assert (promise.kind, promise.number) == ("promise", 1)
    assert (promise.date, promise.quantity) == (date(2026, 12, 4), 3)
    assert promise.publication == publication
    assert promise.actor == f"user:{planner.pk}"
    assert promise.reason == ""


def test_an_order_that_ships_late_is_promised_for_its_last_racks_day():
    world = a_small_world()
    first, second, third = world.racks
    plan = a_plan(
        world.site,
        {first: IN_TIME, second: LATE, third: IN_TIME},
        sentence="Site power is full until Tue 8 Dec.",
        limit="power",
    )

    put_in_force(plan)

    (promise,) = promises(world.order)
    assert promise.date == date(2026, 12, 9)
    assert promise.limit == "power"


def test_the_day_is_the_sites_not_utcs():
    world = a_small_world()

    # 23:30 on 4 December in Monterrey.
    put_in_force(plan_for(world, datetime(2026, 12, 5, 5, 30, tzinfo=UTC)))

    assert promises(world.order)[0].date == date(2026, 12, 4)


def test_publishing_the_same_dates_again_appends_no_promise():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))

    publication = put_in_force(plan_for(world, IN_TIME - timedelta(days=1)), 1)

    assert publication.number == 2
    assert publication.previous.number == 1
    assert len(promises(world.order)) == 1


def test_a_later_plan_pushes_the_promise_out_and_says_why():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    plan = plan_for(world, LATE, sentence="Leak sensors: 29 of 116.", limit="material")

    publication = put_in_force(plan, 1, acknowledged={world.order.number: BROKEN})

    first, second = promises(world.order)
    assert (first.date, first.kind) == (date(2026, 12, 4), "promise")
    assert (second.date, second.kind) == (date(2026, 12, 9), "push_out")
    assert (second.limit, second.reason) == ("material", "Leak sensors: 29 of 116.")
    assert publication.acknowledged == [world.order.number]
    assert publication.promises_broken == 1


def test_an_earlier_plan_pulls_the_promise_in_but_never_before_the_date_asked_for():
    world = a_small_world()
    put_in_force(plan_for(world, LATE))

    put_in_force(plan_for(world, IN_TIME - timedelta(days=5)), 1)

    _, second = promises(world.order)
    assert (second.date, second.kind) == (date(2026, 12, 4), "pull_in")
    assert second.reason == "The plan ships it earlier."


def test_a_broken_promise_needs_its_orders_number_and_nothing_is_half_done():
    world = a_small_world()
    other = an_order(world.site, world.model)
    everything = {**dict.fromkeys(world.racks, IN_TIME), other.racks.get(): IN_TIME}
    put_in_force(a_plan(world.site, everything))
    plan = a_plan(world.site, dict.fromkeys(everything, LATE))
    before = counts()

    with pytest.raises(PromisesNotAcknowledgedError) as refusal:
        put_in_force(
            plan, 1, acknowledged={world.order.number: "Told.", "CO-0": "Told."}
        )

    assert refusal.value.code == "broken_promises_unacknowledged"
    assert refusal.value.orders == (other.number,)
    assert counts() == before


def test_an_order_with_an_unplannable_rack_breaks_its_promise_and_keeps_its_date():
    world = a_small_world()
    first, *others = world.racks
    put_in_force(plan_for(world, IN_TIME))
    plan = a_plan(
        world.site,
        {first: None, **dict.fromkeys(others, IN_TIME)},
        unplannable_racks=0,
    )

    with pytest.raises(PromisesNotAcknowledgedError):
        put_in_force(plan, 1)
    put_in_force(plan, 1, acknowledged={world.order.number: BROKEN})

    assert [one.date for one in promises(world.order)] == [date(2026, 12, 4)]


def test_a_plan_is_published_once():
    world = a_small_world()
    plan = plan_for(world, IN_TIME)
    put_in_force(plan)
    before = counts()

    with pytest.raises(AlreadyPublishedError) as refusal:
        put_in_force(plan, 1)

    assert refusal.value.code == "already_published"
    assert counts() == before


def test_a_publication_since_the_preview_is_refused():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    second = plan_for(world, IN_TIME)
    before = counts()

    with pytest.raises(NewerPublicationError) as refusal:
        put_in_force(second, None)

    assert refusal.value.code == "newer_publication"
    assert counts() == before


def test_a_plan_older_than_the_one_in_force_is_refused():
    world = a_small_world()
    older, newer = plan_for(world, IN_TIME), plan_for(world, IN_TIME)
    put_in_force(newer)

    with pytest.raises(OutdatedPlanError):
        put_in_force(older, 1)


def test_a_what_if_plan_is_not_published():
    world = a_small_world()
    scenario = Scenario.objects.create(site=world.site, name="More bays")
    plan = plan_for(world, IN_TIME, run=a_run(world.site, scenario=scenario))

    with pytest.raises(NotLivePlanError):
        put_in_force(plan)


def test_each_site_counts_its_own_publications():
    here, elsewhere = a_small_world(), a_small_world()
    put_in_force(plan_for(here, IN_TIME))

    assert put_in_force(plan_for(elsewhere, IN_TIME)).number == 1


def test_the_journal_tells_of_the_publication_and_of_each_promise():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    plan = plan_for(world, LATE)

    put_in_force(plan, 1, acknowledged={world.order.number: BROKEN})

    told = Event.objects.filter(scope=f"site:{world.site.pk}").order_by("pk")
    assert [event.kind for event in told] == [
        "plan.published",
        "promise.made",
        "plan.published",
        "promise.changed",
    ]
    published, changed = told[2:]
    _, promise = promises(world.order)
    assert (published.cause, changed.cause) == (
        f"run:{plan.run_id}",
        f"event:{published.pk}",
    )
    assert published.summary == (
        "Plan 2 published: 3\u00a0racks changed, 1\u00a0promise broken"
    )
    assert changed.object_id == str(promise.pk)
    assert changed.before == {"order": world.order.number, "date": "2026-12-04"}
    assert changed.after["date"] == "2026-12-09"
    assert changed.after["revision"] == 2


def test_a_promise_once_made_cannot_be_changed_or_erased():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    (promise,) = promises(world.order)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CustomerPromise.objects.filter(pk=promise.pk).update(date=date(2027, 1, 1))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        promise.delete()

    assert promises(world.order) == [promise]


def test_the_numbers_of_the_day_stay_with_the_publication():
    world = a_small_world()

    publication = put_in_force(plan_for(world, IN_TIME, late_cents=123))

    assert publication.kpis["late_cents"] == 123
    assert publication.kpis["racks"] == 3


def test_a_preview_before_the_first_publication_shows_new_racks():
    world = a_small_world()

    diff = preview(plan_for(world, IN_TIME))

    assert diff.previous_number is None
    assert {rack.kinds for rack in diff.racks} == {(Change.NEW,)}
    assert (diff.moved_racks, diff.moved_steps, diff.broken) == (0, 0, ())
    (order,) = diff.orders
    assert (order.promised, order.was, order.planned) == (None, None, date(2026, 12, 3))
    assert order.next_promise == date(2026, 12, 4)


def test_a_shift_beyond_the_tolerance_is_a_move_and_one_within_it_is_none():
    world = a_small_world()
    stays, moves, unmoved = world.racks
    put_in_force(plan_for(world, IN_TIME))

    diff = preview(
        a_plan(
            world.site,
            {
                stays: IN_TIME + timedelta(minutes=15),
                moves: IN_TIME + timedelta(minutes=16),
                unmoved: IN_TIME,
            },
        )
    )

    (rack,) = diff.racks
    assert (rack.serial, rack.kinds) == (moves.serial, (Change.MOVED,))
    assert (rack.change_min, rack.moved_steps) == (16, 9)
    assert (diff.moved_steps, diff.moved_racks, diff.unchanged_racks) == (9, 1, 2)
    assert diff.counts["moved"] == 1


def test_another_bay_is_a_reassignment_and_another_length_a_resize():
    world = a_small_world()
    first, second, _ = world.racks
    put_in_force(plan_for(world, IN_TIME))
    plan = plan_for(world, IN_TIME)
    steps = plan.planned_steps
    steps.filter(rack=first, bay__isnull=False).update(bay=world.bays[1])
    pack = steps.get(rack=second, step__code="PACK")
    pack.ends_at += timedelta(hours=1)
    pack.save()

    diff = preview(plan)

    kinds = {rack.serial: rack.kinds for rack in diff.racks}
    assert kinds == {
        first.serial: (Change.REASSIGNED,),
        second.serial: (Change.RESIZED,),
    }
    assert (diff.moved_steps, diff.resized_steps) == (4, 1)


def test_a_step_under_way_is_a_fact_and_no_change():
    world = a_small_world()
    put_in_force(plan_for(world, NOW + timedelta(hours=10)))
    later = NOW + timedelta(hours=8)
    plan = plan_for(world, NOW + timedelta(hours=12), epoch=later)

    diff = preview(plan)

    # Steps that begin before the new minute 0 are left out: 3 to 7 of 9 hours.
    assert diff.moved_steps == 4 * len(world.racks)


def test_a_cancelled_rack_is_gone_and_a_finished_one_is_not():
    world = a_small_world()
    cancelled, finished, stays = world.racks
    put_in_force(plan_for(world, IN_TIME))
    Unit.objects.filter(pk=cancelled.pk).update(state=Unit.State.CANCELLED)
    Unit.objects.filter(pk=finished.pk).update(state=Unit.State.SHIPPED)

    diff = preview(a_plan(world.site, {stays: IN_TIME}))

    (rack,) = diff.racks
    assert (rack.serial, rack.kinds) == (cancelled.serial, (Change.GONE,))
    assert rack.now is None
    assert diff.unchanged_racks == 1


def test_a_rack_that_can_be_planned_no_more_is_gone():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    lost, *others = world.racks

    diff = preview(a_plan(world.site, {lost: None, **dict.fromkeys(others, IN_TIME)}))

    (rack,) = diff.racks
    (order,) = diff.broken
    assert (rack.serial, rack.kinds) == (lost.serial, (Change.GONE,))
    assert (order.unplannable, order.planned) == (1, None)
    assert order.next_promise == date(2026, 12, 4)


def test_a_paused_orders_racks_are_gone_and_its_promise_stays():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    Order.objects.filter(pk=world.order.pk).update(state=Order.State.PAUSED)

    diff = preview(a_plan(world.site, {}))
    put_in_force(diff.plan, 1)

    assert {rack.kinds for rack in diff.racks} == {(Change.GONE,)}
    assert diff.orders == ()
    assert len(promises(world.order)) == 1


def test_broken_promises_come_first_and_the_racks_that_slip_most():
    world = a_small_world()
    other = an_order(world.site, world.model)
    racks = (*world.racks, other.racks.get())
    put_in_force(a_plan(world.site, dict.fromkeys(racks, IN_TIME)))

    diff = preview(
        a_plan(
            world.site,
            dict.fromkeys(world.racks, IN_TIME - timedelta(days=1))
            | {other.racks.get(): LATE},
        )
    )

    assert diff.racks[0].serial == other.racks.get().serial
    assert diff.orders[0].order == other
    assert [one.order for one in diff.broken] == [other]
    assert diff.orders[0].change_days == 5


def test_a_preview_costs_the_same_however_many_racks():
    world = a_small_world()
    put_in_force(plan_for(world, IN_TIME))
    with CaptureQueriesContext(connection) as few:
        preview(plan_for(world, LATE))
    orders = [an_order(world.site, world.model, racks=2) for _ in range(4)]
    racks = [*world.racks, *Unit.objects.filter(order__in=orders)]
    plan = a_plan(world.site, dict.fromkeys(racks, LATE))

    with CaptureQueriesContext(connection) as many:
        preview(plan)

    made = [q for q in few if "INSERT" in q["sql"]]
    assert len(many) <= len(few) - len(made)


def test_a_line_is_needed_by_the_racks_pegged_to_its_promise():
    world = a_small_world()
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    tranche = a_commitment(
        line, [(TODAY + timedelta(days=1), 90)]
    ).current.tranches.get()
    close, far, _ = world.racks
    plan = a_plan(
        world.site, {close: NOW + timedelta(hours=60), far: NOW + timedelta(days=8)}
    )
    for unit in (close, far):
        Pegging.objects.create(
            plan=plan,
            rack=unit,
            step=world.model.steps.get(code="PREP"),
            quantity=29,
            tranche=tranche,
        )

    put_in_force(plan)

    # Usable tomorrow 21:00, 37 h from now; PREP begins 8 h before the rack ships.
    need = LineNeed.objects.for_staff().get(line=line)
    assert (need.racks, need.blocked_racks) == (2, 1)
    assert need.serials == sorted([close.serial, far.serial])
    assert need.slack_min == (52 - 37) * 60
    assert need.needed_by == TODAY + timedelta(days=1)
    assert need.publication == "1"


def test_the_day_needed_leaves_time_to_receive():
    world = a_small_world()
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    tranche = a_commitment(line, [(TODAY, 90)]).current.tranches.get()
    step = world.model.steps.get(code="PREP")
    # PREP begins on Thursday at 20:59: one minute too early for Thursday's dock.
    ships = NOW + timedelta(days=3, hours=12, minutes=59) + timedelta(hours=8)
    plan = a_plan(world.site, {world.racks[0]: ships})
    Pegging.objects.create(
        plan=plan, rack=world.racks[0], step=step, quantity=29, tranche=tranche
    )

    put_in_force(plan)

    need = LineNeed.objects.for_staff().get(line=line)
    assert need.needed_by == TODAY + timedelta(days=2)


def test_needs_of_the_plan_before_are_gone():
    world = a_small_world()
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    tranche = a_commitment(line, [(TODAY, 90)]).current.tranches.get()
    plan = plan_for(world, IN_TIME)
    Pegging.objects.create(
        plan=plan,
        rack=world.racks[0],
        step=world.model.steps.get(code="PREP"),
        quantity=29,
        tranche=tranche,
    )
    put_in_force(plan)

    put_in_force(plan_for(world, IN_TIME), 1)

    assert not LineNeed.objects.for_staff().exists()


def test_a_line_nobody_promised_is_told_which_racks_wait_for_it():
    world = a_small_world(racks=3, stocked=False)
    a_stock_lot(world.site, world.parts["FRAME"], 3)
    a_stock_lot(world.site, world.parts["SENSOR"], 29)
    first = a_line(
        site=world.site, part=world.parts["SENSOR"], quantity=29, need_by=TODAY
    )
    second = a_line(site=world.site, part=world.parts["SENSOR"], quantity=290)
    snapshot = a_snapshot(world.site)
    run = a_running_run(world.site)
    plan = store_plan(
        run=run,
        token=run.fencing_token,
        snapshot=snapshot,
        schedule=short_of_material(snapshot.problem),
        bound_cents=0,
    )
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED, ended_at=NOW)

    put_in_force(plan)

    _, two, three = sorted(unit.serial for unit in world.racks)
    needs = {need.line_id: need for need in LineNeed.objects.for_staff()}
    assert set(needs) == {first.pk, second.pk}
    assert (needs[first.pk].racks, needs[first.pk].blocked_racks) == (1, 1)
    assert needs[first.pk].serials == [two]
    assert needs[second.pk].serials == [three]
    assert (needs[second.pk].needed_by, needs[second.pk].slack_min) == (
        second.need_by,
        0,
    )


def test_a_plan_whose_run_goes_on_is_not_published():
    world = a_small_world()
    plan = plan_for(world, IN_TIME, run=a_running_run(world.site))
    before = counts()

    with pytest.raises(UnfinishedPlanError) as refusal:
        put_in_force(plan)

    assert refusal.value.code == "plan_unfinished"
    assert counts() == before


def test_a_plan_that_its_run_has_replaced_is_not_published():
    world = a_small_world()
    plan = plan_for(world, IN_TIME)
    stale = Plan.objects.get(pk=plan.pk)
    Plan.objects.filter(pk=plan.pk).delete()

    with pytest.raises(ReplacedPlanError) as refusal:
        put_in_force(stale)

    assert refusal.value.code == "plan_replaced"


def test_a_silent_line_is_told_which_racks_wait_for_a_later_promise_of_its_part():
    world = a_small_world(racks=2, stocked=False)
    sensor = world.parts["SENSOR"]
    a_stock_lot(world.site, world.parts["FRAME"], 2)
    promised = a_line(site=world.site, part=sensor, need_by=TODAY + timedelta(days=9))
    a_commitment(promised)
    silent = a_line(site=world.site, part=sensor, quantity=29, need_by=TODAY)
    plan = a_stored_plan(world.site)

    put_in_force(plan)

    needs = {need.line_id: need for need in LineNeed.objects.for_staff()}
    waited = max(
        sum(
            bar.minutes for bar in plan.attributions.filter(rack=unit, limit="material")
        )
        for unit in world.racks
    )
    assert waited > 7 * 1_440
    assert (needs[promised.pk].racks, needs[promised.pk].blocked_racks) == (2, 2)
    assert (needs[silent.pk].racks, needs[silent.pk].blocked_racks) == (1, 1)
    assert needs[silent.pk].slack_min == -waited
    assert needs[silent.pk].wait_rack_min == waited
    assert len(needs[silent.pk].blocked_serials) == 1
    assert needs[promised.pk].wait_rack_min == sum(
        bar.minutes
        for bar in plan.attributions.filter(limit="material")
        if bar.resource.startswith("tranche:")
    )
    assert needs[promised.pk].blocked_serials == sorted(u.serial for u in world.racks)
    assert needs[silent.pk].needed_by == TODAY


def test_a_silent_line_that_would_come_too_late_holds_nobody_up():
    world = a_small_world(racks=1, stocked=False)
    sensor = world.parts["SENSOR"]
    a_stock_lot(world.site, world.parts["FRAME"], 1)
    promised = a_line(site=world.site, part=sensor, need_by=TODAY + timedelta(days=9))
    a_commitment(promised)
    a_line(site=world.site, part=sensor, need_by=TODAY + timedelta(days=9))
    plan = a_stored_plan(world.site)

    put_in_force(plan)

    (need,) = LineNeed.objects.for_staff()
    assert need.line_id == promised.pk


def about_lateness():
    kinds = ("order.late", "order.recovered", "plan.infeasible")
    return [
        (one.kind, one.summary)
        for one in Event.objects.filter(kind__in=kinds).order_by("pk")
    ]


def test_an_order_is_told_late_and_recovered_once_and_only_when_it_changes():
    world = a_small_world()
    number = world.order.number
    acknowledged = {number: "The plan ships it later."}

    seen = []
    for place, at in enumerate((IN_TIME, LATE, LATE, IN_TIME, IN_TIME)):
        plan = plan_for(world, at)
        late_min = 300 if at == LATE else 0
        plan.planned_racks.update(late_min=late_min, sentence="Site power is full.")
        put_in_force(plan, place or None, acknowledged=acknowledged)
        seen.append(about_lateness())

    late = ("order.late", f"{number} is late by 5\u00a0h: Site power is full")
    recovered = ("order.recovered", f"{number} is no longer late")
    assert seen == [[], [late], [late], [late, recovered], [late, recovered]]


def test_racks_that_lose_their_plan_are_told_once_and_their_order_has_not_recovered():
    world = a_small_world()
    first, *others = world.racks
    planned = dict.fromkeys(world.racks, LATE)
    stuck = {first: None} | dict.fromkeys(others, IN_TIME)
    acknowledged = {world.order.number: "One rack has no bay."}

    for place, ships in enumerate((planned, stuck, stuck)):
        plan = a_plan(world.site, ships, unplannable_racks=0)
        if ships == planned:
            plan.planned_racks.update(late_min=300)
        put_in_force(plan, place or None, acknowledged=acknowledged)

    assert [kind for kind, _ in about_lateness()] == ["order.late", "plan.infeasible"]
    told = Event.objects.get(kind="plan.infeasible")
    assert told.summary == "Plan 2 has no place for 1\u00a0rack more"
    assert told.after == {"racks": [first.serial], "count": 1}
