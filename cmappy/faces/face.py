"""A face is one API: what the server needs of it, and nothing of any other.

body --read--> Asked --turn--> Turn ==backend==> answer events --Reply--> wire events --> SSE, or folded to JSON
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from cmappy.answer import Event
from cmappy.errors import CmappyError
from cmappy.faces.store import Shelf, nothing
from cmappy.status import Plan
from cmappy.turn import Turn

Wire = TypeVar("Wire")  # what a face sends while it streams: one event, not yet bytes
Reasoning = Literal["off", "reasoning_content", "reasoning", "both"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user of the server has set: `reasoning` is where chat shows thinking; see Settings for the rest.

    `server_tools` allows what the API itself runs, at a price: searches, fetches and code.
    """

    url_images: bool = False
    forward_sampling: bool = False
    server_tools: bool = False
    reasoning: Reasoning = "reasoning_content"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `owner` tells clients with different keys apart; `headers` are the request's, names in lower case.

    `shelf` is what is kept for this owner: a reply keeps its answer there by itself, before it returns the last wire
    event. `clock` returns Unix seconds, for what happens at the end of an answer; tests stop it.
    """

    owner: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=nothing)
    clock: Callable[[], float] = lambda: 0.0


class Reply(Protocol[Wire]):
    """One answer in the making: feed it answer events; what comes out is sent as it comes, or added up."""

    @property
    def end(self) -> bytes:
        """What follows the last wire event of a whole answer, as `data: [DONE]`."""
        ...

    def feed(self, event: Event) -> Iterable[Wire]:
        """Return the wire events that follow from an answer event."""
        ...

    def encode(self, wire: Wire) -> bytes:
        """Return a wire event as bytes of the stream; empty if this client did not ask for it."""
        ...

    def add(self, wire: Wire) -> None:
        """Add a wire event to the plain answer; linear in all of them."""
        ...

    def whole(self) -> dict[str, Any]:
        """Return the plain answer: exactly what the wire events that were added tell."""
        ...

    def broken(self, error: CmappyError) -> bytes:
        """Return the last bytes of a stream that breaks off, from which every client of this API raises."""
        ...


class Body(Protocol):
    """A parsed body: what all APIs have in common."""

    @property
    def model(self) -> str:
        """The model's name as the client has it."""
        ...

    @property
    def stream(self) -> bool:
        """Whether the answer is wanted piece by piece."""
        ...


class Asked(Protocol):
    """One request, read and found to be well-formed, with all that its face needs to answer it."""

    @property
    def request(self) -> Body:
        """The request's body."""
        ...

    def turn(self, model: str) -> Turn:
        """Return the turn, with `model` as the backend knows it; raises InvalidRequest with `param`."""
        ...

    def ignored(self) -> list[str]:
        """Return the names of the fields that were sent and have no effect, sorted."""
        ...

    def reply(self, turn: Turn, *, token: str, created: int) -> Reply[Any]:
        """Return the answer in the making; `token` is 32 random hex digits, `created` is in Unix seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as one API tells it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A request field and what becomes of it; the table of a face covers all that its SDK can send."""

    name: str
    treatment: Literal["honoured", "emulated", "ignored", "rejected"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to one of a face's further endpoints: `args` are the path's parameters, percent-decoded.

    `query` holds the URL's parameters, each with all its values; `body` is the parsed JSON body, None without one.
    """

    caller: Caller
    args: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A further URL of an API, which asks no model: `path` is below the prefix, as `/responses/<id>`.

    `answer` returns the JSON of a 200, or raises CmappyError, of which the face's `fault` makes the response; it never
    waits. A `GET` answers `HEAD` as well.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    answer: Callable[[Visit], dict[str, Any]]


def no_headers(plan: Plan | None, now: float, request_id: str) -> dict[str, str]:
    """Return no response headers."""
    return {}


@dataclass(frozen=True)
class Face(Generic[Wire]):
    """One API: `name` is its key in `/v1/capabilities`, `path` its URL below the prefix, as `/chat/completions`.

    `read` takes a parsed body, and raises InvalidRequest with `param`. `fault` makes an error this API's; its second
    argument is the request's id. `ping` is what a silent stream gets, `about` what `GET /v1/capabilities` says.
    `endpoints` are its further URLs; all are served with and without the prefix `/v1`. `headers` are what its responses
    carry besides those of all APIs: of the plan's limits, the time in Unix seconds, and the request's id. `marker` is a
    request header that only this API's clients send: by it they get its errors from URLs that are nobody's own. An
    `eager` stream begins as soon as the model does; others wait for the first text, so that more errors have a status.
    """

    name: str
    path: str
    read: Callable[[Any, Options, Caller], Asked]
    fault: Callable[[CmappyError, str], Fault]
    fields: tuple[Field, ...]
    ping: bytes = b": ping\n\n"
    endpoints: tuple[Endpoint, ...] = ()
    headers: Callable[[Plan | None, float, str], dict[str, str]] = no_headers
    marker: str = ""
    eager: bool = False
