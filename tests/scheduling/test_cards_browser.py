"""What stands in a card beside a form fits it, for a reader far from the site."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from factory.services.outages import Told, declare_outage
from scheduling.services.publish import publish
from tests.builders.browser import a_context
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import a_small_world, a_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

HIDDEN = """[...document.querySelectorAll(".table-wrap")].map(
  (one) => one.scrollWidth - one.clientWidth
)"""


@pytest.fixture
def site():
    """Return a site whose bay is down, with a plan in force that a cap would touch."""
    now = timezone.now()
    world = a_small_world(racks=4)
    plan = a_stored_plan(world.site, as_of=now)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    declare_outage(
        site=world.site,
        told=Told(
            target=world.bays[0],
            remaining=0,
            starts_at=now,
            ends_at=now + timedelta(days=10),
            reason="One of two coolant units of the hall waits for a pump.",
        ),
        actor="user:7",
    )
    return world.site


@pytest.mark.parametrize("name", ["outages", "grid", "repair_policy", "recalls"])
def test_no_table_scrolls_sideways_at_1440_pixels(chromium, live_server, site, name):
    visitor = Client()
    visitor.force_login(a_user("planner", site=site))
    cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
    with a_context(
        chromium,
        base_url=live_server.url,
        timezone_id="Asia/Taipei",
        viewport={"width": 1440, "height": 900},
    ) as context:
        context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(reverse(name))
        if name == "grid":
            page.fill("[name=cap_percent]", "0")
            page.click("text=Preview what it sheds")
            page.wait_for_selector("#preview")

        hidden = page.evaluate(HIDDEN)

    assert hidden
    assert max(hidden) <= 0, hidden
