"""Lists of models, each with one defect."""

import json
from copy import deepcopy

import httpx

from conformance.chat.subjects.models import Lookup, Models
from conformance.common.cases import Case
from tests.conformance_checks.defects import Broken, drop, ids, put
from tests.conformance_checks.defects.flavours import JSON

OPUS = {"id": "claude opus/4", "object": "model", "created": 1, "owned_by": "anthropic"}
SONNET = {"id": "sonnet", "object": "model", "created": 1, "owned_by": "anthropic"}
LIST = {"object": "list", "data": [OPUS, SONNET]}
MODELS = Case("models", {"model": "sonnet"})


def models(name, edit, headers=JSON, status=200, **caught_by):
    """Return a server whose list of models has one edit; its single models and its HEAD are right."""

    def server(request):
        if request.url.path.endswith("/models"):
            listed = edit(deepcopy(LIST))
            content = "" if request.method == "HEAD" else json.dumps(listed)
            return httpx.Response(status, headers=headers, content=content)
        return single(request)

    return Broken(name, Models, MODELS, server, ids(caught_by))


def one(name, edit, **caught_by):
    """Return a server whose list is right, and whose single model has one edit."""

    def server(request):
        listing = request.url.path.endswith("/models")
        content = "" if request.method == "HEAD" else json.dumps(LIST)
        return httpx.Response(200, headers=JSON, content=content) if listing else edit(request)

    return Broken(name, Lookup, MODELS, server, ids(caught_by))


def single(request):
    """Answer for a single model."""
    known = {model["id"]: model for model in LIST["data"]}
    id = request.url.path.rpartition("/models/")[2]
    return httpx.Response(200, headers=JSON, json=known[id]) if id in known else missing(request)


def missing(request):
    """Answer that there is no such model."""
    return httpx.Response(404, headers=JSON, json={"error": {"message": "no such model"}})


def unquoted(request):
    """Look a model up without understanding quoted letters."""
    return missing(request) if b"%" in request.url.raw_path else single(request)


def changed(request):
    """Answer with a model that is not valid by the SDK."""
    return httpx.Response(200, headers=JSON, json=OPUS | {"created": 1.5})


def good(request):
    """Answer as it should be."""
    listing = request.url.path.endswith("/models")
    content = "" if request.method == "HEAD" else json.dumps(LIST)
    return httpx.Response(200, headers=JSON, content=content) if listing else single(request)


def headless(request):
    """Refuse HEAD."""
    listing = request.url.path.endswith("/models")
    refused = httpx.Response(405, headers=JSON)
    return refused if request.method == "HEAD" else httpx.Response(200, json=LIST) if listing else single(request)


def nothing(body):
    """Leave the list as it is."""
    return body


DEFECTS = [
    models("no list", nothing, status=500, models__status="500", models__object="500"),
    models("list as text", nothing, headers={"content-type": "text/plain"}, models__content_type="text/plain"),
    models("no request id", nothing, headers={"content-type": "application/json"}, models__request_id="x-request-id"),
    models("bare list", lambda body: body["data"], models__object="no list object", models__sdk="claude"),
    models("wrong object", put("object", value="models"), models__object="models"),
    models("empty list", put("data", value=[]), models__not_empty="[]"),
    models("no data", drop("data"), models__not_empty="None"),
    models(
        "names for ids",
        lambda body: put("data", 0, "name", value="x")(drop("data", 0, "id")(body)),
        models__id="MISSING",
    ),
    models("same id twice", put("data", 1, value=OPUS), models__ids_differ="claude opus/4"),
    models("wrong model object", put("data", 0, "object", value="llm"), models__model_object="llm"),
    models("text created", put("data", 0, "created", value="2026"), models__created="2026"),
    models(
        "no owner",
        drop("data", 0, "owned_by"),
        models__owner="MISSING",
        models__sdk_validates="owned_by",
        models__sdk_async="owned_by",
    ),
    models("data is an object", put("data", value={"0": OPUS}), models__sdk="no list of models"),
    models("models are texts", put("data", value=["sonnet"]), models__sdk="AttributeError"),
    one(
        "unknown to lookup",
        missing,
        models__lookup="no such model",
        models__sdk_lookup="NotFoundError",
        models__asked_is_known="404",
    ),
    one("quoted letters", unquoted, models__lookup="no such model"),
    one("float created in lookup", changed, models__sdk_lookup="created", models__lookup="1.5"),
    Broken("no HEAD", Models, MODELS, headless, {"models.head": "405"}),
]
