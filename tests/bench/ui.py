"""The pages in headless Chromium: paint, frames, moves, weight, accessibility.

Bars in thousands are made up and served in the place of a plan's drawing; everything
else is the demo's own pages.
"""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from django.urls import reverse
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Route,
    sync_playwright,
)

from scheduling.models import Plan, PlannedStep
from scheduling.queries.gantt import VERSION
from tests.bench.pages import pages
from tests.bench.row import Row, at_most, p95, say
from tests.bench.worlds import HOST, World, a_reader
from tests.conftest import CHROMIUM_FLAGS, find_chromium

AXE = Path("tests/look/vendor/axe-core-4.14.1/axe.min.js")
STAGE = "[data-gantt-stage][data-painted]"
THEMES = ("light", "dark")
WIDTH, HEIGHT = 1440, 1000
MOVES_ASKED = 40
WEIGHT_KB = 300
PALETTE_WORDS = [*"aceglmnorstv", *("al", "r-03", "co-21", "sens", "publish", "grid")]
FRAMES_DRAWN = 90
"""As many as the script below draws."""
STEP_MIN = (240, 120, 360, 240, 1_440, 180)
STEP_W = (0, 12_000, 60_000, 96_000, 140_000, 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """So many bars, and how fast they shall be drawn."""

    bars: int
    lanes: int
    paint_ms: int
    frames: int


MANY = (
    Many(bars=5_000, lanes=200, paint_ms=500, frames=50),
    Many(bars=50_000, lanes=500, paint_ms=1_500, frames=30),
)

FRAMES = """
async (kind) => {
  const gantt = document.querySelector("[data-gantt]").gantt;
  const { view } = gantt;
  const [first, last] = view.limits;
  if (kind === "pan") view.show(first, first + (last - first) / 3);
  else view.show(first, last);
  const act = kind === "pan"
    ? (n) => view.pan((n < 45 ? 1 : -1) * view.span * 0.01)
    : (n) => view.zoom(n < 45 ? 0.96 : 1 / 0.96);
  return new Promise((done) => {
    let n = 0;
    let began = 0;
    const tick = (now) => {
      began ||= now;
      if (n === 90) return done(90000 / (now - began));
      act(n++);
      gantt.paint();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
}
"""

ASK = """
async ([url, times]) => {
  const took = [];
  for (const asked of times) {
    const began = performance.now();
    const answer = await fetch(`${url}&starts_at=${encodeURIComponent(asked)}`);
    await answer.json();
    if (answer.status !== 200) throw new Error(`${answer.status} at ${asked}`);
    took.push(performance.now() - began);
  }
  return took;
}
"""

PALETTE = """
async (words) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const until = async (is) => {
    for (let n = 0; n < 300; n += 1) {
      if (is()) return;
      await frame();
    }
    throw new Error("The palette does not answer.");
  };
  const key = { key: "k", ctrlKey: true, bubbles: true, cancelable: true };
  const field = () => document.querySelector("dialog.palette[open] input");
  const list = () => document.querySelector("dialog.palette .palette__hits");
  const opened = [];
  const found = [];
  for (const word of words) {
    const began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", key));
    await until(() => field() === document.activeElement);
    opened.push(performance.now() - began);
    await until(() => list().childElementCount);
    list().replaceChildren();
    field().value = word;
    const asked = performance.now();
    field().dispatchEvent(new Event("input"));
    await until(() => list().childElementCount);
    found.push(performance.now() - asked);
    document.querySelector("dialog.palette").close();
  }
  return [opened, found];
}
"""


def rows(world: World, *, is_quick: bool) -> Iterator[Row]:
    """Yield the figures of the pages in a browser.

    Args:
        world: A demo with a plan in force and a proposal.
        is_quick: Whether to look at the planner's pages alone.
    """
    outside: set[str] = set()
    with a_server() as url, a_browser() as browser:
        planner = a_reader("planner")
        for many in MANY:
            say(f"  {many.bars:,} bars")
            yield from _bars(browser, url, planner, many, outside)
        say("  the plan, moves")
        with _signed_in(browser, url, planner, outside) as context:
            yield from _plan(context, url, world)
            yield _moves(context, url, world)
            yield from _palette(context, url)
        say("  every page, both themes")
        yield from _every_page(browser, url, world, outside, is_quick=is_quick)
    yield Row(
        figure="requests that leave the machine",
        goal="0",
        result=str(len(outside)),
        is_missed=bool(outside),
        note=", ".join(sorted(outside)),
    )


@contextmanager
def a_server() -> Iterator[str]:
    """Serve the site from a thread of this process, on the database of the moment."""
    server = LiveServerThread(HOST, StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.terminate()


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    # Playwright keeps an event loop in this thread; Django takes that for a coroutine
    # and would refuse every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_FLAGS
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _signed_in(
    browser: Browser,
    url: str,
    reader: Client,
    outside: set[str],
    *,
    theme: str = "light",
) -> Iterator[BrowserContext]:
    """Give a context of somebody who has signed in; note what is asked elsewhere."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    session = reader.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    context.on("request", lambda request: _note(request.url, outside))
    try:
        yield context
    finally:
        context.close()


def _note(address: str, outside: set[str]) -> None:
    """Note an address that is not this machine's."""
    parts = urlsplit(address)
    if parts.scheme in {"http", "https"} and parts.hostname != HOST:
        outside.add(address)


def _bars(
    browser: Browser, url: str, reader: Client, many: Many, outside: set[str]
) -> Iterator[Row]:
    """Yield first paint and frames of so many bars."""
    drawing = json.dumps(a_drawing(many.bars, many.lanes))

    def serve(route: Route) -> None:
        route.fulfill(body=drawing, content_type="application/json")

    with _signed_in(browser, url, reader, outside) as context:
        context.route("**/data.json", serve)
        paints = []
        for _ in range(3):
            page = context.new_page()
            page.goto(f"{url}{reverse('plan')}")
            page.wait_for_selector(STAGE)
            paints.append(_measured(page, "gantt:after-data")[0])
            page.close()
        page = context.new_page()
        page.goto(f"{url}{reverse('plan')}")
        page.wait_for_selector(STAGE)
        shown = page.evaluate(
            "document.querySelector('[data-gantt]').gantt.model.count"
        )
        name = f"{shown:,} bars"
        yield at_most(
            f"{name}, first paint after data",
            sorted(paints)[1],
            many.paint_ms,
            "ms",
            "median of 3; unpacking, lanes and painting",
        )
        thread = context.new_cdp_session(page)
        thread.send("Performance.enable", {"timeDomain": "threadTicks"})
        for kind in ("pan", "zoom"):
            before = _busy_ms(thread)
            frames = page.evaluate(FRAMES, kind)
            busy = (_busy_ms(thread) - before) / FRAMES_DRAWN
            yield Row(
                figure=f"{name}, {kind}",
                goal=f"≥ {many.frames} frames/s",
                result=f"{frames:.0f} frames/s",
                is_missed=frames < many.frames,
                note=f"{FRAMES_DRAWN} frames; the browser makes 60 at most",
            )
            yield at_most(
                f"{name}, {kind}, processor time of the page's thread",
                busy,
                1000 / many.frames,
                "ms",
                "a frame; what other work on the machine does not change",
            )


def _busy_ms(thread: CDPSession) -> float:
    """Return the processor time that a page's main thread has taken so far."""
    metrics = thread.send("Performance.getMetrics")["metrics"]
    found = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
    return float(found) * 1000


def _measured(page: Page, name: str) -> list[float]:
    """Return the milliseconds of every measure of a name."""
    found: list[float] = page.evaluate(
        "name => performance.getEntriesByName(name).map((one) => one.duration)", name
    )
    return found


def a_drawing(bars: int, lanes: int) -> dict[str, Any]:
    """Return a drawing of made-up bars, six steps each, evenly over lanes."""
    each = bars // lanes
    racks = []
    for number in range(bars):
        lane, place = divmod(number, each)
        start = place * sum(STEP_MIN) + (lane * 37) % 600
        flat = [
            part
            for index, minutes in enumerate(STEP_MIN)
            for part in (index, start if index == 0 else 0, minutes)
        ]
        due = start + sum(STEP_MIN) + (600 if number % 9 else -300)
        late = 300 if number % 9 == 0 else 0
        racks.append([f"R-{number:05d}", 0, 0, due, late, lane, [], [], flat, {}])
    until = each * sum(STEP_MIN) + 600
    load = [
        part
        for quarter in range(until // 15)
        for part in (15, 2_000_000 + quarter * 7_919 % 2_000_000)
    ]
    steps = [
        {
            "code": f"S{index}",
            "label": f"Step {index}",
            "crew": 0,
            "eighths": 8,
            "session": "bay",
            "draw": watts,
            "kind": 0,
        }
        for index, watts in enumerate(STEP_W)
    ]
    common = {"label": "Power", "owner": "", "limit": [0, 4_500_000], "use": load}
    return {
        "version": VERSION,
        "epoch": "2026-11-23T14:00:00+00:00",
        "zone": "America/Monterrey",
        "to_min": until,
        "fence_min": 10_080,
        "groups": [{"key": "hall", "label": "Hall", "note": ""}],
        "bays": [[f"bay:{n}", f"B{n:03d}", 0, ["site"]] for n in range(lanes)],
        "models": [
            {
                "key": "M",
                "label": "M",
                "site_permille": 1_114,
                "liquid_permille": 950,
                "steps": steps,
            }
        ],
        "crews": [["crew", "Crew"]],
        "orders": ["CO-1"],
        "limits": [],
        "racks": racks,
        "strips": [{"key": "site", "kind": "import", **common}],
        "curtailments": [],
    }


def _plan(context: BrowserContext, url: str, world: World) -> Iterator[Row]:
    """Yield the plan page of the demo: first paint, and what it weighs."""
    page = context.new_page()
    sizes: dict[str, int] = {}

    def weigh(response: Any) -> None:
        if response.status == 200:
            sizes[response.url] = _compressed(response.body())

    page.on("response", weigh)
    page.goto(f"{url}{reverse('plan')}")
    page.wait_for_selector(STAGE)
    page.wait_for_load_state("networkidle")
    yield at_most(
        f"the plan of {world.racks:,} racks, first paint after data",
        _measured(page, "gantt:after-data")[0],
        500,
        "ms",
        "its own drawing",
    )
    data = sum(size for name, size in sizes.items() if name.endswith("data.json"))
    yield at_most(
        "weight of the plan page, compressed",
        (sum(sizes.values()) - data) / 1000,
        WEIGHT_KB,
        "kB",
        f"{len(sizes)} answers; its drawing weighs {data / 1000:,.0f} kB besides",
    )
    page.close()


def _compressed(body: bytes) -> int:
    """Return the bytes of an answer as a server would send them."""
    return min(len(body), len(gzip.compress(body, 6)))


def _moves(context: BrowserContext, url: str, world: World) -> Row:
    """Return how long the server takes to judge a move, seen from the page."""
    plan = Plan.objects.order_by("-pk")[0]
    stay = (
        PlannedStep.objects.filter(plan=plan, bay__isnull=False)
        .select_related("rack", "step")
        .latest("starts_at")
    )
    page = context.new_page()
    page.goto(f"{url}{reverse('plan')}?plan={plan.pk}")
    page.wait_for_selector(STAGE)
    where = reverse("plan_move", args=[plan.pk])
    asked = f"{where}?rack={stay.rack.serial}&step={stay.step.code}"
    moments = [stay.starts_at.isoformat()] * MOVES_ASKED
    # The plan is added up once, by the first question or before it.
    page.evaluate(ASK, [asked, moments[:1]])
    took = page.evaluate(ASK, [asked, moments])
    page.close()
    return at_most(
        f"check-move round trip, {world.racks:,} racks, p95",
        p95(took),
        100,
        "ms",
        f"{MOVES_ASKED} questions from the page, the first of a plan left out",
    )


def _palette(context: BrowserContext, url: str) -> Iterator[Row]:
    """Yield how long the palette takes to open, and to find what is typed."""
    page = context.new_page()
    page.goto(f"{url}{reverse('control')}")
    page.wait_for_load_state("load")
    opened, found = page.evaluate(PALETTE, PALETTE_WORDS)
    page.close()
    note = f"p95 of {len(PALETTE_WORDS)}"
    yield at_most("palette, from the key to its field", p95(opened), 100, "ms", note)
    yield at_most("palette, from a letter to its list", p95(found), 100, "ms", note)


def _every_page(
    browser: Browser, url: str, world: World, outside: set[str], *, is_quick: bool
) -> Iterator[Row]:
    """Yield what axe-core finds on every page in both themes, and the heaviest page."""
    found: list[str] = []
    looked = 0
    heaviest = (0, "")
    for theme in THEMES:
        for one in pages(world):
            if is_quick and one.reader is not None and "portal" in one.url:
                continue
            with _signed_in(browser, url, one.reader, outside, theme=theme) as context:
                answer = context.request.get(f"{url}{one.url}")
                if b"<html" not in answer.body():
                    continue  # data, a file, or a part of a page
                page = context.new_page()
                page.goto(f"{url}{one.url}")
                page.wait_for_load_state("networkidle")
                looked += 1
                heaviest = max(heaviest, (_compressed(answer.body()), one.name))
                found += [f"{one.name}, {theme}: {rule}" for rule in _rules(page)]
    yield Row(
        figure="axe violations",
        goal="0",
        result=str(len(found)),
        is_missed=bool(found),
        note=f"{looked} looks, both themes; " + "; ".join(found[:3]),
    )
    yield at_most(
        "heaviest page without what it shares, compressed",
        heaviest[0] / 1000,
        WEIGHT_KB,
        "kB",
        heaviest[1],
    )


def _rules(page: Page) -> list[str]:
    """Return the rules a page breaks, with the first place of each."""
    page.evaluate(AXE.read_text())
    rules = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map("
        "(v) => `${v.id} at ${v.nodes[0].target}`))"
    )
    return [str(rule) for rule in rules]
