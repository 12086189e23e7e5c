"""Servers that offer completions, each with one defect."""

import json

import httpx

from conformance.common.cases import Case, traits_of
from conformance.common.scenarios import Expected
from conformance.completions.subjects.answer import Plain
from conformance.completions.subjects.harmless import Harmless, Several
from conformance.completions.subjects.sdk import Live, Reading
from conformance.completions.subjects.stream import BrokenOff, Counted, Stream
from tests.conformance_checks.defects import Broken, drop, each, put
from tests.conformance_checks.defects.flavours import DONE, JSON, SSE, sse

USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 1795364528, "model": "claude-sonnet-5"}
WANTED = Expected(content="are blue.", finish_reason="stop", usage=USAGE)
BODY = HEAD | {
    "choices": [{"text": "are blue.", "index": 0, "logprobs": None, "finish_reason": "stop"}],
    "usage": USAGE,
}


def piece(text, finish_reason=None):
    """Return one piece of a stream."""
    return HEAD | {"choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}]}


PIECES = [piece("are "), piece("blue."), piece("", "stop")]
COUNTED = [*PIECES, HEAD | {"choices": [], "usage": USAGE}]


def case(suffix="", detail=None, expect=WANTED, **request):
    """Return the case to observe."""
    tags = frozenset({"text", "stop"} if "stop" in request else {"text"})
    asked = {"model": "sonnet", "prompt": "Violets"} | request
    return Case(f"text{suffix}", asked, expect, tags, tags | traits_of(expect), detail)


def ids(caught_by):
    """Return the check ids for keywords: `answer__text` stands for `completions.answer.text`."""
    return {f"completions.{name.replace('__', '.').replace('_', '-')}": says for name, says in caught_by.items()}


def reply(body=BODY, pieces=PIECES, *, status=200, headers=JSON, end=DONE):
    """Return a server that answers plainly, or with a stream where one is asked for."""

    def server(request):
        if json.loads(request.content).get("stream"):
            return httpx.Response(200, headers=SSE, content=sse(pieces, end))
        return httpx.Response(status, headers=headers, content=body if isinstance(body, str) else json.dumps(body))

    return server


def plain(name, edit, *, of=None, status=200, headers=JSON, **caught_by):
    """Return a server whose plain answer has one edit."""
    return Broken(name, Plain, of or case(), reply(edit(BODY), status=status, headers=headers), ids(caught_by))


def stream(name, edit, *, kind=Stream, **caught_by):
    """Return a server whose stream has one edit."""
    good = COUNTED if kind is Counted else PIECES
    return Broken(name, kind, case(), reply(pieces=edit(good)), ids(caught_by))


def reading(name, face, *, body=BODY, pieces=PIECES, kind=Reading, **caught_by):
    """Return a server whose answer is read by one face of the SDK."""
    return Broken(f"{name}, {face}", kind, case(f"+{face}", face), reply(body, pieces), ids(caught_by))


def nothing(good):
    """Leave it as it is."""
    return good


HALF = case(expect=Expected(content="are ", status=503))
FRAME = {"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": None}}


def breaking(name, pieces, end="", **caught_by):
    """Return a server whose stream breaks off."""
    return Broken(name, BrokenOff, HALF, reply(pieces=pieces, end=end), ids(caught_by))


CHOICE = ("choices", 0)
TWO = put("choices", value=BODY["choices"] * 2)(BODY)
REFUSING = reply(FRAME, status=400)
LENGTH = put(*CHOICE, "finish_reason", value="length")
DEFECTS = [
    plain("server error", lambda _: "no", status=500, answer__status="500"),
    plain("HTML", lambda _: "<p>", headers=JSON | {"content-type": "text/html"}, answer__content_type="text/html"),
    plain("no id", nothing, headers={"content-type": "application/json"}, answer__request_id="x-request-id"),
    plain("chat completion", put("object", value="chat.completion"), answer__object="chat.completion"),
    plain("float created", put("created", value=1.5), answer__head="False"),
    plain("two choices", lambda _: TWO, answer__one_choice="[0, 0]"),
    plain("message", drop(*CHOICE, "text"), answer__text="MISSING"),
    plain("no prose", put(*CHOICE, "text", value="Sure: are blue."), answer__content="Sure"),
    plain("null reason", put(*CHOICE, "finish_reason", value=None), answer__finish_reason="None"),
    plain("reason of Anthropic's", put(*CHOICE, "finish_reason", value="end_turn"), answer__finish_reason="end_turn"),
    plain("limit as stop", LENGTH, answer__ending="length"),
    plain("stop shown", nothing, of=case(stop=["blue"]), answer__stop_hidden="blue"),
    plain("no counts", drop("usage"), usage__counts="prompt_tokens"),
    plain("wrong sum", put("usage", "total_tokens", value=5), usage__counts="5"),
    plain("cache not counted", put("usage", "prompt_tokens", value=1), usage__exact="1"),
    stream("chunks of chat", each(put("object", value="chat.completion.chunk")), stream__object="chunk"),
    stream("id for each piece", lambda told: [put("id", value="x")(told[0]), *told[1:]], stream__same_head="2"),
    stream("null text", lambda told: [*told[:-1], put(*CHOICE, "text", value=None)(told[-1])], stream__text="None"),
    stream("text lost", lambda told: told[1:], stream__content="blue"),
    stream("reason in each", each(put(*CHOICE, "finish_reason", value="stop")), stream__finish_once="stop"),
    stream("no reason", lambda told: told[:-1], stream__finish_once="None", stream__ending="None"),
    stream("counts for all", each(put("usage", value=USAGE)), stream__no_usage="7"),
    stream("no counts", lambda told: told[:-1], kind=Counted, usage_stream__once="[]"),
    stream("counts with a choice", each(put("usage", value=USAGE)), kind=Counted, usage_stream__once="are"),
    stream(
        "counts as text",
        lambda told: [*told[:-1], put("usage", "total_tokens", value="7")(told[-1])],
        kind=Counted,
        usage_stream__counts="'7'",
    ),
    reading("no choices", "create", body=put("choices", value=[])(BODY), sdk__accepts="IndexError"),
    reading("no choices", "async-stream", pieces=each(drop("choices"))(PIECES), sdk__accepts="TypeError"),
    reading("float created", "create", body=put("created", value=1.5)(BODY), sdk__validates="created"),
    reading("text lost", "stream", pieces=PIECES[1:], sdk__content="blue"),
    reading("limit as stop", "async-create", body=LENGTH(BODY), sdk__finish_reason="length"),
    reading("no head", "create", body=drop("model")(BODY), kind=Live, sdk__live="model"),
    breaking("text lost", [piece(""), FRAME], break__content="are"),
    breaking("silent end", PIECES[:1], break__error="are", break__sdk_raises="None"),
    breaking("error as an end", [PIECES[0], piece("", "stop"), FRAME], break__no_finish_reason="stop"),
    breaking("ends well", [PIECES[0], FRAME], DONE, break__no_done="1"),
    Broken(
        "refuses a user", Harmless, case("-user", {"user": "ada"}), REFUSING, ids({"harmless__common": "Overloaded"})
    ),
    Broken("forgets one", Several, case("-two", {"n": 2}), reply(), ids({"several__honest": "are blue."})),
]
