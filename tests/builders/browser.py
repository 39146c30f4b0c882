"""Contexts of a browser that wait as long as a busy machine needs."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext

WAIT_MS = 120_000
"""Longest wait for what a page is to do; a test of an idle machine waits for none."""


def a_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a context of its own: no cookies, nothing stored; close it at the end."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    return context
