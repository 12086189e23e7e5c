"""What a target declares must be shown: a capability that no scenario exercises would pass unseen."""

import pytest

from conformance.conftest import CHOSEN, TARGET


def test_every_declared_capability_is_exercised(pytestconfig: pytest.Config) -> None:
    """Each capability of the target is the tag of a scenario; models and errors have requests of their own."""
    target = pytestconfig.stash[TARGET]
    if set(target.apis) - pytestconfig.stash[CHOSEN].keys():
        pytest.skip("not all APIs of the target are looked at")
    shown_anyway = {"models", "model_lookup", "errors"}
    known = [scenario for scenarios in pytestconfig.stash[CHOSEN].values() for scenario in scenarios]
    exercised = {tag for scenario in known for tag in scenario.tags} | shown_anyway

    assert set() == target.capabilities - exercised
