"""What all tests share: an environment without settings, and the scripted CLI."""

import os
from pathlib import Path

import pytest

from tests.scripted.harness import Scripted

ROOT = Path(__file__).parents[1]
FAST = (ROOT / "tests" / "unit", ROOT / "tests" / "replay")


def pytest_report_header(config):
    """Say what a run without arguments leaves out, and how to run it."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return []
    return [
        'the fast half: pytest -m "not slow"; not run by default, see tests/README.md:',
        "  pytest tests/faults tests/fuzz tests/pool tests/stress   a scripted CLI: about two minutes",
        "  pytest tests/page                                        a browser: Chromium, pip install '.[browser]'",
        "  pytest tests/claude                                      the real CLI: tools/install-claude first",
    ]


def pytest_ignore_collect(collection_path, config):
    """Spare the fast half the time that the import of all others takes."""
    fast = any(collection_path.is_relative_to(folder) for folder in FAST)
    return True if config.option.markexpr == "not slow" and collection_path.is_file() and not fast else None


def pytest_collection_modifyitems(items):
    """Mark all that is not fast by its folder as slow."""
    for item in items:
        if not any(item.path.is_relative_to(folder) for folder in FAST):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_settings_of_the_callers(monkeypatch):
    """Keep the tests apart from the environment of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("CMAPPY_"):
            monkeypatch.delenv(name)


@pytest.fixture
def scripted(tmp_path):
    """Return the scripted CLI."""
    return Scripted(tmp_path)
