"""The suite does not bark at nothing: good answers of every kind pass all checks."""

import json

import httpx
import pytest

import conformance.apis  # noqa: F401 - registers all checks
from conformance.chat.faces import FACES
from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.breaks import BrokenOff
from conformance.chat.subjects.failure import Failure
from conformance.chat.subjects.models import Lookup, Models
from conformance.chat.subjects.sdk import Live, Reading
from conformance.chat.subjects.service import Service
from conformance.chat.subjects.stream import Counted, Stream
from tests.conformance_checks.defects import errors, models, service
from tests.conformance_checks.defects.flavours import FLAVOURS, SSE, plain_reply, sse, stream_reply

each_flavour = pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)


@each_flavour
def test_plain_answer_passes(flavour, served, failures):
    """No check of plain answers complains."""
    assert {} == failures(served(plain_reply(flavour.body)), Plain, flavour.case())


@each_flavour
def test_stream_passes(flavour, served, failures):
    """No check of streams complains."""
    assert {} == failures(served(stream_reply(sse(flavour.chunks))), Stream, flavour.case())


@each_flavour
def test_stream_with_usage_passes(flavour, served, failures):
    """No check of usage complains."""
    assert {} == failures(served(stream_reply(sse(flavour.counted))), Counted, flavour.case())


@pytest.mark.parametrize("kind", [Reading, Live])
@pytest.mark.parametrize("face", [face for face in FACES if "parse" not in face])
@each_flavour
def test_sdk_reads_it(flavour, face, kind, served, failures):
    """No face of the SDK complains."""
    reply = stream_reply(sse(flavour.chunks)) if FACES[face].streams else plain_reply(flavour.body)

    assert {} == failures(served(reply), kind, flavour.case(f"+{face}", face))


def test_error_passes(served, failures):
    """No check of errors complains."""
    session = served(plain_reply(errors.ERROR, 400))

    assert {} == failures(session, Failure, errors.case(errors.BAD_ROLE, "malformed"))


def test_rate_limit_passes(served, failures):
    """An error that the SDK repeats is fine too, if it says when."""
    session = served(
        plain_reply(errors.LIMIT_ERROR, 429, SSE | {"content-type": "application/json", "retry-after": "1"})
    )

    assert {} == failures(session, Failure, errors.case(errors.LIMIT))


def test_broken_off_stream_passes(served, failures):
    """A stream that says how it broke off is as good as it can be."""
    session = served(stream_reply(sse([*errors.BEGUN, errors.FRAME], end="")))

    assert {} == failures(session, BrokenOff, errors.DEFECTS[-1].case)


def test_models_pass(served, failures):
    """No check of models complains, neither of their list nor of one of them."""
    session = served(models.good)

    assert {} == failures(session, Models, models.MODELS) | failures(session, Lookup, models.MODELS)


def test_service_passes(served, failures):
    """No check of the service complains about a server that refuses a second choice."""

    def server(request):
        refused = request.method == "POST" and json.loads(request.content).get("n") == 2
        return httpx.Response(400, json=errors.ERROR) if refused else echo(request)

    echo = service.Echo()

    assert {} == failures(served(server), Service, service.HABITS[0].case)
