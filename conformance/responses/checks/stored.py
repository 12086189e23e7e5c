"""What is kept: retrieved, listed, deleted, and continued in each of the ways that clients have."""

from __future__ import annotations

from conformance.common.exchange import is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.stored import Continued, Stored


@check("responses.stored.retrieve", MUST)
def retrieve(stored: Stored) -> None:
    """API reference, "Get a model response": the object is the one that was made."""
    assert 200 == stored.retrieved.status, stored.retrieved.text
    assert stored.made.body == stored.retrieved.json()


@check("responses.stored.items", MUST)
def items(stored: Stored) -> None:
    """API reference, "List input items": a list of the items that the response answers, each with an id."""
    listed = stored.items.json()

    assert "list" == pick(listed, "object"), stored.items.text
    assert [] == [item for item in pick(listed, "data") or ["nothing"] if not is_text(pick(item, "id"))]


@check("responses.stored.sdk", MUST)
def sdk(stored: Stored) -> None:
    """`client.responses.retrieve()` and `.input_items.list()`, validating."""
    told = stored.sdk()

    assert (stored.id, True) == told, told


@check("responses.stored.async-sdk", MUST)
def async_sdk(stored: Stored) -> None:
    """The same by the async client."""
    told = stored.async_sdk()

    assert (stored.id, True) == told, told


@check("responses.stored.delete", MUST)
def delete(stored: Stored) -> None:
    """API reference, "Delete a model response": it says so, with the object's id."""
    deleted, _ = stored.deleted

    assert (200, True) == (deleted.status, pick(deleted.json(), "deleted")), deleted.text


@check("responses.stored.gone", MUST)
def gone(stored: Stored) -> None:
    """What was deleted cannot be retrieved any more: status 404."""
    _, asked = stored.deleted

    assert 404 == asked.status, asked.text


@check("responses.stored.store-false", MUST)
def store_false(stored: Stored) -> None:
    """API reference, `store`: what was not to be stored cannot be retrieved."""
    assert 404 == stored.not_stored.status, stored.not_stored.text


@check("responses.continued.previous", MUST, "previous")
def previous(answer: Continued) -> None:
    """API reference, `previous_response_id`: a response goes on from an earlier one, of which nothing is sent again."""
    assert (200, _wanted(answer)) == (answer.exchange.status, _told(answer)), answer.exchange.text


@check("responses.continued.references", SHOULD, "references")
def references(answer: Continued) -> None:
    """The AI SDK sends an `item_reference` in place of each item that it got: the conversation is the same."""
    assert (200, _wanted(answer)) == (answer.exchange.status, _told(answer)), answer.exchange.text


@check("responses.continued.items", MUST, "items")
def sent_again(answer: Continued) -> None:
    """Most clients send the items back as they came: each is taken, with its id and status."""
    assert (200, _wanted(answer)) == (answer.exchange.status, _told(answer)), answer.exchange.text


@check("responses.continued.sealed", MUST, "sealed")
def sealed(answer: Continued) -> None:
    """With `store: false` and `encrypted_content` nothing is kept, and the items are sent back with it."""
    assert (200, _wanted(answer)) == (answer.exchange.status, _told(answer)), answer.exchange.text


def _wanted(answer: Continued) -> tuple[object, object]:
    expect = answer.expect
    return (_told(answer)[0] if expect.content is None else expect.content), list(expect.calls)


def _told(answer: Continued) -> tuple[object, object]:
    return answer.response.text, answer.response.told_calls
