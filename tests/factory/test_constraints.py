"""What is always true is held by the database: each constraint, by its name."""
# Each breaker takes the world, whether it needs it or not.
# ruff: noqa: ARG005

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from factory.models import (
    BomLine,
    Calendar,
    CalendarException,
    ChangeDecision,
    CoolingLoop,
    Crew,
    DemandOutlook,
    FixedLag,
    LotRecall,
    MeasuredResult,
    Order,
    OrderChange,
    Outage,
    Part,
    PartAlternate,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    SiteLane,
    StepRecord,
    StockIssue,
    StockLot,
    Unit,
    WorkCentre,
)
from tests.builders.factory import (
    NOW,
    a_bay,
    a_bom_line,
    a_calendar,
    a_fixed_lag,
    a_part,
    a_power_node,
    a_site,
    a_step,
    a_step_record,
    a_stock_lot,
    an_order,
    an_outage,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


def twice(row):
    """Insert a copy of a saved row."""
    row.pk = None
    row._state.adding = True
    row.save()


def with_fields(row, **fields):
    """Save a row with other values."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def a_tray(world, **fields):
    """Return an installed tray of the world's first rack."""
    return Unit.objects.create(
        **{
            "serial": f"T-{Unit.objects.count()}",
            "kind": Unit.Kind.TRAY,
            "site": world.site,
            "part": world.parts["FRAME"],
            "parent": world.racks[0],
            "position": "C01",
            "installed_at": NOW,
            "state": Unit.State.INSTALLED,
        }
        | fields
    )


def ended(**fields):
    """Return the fields of a record that has ended."""
    return {"outcome": "passed", "ended_at": NOW, **fields}


def a_result(world):
    """Return a measured value."""
    return MeasuredResult.objects.create(
        record=a_step_record(world.racks[0]), name="Decay", value="0.3", is_pass=True
    )


def a_change(world, kind, **fields):
    """Return a change asked of the world's order."""
    return OrderChange.objects.create(
        order=world.order, kind=kind, author="A", reason="B", at=NOW, **fields
    )


def a_recall(world, **fields):
    """Return a recall of a lot."""
    return LotRecall.objects.create(
        site=world.site,
        part=world.parts["FRAME"],
        **{"lot": "L7", "reason": "Cracks", "author": "A", "at": NOW} | fields,
    )


def a_lane(world, target):
    """Return a lane from the world's site."""
    return SiteLane.objects.create(origin=world.site, target=target, transit_min=60)


def a_decision(world, **fields):
    """Return a granted push-out of the world's order of three racks."""
    change = a_change(world, "push_out", requested_date=NOW.date())
    return ChangeDecision.objects.create(
        change=change,
        **{
            "kind": "push_out",
            "is_granted": True,
            "author": "A",
            "actor": "user:1",
            "state_before": "open",
            "state_after": "open",
            "quantity_before": 3,
            "quantity_after": 3,
            "racks_begun": 0,
            "racks_tested": 0,
            "at": NOW,
        }
        | fields,
    )


BREAKS = {
    "site_import_positive": lambda world: a_site(contracted_import_w=0),
    "site_ratchet_range": lambda world: a_site(ratchet_percent=101),
    "site_averaging_range": lambda world: a_site(averaging_min=61),
    "site_fences_order": lambda world: a_site(frozen_days=8, slushy_days=7),
    "work_centre_place_unique": lambda world: twice(world.site.work_centres.first()),
    "work_centre_is_not_a_bay": lambda world: WorkCentre.objects.create(
        site=world.site, place="bay", name="Bays", count=1
    ),
    "crew_skill_unique": lambda world: twice(world.site.crews.first()),
    "power_node_code_unique": lambda world: twice(world.site.power_nodes.first()),
    "power_node_feed_is_root": lambda world: PowerNode.objects.filter(
        kind="hall"
    ).update(kind="feed"),
    "power_node_not_own_parent": lambda world: PowerNode.objects.filter(
        kind="hall"
    ).update(parent=models.F("id")),
    "power_node_factor_range": lambda world: a_power_node(
        world.site, power_factor_permille=1001
    ),
    "cooling_loop_code_unique": lambda world: twice(CoolingLoop.objects.first()),
    "power_bay_code_unique": lambda world: twice(PowerBay.objects.first()),
    "power_bay_limit_positive": lambda world: a_bay(world.site, limit_w=0),
    "calendar_code_unique": lambda world: twice(Calendar.objects.first()),
    "shift_weekday_range": lambda world: a_calendar(world.site, weekdays=[7]),
    "shift_start_before_end": lambda world: a_calendar(
        world.site, start_min=600, end_min=600
    ),
    "calendar_exception_unique": lambda world: [
        CalendarException.objects.create(
            calendar=Calendar.objects.first(), date=date(2026, 12, 25), reason="Closed"
        )
        for _ in range(2)
    ],
    "demand_outlook_unique": lambda world: [
        DemandOutlook.objects.create(
            site=world.site,
            rack_model=world.model,
            starts_on=date(2027, 1, 1),
            racks=racks,
        )
        for racks in (1, 2)
    ],
    "demand_outlook_starts_a_quarter": lambda world: DemandOutlook.objects.create(
        site=world.site, rack_model=world.model, starts_on=date(2027, 2, 1), racks=1
    ),
    "outage_start_before_end": lambda world: an_outage(
        world.site, bay=world.bays[0], ends_at=NOW
    ),
    "outage_one_target": lambda world: an_outage(world.site),
    "part_code_given": lambda world: Part.objects.create(code="", name="Nothing"),
    "part_alternate_unique": lambda world: [
        PartAlternate.objects.create(
            part=world.parts["FRAME"],
            alternate=world.parts["SENSOR"],
            valid_from=NOW.date(),
            approved_by="Inês Duarte",
        )
        for _ in range(2)
    ],
    "part_alternate_differs": lambda world: PartAlternate.objects.create(
        part=world.parts["FRAME"],
        alternate=world.parts["FRAME"],
        valid_from=NOW.date(),
        approved_by="Inês Duarte",
    ),
    "bom_line_rack_level_unique": lambda world: a_bom_line(
        world.model, world.parts["FRAME"], at="CABLE"
    ),
    "bom_line_tier_unique": lambda world: twice(
        a_bom_line(world.model, parent=world.parts["FRAME"])
    ),
    "bom_line_quantity_positive": lambda world: a_bom_line(world.model, quantity=0),
    "bom_line_consumed_iff_rack_level": lambda world: BomLine.objects.update(
        consumed_at=None
    ),
    "bom_line_not_own_parent": lambda world: a_bom_line(
        world.model, world.parts["FRAME"], parent=world.parts["FRAME"]
    ),
    "rack_model_liquid_range": lambda world: RackModel.objects.update(
        liquid_permille=1001
    ),
    "routing_step_op_unique": lambda world: a_step(world.model, 10, code="OTHER"),
    "routing_step_code_unique": lambda world: a_step(world.model, 11, code="KIT"),
    "routing_step_minutes_positive": lambda world: a_step(world.model, 11, minutes=0),
    "routing_step_crew_positive": lambda world: a_step(world.model, 11, crew_eighths=0),
    "routing_step_power_needs_a_bay": lambda world: a_step(world.model, 11, draw_w=1),
    "routing_step_yield_range": lambda world: RoutingStep.objects.update(
        first_pass_permille=1001
    ),
    "fixed_lag_code_unique": lambda world: a_fixed_lag(world.model),
    "fixed_lag_has_owner": lambda world: FixedLag.objects.update(owner=""),
    "order_external_id_unique": lambda world: [
        an_order(world.site, world.model, system="erp", external_id="7", racks=0)
        for _ in range(2)
    ],
    "order_external_id_needs_system": lambda world: an_order(
        world.site, world.model, external_id="7"
    ),
    "order_quantity_positive": lambda world: Order.objects.update(quantity=0),
    "order_change_author_and_reason": lambda world: OrderChange.objects.create(
        order=world.order, kind="pause", author="", reason="Later", at=NOW
    ),
    "order_change_of_size_has_quantity": lambda world: a_change(world, "increase"),
    "order_change_of_date_has_date": lambda world: a_change(world, "pull_in"),
    "order_change_switch_has_customer": lambda world: a_change(
        world, "customer_switch", quantity=1
    ),
    "order_change_of_model_has_model": lambda world: a_change(world, "model_change"),
    "change_decision_author": lambda world: a_decision(world, author=""),
    "change_refused_has_reason_and_no_date": lambda world: a_decision(
        world, is_granted=False
    ),
    "change_of_living_order": lambda world: a_decision(world, state_before="shipped"),
    "change_increase_rises": lambda world: a_decision(
        world, kind="increase", quantity_after=3
    ),
    "change_decrease_keeps_begun": lambda world: a_decision(
        world, kind="decrease", quantity_after=1, racks_begun=2
    ),
    "change_of_all_before_begun": lambda world: a_decision(
        world, kind="cancel", racks_begun=1
    ),
    "change_switch_before_test": lambda world: a_decision(
        world, kind="customer_switch", racks_handed=2, racks_tested=2
    ),
    "change_pause_of_open": lambda world: a_decision(
        world, kind="pause", state_before="paused", state_after="paused"
    ),
    "change_restart_of_stopped": lambda world: a_decision(
        world, kind="restart", state_after="open"
    ),
    "lot_recall_one_open": lambda world: [a_recall(world) for _ in range(2)],
    "lot_recall_says_what_why_who": lambda world: a_recall(world, reason=""),
    "lot_recall_ended_by_somebody": lambda world: a_recall(world, ended_at=NOW),
    "site_lane_unique": lambda world: [a_lane(world, far) for far in [a_site()] * 2],
    "site_lane_leads_elsewhere": lambda world: a_lane(world, world.site),
    "unit_rack_iff_model_and_order": lambda world: Unit.objects.filter(
        pk=world.racks[0].pk
    ).update(order=None),
    "unit_not_own_parent": lambda world: Unit.objects.filter(
        pk=a_tray(world).pk
    ).update(parent=models.F("id")),
    "unit_installed_has_parent": lambda world: a_tray(world, parent=None),
    "unit_removed_after_installed": lambda world: a_tray(
        world, removed_at=NOW - timedelta(minutes=1), state="in_stock"
    ),
    "unit_position_holds_one": lambda world: [a_tray(world) for _ in range(2)],
    "step_record_attempt_unique": lambda world: [
        a_step_record(world.racks[0], **ended()) for _ in range(2)
    ],
    "step_record_one_running_a_rack": lambda world: [
        a_step_record(world.racks[0], code) for code in ("KIT", "PREP")
    ],
    "step_record_one_running_a_bay": lambda world: [
        a_step_record(rack, "FILL", bay=world.bays[0]) for rack in world.racks[:2]
    ],
    "step_record_ended_iff_not_running": lambda world: a_step_record(
        world.racks[0], ended_at=NOW
    ),
    "step_record_start_before_end": lambda world: a_step_record(
        world.racks[0], **ended(ended_at=NOW - timedelta(minutes=1))
    ),
    "step_record_failed_has_reason": lambda world: a_step_record(
        world.racks[0], **ended(outcome="failed")
    ),
    "step_record_attempt_positive": lambda world: a_step_record(
        world.racks[0], attempt=0
    ),
    "measured_result_name_unique": lambda world: twice(a_result(world)),
    "stock_lot_unique": lambda world: twice(StockLot.objects.first()),
    "stock_lot_not_over_issued": lambda world: StockLot.objects.update(
        issued=models.F("quantity") + 1
    ),
    "stock_lot_hold_has_reason": lambda world: StockLot.objects.update(is_on_hold=True),
    "stock_issue_quantity_positive": lambda world: StockIssue.objects.create(
        lot=StockLot.objects.first(),
        rack=world.racks[0],
        step=world.model.steps.get(code="PREP"),
        quantity=0,
        at=NOW,
    ),
}
"""What breaks each constraint."""


def constraints():
    """Return every constraint of the factory by name, with its model."""
    return {
        constraint.name: (model, constraint)
        for model in apps.get_app_config("factory").get_models()
        for constraint in model._meta.constraints
    }


def words_of(name):
    """Return what the database says: SQLite names a unique constraint's columns."""
    model, constraint = constraints()[name]
    is_unique = isinstance(constraint, models.UniqueConstraint)
    if connection.vendor != "sqlite" or not is_unique:
        return name
    return ", ".join(
        f"{model._meta.db_table}.{model._meta.get_field(field).column}"
        for field in constraint.fields
    )


def test_every_constraint_has_something_that_breaks_it():
    assert set(BREAKS) == set(constraints())


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_the_database_refuses_by_name(name):
    world = a_small_world()

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BREAKS[name](world)

    assert words_of(name) in str(refused.value)


# What is just allowed


def test_a_withdrawn_record_gives_its_attempt_to_another():
    world = a_small_world()

    for outcome in ("withdrawn", "withdrawn", "passed"):
        a_step_record(world.racks[0], **ended(outcome=outcome))

    assert StepRecord.objects.filter(attempt=1).count() == 3


def test_a_position_is_free_once_its_tray_is_out():
    world = a_small_world()
    a_tray(world, removed_at=NOW, state="in_stock")

    assert a_tray(world).position == "C01"


def test_two_orders_without_an_external_id_are_two_orders():
    world = a_small_world()

    an_order(world.site, world.model)
    an_order(world.site, world.model)

    assert Order.objects.filter(external_id="").count() == 3


def test_a_lot_may_be_issued_to_the_last_piece():
    world = a_small_world()
    lot = a_stock_lot(world.site, a_part(), 5)

    with_fields(lot, issued=5)

    assert lot.free == 0


@pytest.mark.parametrize("target", ["bay", "node", "loop", "work_centre", "crew"])
def test_an_outage_is_about_any_one_thing(target):
    world = a_small_world()
    things = {
        "bay": world.bays[0],
        "node": PowerNode.objects.first(),
        "loop": CoolingLoop.objects.first(),
        "work_centre": WorkCentre.objects.first(),
        "crew": Crew.objects.first(),
    }

    an_outage(world.site, **{target: things[target]})

    assert Outage.objects.count() == 1


def test_two_targets_are_one_too_many():
    world = a_small_world()

    with (
        pytest.raises(IntegrityError, match="outage_one_target"),
        transaction.atomic(),
    ):
        an_outage(world.site, bay=world.bays[0], crew=Crew.objects.first())


def test_a_night_shift_may_end_on_the_next_day():
    site = a_site()

    a_calendar(site, weekdays=[6], start_min=1_320, end_min=1_800)

    assert Shift.objects.get().end_min == 1_800


def test_ranges_hold_at_their_ends():
    a_site(ratchet_percent=100, averaging_min=60, frozen_days=7, slushy_days=7)
    a_site(ratchet_percent=0, averaging_min=1, contracted_import_w=1)

    assert Site.objects.count() == 2


# What was said is kept


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.update(at=NOW + timedelta(days=1)),
        lambda rows: rows._raw_delete("default"),
    ],
    ids=["edited", "erased"],
)
@pytest.mark.parametrize("model", [OrderChange, StockIssue])
def test_changes_and_issues_are_never_edited_or_erased(model, change):
    world = a_small_world()
    OrderChange.objects.create(
        order=world.order, kind="pause", author="A", reason="B", at=NOW
    )
    StockIssue.objects.create(
        lot=StockLot.objects.first(),
        rack=world.racks[0],
        step=world.model.steps.get(code="PREP"),
        quantity=1,
        at=NOW,
    )

    with (
        pytest.raises(IntegrityError, match="is append-only"),
        transaction.atomic(),
    ):
        change(model.objects.all())

    assert model.objects.get().at == NOW
