"""The plan page, its drawing's data and the panel that explains one rack."""

import csv
import io
import json
from datetime import date, timedelta
from itertools import pairwise, takewhile

import pytest
from django.urls import reverse

from factory.models import PowerBay
from scheduling.blobs import load_schedule
from scheduling.engine.schedule import PhaseKind
from scheduling.models import LimitAttribution, PlanDrawing, PlannedRack
from scheduling.queries.drawings import read_drawing
from scheduling.queries.gantt import KINDS
from scheduling.queries.lanes import LANES
from scheduling.services.publish import publish
from tests.builders import drawing
from tests.builders.factory import (
    NOW,
    a_bay,
    a_cooling_loop,
    a_rack_model,
    an_order,
)
from tests.builders.reading import a_reader, links, table, words
from tests.builders.scheduling import (
    a_grid_event,
    a_plan,
    a_promise,
    a_running_run,
    a_stored_plan,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LABEL = "Power bays over time, as a table"


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def data_of(planner, plan):
    return planner.get(reverse("plan_data", args=[plan.pk])).json()


def in_force(plan):
    return publish(plan=plan, by=None, actor="system", expected_previous=None)


def test_without_a_plan_there_is_nothing_to_draw(planner):
    page = planner.get(reverse("plan"))

    assert page.status_code == 200
    assert "There is no plan yet." in words(page)
    assert "Nothing to draw" in words(page)


def test_a_first_run_under_way_can_be_watched_from_the_plan_page(world, planner):
    run = a_running_run(world.site)

    page = planner.get(reverse("plan"))

    assert "There is no plan yet. The first is being made." in words(page)
    assert reverse("run", args=[run.pk]) in links(page)


def test_a_plan_whose_bound_is_not_known_yet_claims_none(world, planner):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY), bound_cents=0)

    assert "is proved" not in words(planner.get(reverse("plan")))


def test_the_table_holds_every_rack_with_place_times_and_dates(world, planner):
    first, second, third = world.racks
    plan = a_plan(
        world.site, {first: NOW + 2 * DAY, second: NOW + 12 * DAY, third: None}
    )
    PlannedRack.objects.filter(plan=plan, rack=first).update(
        lead_min=10_080,
        physics_min=5_760,
        bay=world.bays[0],
        bay_from=NOW,
        bay_until=NOW + DAY,
        limit="power",
    )

    rows = table(planner.get(reverse("plan")), LABEL)

    assert rows == [
        [
            first.serial,
            world.bays[0].code,
            "Tue 23:00",
            "Wed 08:00",
            "72 h",
            "Power",
            "4 Dec",
            "25 Nov",
            "On time",
        ],
        [
            second.serial,
            "–",
            "Fri 4 Dec, 23:00",
            "Sat 5 Dec, 08:00",
            "–",
            "",
            "4 Dec",
            "5 Dec",
            "Late",
        ],
        [third.serial, "–", "–", "–", "–", "Material", "4 Dec", "–", "Unplannable"],
    ]


@pytest.mark.parametrize("lanes", LANES)
def test_table_and_file_have_the_rows_of_the_lanes_in_their_order(
    world, planner, lanes
):
    other = a_rack_model()
    a_bay(world.site, models=[other])
    an_order(world.site, other, requested=date(2026, 12, 2))
    plan = a_stored_plan(world.site)
    view = {"lanes": lanes, "find": ""}

    rows = table(planner.get(reverse("plan"), {"plan": plan.pk} | view), LABEL)

    answer = planner.get(reverse("plan_shown", args=[plan.pk, "csv"]), view)
    file = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    groups = list(dict.fromkeys(row["group"] for row in file))
    is_steps = lanes in ("rack", "crew")
    assert len(file) == len(rows) > 0
    assert [row["rack"] for row in file] == [row[2 if is_steps else 0] for row in rows]
    if is_steps:
        lane = "group" if lanes == "crew" else "lane"
        assert [row[lane] for row in file] == [row[0] for row in rows]
    kept = read_drawing(plan)
    drawn = {
        "bay": [one["label"] for one in kept["groups"]],
        "rack": [one["label"] for one in kept["models"]],
        "order": kept["orders"],
        "crew": [label for _, label in kept["crews"]],
    }[lanes]
    assert groups == [one for one in drawn if one in groups]


