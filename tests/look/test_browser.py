"""The sheet, the plan over time and the run in a browser, by pointer and by key."""

from pathlib import Path

import pytest

from tests.builders.browser import a_context

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
WIDTHS = (390, 1440)
STAGE = "[data-gantt-stage]"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.urls("tests.look.urls"),
    pytest.mark.django_db(transaction=True),
]


def violations(page):
    """Return what axe-core finds wrong, one line a rule and place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def open_sheet(page, live_server, query="", *, width=1440):
    """Open the style sheet, wait for its plan, and collect what the console says."""
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/components/{query}")
    page.wait_for_selector(f"{STAGE}[data-painted]")
    return said


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_component_is_accessible(page, live_server, width, theme):
    said = open_sheet(page, live_server, f"?theme={theme}", width=width)

    assert violations(page) == []
    assert said == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sheet_is_never_wider_than_its_window(page, live_server, width):
    open_sheet(page, live_server, width=width)

    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert over <= 0


@pytest.mark.parametrize("path", ["accounts/login/", "portal/"])
@pytest.mark.parametrize("width", WIDTHS)
def test_light_shells_are_accessible(page, live_server, path, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/{path}")

    assert violations(page) == []


def test_no_text_of_a_drawing_is_smaller_than_eleven_pixels(page, live_server):
    for width in (390, 768, 1440):
        open_sheet(page, live_server, width=width)

        smallest = page.evaluate(
            """Math.min(...[...document.querySelectorAll("svg.plot text")]
            .filter((text) => text.checkVisibility())
            .map((text) => parseFloat(getComputedStyle(text).fontSize)
              * text.getScreenCTM().a))"""
        )

        assert smallest >= 10.99, width


def test_arrow_keys_go_from_bar_to_bar_and_say_where_they_are(page, live_server):
    open_sheet(page, live_server)
    page.focus(STAGE)

    page.keyboard.press("Home")
    first = page.inner_text("[data-gantt-say]")
    page.keyboard.press("ArrowRight")
    second = page.inner_text("[data-gantt-say]")
    page.keyboard.press("ArrowDown")
    below = page.inner_text("[data-gantt-say]")

    assert first.startswith("R-0400, Hall A, A01. ")
    assert second.startswith("R-0401, Hall A, A01. ")
    assert below.startswith("R-0411, Hall A, A02. ")
    assert "late" in below


def test_enter_selects_and_the_url_keeps_it(page, live_server):
    open_sheet(page, live_server)
    page.focus(STAGE)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")

    panel = page.locator("[data-gantt-panel]")
    panel.wait_for()
    page.wait_for_url("**rack=R-0400**")
    page.reload()
    page.wait_for_selector(f"{STAGE}[data-painted]")
    panel.wait_for()

    assert "R-0400" in panel.inner_text()


def test_escape_lets_go_of_the_selection(page, live_server):
    open_sheet(page, live_server, "?rack=R-0411")
    page.locator("[data-gantt-panel]").wait_for()

    page.focus(STAGE)
    page.keyboard.press("Escape")  # what is pointed at
    page.keyboard.press("Escape")  # what is selected

    page.locator("[data-gantt-panel]").wait_for(state="hidden")


PAINTED = """
async ({ epoch, now, shown, width }) => {
  const { Clock } = await import("/static/js/gantt/time.js");
  const { View } = await import("/static/js/gantt/view.js");
  const { paintAxis } = await import("/static/js/gantt/strips.js");
  const view = new View(0, 40 * 1440);
  view.resize(width);
  view.show(shown[0] * 1440, shown[1] * 1440);
  const said = [];
  const context = {
    fillRect() {},
    fillText(words, x, y) { if (y === 13) said.push([words, x]); },
  };
  const clock = new Clock(epoch, "America/Monterrey", now * 1440);
  paintAxis(context, { view, clock, tokens: {}, now: now * 1440, laneTop: 36 });
  return {
    left: said.filter(([, x]) => x < view.left).map(([words]) => words),
    dates: said.filter(([, x]) => x >= view.left).map(([words]) => words),
    tip: clock.moment(35 * 1440),
  };
}
"""


def axis(page, live_server, **plan):
    """Return what the axis of a plan of 40 days says; ``now`` and ``shown`` in days."""
    page.goto(f"{live_server.url}/components/")
    return page.evaluate(PAINTED, {"now": 0, "width": 1440} | plan)


def test_the_axis_names_the_year_at_its_edge_and_where_it_changes(page, live_server):
    plan = {"epoch": "2026-12-28T06:00:00Z", "shown": [0, 8]}

    wide = axis(page, live_server, **plan)
    narrow = axis(page, live_server, **plan, width=390)
    later = axis(page, live_server, **plan | {"shown": [10, 14]})

    assert wide["left"] == narrow["left"] == ["2026"]
    assert wide["dates"][3:6] == ["Thu 31 Dec", "1 Jan 2027", "Sat 2 Jan"]
    assert [one for one in narrow["dates"] if "2027" in one] == [narrow["dates"][2]]
    assert (later["left"], later["dates"][0]) == (["2027"], "Thu 7 Jan")
    assert wide["tip"] == "Mon 1 Feb 2027, 00:00"


def test_the_axis_of_a_plan_inside_the_year_names_none(page, live_server):
    plan = {"epoch": "2026-11-02T06:00:00Z", "shown": [0, 8]}

    said = axis(page, live_server, **plan)
    past = axis(page, live_server, **plan, now=100)

    assert said["left"] == []
    assert said["dates"][0] == "Mon 2 Nov"
    assert past["left"] == ["2026"]


def test_every_drag_has_a_button(page, live_server):
    open_sheet(page, live_server, "?from=0&to=2880")
    page.click("[data-gantt-do=later]")
    page.wait_for_url("**from=1440&to=4320**")
    page.click("[data-gantt-do=in]")
    page.wait_for_url("**from=2160&to=3600**")
    page.click("[data-gantt-do=all]")
    page.wait_for_url("**from=0&to=7200**")


def test_dragging_moves_in_time(page, live_server):
    open_sheet(page, live_server, "?from=1000&to=3880")
    page.locator(STAGE).scroll_into_view_if_needed()
    box = page.locator(STAGE).bounding_box()
    page.mouse.move(box["x"] + 600, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 62, steps=4)
    page.mouse.up()

    page.wait_for_url(lambda url: "from=1000" not in url)
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")

    assert int(query["to"]) - int(query["from"]) == 2880
    assert "rack" not in query


def test_folding_a_group_is_kept_in_the_url(page, live_server):
    open_sheet(page, live_server)
    page.click("button.gantt__fold >> text=Hall A")
    page.wait_for_url("**fold=A**")

    pressed = page.get_attribute("button.gantt__fold >> nth=0", "aria-pressed")

    assert pressed == "false"


def test_the_plan_is_painted_again_in_the_other_theme(page, live_server):
    open_sheet(page, live_server, "?theme=light")
    corner = """(() => { const c = document.querySelector("[data-gantt-stage] canvas");
      return [...c.getContext("2d").getImageData(2, 2, 1, 1).data] })()"""
    light = page.evaluate(corner)

    page.click("[data-theme-switch]")
    page.wait_for_selector("html[data-theme=dark]")
    dark = f"Math.max(...{corner}.slice(0, 3)) < 60"

    assert light[:3] == [255, 255, 255]
    page.wait_for_function(dark)


def test_the_table_twin_needs_no_script(chromium, live_server):
    with a_context(chromium, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/components/")

        assert page.locator(".gantt .chart__twin").is_visible()
        page.check("input[name=run-twin][value=table]")
        assert page.get_by_role("row", name="49 $212 k $203 k").is_visible()


def test_a_dialog_opens_from_its_button_and_closes(page, live_server):
    open_sheet(page, live_server)
    page.click("text=Decommit…")
    dialog = page.locator("#sheet-dialog")

    assert dialog.is_visible()
    assert violations(page) == []
    page.click("text=Leave it")
    assert not dialog.is_visible()


def test_the_rest_of_the_navigation_is_one_touch_away_on_a_phone(page, live_server):
    open_sheet(page, live_server, width=390)

    assert not page.locator(".nav__sheet").is_visible()
    page.click(".nav__more summary")
    assert page.locator(".nav__sheet >> text=Runs").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".nav__sheet").is_visible()
