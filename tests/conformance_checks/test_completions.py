"""The checks of completions bite, and do not bark at nothing."""

import pytest

from conformance.common.registry import CHECKS, SHARED
from conformance.common.session import Session
from conformance.common.targets import Target
from conformance.completions import COMPLETIONS
from conformance.completions.faces import FACES
from conformance.completions.subjects.answer import Plain
from conformance.completions.subjects.failure import Failure
from conformance.completions.subjects.harmless import Several
from conformance.completions.subjects.sdk import Live, Reading
from conformance.completions.subjects.stream import BrokenOff, Counted, Stream
from tests.conformance_checks.defects import completions, errors
from tests.conformance_checks.defects.completions import COUNTED, DEFECTS, FRAME, HALF, PIECES, TWO, case, reply


@pytest.fixture
def seen(served):
    """Return what looks at a server in memory."""
    return lambda server: Session(
        served(server).door, Target("broken", capabilities=frozenset({"text"})), COMPLETIONS.send
    )


@pytest.mark.parametrize("broken", DEFECTS, ids=lambda broken: f"{broken.kind.__name__}: {broken.name}")
def test_defect_is_caught(broken, seen, failures):
    """Every check that must catch the defect fails, and says what is wrong."""
    found = failures(seen(broken.server), broken.kind, broken.case)

    assert {} == {id: found.get(id) for id, says in broken.caught_by.items() if says not in found.get(id, "")}


def test_every_check_of_its_own_has_a_defect_to_catch():
    """Those that all APIs share have theirs among those of chat completions."""
    own = {id for id, check in CHECKS.items() if check.api == "completions"}
    adopted = {f"completions.{id}" for id in SHARED}
    caught = {id for broken in DEFECTS for id in broken.caught_by}

    assert (set(), set()) == (own - adopted - caught, caught - own)
    assert adopted & own


@pytest.mark.parametrize(
    ("kind", "pieces"),
    [pytest.param(Plain, PIECES, id="plain"), (Stream, PIECES), (Counted, COUNTED)],
)
def test_good_completion_passes(kind, pieces, seen, failures):
    """No check complains."""
    assert {} == failures(seen(reply(pieces=pieces)), kind, case())


@pytest.mark.parametrize("kind", [Reading, Live])
@pytest.mark.parametrize("face", FACES)
def test_sdk_reads_it(face, kind, seen, failures):
    """No face of the SDK complains."""
    assert {} == failures(seen(reply()), kind, case(f"+{face}", face))


def test_good_errors_pass(seen, failures):
    """An error, a stream that says how it broke off, and two answers where two are asked for."""
    refused = completions.reply(errors.ERROR, status=400)

    assert {} == failures(seen(refused), Failure, errors.case(errors.BAD_ROLE, "malformed"))
    assert {} == failures(seen(reply(pieces=[PIECES[0], FRAME], end="")), BrokenOff, HALF)
    assert {} == failures(seen(reply(TWO)), Several, case("-two", {"n": 2}))
