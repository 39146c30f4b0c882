"""The technician's pages in a browser: a phone, big targets, no sideways scroll."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from factory.models import StepRecord
from tests.builders.world import a_small_world, a_user
from tests.look.test_browser import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
TARGETS = "main a.button, main button, main select, main .tabs a"


def sign_in(page, live_server, user):
    """Give the browser a session of the user."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )


@pytest.fixture
def world(page, live_server):
    made = a_small_world()
    sign_in(page, live_server, a_user("technician", site=made.site))
    page.set_viewport_size(PHONE)
    return made


def is_too_wide(page):
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def small_targets(page):
    """Return the targets a gloved finger misses."""
    return page.eval_on_selector_all(
        TARGETS,
        "found => found.filter(e => e.getBoundingClientRect().height < 44)"
        ".map(e => e.outerHTML)",
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_floor_fits_a_phone_and_a_thumb(page, live_server, world, scheme):
    page.emulate_media(color_scheme=scheme)

    for path in ("/floor/", f"/floor/{world.racks[0].serial}/"):
        page.goto(live_server.url + path)
        assert not is_too_wide(page)
        assert small_targets(page) == []
        assert violations(page) == []


def test_a_rack_is_started_finished_and_taken_back_by_tapping(page, live_server, world):
    serial = world.racks[0].serial
    page.goto(f"{live_server.url}/floor/")

    page.get_by_label(serial).get_by_role("button", name="Start Kit").click()
    expect(page.get_by_text("Kit has begun.")).to_be_visible()
    page.get_by_role("button", name="Finish Kit").click()
    expect(page.get_by_text("Kit is finished.")).to_be_visible()
    page.get_by_role("button", name="Take back: Kit passed").click()
    expect(page.get_by_text("Taken back: Kit is under way.")).to_be_visible()

    assert StepRecord.objects.get(outcome="running").rack == world.racks[0]


def test_a_failure_is_recorded_by_keyboard_alone(page, live_server, world):
    page.goto(f"{live_server.url}/floor/{world.racks[0].serial}/")
    page.get_by_role("button", name="Start Kit").press("Enter")
    page.get_by_label("Why it failed").press("l")
    page.get_by_role("button", name="Record that Kit failed").press("Enter")

    expect(page.get_by_text("Kit has failed.")).to_be_visible()
    assert StepRecord.objects.get().reason_code in {"leak", "link_fault"}
