"""Answer events become the events of a response: in order, complete, and equal to the response at their end."""

import orjson
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from cmappy import errors
from cmappy.answer import (
    Aside,
    Began,
    BlockEnd,
    CallStart,
    Ended,
    OtherStart,
    Piece,
    Routed,
    TextStart,
    ThinkingStart,
    Usage,
)
from cmappy.faces.face import Caller, Options
from cmappy.faces.responses import FACE
from cmappy.faces.store import Store

EVENT = TypeAdapter(ResponseStreamEvent)
BEGAN = Began("claude-sonnet-5-5")
ENDED = Ended("end_turn", Usage(5, 6, 7, 8, 2))
THINKING = [ThinkingStart(), Piece("Hm"), Piece("m."), BlockEnd("sig")]
TEXT = [TextStart(), Piece("Hel"), Piece("lo"), BlockEnd()]
CALL = [CallStart("toolu_1", "ns__g"), Piece('{"a":'), Piece("1}"), BlockEnd()]
CUSTOM = [CallStart("toolu_2", "patch"), Piece('{"input":"a\\'), Piece('nb"}'), BlockEnd()]
REDACTED = [OtherStart('{"type":"redacted_thinking","data":"zz"}'), BlockEnd()]
CITED = [OtherStart('{"type":"server_tool_use"}'), Piece("x"), Aside("{}"), BlockEnd()]
TOOLS = [
    {"type": "function", "name": "f"},
    {"type": "namespace", "name": "ns", "description": "d", "tools": [{"type": "function", "name": "g"}]},
    {"type": "custom", "name": "patch"},
]


def make(body=None, **options):
    """Return a reply to a request."""
    caller = Caller(shelf=Store(1 << 20, 60, lambda: 0.0).shelf(""), clock=lambda: 1001.9)
    asked = FACE.read({"model": "sonnet", "input": "Hi", "tools": TOOLS} | (body or {}), Options(**options), caller)
    return asked.reply(asked.turn("sonnet"), token="0" * 32, created=1000)


def run(events, body=None, error=None, **options):
    """Return the events of the stream, each accepted by the strict SDK, and the plain response."""
    reply = make(body, **options)
    stream = b""
    for event in events:
        for wire in reply.feed(event):
            reply.add(wire)
            stream += reply.encode(wire)
    if error:
        stream += reply.broken(error)
    told = [orjson.loads(frame.split(b"\ndata: ")[1]) for frame in stream.split(b"\n\n")[:-1]]
    assert list(range(len(told))) == [event["sequence_number"] for event in told]
    for event in told:
        if event["type"] != "response.failed":  # some codes are outside the SDK's list, but Codex knows them
            EVENT.validate_python(event)
    return told, reply.whole()


def items(told):
    """Return the items of a stream as they were when they were done."""
    return [event["item"] for event in told if event["type"] == "response.output_item.done"]


WHOLE = {
    "text": [*TEXT],
    "thinking": [*THINKING, *TEXT],
    "hidden thinking": [ThinkingStart(), BlockEnd("sig"), *TEXT],
    "redacted": [*REDACTED, *TEXT],
    "two texts": [*TEXT, *TEXT],
    "empty text": [TextStart(), BlockEnd(), *CALL],
    "calls": [*TEXT, *CALL, *CUSTOM],
    "text between calls": [*CALL, *TEXT, *CUSTOM],
    "server tools": [*CITED, *TEXT],
    "nothing": [],
    "only thinking": [*THINKING],
}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("include", [[], ["reasoning.encrypted_content"]], ids=["plain", "sealed"])
@pytest.mark.parametrize("reasoning", ["off", "reasoning_content"])
def test_the_response_is_what_was_streamed(answer, include, reasoning):
    """Created first, one end, every item added and done, deltas that add up, and all of it in the response."""
    told, whole = run([Routed("live"), BEGAN, *answer, ENDED], {"include": include}, reasoning=reasoning)

    Response.model_validate(whole, strict=True)
    assert ["response.created", "response.in_progress"] == [event["type"] for event in told[:2]]
    assert ("response.completed", whole) == (told[-1]["type"], told[-1]["response"])
    assert whole["output"] == items(told)
    added = [event["item"]["id"] for event in told if event["type"] == "response.output_item.added"]
    assert added == [item["id"] for item in whole["output"]]
    assert len(set(added)) == len(added)
    assert list(range(len(added))) == [
        event["output_index"] for event in told if event["type"] == "response.output_item.added"
    ]
    assert any(item["type"] != "reasoning" for item in whole["output"])
    for kind, name in [("output_text", "text"), ("function_call_arguments", "arguments"), ("refusal", "refusal")]:
        deltas = "".join(event["delta"] for event in told if event["type"] == f"response.{kind}.delta")
        assert deltas == "".join(event[name] for event in told if event["type"] == f"response.{kind}.done")


