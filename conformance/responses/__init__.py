"""Responses: `POST /v1/responses`, and those that are kept."""

from pathlib import Path

import conformance.responses.checks  # noqa: F401 - registers them
from conformance.common.api import Api
from conformance.responses import call
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.both import Both
from conformance.responses.subjects.breaks import BrokenOff
from conformance.responses.subjects.failure import Failure
from conformance.responses.subjects.harmless import Harmless
from conformance.responses.subjects.offer import Offer
from conformance.responses.subjects.sdk import Live, Reading
from conformance.responses.subjects.service import Service
from conformance.responses.subjects.stored import Continued, Stored
from conformance.responses.subjects.stream import Stream
from conformance.responses.translation import load

RESPONSES = Api(
    "responses",
    call.create,
    (Plain, Stream, Both, Reading, Live, Failure, BrokenOff, Stored, Continued, Harmless, Service, Offer),
    Path(__file__).parent / "questions",
    load,
)
