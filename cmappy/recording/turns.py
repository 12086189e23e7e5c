"""A turn as the lines of a recording's header: a reviewer sees each line of a prompt on a line of its own (pure).

{"cmappy":"turn","model":"sonnet","max_tokens":100}
{"cmappy":"system","text":"You are brief."}
{"cmappy":"tool","tool":{"name":"get_weather",...}}
{"cmappy":"user","text":"What is the weather"}
{"cmappy":"+","text":"in Paris?"}
{"cmappy":"assistant","block":{"type":"tool_use",...}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

ROLES = ("user", "assistant")
_DEEPEST = 200  # levels; orjson writes no more than 254


class BadRecording(ValueError):
    """A file, or a folder of them, is no usable recording; the message says why."""


def unfold(turn: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the header's lines for a canonical turn."""
    apart = {"system", "tools", "messages"}
    yield {"cmappy": "turn"} | {name: value for name, value in turn.items() if name not in apart}
    if turn.get("system"):
        yield from _text("system", turn["system"])
    for tool in turn.get("tools", ()):
        yield {"cmappy": "tool", "tool": tool}
    for message in turn["messages"]:
        if not message["content"]:
            yield {"cmappy": message["role"]}
        for block in message["content"]:
            if block.keys() == {"type", "text"} and block["type"] == "text":
                yield from _text(message["role"], block["text"])
            else:
                yield {"cmappy": message["role"], "block": block}


def _text(what: str, text: str) -> Iterator[dict[str, Any]]:
    first, *more = text.split("\n")
    yield {"cmappy": what, "text": first}
    for line in more:
        yield {"cmappy": "+", "text": line}


def fold(lines: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the canonical turn that a header's lines tell, None without any; raises BadRecording."""
    turn: dict[str, Any] | None = None
    last: tuple[dict[str, Any], str] | None = None  # where a further line of text goes to
    for line in lines:
        kind = line["cmappy"]
        if kind == "turn" and turn is None:
            turn = {**line, "messages": []}
            del turn["cmappy"]
            continue
        if turn is None:
            raise BadRecording(f"the header's line {kind!r} comes before the turn")
        if kind == "+" and last and isinstance(line.get("text"), str):
            last[0][last[1]] += f"\n{line['text']}"
        elif kind == "system" and isinstance(line.get("text"), str):
            turn["system"], last = line["text"], (turn, "system")
        elif kind == "tool":
            turn.setdefault("tools", []).append(line.get("tool"))
        elif kind in ROLES:
            last = _said(turn, kind, line)
        else:
            raise BadRecording(f"the header's line {str(kind)[:40]!r} is unknown or out of place")
    return turn and check(turn)


def _said(turn: dict[str, Any], role: str, line: dict[str, Any]) -> tuple[dict[str, Any], str]:
    messages = turn["messages"]
    if not messages or messages[-1]["role"] != role:
        messages.append({"role": role, "content": []})
    block = {"type": "text", "text": line["text"]} if "text" in line else line.get("block")
    if block is not None:
        messages[-1]["content"].append(block)
    return block or {}, "text"


def check(turn: Any) -> dict[str, Any]:
    """Return a turn that was read from a file, if it has the form of one; raises BadRecording."""
    if not isinstance(turn, dict) or not isinstance(turn.get("model"), str):
        raise BadRecording("the turn does not name its model")
    if not isinstance(turn.get("system", ""), str):
        raise BadRecording("the system prompt is no text")
    tools = turn.get("tools", [])
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise BadRecording("a tool is no JSON object")
    messages = turn.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise BadRecording("the turn has no list of messages")
    for message in messages:
        content = message.get("content")
        if message.get("role") not in ROLES or not isinstance(content, list) or not all(map(_is_block, content)):
            raise BadRecording("a message has no role, or no list of content blocks")
    if deeper(turn, _DEEPEST):
        raise BadRecording(f"the turn is nested more than {_DEEPEST} levels deep")
    return turn


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return False
    return block["type"] != "text" or isinstance(block.get("text"), str)


def deeper(value: Any, levels: int) -> bool:
    """Return whether a JSON value is nested more than so many levels deep."""
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for outer in layer
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not layer:
            return False
    return True
