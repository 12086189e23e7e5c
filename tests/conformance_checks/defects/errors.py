"""Errors that no program can understand, and streams that break off unseen."""

from conformance.chat.subjects.breaks import BrokenOff
from conformance.chat.subjects.failure import Failure
from conformance.common.cases import Case, traits_of
from conformance.common.scenarios import Expected
from tests.conformance_checks.defects import Broken, drop, ids, put
from tests.conformance_checks.defects.flavours import (
    DONE,
    JSON,
    TEXT,
    chunk,
    plain_reply,
    sse,
    stream_reply,
)

ERROR = {
    "error": {
        "message": "Unknown role. Use user or assistant.",
        "type": "invalid_request_error",
        "param": "messages[0].role",
        "code": "invalid_value",
    }
}
BAD_ROLE = Expected(status=400, code="invalid_value", param="messages[0].role")
LIMIT = Expected(status=429, code="rate_limit_exceeded")
LIMIT_ERROR = {"error": {"message": "Slow down.", "type": "rate_limit_error", "param": None, "code": LIMIT.code}}


def case(expect, *traits):
    """Return the case of a request that must fail so."""
    return Case("bad", TEXT.request, expect, traits=traits_of(expect) | frozenset(traits), detail={})


def broken(name, edit, status=400, expect=BAD_ROLE, body=ERROR, headers=None, **caught_by):
    """Return a server whose error has one edit."""
    server = plain_reply(edit(body), status, JSON | (headers or {}))
    return Broken(name, Failure, case(expect, "malformed"), server, ids(caught_by))


def nothing(body):
    """Leave the error as it is."""
    return body


def shape(body):
    """Return an edit that puts something else in place of the error."""
    return lambda _: body


WORDS = [
    broken("wrong status", nothing, 500, failure__status="500", failure__sdk_class="InternalServerError"),
    broken(
        "error with status 200",
        nothing,
        200,
        failure__status="200",
        failure__sdk_class="Error",
        failure__sdk_fields="MISSING",
    ),
    broken("error text as answer", shape(TEXT.body), 200, failure__object="choices", failure__no_answer="message"),
    broken(
        "HTML page", shape("<h1>Bad</h1>"), headers={"content-type": "text/html"}, failure__content_type="text/html"
    ),
    broken("detail instead of error", shape({"detail": "Unknown role"}), failure__object="Unknown role"),
    broken("error is a text", shape({"error": "Unknown role"}), failure__object="Unknown role"),
    broken("empty body", shape(""), failure__object="assert"),
    broken("no param", drop("error", "param"), failure__fields="param"),
    broken("no code", drop("error", "code"), failure__fields="code"),
    broken("no message", drop("error", "message"), failure__message="MISSING"),
    broken("message is a list", put("error", "message", value=[{"loc": 1}]), failure__message="loc"),
    broken("null type", put("error", "type", value=None), failure__type="None"),
    broken("type of its own", put("error", "type", value="BadRole"), failure__type_fits="BadRole"),
    broken("number as code", put("error", "code", value=400), failure__code="400"),
    broken("other code", put("error", "code", value="oops"), failure__code_fits="oops"),
    broken("list as param", put("error", "param", value=["messages", 0]), failure__param="messages"),
    broken("param of the whole", put("error", "param", value="body"), failure__param_fits="body"),
    broken(
        "traceback",
        put("error", "message", value='Traceback (most recent call last): File "/home/ada/app.py"'),
        failure__no_leak="Traceback",
    ),
    broken("path", put("error", "message", value="not found: /home/ada/.claude"), failure__no_leak="/home/"),
    broken("no request id", nothing, headers={"x-request-id": ""}, failure__request_id="x-request-id"),
    broken("date as retry advice", nothing, headers={"retry-after": "soon"}, failure__retry_after="soon"),
    broken("no retry advice", nothing, 429, LIMIT, LIMIT_ERROR, failure__says_when="retry-after"),
    broken("yes as retry advice", nothing, headers={"x-should-retry": "yes"}, failure__should_retry="yes"),
    broken(
        "client's fault repeated", nothing, headers={"x-should-retry": "true"}, failure__not_repeated="sent 3 times"
    ),
]
CUT = Expected(content="Here is the ", status=503, code="overloaded")
FRAME = {"error": {"message": "Overloaded.", "type": "server_error", "param": None, "code": "overloaded"}}
BEGUN = [chunk({"role": "assistant", "content": ""}), chunk({"content": "Here is "}), chunk({"content": "the "})]


def breaking(name, edit, end="", **caught_by):
    """Return a server whose stream breaks off in a wrong way."""
    server = stream_reply(sse(edit([*BEGUN, FRAME]), end))
    return Broken(name, BrokenOff, Case("cut", TEXT.request, CUT), server, ids(caught_by))


FINISH = chunk({}, "stop")
BREAKS = [
    Broken("no stream", BrokenOff, Case("cut", TEXT.request, CUT), plain_reply(FRAME, 503), {"break.status": "503"}),
    breaking("silent end", lambda chunks: chunks[:-1], break__error="0", break__sdk_raises="stream"),
    breaking("silent end with [DONE]", lambda chunks: chunks[:-1], DONE, break__error="0", break__no_done="1"),
    breaking("error, then [DONE]", nothing, DONE, break__no_done="1"),
    breaking("looks finished", lambda chunks: [*chunks[:-1], FINISH], DONE, break__no_finish_reason="stop"),
    breaking(
        "error as text",
        lambda chunks: [*chunks[:-1], chunk({"content": "Overloaded."}), FRAME],
        break__content="Overloaded.",
    ),
    breaking("text lost", lambda chunks: [chunks[0], FRAME], break__content="Here is the"),
    breaking("error twice", lambda chunks: [*chunks, FRAME], break__error="2"),
    breaking("no message", drop(-1, "error", "message"), break__message="MISSING"),
    breaking("no type", drop(-1, "error", "type"), break__type="MISSING"),
    breaking("number as code", put(-1, "error", "code", value=503), break__code="503"),
    breaking("text after the error", lambda chunks: [*chunks, chunk({"content": "!"})], break__last="not the last"),
    breaking(
        "flat error", lambda chunks: [*chunks[:-1], {"type": "error", "message": "Overloaded."}], break__error="0"
    ),
    breaking(
        "error without blank line",
        lambda chunks: chunks[:-1],
        'data: {"error": {"message": "Overloaded."}}\n',
        break__whole="Overloaded",
    ),
    breaking(
        "error is a text", put(-1, "error", value="Overloaded."), break__message="MISSING", break__sdk_message="MISSING"
    ),
]
DEFECTS = [*WORDS, *BREAKS]
