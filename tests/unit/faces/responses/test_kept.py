"""Stored responses: found by their owner, listed, deleted; and a turn built from them is the one sent in full."""

import pytest
from openai.types.responses import Response, ResponseItem
from pydantic import TypeAdapter

from cmappy.answer import Began, BlockEnd, CallStart, Ended, Piece, TextStart, ThinkingStart
from cmappy.errors import CmappyError
from cmappy.faces.face import Caller, Options, Visit
from cmappy.faces.responses import FACE
from cmappy.faces.store import Record, Store

ITEM = TypeAdapter(ResponseItem)
ROUTES = {(endpoint.method, endpoint.path): endpoint.answer for endpoint in FACE.endpoints}
ANSWER = [
    Began("claude-sonnet-5-5"),
    ThinkingStart(),
    Piece("Hm."),
    BlockEnd("sig"),
    TextStart(),
    Piece("Hello"),
    BlockEnd(),
    CallStart("toolu_1", "f"),
    Piece("{}"),
    BlockEnd(),
    Ended("tool_use"),
]
OUTPUT = {"type": "function_call_output", "call_id": "toolu_1", "output": "done"}
TOOLS = [{"type": "function", "name": "f"}]


@pytest.fixture
def store():
    """Return a store that forgets nothing."""
    return Store(1 << 20, 60, lambda: 0.0)


@pytest.fixture
def caller(store):
    """Return a caller with a shelf in that store."""
    return Caller(shelf=store.shelf("me"))


def answered(caller, token="1", **body):
    """Return the response to a request."""
    asked = FACE.read({"model": "sonnet", "input": "Hi", "tools": TOOLS} | body, Options(), caller)
    reply = asked.reply(asked.turn("sonnet"), token=token * 32, created=1000)
    for event in ANSWER:
        for wire in reply.feed(event):
            reply.add(wire)
    return reply.whole()


def turn(caller, **body):
    """Return the turn of a request."""
    return FACE.read({"model": "sonnet", "tools": TOOLS} | body, Options(), caller).turn("sonnet")


def visit(caller, method, path, **more):
    """Ask one of the further endpoints."""
    return ROUTES[method, path](Visit(caller, **more))


def refused(caller, method, path, **more):
    """Return the status and the param of a request that is refused."""
    with pytest.raises(CmappyError) as caught:
        visit(caller, method, path, **more)
    return caught.value.status, caught.value.param


def test_a_turn_built_from_the_store_is_the_one_whose_client_sent_everything(caller):
    """Whether it names the response, refers to its items or sends them: the model is asked the same."""
    first = answered(caller)
    second = answered(caller, "2", input=[OUTPUT], previous_response_id=first["id"])
    sealed = answered(Caller(), include=["reasoning.encrypted_content"])["output"]

    begin = {"role": "user", "content": "Hi"}
    again = [begin, *sealed, OUTPUT, *[item | {"id": item["id"] + "2"} for item in sealed], OUTPUT]
    refer = [{"type": "item_reference", "id": item["id"]} for item in first["output"]]
    refer_again = [{"id": item["id"]} for item in second["output"]]
    told = turn(Caller(), input=again)
    assert told == turn(caller, input=[OUTPUT], previous_response_id=second["id"])
    assert told == turn(caller, input=[begin, *refer, OUTPUT, *refer_again, OUTPUT])


def test_paths_name_the_clients_own_items(caller):
    """What comes from the store is not counted."""
    id = answered(caller)["id"]
    with pytest.raises(CmappyError) as caught:
        turn(caller, input=[OUTPUT, {"role": "user"}], previous_response_id=id)

    assert "input[1].content" == caught.value.param


@pytest.mark.parametrize("body", [{"store": False}], ids=["store false"])
def test_nothing_is_kept_against_the_clients_will(caller, store, body):
    """`store: false` leaves no trace."""
    response = answered(caller, **body)

    assert (404, None) == refused(caller, "GET", "/responses/<id>", args={"id": response["id"]})
    assert 0 == store.size


def test_a_response_is_retrieved_as_it_was_given(caller):
    """Sealed thinking comes with it only if it is asked for."""
    response = answered(caller)
    plain = visit(caller, "GET", "/responses/<id>", args={"id": response["id"]})
    sealed = visit(
        caller,
        "GET",
        "/responses/<id>",
        args={"id": response["id"]},
        query={"include[]": ["reasoning.encrypted_content"]},
    )

    assert response == plain
    Response.model_validate(sealed, strict=True)
    assert "encrypted_content" in sealed["output"][0]


def test_a_response_is_not_streamed_again(caller):
    """Only background responses could need that."""
    id = answered(caller)["id"]

    assert (400, "stream") == refused(caller, "GET", "/responses/<id>", args={"id": id}, query={"stream": ["true"]})


def test_a_deleted_response_is_gone_but_what_continues_it_stays(caller):
    """A later response still knows the whole conversation."""
    first = answered(caller)
    second = answered(caller, "2", input=[OUTPUT], previous_response_id=first["id"])
    deleted = visit(caller, "DELETE", "/responses/<id>", args={"id": first["id"]})

    assert {"id": first["id"], "object": "response", "deleted": True} == deleted
    assert (404, None) == refused(caller, "DELETE", "/responses/<id>", args={"id": first["id"]})
    assert 5 == len(turn(caller, input=[OUTPUT], previous_response_id=second["id"]).messages)


