"""Whatever an address or a form holds, a planner's page answers with sense."""

import pytest
from django.urls import reverse

from factory.models import Order
from scheduling.models import Plan, Publication, Run
from tests.builders.factory import NOW
from tests.builders.reading import a_reader
from tests.builders.scheduling import a_base_scenario, a_stored_plan
from tests.builders.suppliers import a_line
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

ODD = (
    "",
    "abc",
    "-1",
    "0",
    "1e9",
    "²",
    "1" + "0" * 30,
    "9" * 5_000,
    "\0",
    "R-\0001",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}",
    "%00",
    "../../etc/passwd",
    "\u202e\U0001f600",
    "x" * 4_000,
)
FIELDS = ("page", "rack", "tab", "side", "show", "q")
PAGES = ("control", "plan", "orders", "commitments", "runs", "publish")


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    world = a_small_world()
    a_line(site=world.site, part=world.parts["SENSOR"])
    a_base_scenario(world.site)
    a_stored_plan(world.site)
    return world


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def rows():
    return [model.objects.count() for model in (Run, Plan, Publication, Order)]


@pytest.mark.parametrize("name", PAGES)
def test_a_list_shows_what_there_is_whatever_its_address_asks_for(planner, name):
    before = rows()

    answers = {
        value: planner.get(reverse(name), dict.fromkeys(FIELDS, value)).status_code
        for value in ODD
    }

    assert answers == dict.fromkeys(ODD, 200)
    assert rows() == before


def test_a_plan_that_is_not_there_is_not_found(planner):
    answers = {
        value: planner.get(reverse("plan"), {"plan": value}).status_code
        for value in ODD
    }

    assert answers == dict.fromkeys(ODD, 404) | {"": 200, "0": 302}


def test_an_order_explains_a_rack_of_its_own_whatever_is_asked_for(world, planner):
    path = reverse("order", args=[world.order.number])

    answers = [planner.get(path, {"rack": value}) for value in ODD]

    assert {answer.status_code for answer in answers} == {200}
    chosen = {answer.context["chosen"].rack.order for answer in answers}
    assert chosen == {world.order}


def test_a_rack_that_is_not_there_has_no_panel(planner):
    path = reverse("plan_rack", args=[Plan.objects.get().pk])

    answers = {value: planner.get(path, {"rack": value}).status_code for value in ODD}

    assert answers == dict.fromkeys(ODD, 404)


def test_an_address_of_nothing_is_not_found(planner):
    paths = [
        "/orders/CO-%00/",
        "/orders/%FF%FE/",
        "/orders/%2e%2e%2fsecret/",
        "/orders/" + "9" * 3_000 + "/",
        "/runs/1000000000000000000000000000000/",
        "/runs/1000000000000000000000000000000/progress.json",
        "/runs/-1/",
        "/plan/1000000000000000000000000000000/data.json",
        "/plan/1000000000000000000000000000000/rack/?rack=R-1",
        "/plan/abc/data.json",
        "/commitments/1000000000000000000000000000000/",
        "/suppliers/no-such-supplier/",
    ]

    answers = {path: planner.get(path).status_code for path in paths}

    assert answers == dict.fromkeys(paths, 404)


@pytest.mark.parametrize(
    "path", ["/runs/1000000000000000000000000000000/cancel/", "/runs/0/cancel/"]
)
def test_stopping_nothing_is_not_found(planner, path):
    assert planner.post(path).status_code == 404


def test_a_word_is_shown_as_text_and_cut(planner):
    page = planner.get(
        reverse("orders"), {"q": "<script>alert(1)</script>" + "x" * 4_000}
    ).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "x" * 81 not in page


@pytest.mark.parametrize("name", [*PAGES, "run_cancel"])
def test_a_buyer_changes_nothing_on_a_planners_page(world, name):
    run = Run.objects.get()
    buyer = a_reader(world.site, "buyer")
    path = reverse(name, args=[run.pk] if name == "run_cancel" else [])
    before = rows()

    answer = buyer.post(path, {"plan": Plan.objects.get().pk, "time_limit_s": "60"})

    # Where nobody may post, the method is refused; elsewhere, the buyer is.
    writable = name in {"runs", "publish", "run_cancel"}
    assert answer.status_code == (403 if writable else 405)
    assert rows() == before


def test_an_odd_tag_is_answered_in_full(planner):
    plan = Plan.objects.get()
    data = reverse("plan_data", args=[plan.pk])
    progress = reverse("run_progress", args=[plan.run_id])

    answers = [
        planner.get(path, headers={"If-None-Match": tag})
        for path in (data, progress)
        for tag in ('"x"', "*", 'W/"x"', '"\u00e9"', "x" * 5_000)
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json() for answer in answers)
