"""Runs: asking for one, watching it, stopping it, reading how it ended."""

from datetime import timedelta

import pytest
from django.urls import reverse

from scheduling.models import Run
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, links, table, words
from tests.builders.runs import a_run
from tests.builders.scheduling import a_base_scenario, a_plan
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

State = Run.State
CURVE = [[0.4, 9_000_000, 0], [3.0, 7_000_000, 4_000_000], [20.1, 6_770_000, 4_120_000]]


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def run_of(world, state=State.QUEUED, **fields):
    return a_run(state, scenario=a_base_scenario(world.site), **fields)


def page_of(planner, run):
    return planner.get(reverse("run", args=[run.pk]))


def progress_of(planner, run, tag=""):
    headers = {"If-None-Match": tag} if tag else {}
    return planner.get(reverse("run_progress", args=[run.pk]), headers=headers)


def test_without_a_run_the_list_says_so(planner):
    assert "No run yet" in words(planner.get(reverse("runs")))


def test_the_list_tells_how_each_run_ended_the_newest_first(world, planner):
    failed = run_of(world, State.FAILED)
    done = run_of(
        world,
        State.SUCCEEDED,
        best_cents=6_770_000,
        bound_cents=4_120_000,
        found_by="CP-SAT",
    )
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW), run=done)

    page = planner.get(reverse("runs"))

    assert table(page, "Runs") == [
        [
            f"Run {done.pk}",
            "Done",
            "Mon 08:00",
            "system",
            "$67.7 k",
            "$41.2 k",
            "39 %",
            "CP-SAT",
            "See the plan",
        ],
        [f"Run {failed.pk}", "Failed", "Mon 08:00", "system", "–", "–", "–", "–", "–"],
    ]
    assert f"{reverse('plan')}?plan={plan.pk}" in links(page)


def test_asking_makes_one_run_of_the_live_data_and_leads_to_it(world, planner):
    a_base_scenario(world.site)

    answer = planner.post(reverse("runs"), {"time_limit_s": "180"})

    run = Run.objects.get()
    assert answer.headers["Location"] == reverse("run", args=[run.pk])
    assert (run.state, run.time_limit_s) == (State.QUEUED, 180)
    assert run.scenario.site == world.site
    assert run.actor == f"user:{run.requested_by.pk}"


@pytest.mark.parametrize("limit", ["", "0", "-1", "61", "1e9", "abc", "9" * 5_000])
def test_a_time_that_is_not_offered_asks_for_no_run(world, planner, limit):
    a_base_scenario(world.site)

    answer = planner.post(reverse("runs"), {"time_limit_s": limit}, follow=True)

    assert "Choose how long to look." in words(answer)
    assert not Run.objects.exists()


def test_a_second_run_is_refused_in_words_while_one_is_under_way(world, planner):
    run = run_of(world, State.RUNNING)

    answer = planner.post(reverse("runs"), {"time_limit_s": "60"}, follow=True)

    assert f"Run {run.pk} is still running. Wait for its end, or cancel it." in words(
        answer
    )
    assert Run.objects.get() == run


def test_a_site_without_live_data_has_nothing_to_optimize(planner):
    answer = planner.post(reverse("runs"), {"time_limit_s": "60"})

    assert answer.status_code == 404
    assert not Run.objects.exists()


def test_a_run_under_way_shows_best_bound_and_gap_and_can_be_stopped(world, planner):
    run = run_of(
        world,
        State.RUNNING,
        phase="improving",
        best_cents=6_770_000,
        bound_cents=4_120_000,
        curve=CURVE,
        first_plan_s=0.84,
    )

    page = page_of(planner, run)

    said = words(page)
    for line in (
        "Looking for a better plan. You may leave; the run goes on.",
        "Stop and keep the best",
        "Best cost $67.7 k",
        "No plan costs less than $41.2 k",
        "Gap, at most 39.1 %",
        "Time, of 60 s 20 s",
        "First plan after 0.8 s",
        "Best $67,700",
        "Bound $41,200",
        "Attempt 1 of 3",
    ):
        assert line in said
    assert table(page, "Best cost and bound by second") == [
        ["0.4", "$90 k", "$0"],
        ["3.0", "$70 k", "$40 k"],
        ["20.1", "$67.7 k", "$41.2 k"],
    ]


def test_a_run_that_has_ended_tells_what_it_found_and_with_what(world, planner):
    run = run_of(
        world,
        State.SUCCEEDED,
        best_cents=6_770_000,
        bound_cents=4_120_000,
        curve=CURVE,
        seed=7,
        workers=2,
        found_by="ruin and recreate",
        input_hash="9f" * 32,
        versions={"ortools": "9.15", "engine": "1"},
    )
    plan = a_plan(
        world.site,
        dict.fromkeys(world.racks, NOW),
        run=run,
        best_rule_cents=9_000_000,
        objective_cents=6_770_000,
        bound_cents=4_120_000,
    )

    page = page_of(planner, run)

    said = words(page)
    for line in (
        "Done: the best plan costs $67.7 k, at most 39 % of it above what is proved",
        "Looking for 60 s, seed 7, 2 threads",
        "Best dispatch rule tried $90,000",
        "Found by ruin and recreate",
        "Input 9f9f9f9f9f9f…",
        "ortools 9.15",
    ):
        assert line in said
    assert "Stop and keep the best" not in said
    assert f"{reverse('plan')}?plan={plan.pk}" in links(page)


