"""Every recording, as the Responses API tells it: valid event by event, and the same answer that chat clients get."""

import orjson
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.errors import CmappyError
from cmappy.faces.face import Caller, Options
from cmappy.faces.responses import FACE
from cmappy.middle.models import resolve
from conformance.responses.translation import load as translated
from tools import scenario as scenarios

EVENT = TypeAdapter(ResponseStreamEvent)
REVIEWED = [
    "hello",
    "thinking",
    "redacted_thinking",
    "tool_after_thinking",
    "tool_calls_parallel",
    "tool_without_arguments",
    "length",
    "length_in_thinking",
    "refusal",
    "refusal_at_once",
    "json_schema",
    "empty_answer",
    "broken_by_error",
    "tool_broken_by_loss",
]


@pytest.fixture
def told(turn, recording):
    """Answer from the recording: the bytes of the stream, the plain response, and what broke it off."""
    body = {"model": turn.model, "input": "Hello", "include": ["reasoning.encrypted_content"]}
    asked = FACE.read(body, Options(), Caller(clock=lambda: 2))
    reply, interpreter = asked.reply(turn, token="1", created=1), Interpreter(turn)
    stream = b""
    try:
        for line in recording.lines:
            for event in interpreter.feed(Line(line)):
                for wire in reply.feed(event):
                    reply.add(wire)
                    stream += reply.encode(wire)
            if interpreter.finished:
                return stream + reply.end, reply.whole(), None
        if recording.exit is not None:
            raise Exited(recording.exit, recording.stderr)
        interpreter.close()
    except CmappyError as error:
        return stream + reply.broken(error), {}, error


def events(stream):
    """Return the events of a stream."""
    frames = stream.removesuffix(b"data: [DONE]\n\n").split(b"\n\n")[:-1]
    return [orjson.loads(frame.split(b"\ndata: ")[1]) for frame in frames]


def test_every_event_is_the_sdks_own(told):
    """Numbered without a gap, begun and ended once; strict, but for the codes that only Codex knows."""
    stream, whole, error = told
    sent = events(stream)

    for event in sent:
        if event["type"] != "response.failed":
            EVENT.validate_python(event)
    assert list(range(len(sent))) == [event["sequence_number"] for event in sent]
    kinds = [event["type"] for event in sent]
    assert 1 == kinds.count("response.created")
    ends = [kind for kind in kinds if kind in {"response.completed", "response.incomplete", "response.failed"}]
    assert kinds[-1:] == ends
    if not error:
        Response.model_validate(whole, strict=True)
        assert whole == sent[-1]["response"]
        assert whole["output"] == [event["item"] for event in sent if event["type"] == "response.output_item.done"]


def test_the_answer_is_the_one_that_chat_clients_get(told, answer):
    """Text, calls, refusal and counts: two doors, one answer."""
    _, whole, error = told
    if error:
        assert (answer.error.status, answer.error.code) == (error.status, error.code)
        return
    chat = answer.told()
    parts = [part for item in whole["output"] if item["type"] == "message" for part in item["content"]]
    calls = [item for item in whole["output"] if item["type"] == "function_call"]

    assert (chat["content"] or "") == "".join(part["text"] for part in parts if part["type"] == "output_text")
    legacy = [chat["function_call"]] if chat.get("function_call") else []
    if not legacy and whole["status"] == "completed":
        assert [(call["id"], call["function"]["arguments"]) for call in chat.get("tool_calls") or []] == [
            (call["call_id"], call["arguments"]) for call in calls
        ]
    assert chat["usage"]["prompt_tokens"] == whole["usage"]["input_tokens"]
    assert chat["usage"]["completion_tokens"] == whole["usage"]["output_tokens"]
    assert (chat["finish_reason"] == "length") == (whole["incomplete_details"] == {"reason": "max_output_tokens"})


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(scenario, id=scenario.name) for scenario in scenarios.load() if scenario.name in REVIEWED],
)
def test_stream(told, reviewed_stream):
    """The bytes of the stream are exactly the reviewed ones; the plain response is in its last event."""
    stream, _, _ = told

    assert reviewed_stream == stream


OWN = {scenario.name: scenario for scenario in scenarios.load_all() if scenario.api == "responses"}
# What chat completions ask, as requests for responses; the suite leaves the API's name away.
ASKED = [each for each in translated(scenarios.FOLDER) if f"responses_{each.name}" not in OWN]


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in [*OWN.values(), *ASKED]])
def test_request_has_the_key_of_its_recording(scenario, recording, models):
    """Two doors, one turn: what chat completions ask is the same when it is asked for as a response."""
    asked = FACE.read(scenario.request, Options(), Caller())

    assert recording.turn == asked.turn(resolve(asked.request.model, models, {})).canonical()
