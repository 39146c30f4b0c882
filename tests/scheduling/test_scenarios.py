"""What-ifs: made in a moment, planned beside the live data, compared, proposed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from journal.api.ids import opaque
from journal.models import Event
from scheduling.engine.adjust.base import AdjustmentError
from scheduling.errors import (
    ArchivedScenarioError,
    BaseScenarioError,
    NotProposableError,
    RunUnfinishedError,
)
from scheduling.models import Plan, PlannedRack, Publication, Run, Scenario
from scheduling.queries.assumed import choices_of
from scheduling.queries.scenarios import columns_of, differing
from scheduling.services import scenarios as services
from scheduling.services.publish import publish
from scheduling.services.runs import claim, request_run
from scheduling.snapshot.take import take
from scheduling.storage import store_plan
from scheduling.worker import execute
from tests.builders.api import Caller
from tests.builders.factory import NOW, an_order
from tests.builders.reading import a_reader, table, words
from tests.builders.reference import reference_plan
from tests.builders.scheduling import (
    a_base_scenario,
    a_plan,
    a_running_run,
    a_stored_plan,
    a_what_if,
)
from tests.builders.suppliers import a_source
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def held(order, until="2026-12-01"):
    return {"kind": "order_held", "order": order.number, "until": until}


def more(order, racks=3):
    return {"kind": "order_racks", "order": order.number, "racks": racks}


def planned(scenario):
    """Store the plain scheduler's plan of a scenario."""
    snapshot = take(scenario, as_of=NOW)
    run = a_running_run(scenario.site, scenario=scenario)
    plan = store_plan(
        run=run,
        token=1,
        snapshot=snapshot,
        schedule=reference_plan(snapshot.problem),
        bound_cents=0,
    )
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED, ended_at=NOW)
    return plan


def test_a_scenario_is_made_with_its_assumptions_in_words_and_in_the_journal(world):
    made = services.create_scenario(
        site=world.site,
        name=" A doubled order ",
        adjustments=[more(world.order)],
        by=None,
        actor="user:1",
    )

    (column,) = columns_of([made])
    assert made.name == "A doubled order"
    assert column.words == (f"{world.order.number}: 3 racks more",)
    event = Event.objects.get(kind="scenario.created")
    assert event.after["adjustments"] == made.adjustments


def test_what_is_not_at_the_site_is_refused_and_nothing_is_made(world):
    other = a_small_world()

    with pytest.raises(AdjustmentError, match=f"no order {other.order.number} at"):
        services.create_scenario(
            site=world.site,
            name="Theirs",
            adjustments=[more(other.order)],
            by=None,
            actor="user:1",
        )

    assert not Scenario.objects.filter(is_base=False).exists()


def test_live_data_take_no_assumptions(world):
    base = a_base_scenario(world.site)

    with pytest.raises(BaseScenarioError):
        services.adjust_scenario(
            scenario=base, adjustments=[held(world.order)], actor="user:1"
        )


def test_a_doubled_order_is_planned_with_parts_ordered_now(world):
    a_source(part=world.parts["FRAME"], lead_time_p50_days=9, lead_time_p90_days=20)
    a_source(part=world.parts["SENSOR"], lead_time_p50_days=9, lead_time_p90_days=10)
    scenario = a_what_if(world.site, more(world.order, 3))

    plan = planned(scenario)

    one = plan.order_dates[world.order.number]
    assert (plan.racks, one["racks"], one["unplannable"]) == (6, 6, 0)
    # The new racks wait for the frames; they have no rows of their own.
    assert one["ships"] > "2026-12-13"
    assert PlannedRack.objects.filter(plan=plan).count() == 3


def test_a_plan_in_bays_that_are_only_assumed_names_no_bay_that_stands(world):
    bay = world.bays[0].code
    scenario = a_what_if(world.site, {"kind": "bays", "like": bay, "bays": 5})

    plan = planned(scenario)

    in_rows = {row.bay.code for row in PlannedRack.objects.filter(plan=plan) if row.bay}
    assert in_rows <= {one.code for one in world.bays}
    assert plan.unplannable_racks == 0


