"""JSON Schema as the CLI takes it for structured output (pure).

The CLI validates with ajv, draft-07, in strict mode, and drops the whole schema in silence if it contains anything
else (measured on 2.1.330). So everything else is taken out here. No constraint is lost by that: the complete answer is
checked against the client's own schema.
"""

from __future__ import annotations

from typing import Any

_SCHEMA = {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
_SCHEMAS = {"allOf", "anyOf", "oneOf", "items"}  # lists of schemas
_NAMED_SCHEMAS = {"$defs", "definitions", "patternProperties", "properties"}
_PLAIN = {
    *("$comment", "$id", "$ref", "const", "default", "description", "enum", "examples", "format", "title", "type"),
    *("contentEncoding", "contentMediaType", "deprecated", "nullable", "readOnly", "writeOnly"),
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    *("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties", "required", "uniqueItems"),
}


def draft7(schema: Any) -> Any:
    """Return a schema without the keywords that ajv does not know; anything that is no schema stays as it is."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _NAMED_SCHEMAS and isinstance(value, dict):
            kept[keyword] = {name: draft7(item) for name, item in value.items()}
        elif keyword in _SCHEMAS and isinstance(value, list):
            kept[keyword] = [draft7(item) for item in value]
        elif keyword in _SCHEMA:
            kept[keyword] = draft7(value)
        elif keyword == "prefixItems":  # the name of a list of items since draft 2020-12
            kept["items"] = [draft7(item) for item in value]
        elif keyword in _PLAIN or (keyword == "pattern" and "(?" not in value):  # JavaScript knows fewer groups
            kept[keyword] = value
    return kept
