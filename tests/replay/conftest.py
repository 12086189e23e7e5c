"""What the replay tests share: every scenario with its recording, and the pure path from there to an answer."""

from dataclasses import dataclass

import orjson
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension

from cmappy import events, fixture
from cmappy.backends.exits import Exited
from cmappy.backends.replay import initialized
from cmappy.errors import CmappyError
from cmappy.openai.answer import DONE, Chunk, encode_error
from cmappy.openai.chat import read
from cmappy.translate.collect import collect
from cmappy.translate.models import resolve
from cmappy.translate.reply import Reply
from cmappy.translate.request import to_turn
from cmappy.translate.tools import names
from tools import scenario as scenarios

FIXTURES = scenarios.FOLDER.parent


@dataclass(frozen=True)
class Answer:
    """What a client receives: the chunks, and the error that broke them off."""

    chunks: tuple[Chunk, ...]
    error: CmappyError | None = None

    def stream(self):
        """Return the bytes of the stream, with usage."""
        told = b"".join(chunk.encode(with_usage=True) for chunk in self.chunks)
        return told + (encode_error(self.error.body()) if self.error else DONE)

    def plain(self):
        """Return the bytes of the plain answer."""
        return orjson.dumps(self.error.body() if self.error else collect(self.chunks))

    def told(self):
        """Return all that a scenario can expect."""
        if self.error:
            content = "".join(chunk.delta.get("content") or "" for chunk in self.chunks if chunk.delta)
            return {"content": content, "error": {"status": self.error.status, "code": self.error.code}}
        completion = collect(self.chunks)
        [choice] = completion["choices"]
        message = choice["message"]
        return {
            **message,
            "reasoning": message.get("reasoning_content"),
            "finish_reason": choice["finish_reason"],
            "usage": completion["usage"],
        }


def translate(lines, reply):
    """Yield the chunks for the lines of a recording."""
    for line in lines:
        yield from reply.feed(events.parse(line))
        if reply.finished:
            return


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
    return fixture.load((FIXTURES / f"{scenario.name}.ndjson").read_bytes())


@pytest.fixture(scope="session")
def models():
    """Load the CLI's list of models."""
    return initialized(fixture.load((FIXTURES / "initialize.ndjson").read_bytes()).lines).models


@pytest.fixture
def turn(scenario, models):
    """Translate the scenario's request."""
    asked = read(scenario.request)
    return to_turn(asked, resolve(asked.model, models, {}))


@pytest.fixture
def answer(scenario, recording, turn):
    """Translate the recording, as the server does."""
    reply = Reply(
        id="chatcmpl-1",
        created=1,
        stop=turn.stop,
        schema=turn.schema,
        names=names(read(scenario.request)),
        legacy="functions" in scenario.request,
    )
    chunks = []
    try:
        for chunk in translate(recording.lines, reply):
            chunks.append(chunk)  # noqa: PERF402 (an error would take a list's chunks with it)
        if recording.exit is not None:
            raise Exited(recording.exit, recording.stderr)
        reply.close()
    except CmappyError as error:
        return Answer(tuple(chunks), error)
    return Answer(tuple(chunks))


@pytest.fixture
def reviewed_stream(snapshot):
    """Read the reviewed stream."""
    return snapshot.use_extension(Stream)


@pytest.fixture
def reviewed_plain(snapshot):
    """Read the reviewed plain answer."""
    return snapshot.use_extension(Plain)
