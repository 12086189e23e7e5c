"""What the replay tests share: every scenario with its recording, and the pure path from there to an answer."""

from dataclasses import dataclass

import orjson
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.claude.parse import listed
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.errors import CmappyError
from cmappy.faces.chat import FACE
from cmappy.faces.chat.chunk import Chunk
from cmappy.faces.chat.errors import fault
from cmappy.faces.chat.reply import Reply
from cmappy.faces.face import Caller, Options
from cmappy.middle.models import resolve
from cmappy.recording.format import load
from tools import scenario as scenarios

FIXTURES = scenarios.FOLDER.parent


@dataclass(frozen=True)
class Answer:
    """What a client receives: the chunks, and the error that broke them off."""

    reply: Reply
    chunks: tuple[Chunk, ...]
    error: CmappyError | None = None

    def stream(self):
        """Return the bytes of the stream, with usage."""
        told = b"".join(map(self.reply.encode, self.chunks))
        return told + (self.reply.broken(self.error) if self.error else self.reply.end)

    def plain(self):
        """Return the bytes of the plain answer."""
        return orjson.dumps(fault(self.error, "").body if self.error else self.reply.whole())

    def told(self):
        """Return all that a scenario can expect."""
        if self.error:
            content = "".join(chunk.delta.get("content") or "" for chunk in self.chunks if chunk.delta)
            return {"content": content, "error": {"status": self.error.status, "code": self.error.code}}
        completion = self.reply.whole()
        [choice] = completion["choices"]
        message = choice["message"]
        return {
            **message,
            "reasoning": message.get("reasoning_content"),
            "finish_reason": choice["finish_reason"],
            "usage": completion["usage"],
        }


class Stream(SingleFileSnapshotExtension):
    """Keeps a stream as it is sent."""

    file_extension = "sse"


class Plain(SingleFileSnapshotExtension):
    """Keeps a plain answer as it is sent."""

    file_extension = "json"


@pytest.fixture
def anyio_backend():
    """Name the one event loop that cmappy runs on."""
    return "asyncio"


@pytest.fixture(params=scenarios.load(), ids=lambda scenario: scenario.name)
def scenario(request):
    """Go through all scenarios."""
    return request.param


@pytest.fixture
def recording(scenario):
    """Load the scenario's recording."""
    return load((FIXTURES / f"{scenario.name}.ndjson").read_bytes())


@pytest.fixture(scope="session")
def models():
    """Load the CLI's list of models."""
    return listed(load((FIXTURES / "initialize.ndjson").read_bytes()).lines)


@pytest.fixture
def asked(scenario):
    """Read the scenario's request, as it is streamed with usage."""
    options = {"stream": True, "stream_options": {"include_usage": True}}
    return FACE.read(scenario.request | options, Options(), Caller())


@pytest.fixture
def turn(asked, models):
    """Translate the scenario's request."""
    return asked.turn(resolve(asked.request.model, models, {}))


@pytest.fixture
def answer(asked, recording, turn):
    """Answer from the recording, as the server does."""
    reply, interpreter = asked.reply(turn, token="1", created=1), Interpreter(turn)
    chunks = []
    try:
        for line in recording.lines:
            for event in interpreter.feed(Line(line)):
                for chunk in reply.feed(event):
                    reply.add(chunk)
                    chunks.append(chunk)
            if interpreter.finished:
                return Answer(reply, tuple(chunks))
        if recording.exit is not None:
            raise Exited(recording.exit, recording.stderr)
        interpreter.close()
    except CmappyError as error:
        return Answer(reply, tuple(chunks), error)


@pytest.fixture
def reviewed_stream(snapshot):
    """Read the reviewed stream."""
    return snapshot.use_extension(Stream)


@pytest.fixture
def reviewed_plain(snapshot):
    """Read the reviewed plain answer."""
    return snapshot.use_extension(Plain)
