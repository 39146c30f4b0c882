"""Every address that answers a page, walked in a browser: axe-core in both themes."""

from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from scheduling.models import Plan
from scheduling.services.publish import publish
from tests.builders.browser import a_context
from tests.security.audiences import PAGES
from tests.security.test_access_matrix import path_of

AXE = Path("tests/look/vendor/axe-core-4.14.1/axe.min.js")
PHONE = {"width": 390, "height": 844}
OF_COLOUR = ["color-contrast", "link-in-text-block"]

RULES = """
async (only) => {
  const found = await axe.run(document, {
    resultTypes: ["violations"],
    ...(only ? { runOnly: { type: "rule", values: only } } : {}),
  });
  return found.violations.map((one) => `${one.id} at ${one.nodes[0].target}`);
}
"""
OVER = "document.documentElement.scrollWidth - innerWidth"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def readers(people):
    """Return a signed-in client by audience, with a plan in force."""
    publish(plan=Plan.objects.get(), by=None, actor="system", expected_previous=None)
    clients = {who: Client() for who in people if who != "objects"}
    for who, client in clients.items():
        client.force_login(people[who])
    return clients


def by_reader(people, readers):
    """Return name and path of every address that answers a page, by who reads it."""
    found = defaultdict(list)
    for name, (audiences, _) in sorted(PAGES.items()):
        path, who = path_of(name, people["objects"]), min(audiences)
        answer = readers[who].get(path)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_page and b"<html" in answer.content:
            found[who].append((name, path))
    return found


def looked_at(page):
    """Return what axe-core finds in the light and in the dark, and what overflows."""
    page.evaluate(AXE.read_text())
    said = page.evaluate(RULES, None)
    if page.evaluate(OVER) > 0:
        said.append("wider than its window")
    page.emulate_media(color_scheme="dark")
    said += page.evaluate(RULES, OF_COLOUR)
    page.emulate_media(color_scheme="light")
    return said


def test_every_page_is_accessible_in_both_themes_and_fits_a_phone(
    chromium, live_server, people, readers
):
    found, walked = [], 0

    for who, addresses in by_reader(people, readers).items():
        with a_context(chromium, viewport=PHONE, reduced_motion="reduce") as context:
            cookie = readers[who].cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
            page = context.new_page()
            for name, path in addresses:
                page.goto(f"{live_server.url}{path}")
                found += [f"{name}: {one}" for one in looked_at(page)]
                walked += 1

    assert found == [], "\n".join(found)
    assert walked >= 60
