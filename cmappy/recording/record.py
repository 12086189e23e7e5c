"""Writes what was said by a CLI into a folder, one file for each answer."""

from __future__ import annotations

import asyncio
import datetime
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from os import stat_result
from pathlib import Path

from cmappy.backends.exits import Exited
from cmappy.backends.lines import Interpreter, Times
from cmappy.errors import CmappyError
from cmappy.recording import folder as folders
from cmappy.recording.format import Recording
from cmappy.recording.match import key
from cmappy.recording.normal import Normal
from cmappy.recording.redact import in_lines, in_value
from cmappy.recording.rules import Rules
from cmappy.recording.suspects import suspects
from cmappy.recording.tidy import join, tidy, told
from cmappy.recording.turns import BadRecording
from cmappy.status import Status
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

_NAMED = 5  # suspects of one file that are told


class FolderRecorder:
    """Records answers into a folder, which it makes; raises BadRecording if that cannot be written to.

    An answer to a turn that was recorded before replaces its recording, the second one to the same turn the second
    recording, and so on. `errors` keeps failures too, `compact` joins pieces. `names` are those by which clients may
    ask for a model, besides those that the folder tells of. `kept` is told of each new recording.
    """

    def __init__(
        self,
        folder: Path,
        interpreter: Callable[[Turn], Interpreter],
        rules: Rules | None = None,
        *,
        errors: bool = False,
        compact: bool = False,
        names: Mapping[str, str] | None = None,
        kept: Callable[[str, Recording], None] = lambda name, recording: None,
    ) -> None:
        folders.ready(folder)
        self._folder = folder
        self._interpreter = interpreter
        self._rules = rules or Rules()
        self._errors, self._compact = errors, compact
        self.names = dict(self._rules.models)
        self._kept = kept
        self._lock = threading.Lock()
        self._before: defaultdict[str, list[tuple[Path, stat_result]]] = defaultdict(list)
        self._last: dict[str, Recording] = {}
        for path in folders.paths(folder):
            self._remember(path)
        self.names |= names or {}

    def _remember(self, path: Path) -> None:
        try:
            recording = folders.read(path)
        except BadRecording as error:
            log.warning("%s: it is left alone", error)
            return
        if recording.turn is not None:
            self.names |= recording.models
            self._before[key(recording.turn, self._rules)].append((path, path.stat()))

    async def keep(
        self, turn: Turn, lines: Sequence[bytes], status: Status, failed: CmappyError | None, times: Times
    ) -> None:
        """Record an answer; if that cannot be done, the client still has its answer, and the log says so."""
        if failed and not self._errors:
            return
        try:
            # In a thread, because the lines of a long answer are read again and again.
            await asyncio.to_thread(self._keep, turn, lines, status, failed, times)
        except OSError as error:
            log.warning("an answer could not be recorded in %s: %s", self._folder, error.strerror or error)

    def _keep(
        self, turn: Turn, lines: Sequence[bytes], status: Status, failed: CmappyError | None, times: Times
    ) -> None:
        exit, stderr = (failed.exit, failed.stderr) if isinstance(failed, Exited) else (None, "")
        if failed and exit is None:
            error = told(turn, lines, self._interpreter)[1]
            if error is None or error[:2] != (type(failed).__name__, failed.code):
                return  # it was cmappy that failed, by a time limit for instance; lines do not tell of that
        lines = tidy(turn, lines, self._interpreter, failed)
        normal = Normal()
        canonical = normal.turn(turn.canonical())
        lines = [normal.line(line) for line in lines]
        if self._rules.redact:
            redact = self._rules.redacting()
            canonical, lines = in_value(canonical, redact), in_lines(lines, redact)
            stderr = redact(stderr)
        recording = Recording(
            canonical,
            tuple(join(lines) if self._compact else lines),
            status.cli_version,
            today(),
            exit=exit,
            stderr=stderr,
            models={name: model for name, model in self.names.items() if model == turn.model},
            compact=self._compact,
            first=round(times.first, 1),
            took=round(times.took, 1),
        )
        with self._lock:
            self._write(recording)

    def _write(self, recording: Recording) -> None:
        same = key(recording.turn or {}, self._rules)
        last = self._last.get(same)
        if last and (last.lines, last.exit) == (recording.lines, recording.exit):
            return  # the recording that there is answers it as well
        self._last[same] = recording
        path = self._place(same)
        if path:
            folders.put(path, recording)
        else:
            path = folders.add(self._folder, recording, same)
        name = path.relative_to(self._folder).as_posix()
        self._kept(name, recording)
        log.info("recorded %s", path)
        found = suspects(path.read_bytes())
        for line, kind, excerpt in found[:_NAMED]:
            log.warning(
                "%s:%d: this looks like %s (%s); `redact` in recordings.toml replaces it", path, line, kind, excerpt
            )
        if len(found) > _NAMED:
            log.warning("%s: and %d more; `cmappy recordings check` lists them", path, len(found) - _NAMED)

    def _place(self, same: str) -> Path | None:
        """Return the file of an older recording of the same turn, unless another server has written it since."""
        while self._before[same]:
            path, then = self._before[same].pop(0)
            try:
                now = path.stat()
            except FileNotFoundError:
                continue
            if (now.st_mtime_ns, now.st_ino) == (then.st_mtime_ns, then.st_ino):
                return path
        return None


def today() -> str:
    """Return the date that goes into a recording."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()
