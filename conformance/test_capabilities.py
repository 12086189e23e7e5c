"""What a target declares must be shown: a capability that no scenario exercises would pass unseen."""

import pytest

from conformance.apis import APIS
from conformance.conftest import CHOSEN, TARGET


def test_every_declared_capability_is_exercised(pytestconfig: pytest.Config) -> None:
    """Each capability of the target is the tag of a scenario; models and errors have requests of their own."""
    target = pytestconfig.stash[TARGET]
    if set(target.apis) - pytestconfig.stash[CHOSEN].keys():
        pytest.skip("not all APIs of the target are looked at")
    shown_anyway = {"models", "model_lookup", "errors"}
    chosen = pytestconfig.stash[CHOSEN]
    if missing := [name for name in APIS if name in pytestconfig.stash[TARGET].apis and name not in chosen]:
        pytest.skip(f"what only {missing[0]} shows is not looked at")
    known = [scenario for scenarios in chosen.values() for scenario in scenarios]
    exercised = {tag for scenario in known for tag in scenario.tags} | shown_anyway

    assert set() == target.capabilities - exercised