def test_a_failed_run_gives_every_reason_as_it_was_said(world, planner):
    run = run_of(
        world,
        State.FAILED,
        error_code="unusable_input",
        error="Site MTY has no power bay; FILL of GB300 needs one.\nThere is no rack.",
    )

    said = words(page_of(planner, run))

    assert "Failed: no plan was made." in said
    assert (
        "Site MTY has no power bay; FILL of GB300 needs one. There is no rack." in said
    )
    assert "Read the plan" not in said


def test_progress_is_the_runs_row_and_not_more(world, planner):
    run = run_of(
        world,
        State.RUNNING,
        phase="improving",
        best_cents=6_770_000,
        bound_cents=4_120_000,
        bound_reason="OPTIC lets no more racks through.",
        curve=CURVE,
    )

    answer = progress_of(planner, run)

    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.json() == {
        "state": "running",
        "label": "Running",
        "phase": "improving",
        "elapsed_s": 20.1,
        "limit_s": 60,
        "best_cents": 6_770_000,
        "bound_cents": 4_120_000,
        "bound_reason": "OPTIC lets no more racks through.",
        "gap": (6_770_000 - 4_120_000) / 6_770_000,
        "curve": CURVE,
        "plan_url": "",
        "error": "",
    }


def test_progress_is_sent_again_only_when_it_has_changed(world, planner):
    run = run_of(world, State.RUNNING, curve=CURVE, best_cents=6_770_000)
    tag = progress_of(planner, run).headers["ETag"]

    same = progress_of(planner, run, tag)
    Run.objects.filter(pk=run.pk).update(best_cents=6_500_000)
    other = progress_of(planner, run, tag)

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == tag
    assert other.status_code == 200
    assert other.json()["best_cents"] == 6_500_000
    assert other.headers["ETag"] != tag


def test_a_run_asked_to_stop_says_so_until_it_has(world, planner):
    run = run_of(world, State.RUNNING)

    answer = planner.post(reverse("run_cancel", args=[run.pk]))

    assert answer.headers["Location"] == reverse("run", args=[run.pk])
    assert progress_of(planner, run).json()["state"] == "cancelling"
    assert progress_of(planner, run).json()["label"] == "Stopping"
    run.refresh_from_db()
    assert run.state == State.RUNNING


def test_a_queued_run_is_cancelled_at_once(world, planner):
    run = run_of(world)

    planner.post(reverse("run_cancel", args=[run.pk]))

    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_a_run_that_has_ended_cannot_be_stopped_and_says_so(world, planner):
    run = run_of(world, State.SUCCEEDED)

    answer = planner.post(reverse("run_cancel", args=[run.pk]), follow=True)

    assert f"Run {run.pk} has already ended: it is succeeded." in words(answer)


def test_the_elapsed_time_of_a_run_without_progress_is_zero(world, planner):
    assert progress_of(planner, run_of(world)).json()["elapsed_s"] == 0


def test_another_sites_run_is_not_there(planner):
    run = run_of(a_small_world(), State.RUNNING)

    assert page_of(planner, run).status_code == 404
    assert progress_of(planner, run).status_code == 404
    answer = planner.post(reverse("run_cancel", args=[run.pk]))
    assert answer.status_code == 404
    assert "No run yet" in words(planner.get(reverse("runs")))
    run.refresh_from_db()
    assert run.cancel_requested_at is None


@pytest.mark.parametrize("role", ["buyer", "energy_desk", "quality"])
def test_who_does_not_plan_watches_but_neither_asks_nor_stops(world, role):
    run = run_of(world, State.RUNNING, lease_until=NOW + timedelta(minutes=1))
    reader = a_reader(world.site, role)

    page = page_of(reader, run)
    asked = reader.post(reverse("runs"), {"time_limit_s": "60"})
    stopped = reader.post(reverse("run_cancel", args=[run.pk]))

    assert "Looking for a better plan." in words(page)
    assert "Stop and keep the best" not in words(page)
    assert (asked.status_code, stopped.status_code) == (403, 403)
    run.refresh_from_db()
    assert run.cancel_requested_at is None
    assert Run.objects.count() == 1


def test_stopping_takes_a_post(world, planner):
    run = run_of(world, State.RUNNING)

    assert planner.get(reverse("run_cancel", args=[run.pk])).status_code == 405
