"""Responses that the SDK cannot read, or reads as something else."""

from conformance.responses.faces import FACES
from conformance.responses.subjects.sdk import Live, Reading
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.flavours import plain_reply, stream_reply
from tests.conformance_checks.defects.responses_flavours import CALLS, LENGTH, STRUCTURED, TEXT, sse
from tests.conformance_checks.defects.responses_plain import ids
from tests.conformance_checks.defects.responses_streams import ended, of, without

PART = ("output", 0, "content", 0)


def broken(name, face, edit, flavour=TEXT, kind=Reading, **caught_by):
    """Return a server whose answer has one edit and is read by one face of the SDK."""
    good = flavour.events if FACES[face].streams else flavour.body
    server = stream_reply(sse(edit(good))) if FACES[face].streams else plain_reply(edit(good))
    return Broken(f"{name}, {face}", kind, flavour.case(f"+{face}", face), server, ids(caught_by))


def live(*args, **caught_by):
    """Return the same, with the SDK talking to the server itself."""
    return broken(*args, kind=Live, **caught_by)


def html(good):
    """Say something that is no JSON instead."""
    return "<html>Welcome</html>"


LOST = put(*PART, "text", value="This")
BOB = put(*PART, "text", value='{"name": "Bob"}')
CAPTURED = [
    broken("output is null", "create", put("output", value=None), sdk__accepts="Error"),
    broken("HTML page", "raw-create", html, sdk__accepts="Error"),
    broken("no end", "stream", without("response.completed"), sdk__accepts="IndexError"),
    broken("no created", "helper", without("response.created"), sdk__accepts="RuntimeError"),
    broken("no part", "async-helper", without("response.content_part.added"), sdk__accepts="IndexError"),
    broken("no role", "create", drop("output", 0, "role"), sdk__validates="APIResponseValidationError"),
    broken("no logprobs", "stream", of("response.output_text.delta", drop("logprobs")), sdk__validates="Validation"),
    broken("lost text", "create", LOST, sdk__content="'This'"),
    broken("lost text at the end", "stream", ended(LOST), sdk__content="'This'"),
    broken("lost pieces", "async-stream", without("response.output_text.delta"), sdk__pieces="''"),
    broken("cut as complete", "raw-stream", lambda _: TEXT.events, LENGTH, sdk__ending="completed"),
    broken("lost call", "create", drop("output", 0), CALLS, sdk__calls="weather"),
    broken("lost call at the end", "helper", ended(drop("output", 0)), CALLS, sdk__parsed_arguments="Oslo"),
    broken("other object", "async-parse", BOB, STRUCTURED, structured__parsed="Bob"),
]
ON_LINE = [
    live("no role", "create", drop("output", 0, "role"), sdk__live="APIResponseValidationError"),
    live("no created", "async-helper", without("response.created"), sdk__live="RuntimeError"),
    live("lost text", "create", LOST, sdk__live_content="'This'"),
]
NAMELESS = Broken(
    "no request id, create",
    Live,
    TEXT.case("+create", "create"),
    plain_reply(TEXT.body, headers={"content-type": "application/json"}),
    ids({"sdk__live_request_id": "empty"}),
)
DEFECTS = [*CAPTURED, *ON_LINE, NAMELESS]
