"""The CLI's lines and the events they become. The lines are shortened from what CLI 2.1.330 writes."""

import orjson
import pytest

from cmappy.backends.claude import events, parse
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed
from cmappy.status import Model, Plan, Window


def line(**fields):
    """Return a line as the CLI writes it."""
    return orjson.dumps(fields)


def stream(**event):
    """Return a line that passes on an event of the Messages API."""
    return line(type="stream_event", event=event, session_id="s", parent_tool_use_id=None)


@pytest.mark.parametrize(
    ("said", "event"),
    [
        (
            stream(
                type="message_start",
                message={"id": "msg_1", "model": "claude-x", "role": "assistant", "usage": {"input_tokens": 3}},
            ),
            events.MessageStart(id="msg_1", model="claude-x", usage=events.Usage(input_tokens=3)),
        ),
        (
            stream(type="content_block_start", index=0, content_block={"type": "text", "text": ""}),
            events.BlockStart(type="text", block={"type": "text", "text": ""}),
        ),
        (
            stream(
                type="content_block_start",
                index=1,
                content_block={"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
            ),
            events.BlockStart(
                type="tool_use",
                id="toolu_1",
                name="f",
                block={"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
            ),
        ),
        (
            stream(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "a\u2028b"}),
            events.TextDelta(text="a\u2028b"),
        ),
        (
            stream(type="content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"}),
            events.ThinkingDelta(thinking="hm"),
        ),
        (
            stream(type="content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"a"'}),
            events.ArgumentsDelta(partial_json='{"a"'),
        ),
        (
            stream(type="content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"}),
            events.SignatureDelta("c2ln"),
        ),
        (
            stream(type="content_block_delta", index=0, delta={"type": "citations_delta", "citation": {}}),
            events.OtherDelta({"type": "citations_delta", "citation": {}}),
        ),
        (stream(type="content_block_stop", index=0), events.BlockStop()),
        (
            stream(type="message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 5}),
            events.MessageDelta(stop_reason="end_turn", usage=events.Usage(output_tokens=5)),
        ),
        (stream(type="message_delta", delta={"stop_reason": None}, usage=None), events.MessageDelta()),
        (
            stream(
                type="message_delta",
                delta={"stop_reason": "stop_sequence", "stop_sequence": "END", "container": None, "stop_details": {}},
            ),
            events.MessageDelta(stop_reason="stop_sequence", stop_sequence="END", details={"stop_details": {}}),
        ),
        (stream(type="message_stop"), events.Unknown()),
        (
            stream(type="message_stop", abandoned_blocks={"from_block_index": 2}),
            events.Abandoned(from_block_index=2),
        ),
        (stream(type="ping"), events.Unknown()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else "",
)
def test_each_event_of_the_api_is_known(said, event):
    """The raw event is inside; what is around it is the CLI's own business."""
    assert event == parse.parse(said)


@pytest.mark.parametrize(
    ("said", "event"),
    [
        (
            line(
                type="assistant", message={"id": "m", "model": "claude-x", "content": [{"type": "text", "text": "a"}]}
            ),
            events.AssistantMessage(id="m", model="claude-x", content=({"type": "text", "text": "a"},)),
        ),
        (
            line(type="result", subtype="success", is_error=False, result="a", num_turns=1, stop_reason=None),
            events.Result(subtype="success", result="a", num_turns=1),
        ),
        (
            line(type="result", subtype="success", is_error=True, api_error_status=429, result=None),
            events.Result(subtype="success", is_error=True, api_error_status=429),
        ),
        (line(type="user", message={"role": "user", "content": "[Request interrupted by user]"}), events.UserMessage()),
        (line(cmappy="end", exit=0), events.Unknown()),
        (
            line(type="control_request", request_id="r", request={"subtype": "mcp_message", "message": {"id": 1}}),
            events.ControlRequest(subtype="mcp_message", message={"id": 1}, request_id="r"),
        ),
        (
            line(type="control_response", response={"subtype": "success", "request_id": "r", "response": None}),
            events.ControlResponse(subtype="success", request_id="r"),
        ),
        (
            line(type="rate_limit_event", rate_limit_info={"status": "allowed", "rateLimitType": "five_hour"}),
            events.RateLimit(status="allowed", rateLimitType="five_hour"),
        ),
        (
            line(type="system", subtype="api_retry", attempt=1, max_retries=2, error_status=529, error="overloaded"),
            events.ApiRetry(attempt=1, max_retries=2, error_status=529, error="overloaded"),
        ),
        (line(type="system", subtype="init", tools=["f"], cwd="/"), events.Setup(tools=("f",))),
        (line(type="system", subtype="status"), events.Unknown()),
        (line(type="born_tomorrow", anything=[1]), events.Unknown()),
        (b"{}", events.Unknown()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else "",
)
def test_each_line_of_the_clis_own_is_known(said, event):
    """A line of an unknown type is skipped: every release of the CLI says something new."""
    assert event == parse.parse(said)


@pytest.mark.parametrize("noise", [b"", b"   ", b"npm warn something", b"[1, 2]", b'"text"', b"\xff\xfe"])
def test_noise_on_stdout_is_skipped(noise):
    """Wrapper scripts and version managers write there too."""
    assert events.Unknown() == parse.parse(noise)


@pytest.mark.parametrize(
    "torn",
    [
        b"{",
        b'{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","te',
        b'{"type":"stream_event"}',
        b'{"type":"stream_event","event":"text"}',
        b'{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta"}}}',
        b'{"type":"stream_event","event":{"type":"content_block_delta","delta":null}}',
        b'{"type":"result","is_error":"perhaps"}',
        b'{"type":"assistant","message":[]}',
        b'{"type":"control_response","response":{"subtype":"maybe","request_id":"r"}}',
        b'{"type":"control_request","request_id":"r","request":null}',
    ],
)
def test_line_that_cannot_be_read_is_an_error(torn):
    """Skipping it would lose a piece of the answer in silence."""
    with pytest.raises(CliFailed, match="cannot be read"):
        parse.parse(torn)


def test_words_of_the_clis_own_are_recognised():
    """The CLI tells of errors in messages that look like the model's."""
    told = [events.AssistantMessage(model=model).synthetic for model in ("<synthetic>", "claude-x")]

    assert [True, False] == told


def test_usage_counts_what_was_told_and_nothing_else():
    """Absent is not zero: a later message_delta repeats only some of the counts."""
    usage = events.Usage.model_validate(
        {
            "input_tokens": 3,
            "output_tokens": 0,
            "cache_read_input_tokens": None,
            "output_tokens_details": {"thinking_tokens": 2},
        }
    )

    assert {"input_tokens": 3, "output_tokens": 0, "thinking_tokens": 2} == usage.counts()


def test_plan_has_its_windows():
    """Utilization is told per window, which health and metrics show."""
    limit = parse.parse(
        line(
            type="rate_limit_event",
            rate_limit_info={
                "status": "allowed_warning",
                "rateLimitType": "seven_day",
                "unifiedWindows": {"five_hour": {"status": "allowed", "utilization": 0.5, "resetsAt": 1}},
            },
        )
    )

    windows = {"five_hour": Window("allowed", 0.5, 1)}

    assert Plan("allowed_warning", "seven_day", None, windows) == limit.plan()


@pytest.mark.parametrize(
    ("account", "billing"),
    [
        ({"subscriptionType": "max"}, "subscription"),
        ({"tokenSource": "CLAUDE_CODE_OAUTH_TOKEN"}, "subscription"),
        ({"subscriptionType": "max", "apiKeySource": "ANTHROPIC_API_KEY"}, "subscription"),
        ({"tokenSource": "none", "apiKeySource": "ANTHROPIC_API_KEY"}, "api_key"),
        ({"tokenSource": "none", "apiKeySource": "none"}, "none"),
        ({}, "none"),
    ],
)
def test_account_tells_who_pays(account, billing):
    """A key that is billed although a subscription is logged in must be seen."""
    assert billing == events.Account.model_validate(account).billing


def test_model_is_told_in_neutral_terms():
    """What it stands for, and how hard it can think."""
    told = {"value": "sonnet", "resolvedModel": "claude-x", "displayName": "X", "supportedEffortLevels": ["low", "max"]}

    assert Model("sonnet", "claude-x", "X", ("low", "max")) == events.ModelInfo.model_validate(told).model()


def test_line_is_parsed_once():
    """Whoever reads it first leaves the event for the next one."""
    said = Line(stream(type="content_block_stop", index=0))

    assert parse.read(said) is parse.read(said)


def escaped(text):
    """Return a line with a delta whose text is these JSON escapes."""
    delta = b'{"type":"text_delta","text":"%b"}' % text
    return b'{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":%b}}' % delta


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(rb"a\ud83d", "a\ud83d", id="first half"),
        pytest.param(rb"\ude00b", "\ude00b", id="second half"),
        pytest.param(rb"\ud83d\ude00", "\U0001f600", id="both"),
        pytest.param(b"a\xff", "a\ufffd", id="no UTF-8"),
    ],
)
def test_half_a_character_in_a_delta_is_kept(text, read):
    """The other half may be in the next delta."""
    assert events.TextDelta(read) == parse.parse(escaped(text))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(rb"a\ud83d", "a\ufffd", id="first half"),
        pytest.param(rb"\ude00b\n", "\ufffdb\n", id="second half"),
        pytest.param(rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600", id="half before a whole"),
        pytest.param(rb"\\ud83d \ud83d", "\\ud83d \ufffd", id="backslash before it"),
    ],
)
def test_half_a_character_elsewhere_is_replaced(text, read):
    """Nothing completes it; all around it is kept."""
    line = b'{"type":"result","subtype":"success","result":"%b"}' % text

    assert read == parse.parse(line).result


@pytest.mark.parametrize(
    ("response", "names"),
    [({"models": [{"value": "sonnet"}]}, ["sonnet"]), ({"commands": []}, [])],
    ids=["models", "none"],
)
def test_models_are_found_in_the_answer_that_lists_them(response, names):
    """Other lines are passed over; without such an answer there are no models."""
    said = {"type": "control_response", "response": {"subtype": "success", "request_id": "r", "response": response}}

    assert names == [model.name for model in parse.listed([b'{"type":"system"}', orjson.dumps(said)])]
