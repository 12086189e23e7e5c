"""The stub of the Messages API says exactly what its script says."""

import json

import pytest

pytestmark = pytest.mark.anyio

STREAMED = {"model": "claude-test", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
PLAIN = {"model": "claude-test", "messages": [{"role": "user", "content": "Hi"}]}
USAGE = {"input_tokens": 12, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}


def data_of(response):
    """Read the data of every event of a stream."""
    return [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: ")]


def started(message_id="msg_stub_0001"):
    """Build the data of the two events that every stream begins with."""
    message = {"id": message_id, "type": "message", "role": "assistant", "model": "claude-test", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": USAGE}
    return [{"type": "message_start", "message": message}, {"type": "ping"}]


def ended(output_tokens, stop_reason="end_turn", **usage):
    """Build the data of the two events that every whole stream ends with."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    usage = USAGE | {"output_tokens": output_tokens} | usage
    return [{"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]


def block(index, start, *deltas):
    """Build the data of one content block's events."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text_block(*pieces, index=0):
    """Build the data of a text block's events."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


async def test_stream_is_sent_byte_for_byte_as_the_api_does(upstream, ask):
    """Each event is a line with its name, a line with its data and an empty line."""
    upstream.script({"text": "Hé\u2028"})

    response = await ask(STREAMED)

    assert (
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_stub_0001","type":"message",'
        '"role":"assistant","model":"claude-test","content":[],"stop_reason":null,"stop_sequence":null,"usage":'
        '{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}\n\n'
        'event: ping\ndata: {"type":"ping"}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        '"content_block":{"type":"text","text":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        '"delta":{"type":"text_delta","text":"Hé\u2028"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
        '"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}\n\n'
        'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    ).encode() == response.content
    assert "text/event-stream; charset=utf-8" == response.headers["content-type"]
    assert "req_stub_0001" == response.headers["request-id"]


@pytest.mark.parametrize(
    ("script", "pieces"),
    [
        pytest.param({"text": "0123456789"}, ["01234", "56789"], id="default"),
        pytest.param({"text": "01234567"}, ["0123", "4567"], id="even"),
        pytest.param({"text": "👩‍🔬e"}, ["👩‍🔬e"], id="code points"),
        pytest.param({"blocks": [{"type": "text", "text": "0123456789", "pieces": 3}]}, ["012", "345", "6789"], id="3"),
        pytest.param({"blocks": [{"type": "text", "text": "ab", "pieces": 5}]}, ["a", "b"], id="more than characters"),
        pytest.param({"text": ""}, [], id="empty"),
    ],
)
async def test_text_is_cut_into_deltas(upstream, ask, script, pieces):
    """Deltas are of about five code points, or as many as the block says, and never empty."""
    upstream.script(script)

    assert [*started(), *text_block(*pieces), *ended(len(pieces))] == data_of(await ask(STREAMED))


async def test_blocks_are_streamed_in_order(upstream, ask):
    """Thinking ends with its signature, redacted thinking comes whole, and a tool's input is JSON text in pieces."""
    thinking = {"type": "thinking", "thinking": "Let me", "signature": "sig", "pieces": 1}
    redacted = {"type": "redacted_thinking", "data": "xyz"}
    named = {"type": "tool_use", "id": "toolu_mine", "name": "look.up", "input": {"é": 1}, "pieces": 2}
    numbered = {"type": "tool_use", "name": "now", "input": {}}
    upstream.script({"blocks": [thinking, redacted, {"type": "text", "text": "So"}, named, numbered]})

    assert [
        *started(),
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "Let me"},
            {"type": "signature_delta", "signature": "sig"},
        ),
        *block(1, {"type": "redacted_thinking", "data": "xyz"}),
        *text_block("So", index=2),
        *block(
            3,
            {"type": "tool_use", "id": "toolu_mine", "name": "look.up", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"é"'},
            {"type": "input_json_delta", "partial_json": ": 1}"},
        ),
        *block(
            4,
            {"type": "tool_use", "id": "toolu_stub_0001", "name": "now", "input": {}},
            {"type": "input_json_delta", "partial_json": "{}"},
        ),
        *ended(5, "tool_use", output_tokens_details={"thinking_tokens": 1}),
    ] == data_of(await ask(STREAMED))


async def test_plain_message_is_the_fold_of_the_stream(upstream, ask):
    """Without `stream` the same script gives one message."""
    blocks = [
        {"type": "thinking", "thinking": "Let me see", "signature": "sig"},
        {"type": "text", "text": "I look it up."},
        {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"a": [1, "é"]}},
    ]
    upstream.script({"blocks": blocks, "output_tokens": 7, "stop_sequence": "x", "stop_details": {"type": "refusal"}})

    assert {
        "id": "msg_stub_0001",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": blocks,
        "stop_reason": "tool_use",
        "stop_sequence": "x",
        "stop_details": {"type": "refusal"},
        "usage": USAGE | {"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 2}},
    } == (await ask(PLAIN)).json()


async def test_script_overrides_what_the_message_says_of_itself(upstream, ask):
    """Model, usage, stop reason and headers are the script's where it names them."""
    script = {"model": "other", "usage": {"input_tokens": 99}, "stop_reason": "max_tokens", "headers": {"x-limit": "1"}}
    upstream.script(script)

    response = await ask(STREAMED)

    start, *_, delta, _ = data_of(response)
    assert ("other", 99) == (start["message"]["model"], start["message"]["usage"]["input_tokens"])
    assert ("max_tokens", 99) == (delta["delta"]["stop_reason"], delta["usage"]["input_tokens"])
    assert "1" == response.headers["x-limit"]


@pytest.mark.parametrize("body", [PLAIN, STREAMED], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        pytest.param({"status": 429}, 429, {"type": "rate_limit_error", "message": "Rate limit"}, id="status"),
        pytest.param({"error": {"type": "overloaded_error", "message": "x"}}, 529, None, id="error"),
        pytest.param({"status": 418, "error": {"type": "tea_error", "message": "x"}}, 418, None, id="both"),
    ],
)
async def test_failure_is_a_plain_http_error(upstream, ask, body, script, status, error):
    """An error before the stream has the API's shape, a status and the script's headers."""
    upstream.script(script | {"headers": {"retry-after": "3"}})

    response = await ask(body)

    assert (status, "3") == (response.status_code, response.headers["retry-after"])
    assert {
        "type": "error",
        "error": error or script["error"],
        "request_id": "req_stub_0001",
    } == response.json()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param({"after": 0}, [], id="before any"),
        pytest.param({"after": 1}, text_block("01234", "56789")[:2], id="after one"),
        pytest.param({}, text_block("01234", "56789"), id="after all"),
    ],
)
async def test_error_event_ends_a_stream(upstream, ask, after, expected):
    """The stream ends with the error, after as many deltas as the script says and without a stop reason."""
    upstream.script({"text": "0123456789", "then": "error"} | after)

    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert [*started(), *expected, error] == data_of(await ask(STREAMED))
    assert upstream.requests[0].finished


