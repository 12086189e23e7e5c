"""A scenario: one request of a client, what the API answers to it, and what the client must get.

`fixtures/scenarios/<name>.json` holds it; `fixtures/<name>.ndjson` is its recording. Those of another API than chat
completions are in a folder of its name: `messages/text.json` has the recording `messages_text.ndjson`.
Recorder, stub and tests share the list. Keys of a file:

    about       one sentence
    request     the body for the API's URL, such as `POST /v1/chat/completions`, without `stream`
    cue         the text by which the stub knows the request, where that is not its last one
    upstream    answers of the stub (see `tools.upstream.answer`), one for each API request that the CLI makes
    handmade    true instead of `upstream`: no API answers like that, the recording was written by hand
    expect      `content`, `finish_reason`, `reasoning`, `tool_calls` and `usage` of the answer, as far as they matter,
                or `error` with `status` and `code`; `content` beside `error` is what a stream had sent before.
                Each API says it in its own words
    tags        what a server has to be capable of
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmappy.faces import FACES
from cmappy.faces.face import Face
from tools.upstream.answer import parse

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "scenarios"

CHAT = "chat"

_KEYS = {"about", "request", "cue", "upstream", "handmade", "expect", "tags"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario; `upstream` is empty if its recording was written by hand."""

    name: str
    about: str
    request: dict[str, Any]
    upstream: tuple[dict[str, Any], ...]
    expect: dict[str, Any]
    tags: frozenset[str]
    api: str = CHAT
    told_cue: str = ""

    @property
    def face(self) -> Face[Any]:
        """The API that the request is one of, whose path begins with the scenario's `api`."""
        [face] = [face for face in FACES if face.path.startswith(f"/{self.api}")]
        return face

    @property
    def handmade(self) -> bool:
        """Whether there is nothing to record."""
        return not self.upstream

    @property
    def cue(self) -> str:
        """The last text of the request's last message, by which the stub knows the scenario, unless it is told."""
        return self.told_cue or next(texts(self.request["messages"][-1]))


def load(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """Read the chat completions of a folder, in the order of their names; a ValueError tells what is wrong with one."""
    return _checked([_read(path) for path in sorted(folder.glob("*.json"))], folder)


def load_all(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """Read the scenarios of all APIs."""
    others = [_read(path, path.parent.name) for path in sorted(folder.glob("*/*.json"))]
    return _checked([*load(folder), *others], folder)


def _checked(scenarios: Sequence[Scenario], folder: Path) -> tuple[Scenario, ...]:
    if not scenarios:
        raise ValueError(f"there are no scenarios (*.json) in {folder}")
    names: dict[str, str] = {}
    for scenario in scenarios:
        other = names.setdefault(scenario.cue, scenario.name)
        if other != scenario.name:
            raise ValueError(f"the scenarios {other} and {scenario.name} end with the same text {scenario.cue[:60]!r}")
    return tuple(scenarios)


def texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message from the last to the first, in OpenAI's form or the Messages API's."""
    content = message.get("content") or ""
    for part in reversed([content] if isinstance(content, str) else content):
        if isinstance(part, str):
            yield part
        elif part["type"] == "text":
            yield part["text"]
        elif part["type"] == "tool_result":
            yield from texts(part)


def _read(path: Path, api: str = CHAT) -> Scenario:
    try:
        told = json.loads(path.read_bytes())
        if unknown := sorted(told.keys() - _KEYS):
            raise ValueError(f"unknown key {unknown[0]!r}")
        if bool(told.get("upstream")) == bool(told.get("handmade")):
            raise ValueError("a scenario has answers in `upstream`, or is `handmade`")
        for answer in told.get("upstream", ()):
            parse(answer)
        return Scenario(
            name=path.stem if api == CHAT else f"{api}_{path.stem}",
            about=told["about"],
            request=told["request"],
            upstream=tuple(told.get("upstream", ())),
            expect=told["expect"],
            tags=frozenset(told["tags"]),
            api=api,
            told_cue=told.get("cue", ""),
        )
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path.name}: {error!r}") from error