def test_the_table_follows_search_and_folds_and_its_links_keep_them(world, planner):
    plan = a_stored_plan(world.site)
    first, *others = [rack.serial for rack in world.racks]
    crew, name = read_drawing(plan)["crews"][0]

    def page(**view):
        return planner.get(reverse("plan"), {"plan": plan.pk, "lanes": "crew"} | view)

    found = page(find=first)
    folded = table(page(fold=crew), LABEL)

    assert {row[2] for row in table(found, LABEL)} == {first}
    assert f"lanes=crew&amp;find={first}&amp;rack={first}" in found.content.decode()
    assert {row[2] for row in folded} == {first, *others}
    assert name not in {row[0] for row in folded}
    bays = {"lanes": "bay", "fold": read_drawing(plan)["groups"][0]["key"]}
    assert table(page(**bays), LABEL) == [["No rack is planned in this window."]]


def test_a_link_to_a_rack_that_is_gone_says_so_and_shows_the_plan(world, planner):
    plan = a_stored_plan(world.site)

    page = planner.get(reverse("plan"), {"plan": plan.pk, "rack": "R-GONE"})
    there = planner.get(reverse("plan"), {"rack": world.racks[0].serial})

    assert "The rack this link names is not among this plan's racks" in words(page)
    assert len(table(page, LABEL)) == len(world.racks)
    assert "this link names" not in words(there)


def test_a_promise_stands_in_the_table_instead_of_the_date_asked_for(world, planner):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + 12 * DAY))
    for on in (date(2026, 12, 4), date(2026, 12, 7)):
        a_promise(world.order, on)

    rows = table(planner.get(reverse("plan")), LABEL)

    # Asked for on 4 December, promised for the 7th, planned for the 5th.
    assert [row[-3:] for row in rows] == [["7 Dec", "5 Dec", "On time"]] * 3


def test_the_bar_says_what_the_plan_costs_and_what_is_proved(world, planner):
    plan = a_plan(
        world.site,
        {**dict.fromkeys(world.racks[:2], NOW + DAY), world.racks[2]: None},
        objective_cents=6_770_000,
        bound_cents=4_120_000,
        late_racks=1,
    )

    said = words(planner.get(reverse("plan")))

    assert f"Proposal of run {plan.run_id}" in said
    assert "$67.7 k · 1 rack late of 3 · 1 unplannable" in said
    assert "at least $41.2 k is proved" in said
    assert "Publish…" in said


def test_a_plan_nothing_beats_says_so(world, planner):
    a_plan(
        world.site,
        dict.fromkeys(world.racks, NOW + DAY),
        is_proved_optimal=True,
    )

    assert "proved best" in words(planner.get(reverse("plan")))


def test_published_plan_and_proposal_are_one_click_apart(world, planner):
    published = a_stored_plan(world.site)
    in_force(published)
    proposal = a_plan(world.site, dict.fromkeys(world.racks, NOW + 2 * DAY))

    page = planner.get(reverse("plan"))
    other = planner.get(reverse("plan"), {"plan": proposal.pk})

    assert page.context["plan"] == published
    assert "Publish…" not in words(page)
    assert {f"?plan={published.pk}", f"?plan={proposal.pk}"} <= set(links(page))
    assert other.context["plan"] == proposal
    assert f"Proposal of run {proposal.run_id}" in words(other)
    assert "Publish…" in words(other)


def test_a_rack_named_in_the_address_is_explained_beside_the_plan(world, planner):
    plan = a_plan(
        world.site,
        dict.fromkeys(world.racks, NOW + DAY),
        sentence="It waits 28 h for bay A01.",
        limit="bay",
    )
    serial = world.racks[0].serial

    page = planner.get(reverse("plan"), {"rack": serial})

    assert "It waits 28 h for bay A01. Bay TR Tomás Reyes" in words(page)
    assert f"Open order {world.order.number}" in words(page)
    assert f"{reverse('order', args=[world.order.number])}?rack={serial}" in links(page)
    assert f"?plan={plan.pk}" in links(page)


