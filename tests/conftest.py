"""What all tests share: an environment without settings, and the scripted CLI."""

import os

import pytest

from tests.scripted.harness import Scripted


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
