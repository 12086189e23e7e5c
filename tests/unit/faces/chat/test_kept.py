"""Stored completions: kept if that was asked for, found by their owner, listed, changed, deleted."""

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionDeleted, ChatCompletionStoreMessage

from cmappy.answer import Began, BlockEnd, Ended, Piece, TextStart, Usage
from cmappy.errors import CmappyError
from cmappy.faces.chat import FACE
from cmappy.faces.face import Caller, Options, Visit
from cmappy.faces.store import Record, Store

ANSWER = [
    Began("claude-sonnet-5-5"),
    TextStart(),
    Piece("Hel"),
    Piece("lo"),
    BlockEnd(),
    Ended("end_turn", Usage(5, 6)),
]
ROUTES = {(endpoint.method, endpoint.path): endpoint.answer for endpoint in FACE.endpoints}
ALL, ONE = "/chat/completions", "/chat/completions/<id>"
PARTS = [{"type": "text", "text": "Hi"}]
MESSAGES = [{"role": "system", "content": "Brief."}, {"role": "user", "content": PARTS}]


@pytest.fixture
def caller():
    """Return a caller with a shelf."""
    return Caller(shelf=Store(1 << 20, 60, lambda: 0.0).shelf("me"))


def answered(caller, token="1", created=1000, **body):
    """Return the completion for a request, fed as the server does it."""
    asked = FACE.read({"model": "sonnet", "messages": MESSAGES, "store": True} | body, Options(), caller)
    reply = asked.reply(asked.turn("sonnet"), token=token, created=created)
    for event in ANSWER:
        for chunk in reply.feed(event):
            reply.add(chunk)
    return reply.whole()


def visit(caller, method, path, id="chatcmpl-1", body=None, **query):
    """Ask one of the further endpoints."""
    query = {name: [value] for name, value in query.items()}
    return ROUTES[method, path](Visit(caller, {"id": id}, query, body))


def test_a_stored_completion_is_the_one_that_was_given(caller):
    """Streamed or not, with its metadata."""
    given = answered(caller, metadata={"a": "b"}, stream=True)
    told = visit(caller, "GET", ONE)

    ChatCompletion.model_validate(told, strict=True)
    assert given | {"metadata": {"a": "b"}} == told


@pytest.mark.parametrize("store", [False, None])
def test_nothing_is_kept_unless_asked(caller, store):
    """The API's default is not to store."""
    answered(caller, store=store)

    with pytest.raises(CmappyError) as caught:
        visit(caller, "GET", ONE)
    assert 404 == caught.value.status


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "<id>" in route[1]])
def test_unknown_completions_are_not_found(caller, method, path):
    """Another API's records are not completions either."""
    caller.shelf.keep("chatcmpl-1", Record("other", 5))

    with pytest.raises(CmappyError) as caught:
        visit(caller, method, path)
    assert 404 == caught.value.status


def test_metadata_is_replaced(caller):
    """And nothing else changes."""
    given = answered(caller)
    changed = visit(caller, "POST", ONE, body={"metadata": {"c": "d"}})

    assert given | {"metadata": {"c": "d"}} == changed == visit(caller, "GET", ONE)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "missing_required_parameter"),
        ({}, "missing_required_parameter"),
        ({"metadata": {"a": 1}}, "invalid_value"),
    ],
)
def test_wrong_metadata_is_refused(caller, body, code):
    """It is an object of texts."""
    answered(caller)

    with pytest.raises(CmappyError) as caught:
        visit(caller, "POST", ONE, body=body)
    assert ("metadata", code) == (caught.value.param, caught.value.code)


def test_wrong_metadata_of_a_request_is_refused_if_it_is_to_be_stored(caller):
    """Before the model is asked."""
    with pytest.raises(CmappyError) as caught:
        answered(caller, metadata=["x"])
    assert "metadata" == caught.value.param
    assert answered(caller, metadata=["x"], store=False)


def test_a_deleted_completion_is_gone(caller):
    """The answer says so."""
    answered(caller)
    told = visit(caller, "DELETE", ONE)

    ChatCompletionDeleted.model_validate(told, strict=True)
    with pytest.raises(CmappyError):
        visit(caller, "GET", ONE)


def test_messages_are_listed_in_order(caller):
    """Each with an id, and with its parts if it has some."""
    answered(caller)
    told = visit(caller, "GET", f"{ONE}/messages")["data"]

    assert ["chatcmpl-1-0", "chatcmpl-1-1"] == [message["id"] for message in told]
    assert [("Brief.", None), (None, PARTS)] == [(message["content"], message["content_parts"]) for message in told]
    ChatCompletionStoreMessage.model_validate({**told[0], "role": "assistant"})


def test_completions_are_listed_oldest_first(caller):
    """Of one model, with certain metadata, page by page."""
    answered(caller, "2", 2000, metadata={"a": "b"})
    answered(caller, "1", 1000)

    def ids(**query):
        return [each["id"] for each in visit(caller, "GET", ALL, **query)["data"]]

    assert ["chatcmpl-1", "chatcmpl-2"] == ids() == ids(model="claude-sonnet-5-5")
    assert ["chatcmpl-2"] == ids(**{"metadata[a]": "b"}) == ids(after="chatcmpl-1") == ids(order="desc", limit="1")
    assert [] == ids(model="opus")