async def test_error_after_the_start_of_a_plain_message_is_a_status(upstream, ask):
    """Who did not ask for a stream gets the error's own status."""
    upstream.script({"then": "error", "error": {"type": "api_error", "message": "Broken"}})

    response = await ask(PLAIN)

    assert (500, "Broken") == (response.status_code, response.json()["error"]["message"])


async def test_delay_and_pauses_pass(upstream, ask):
    """Pauses change when an answer comes and nothing of what it says."""
    upstream.script({"delay": 0.001, "blocks": [{"type": "text", "text": "Hello", "pause": 0.001}]})

    assert [*started(), *text_block("Hello"), *ended(1)] == data_of(await ask(STREAMED))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"txt": "x"}, "unknown key 'txt' in an answer"),
        ({"text": "x", "blocks": []}, "not both"),
        ({"then": "explode"}, "unknown `then` 'explode'"),
        ({"after": 1}, "there is no `then`"),
        ({"then_wait": "go"}, "there is no `then`"),
        ({"then": "error", "status": 500}, "no `status`"),
        ({"blocks": [{"type": "image"}]}, "unknown block type 'image'"),
        ({"blocks": [{"type": "text"}]}, "a text block needs 'text'"),
        ({"blocks": [{"type": "text", "text": "x", "name": "y"}]}, "unknown key 'name' in a text block"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_wrong_script_is_refused(upstream, script, reason):
    """A mistake in a script is told when it is given, not by an answer that surprises."""
    with pytest.raises(ValueError, match=reason):
        upstream.script(script)
