"""Plain responses, each with one defect."""

import time

from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.both import Both
from conformance.responses.subjects.offer import Offer
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.flavours import JSON, SSE, plain_reply
from tests.conformance_checks.defects.responses_flavours import (
    ALLOWED,
    CALLS,
    CUSTOM,
    FILTERED,
    LENGTH,
    SILENT,
    STRUCTURED,
    TEXT,
    THINKING,
    call,
    sse,
    text,
)


def ids(caught_by):
    """Return the check ids for keywords: `output__role` stands for `responses.output.role`."""
    return {f"responses.{name.replace('__', '.').replace('_', '-')}": says for name, says in caught_by.items()}


def broken(name, edit, flavour=TEXT, headers=JSON, status=200, **caught_by):
    """Return a server whose plain response has one edit."""
    server = plain_reply(edit(flavour.body), status, headers)
    return Broken(name, Plain, flavour.case(), server, ids(caught_by))


def nothing(body):
    """Leave the body as it is."""
    return body


def words(said):
    """Say something that is no JSON instead."""
    return lambda body: said


HTML = {"content-type": "text/html", "x-request-id": "req_1"}
ITEM = ("output", 0)
PART = (*ITEM, "content", 0)
USED = ("usage",)

ENVELOPE = [
    broken("server error", words("Internal Server Error"), status=500, answer__status="500"),
    broken("HTML page", words("<html>Hi</html>"), headers=HTML, answer__content_type="text/html", answer__id="Hi"),
    broken("no request id", nothing, headers={"content-type": "application/json"}, answer__request_id="x-request-id"),
    broken("body is a list", lambda body: [body], answer__object="not a JSON object"),
    broken("chat completion", put("object", value="chat.completion"), answer__object="chat.completion"),
    broken("no id", drop("id"), answer__id="MISSING"),
    broken("failed with status 200", put("status", value="failed"), answer__not_failed="failed"),
    broken("error with status 200", put("error", value={"code": "x"}), answer__not_failed="code"),
    broken("text created", put("created_at", value="2026-11-22"), answer__created="2026-11-22"),
    broken("created in milliseconds", put("created_at", value=time.time() * 1000), answer__created_now="created_at"),
    broken("null model", put("model", value=None), answer__model="None"),
    broken("incomplete without reason", put("status", value="incomplete"), answer__incomplete_details="MISSING"),
    broken("complete with reason", put("status", value="completed"), LENGTH, answer__incomplete_details="max_output"),
    broken("no tools", drop("tools"), answer__tools="MISSING"),
    broken("tools forgotten", put("tools", value=[]), CALLS, answer__tools="weather"),
    broken("no choice", drop("tool_choice"), answer__tool_choice="MISSING"),
    broken("another choice", put("tool_choice", value="none"), answer__tool_choice="none"),
    broken("no parallel calls", drop("parallel_tool_calls"), answer__parallel_tool_calls="MISSING"),
    broken("standard tier", put("service_tier", value="standard"), answer__service_tier="standard"),
]
OUTPUT = [
    broken("no output", put("output", value=[]), output__list="[]"),
    broken("output is a text", put("output", value="Hi"), output__list="Hi"),
    broken("a text among the items", lambda body: body | {"output": [*body["output"], "x"]}, output__list="'x'"),
    broken("item of its own type", put(*ITEM, "type", value="answer"), output__types="answer"),
    broken("item without id", drop(*ITEM, "id"), CALLS, output__ids="weather"),
    broken("same id for two items", put(*ITEM, "id", value="fc_call_2"), CALLS, output__ids_differ="fc_call_2"),
    broken("no role", drop(*ITEM, "role"), output__role="output_text"),
    broken("message in progress", put(*ITEM, "status", value="in_progress"), output__message_status="in_progress"),
    broken("no status", drop(*ITEM, "status"), output__message_status="None"),
    broken("content is a text", put(*ITEM, "content", value="Hi"), output__parts="Hi"),
    broken("part of type text", put(*PART, "type", value="text"), output__parts="sentence"),
    broken("no annotations", drop(*PART, "annotations"), output__annotations="sentence"),
    broken("text is null", put(*PART, "text", value=None), output__text_is_text="None"),
    broken("stripped text", put(*PART, "text", value="This"), output__content="This"),
    broken("made-up text", put(*PART, "text", value="(no content)"), SILENT, output__no_content="(no content)"),
]
COUNTS = [
    broken("no usage", put("usage", value=None), usage__present="None"),
    broken("text counts", put(*USED, "output_tokens", value="8"), usage__counts="'8'"),
    broken("chat's counts", put("usage", value={"prompt_tokens": 1}), usage__counts="input_tokens"),
    broken("wrong sum", put(*USED, "total_tokens", value=20), usage__sum="20"),
    broken("no details", drop(*USED, "input_tokens_details"), usage__details="cached_tokens"),
    broken(
        "no count of what was written",
        drop(*USED, "input_tokens_details", "cache_write_tokens"),
        usage__details="cache_write_tokens",
    ),
    broken("more cached", put(*USED, "input_tokens_details", "cached_tokens", value=99), usage__details="99"),
    broken("cache not counted", put(*USED, "input_tokens", value=16), usage__exact="16"),
]
ENDINGS = [
    broken("complete as cut", lambda body: LENGTH.body, ending__completed="max_output_tokens"),
    broken("cut as complete", lambda body: TEXT.body, LENGTH, ending__max_output_tokens="completed"),
    broken("refusal as text", lambda body: TEXT.body, FILTERED, ending__content_filter="completed"),
]
TOOLS = [
    broken("one call of two", drop("output", 1), CALLS, tools__called="time", tools__arguments="time"),
    broken("prefixed name", put(*ITEM, "name", value="mcp__weather"), CALLS, tools__called="mcp__weather"),
    broken("call without call id", drop(*ITEM, "call_id"), CALLS, tools__call_ids="None"),
    broken("same call id for two", put(*ITEM, "call_id", value="call_2"), CALLS, tools__call_ids="call_2"),
    broken("call in progress", put(*ITEM, "status", value="in_progress"), CALLS, tools__status="in_progress"),
    broken("arguments as object", put(*ITEM, "arguments", value={"a": 1}), CALLS, tools__arguments_text="'a'"),
    broken("empty arguments", put("output", 1, "arguments", value=""), CALLS, tools__arguments_text="['']"),
    broken("lost arguments", put(*ITEM, "arguments", value="{}"), CALLS, tools__arguments="Oslo"),
    broken("JSON in plain text", put(*ITEM, "input", value='{"input": ""}'), CUSTOM, tools__arguments="input"),
    broken("custom call as function", put(*ITEM, value=call("call_1", "patch", "{}")), CUSTOM, tools__kind="patch"),
    broken("no namespace", drop("output", 1, "namespace"), CUSTOM, tools__namespace="agents"),
    broken("call that is not allowed", put(*ITEM, "name", value="people"), ALLOWED, tools__only_allowed="people"),
]
THOUGHTS = [
    broken("thinking dropped", drop(*ITEM), THINKING, reasoning__whole="Seventeen", reasoning__first="message"),
    broken("think tags", put("output", 1, "content", 0, "text", value="<think>"), THINKING, reasoning__apart="<think"),
    broken("no summary", drop(*ITEM, "summary"), THINKING, reasoning__summary="rs_1"),
    broken(
        "not counted",
        put(*USED, "output_tokens_details", "reasoning_tokens", value=0),
        THINKING,
        reasoning__counted="0",
    ),
    broken("not encrypted", drop(*ITEM, "encrypted_content"), THINKING, reasoning__encrypted="False"),
    broken("no item for it", drop(*ITEM), THINKING, reasoning__encrypted="no reasoning item"),
]
UNASKED = Broken(
    "encrypted without request",
    Plain,
    TEXT.case(),
    plain_reply(THINKING.body),
    ids({"reasoning__not_encrypted": "c2VhbGVk"}),
)
STRUCTURE = [
    broken("fenced JSON", put(*PART, "text", value="```json\n{}```"), STRUCTURED, structured__bare="```json"),
]


