"""What the stub saw of one request, and what became of its answer."""

import json
from dataclasses import dataclass
from enum import Enum, auto

from sanic import Request

from tools.upstream.answer import Json


class Outcome(Enum):
    """How an answer ended."""

    PENDING = auto()
    FINISHED = auto()  # sent whole
    DISCONNECTED = auto()  # the client left before
    ABORTED = auto()  # the stub cut the connection, or closed


@dataclass(slots=True)
class Received:
    """One request as it arrived; only the outcome changes afterwards."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Json | None
    outcome: Outcome = Outcome.PENDING

    @property
    def is_message(self) -> bool:
        """Whether this asks for a message, the call that scripts answer."""
        return (self.method, self.path) == ("POST", "/v1/messages")

    @property
    def finished(self) -> bool:
        """Whether the answer was sent whole."""
        return self.outcome is Outcome.FINISHED

    @property
    def disconnected(self) -> bool:
        """Whether the client left before the answer was whole."""
        return self.outcome is Outcome.DISCONNECTED


def receive(request: Request) -> Received:
    """Take down a request with its whole body; a body that is no JSON object counts as none."""
    return Received(
        method=request.method,
        path=request.path,
        query=request.query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_json_object(request.body),
    )


def _json_object(body: bytes) -> Json | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