def test_a_scenario_that_cannot_be_planned_says_why(world):
    scenario = a_what_if(world.site, held(world.order))
    scenario.adjustments = [{"kind": "bays", "like": "Z99", "bays": 1}]
    scenario.save()
    run = request_run(scenario=scenario, by=None, actor="user:1")

    execute(claim(run.pk, "host:1"))

    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "invalid_adjustment")
    assert run.error == "There is no bay Z99 in the live data any more."


def test_a_plan_of_a_what_if_is_told_order_by_order_against_the_live_one(world):
    other = an_order(world.site, world.model)
    a_stored_plan(world.site)
    scenario = a_what_if(world.site, held(world.order, "2026-12-20"))
    planned(scenario)

    live, mine = columns_of([a_base_scenario(world.site), scenario])

    assert mine.orders[world.order.number].ships.isoformat() >= "2026-12-20"
    assert mine.orders.keys() == live.orders.keys() >= {other.number}
    numbers, count = differing([live, mine], 10)
    assert world.order.number in numbers
    assert count == len(numbers)


def test_only_decisions_of_the_plan_become_a_proposal(world):
    world_first = a_what_if(world.site, more(world.order), held(world.order))
    planned(world_first)

    with pytest.raises(NotProposableError) as refusal:
        services.propose(scenario=world_first, by=None, actor="user:1")

    assert refusal.value.sentences == (
        f"{world.order.number}: 3 racks more: the customer has to change the order.",
    )


def test_other_arrivals_than_the_live_plans_count_on_have_to_be_chosen_first(world):
    a_base_scenario(world.site)
    scenario = a_what_if(world.site, held(world.order))
    plan = planned(scenario)
    scenario.arrivals = Scenario.Arrivals.P80

    reasons = services.not_proposable(scenario, plan)

    (reason,) = reasons
    assert reason == (
        "It counts on P80 arrivals, live plans on promised dates: an administrator "
        "chooses that for the live data first."
    )


def test_a_proposal_is_a_repair_of_the_live_data_towards_the_what_if(world):
    a_base_scenario(world.site)
    scenario = a_what_if(world.site, held(world.order))
    plan = planned(scenario)

    run = services.propose(scenario=scenario, by=None, actor="user:1")

    assert (run.kind, run.favour, run.towards) == ("repair", "moves", plan)
    assert run.scenario.is_base
    with pytest.raises(RunUnfinishedError):
        services.propose(scenario=scenario, by=None, actor="user:1")


def test_a_what_if_becomes_a_stored_plan_that_is_published(world, planner):
    publish(
        plan=a_stored_plan(world.site), by=None, actor="system", expected_previous=None
    )
    scenario = a_what_if(world.site, held(world.order, "2026-12-20"))
    planned(scenario)

    planner.post(reverse("scenario_propose", args=[scenario.pk]))
    plan = work_off(NOW)
    refused = planner.post(reverse("publish"), {"plan": plan.pk, "previous": "1"})
    planner.post(
        reverse("publish"),
        {
            "plan": plan.pk,
            "previous": "1",
            "acknowledged": [world.order.number],
            f"reason-{world.order.number}": "Held until the hall is ready.",
        },
    )

    assert refused.status_code == 409
    assert plan.run.scenario.is_base
    starts = plan.planned_steps.earliest("starts_at").starts_at
    assert starts.date().isoformat() >= "2026-12-19"
    assert Publication.objects.latest("number").plan == plan


def test_an_earlier_publication_comes_back_as_a_stored_plan(world, planner):
    first = a_stored_plan(world.site)
    publish(plan=first, by=None, actor="system", expected_previous=None)
    later = {unit: NOW + timedelta(days=30) for unit in world.racks}
    second = a_plan(world.site, later)
    order = world.order.number
    publish(
        plan=second,
        by=None,
        actor="system",
        acknowledged={order: "Held."},
        expected_previous=1,
    )

    planner.post(reverse("publication_back", args=[1]))
    back = work_off(NOW)
    planner.post(reverse("publish"), {"plan": back.pk, "previous": "2"})

    assert Publication.objects.latest("number").number == 3
    assert Publication.objects.latest("number").plan == back
    assert places(back) == places(first)


