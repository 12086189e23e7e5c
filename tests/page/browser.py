"""The Chromium of this machine, driven by playwright, which brings none of its own here."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from importlib.util import find_spec

import pytest

# Read before the tests are kept apart from the environment of whoever runs them.
OTHER, REQUIRED = os.environ.get("CMAPPY_CHROMIUM"), os.environ.get("CMAPPY_REQUIRE_CHROMIUM")
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# In a container or as root Chromium cannot have its sandbox; the pages that it sees are those of the tests.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def missing():
    """Return what is missing for the tests with a browser; nothing if they can run."""
    if find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        return "pip install '.[browser]'"
    return "" if path() else "a Chromium, e.g. apt-get install chromium"


def path():
    """Return where Chromium is; CMAPPY_CHROMIUM names another one."""
    return OTHER or next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def chromium(*flags):
    """Run Chromium; without one the test is skipped, or fails if CMAPPY_REQUIRE_CHROMIUM is set."""
    if needed := missing():
        stop = pytest.fail if REQUIRED else pytest.skip
        stop(f"tests with a browser need {needed}")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()