@pytest.mark.parametrize("id", ["resp_x", "msg_x", ""])
@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "<id>" in route[1]], ids=lambda value: value)
def test_unknown_ids_are_not_found(caller, method, path, id):
    """Whatever is asked of them."""
    assert (404, None) == refused(caller, method, path, args={"id": id})


def test_the_id_of_an_item_is_no_response(caller):
    """Only references in an input may name it."""
    item = answered(caller)["output"][0]["id"]

    assert (404, None) == refused(caller, "GET", "/responses/<id>", args={"id": item})


def test_another_owner_finds_nothing(caller, store):
    """Neither the response nor its items."""
    response = answered(caller)
    other = Caller(shelf=store.shelf("other"))

    assert (404, None) == refused(other, "GET", "/responses/<id>", args={"id": response["id"]})
    for body in (
        {"input": [OUTPUT], "previous_response_id": response["id"]},
        {"input": [{"type": "item_reference", "id": response["output"][1]["id"]}]},
    ):
        with pytest.raises(CmappyError):
            turn(other, **body)


def test_a_response_is_no_item(caller):
    """A reference names an item of the output."""
    with pytest.raises(CmappyError) as caught:
        turn(caller, input=[{"type": "item_reference", "id": answered(caller)["id"]}])

    assert (404, "input") == (caught.value.status, caught.value.param)


def test_unknown_reasoning_is_dropped(caller):
    """The answer does not depend on it; a client that kept no thinking goes on."""
    assert turn(caller, input="Hi") == turn(
        caller, input=[{"type": "item_reference", "id": "rs_gone"}, {"role": "user", "content": "Hi"}]
    )


def test_a_complete_response_cannot_be_cancelled(caller):
    """Only background responses can."""
    assert (400, "background") == refused(caller, "POST", "/responses/<id>/cancel", args={"id": answered(caller)["id"]})


def listed(caller, id, **query):
    """Return a page of input items."""
    query = {name: [value] for name, value in query.items()}
    return visit(caller, "GET", "/responses/<id>/input_items", args={"id": id}, query=query)


def test_input_items_are_listed_with_ids_newest_first(caller):
    """Those of the responses that it continues are among them."""
    first = answered(caller, input=[{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Hi"}])
    second = answered(caller, "2", input=[OUTPUT], previous_response_id=first["id"])
    page = listed(caller, second["id"])

    for item in page["data"]:
        ITEM.validate_python(item, strict=True)
    kinds = ["function_call_output", "function_call", "message", "reasoning", "message", "message"]
    assert kinds == [item["type"] for item in page["data"]]
    assert page["data"] == listed(caller, second["id"], order="asc")["data"][::-1]
    assert (page["data"][0]["id"], page["data"][-1]["id"], False) == (
        page["first_id"],
        page["last_id"],
        page["has_more"],
    )


def test_pages_follow_each_other(caller):
    """`after` and `limit` walk through all items."""
    first = answered(caller)
    second = answered(caller, "2", input=[OUTPUT], previous_response_id=first["id"])
    whole = listed(caller, second["id"])["data"]
    page = listed(caller, second["id"], limit="2")
    rest = listed(caller, second["id"], limit="10", after=page["last_id"])

    assert (True, False) == (page["has_more"], rest["has_more"])
    assert whole == page["data"] + rest["data"]
    assert [] == listed(caller, second["id"], after=rest["last_id"])["data"]


@pytest.mark.parametrize("query", [{"limit": "101"}, {"limit": "x"}, {"order": "up"}, {"after": "item_x"}])
def test_a_wrong_page_is_refused(caller, query):
    """The parameter is named."""
    id = answered(caller)["id"]
    with pytest.raises(CmappyError) as caught:
        listed(caller, id, **query)

    assert (400, next(iter(query))) == (caught.value.status, caught.value.param)


@pytest.mark.parametrize(("headers", "status"), [({"upgrade": "WebSocket"}, 426), ({}, 405)])
def test_a_websocket_is_refused_in_a_way_that_leads_to_http(caller, headers, status):
    """Clients that try a WebSocket first go on at once after this status."""
    assert (status, None) == refused(Caller(headers=headers), "GET", "/responses")


def test_what_is_kept_is_counted(caller, store):
    """Every byte of the request and the response that is held."""
    answered(caller, input="x" * 10_000)

    assert 10_000 < store.size < 20_000


def test_other_apis_records_are_not_responses(caller):
    """The store is shared with chat completions."""
    caller.shelf.keep("resp_1", Record("chat", 4))

    assert (404, None) == refused(caller, "GET", "/responses/<id>", args={"id": "resp_1"})
    with pytest.raises(CmappyError):
        turn(caller, input="Hi", previous_response_id="resp_1")


def test_an_item_is_referred_to_once(caller):
    """As in OpenAI's API; a few bytes must not become a conversation of any size."""
    id = answered(caller)["output"][1]["id"]

    with pytest.raises(CmappyError, match=f"Duplicate item found with id '{id}'") as refusal:
        turn(caller, input=[{"type": "item_reference", "id": id}] * 2)
    assert (400, "input") == (refusal.value.status, refusal.value.param)
