"""What a target declares must be shown: a capability that no scenario exercises would pass unseen."""

import pytest

from conformance.conftest import SCENARIOS, TARGET


def test_every_declared_capability_is_exercised(pytestconfig: pytest.Config) -> None:
    """Each capability of the target is the tag of a scenario; models and errors have requests of their own."""
    exercised = {tag for scenario in pytestconfig.stash[SCENARIOS] for tag in scenario.tags} | {"models", "errors"}

    assert set() == pytestconfig.stash[TARGET].capabilities - exercised
