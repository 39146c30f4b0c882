"""A plan's savings: proved in the background, stored limit by limit, read by all."""

from datetime import date, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from factory.models import Order
from journal.api.ids import opaque
from scheduling import outbox, studying
from scheduling.blobs import load_problem
from scheduling.errors import FencedOutError
from scheduling.models import LimitSaving, Plan, Run, Study
from scheduling.queries.savings import (
    lateness_of,
    savings_of_plan,
    savings_of_rack,
)
from scheduling.services import quotes, studies
from scheduling.services.publish import publish
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.runs import a_run
from tests.builders.scheduling import a_base_scenario, a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

MOVES = 6


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site whose five racks share two bays and are late."""
    made = a_small_world(racks=5)
    Order.objects.update(requested_date=(NOW + timedelta(days=4)).date())
    return made


@pytest.fixture
def plan(world) -> Plan:
    return a_stored_plan(world.site)


def proved(plan: Plan) -> Study:
    """Return the study of a plan, worked out."""
    lease = studies.claim(studies.request_study(plan=plan, actor="system").pk)
    assert lease is not None
    studying.execute(lease, moves=MOVES)
    return Study.objects.get(plan=plan)


def test_a_study_stores_every_binding_limit_and_then_levers(plan):
    study = proved(plan)

    assert study.state == Study.State.DONE
    assert study.savings_at is not None
    rows = list(study.savings.all())
    codes = [row.code for row in rows]
    assert codes == sorted(codes, key=lambda code: (code != "without", code != "twice"))
    lifted = {(row.limit, row.resource) for row in rows if row.code == "without"}
    assert {("bay", "bays"), ("rework", "allowance")} <= lifted
    assert all(row.cap_min <= row.held_min for row in rows)
    assert all(row.owner for row in rows)


def test_what_bays_would_save_is_told_of_plan_order_and_rack(world, plan):
    proved(plan)

    found = savings_of_plan(plan)
    bays = next(row for row in found.savings if row.limit == "bay")
    assert bays.is_distinguishable
    assert bays.saved_cents > bays.spread_cents
    assert bays.late_min > 0
    order = lateness_of(world.order, plan)
    by_bays = next(one for one in order.explained if one.saving.limit == "bay")
    assert 0 < by_bays.late_min <= order.late_min
    assert order.unexplained_min == order.late_min - max(
        one.late_min for one in order.explained
    )
    assert by_bays.proof == f"study:{bays.study_id}/{bays.sequence}"
    late = [one for rack in world.racks for one in savings_of_rack(rack, plan)]
    assert sum(one.late_min for one in late if one.saving.limit == "bay") > 0


def test_a_rack_without_a_plan_is_explained_by_what_leaves_it_out():
    short = a_small_world(racks=2, stocked=False)
    for part, pieces in ((short.parts["FRAME"], 2), (short.parts["SENSOR"], 29)):
        a_stock_lot(short.site, part, pieces)
    plan = a_stored_plan(short.site)

    study = proved(plan)

    (why,) = study.conflicts
    assert why["is_proved"]
    assert [(one["limit"], one["resource"]) for one in why["limits"]] == [
        ("material", short.parts["SENSOR"].code)
    ]
    assert why["sentence"].endswith(" days.")
    assert why["rack"] in {rack.serial for rack in short.racks}


def test_savings_are_read_over_the_api(world, plan, django_assert_num_queries):
    caller = Caller(sensitive_data=True)
    where = f"plans/{opaque('plan', plan.pk)}:savings"
    empty = caller.get(where)
    proved(plan)

    shown = caller.get(where).json()
    order = caller.get(f"orders/{opaque('ord', world.order.pk)}:lateness").json()

    assert empty.status_code == 200
    assert empty.json() == {
        "state": None,
        "are_savings_whole": False,
        "savings": [],
        "levers": [],
        "conflicts": [],
    }
    assert shown["state"] == "done"
    assert {"bay", "rework"} <= {row["limit"] for row in shown["savings"]}
    assert shown["levers"]
    assert order["plan"] == opaque("plan", plan.pk)
    assert order["explained"][0]["proof"].startswith("study:")
    assert not order["is_proving"]


def test_an_order_without_a_plan_is_not_found(world):
    answer = Caller(sensitive_data=True).get(
        f"orders/{opaque('ord', world.order.pk)}:lateness"
    )

    assert answer.status_code == 404


def test_a_study_gives_way_to_a_run_and_goes_on_later(world, plan, monkeypatch):
    study = studies.request_study(plan=plan, actor="system")
    write = studies.write_lever

    def write_and_want_a_run(lease, lever, **given):
        write(lease, lever, **given)
        if given["sequence"] == 2:
            a_run(scenario=a_base_scenario(world.site))

    monkeypatch.setattr(studies, "write_lever", write_and_want_a_run)
    studying.execute(studies.claim(study.pk), moves=MOVES)
    study.refresh_from_db()
    assert (study.state, study.savings.count()) == (Study.State.REQUESTED, 2)

    Run.objects.filter(state=Run.State.QUEUED).delete()
    studying.execute(studies.claim(study.pk), moves=MOVES)

    study.refresh_from_db()
    assert study.state == Study.State.DONE
    rows = list(study.savings.values_list("sequence", flat=True))
    assert rows == list(range(1, len(rows) + 1))


def test_a_study_out_of_time_keeps_what_was_proved(world, plan, monkeypatch):
    study = studies.request_study(plan=plan, actor="system")
    write = studies.write_lever

    def write_two(lease, lever, **given):
        if given["sequence"] > 2:
            raise SoftTimeLimitExceeded
        write(lease, lever, **given)

    monkeypatch.setattr(studies, "write_lever", write_two)
    studying.execute(studies.claim(study.pk), moves=MOVES)

    study.refresh_from_db()
    assert (study.state, study.savings.count()) == (Study.State.FAILED, 2)
    assert study.sentence == studying.OUT_OF_TIME


def test_a_question_that_waits_goes_before_a_study_too(world, plan):
    study = studies.request_study(plan=plan, actor="system")
    lease = studies.claim(study.pk)
    quote = quotes.request_quote(
        site=world.site,
        rack_model=world.model,
        quantity=1,
        wish_date=date(2026, 12, 18),
        actor="user:7",
    )

    assert outbox.send_studies() == 0
    assert studies.let_others_first(lease)
    # One that a worker has in hand waits no longer.
    quotes.claim(quote.pk)
    assert not studies.is_somebody_waiting()


def test_a_waiting_run_takes_a_study_back_to_the_queue(world, plan, monkeypatch):
    sent = []
    monkeypatch.setattr(outbox, "_send", lambda *given: sent.append(given[:2]))
    study = studies.request_study(plan=plan, actor="system")
    lease = studies.claim(study.pk)
    assert not studies.let_others_first(lease)
    run = a_run(scenario=a_base_scenario(world.site))

    assert studies.let_others_first(lease)

    study.refresh_from_db()
    assert (study.claimed_until, study.attempt) == (None, 0)
    assert outbox.send_studies() == 0
    Run.objects.filter(pk=run.pk).delete()
    assert outbox.send_studies() == 1
    assert sent == [(outbox.PROVE_SAVINGS, [(study.pk, outbox.STUDY_S)])]


def test_a_worker_taken_for_lost_writes_nothing_more(plan):
    study = studies.request_study(plan=plan, actor="system")
    first = studies.claim(study.pk)
    assert studies.claim(study.pk) is None
    Study.objects.update(claimed_until=Now() - timedelta(seconds=1))
    second = studies.claim(study.pk)

    with pytest.raises(FencedOutError):
        studies.finish(first)

    studies.finish(second)
    assert Study.objects.get().state == Study.State.DONE


def test_a_study_whose_workers_all_stop_has_failed(plan):
    study = studies.request_study(plan=plan, actor="system")
    for _ in range(Study.MAX_ATTEMPTS):
        assert studies.claim(study.pk)
        Study.objects.update(claimed_until=Now() - timedelta(seconds=1))

    assert studies.claim(study.pk) is None

    study.refresh_from_db()
    assert (study.state, study.sentence) == ("failed", studies.WORKER_LOST)
    assert studies.request_study(plan=plan, actor="system").state == "requested"


def test_a_newer_plan_drops_the_question_about_an_older_proposal(world, plan):
    studies.request_study(plan=plan, actor="system")
    newer = a_stored_plan(world.site)

    studies.request_study(plan=newer, actor="system")

    assert [one.plan_id for one in Study.objects.all()] == [newer.pk]


def test_publishing_asks_for_the_plans_savings_once(plan):
    publish(plan=plan, by=None, actor="system", expected_previous=None)

    study = Study.objects.get()
    assert (study.plan_id, study.state) == (plan.pk, Study.State.REQUESTED)


def test_the_command_proves_and_lists(plan, capsys, monkeypatch):
    monkeypatch.setattr("scheduling.engine.savings.MOST_MOVES", MOVES)

    call_command("study", "--now")

    said = capsys.readouterr().out
    assert f"plan {plan.pk}: done." in said
    assert "Without the limit of Power bays: $" in said


def test_supplies_of_a_snapshot_name_their_supplier(plan):
    assert {one.supplier for one in load_problem(plan).supplies} == {""}


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("limit_saving_claimed_above_spread", {"spread_cents": 10}),
        ("limit_saving_claimed_above_spread", {"pairs": 1}),
        ("limit_saving_spread_positive", {"spread_cents": -1}),
        ("limit_saving_share_range", {"share_permille": 1_001}),
        ("limit_saving_cap_within_held", {"cap_min": 11}),
    ],
)
def test_the_database_refuses_what_is_not_proved(plan, constraint, fields):
    values = {
        "study": studies.request_study(plan=plan, actor="system"),
        "sequence": 1,
        "code": "without",
        "change": "Without it",
        "limit": "bay",
        "resource": "bays",
        "label": "Power bays",
        "owner": "Robin",
        "saved_cents": 10,
        "spread_cents": 9,
        "late_min": 1,
        "ship_min": 1,
        "pairs": 5,
        "is_distinguishable": True,
        "held_min": 10,
        "held_racks": 1,
        "share_permille": 1,
        "cap_min": 10,
    }

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        LimitSaving.objects.create(**values | fields)

    assert constraint in str(refusal.value)
    assert not LimitSaving.objects.exists()
