"""The checks of the Responses API bite: for each broken answer some check fails; and they do not bark at good ones."""

from dataclasses import replace

import pytest

from conformance.common.registry import CHECKS
from conformance.responses import RESPONSES
from conformance.responses.faces import FACES
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.both import Both
from conformance.responses.subjects.breaks import BrokenOff
from conformance.responses.subjects.sdk import Live, Reading
from conformance.responses.subjects.service import Service
from conformance.responses.subjects.stored import Continued, Stored
from conformance.responses.subjects.stream import Stream
from tests.conformance_checks.defects import (
    responses_errors,
    responses_plain,
    responses_readings,
    responses_service,
    responses_streams,
)
from tests.conformance_checks.defects.flavours import JSON, SSE, plain_reply, stream_reply
from tests.conformance_checks.defects.responses_flavours import FLAVOURS, TEXT, numbered, sse
from tests.conformance_checks.defects.responses_service import CONTINUED, HABITS, KEPT, Good

TABLES = (responses_plain, responses_streams, responses_readings, responses_errors, responses_service)
DEFECTS = [broken for table in TABLES for broken in table.DEFECTS]
ON_SOCKETS = {"responses.events.not-cut", "responses.break.not-cut"}  # see test_sockets.py

each_flavour = pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)


@pytest.fixture
def looking(served):
    """Return what makes a session that looks at a server of responses."""
    return lambda server: served(server, RESPONSES.send)


@pytest.mark.parametrize("broken", DEFECTS, ids=lambda broken: f"{broken.kind.__name__}: {broken.name}")
def test_defect_is_caught(broken, looking, failures):
    """Every check that must catch the defect fails, and says what is wrong."""
    found = failures(looking(broken.server), broken.kind, broken.case)

    assert {} == {id: found.get(id) for id, says in broken.caught_by.items() if says not in found.get(id, "")}


def test_every_check_has_a_defect_to_catch():
    """A check that was never seen to fail proves nothing."""
    mine = {id for id, check in CHECKS.items() if check.api == "responses"}

    assert set() == mine - {id for broken in DEFECTS for id in broken.caught_by} - ON_SOCKETS


def test_every_defect_has_a_name_of_its_own():
    """The tables have no entry twice."""
    names = [(broken.kind, broken.name) for broken in DEFECTS]

    assert len(names) == len(set(names))


def test_there_are_enough_checks():
    """What the Responses API promises is more than sixty things."""
    assert len([check for check in CHECKS.values() if check.api == "responses"]) > 60


@each_flavour
def test_plain_answer_passes(flavour, looking, failures):
    """No check of plain responses complains."""
    assert {} == failures(looking(plain_reply(flavour.body)), Plain, flavour.case())


@each_flavour
def test_stream_passes(flavour, looking, failures):
    """No check of streams complains."""
    assert {} == failures(looking(stream_reply(sse(flavour.events))), Stream, flavour.case())


@each_flavour
def test_both_pass(flavour, looking, failures):
    """A plain response is the one at the end of the stream."""

    def server(request):
        streamed = b'"stream":true' in request.content.replace(b" ", b"")
        told = sse(flavour.events) if streamed else flavour.body
        return plain_reply(told, headers=SSE if streamed else JSON)(request)

    assert {} == failures(looking(server), Both, flavour.case())


@pytest.mark.parametrize("kind", [Reading, Live])
@pytest.mark.parametrize("face", [face for face in FACES if "parse" not in face])
@each_flavour
def test_sdk_reads_it(flavour, face, kind, looking, failures):
    """No face of the SDK complains."""
    reply = stream_reply(sse(flavour.events)) if FACES[face].streams else plain_reply(flavour.body)

    assert {} == failures(looking(reply), kind, flavour.case(f"+{face}", face))


def test_broken_off_stream_passes(looking, failures):
    """A stream that says how it broke off is as good as it can be."""
    session = looking(stream_reply(sse(numbered(responses_errors.GOOD), end="")))

    assert {} == failures(session, BrokenOff, responses_errors.CUT)


def test_kept_responses_pass(looking, failures):
    """A server that keeps what it is told to keep."""
    assert {} == failures(looking(Good()), Stored, KEPT)


@pytest.mark.parametrize("broken", CONTINUED, ids=lambda broken: broken.name)
def test_continued_conversations_pass(broken, looking, failures):
    """A server that knows what came before, however it is told."""
    assert {} == failures(looking(Good()), Continued, broken.case)


@pytest.mark.parametrize("content", [TEXT.expect.content, None])
def test_service_passes(content, looking, failures):
    """A server that keeps its clients apart, whether or not its words are known."""
    case = HABITS[0].case
    asked, wanted = case.detail
    known = replace(case, detail=(asked, wanted if content else [None, None]))

    assert {} == failures(looking(Good()), Service, known)
