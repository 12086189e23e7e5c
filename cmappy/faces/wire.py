"""Bodies of requests, as clients really send them: `null` means absent, and a mistake is named by its path (pure).

Unknown fields are kept aside, in `model_extra`. Wrong types are refused, in words for somebody who wrote JSON.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from cmappy.errors import InvalidRequest

Body = TypeVar("Body", bound=BaseModel)


class Wire(BaseModel):
    """Part of a request: frozen, and with `null` fields taken as absent."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value


def read(model: type[Body], body: Any) -> Body:
    """Return the request that a parsed JSON body is; raises InvalidRequest naming the first thing that is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    param = path(first["loc"])
    code = "missing_required_parameter" if first["type"] == "missing" else "invalid_value"
    message = _explain(param, first["type"], first.get("ctx", {}), first["msg"]) + _named(body, first["loc"])
    raise InvalidRequest(message, param=param or None, code=code)


def missing(param: str) -> InvalidRequest:
    """Return the error for something that has to be there."""
    return InvalidRequest(_EXPLANATIONS["missing"].format(param), param=param, code="missing_required_parameter")


def path(steps: tuple[int | str, ...]) -> str:
    """Return a location as OpenAI writes it: `messages[3].content[1].type`."""
    written = ""
    for step in steps:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return written


def _named(body: Any, steps: tuple[int | str, ...]) -> str:
    """Return which named thing a location is in, as a tool: a number alone is hard to find in a long list."""
    name = ""
    for step in steps:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(body, dict) and isinstance(body.get("name"), str):
            name = body["name"]
    return f" (It is in `{name[:80]}`.)" if name else ""


_EXPLANATIONS = {
    "missing": "Missing required parameter: `{}`.",
    "too_short": "`{}` must not be empty. Send at least one item.",
    "string_too_short": "`{}` must not be empty.",
    "too_long": "`{}` has too many items: at most {max_length} are taken.",
    "tuple_type": "Invalid type for `{}`: it must be an array.",
    "list_type": "Invalid type for `{}`: it must be an array.",
    "model_type": "Invalid type for `{}`: it must be an object.",
    "model_attributes_type": "Invalid type for `{}`: it must be an object.",
    "dict_type": "Invalid type for `{}`: it must be an object.",
    "string_type": "Invalid type for `{}`: it must be a string.",
    "bool_type": "Invalid type for `{}`: it must be true or false.",
    "int_type": "Invalid type for `{}`: it must be a whole number.",
    "int_from_float": "Invalid type for `{}`: it must be a whole number.",
    "float_type": "Invalid type for `{}`: it must be a number.",
    "greater_than_equal": "Invalid value for `{}`: it must be {ge} or more.",
    "less_than_equal": "Invalid value for `{}`: it must be {le} or less.",
    "literal_error": "Invalid value for `{}`: it must be {expected}.",
    "value_error": "Invalid value for `{}`: {error}.",
}


def _explain(param: str, kind: str, context: dict[str, Any], message: str) -> str:
    if kind in _EXPLANATIONS:
        return _EXPLANATIONS[kind].format(param, **context)
    return f"Invalid value for `{param}`: {message[0].lower()}{message[1:]}."