def work_off(now):
    """Do what a worker does with the run that waits; return its plan."""
    run = Run.objects.get(state=Run.State.QUEUED)
    Run.objects.filter(pk=run.pk).update(as_of=now)
    execute(claim(run.pk, "worker:1"))
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED, run.error
    return Plan.objects.get(run=run)


def places(plan):
    """Return where every step of a plan is, and when."""
    rows = plan.planned_steps.order_by("rack", "starts_at")
    return [*rows.values_list("rack", "step", "bay", "starts_at")]


def test_the_worker_keeps_the_what_ifs_places_for_the_live_data(world):
    a_base_scenario(world.site)
    scenario = a_what_if(world.site, held(world.order, "2026-12-01"))
    plan = planned(scenario)
    run = services.propose(scenario=scenario, by=None, actor="user:1")
    seen = []

    def looks(problem, **_):
        seen.append(problem)
        raise AdjustmentError("Enough seen.")

    execute(claim(run.pk, "host:1"), looks)

    starts = [start for rack in seen[0].racks for _, start, _ in rack.previous]
    begin = (plan.planned_steps.order_by("starts_at")[0].starts_at - plan.epoch).days
    assert len(starts) == plan.planned_steps.count()
    assert min(starts) // 1_440 == begin >= 7


def test_what_is_put_away_is_planned_no_more(world):
    scenario = services.archive_scenario(scenario=a_what_if(world.site), actor="user:1")

    with pytest.raises(ArchivedScenarioError):
        request_run(scenario=scenario, by=None, actor="user:1")


def test_a_planner_makes_fills_and_runs_a_scenario_without_javascript(world, planner):
    a_base_scenario(world.site)
    made = planner.post(
        reverse("scenarios"), {"name": "A bay fails", "arrivals": "promised"}
    )
    page = made.headers["Location"]
    scenario = Scenario.objects.get(name="A bay fails")

    form = planner.get(f"{page}?add=limit_out").content.decode()
    planner.post(
        reverse("scenario_add", args=[scenario.pk]),
        {
            "kind": "limit_out",
            "limit": f"bay:{world.bays[0].code}",
            "starts": "2026-11-24T06:00",
            "ends": "2026-11-27T06:00",
        },
    )
    planner.post(reverse("scenario_run", args=[scenario.pk]), {"time_limit_s": "20"})

    said = words(planner.get(page))
    assert f'value="bay:{world.bays[0].code}"' in form
    assert f"bay:{world.bays[0].code} out from 2026-11-24T06:00" in said
    assert "Not planned yet. Run" in said
    assert "an outage has to be recorded." in said
    assert scenario.runs.get().state == "queued"


def test_a_refused_assumption_says_why_and_changes_nothing(world, planner):
    scenario = a_what_if(world.site)

    answer = planner.post(
        reverse("scenario_add", args=[scenario.pk]),
        {"kind": "bays", "like": "Z99", "bays": "1"},
        follow=True,
    )

    assert "Like bay: Select a valid choice. Z99" in words(answer)
    scenario.refresh_from_db()
    assert scenario.adjustments == []


def test_scenarios_stand_side_by_side_with_arrows_that_know_what_is_good(
    world, planner
):
    a_stored_plan(world.site)
    scenario = a_what_if(world.site, held(world.order, "2026-12-20"), name="Held")
    planned(scenario)
    base = a_base_scenario(world.site)

    page = planner.get(
        reverse("scenario_compare"), {"s": [base.pk, scenario.pk, 999_999]}
    )

    rows = {row[0]: row for row in table(page, "Scenarios compared")}
    assert "▲ up 3 3" in rows["Racks late"][2].replace("\u00a0", " ")
    assert 'data-mood="bad"' in page.content.decode()
    weeks = table(page, "Racks by the week their order is complete")
    assert [row[1:] for row in weeks if row[2] != "–"] == [["–", "3, 3 late"]]
    assert "Held 3 late.</desc>" in page.content.decode()
    assert "Not all of this link is there any more." in words(page)


