"""The checks of the Messages API bite, and do not bark at nothing."""

import httpx2
import pytest

from conformance.common.door import Door
from conformance.common.registry import CHECKS
from conformance.common.session import Session
from conformance.common.targets import Target
from conformance.messages import MESSAGES, scenarios
from conformance.messages.faces import FACES
from conformance.messages.subjects.answer import Plain
from conformance.messages.subjects.breaks import BrokenOff
from conformance.messages.subjects.failure import Failure
from conformance.messages.subjects.models import Models
from conformance.messages.subjects.sdk import Live, Reading
from conformance.messages.subjects.service import Service
from conformance.messages.subjects.stream import Stream
from tests.conformance_checks.defects import messages_plain, messages_servers, messages_streams
from tests.conformance_checks.defects.messages_flavours import CALLS, FLAVOURS, JSON, STRUCTURED, reply, sse

DEFECTS = [*messages_plain.DEFECTS, *messages_streams.DEFECTS, *messages_servers.DEFECTS]
ON_SOCKETS = {"messages.events.not-cut", "messages.break.not-cut"}  # see test_sockets.py

each_flavour = pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)


@pytest.fixture
def served():
    """Return what looks at a server in memory: a function of a request."""

    def serve(server):
        def answer(request):
            told = server(request)
            headers = {name: value for name, value in told.headers.items() if name != "content-length"}
            return httpx2.Response(told.status_code, headers=headers, stream=httpx2.ByteStream(told.content))

        door = Door("http://127.0.0.1:1/v1", transport=httpx2.MockTransport(answer))
        return Session(door, Target("broken", capabilities=frozenset({"text"})), MESSAGES.send)

    return serve


@pytest.mark.parametrize("broken", DEFECTS, ids=lambda broken: f"{broken.kind.__name__}: {broken.name}")
def test_defect_is_caught(broken, served, failures):
    """Every check that must catch the defect fails, and says what is wrong."""
    found = failures(served(broken.server), broken.kind, broken.case)

    assert {} == {id: found.get(id) for id, says in broken.caught_by.items() if says not in found.get(id, "")}


def test_every_check_has_a_defect_to_catch():
    """A check that was never seen to fail proves nothing."""
    own = {id for id, check in CHECKS.items() if check.api == "messages"}
    caught = {id for broken in DEFECTS for id in broken.caught_by}

    assert (set(), set()) == (own - caught - ON_SOCKETS, caught - own)


def test_every_defect_has_a_name_of_its_own():
    """The table has no entry twice."""
    names = [(broken.kind, broken.name) for broken in DEFECTS]

    assert len(names) == len(set(names))


@each_flavour
def test_good_message_passes(flavour, served, failures):
    """No check complains of a plain message or of a stream."""
    session = served(reply(flavour.body, sse(flavour.events)))

    assert {} == failures(session, Plain, flavour.case())
    assert {} == failures(session, Stream, flavour.case())


@pytest.mark.parametrize("kind", [Reading, Live])
@pytest.mark.parametrize("face", [face for face in FACES if face != "parse"])
@each_flavour
def test_sdk_reads_it(flavour, face, kind, served, failures):
    """No face of the SDK complains."""
    assert {} == failures(served(reply(flavour.body, sse(flavour.events))), kind, flavour.case(f"+{face}", face))


def test_sdk_parses_what_has_a_schema(served, failures):
    """Where there is something to parse, there is nothing to complain of."""
    assert {} == failures(served(reply(STRUCTURED.body)), Reading, STRUCTURED.case("+parse", "parse"))


def test_good_errors_pass(served, failures):
    """No check complains of an error, of a rate limit, and of a stream that says how it broke off."""
    limit = messages_servers.failing(429, "rate_limit_error")
    limited = reply(messages_servers.LIMIT, status=429, headers=JSON | {"retry-after": "1"})
    broken = reply(messages_streams.ERROR, sse([*messages_streams.BEGUN, messages_streams.FRAME]))

    assert {} == failures(served(reply(messages_streams.ERROR, status=400)), Failure, messages_servers.BAD)
    assert {} == failures(served(limited), Failure, limit)
    assert {} == failures(served(broken), BrokenOff, messages_streams.HALF)


def test_good_servers_pass(served, failures):
    """No check complains of a list of models, and of a server that tells its answers apart."""
    assert {} == failures(
        served(messages_servers.models("good", lambda page: page).server), Models, messages_servers.MODELS
    )
    assert {} == failures(served(messages_servers.Numbered()), Service, messages_servers.SERVICE)


def test_questions_are_read_as_they_are():
    """Questions for any server leave the content open; scenarios of another API are told apart."""
    questions = scenarios.load(MESSAGES.questions)

    assert {None} == {question.expect.content for question in questions}
    assert {"max_tokens", "tool_use", "end_turn", "stop_sequence"} == {each.expect.finish_reason for each in questions}


@pytest.mark.parametrize("content", ["{}", "[", '{"request": {}, "expect": {}, "tags": []}'])
def test_file_that_is_no_scenario_is_named(content, tmp_path):
    """A ValueError tells which, and an empty folder is one too."""
    with pytest.raises(ValueError, match="no scenarios"):
        scenarios.load(tmp_path)
    (tmp_path / "odd.json").write_text(content)

    with pytest.raises(ValueError, match=r"odd\.json is no scenario"):
        scenarios.load(tmp_path)


def test_calls_are_known_by_their_blocks():
    """What a case demands of calls follows from its blocks."""
    assert [("weather", {"city": "Oslo"}), ("time", {})] == [
        (call.name, call.arguments) for call in CALLS.case().expect.calls
    ]
