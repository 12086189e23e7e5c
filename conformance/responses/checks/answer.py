"""A plain response, as the API reference describes the response object and as the SDK types it."""

from __future__ import annotations

import time

from conformance.common.exchange import MISSING, is_text
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.answer import Plain

_STATUSES = ["completed", "incomplete"]
_REASONS = ["max_output_tokens", "content_filter", "max_messages"]
_SERVICE_TIERS = ["auto", "default", "flex", "scale", "priority", None, MISSING]
_DAY = 86400  # seconds


@check("responses.answer.status", MUST)
def status(answer: Plain) -> None:
    """API reference, "Create a model response": an answer comes with status 200."""
    assert 200 == answer.exchange.status, answer.exchange.text


@check("responses.answer.content-type", MUST)
def content_type(answer: Plain) -> None:
    """SDK: the body of another `content-type` than `application/json` may be handed over as a string."""
    assert "application/json" == answer.header("content-type").partition(";")[0].strip().lower()


@check("responses.answer.request-id", SHOULD)
def request_id(answer: Plain) -> None:
    """API reference, "Debugging requests": `x-request-id` names the request; the SDK offers it as `_request_id`."""
    assert answer.header("x-request-id"), "no `x-request-id` header"


@check("responses.answer.object", MUST)
def object_name(answer: Plain) -> None:
    """SDK: Response.object is Literal["response"]."""
    assert "response" == answer.pick("object")


@check("responses.answer.id", MUST)
def identifier(answer: Plain) -> None:
    """SDK: Response.id is a required str; the next request names it as `previous_response_id`."""
    assert is_text(answer.pick("id")), f"`id` is {answer.pick('id')!r}"


@check("responses.answer.not-failed", MUST)
def not_failed(answer: Plain) -> None:
    """What failed comes with an error status: the SDK hands a failed response over as if all were well."""
    told = answer.pick("status"), answer.pick("error")

    assert told[0] in _STATUSES, f"`status` is {told[0]!r}"
    assert told[1] in (None, MISSING), f"`error` is {told[1]!r}"


@check("responses.answer.created", MUST)
def created(answer: Plain) -> None:
    """SDK: Response.created_at is a required number, in Unix seconds."""
    told = answer.pick("created_at")

    assert type(told) in (int, float), f"`created_at` is {told!r}"


@check("responses.answer.created-now", SHOULD)
def created_now(answer: Plain) -> None:
    """API reference: `created_at` is the Unix timestamp (in seconds) of when the response was created."""
    told = answer.pick("created_at")
    age = time.time() - told if isinstance(told, int | float) else float("inf")

    assert abs(age) < _DAY, f"`created_at` is {told!r}"


@check("responses.answer.model", MUST)
def model(answer: Plain) -> None:
    """SDK: Response.model is a required str, the model that answered."""
    assert is_text(answer.pick("model")), f"`model` is {answer.pick('model')!r}"


@check("responses.answer.incomplete-details", MUST)
def incomplete_details(answer: Plain) -> None:
    """API reference: `incomplete_details.reason` says why a response is incomplete; it is null for others."""
    reason = answer.pick("incomplete_details", "reason")

    assert (answer.pick("status") == "incomplete") == (reason in _REASONS), f"`reason` is {reason!r}"


@check("responses.answer.tools", MUST)
def tools(answer: Plain) -> None:
    """SDK: Response.tools is a required list: the tools of the request."""
    sent = answer.exchange.request.get("tools") or []
    told = answer.pick("tools")

    assert isinstance(told, list), f"`tools` is {told!r}"
    assert [tool.get("name") for tool in sent] == [isinstance(each, dict) and each.get("name") for each in told]


@check("responses.answer.tool-choice", MUST)
def tool_choice(answer: Plain) -> None:
    """SDK: Response.tool_choice is required: the choice of the request, or `auto`."""
    sent, told = answer.exchange.request.get("tool_choice") or "auto", answer.pick("tool_choice")

    assert told == sent or (isinstance(sent, dict) and isinstance(told, dict)), f"`tool_choice` is {told!r}"


@check("responses.answer.parallel-tool-calls", MUST)
def parallel_tool_calls(answer: Plain) -> None:
    """SDK: Response.parallel_tool_calls is a required bool."""
    assert isinstance(answer.pick("parallel_tool_calls"), bool), answer.pick("parallel_tool_calls")


@check("responses.answer.service-tier", MUST)
def service_tier(answer: Plain) -> None:
    """SDK: Response.service_tier is one of OpenAI's names, null or absent; "standard" is not one of them."""
    assert answer.pick("service_tier") in _SERVICE_TIERS