def test_a_scenario_is_searched_for_as_long_as_the_plan_it_is_compared_with(
    world, planner
):
    live = a_stored_plan(world.site)
    Run.objects.filter(pk=live.run_id).update(time_limit_s=240)
    publish(plan=live, by=None, actor="system", expected_previous=None)
    mended = a_stored_plan(world.site)
    Run.objects.filter(pk=mended.run_id).update(kind=Run.Kind.REPAIR, time_limit_s=5)
    publish(plan=mended, by=None, actor="system", expected_previous=1)
    scenario = a_what_if(world.site, held(world.order), name="Held")

    page = planner.get(reverse("scenario", args=[scenario.pk]))
    planner.post(reverse("scenario_run", args=[scenario.pk]), {"time_limit_s": "240"})
    Run.objects.filter(scenario=scenario).update(
        state=Run.State.SUCCEEDED, ended_at=NOW
    )
    asked = Caller(code_execution=True).post(
        "runs", {"scenario": opaque("sc", scenario.pk)}
    )

    assert '<option value="240" selected>240 seconds, as long as live' in (
        page.content.decode()
    )
    assert asked.json()["time_limit_s"] == 240
    assert [run.time_limit_s for run in scenario.runs.all()] == [240, 240]


@pytest.mark.parametrize(
    ("short_s", "is_proved", "is_said"),
    [(60, False, False), (20, False, True), (20, True, False)],
)
def test_a_comparison_says_where_one_was_searched_for_longer(
    world, planner, short_s, is_proved, is_said
):
    a_stored_plan(world.site)
    scenario = a_what_if(world.site, held(world.order), name="Held")
    plan = planned(scenario)
    Run.objects.filter(scenario=scenario).update(time_limit_s=short_s)
    Plan.objects.filter(pk=plan.pk).update(is_proved_optimal=is_proved)
    base = a_base_scenario(world.site)

    page = planner.get(reverse("scenario_compare"), {"s": [base.pk, scenario.pk]})
    beside = planner.get(reverse("scenario", args=[scenario.pk]))

    sentence = f"Held was searched for {short_s} s, {base.name} for 60 s"
    assert (sentence in words(page)) is is_said
    assert (sentence in words(beside)) is is_said
    rows = {row[0]: row for row in table(page, "Scenarios compared")}
    assert rows["Searched for"][1] == "60 s"


@pytest.mark.parametrize("query", ["", "?s=", "?s=x&s=²", "?s=99999999999999999999"])
def test_a_comparison_of_nothing_says_so_and_leads_on(world, planner, query):
    said = words(planner.get(reverse("scenario_compare") + query))

    assert "Choose two to four scenarios." in said
    assert "Choose scenarios" in said


def test_a_link_to_a_scenario_that_is_gone_leads_to_those_there_are(world, planner):
    answer = planner.get(reverse("scenario", args=[999_999]), follow=True)

    assert "That scenario is not there any more." in words(answer)
    assert answer.redirect_chain[-1][0] == reverse("scenarios")


def test_choices_grow_without_more_questions(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert (world.bays[0].code, world.bays[0].code) in choices_of(world.site, "bay")


def test_the_api_makes_a_scenario_and_a_run_on_it(world):
    erp = Caller(sensitive_data=True)
    body = {
        "site": world.site.code,
        "name": "Doubled",
        "adjustments": [more(world.order)],
    }

    made = erp.post("scenarios", body)
    refused = erp.post("scenarios", body | {"adjustments": [{"kind": "cheaper"}]})

    assert made.status_code == 201
    assert made.json()["adjustments"] == [more(world.order)]
    assert refused.status_code == 422
    assert "no kind of adjustment" in refused.content.decode()
    run = Caller(code_execution=True).post("runs", {"scenario": made.json()["id"]})
    assert run.status_code == 202
    assert run.json()["scenario"] == made.json()["id"]


def test_a_run_names_a_site_or_a_scenario(world):
    planner = Caller(code_execution=True)

    assert planner.post("runs", {}).status_code == 422
    assert planner.post("runs", {"scenario": "sc_zz"}).status_code == 422
