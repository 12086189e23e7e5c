"""What it costs to compile a JSON Schema and to check values with it, told from the schema alone (pure).

References make small schemas large: of forty definitions that hold the next one twice, the first stands for 2^40, and
nothing can stop a validator that has begun. So paths are counted here, without walking them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MUCH = 10**9  # counts end here
MOST_PARTS = 20_000

_BESIDE, _BELOW, _DEFINED = "beside", "below", "defined"
_PLACES = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "not", "if", "then", "else"), _BESIDE),
    **dict.fromkeys(("dependentSchemas", "dependencies"), _BESIDE),
    **dict.fromkeys(("items", "prefixItems", "additionalItems", "contains", "unevaluatedItems"), _BELOW),
    **dict.fromkeys(("properties", "patternProperties", "propertyNames"), _BELOW),
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _BELOW),
    **dict.fromkeys(("$defs", "definitions"), _DEFINED),
}
_BY_NAME = {"dependentSchemas", "dependencies", "properties", "patternProperties", "$defs", "definitions"}
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_TYPES = 7
_LOST = "__proto__"  # JavaScript, in which the CLI is written, loses it in a schema; the root's gets another name

Schema = dict[str, Any]


@dataclass(slots=True)
class _Part:
    """A schema within the schema: `beside` are those that hold for the same value, `below` for what is in it."""

    schema: Schema
    beside: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


class Weight:
    """Counts of a schema; raises ValueError if it cannot be counted, as for a reference that leads out of it.

    `most_beside` is how many schemas hold for one value at most, `most_open` how many of them look into it.
    `unevaluated` adds up what has to be gathered for such keywords. `all` is how many there are in the schema with
    all references written out, `MUCH` if that has no end. `repetitions` adds up the numbers in patterns.
    """

    def __init__(self, schema: Schema) -> None:
        self._root = schema
        self._parts: dict[int, _Part] = {}
        self._marks: dict[str, Schema] = {}
        self._references: list[tuple[_Part, str]] = []
        self._read(schema)
        while self._references:
            part, reference = self._references.pop()
            if isinstance(target := self._target(reference), dict):
                self._read(target)
                part.beside.append(id(target))
        parts = self._parts.items()
        beside, _ = _paths({at: part.beside for at, part in parts}, dict.fromkeys(self._parts, 1))
        opened, _ = _paths({at: part.beside for at, part in parts}, {at: bool(part.below) for at, part in parts})
        every, endless = _paths({at: part.beside + part.below for at, part in parts}, dict.fromkeys(self._parts, 1))
        self.most_beside, self.most_open = max(beside.values()), max(opened.values())
        self.all = MUCH if endless else every[id(schema)]
        self.unevaluated = sum(beside[at] for at, part in parts if "unevaluated" in "".join(part.schema))
        self.repetitions = sum(_repetitions(part.schema) for _, part in parts)

    def _read(self, schema: Schema) -> None:
        """Take in a schema with all that is written in it."""
        waiting = [schema]
        while waiting:
            schema = waiting.pop()
            if id(schema) in self._parts:
                continue
            part = self._parts[id(schema)] = _Part(schema)
            if len(self._parts) > MOST_PARTS:
                raise ValueError(f"it has more than {MOST_PARTS} parts")
            for keyword, value in schema.items():
                if keyword in _BY_NAME and isinstance(value, dict) and _LOST in value and schema is not self._root:
                    raise ValueError(f"a property cannot be named `{_LOST}`: it would be lost on the way")
                if place := _PLACES.get(keyword):
                    inner = [each for each in _inner(keyword, value) if isinstance(each, dict)]
                    waiting += inner
                    if place != _DEFINED:
                        (part.beside if place == _BESIDE else part.below).extend(map(id, inner))
                elif keyword in _REFERENCES and isinstance(value, str):
                    self._references.append((part, value))
                elif keyword in {"$id", "$anchor", "$dynamicAnchor"} and isinstance(value, str):
                    self._marks.setdefault(value if keyword == "$id" else f"#{value}", schema)
                elif keyword == "type" and isinstance(value, list) and len(value) > _TYPES:
                    raise ValueError("a `type` has more names than there are types")

    def _target(self, reference: str) -> Any:
        if reference in self._marks:
            return self._marks[reference]
        base, _, pointer = reference.partition("#")
        if base and base not in self._marks:
            raise ValueError(f"the reference {reference} leads out of the schema, and nothing is fetched")
        target: Any = self._marks[base] if base else self._root
        try:
            for step in unquote(pointer).split("/")[1:]:
                name = step.replace("~1", "/").replace("~0", "~")
                target = target[int(name) if isinstance(target, list) else name]
        except (KeyError, IndexError, ValueError, TypeError):
            target = None
        if target is None or (pointer and not pointer.startswith("/")):
            raise ValueError(f"the reference {reference} leads nowhere")
        return target


def depth_and_size(value: Any) -> tuple[int, int]:
    """Return how deep a JSON value is, and how many values it holds."""
    depth, size, level = 0, 0, [value]
    while level:
        depth, size = depth + 1, size + len(level)
        containers = [outer for outer in level if isinstance(outer, dict | list)]
        level = [item for outer in containers for item in (outer.values() if isinstance(outer, dict) else outer)]
    return depth, size


def _inner(keyword: str, value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return value.values() if keyword in _BY_NAME and isinstance(value, dict) else [value]


def _paths(edges: Mapping[int, Sequence[int]], weights: Mapping[int, int]) -> tuple[dict[int, int], bool]:
    """Return the weight of all paths from each node, and whether one leads back to where it was, where it is cut."""
    sums: dict[int, int] = {}
    open_: set[int] = set()
    endless = False
    for start in edges:
        stack = [start]
        while stack:
            node = stack[-1]
            if node in sums:
                stack.pop()
            elif node in open_:  # all that it leads to is counted
                stack.pop()
                open_.discard(node)
                sums[node] = min(weights[node] + sum(sums.get(other, 0) for other in edges[node]), MUCH)
            else:
                open_.add(node)
                endless = endless or not open_.isdisjoint(edges[node])
                stack += [other for other in edges[node] if other not in sums and other not in open_]
    return sums, endless


def _repetitions(schema: Schema) -> int:
    patterns = [schema.get("pattern"), *(schema.get("patternProperties") or ())]
    found = (match for pattern in patterns if isinstance(pattern, str) for match in _REPEATED.findall(pattern))
    return sum(max(int(least[:9]), int(most[:9] or 0)) for least, most in found)
