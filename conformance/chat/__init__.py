"""Chat completions: `POST /v1/chat/completions`, and the list of models."""

from pathlib import Path

import conformance.chat.checks  # noqa: F401 - registers them
from conformance.chat import call
from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.breaks import BrokenOff
from conformance.chat.subjects.failure import Failure
from conformance.chat.subjects.harmless import Harmless
from conformance.chat.subjects.models import Lookup, Models
from conformance.chat.subjects.offer import Offer
from conformance.chat.subjects.sdk import Live, Reading
from conformance.chat.subjects.service import Service
from conformance.chat.subjects.stream import Counted, Stream
from conformance.common.api import Api

CHAT = Api(
    "chat",
    call.complete,
    (Plain, Stream, Counted, Reading, Live, Failure, BrokenOff, Models, Lookup, Harmless, Service, Offer),
    Path(__file__).parent / "questions",
)
