"""Answers turns from recordings: stateless, read-only, and never falling through to the CLI."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from cmappy import fixture
from cmappy.answer import Routed
from cmappy.backends.claude import events
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.errors import FixtureMissing
from cmappy.status import Model, Status
from cmappy.turn import Turn

_COMPARED = 1000  # characters of a key
_MEASURED = 5  # recordings


class ReplaySource:
    """Replays the recordings of a folder, read once at construction.

    Raises BadFixture if one of them is torn, or two answer the same turn.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        self._fixtures: dict[str, fixture.Fixture] = {}
        self._models: tuple[Model, ...] = ()
        self._cli = "none"
        for path in sorted(folder.glob("*.ndjson")):
            self._add(path)
        if not self._names:
            raise fixture.BadFixture(f"there are no recordings (*.ndjson) in {folder}")

    def _add(self, path: Path) -> None:
        try:
            recording = fixture.load(path.read_bytes())
        except fixture.BadFixture as error:
            raise fixture.BadFixture(f"{path}: {error}") from error
        key, self._cli = recording.key, recording.cli
        if key in self._names:
            raise fixture.BadFixture(f"{path} and {self._names[key]} are recordings of the same turn")
        self._names[key], self._fixtures[key] = path.name, recording
        if recording.turn is None:
            self._models = tuple(model.model() for model in initialized(recording.lines).models)

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[Routed | Line, None]:
        """Yield the recorded lines; raises FixtureMissing, which names the nearest recording and what differs."""
        key = fixture.canonical_text(turn.canonical())
        recording = self._fixtures.get(key)
        if recording is None:
            raise self._miss(key)
        yield Routed("replay")
        for line in recording.lines:
            yield Line(line)
        if recording.exit is not None:
            raise Exited(recording.exit, recording.stderr)

    async def start(self) -> None:
        """Do nothing: the recordings are read already."""

    async def status(self) -> Status:
        """Return what the recordings tell of the CLI that they were made with."""
        return Status("replay", self._cli, "none", self._models)

    async def close(self) -> None:
        """Do nothing: nothing runs."""

    def _miss(self, key: str) -> FixtureMissing:
        nearest = self._nearest(key)
        differs = "\n".join(
            line[:200]
            for line in difflib.unified_diff(nearest.splitlines(), key.splitlines(), lineterm="", n=0)
            if line[0] in "+-" and not line.startswith(("+++", "---"))
        )
        return FixtureMissing(
            f"No recording answers this request. The nearest is {self._names[nearest]}; what differs:\n"
            f"{differs[:2000]}\nRecord it with `cmappy --record DIR`, or send a request that was recorded."
        )

    def _nearest(self, key: str) -> str:
        """Return the key of the recording that is most like `key`."""
        matcher = difflib.SequenceMatcher(None, "", key[:_COMPARED], autojunk=False)

        def likeness(known: str, measure: Callable[[], float]) -> float:
            matcher.set_seq1(known[:_COMPARED])
            return measure()

        # The exact measure is quadratic in the length: it is left to the few that have similar letters at all.
        similar = heapq.nlargest(_MEASURED, self._names, key=lambda known: likeness(known, matcher.quick_ratio))
        return max(similar, key=lambda known: likeness(known, matcher.ratio))


def initialized(lines: tuple[bytes, ...]) -> events.Initialized:
    """Return the CLI's answer to `initialize` from the lines that hold it."""
    for line in lines:
        match events.parse(line):
            case events.ControlResponse(response=response) if "models" in response:
                return events.Initialized.model_validate(response)
    return events.Initialized()
