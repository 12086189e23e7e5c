"""Writes what was said by the CLI into a folder, one file for each turn."""

from __future__ import annotations

import datetime
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from cmappy.backends.exits import Exited
from cmappy.errors import CmappyError
from cmappy.fixture import BadFixture, Fixture, load
from cmappy.status import Status
from cmappy.turn import Turn

log = logging.getLogger("cmappy")


class FolderRecorder:
    """Records every turn that comes to its end into a folder, as `<name or key>.ndjson`.

    A turn that is recorded already is rewritten, unless its recording was written or edited by hand. A recording of
    the models that the CLI lists is added to a folder that has none.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = name

    async def keep(self, turn: Turn, lines: Sequence[bytes], status: Status, failed: CmappyError | None) -> None:
        """Record an answer; if that cannot be done, the client still has its answer, and the log says so."""
        exit, stderr = (failed.exit, failed.stderr) if isinstance(failed, Exited) else (None, "")
        recording = Fixture(turn.canonical(), tuple(lines), status.cli_version, today(), exit=exit, stderr=stderr)
        try:
            write(self._folder / f"{self._name or turn.key()[:16]}.ndjson", recording)
            models = self._folder / "initialize.ndjson"
            if self._name is None and not models.exists():  # the tool that names recordings records this one as well
                write(models, Fixture(None, (_model_list(status),), status.cli_version, today(), origin="edited"))
        except OSError as error:
            log.warning("an answer could not be recorded: %s", error)


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
    models = [
        {"value": model.name, "resolvedModel": model.resolved, "displayName": model.display_name}
        for model in status.models
    ]
    answer = {"subtype": "success", "request_id": "cmappy-0", "response": {"models": models}}
    return orjson.dumps({"type": "control_response", "response": answer})