def test_the_panel_says_promised_planned_and_where_the_time_goes(world, planner):
    plan = a_stored_plan(world.site)
    rack = world.racks[0]
    bars = LimitAttribution.objects.filter(plan=plan, rack=rack)

    panel = planner.get(reverse("plan_rack", args=[plan.pk]), {"rack": rack.serial})

    planned = PlannedRack.objects.get(plan=plan, rack=rack)
    assert sum(bar.minutes for bar in bars) == planned.lead_min
    said = words(panel)
    assert "Promised Fri 4 Dec Planned" in said
    assert "Lead time" in said
    assert f"Open order {world.order.number}" in said
    assert "<html" not in panel.content.decode()


def test_the_panel_of_a_rack_without_a_plan_gives_the_reason(world, planner):
    plan = a_plan(
        world.site, dict.fromkeys(world.racks), sentence="Nobody has promised sensors."
    )

    panel = planner.get(
        reverse("plan_rack", args=[plan.pk]), {"rack": world.racks[0].serial}
    )

    said = words(panel)
    assert "Not planned. Nobody has promised sensors." in said
    assert "Unplannable" in said


def test_the_drawings_data_is_the_stored_schedule(world, planner):
    plan = a_stored_plan(world.site)
    schedule = load_schedule(plan)

    found = drawing.racks(data_of(planner, plan))

    assert found.keys() == {rack.serial for rack in world.racks}
    for serial, rack in found.items():
        steps = [one for one in schedule.steps if one.rack == serial]
        assert {code: one[:2] for code, one in rack["steps"].items()} == {
            one.step: (one.start, one.end) for one in steps
        }
        assert rack["bay"] == next(one.bay for one in steps if one.bay)
        assert (rack["order"], rack["late"]) == (world.order.number, 0)


def test_every_watt_of_every_minute_is_in_the_drawing(world, planner):
    plan = a_stored_plan(world.site)

    found = drawing.racks(data_of(planner, plan))

    for step in load_schedule(plan).steps:
        _, _, phases = found[step.rack]["steps"][step.step]
        drawn = {m: watts for a, b, watts, _ in phases for m in range(a, b, 7)}
        assert drawn == {
            m: phase.draw
            for a, b, *_ in phases
            for m in range(a, b, 7)
            for phase in step.phases
            if phase.start <= m < phase.end
        }


