"""Fixtures that every area's tests share: a browser, a broker, and flushing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from config import broker
from config.celery import app as celery_app
from tests import migrated
from tests.builders.browser import WAIT_MS, a_context

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = (
    "no Chromium was found; install one (on Debian or Ubuntu: apt-get install "
    "chromium) or set CHROMIUM to its path"
)

# What a change breaks is found each time or never, however busy the machine is; the
# soak tests draw examples of their own.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("same")


def find_chromium() -> str | None:
    """Return the path of a Chromium: what CHROMIUM says, else one on the PATH."""
    names = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else CHROMIUMS
    return next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests without a browser; keep broker tests in one process."""
    chromium = find_chromium()
    for item in items:
        if "browser" in item.keywords and chromium is None:
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
        if "broker" in item.keywords:
            # They share a queue, so they must not run beside each other.
            item.add_marker(pytest.mark.xdist_group("broker"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line that browser tests were skipped, and how to run them."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_CHROMIUM in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"Browser tests skipped ({count}): {NO_CHROMIUM}.")


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None
) -> bool:
    """Return whether to begin with a database that is migrated already."""
    return migrated.restore() or bool(request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Keep the database of this run for the next one, before any test used it."""
    with django_db_blocker.unblock():
        migrated.keep()


@pytest.fixture(scope="session", autouse=True)
def _flush_passes_append_only() -> Iterator[None]:
    """Let transactional tests clean up tables whose rows cannot be deleted."""
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(case: TransactionTestCase) -> None:
        """Flush; PostgreSQL truncates, which no row trigger sees."""
        with _triggers_lifted():
            flush(case)

    TransactionTestCase._fixture_teardown = flush_without_triggers
    yield
    TransactionTestCase._fixture_teardown = flush


@contextmanager
def _triggers_lifted() -> Iterator[None]:
    """Drop SQLite's triggers, then make them again as they were."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    with connection.cursor() as cursor:
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a running headless Chromium, one for each test process."""
    # Playwright keeps an event loop in this thread; Django takes that for a
    # coroutine and would refuse every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=CHROMIUM_FLAGS,
            timeout=WAIT_MS,
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return an empty page in a context of its own: no cookies, nothing stored."""
    with a_context(chromium) as context:
        page = context.new_page()
        yield page


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a broker's address, and make it the Celery app's own.

    ``REDIS_URL`` if set: then only our queues are emptied afterwards. Else a bundled
    Valkey server that lives as long as the session.
    """
    url = os.environ.get("REDIS_URL", "")
    process = None
    if not url:
        folder: Path = tmp_path_factory.mktemp("broker")
        prepared = broker.prepare(folder, folder / "broker.log")
        if prepared is None:
            pytest.skip("this machine has neither a bundled nor an own broker")
        process = prepared.process
        process.start()
        broker.wait_until_it_answers(prepared)
        url = prepared.url
    # Celery reads Django's settings anew each time; its own view keeps them first.
    before = settings.CELERY_BROKER_URL
    settings.CELERY_BROKER_URL = url
    yield url
    settings.CELERY_BROKER_URL = before
    celery_app.pool.force_close_all()
    _empty_our_queues(url)
    if process is not None:
        process.ask_to_stop()
        process.reap(0.0)


def _empty_our_queues(url: str) -> None:
    """Delete the keys that Celery made for our two queues, and no others."""
    with redis.Redis.from_url(url) as client:
        client.delete("default", "solve", "unacked", "unacked_index")
