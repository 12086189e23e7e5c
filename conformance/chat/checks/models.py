"""The list of models (API reference, "Models")."""

from __future__ import annotations

from conformance.chat.subjects.models import Lookup, Models
from conformance.common.exchange import is_integer, is_text, pick, without
from conformance.common.registry import MUST, SHOULD, check


@check("models.status", MUST)
def status(models: Models) -> None:
    """API reference: `GET /models` answers with status 200; Open WebUI, n8n and others test a server by it."""
    assert 200 == models.listed.status, models.listed.text


@check("models.content-type", MUST)
def content_type(models: Models) -> None:
    """The list is `application/json`."""
    assert "application/json" == models.listed.headers.get("content-type", "").partition(";")[0]


@check("models.request-id", SHOULD)
def request_id(models: Models) -> None:
    """API reference, "Debugging requests": every response has `x-request-id`."""
    assert models.listed.headers.get("x-request-id"), "no `x-request-id` header"


@check("models.object", MUST)
def list_object(models: Models) -> None:
    """API reference: the object is a `list` with `data`; a bare array raises AttributeError in the SDK."""
    assert "list" == models.body.get("object")


@check("models.not-empty", MUST)
def not_empty(models: Models) -> None:
    """A server that answers has a model; programs offer the list to their users."""
    assert models.body.get("data"), f"`data` is {models.body.get('data')!r}"


@check("models.id", MUST)
def identifiers(models: Models) -> None:
    """SDK: Model.id is a required str."""
    assert [] == [id for id in models.each("id") if not is_text(id)]


@check("models.ids-differ", SHOULD)
def ids_differ(models: Models) -> None:
    """API reference: the id is what requests name the model by, so each stands there once."""
    assert sorted(set(map(str, models.each("id")))) == sorted(map(str, models.each("id")))


@check("models.model-object", MUST)
def model_object(models: Models) -> None:
    """SDK: Model.object is Literal["model"]."""
    assert [] == without(models.each("object"), ["model"])


@check("models.created", MUST)
def created(models: Models) -> None:
    """SDK: Model.created is a required int."""
    assert [] == [told for told in models.each("created") if not is_integer(told)]


@check("models.owner", MUST)
def owner(models: Models) -> None:
    """SDK: Model.owned_by is a required str."""
    assert [] == [told for told in models.each("owned_by") if not is_text(told)]


@check("models.sdk", MUST)
def sdk(models: Models) -> None:
    """`client.models.list()` iterates over the models."""
    assert models.each("id") == models.seen(strict=False).ids, models.seen(strict=False).complaint


@check("models.sdk-validates", MUST)
def sdk_validates(models: Models) -> None:
    """`client.models.list()` with `_strict_response_validation=True`."""
    assert "" == models.seen(strict=True).complaint


@check("models.sdk-async", MUST)
def sdk_async(models: Models) -> None:
    """`async for model in client.models.list()`, validating."""
    assert "" == models.seen_async().complaint


@check("models.lookup", MUST)
def lookup(models: Lookup) -> None:
    """API reference: `GET /models/{id}` gives the same object, also if the URL quotes every letter of the id."""
    assert models.listed == models.first.json(), models.first.text


@check("models.sdk-lookup", MUST)
def sdk_lookup(models: Lookup) -> None:
    """`client.models.retrieve()` with `_strict_response_validation=True`."""
    assert "" == models.looked_up().complaint


@check("models.asked-is-known", SHOULD)
def asked_is_known(models: Lookup) -> None:
    """The model that requests name can be looked up: programs do that before they use it."""
    assert pick(models.asked.json(), "id"), f"status {models.asked.status}: {models.asked.text}"


@check("models.head", SHOULD)
def head(models: Models) -> None:
    """HTTP, RFC 9110 9.3.2: where GET works, HEAD does, without a body; monitors use it."""
    assert (200, b"") == (models.head.status, models.head.body)
