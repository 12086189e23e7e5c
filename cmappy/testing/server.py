"""The server of the plugin, in a process of its own: answers over HTTP, and takes orders line by line on stdin.

    {"do": "use", "folder": "...", "mode": "none", "ignore": [], ...}   answer from these recordings from now on
    {"do": "scenario", "name": "overloaded"}                            answer everything with a scenario; "" ends it
    {"do": "report"}                                                    tell what was asked since `use`
    {"do": "end", "prune": false}                                       the same, what was used and written; warnings

Each is answered with one line; `{"error": "..."}` says what went wrong. The end of stdin is the end of the server.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from cmappy import settings
from cmappy.answer import Event
from cmappy.backends import Backend
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.claude.parse import listed
from cmappy.backends.lines import Answering, Source
from cmappy.commands.backend import live
from cmappy.commands.sources import load
from cmappy.errors import CmappyError, FixtureMissing
from cmappy.recording import folder as folders
from cmappy.recording import rules
from cmappy.recording.faults import NAMES, scenarios
from cmappy.recording.format import Recording
from cmappy.recording.missing import Missing
from cmappy.recording.record import FolderRecorder
from cmappy.recording.replay import SCENARIO, Replay
from cmappy.recording.sound import check
from cmappy.recording.turns import BadRecording
from cmappy.server.app import create_app
from cmappy.server.run import serving
from cmappy.server.sockets import listen
from cmappy.settings import RECORDINGS, Settings
from cmappy.status import Status
from cmappy.turn import Turn


class Stage:
    """A backend whose recordings change from test to test."""

    def __init__(self, chosen: Settings) -> None:
        self._chosen = chosen
        self._source: Source | None = None  # the real CLI, from the first test on that records
        self._scenarios = scenarios(RECORDINGS)
        self._scenario = ""
        self._log = _Warnings()
        logging.getLogger("cmappy").addHandler(self._log)
        self._replay: Replay | None = None
        self._backend: Backend | None = None
        self._clear()

    def _clear(self) -> None:
        self._asked: dict[int, tuple[Turn, dict[str, Any]]] = {}
        self._written: list[str] = []
        self._before: list[str] = []

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what the plugin wants, and return the answer; raises CmappyError or BadRecording."""
        match order["do"]:
            case "use":
                await self._use(Path(order["folder"]), order["mode"], order["how"], order)
                return {"ok": True}
            case "scenario":
                if order["name"] and order["name"] not in NAMES:
                    raise BadRecording(f"there is no scenario {order['name']!r}. There are: {', '.join(NAMES)}")
                self._scenario = order["name"]
                return {"ok": True}
            case "end":
                return self._end(prune=order["prune"])
            case _:
                return {"asked": self._told()}

    async def _use(self, folder: Path, mode: str, how: str, told: dict[str, Any]) -> None:
        self._clear()
        self._scenario = ""
        rule = rules.read(folder).plus(
            [*told["ignore"], *self._chosen.ignore],
            [*told["redact"], *self._chosen.redact],
            told["match"] or self._chosen.match,
        )
        replay = Replay(
            folder,
            rule,
            check=lambda recording: check(recording, Interpreter),
            models=listed,
            scenarios=self._scenarios,
            may_be_empty=True,
            how=how,
            note=self._note,
        )
        self._before = replay.all()
        self._replay, self._backend = replay, Answering(replay, Interpreter)
        if mode == "none":
            return
        if self._source is None:
            self._source, _ = await live(self._chosen)
            await self._source.start()

        def kept(name: str, recording: Recording) -> None:
            self._written.append(name)
            if mode == "missing":
                replay.add(name, recording)

        recorder = FolderRecorder(
            folder,
            Interpreter,
            rule,
            errors=self._chosen.record_errors,
            compact=self._chosen.record_compact,
            names=self._chosen.model_map,
            kept=kept,
        )
        asking = Answering(self._source, Interpreter, recorder)
        self._backend = Missing(replay, self._backend, asking) if mode == "missing" else asking

    def _note(self, turn: Turn, name: str) -> None:
        if id(turn) in self._asked:
            self._asked[id(turn)][1]["recording"] = name

    def _told(self) -> list[dict[str, Any]]:
        return [told for _, told in self._asked.values()]

    def _end(self, *, prune: bool) -> dict[str, Any]:
        """Return what was asked, used and written; with `prune`, delete what a rewriting test has left over."""
        folder = self._replay.folder if self._replay else Path()
        used = [*(self._replay.used if self._replay else ()), *self._written]
        every = sorted({*self._before, *self._written})
        notes = self._log.take()
        if self._written:
            notes.append(f"recorded {len(set(self._written))} in {folder}")
        if prune:
            left = [name for name in every if name not in used]
            folders.delete([folder / name for name in left], folder)
            notes += [f"deleted {folder / name}: it was not asked for any more" for name in left]
            every = [name for name in every if name in used]
        return {"asked": self._told(), "used": used, "all": every, "notes": notes}

    async def answer(self, turn: Turn, owner: str = "") -> AsyncGenerator[Event, None]:
        """Yield the answer of the test's recordings, and take down what was asked. Whoever iterates closes."""
        told: dict[str, Any] = {"turn": turn.canonical(), "recording": None, "error": None, "missed": False}
        if self._scenario:
            turn = replace(turn, model=SCENARIO + self._scenario)
        self._asked[id(turn)] = turn, told
        backend: Backend | None = self._backend
        if turn.model.startswith(SCENARIO) and self._replay:
            backend = Answering(self._replay, Interpreter)
        if backend is None:
            raise FixtureMissing("No test that uses the fixture `cmappy` is running.")
        try:
            async with aclosing(backend.answer(turn, owner)) as events:
                async for event in events:
                    yield event
        except CmappyError as error:
            told["error"], told["missed"] = error.message, isinstance(error, FixtureMissing)
            raise

    async def start(self) -> None:
        """Do nothing: the CLI is started by the first test that records."""

    async def status(self, *, closely: bool = False) -> Status:
        """Return the status of what answers now; scenarios are for tests that record, too."""
        if self._backend is None:
            return Status("replay", "none", "none", ())
        return replace(await self._backend.status(closely=closely), provider="replay")

    async def close(self) -> None:
        """End the CLI."""
        if self._source:
            await self._source.close()


class _Warnings(logging.Handler):
    """Keeps what the log warns of, for the plugin to show."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._told.append(record.getMessage())

    def take(self) -> list[str]:
        """Return what was kept since the last time."""
        told, self._told = self._told, []
        return told


async def main() -> None:
    """Serve until stdin ends."""
    chosen = load({"host": "127.0.0.1", "port": 0}, settings.environment()).settings
    chosen = chosen.model_copy(update={"api_key": (), "api_key_file": None, "replay": None, "record": None})
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    stage = Stage(chosen)
    [listener] = listen(chosen.host, chosen.port, keyed=False)
    with listener:
        async with serving(create_app(chosen, stage), listener, drain=0):
            _say({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"})
            while line := await asyncio.to_thread(sys.stdin.readline):
                try:
                    _say(await stage.do(json.loads(line)))
                except (CmappyError, BadRecording, OSError) as error:
                    _say({"error": str(error)})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (CmappyError, BadRecording, OSError, SystemExit) as error:
        _say({"error": str(error)})
