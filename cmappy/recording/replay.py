"""Answers turns from recordings: read-only, and never falling through to a CLI."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cmappy.answer import Routed
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.errors import FixtureMissing
from cmappy.recording import folder as folders
from cmappy.recording.format import Recording
from cmappy.recording.match import key, miss
from cmappy.recording.normal import distinct
from cmappy.recording.pieces import piece, stream_event
from cmappy.recording.rules import Rules
from cmappy.recording.turns import BadRecording
from cmappy.status import Model, Status
from cmappy.turn import Turn

Pace = Literal["recorded"] | float | None

SCENARIO = "scenario/"  # before the name of a scenario, in place of a model
_SHORT = 200  # characters of an example
_COMPARED = 2000  # recordings that are compared to name the nearest one


class Told(NamedTuple):
    """A recording with the name of its file, as messages show it; `pace` is that of this one."""

    name: str
    recording: Recording
    pace: float | None = None


class Replay:
    """Replays the recordings of a folder, read once at construction; raises BadRecording if one is of no use.

    A turn that was recorded several times gets its answers in the order of the files' names, then always the last.
    `pace` is `recorded`, or pieces per second; without it there are no pauses. `models` reads the CLI's own list from
    the recording that holds it. `scenarios` are answers that do not depend on the turn, by name; `demo` is what is
    answered where nothing was recorded. `how` is the command that records what is missing; `note` is told which
    recording answers a turn.
    """

    def __init__(
        self,
        folder: Path,
        rules: Rules | None = None,
        *,
        pace: Pace = None,
        models: Callable[[Sequence[bytes]], Sequence[Model]] = lambda lines: (),
        scenarios: Mapping[str, Told] | None = None,
        demo: Callable[[Turn], Told | None] | None = None,
        unused: Path | None = None,
        may_be_empty: bool = False,
        how: str = "",
        note: Callable[[Turn, str], None] = lambda turn, name: None,
    ) -> None:
        self.folder = folder
        self.rules = rules or Rules()
        self.names = dict(self.rules.models)  # by which clients may ask for the recorded models
        self.used: set[str] = set()
        self._pace = pace
        self._scenarios = scenarios or {}
        self._demo = demo
        self._unused = unused
        self._how = how or f"cmappy --replay {folder} --record-missing"
        self._note = note
        self._told: defaultdict[str, list[Told]] = defaultdict(list)
        self._by_name: dict[str, dict[str, Any]] = {}
        self._count: Counter[str] = Counter()
        self._models: dict[str, Model] = {}
        self._cli = "none"
        for path, recording in folders.read_all(folder) if folder.exists() or not may_be_empty else ():
            self._cli = recording.cli
            if recording.turn is None:
                self._models = {model.name: model for model in models(recording.lines)} | self._models
            else:
                self.add(path.relative_to(folder).as_posix(), recording)
        if not self._told and not self._models and not may_be_empty:
            raise BadRecording(f"there are no recordings (*.ndjson) in {folder}")

    def add(self, name: str, recording: Recording) -> None:
        """Answer from a further recording too."""
        turn = recording.turn or {}
        self._told[key(turn, self.rules)].append(Told(name, recording))
        self._by_name[name] = turn
        self._models.setdefault(turn["model"], Model(turn["model"]))
        self.names |= recording.models

    def all(self) -> list[str]:
        """Return the names of all recordings of turns."""
        return sorted(self._by_name)

    def example(self) -> tuple[str, str] | None:
        """Return model and text of a recorded question that holds nothing else, to be tried; None if there is none."""
        for name in self.all():
            turn = self._by_name[name]
            if turn.keys() == {"model", "messages"} and len(turn["messages"]) == 1:
                content = turn["messages"][0]["content"]
                if len(content) == 1 and content[0].keys() == {"type", "text"} and len(content[0]["text"]) < _SHORT:
                    return turn["model"], content[0]["text"]
        return None

    def knows(self, turn: Turn) -> bool:
        """Return whether a turn was recorded."""
        return key(turn.canonical(), self.rules) in self._told

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[Routed | Line, None]:
        """Yield the recorded lines; raises FixtureMissing, which names the nearest recording and what differs."""
        told = self._find(turn)
        lines = distinct(list(told.recording.lines), turn.canonical(), told.recording.turn or {})
        yield Routed("replay")
        pauses = _pauses(told.recording, told.pace or self._pace, lines)
        for line, pause in zip(lines, pauses, strict=True):
            if pause:
                await asyncio.sleep(pause)
            yield Line(line)
        if told.recording.exit is not None:
            raise Exited(told.recording.exit, told.recording.stderr)

    async def start(self) -> None:
        """Do nothing: the recordings are read already."""

    async def status(self, *, closely: bool = False) -> Status:
        """Return what the recordings tell of the CLI that they were made with."""
        models = tuple(self._models.values())
        return Status("replay", self._cli, "none", models, names=self.names, any_model=self._demo is None)

    async def close(self) -> None:
        """Write the report on what was not used, if there is to be one."""
        if self._unused:
            await asyncio.to_thread(self._report, self._unused)

    def _report(self, file: Path) -> None:
        unused = [name for name in self.all() if name not in self.used]
        file.write_text("".join(f"{name}\n" for name in unused), "utf-8")

    def _find(self, turn: Turn) -> Told:
        if told := self._scenarios.get(turn.model.removeprefix(SCENARIO)) if turn.model.startswith(SCENARIO) else None:
            return told
        canonical = turn.canonical()
        same = key(canonical, self.rules)
        if same in self._told:
            recorded = self._told[same]
            told = recorded[min(self._count[same], len(recorded) - 1)]
            self._count[same] += 1
            self.used.add(told.name)
            self._note(turn, told.name)
            return told
        if self._demo and (demo := self._demo(turn)):
            return demo
        raise self._miss(turn)

    def _miss(self, turn: Turn) -> FixtureMissing:
        few = dict(islice(self._by_name.items(), _COMPARED))
        found = miss(turn.canonical(), few, self.rules)
        if found is None:
            return FixtureMissing(
                f"No recording answers this request: there is none in {self.folder} yet. Record it with `{self._how}`."
            )
        advice = f"\nThey would count as equal with this in recordings.toml: {found.advice}" if found.advice else ""
        return FixtureMissing(
            f"No recording answers this request. The nearest is {found.nearest}; what differs:\n{found.differs}"
            f"{advice}\nRecord it with `{self._how}`, or send a request that was recorded."
        )


def _pauses(recording: Recording, pace: Pace, lines: Sequence[bytes]) -> list[float]:
    """Return the seconds to wait before each line."""
    if pace is None:
        return [0.0] * len(lines)
    events = [stream_event(line) for line in lines]
    pieces = [bool(event and piece(event)[1]) for event in events]
    if pace != "recorded":
        return [1 / pace if is_piece else 0.0 for is_piece in pieces]
    first, rest = recording.first or 0.0, max(0.0, (recording.took or 0.0) - (recording.first or 0.0))
    later = max(1, sum(pieces) - 1)
    pauses = [rest / later if is_piece else 0.0 for is_piece in pieces]
    if any(pieces):
        pauses[pieces.index(True)] = first
    return pauses