def test_the_import_drawn_is_base_load_plus_each_bays_watts_and_its_cooling(
    world, planner
):
    plan = a_stored_plan(world.site)
    schedule = load_schedule(plan)

    data = data_of(planner, plan)

    # Cooling takes 12 % of the 95 % of heat that goes into the loop: 114 per mille.
    power = drawing.strip(data, "import")
    for minute in range(0, data["to_min"], 97):
        bays = sum(
            -(-phase.draw * 1_114 // 1_000)
            for step in schedule.steps
            for phase in step.phases
            if phase.start <= minute < phase.end
        )
        base = drawing.at(power["base"], minute)
        assert drawing.at(power["use"], minute) == base + bays
    assert max(value for _, value in power["use"]) <= 4_500_000


def test_limits_and_curtailments_are_drawn_in_whole_import(world, planner):
    event = a_grid_event(world.site)
    plan = a_stored_plan(world.site)

    data = data_of(planner, plan)

    limit = drawing.strip(data, "import")["limit"]
    found = [drawing.at(limit, minute) for minute in (0, 1_440, 1_679, 1_800)]
    assert found == [4_500_000, 3_600_000, 3_600_000, 4_500_000]
    (curtailment,) = data["curtailments"]
    assert (curtailment["start"], curtailment["end"], curtailment["cap_w"]) == (
        1_440,
        1_680,
        3_600_000,
    )
    assert event.name in curtailment["label"]


def test_bays_stand_in_their_halls_and_what_they_share_below(world, planner):
    plan = a_stored_plan(world.site)

    data = data_of(planner, plan)

    assert [bay[1] for bay in data["bays"]] == [bay.code for bay in world.bays]
    assert {bay[2] for bay in data["bays"]} == set(range(len(data["groups"])))
    crews = {one["label"]: one for one in data["strips"] if one["kind"] == "people"}
    testers = crews["Test crew"]
    assert drawing.pieces(testers["limit"]) == [(0, 4)]
    use = drawing.pieces(testers["use"])
    assert all(before[0] < after[0] for before, after in pairwise(use))
    assert max(people for _, people in use) <= 4
    bays = drawing.strip(data, "bays")
    assert bays["limit"] == [(0, 2)]
    assert max(held for _, held in bays["use"]) <= 2
    heat = drawing.strip(data, "heat")
    assert max(watts for _, watts in heat["use"]) > 0


def test_a_soak_block_below_full_power_is_drawn_as_derated(world, planner):
    # A loop for 60 % of one rack's heat leaves no other way.
    loop = a_cooling_loop(world.site, "small", limit_w=80_000)
    PowerBay.objects.filter(site=world.site).update(loop=loop)
    plan = a_stored_plan(world.site)
    derated = sum(
        phase.end - phase.start
        for step in load_schedule(plan).steps
        for phase in step.phases
        if phase.kind is PhaseKind.DERATED
    )
    assert derated

    found = drawing.racks(data_of(planner, plan))

    phases = [
        (KINDS[kind], end - start)
        for rack in found.values()
        for _, _, drawn in rack["steps"].values()
        for start, end, _, kind in drawn
    ]
    assert sum(length for kind, length in phases if kind == "derated") == derated
    assert [kind for kind, _ in phases].count("firmware") == len(world.racks)


def test_what_a_bay_session_waited_for_is_what_its_waterfall_says(world, planner):
    plan = a_stored_plan(world.site)

    found = drawing.racks(data_of(planner, plan))

    for serial, rack in found.items():
        bars = LimitAttribution.objects.filter(
            plan=plan, rack__serial=serial, step="FILL"
        ).order_by("sequence")
        before = [*takewhile(lambda bar: not bar.is_physics, bars)]
        assert rack["waits"] == [(bar.limit, bar.minutes) for bar in before]
    PlanDrawing.objects.all().delete()
    assert drawing.racks(data_of(planner, plan)) == found


def test_a_drawing_is_made_once_and_sent_as_it_is_kept(
    world, planner, django_assert_max_num_queries
):
    plan = a_stored_plan(world.site)
    url = reverse("plan_data", args=[plan.pk])
    kept = bytes(PlanDrawing.objects.get(plan=plan).data)

    with django_assert_max_num_queries(9):
        answer = planner.get(url, headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == kept


def test_the_data_of_a_plan_is_kept_by_its_tag(world, planner):
    url = reverse("plan_data", args=[a_stored_plan(world.site).pk])
    first = planner.get(url)

    again = planner.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert planner.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    assert json.loads(first.content)["zone"] == "America/Monterrey"


def test_another_sites_plan_is_not_there(world, planner):
    other = a_small_world()
    plan = a_stored_plan(other.site)
    rack = {"rack": other.racks[0].serial}

    page = planner.get(reverse("plan"), {"plan": plan.pk}, follow=True)
    assert page.redirect_chain == [(reverse("plan"), 302)]
    assert f"Plan {plan.pk} is gone." in page.content.decode()
    assert planner.get(reverse("plan_data", args=[plan.pk])).status_code == 404
    panel = planner.get(reverse("plan_rack", args=[plan.pk]), rack)
    assert panel.status_code == 404


def test_a_rack_the_plan_does_not_hold_has_no_panel(world, planner):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + DAY))
    stranger = an_order(world.site, world.model).racks.get()

    panel = planner.get(reverse("plan_rack", args=[plan.pk]), {"rack": stranger.serial})
    page = planner.get(reverse("plan"), {"rack": stranger.serial})

    assert panel.status_code == 404
    assert page.status_code == 200
    assert page.context["chosen"] is None