def test_counts_include_what_the_cache_held():
    """OpenAI counts the whole prompt as input."""
    _, whole = run([BEGAN, *TEXT, ENDED])

    assert {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 7, "cache_write_tokens": 8},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 26,
    } == whole["usage"]


def test_calls_carry_the_clients_names_and_the_apis_ids():
    """A namespace comes back beside the name, and a custom tool gets plain text."""
    _, whole = run([BEGAN, *CALL, *CUSTOM, Ended("tool_use")])

    call, custom = whole["output"]
    assert ("function_call", "toolu_1", "g", "ns", '{"a":1}') == tuple(
        call[name] for name in ("type", "call_id", "name", "namespace", "arguments")
    )
    assert ("custom_tool_call", "toolu_2", "patch", "a\nb") == tuple(
        custom[name] for name in ("type", "call_id", "name", "input")
    )


def test_properties_get_the_clients_names_back():
    """The API takes other characters in them; a call and an answer in JSON carry the client's."""
    schema = {"type": "object", "properties": {"größe": {"type": "integer"}}}
    form = {"type": "json_schema", "name": "a", "schema": schema}
    reply = make({"tools": [{"type": "function", "name": "f", "parameters": schema}], "text": {"format": form}})
    asked = FACE.read({"model": "sonnet", "input": "Hi", "text": {"format": form}}, Options(), Caller())
    [taken] = orjson.loads(asked.turn("sonnet").schema)["properties"]
    pieces = [Piece(f'{{"{taken[:2]}'), Piece(f'{taken[2:]}":1}}'), BlockEnd()]
    for event in [BEGAN, TextStart(), *pieces, CallStart("toolu_1", "f"), *pieces, Ended("tool_use")]:
        for wire in reply.feed(event):
            reply.add(wire)

    message, call = reply.whole()["output"]
    assert '{"größe":1}' == message["content"][0]["text"] == call["arguments"]
    again = [
        {"role": "user", "content": "Hi"},
        call,
        {"type": "function_call_output", "call_id": "toolu_1", "output": ""},
    ]
    tools = [{"type": "function", "name": "f", "parameters": schema}]
    sent = FACE.read({"model": "sonnet", "input": again, "tools": tools}, Options(), Caller()).turn("sonnet")
    assert {taken: 1} == orjson.loads(sent.messages[1].content[0].input)


def test_thinking_is_sealed_only_if_the_client_asks():
    """`include` decides, for readable thinking and for redacted."""
    plain = run([BEGAN, *THINKING, *REDACTED, *TEXT, ENDED])[1]
    sealed = run([BEGAN, *THINKING, *REDACTED, *TEXT, ENDED], {"include": ["reasoning.encrypted_content"]})[1]

    assert [False, False, False] == ["encrypted_content" in item for item in plain["output"]]
    assert [True, True, False] == ["encrypted_content" in item for item in sealed["output"]]
    assert [{"type": "summary_text", "text": "Hmm."}] == plain["output"][0]["summary"]


def test_thinking_that_is_switched_off_is_sealed_without_a_summary():
    """Who asks for the sealed form gets it, and nobody reads it."""
    _, whole = run([BEGAN, *THINKING, *TEXT, ENDED], {"include": ["reasoning.encrypted_content"]}, reasoning="off")

    assert [[], True] == [whole["output"][0]["summary"], "encrypted_content" in whole["output"][0]]


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
def test_a_cut_answer_is_incomplete(reason):
    """The text is there, and says that it is not all."""
    told, whole = run([BEGAN, *TEXT, Ended(reason)])

    assert ("response.incomplete", "incomplete", {"reason": "max_output_tokens"}, None) == (
        told[-1]["type"],
        whole["status"],
        whole["incomplete_details"],
        whole["completed_at"],
    )
    assert "incomplete" == whole["output"][0]["status"] == items(told)[0]["status"]


