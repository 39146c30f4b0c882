"""The gate in browsers: two planners at once, and one whose browser runs no script."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Pin, Plan, PlannedStep, Publication, Run
from scheduling.services.publish import publish
from tests.builders.browser import a_context
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import a_small_world, a_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def desk(chromium, live_server, world):
    """Return a way to sit down at a browser of one's own as another planner."""
    contexts = []

    def sit_down(**options):
        visitor = Client()
        visitor.force_login(a_user("planner", site=world.site))
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        context = a_context(chromium, base_url=live_server.url, **options)
        context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        contexts.append(context)
        return context.new_page()

    yield sit_down
    for context in contexts:
        context.close()


def test_of_two_planners_at_the_gate_one_publishes_and_the_other_is_told(desk, world):
    a_stored_plan(world.site, as_of=timezone.now())
    first, second = desk(), desk()
    for page in (first, second):
        page.goto(reverse("publish"))

    for page in (first, second):
        page.evaluate("setTimeout(() => document.forms['gate'].requestSubmit())")
    for page in (first, second):
        page.wait_for_selector(".messages")

    said = sorted(page.inner_text(".messages") for page in (first, second))
    wins = [words for words in said if "Plan 1 is in force." in words]
    told = [words for words in said if "published" in words and words not in wins]
    assert (len(wins), len(told)) == (1, 1)
    assert Publication.objects.count() == 1
    assert Publication.objects.get().plan == Plan.objects.get()


def test_what_was_typed_at_the_gate_is_not_left_without_a_question(desk, world):
    a_stored_plan(world.site, as_of=timezone.now())
    page = desk()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(reverse("publish"))

    page.locator("#note").press_sequentially("Told by phone.")
    page.locator(".page__actions a").click()
    page.wait_for_function("document.forms['gate'].note.value === 'Told by phone.'")

    assert asked == ["beforeunload"]
    assert page.url.endswith(reverse("publish"))


def test_without_scripts_a_plan_is_read_moved_and_published(desk, world):
    now = timezone.now()
    plan = a_stored_plan(world.site, as_of=now)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    newer = a_stored_plan(world.site, as_of=now)
    serial = world.racks[0].serial
    stay = PlannedStep.objects.filter(
        plan=newer, rack__serial=serial, bay__isnull=False
    ).earliest("starts_at")
    page = desk(java_script_enabled=False)

    page.goto(f"{reverse('plan')}?plan={newer.pk}&rack={serial}")
    shown = page.get_by_role("region", name="Power bays over time, as a table")
    assert shown.is_visible()
    assert serial in shown.inner_text()
    page.goto(f"{reverse('move', args=[newer.pk])}?rack={serial}")
    wanted = stay.starts_at + timedelta(days=9)
    page.get_by_label("Start").fill(f"{wanted:%Y-%m-%dT%H:%M}")
    page.get_by_label("Why").fill("The customer visits.")
    page.get_by_role("button", name="Check").click()
    page.wait_for_selector("[data-gantt-answer] >> text=can start")
    page.get_by_label("May move inside the frozen fence").check()
    page.get_by_role("button", name="Move and pin").click()
    page.wait_for_selector(f"text={serial} is pinned.")
    assert Pin.objects.get().reason == "The customer visits."
    Run.objects.filter(state=Run.State.QUEUED).update(
        state=Run.State.FAILED, ended_at=now, error="Ended by hand."
    )
    page.goto(reverse("publish"))
    page.get_by_role("button", name="Publish this plan").click()

    page.wait_for_selector("text=Plan 2 is in force.")
    assert Publication.objects.latest("number").plan == newer
