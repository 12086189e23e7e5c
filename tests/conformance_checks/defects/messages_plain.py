"""Plain messages, each with one defect, and what the SDK cannot read."""

from conformance.messages.subjects.sdk import Live, Reading
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.messages_edits import (
    DELTA,
    FIRST,
    START,
    change,
    ids,
    insert,
    nothing,
    plain,
    text,
    without,
)
from tests.conformance_checks.defects.messages_flavours import (
    CALLS,
    CITED,
    JSON,
    LENGTH,
    REFUSED,
    STOPPED,
    STRUCTURED,
    TEXT,
    THINKING,
    reply,
    sse,
)

ANSWERS = [
    plain("server error", text("Internal Server Error"), status=500, answer__status="500"),
    plain("HTML", text("<html>"), headers=JSON | {"content-type": "text/html"}, answer__content_type="text/html"),
    plain(
        "no id of the request", nothing, headers={"content-type": "application/json"}, answer__request_id="request-id"
    ),
    plain("error with status 200", put("type", value="error"), answer__type="error"),
    plain("no id", drop("id"), answer__id="MISSING"),
    plain("role of the model", put("role", value="model"), answer__role="model"),
    plain("null model", put("model", value=None), answer__model="None"),
    plain("content is a text", put("content", value="Hello"), answer__content_list="Hello"),
    plain("thought without signature", drop(*FIRST, "signature"), THINKING, answer__blocks_typed="Seventeen"),
    plain("block without type", drop(*FIRST, "type"), answer__blocks_typed="Hello"),
    plain("empty text", put(*FIRST, "text", value=""), answer__no_empty_text="text", answer__content="Hello"),
    plain("citations lost", drop(*FIRST, "citations"), CITED, answer__content="citations"),
    plain("null reason", put("stop_reason", value=None), answer__stop_reason_known="None"),
    plain("reason of OpenAI's", put("stop_reason", value="stop"), answer__stop_reason_known="stop"),
    plain("end as limit", put("stop_reason", value="max_tokens"), answer__end_turn="max_tokens"),
    plain("limit as end", put("stop_reason", value="end_turn"), LENGTH, answer__max_tokens="end_turn"),
    plain("call as end", put("stop_reason", value="end_turn"), CALLS, answer__tool_use="end_turn"),
    plain("refusal as end", put("stop_reason", value="end_turn"), REFUSED, answer__refusal="end_turn"),
    plain("refusal without details", put("stop_details", value=None), REFUSED, answer__refusal_details="cyber"),
    plain("stop as end", put("stop_reason", value="end_turn"), STOPPED, answer__stop_sequence="end_turn"),
    plain("stop not named", put("stop_sequence", value=None), STOPPED, answer__stop_sequence="None"),
    plain("stop shown", put(*FIRST, "text", value="one, two"), STOPPED, answer__stop_hidden="two"),
    plain("stop made up", put("stop_sequence", value=""), answer__no_stop_sequence="''"),
    plain("fences", put(*FIRST, "text", value="```json\n{}\n```"), STRUCTURED, answer__structured="```json"),
    plain("prose behind", put(*FIRST, "text", value="{} Done."), STRUCTURED, answer__structured="Done"),
    plain("no counts", put("usage", value={}), usage__counts="input_tokens"),
    plain("counts as text", put("usage", "output_tokens", value="8"), usage__counts="'8'"),
    plain("float of the cache", put("usage", "cache_read_input_tokens", value=4.0), usage__cache="4.0"),
    plain("cache in the input", put("usage", "input_tokens", value=24), usage__exact="24"),
    plain("calls lost", put("content", value=[]), CALLS, tools__called="weather"),
    plain("name with a prefix", put(*FIRST, "name", value="mcp__c__weather"), CALLS, tools__called="mcp__c__weather"),
    plain("same id twice", put("content", 1, "id", value="toolu_1"), CALLS, tools__ids_differ="toolu_1"),
    plain("call without id", drop(*FIRST, "id"), CALLS, tools__ids_differ="MISSING"),
    plain("input as text", put(*FIRST, "input", value='{"city": "Oslo"}'), CALLS, tools__input="Oslo"),
]


def reading(name, face, edit, flavour=TEXT, kind=Reading, **caught_by):
    """Return a server whose message has one edit and is read by one face of the SDK."""
    streamed = "stream" in face or "helper" in face
    events = sse(edit(flavour.events)) if streamed else None
    server = reply(flavour.body if streamed else edit(flavour.body), events)
    return Broken(f"{name}, {face}", kind, flavour.case(f"+{face}", face), server, ids(caught_by))


LOST = put(*FIRST, "text", value="Hel")
READINGS = [
    reading("no content", "create", drop("content"), sdk__accepts="Error"),
    reading("no content", "async-create", drop("content"), sdk__accepts="Error"),
    reading("gap in the index", "helper", change(DELTA, put("index", value=7)), sdk__accepts="IndexError"),
    reading("gap in the index", "beta-helper", change(DELTA, put("index", value=7)), sdk__accepts="IndexError"),
    reading("no start", "async-helper", without(START), sdk__accepts="AssertionError"),
    reading("no role", "create", drop("role"), sdk__validates="role"),
    reading("reason of OpenAI's", "beta-create", put("stop_reason", value="stop"), sdk__validates="stop"),
    reading("event of its own", "stream", insert(2, {"type": "thought"}), sdk__validates="Error"),
    reading("text lost", "raw-create", LOST, sdk__content="Hello"),
    reading("text lost", "async-stream", without(DELTA), sdk__content="Hello"),
    reading("wrong reason", "create", put("stop_reason", value="max_tokens"), sdk__stop_reason="max_tokens"),
    reading("text lost", "helper", without(DELTA), sdk__pieces="Hello"),
    reading("fences", "parse", put(*FIRST, "text", value="[]"), STRUCTURED, sdk__accepts="Error"),
    reading("another object", "parse", put(*FIRST, "text", value='{"name": "Eve"}'), STRUCTURED, sdk__parsed="Eve"),
    reading("no role", "create", drop("role"), kind=Live, sdk__live="role"),
    reading("text lost", "create", LOST, kind=Live, sdk__live_content="Hello"),
]
READINGS.append(
    Broken(
        "no id of the request",
        Live,
        TEXT.case("+create", "create"),
        reply(TEXT.body, headers={"content-type": "application/json"}),
        ids({"sdk__live_request_id": "_request_id"}),
    )
)


DEFECTS = [*ANSWERS, *READINGS]
