"""All checks, of each API that is looked at: one test for each check, on all cases that it has something to say on."""

from __future__ import annotations

import pytest

from conformance.apis import APIS
from conformance.common.items import Item, Look, items
from conformance.conftest import CHOSEN


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the checks by API and kind of subject."""
    chosen = metafunc.config.stash[CHOSEN]
    found = [
        (api, item)
        for api, scenarios in chosen.items()
        for kind in APIS[api].subjects
        for item in items(kind, scenarios)
    ]
    metafunc.parametrize(("api", "item"), found, ids=[item.check.id for _, item in found])


def test_check(api: str, item: Item, look: Look) -> None:
    """The server does what the check's sentence says."""
    look(api, item)
