"""What a client of the Messages API gets of an answer, piece by piece and as a whole; both SDK checks are strict."""

import orjson
import pytest
from anthropic import types
from pydantic import TypeAdapter

from cmappy import answer, errors
from cmappy.faces.messages.reply import Reply

USAGE = answer.Usage(3, 1, 2, 4)
STREAM_EVENT = TypeAdapter(types.RawMessageStreamEvent)


def replied(*events, names=None):
    """Return the wire events of an answer, and the message that they add up to."""
    reply = Reply(id="msg_1", names=names or {})
    begun = answer.Began("claude-x", USAGE)
    wire = [wire for event in (answer.Routed("live"), begun, *events) for wire in reply.feed(event)]
    for one in wire:
        reply.add(one)
    return wire, reply.whole()


def ended(reason="end_turn", **more):
    """Return the end of an answer."""
    return answer.Ended(reason, USAGE._replace(output_tokens=9, thinking_tokens=5), **more)


TEXT = (answer.TextStart(), answer.Piece("Hel"), answer.Piece("lo"), answer.BlockEnd())
CITED = (
    answer.TextStart(),
    answer.Piece("a"),
    answer.Aside('{"type":"citations_delta","citation":{"type":"char_location","n":1}}'),
    answer.Aside('{"type":"citations_delta","citation":{"type":"char_location","n":2}}'),
    answer.BlockEnd(),
)
THINKING = (answer.ThinkingStart(), answer.Piece("hm"), answer.BlockEnd("c2ln"))
CALL = (answer.CallStart("toolu_1", "f"), answer.Piece('{"a":'), answer.Piece("1}"), answer.BlockEnd())
SERVER = (
    answer.OtherStart('{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}'),
    answer.Aside('{"type":"input_json_delta","partial_json":"{\\"query\\":\\"x\\"}"}'),
    answer.BlockEnd(),
)
REDACTED = (answer.OtherStart('{"type":"redacted_thinking","data":"eHg="}'), answer.BlockEnd())


@pytest.mark.parametrize(
    ("events", "block"),
    [
        (TEXT, {"type": "text", "text": "Hello"}),
        (CITED, {"type": "text", "text": "a", "citations": [{"type": "char_location", "n": n} for n in (1, 2)]}),
        (THINKING, {"type": "thinking", "thinking": "hm", "signature": "c2ln"}),
        (CALL, {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}),
        (SERVER, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}),
        (REDACTED, {"type": "redacted_thinking", "data": "eHg="}),
    ],
    ids=["text", "citations", "thinking", "call", "server tool", "redacted"],
)
def test_block_is_the_apis(events, block):
    """Each kind of block folds to what the API itself would have answered."""
    _, message = replied(*events, ended())

    assert [block] == message["content"]


def test_whole_message_has_all_that_the_api_says():
    """The SDK's own model takes it."""
    _, message = replied(*THINKING, *TEXT, *CALL, ended("tool_use", details='{"container":null}'))

    assert {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "usage": {
            "input_tokens": 3,
            "cache_creation_input_tokens": 4,
            "cache_read_input_tokens": 2,
            "output_tokens": 9,
            "output_tokens_details": {"thinking_tokens": 5},
        },
    } == {name: value for name, value in message.items() if name != "content"}
    types.Message.model_validate(message, strict=True)


def test_stream_is_the_apis():
    """Names, order and indices; each event is one that the SDK knows."""
    wire, _ = replied(*THINKING, *TEXT, *CALL, *REDACTED, ended("tool_use"))

    assert (
        ["message_start"]
        + ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"] * 3
        + ["content_block_start", "content_block_stop", "message_delta", "message_stop"]
    ) == [event["type"] for event in wire]
    assert [0] * 4 + [1] * 4 + [2] * 4 + [3] * 2 == [event["index"] for event in wire if "index" in event]
    for event in wire:
        STREAM_EVENT.validate_python(event)


def test_refusal_is_an_answer():
    """With the API's details, and the text that came before."""
    details = '{"stop_details":{"type":"refusal","category":"cyber"}}'
    _, message = replied(*TEXT, ended("refusal", details=details))

    assert ("refusal", {"type": "refusal", "category": "cyber"}) == (message["stop_reason"], message["stop_details"])


def test_stop_sequence_is_named():
    """The API says which one it was."""
    _, message = replied(*TEXT, ended("stop_sequence", stop_sequence="END"))

    assert ("stop_sequence", "END") == (message["stop_reason"], message["stop_sequence"])


@pytest.mark.parametrize(
    ("written", "input"),
    [
        ('{"a": 1, "b": "unfin', {"a": 1}),
        ('{"a"', {}),
        ("[1", {}),
        ("nonsense", {}),
        ('{"a": 99999999999999999999999999, "b', {"a": 1e26}),
        ('{"a": 99999999999999999999999999}', {"a": 1e26}),
    ],
)
def test_input_that_was_cut_off_is_read_as_far_as_it_goes(written, input):
    """A limit of tokens ends a call anywhere."""
    _, message = replied(
        answer.CallStart("toolu_1", "f"), answer.Piece(written), answer.BlockEnd(), ended("max_tokens")
    )

    assert input == message["content"][0]["input"]


def test_delta_of_an_unknown_kind_is_streamed_and_left_out_of_the_message():
    """A newer API may send one; where it belongs in the block is not known."""
    new = {"type": "something_new_delta", "x": 1}
    wire, message = replied(
        answer.TextStart(), answer.Aside(orjson.dumps(new).decode()), answer.Piece("a"), answer.BlockEnd(), ended()
    )

    assert [new] == [event["delta"] for event in wire if event.get("delta", {}).get("type") == new["type"]]
    assert [{"type": "text", "text": "a"}] == message["content"]


def test_call_has_the_clients_name():
    """Where the CLI knows the tool by another one."""
    _, message = replied(*CALL, ended("tool_use"), names={"f": "ToolSearch"})

    assert "ToolSearch" == message["content"][0]["name"]


def test_event_has_its_name_and_its_data():
    """Without the name the Python SDK would drop it without a word."""
    assert b'event: message_stop\ndata: {"type":"message_stop"}\n\n' == Reply(id="").encode({"type": "message_stop"})


def test_answer_that_breaks_off_ends_in_an_error_event():
    """No `message_stop`: a broken answer must not be a short one."""
    sent = Reply(id="").broken(errors.Overloaded("Overloaded"))

    name, data, *_ = sent.split(b"\n")
    assert (b"event: error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}) == (
        name,
        orjson.loads(data.removeprefix(b"data: ")),
    )


def test_nothing_follows_a_whole_answer():
    """There is no `[DONE]` in this API."""
    assert b"" == Reply(id="").end
