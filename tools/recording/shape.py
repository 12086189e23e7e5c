"""What a recording looks like, whatever it says: the kinds of lines, and the keys of each with their types (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

# Lines for a screen, which come or not by whether messages have ids of ours; cmappy skips them.
_NOT_OURS = {"system/ui_invalidate"}
Shape = Mapping[str, Mapping[str, frozenset[str]]]  # kind of line -> path of a key -> names of its types

# Their keys are the client's, or names of models.
_CONTENTS = {"input", "arguments", "structured_output", "modelUsage", "model_usage_since_last_result"}
_TYPES = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}


def shape(lines: Iterable[bytes]) -> Shape:
    """Return the paths of keys that each kind of line has in a recording, each with the types it has there but null.

    The CLI's results of its own calls are left out: whether they come before the end of the answer, after which nobody
    reads, is a matter of luck.
    """
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        said = _object(line)
        if said is None:
            found["(no JSON object)"][""].add("")
        elif "tool_use_result" not in said:
            for path, value in _paths(said):
                found[_kind(said)][path].update({_TYPES[type(value)]} if value is not None else ())
    return {kind: {path: frozenset(types) for path, types in paths.items()} for kind, paths in found.items()}


def changes(before: Shape, after: Shape) -> list[str]:
    """Return what differs between two shapes, a line for each: `-` is gone, `!` has another type, `+` is new."""
    told = [f"- {kind}" for kind in sorted(before.keys() - after.keys() - _NOT_OURS)]
    told += [f"+ {kind}" for kind in sorted(after.keys() - before.keys())]
    for kind in sorted(before.keys() & after.keys()):
        was, now = before[kind], after[kind]
        told += [f"- {kind}: {path}" for path in sorted(was.keys() - now.keys())]
        told += [
            f"! {kind}: {path} was {_names(was[path])} and is {_names(now[path])}"
            for path in sorted(was.keys() & now.keys())
            if was[path] and now[path] and not was[path] & now[path]
        ]
        told += [f"+ {kind}: {path}" for path in sorted(now.keys() - was.keys())]
    return told


def is_addition(change: str) -> bool:
    """Tell whether a change is something new: cmappy skips what it does not know."""
    return change.startswith("+")


def together(changed: Mapping[str, list[str]], *, new: bool) -> list[str]:
    """Return the changes of several recordings, each once, with where it was seen: what is new, or all else."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for name, told in changed.items():
        for change in told:
            if is_addition(change) == new:
                seen[change].append(name)
    return [
        f"{change}  ({', '.join(names) if len(names) < 4 else f'{len(names)} recordings'})"
        for change, names in seen.items()
    ]


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _kind(said: dict[str, Any]) -> str:
    """Return what tells lines apart: `type`, then `subtype`, or what is inside a `stream_event`."""
    steps: list[Any] = [said.get("type"), said.get("subtype")]
    inner = said.get("event") if said.get("type") == "stream_event" else said.get("request") or said.get("response")
    if isinstance(inner, dict):
        steps += [inner.get("type"), inner.get("subtype")]
        steps += [(inner.get(name) or {}).get("type") for name in ("delta", "content_block")]
    return "/".join(step for step in steps if isinstance(step, str))


def _names(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            here = f"{path}.{name}" if path else name
            yield here, item
            if name not in _CONTENTS:
                yield from _paths(item, here)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{path}[]")
