"""The control page: one sentence, seven numbers, what is late and why."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from scheduling.models import (
    LimitAttribution,
    Plan,
    PlannedRack,
    Publication,
    Run,
)
from scheduling.services.publish import publish
from suppliers.models import Commitment
from suppliers.services import commitments
from tests.builders.factory import NOW, an_order
from tests.builders.reading import a_reader, links, table, words
from tests.builders.runs import a_run as a_run_in_state
from tests.builders.scheduling import a_base_scenario, a_plan, a_promise
from tests.builders.suppliers import BY_SYSTEM, a_commitment, a_line
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def late_plan(world, **fields):
    """Return a plan in which the last of three racks ships nine days late."""
    first, second, third = world.racks
    plan = a_plan(
        world.site,
        {first: NOW + 2 * DAY, second: NOW + 3 * DAY, third: NOW + 20 * DAY},
        **{
            "late_racks": 1,
            "late_cents": 5_400_000,
            "sentence": "Leak sensors: 29 of 116.",
            "limit": "material",
        }
        | fields,
    )
    PlannedRack.objects.filter(plan=plan, rack=third).update(late_min=12_961)
    return plan


def promised(order, on: date, number: int = 1):
    return a_promise(order, on, number=number)


def in_force(plan: Plan, previous: int | None = None) -> Publication:
    return publish(
        plan=plan,
        by=None,
        actor="system",
        acknowledged=dict.fromkeys(
            PlannedRack.objects.filter(plan=plan).values_list(
                "rack__order__number", flat=True
            ),
            "Told on the phone.",
        ),
        expected_previous=previous,
    )


def test_a_site_without_a_plan_says_so_and_offers_the_first(world, planner):
    page = planner.get(reverse("control"))

    said = words(page)
    assert f"{world.site.name} has no plan yet. The first takes seconds." in said
    assert "Nothing is planned" in said
    assert "No plan published" in said
    assert "Optimize" in said


def test_a_first_run_under_way_is_offered_for_watching(world, planner):
    run = a_run_in_state(Run.State.RUNNING, scenario=a_base_scenario(world.site))

    page = planner.get(reverse("control"))

    assert "A run is under way" in words(page)
    assert f"Watch run {run.pk}" in words(page)
    assert reverse("run", args=[run.pk]) in links(page)
    # The page asks again by itself until there is something to show.
    assert f'hx-get="{reverse("control")}"' in page.content.decode()


def test_seven_numbers_are_the_plans_own(world, planner):
    promised(world.order, date(2026, 12, 4))
    late_plan(world)

    said = words(planner.get(reverse("control")))

    for number in (
        "1 rack ships late in the proposal.",
        "Promises kept 0.0 %",
        "Racks late 1 of 3",
        "Cost of lateness $54 k",
        "Lead time, median – physics –",
        "Clear to build, 14 d 2 of 2",
        "Power at peak 89 % of 4,500 kW",
        "Ships in 14 d 2 racks, 0.3 MW",
    ):
        assert number in said


def test_a_share_of_no_promises_is_unknown_and_not_zero(world, planner):
    late_plan(world)

    assert "Promises kept – Racks late" in words(planner.get(reverse("control")))


def test_racks_that_wait_for_material_are_not_clear_to_build(world, planner):
    plan = late_plan(world)
    LimitAttribution.objects.create(
        plan=plan,
        rack=world.racks[0],
        sequence=1,
        limit="material",
        label="Leak sensors",
        owner="Mei-Ling Hsu",
        minutes=90,
        is_physics=False,
    )

    assert "Clear to build, 14 d 1 of 2" in words(planner.get(reverse("control")))


def test_lead_times_are_medians_beside_what_physics_needs(world, planner):
    plan = late_plan(world)
    for rack, lead in zip(world.racks, (4_320, 43_200, 86_400), strict=True):
        PlannedRack.objects.filter(plan=plan, rack=rack).update(
            lead_min=lead, physics_min=5_760
        )

    assert "Lead time, median 30 d physics 4 d" in words(
        planner.get(reverse("control"))
    )


def test_what_is_late_says_the_slip_the_limit_and_the_owner(world, planner):
    promised(world.order, date(2026, 12, 4))
    late_plan(world)

    page = planner.get(reverse("control"))

    assert table(page, "Late orders") == [
        [
            world.order.number,
            world.order.customer.name,
            "1 of 3",
            "4 Dec",
            "4 Dec",
            "13 Dec",
            "+9 d",
            "Material",
            "TR Tomás Reyes",
        ],
        ["Leak sensors: 29 of 116."],
    ]
    assert reverse("order", args=[world.order.number]) in links(page)


def test_a_plan_in_time_says_that_nothing_is_late(world, planner):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY))

    said = words(planner.get(reverse("control")))

    assert "Every rack ships on time in the proposal." in said
    assert "Nothing is late" in said


def test_limits_are_added_up_with_their_owner_and_physics_left_out(world, planner):
    plan = late_plan(world)
    rows = (("material", 1_440, False), ("power", 600, False), ("work", 9_000, True))
    for sequence, (limit, minutes, is_physics) in enumerate(rows):
        for rack in world.racks[:2]:
            LimitAttribution.objects.create(
                plan=plan,
                rack=rack,
                sequence=sequence,
                limit=limit,
                label=limit,
                owner="Tomás Reyes",
                minutes=minutes,
                is_physics=is_physics,
            )

    page = planner.get(reverse("control"))

    assert table(page, "Limits") == [
        ["Material", "TR Tomás Reyes", "2", "48 h"],
        ["Power", "TR Tomás Reyes", "2", "20 h"],
    ]


def test_the_limit_of_most_late_racks_is_named_with_its_owner(world, planner):
    plan = late_plan(world)
    first, second, _ = world.racks
    PlannedRack.objects.filter(plan=plan, rack__in=[first, second]).update(
        late_min=60, limit="power"
    )

    assert "Power is the limit for 2 of them; Tomás Reyes owns it." in words(
        planner.get(reverse("control"))
    )


def test_racks_that_cannot_be_planned_are_counted(world, planner):
    a_plan(
        world.site, {**dict.fromkeys(world.racks[:2], NOW + DAY), world.racks[2]: None}
    )

    assert "1 rack cannot be planned." in words(planner.get(reverse("control")))


def test_limits_broken_by_facts_are_shown(world, planner):
    late_plan(
        world, inherited_breaches=[{"sentence": "Bay A01 holds R-1 for 130 h of 120."}]
    )

    said = words(planner.get(reverse("control")))

    assert "Limits broken by facts" in said
    assert "Bay A01 holds R-1 for 130 h of 120." in said


def test_the_published_plan_is_shown_and_changes_since_the_one_before(world, planner):
    in_force(a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY)))
    in_force(late_plan(world), previous=1)

    said = words(planner.get(reverse("control")))

    assert "1 rack ships late in plan 2." in said
    assert "Plan 2 · published Mon 08:00" in said
    assert "Racks late 1 of 3 ▲ up 1 since plan 1" in said
    assert "Cost of lateness $54 k ▲ up $54 k since plan 1" in said
    assert "Ships in 14 d 2 racks, 0.3 MW ▼ down 1 since plan 1" in said


def test_a_proposal_beside_the_published_plan_is_pointed_to(world, planner):
    in_force(a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY)))
    late_plan(world, objective_cents=6_000_000)

    page = planner.get(reverse("control"))

    assert (
        "A proposal waits. It costs $60 k and ships 1 rack late. "
        "See what moved and publish"
    ) in words(page)
    assert "Every rack ships on time in plan 1." in words(page)


def test_facts_newer_than_the_plan_are_told_and_make_it_stale(world, planner):
    line = a_line(site=world.site, part=world.parts["SENSOR"])
    commitment = a_commitment(line)
    in_force(a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY), event_seq=0))
    commitments.decommit(
        line_id=line.pk,
        expected_version=Commitment.objects.for_staff().get(pk=commitment.pk).version,
        reason_code="capacity",
        author=BY_SYSTEM,
        now=NOW,
    )

    page = planner.get(reverse("control"))

    facts = page.context["facts"]
    assert facts[0].kind == "commitment.decommitted"
    assert (
        f"{line.purchase_order.number} line 10, {line.part.code}: "
        f"{line.purchase_order.supplier.name} withdraws 90 on 7 Dec (Capacity)."
    ) in words(page)
    assert f"{len(facts)} fact" in words(page)
    assert "1 fact newer" in words(page)
    assert "Optimize with 1 new fact" in words(page)


def test_another_sites_plan_and_lateness_stay_there(world, planner):
    other = a_small_world()
    late_plan(other)

    said = words(planner.get(reverse("control")))

    assert f"{world.site.name} has no plan yet." in said
    assert other.order.number not in said


def test_more_late_orders_than_fit_are_counted_and_linked(world, planner):
    orders = [an_order(world.site, world.model) for _ in range(13)]
    racks = [order.racks.get() for order in orders]
    plan = a_plan(
        world.site, dict.fromkeys(racks, datetime.fromisoformat("2026-12-10T12:00Z"))
    )
    PlannedRack.objects.filter(plan=plan).update(late_min=60)

    page = planner.get(reverse("control"))

    assert len(table(page, "Late orders")) == 12
    assert "All 13" in words(page)
    assert f"{reverse('orders')}?show=late" in links(page)


@pytest.mark.parametrize("role", ["buyer", "energy_desk", "quality"])
def test_only_a_planner_is_offered_to_optimize(world, role):
    late_plan(world)

    page = a_reader(world.site, role).get(reverse("control"))

    assert page.status_code == 200
    assert "Optimize" not in words(page)
