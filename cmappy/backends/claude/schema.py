"""JSON Schema as the CLI takes it for structured output (pure).

The CLI validates with ajv, draft-07, in strict mode, and drops the whole schema in silence if it contains anything
else (measured on 2.1.330). So everything else is taken out here. No constraint is lost by that: the complete answer is
checked against the client's own schema.
"""

from __future__ import annotations

import re
from typing import Any

_SCHEMA = {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
_SCHEMAS = {"allOf", "anyOf", "oneOf", "items"}  # lists of schemas
_NAMED_SCHEMAS = {"$defs", "definitions", "patternProperties", "properties"}
_PLAIN = {
    *("$comment", "$id", "$ref", "const", "default", "description", "enum", "examples", "format", "title", "type"),
    *("contentEncoding", "contentMediaType", "deprecated", "readOnly", "writeOnly"),
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    *("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties", "required", "uniqueItems"),
}
# What JavaScript (with `u`) and Rust read alike; the CLI drops the whole schema for an escape that it does not know.
_PATTERN = re.compile(
    r"""( [^\\()\[\]{}] | \) | \((?!\?) | \(\?[:=!] | \{\d+(,\d*)?\} | \\[dDwWsSbBnrt\\^$.|?*+()\[\]{}/]
    | \[( [^\\\[\]-] | -(?!\\[dDwWsS]) | \\[dDwWsS](?!-[^\]]) | \\[-nrt\\^$.|?*+()\[\]{}/] )*\] )*""",
    re.VERBOSE,
)


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
        elif keyword in _PLAIN or (keyword == "pattern" and _PATTERN.fullmatch(value)):
            kept[keyword] = value
    if "if" not in kept or not {"then", "else"} & kept.keys():  # one is nothing without the other
        kept = {keyword: value for keyword, value in kept.items() if keyword not in {"if", "then", "else"}}
    if not isinstance(kept.get("items"), list):
        kept.pop("additionalItems", None)
    return kept
