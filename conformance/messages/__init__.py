"""Anthropic's Messages API: `POST /v1/messages`, and the list of models as its SDK reads it."""

from pathlib import Path

import conformance.messages.checks  # noqa: F401 - registers them
from conformance.common.api import Api
from conformance.messages import call, scenarios
from conformance.messages.subjects.answer import Plain
from conformance.messages.subjects.breaks import BrokenOff
from conformance.messages.subjects.failure import Failure
from conformance.messages.subjects.harmless import Admitted, Harmless
from conformance.messages.subjects.models import Models
from conformance.messages.subjects.offer import Offer
from conformance.messages.subjects.sdk import Live, Reading
from conformance.messages.subjects.service import Service
from conformance.messages.subjects.stream import Stream

MESSAGES = Api(
    "messages",
    call.create,
    (Plain, Stream, Reading, Live, Failure, BrokenOff, Models, Harmless, Admitted, Service, Offer),
    Path(__file__).parent / "questions",
    scenarios.load,
)
