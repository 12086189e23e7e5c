"""JSON Schemas of clients: checked without fetching anything, and in bounded time (pure)."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from cmappy.errors import InvalidRequest


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft7Validator | jsonschema_rs.Draft202012Validator:
    """Return what checks values; raises ValueError or jsonschema_rs.ValidationError for what is no schema.

    Nothing is fetched, neither what a reference names nor what `$schema` does, which tells draft 7 from later ones.
    """
    draft7 = "draft-07" in str(schema.get("$schema"))
    kind = jsonschema_rs.Draft7Validator if draft7 else jsonschema_rs.Draft202012Validator
    return kind({name: value for name, value in schema.items() if name != "$schema"}, retriever=_refuse)


def object_schema(schema: dict[str, Any] | None, whose: str, path: str) -> dict[str, Any]:
    """Return a schema with the root type that it must have; raises InvalidRequest with `param`.

    `whose` begins the error's sentence, as "The schema of the tool `f`". None allows every object.
    """
    schema = {name: value for name, value in (schema or {}).items() if value is not None}
    if schema.setdefault("type", "object") != "object":
        raise InvalidRequest(f"{whose} must be of type `object` at its root.", param=path, code="invalid_schema")
    try:
        validator(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        said = getattr(error, "message", str(error))
        raise InvalidRequest(f"{whose} is invalid: {said[:300]}.", param=path, code="invalid_schema") from error
    return schema


def output_schema(schema: dict[str, Any] | None, path: str) -> dict[str, Any]:
    """Return the schema of a structured answer; raises InvalidRequest with `param`. None allows every object."""
    if several := {"anyOf", "oneOf", "allOf"} & (schema or {}).keys():
        raise InvalidRequest(f"`{min(several)}` is not possible at the root of a schema.", param=path)
    return object_schema(schema, "The schema of the answer", path)


def _refuse(uri: str) -> Any:
    raise ValueError(f"the reference {uri} leads out of the schema, and nothing is fetched")
