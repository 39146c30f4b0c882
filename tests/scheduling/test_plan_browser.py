"""The plan page in a browser: what fills a strip, other lanes, a rack dragged."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Pin, PlannedStep
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import a_small_world, a_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAGE = "[data-gantt-stage][data-painted]"
WHERE = """
() => {
  const { gantt } = document.querySelector("[data-gantt]");
  const bar = gantt.selected;
  const left = Math.max(gantt.view.x(bar.start), gantt.view.left);
  const right = Math.min(gantt.view.x(bar.end), gantt.view.right);
  const y = 36 + bar.lane.row.y + 9;
  return { x: (left + right) / 2, y, strips: gantt.laneBottom };
}
"""


@pytest.fixture
def plan():
    world = a_small_world()
    return a_stored_plan(world.site, as_of=timezone.now())


@pytest.fixture
def at_the_plan(page, live_server, plan):
    """Return a way to open the plan as its planner, a rack chosen."""

    def opened(rack):
        visitor = Client()
        visitor.force_login(a_user("planner", site=plan.run.scenario.site))
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.goto(f"{live_server.url}{reverse('plan')}?rack={rack}")
        page.wait_for_selector(STAGE)
        return page

    return opened


def a_stay(plan):
    """Return the first step of the last stay in a bay."""
    last = PlannedStep.objects.filter(plan=plan, bay__isnull=False).latest("starts_at")
    steps = PlannedStep.objects.select_related("rack", "step")
    return steps.filter(plan=plan, rack=last.rack, bay=last.bay).earliest("starts_at")


def test_a_link_to_a_rack_shows_it_wherever_it_is(at_the_plan, plan):
    page = at_the_plan(a_stay(plan).rack.serial)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_selector(STAGE)

    shown = page.evaluate(
        """
        () => {
          const { gantt } = document.querySelector("[data-gantt]");
          const { start } = gantt.selected;
          const isFar = start > gantt.data.now_min + gantt.view.span;
          return { isFar, isShown: gantt.view.from <= start && start < gantt.view.to };
        }
        """
    )

    assert shown == {"isFar": True, "isShown": True}


def test_a_rack_is_dragged_and_pinned_with_a_reason(at_the_plan, plan):
    stay = a_stay(plan)
    page = at_the_plan(stay.rack.serial)
    box, where = page.locator(STAGE).bounding_box(), page.evaluate(WHERE)

    page.mouse.move(box["x"] + where["x"], box["y"] + where["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + where["x"] + 60, box["y"] + where["y"], steps=3)
    page.wait_for_function(
        "document.querySelector('[data-gantt-tip]').textContent.length > 30"
    )
    page.mouse.up()
    wanted = stay.starts_at + timedelta(days=9)
    local = wanted - timedelta(hours=6)
    page.locator("dialog[open] [name=starts_at]").fill(f"{local:%Y-%m-%dT%H:%M}")
    page.locator("dialog[open] [name=reason]").fill("The customer visits.")
    page.locator("dialog[open] [name=may_move_frozen]").check()
    page.locator("dialog[open]").get_by_text("Move and pin").click()
    page.wait_for_selector("[data-gantt-mending]")

    pin = Pin.objects.get()
    assert (pin.rack, pin.step, pin.reason) == (
        stay.rack,
        stay.step,
        "The customer visits.",
    )
    assert pin.starts_at == wanted.replace(second=0, microsecond=0)


def test_a_press_in_a_strip_lists_what_fills_it_and_the_address_keeps_the_view(
    at_the_plan, plan
):
    stay = a_stay(plan)
    page = at_the_plan(stay.rack.serial)
    box, where = page.locator(STAGE).bounding_box(), page.evaluate(WHERE)

    page.mouse.click(box["x"] + where["x"], box["y"] + where["strips"] + 60)
    page.wait_for_selector("[data-gantt-cause]:not([hidden])")
    listed = page.locator("[data-gantt-cause]").inner_text()
    page.get_by_role("link", name="Crews", exact=True).click()
    page.locator("[data-gantt-find]").fill(stay.rack.serial)
    page.wait_for_url("**find=*")

    assert stay.rack.serial in listed
    assert "kW" in listed
    assert page.locator("[data-gantt-found]").inner_text() == "1 rack"
    address = page.url
    assert "lanes=crew" in address
    assert "peak=" in address
    page.goto(address)
    page.wait_for_selector("[data-gantt-cause]:not([hidden])")
    assert page.locator("[data-gantt-cause]").inner_text() == listed
    assert page.locator("[aria-current=true]", has_text="Crews").count() == 1


def test_the_table_follows_the_lanes_in_the_order_they_are_drawn(at_the_plan, plan):
    page = at_the_plan(a_stay(plan).rack.serial)
    page.locator("[name=gantt-twin][value=table]").check()

    for lanes in ("Racks", "Crews"):
        page.get_by_role("link", name=lanes, exact=True).click()
        page.wait_for_url(f"**lanes={lanes.lower().removesuffix('s')}*")
        page.wait_for_function(
            """drawn => {
              const { groups } = document.querySelector("[data-gantt]").gantt.data;
              const isCrews = drawn === "Crews";
              const lanes = isCrews ? groups : groups.flatMap((one) => one.lanes);
              const rows = document.querySelectorAll(".gantt .chart__twin tbody th");
              const listed = new Set([...rows].map((row) => row.textContent));
              return [...listed].join() === lanes.map((one) => one.label).join();
            }""",
            arg=lanes,
        )

    assert page.locator(".gantt .chart__twin thead th").first.inner_text() == "Lane"
