"""Errors with one defect, and servers that are wrong from one request to the next."""

import itertools
import json

import httpx

from conformance.common.cases import Case
from conformance.common.scenarios import Scenario
from conformance.messages.scenarios import Wanted
from conformance.messages.subjects.failure import Failure
from conformance.messages.subjects.harmless import Admitted, Harmless
from conformance.messages.subjects.models import Models
from conformance.messages.subjects.offer import Offer
from conformance.messages.subjects.service import Service
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.messages_edits import (
    DELTA,
    FIRST,
    change,
    ids,
    nothing,
    text,
)
from tests.conformance_checks.defects.messages_flavours import (
    CALLS,
    JSON,
    TEXT,
    reply,
    sse,
)

ERROR = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "max_tokens: Field required"},
    "request_id": "req_1",
}
LIMIT = {"type": "error", "error": {"type": "rate_limit_error", "message": "Wait."}, "request_id": "req_1"}


def failing(status=400, kind="invalid_request_error"):
    """Return the case of a request that must fail."""
    case = TEXT.case(f"-{status}", {})
    traits = frozenset({"has-type"})
    return Case(case.name, case.request, Wanted(status=status, code=kind), traits=traits, detail={})


BAD = failing()


def failure(name, edit, *, body=ERROR, case=BAD, status=400, headers=JSON, **caught_by):
    """Return a server whose error has one edit."""
    return Broken(name, Failure, case, reply(edit(body), status=status, headers=headers), ids(caught_by))


SLEEP = JSON | {"retry-after": "9999"}
FAILURES = [
    failure("error as an answer", nothing, status=200, failure__status="200"),
    failure("no JSON header", nothing, headers=JSON | {"content-type": "text/html"}, failure__content_type="text/html"),
    failure("envelope of OpenAI's", drop("type"), failure__envelope="MISSING"),
    failure("error as text", put("error", value="no"), failure__envelope="False"),
    failure("type of OpenAI's", put("error", "type", value="server_error"), failure__type="server_error"),
    failure("wrong type", put("error", "type", value="api_error"), failure__type_fits="api_error"),
    failure("no message", drop("error", "message"), failure__message="MISSING"),
    failure("no id", nothing, headers={"content-type": "application/json"}, failure__request_id="request-id"),
    failure("another id", put("request_id", value="req_2"), failure__request_id="req_2"),
    failure("traceback", put("error", "message", value="Traceback (most recent"), failure__no_leak="Traceback"),
    failure("date", nothing, headers=JSON | {"retry-after": "Wed, 25 Nov"}, failure__retry_after="Wed"),
    failure("hours", nothing, body=LIMIT, case=failing(429), status=429, headers=SLEEP, failure__retry_after="9999"),
    failure("yes", nothing, headers=JSON | {"x-should-retry": "yes"}, failure__should_retry="yes"),
    failure("repeated", nothing, headers=JSON | {"x-should-retry": "true"}, failure__not_repeated="3 times"),
    failure("wrong status", nothing, status=404, failure__sdk_class="BadRequestError"),
    failure("no JSON", text("<html>"), failure__envelope="JSON", failure__sdk_body="JSON"),
    failure("JSON with a tail", text(json.dumps(ERROR) + "oops"), failure__sdk_body="JSON"),
]

MODEL = {
    "id": "sonnet",
    "type": "model",
    "display_name": "Sonnet",
    "created_at": "2026-01-01T00:00:00Z",
    "lifecycle": "active",
}
PAGE = {"data": [MODEL], "has_more": False, "first_id": "sonnet", "last_id": "sonnet"}
MODELS = Case("models", {})


def models(name, edit, *, one=nothing, **caught_by):
    """Return a server whose list of models has one edit, or whose one model."""

    def server(request):
        return httpx.Response(
            200, headers=JSON, json=edit(PAGE) if request.url.path.endswith("/models") else one(MODEL)
        )

    return Broken(name, Models, MODELS, server, ids(caught_by))


