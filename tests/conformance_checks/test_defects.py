"""The suite bites: for each broken answer some check fails, and names the defect."""

import pytest

import conformance.apis  # noqa: F401 - registers all checks
from conformance.common.registry import CHECKS
from tests.conformance_checks.defects import errors, models, offers, plain, readings, service, streams

DEFECTS = [broken for table in (plain, streams, readings, errors, models, service, offers) for broken in table.DEFECTS]

ON_SOCKETS = {"events.not-cut", "break.not-cut"}  # see test_sockets.py


@pytest.mark.parametrize("broken", DEFECTS, ids=lambda broken: f"{broken.kind.__name__}: {broken.name}")
def test_defect_is_caught(broken, served, failures):
    """Every check that must catch the defect fails, and says what is wrong."""
    found = failures(served(broken.server), broken.kind, broken.case)

    assert {} == {id: found.get(id) for id, says in broken.caught_by.items() if says not in found.get(id, "")}


def test_every_check_has_a_defect_to_catch():
    """A check that was never seen to fail proves nothing."""
    chat = {id for id, check in CHECKS.items() if check.api == "chat"}

    assert set() == chat - {id for broken in DEFECTS for id in broken.caught_by} - ON_SOCKETS


def test_every_defect_has_a_name_of_its_own():
    """The table has no entry twice."""
    names = [(broken.kind, broken.name) for broken in DEFECTS]

    assert len(names) == len(set(names))
