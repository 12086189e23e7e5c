"""Plain answers, each with one defect."""

import time

from conformance.chat.subjects.answer import Plain
from tests.conformance_checks.defects import Broken, drop, ids, put
from tests.conformance_checks.defects.flavours import (
    CALLS,
    FILTERED,
    JSON,
    LENGTH,
    SILENT,
    STOPPED,
    STRUCTURED,
    TEXT,
    THINKING,
    plain_reply,
)

MESSAGE = ("choices", 0, "message")
USAGE = ("usage",)


def broken(name, edit, flavour=TEXT, headers=JSON, status=200, **caught_by):
    """Return a server whose plain answer has one edit; checks are named `answer__role` for `answer.role`."""
    server = plain_reply(edit(flavour.body), status, headers)
    return Broken(name, Plain, flavour.case(), server, ids(caught_by))


def nothing(body):
    """Leave the body as it is."""
    return body


def text(words):
    """Say something that is no JSON instead."""
    return lambda body: words


HTML = {"content-type": "text/html", "x-request-id": "req_1"}

ENVELOPE = [
    broken("server error", text("Internal Server Error"), status=500, answer__status="500"),
    broken(
        "HTML page", text("<html>Welcome</html>"), headers=HTML, answer__content_type="text/html", answer__id="Welcome"
    ),
    broken("no request id", nothing, headers={"content-type": "application/json"}, answer__request_id="x-request-id"),
    broken("error with status 200", put("error", value={"message": "Overloaded"}), answer__no_error="Overloaded"),
    broken("body is a list", lambda body: [body], answer__object="not a JSON object"),
    broken("truncated JSON", text('{"id": "chatcmpl-1", "choices": ['), answer__object="not a JSON object"),
    broken("wrong object", put("object", value="text_completion"), answer__object="text_completion"),
    broken("no id", drop("id"), answer__id="MISSING"),
    broken("empty id", put("id", value=""), answer__id="''"),
    broken("float created", put("created", value=1795364528.5), answer__created="1795364528.5"),
    broken("text created", put("created", value="2026-11-22"), answer__created="2026-11-22"),
    broken("created in milliseconds", put("created", value=int(time.time() * 1000)), answer__created_now="created"),
    broken("created is zero", put("created", value=0), answer__created_now="0"),
    broken("null model", put("model", value=None), answer__model="None"),
    broken("standard service tier", put("service_tier", value="standard"), answer__service_tier="standard"),
    broken("null fingerprint", put("system_fingerprint", value=None), answer__system_fingerprint="None"),
]
CHOICE = [
    broken("no choices", put("choices", value=[]), answer__one_choice="[]"),
    broken("two choices", lambda body: body | {"choices": body["choices"] * 2}, answer__one_choice="[0, 1]"),
    broken("choices is an object", put("choices", value={}), answer__one_choice="{}"),
    broken("index from 1", put("choices", 0, "index", value=1), answer__choice_index="[1]"),
    broken("no index", drop("choices", 0, "index"), answer__choice_index="MISSING"),
    broken("null finish reason", put("choices", 0, "finish_reason", value=None), answer__finish_reason="None"),
    broken("no finish reason", drop("choices", 0, "finish_reason"), answer__finish_reason="MISSING"),
    broken("end_turn", put("choices", 0, "finish_reason", value="end_turn"), answer__finish_reason="end_turn"),
    broken("no logprobs", drop("choices", 0, "logprobs"), answer__logprobs="MISSING"),
]
MESSAGES = [
    broken("no role", drop(*MESSAGE, "role"), answer__role="MISSING"),
    broken("role of the model", put(*MESSAGE, "role", value="model"), answer__role="model"),
    broken(
        "content in parts",
        put(*MESSAGE, "content", value=[{"type": "text", "text": "Hi"}]),
        answer__content_type_of_text="'type': 'text'",
    ),
    broken("no content", drop(*MESSAGE, "content"), answer__content_type_of_text="MISSING"),
    broken(
        "error text as answer",
        put(*MESSAGE, "content", value="API Error: Request rejected (429)"),
        answer__content="API Error",
    ),
    broken("text twice", put(*MESSAGE, "content", value=TEXT.message["content"] * 2), answer__content="piece.This"),
    broken("stripped text", put(*MESSAGE, "content", value=TEXT.message["content"][:-1]), answer__content="piece"),
    broken("made-up text", put(*MESSAGE, "content", value="(no content)"), SILENT, answer__no_content="(no content)"),
    broken("no refusal", drop(*MESSAGE, "refusal"), answer__refusal="refusal"),
    broken("empty tool calls", put(*MESSAGE, "tool_calls", value=[]), answer__no_empty_calls="[]"),
]
COUNTS = [
    broken("no usage", drop("usage"), usage__present="MISSING"),
    broken("empty usage", put("usage", value={}), usage__counts="prompt_tokens"),
    broken("text counts", put(*USAGE, "completion_tokens", value="8"), usage__counts="'8'"),
    broken("float counts", put(*USAGE, "prompt_tokens", value=20.0), usage__counts="20.0"),
    broken("negative counts", put(*USAGE, "completion_tokens", value=-1), usage__counts="-1"),
    broken("wrong sum", put(*USAGE, "total_tokens", value=20), usage__sum="-8"),
    broken("text details", put(*USAGE, "prompt_tokens_details", "cached_tokens", value="4"), usage__details="'4'"),
    broken(
        "more cached than sent",
        put(*USAGE, "prompt_tokens_details", "cached_tokens", value=400),
        usage__details="400",
    ),
    broken("cache not counted", put(*USAGE, "prompt_tokens", value=16), usage__exact="16"),
    broken("invented counts", put(*USAGE, "completion_tokens_details", value={}), usage__exact="reasoning_tokens"),
]
REASON = ("choices", 0, "finish_reason")
ENDINGS = [
    broken("stop as length", put(*REASON, value="length"), ending__stop="length"),
    broken("length as stop", put(*REASON, value="stop"), LENGTH, ending__length="stop"),
    broken("filter as stop", put(*REASON, value="stop"), FILTERED, ending__content_filter="stop"),
    broken("calls as stop", put(*REASON, value="stop"), CALLS, ending__tool_calls="stop"),
    broken("stop shown", put(*MESSAGE, "content", value="Keep this.<<END>>"), STOPPED, stop__hidden="<<END>>"),
]
FIRST_CALL = (*MESSAGE, "tool_calls", 0)
TOOLS = [
    broken("calls dropped", drop(*MESSAGE, "tool_calls"), CALLS, tools__called="weather"),
    broken("one call of two", drop(*MESSAGE, "tool_calls", 1), CALLS, tools__called="time"),
    broken(
        "prefixed name",
        put(*FIRST_CALL, "function", "name", value="mcp__client__weather"),
        CALLS,
        tools__called="mcp__client__weather",
    ),
    broken("call without id", drop(*FIRST_CALL, "id"), CALLS, tools__id="weather"),
    broken("same id for two calls", put(*FIRST_CALL, "id", value="call_2"), CALLS, tools__ids_differ="call_2"),
    broken("call of type tool_use", put(*FIRST_CALL, "type", value="tool_use"), CALLS, tools__type="tool_use"),
    broken(
        "arguments as object",
        put(*FIRST_CALL, "function", "arguments", value={"city": "Oslo"}),
        CALLS,
        tools__arguments_text="Oslo",
    ),
    broken(
        "empty arguments",
        put(*MESSAGE, "tool_calls", 1, "function", "arguments", value=""),
        CALLS,
        tools__arguments_text="time",
    ),
    broken("lost arguments", put(*FIRST_CALL, "function", "arguments", value="{}"), CALLS, tools__arguments="Oslo"),
    broken("call told as text too", put(*MESSAGE, "content", value="weather()"), CALLS, tools__no_text="weather()"),
]
THOUGHTS = [
    broken("thinking dropped", drop(*MESSAGE, "reasoning_content"), THINKING, reasoning__whole="Seventeen"),
    broken(
        "thinking in the text",
        put(*MESSAGE, "content", value="Seventeen and twenty-five. It is 42."),
        THINKING,
        reasoning__apart="Seventeen",
    ),
    broken("think tags", put(*MESSAGE, "content", value="<think>Hm.</think>"), THINKING, reasoning__apart="<think"),
    broken(
        "thinking not counted",
        put(*USAGE, "completion_tokens_details", "reasoning_tokens", value=0),
        THINKING,
        reasoning__counted="0",
    ),
]
STRUCTURE = [
    broken(
        "fenced JSON",
        put(*MESSAGE, "content", value='```json\n{"name": "Ada"}\n```'),
        STRUCTURED,
        structured__bare="```json",
    ),
    broken(
        "prose before JSON",
        put(*MESSAGE, "content", value='Here: {"name": "Ada"}'),
        STRUCTURED,
        structured__bare="Here",
    ),
]
DEFECTS = [*ENVELOPE, *CHOICE, *MESSAGES, *COUNTS, *ENDINGS, *TOOLS, *THOUGHTS, *STRUCTURE]
