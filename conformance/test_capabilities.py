"""What a target declares must be shown: a capability that no scenario exercises would pass unseen."""

import pytest

from conformance.conftest import SCENARIOS, TARGET


def test_every_declared_capability_is_exercised(pytestconfig: pytest.Config) -> None:
    """Each capability of the target is the tag of a scenario; models and errors have requests of their own."""
    shown_anyway = {"models", "model_lookup", "errors"}
    exercised = {tag for scenario in pytestconfig.stash[SCENARIOS] for tag in scenario.tags} | shown_anyway

    assert set() == pytestconfig.stash[TARGET].capabilities - exercised
