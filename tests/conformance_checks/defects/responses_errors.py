"""Errors that no program can understand, and streams of responses that break off unseen."""

from dataclasses import replace

from conformance.common.cases import Case
from conformance.common.scenarios import Expected
from conformance.responses.subjects.breaks import BrokenOff
from conformance.responses.subjects.failure import Failure
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.errors import WORDS
from tests.conformance_checks.defects.flavours import plain_reply, stream_reply
from tests.conformance_checks.defects.responses_flavours import CALLS, DONE, HEAD, TEXT, numbered, sse
from tests.conformance_checks.defects.responses_plain import ids

ASKED = {"model": "sonnet", "input": "Hi"}
# An error that chat cannot understand is none here either.
SHARED = [
    Broken(
        broken.name,
        Failure,
        replace(broken.case, request=ASKED, detail=None),
        broken.server,
        {f"responses.{id}": says for id, says in broken.caught_by.items() if id != "failure.no-answer"},
    )
    for broken in WORDS
]
ANSWERED = Broken(
    "response as an error",
    Failure,
    Case("bad", ASKED, Expected(status=400)),
    plain_reply(TEXT.body, 400),
    ids({"failure__no_answer": "resp_1"}),
)
WHY = {"message": "Overloaded.", "type": "server_error", "param": None, "code": "overloaded"}
ERROR = {"type": "error", "code": WHY["code"], "message": WHY["message"], "param": None, "error": WHY}
FAILED = {
    "type": "response.failed",
    "response": HEAD
    | {"status": "failed", "output": [], "error": {"code": "server_is_overloaded", "message": "Overloaded."}},
}
BEGUN = TEXT.events[:5]
CUT = Case("cut", ASKED, Expected(content=BEGUN[-1]["delta"], status=503, code="overloaded"))
GOOD = [*BEGUN, ERROR, FAILED]


def breaking(name, edit, end="", **caught_by):
    """Return a server whose stream breaks off in a wrong way."""
    return Broken(name, BrokenOff, CUT, stream_reply(sse(numbered(edit(GOOD)), end)), ids(caught_by))


def nothing(events):
    """Leave the stream as it is."""
    return events


BREAKS = [
    Broken("no stream", BrokenOff, CUT, plain_reply({"error": WHY}, 503), ids({"break__status": "503"})),
    breaking("silent end", lambda events: events[:-2], break__error="0", break__sdk_raises="stream"),
    breaking("failed alone", lambda events: [*events[:-2], events[-1]], break__error="0", break__sdk_raises="stream"),
    breaking("error alone", lambda events: events[:-1], break__failed="error"),
    breaking("error twice", lambda events: [*events[:-1], *events[-2:]], break__error="2"),
    breaking("text lost", lambda events: [*events[:4], *events[5:]], break__content="This"),
    breaking("no message", drop(-2, "message"), break__error_fields="MISSING", break__error_object="MISSING"),
    breaking("number as code", put(-2, "code", value=503), break__error_fields="503", break__sdk_message="503"),
    breaking("flat error", drop(-2, "error"), break__error_object="MISSING"),
    breaking("text after the end", lambda events: [*events, events[4]], break__failed="delta"),
    breaking("status of another", put(-1, "response", "status", value="completed"), break__failed_response="completed"),
    breaking("no reason", put(-1, "response", "error", value=None), break__failed_response="None"),
    breaking("reason without message", drop(-1, "response", "error", "message"), break__failed_response="overloaded"),
    breaking("looks finished", lambda events: [*events, TEXT.events[-1]], break__no_end="completed"),
    breaking("error, then [DONE]", nothing, DONE, break__no_done="1"),
    Broken("no numbers", BrokenOff, CUT, stream_reply(sse(GOOD, "")), ids({"break__numbers": "None"})),
    breaking("half a call", put(-1, "response", "output", value=CALLS.output), break__half_calls="function_call"),
    breaking("no blank line", nothing, "data: {}\n", break__whole="data"),
    breaking("another message", put(-2, "error", "message", value="Oops."), break__sdk_message="Oops."),
]
DEFECTS = [*SHARED, ANSWERED, *BREAKS]
