"""Which recording answers a turn: its key under the user's rules; and if none does, what is nearest and why (pure)."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from cmappy.recording.normal import Normal
from cmappy.recording.redact import in_value
from cmappy.recording.rules import PARTS, Rules
from cmappy.recording.turns import unfold

_THINKING = {"thinking", "redacted_thinking"}
_PROBABLE = 20  # recordings that are compared by their text
_SHOWN = 2000  # characters of a difference
_LONGEST = 200  # characters of a line of it
_LINES = 400  # of a turn that are compared
# What changes from run to run, and the expressions that ignore it; the first that helps is advised.
_CHANGING = (
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
    r"\d{4}-\d\d-\d\d",
    r"\d\d:\d\d(?::\d\d)?(?:\.\d+)?",
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    r"(?:Jan|Febr)uary|March|April|May|June|July|August|(?:Septem|Octo|Novem|Decem)ber",
    r"/(?:tmp|private|var)/[^\s\"']+",
    r"/(?:home|Users)/[^\s\"']+",
    r"\b[0-9a-f]{32,64}\b",
    r"\b\d+(?:\.\d+)?\b",
)


class Miss(NamedTuple):
    """The recording that is most like a turn, what differs, and what would make them equal."""

    nearest: str
    differs: str
    advice: str


def normal(turn: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Return a canonical turn as it is recorded: normal ids, and nothing secret."""
    turn = Normal().turn(turn)
    if rules.redact:
        turn = in_value(turn, rules.redacting())
    return turn


def compared(turn: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Return what of a turn counts when it is compared.

    Thinking does not: of the clients that talk to one server, some send it back and some do not.
    """
    turn = normal(turn, rules)
    turn |= {"messages": [_without_thinking(message) for message in turn["messages"]]}
    if set(rules.match) != set(PARTS):
        turn = {name: value for name, value in turn.items() if _part(name) in rules.match}
    if rules.ignore:
        turn = in_value(turn, rules.ignoring())
    return turn


def _without_thinking(message: dict[str, Any]) -> dict[str, Any]:
    content = [block for block in message["content"] if block["type"] not in _THINKING]
    return message | {"content": content}


def key(turn: dict[str, Any], rules: Rules) -> str:
    """Return a turn's key: equal for turns that count as equal."""
    return sha256(orjson.dumps(compared(turn, rules), option=orjson.OPT_SORT_KEYS)).hexdigest()


def miss(turn: dict[str, Any], known: Mapping[str, dict[str, Any]], rules: Rules) -> Miss | None:
    """Return why no recording of those answers a turn; None if there are none. `known` are turns by file names."""
    mine = _lines(turn, rules)
    theirs = {name: _lines(other, rules) for name, other in known.items()}
    if not theirs:
        return None
    mine_set = set(mine)
    probable = heapq.nlargest(_PROBABLE, theirs, key=lambda name: len(mine_set.intersection(theirs[name])))
    matcher = difflib.SequenceMatcher(None, "", "\n".join(mine)[:_SHOWN], autojunk=False)

    def likeness(name: str) -> float:
        matcher.set_seq1("\n".join(theirs[name])[:_SHOWN])
        return matcher.quick_ratio()

    nearest = max(probable, key=likeness)
    return Miss(nearest, difference(theirs[nearest], mine), _advice(turn, known[nearest], rules))


def difference(before: list[str], after: list[str]) -> str:
    """Return the lines that are only in one of two turns, with `-` and `+`."""
    changed = [
        line[:_LONGEST]
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if line[0] in "+-" and not line.startswith(("+++", "---"))
    ]
    return "\n".join(changed)[:_SHOWN]


def _lines(turn: dict[str, Any], rules: Rules) -> list[str]:
    return readable(compared(turn, rules))[:_LINES]


def readable(turn: dict[str, Any]) -> list[str]:
    """Return a canonical turn, or what counts of it, as lines to read and to compare."""
    lines = []
    for line in unfold({"messages": [], **turn}):
        what = {"+": "", "turn": ""}.get(line["cmappy"], f"{line['cmappy']}: ")
        if "text" in line:
            lines.append(f"{what}{line['text']}")
        elif line["cmappy"] == "turn":
            lines += [f"{name}: {_short(value)}" for name, value in sorted(line.items()) if name != "cmappy"]
        else:
            lines.append(f"{what}{_short(line.get('block', line.get('tool')))}")
    return lines


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters, {_digest(text)})"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def _part(name: str) -> str:
    return name if name in PARTS else "settings"


def _advice(turn: dict[str, Any], other: dict[str, Any], rules: Rules) -> str:
    """Return what to set so that the two turns count as equal; empty if nothing known does."""
    needed = _needed([pattern for pattern in _CHANGING if pattern not in rules.ignore], turn, other, rules)
    if needed:
        return f"ignore = [{', '.join(_quoted(pattern) for pattern in needed)}]"
    differing = [part for part in PARTS if part != "messages" and _differs(turn, other, rules, part)]
    match = tuple(part for part in rules.match if part not in differing)
    if differing and key(turn, replace(rules, match=match)) == key(other, replace(rules, match=match)):
        return f"match = [{', '.join(_quoted(part) for part in match)}]"
    return ""


def _needed(patterns: list[str], turn: dict[str, Any], other: dict[str, Any], rules: Rules) -> list[str]:
    """Return the fewest of the patterns, each tried alone first, with which the turns are equal."""

    def equal(chosen: list[str]) -> bool:
        with_them = rules.plus(ignore=chosen)
        return key(turn, with_them) == key(other, with_them)

    for pattern in patterns:
        if equal([pattern]):
            return [pattern]
    if not equal(patterns):
        return []
    for pattern in reversed(patterns):
        fewer = [one for one in patterns if one != pattern]
        if equal(fewer):
            patterns = fewer
    return patterns


def _differs(turn: dict[str, Any], other: dict[str, Any], rules: Rules, part: str) -> bool:
    def of(whole: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in compared(whole, rules).items() if _part(name) == part}

    return of(turn) != of(other)


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else orjson.dumps(text).decode()
