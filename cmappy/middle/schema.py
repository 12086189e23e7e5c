"""JSON Schemas of clients: checked without fetching anything, and in bounded time (pure)."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson

from cmappy.errors import InvalidRequest
from cmappy.middle.weight import Weight, depth_and_size

ALTERNATIVES = frozenset({"anyOf", "oneOf", "allOf"})  # words that the API does not know at a schema's root
MOST_BESIDE = 2_000  # schemas that hold for one value
MOST_UNEVALUATED = 2_000
MOST_REPETITIONS = 5_000
MOST_STEPS = 20_000_000  # of one check: about a second

_DRAFT7 = "http://json-schema.org/draft-07/schema#"
_NEWEST = "https://json-schema.org/draft/2020-12/schema"
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000, size_limit=1_000_000)  # each takes 20 ms at most
_INVALID = (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError)


def object_schema(schema: dict[str, Any] | None, whose: str, path: str) -> dict[str, Any]:
    """Return a schema with the root type that it must have; raises InvalidRequest with `param`.

    `whose` begins the error's sentence, as "The schema of the tool `f`". None allows every object.
    """
    schema = {name: value for name, value in (schema or {}).items() if value is not None}
    if schema.setdefault("type", "object") != "object":
        raise _invalid(whose, "it must be of type `object` at its root", path)
    try:
        weight = Weight(schema)
        if weight.most_beside > MOST_BESIDE or weight.unevaluated > MOST_UNEVALUATED:
            raise ValueError("its references lead to too many schemas for one value")
        jsonschema_rs.meta.validate(schema | {"$schema": _DRAFT7 if _is_draft7(schema) else _NEWEST})
    except _INVALID as error:
        raise _invalid(whose, getattr(error, "message", str(error)), path) from error
    return schema


def output_schema(schema: dict[str, Any] | None, path: str) -> dict[str, Any]:
    """Return the schema of a structured answer; raises InvalidRequest with `param`. None allows every object."""
    whose = "The schema of the answer"
    if several := ALTERNATIVES & (schema or {}).keys():
        raise _invalid(whose, f"`{min(several)}` is not possible at its root", path)
    schema = object_schema(schema, whose, path)
    if Weight(schema).repetitions > MOST_REPETITIONS:
        raise _invalid(whose, "its patterns repeat too much", path)
    try:
        validator(schema)
    except _INVALID as error:
        raise _invalid(whose, getattr(error, "message", str(error)), path) from error
    return schema


def follows(schema: str, answer: str) -> bool:
    """Return whether an answer follows a schema that `output_schema` has taken; both are JSON as text.

    What would take too long to check is believed: the backend has checked it, too.
    """
    wanted = orjson.loads(schema)
    try:
        value = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return False
    weight = Weight(wanted)
    depth, size = depth_and_size(value)
    if size * min(weight.all, max(weight.most_open, 1) ** depth) > MOST_STEPS:
        return True
    return validator(wanted).is_valid(value)


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft7Validator | jsonschema_rs.Draft202012Validator:
    """Return what checks values; raises ValueError or jsonschema_rs.ValidationError for what is no schema.

    Nothing is fetched, neither what a reference names nor what `$schema` does, which tells draft 7 from later ones.
    """
    kind = jsonschema_rs.Draft7Validator if _is_draft7(schema) else jsonschema_rs.Draft202012Validator
    bare = {name: value for name, value in schema.items() if name != "$schema"}
    return kind(bare, retriever=_refuse, pattern_options=_PATTERNS)


def _is_draft7(schema: dict[str, Any]) -> bool:
    return "draft-07" in str(schema.get("$schema"))[:80]


def _invalid(whose: str, why: str, path: str) -> InvalidRequest:
    return InvalidRequest(f"{whose} is invalid: {why[:300]}.", param=path, code="invalid_schema")


def _refuse(uri: str) -> Any:
    raise ValueError(f"the reference {uri} leads out of the schema, and nothing is fetched")