def test_a_call_that_was_cut_is_left_out():
    """Half its arguments would be run by somebody; a call that is complete stays."""
    cut = [CallStart("toolu_3", "f"), Piece('{"a'), BlockEnd()]
    told, whole = run([BEGAN, *CALL, *cut, Ended("max_tokens")])

    assert ["toolu_1"] == [item["call_id"] for item in whole["output"]] == [item["call_id"] for item in items(told)]


def test_a_call_with_broken_arguments_in_a_whole_answer_is_passed_on():
    """The client's own error text tells the model more than silence."""
    broken = [CallStart("toolu_3", "f"), Piece('{"a'), BlockEnd()]
    _, whole = run([BEGAN, *broken, *CALL, Ended("tool_use")])

    assert ['{"a', '{"a":1}'] == [item["arguments"] for item in whole["output"]]


def test_thinking_that_was_cut_is_all_there_is():
    """No message is made up for an answer that had no time to begin."""
    _, whole = run([BEGAN, *THINKING, Ended("max_tokens")])

    assert ("incomplete", ["reasoning"]) == (whole["status"], [item["type"] for item in whole["output"]])


@pytest.mark.parametrize(
    ("answer", "ended", "status", "parts"),
    [
        ([], Ended("refusal"), "completed", ["refusal"]),
        ([], Ended("refusal", refusal="I won't."), "completed", ["refusal"]),
        (TEXT, Ended("refusal"), "incomplete", ["output_text"]),
    ],
    ids=["at once", "instead of structure", "after text"],
)
def test_a_refusal_is_told(answer, ended, status, parts):
    """Without text it is a part of its own; after text the answer is incomplete."""
    _, whole = run([BEGAN, *answer, ended])

    assert (status, parts) == (whole["status"], [part["type"] for part in whole["output"][0]["content"]])
    assert whole["incomplete_details"] == ({"reason": "content_filter"} if status == "incomplete" else None)
    if ended.refusal:
        assert ended.refusal == whole["output"][0]["content"][0]["refusal"]


@pytest.mark.parametrize(
    "answer",
    [[], [BEGAN], [BEGAN, TextStart()], [BEGAN, *TEXT, *CALL[:2]]],
    ids=["before", "at once", "in text", "in call"],
)
def test_a_broken_stream_ends_in_both_errors(answer):
    """Each alone is overlooked by some client; the items that are done are in the failed response."""
    told, whole = run(answer, error=errors.CliFailed("It broke."))

    assert "response.created" == told[0]["type"]
    assert ["error", "response.failed"] == [event["type"] for event in told[-2:]]
    assert ("cli_error", "It broke.", "cli_error") == (
        told[-2]["code"],
        told[-2]["message"],
        told[-2]["error"]["code"],
    )
    failed = told[-1]["response"]
    assert ("failed", None, "It broke.") == (failed["status"], failed["usage"], failed["error"]["message"])
    assert items(told) == failed["output"]
    assert {} == whole


def test_the_end_of_a_stream_is_marked():
    """OpenAI's own lacks it, the Open Responses specification wants it."""
    assert b"data: [DONE]\n\n" == make().end


def test_properties_have_the_clients_names():
    """In calls and in structured answers, whatever the API takes for names; also in half of a key at the end."""
    schema = {"type": "object", "properties": {"$filter": {}}}
    body = {
        "tools": [{"type": "function", "name": "f", "parameters": schema}],
        "text": {"format": {"type": "json_schema", "name": "s", "schema": schema}},
    }
    call = [CallStart("toolu_1", "f"), Piece('{"fil'), Piece('ter":1}'), BlockEnd()]
    text = [TextStart(), Piece('{"fil'), Piece('ter":2,"fi'), BlockEnd()]

    _, told = run([BEGAN, *THINKING, *text, *call, Ended("tool_use")], body)

    message, function = told["output"][1:]
    assert ('{"$filter":2,"fi', '{"$filter":1}') == (message["content"][0]["text"], function["arguments"])
