"""Wraps a backend and writes what passes through; the answer itself is untouched."""

from __future__ import annotations

import datetime
import logging
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import orjson

from cmappy import events
from cmappy.backends import Backend, Status
from cmappy.backends.exits import Exited
from cmappy.errors import CmappyError
from cmappy.fixture import BadFixture, Fixture, load
from cmappy.translate.stop import Stop
from cmappy.turn import Turn

log = logging.getLogger("cmappy")


class RecordingBackend:
    """Records every turn that comes to its end into a folder, as `<name or key>.ndjson`.

    A turn that is recorded already is rewritten, unless its recording was written or edited by hand. A recording of
    the models that the CLI lists is added to a folder that has none.
    """

    def __init__(self, backend: Backend, folder: Path, name: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._backend = backend
        self._folder = folder
        self._name = name

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[bytes, None]:
        """Yield the backend's lines; the recording is written once they hold the whole answer."""
        seen: list[bytes] = []
        async with aclosing(self._backend.lines(turn, owner)) as lines:
            try:
                async for line in lines:
                    if not line.startswith(b'{"cmappy"'):
                        seen.append(line)
                    yield line
            except Exited as end:
                await self._write(turn, seen, end.exit, end.stderr)
                raise
            except GeneratorExit:
                # Whoever reads a stop reason reads no further; whoever leaves earlier has no answer.
                if answered(turn, seen):
                    await self._write(turn, seen)
                raise
        await self._write(turn, seen)

    async def start(self) -> None:
        """Start the wrapped backend."""
        await self._backend.start()

    async def status(self) -> Status:
        """Return the wrapped backend's status."""
        return await self._backend.status()

    async def close(self) -> None:
        """Close the wrapped backend."""
        await self._backend.close()

    async def _write(self, turn: Turn, lines: list[bytes], exit: int | None = None, stderr: str = "") -> None:
        """Record an answer; if that cannot be done, the client still has its answer, and the log says so."""
        try:
            await self._record(turn, lines, exit, stderr)
        except (OSError, CmappyError) as error:
            log.warning("an answer could not be recorded: %s", error)

    async def _record(self, turn: Turn, lines: list[bytes], exit: int | None, stderr: str) -> None:
        status = await self._backend.status()
        recording = Fixture(turn.canonical(), tuple(lines), status.cli_version, today(), exit=exit, stderr=stderr)
        write(self._folder / f"{self._name or turn.key()[:16]}.ndjson", recording)
        models = self._folder / "initialize.ndjson"
        if self._name is None and not models.exists():  # the tool that names recordings records this one as well
            write(models, Fixture(None, (_model_list(status),), status.cli_version, today(), origin="edited"))


def answered(turn: Turn, lines: Sequence[bytes]) -> bool:
    """Return whether the lines hold the whole answer: up to a stop reason, a result, or where the answer is cut."""
    stop = Stop(turn.stop)
    for line in lines:
        match events.parse(line):
            case events.MessageDelta(stop_reason="end_turn") if turn.schema:
                pass  # without the structured answer: the CLI asks the model once more
            case events.MessageDelta(stop_reason=str()) | events.Result():
                return True
            case events.TextDelta(text=text):
                stop.feed(text)
    return stop.reached


def today() -> str:
    """Return the date that goes into a recording."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def write(path: Path, recording: Fixture) -> None:
    """Write a recording in one step; leaves one alone that was made by hand, or that only differs in its date."""
    if path.exists():
        try:
            before = load(path.read_bytes())
        except BadFixture:
            pass  # a torn recording is worth nothing: replace it
        else:
            if before.origin != "recorded" or before.dump() == replace(recording, date=before.date).dump():
                return
    draft = path.with_suffix(".tmp")
    try:
        draft.write_bytes(recording.dump())
        os.replace(draft, path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def _model_list(status: Status) -> bytes:
    """Return the line from which a replay knows the models: what a backend tells of them, in the CLI's form."""
    models = [model.model_dump(by_alias=True) for model in status.models]
    answer = {"subtype": "success", "request_id": "cmappy-0", "response": {"models": models}}
    return orjson.dumps({"type": "control_response", "response": answer})