def both(name, edit, **caught_by):
    """Return a server whose stream ends in another response than the plain one."""

    def server(request):
        streamed = b'"stream":true' in request.content.replace(b" ", b"")
        events = TEXT.events
        told = sse([*events[:-1], edit(events[-1])])
        return plain_reply(told if streamed else TEXT.body, headers=SSE if streamed else JSON)(request)

    return Broken(name, Both, TEXT.case(), server, ids(caught_by))


DIFFERENT = [
    both("other text at the end", put("response", "output", 0, "content", value=[text("x")]), both__same="sentence"),
    both("no usage at the end", put("response", "usage", value=None), both__same="usage"),
]


def offer(name, flavour, server, **caught_by):
    """Return a server that is said to offer text."""
    case = flavour.case(detail=flavour.tags)
    return Broken(name, Offer, case, server, ids(caught_by))


REFUSAL = {"error": {"message": "not offered", "type": "invalid_request_error", "param": None, "code": None}}
OFFERS = [
    offer("refuses what it offers", TEXT, plain_reply(REFUSAL, 400), offer__shown="not offered"),
    offer("ignores tools", CALLS, plain_reply(TEXT.body), offer__honest="needs tools"),
]
DEFECTS = [
    *ENVELOPE,
    *OUTPUT,
    *COUNTS,
    *ENDINGS,
    *TOOLS,
    *THOUGHTS,
    UNASKED,
    *STRUCTURE,
    *DIFFERENT,
    *OFFERS,
]
