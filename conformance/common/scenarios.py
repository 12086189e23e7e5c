"""The list of requests and of what their answers must say: one JSON file each, settable by folder.

    {"about": "...", "request": {...}, "expect": {...}, "tags": ["text", ...]}

`expect` has `content`, `finish_reason`, `tool_calls`, `reasoning` and `usage`, or `error` with `status` and `code`;
`content` beside `error` is what comes before a stream breaks off. What it leaves out is not compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from conformance.common.exchange import Json

RECORDED = Path(__file__).parents[2] / "fixtures" / "scenarios"  # cmappy's, with what each answer must say


@dataclass(frozen=True)
class Call:
    """A tool call that an answer must make; its id is the server's own business."""

    name: str
    arguments: Json


@dataclass(frozen=True)
class Expected:
    """What an answer must say; None where it cannot be foretold, or is not the point."""

    content: str | None = None
    finish_reason: str | None = None
    calls: tuple[Call, ...] = ()
    reasoning: str | None = None
    usage: Json | None = None
    status: int = 200
    code: str | None = None
    param: str | None = None


@dataclass(frozen=True)
class Scenario:
    """One request, what its answer must say, and the capabilities that it needs (`tags`).

    `handmade` says that no API answers like that; only a recording does.
    """

    name: str
    request: Json
    expect: Expected
    tags: frozenset[str]
    handmade: bool = False

    @property
    def succeeds(self) -> bool:
        """Whether the answer is whole."""
        return self.expect.status == 200

    @property
    def breaks(self) -> bool:
        """Whether a stream of the answer begins well and ends with an error."""
        return not self.succeeds and bool(self.expect.content)


def load(folder: Path) -> list[Scenario]:
    """Return the scenarios of a folder, by name; a ValueError tells what is wrong with one."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ValueError(f"there are no scenarios (*.json) in {folder}")
    return [_scenario(path) for path in paths]


def sample(scenarios: list[Scenario]) -> list[Scenario]:
    """Return the first scenario for each set of expectations and tags."""
    first: dict[object, Scenario] = {}
    for scenario in scenarios:
        first.setdefault((scenario.tags, scenario.succeeds, scenario.breaks, scenario.expect.usage is None), scenario)
    return list(first.values())


def _scenario(path: Path) -> Scenario:
    try:
        said = json.loads(path.read_text("utf-8"))
        tags, handmade = frozenset(said["tags"]), said.get("handmade", False)
        return Scenario(path.stem, said["request"], _expected(said["expect"]), tags, handmade)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no scenario: {error!r}") from error


def _expected(said: Json) -> Expected:
    error = said.get("error", {})
    return Expected(
        content=said["content"] or "" if "content" in said else None,
        finish_reason=said.get("finish_reason"),
        calls=tuple(map(_call, said.get("tool_calls") or ())),
        reasoning=said.get("reasoning"),
        usage=said.get("usage"),
        status=error.get("status", 200),
        code=error.get("code"),
        param=error.get("param"),
    )


def _call(said: Json) -> Call:
    function = said.get("function", said)
    arguments = function["arguments"]
    return Call(function["name"], json.loads(arguments) if isinstance(arguments, str) else arguments)
