"""Names of properties that the API refuses: others on the way up, the client's own on the way down (pure).

The API looks at the names at a schema's root only, and takes letters, digits, `_`, `.` and `-`, 64 of them at most.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from cmappy.middle.names import LONGEST, Names

_TAKEN = re.compile(r"(?!__proto__$)[a-zA-Z0-9_.-]{1,64}")  # JavaScript, in which the CLI is written, loses `__proto__`
_SCHEMAS = ("not", "if", "then", "else")
_LISTS = ("allOf", "anyOf", "oneOf")
_BY_NAME = ("properties", "dependentRequired", "dependentSchemas", "dependencies")
_DEFINITIONS = ("$defs", "definitions")
_ROOT = "whole"  # the definition that a reference to the whole schema leads to


def rename(schema: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a schema with other names where the API refuses the client's, and the client's names by the new ones."""
    properties = schema.get("properties")
    new = _new_names(properties) if isinstance(properties, dict) else {}
    if not new:
        return schema, {}
    renamed = _renamed(schema, new)
    for old, name in new.items():
        if isinstance(described := renamed["properties"][name], dict):
            renamed["properties"][name] = {"title": old} | described
    return _with_references(renamed, schema), {name: old for old, name in new.items()}


def rename_keys(object: str, names: Mapping[str, str]) -> str:
    """Return a JSON object, as text, with the new names of its own keys; `names` are as in a Renamer."""
    new = {old: name for name, old in names.items()}
    return orjson.dumps({new.get(key, key): value for key, value in orjson.loads(object).items()}).decode()


class Renamer:
    """Gives the keys of a JSON object the client's names back, piece by piece; `names` are those by the API's.

    What is held back is at most one key.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._depth = 0
        self._has_keys = self._key_is_next = False
        self._quoted = self._escaped = False
        self._key = ""  # as far as it is known, with its quotation marks

    def feed(self, piece: str) -> str:
        """Return what of the text so far can be shown."""
        return "".join(map(self._step, piece)) if self._names else piece

    def flush(self) -> str:
        """Return what is held back, once no more text can come."""
        key, self._key = self._key, ""
        return key

    def _step(self, character: str) -> str:
        if self._quoted:
            return self._inside(character)
        if character == '"':
            self._quoted = True
            if self._key_is_next:
                self._key_is_next, self._key = False, character
                return ""
        elif character in "{[":
            self._depth += 1
            self._has_keys = character == "{" if self._depth == 1 else self._has_keys
            self._key_is_next = self._depth == 1 and self._has_keys
        elif character in "}]":
            self._depth -= 1
        elif character == ",":
            self._key_is_next = self._depth == 1 and self._has_keys
        return character

    def _inside(self, character: str) -> str:
        ends = character == '"' and not self._escaped
        self._escaped = character == "\\" and not self._escaped
        self._quoted = not ends
        if not self._key:
            return character
        self._key += character
        return self._named(self.flush()) if ends else ""

    def _named(self, key: str) -> str:
        try:
            name = orjson.loads(key)
        except orjson.JSONDecodeError:  # half of a character
            return key
        return orjson.dumps(self._names[name]).decode() if name in self._names else key


def _new_names(names: Collection[str]) -> dict[str, str]:
    """Return the new names of those that need one, each unique among all."""
    unique = Names(names).unique
    refused = [old for old in names if not _TAKEN.fullmatch(old)]
    return {old: unique(re.sub(r"[^a-zA-Z0-9.-]+", "_", old[:LONGEST]).strip("_") or "property") for old in refused}


def _renamed(schema: Any, new: Mapping[str, str]) -> Any:
    """Rename in a schema, and in all within it that hold for the same object."""
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for keyword, value in schema.items():
        if keyword == "required":
            made[keyword] = [new.get(name, name) for name in value]
        elif keyword in _BY_NAME:
            made[keyword] = {new.get(name, name): item for name, item in value.items()}
        elif keyword in _SCHEMAS:
            made[keyword] = _renamed(value, new)
        elif keyword in _LISTS:
            made[keyword] = [_renamed(item, new) for item in value]
    return made


def _with_references(renamed: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the renamed schema so that references into the original one still find what they mean.

    What they lead to is the value of a property, in which nothing is renamed.
    """
    if not _leads_to_the_whole(schema):
        return renamed
    root = _ROOT
    while root in renamed.get("$defs", {}):
        root += "_"
    made: dict[str, Any] = _redirected(renamed, f"#/$defs/{root}")
    original = _redirected(schema, f"#/$defs/{root}")
    for keyword in _DEFINITIONS:
        original.pop(keyword, None)
    made["$defs"] = made.get("$defs", {}) | {root: original}
    return made


def _leads_to_the_whole(schema: Any) -> bool:
    match schema:
        case {"$ref": str(to)} if _to_the_whole(to):
            return True
        case dict():
            return any(map(_leads_to_the_whole, schema.values()))
        case list():
            return any(map(_leads_to_the_whole, schema))
    return False


def _to_the_whole(reference: str) -> bool:
    inside = reference == "#" or reference.startswith("#/")
    return inside and not reference.startswith(tuple(f"#/{keyword}/" for keyword in _DEFINITIONS))


def _redirected(schema: Any, root: str) -> Any:
    match schema:
        case dict():
            made = {keyword: _redirected(value, root) for keyword, value in schema.items()}
            if isinstance(to := made.get("$ref"), str) and _to_the_whole(to):
                made["$ref"] = root + to[1:]
            return made
        case list():
            return [_redirected(item, root) for item in schema]
    return schema