LISTS = [
    models("no models", put("data", value=[]), models__id="none"),
    models("models of OpenAI's", put("data", 0, "type", value="llm"), models__type="llm", models__sdk="llm"),
    models("no id", drop("data", 0, "id"), models__id="Sonnet"),
    models("no name", drop("data", 0, "display_name"), models__display_name="sonnet"),
    models("no page", drop("last_id"), models__page="None"),
    models("text instead of a date", put("data", 0, "created_at", value="soon"), models__sdk="created_at"),
    models("one without type", nothing, one=drop("type"), models__sdk_lookup="type"),
]


def harmless(kind):
    """Return the first of the cases of that kind."""
    return next(each for each in Harmless.cases([scenario()]) if kind in each.traits)


def scenario():
    """Return the scenario of a text."""
    case = TEXT.case()
    return Scenario(case.name, case.request, case.expect, case.needs)


class Habits:
    """Servers that are wrong from one request to the next."""

    @staticmethod
    def mixed(request):
        """Answer with another's text."""
        answer = put(*FIRST, "text", value="Bye.")(TEXT.body)
        events = change(DELTA, put("delta", "text", value="Bye."))(TEXT.events)
        return reply(answer, sse(events))(request)

    @staticmethod
    def leaving():
        """Return a server that is confused once a stream has begun."""
        state = {"begun": False}

        def server(request):
            if json.loads(request.content).get("stream"):
                state["begun"] = True
                return reply(TEXT.body, sse(TEXT.events))(request)
            return reply(put(*FIRST, "text", value="Bye.")(TEXT.body) if state["begun"] else TEXT.body)(request)

        return server


class Numbered:
    """A good server, whose ids differ; texts are those of the flavour."""

    def __init__(self):
        """Count from 1."""
        self._numbers = itertools.count(1)

    def __call__(self, request):
        """Answer."""
        number = next(self._numbers)
        body = TEXT.body | {"id": f"msg_{number}"}
        headers = JSON | {"request-id": f"req_{number}"}
        return reply(body, sse(TEXT.events), headers=headers)(request)


SERVICE = Service.cases([scenario()])[0]
REFUSAL = reply(ERROR, status=400)
OTHERS = [
    Broken("refuses what is common", Harmless, harmless("common"), REFUSAL, ids({"harmless__common": "400"})),
    Broken("refuses what is rare", Harmless, harmless("exotic"), REFUSAL, ids({"harmless__exotic": "400"})),
    Broken("refuses a version", Harmless, harmless("headers"), REFUSAL, ids({"harmless__headers": "400"})),
    Broken(
        "wants a bearer",
        Admitted,
        Case("x-api-key", {}),
        lambda request: httpx.Response(200 if request.headers.get("authorization") else 401, json={}),
        ids({"harmless__x_api_key": "assert 200 == 401"}),
    ),
    Broken(
        "mixes answers",
        Service,
        SERVICE,
        Habits.mixed,
        ids({"service__at_once": "Bye", "service__streams_at_once": "Bye"}),
    ),
    Broken(
        "same ids",
        Service,
        SERVICE,
        reply(TEXT.body, sse(TEXT.events)),
        ids({"service__ids_differ": "msg_1", "service__request_ids_differ": "req_1"}),
    ),
    Broken("hurt by leaving", Service, SERVICE, Habits.leaving(), ids({"service__survives_leaving": "Bye"})),
    Broken(
        "refuses what it offers",
        Offer,
        Case("text", TEXT.case().request, TEXT.case().expect, detail=frozenset({"text"})),
        REFUSAL,
        ids({"offer__shown": "Field required"}),
    ),
    Broken(
        "ignores tools",
        Offer,
        Case("calls", CALLS.case().request, CALLS.case().expect, detail=frozenset({"tools"})),
        reply(TEXT.body),
        ids({"offer__honest": "needs tools"}),
    ),
]


DEFECTS = [*FAILURES, *LISTS, *OTHERS]
