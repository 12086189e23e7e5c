"""A delta is the same event as one that is encoded at once."""

import orjson

from cmappy.faces.responses.events import Delta, Event, head


def data(frame: bytes) -> dict:
    """Return what a server-sent event carries."""
    name, data = frame.removesuffix(b"\n\n").split(b"\n")
    told = orjson.loads(data.removeprefix(b"data: "))
    assert name == b"event: " + told["type"].encode()
    return told


def test_a_delta_is_an_event_like_any_other():
    """Its shared beginning is made once; nobody can tell."""
    body = {"item_id": "msg_1", "output_index": 0}
    quick = Delta(head("response.output_text.delta", body), 'é "\n').encode(7)
    plain = Event("response.output_text.delta", {**body, "delta": 'é "\n'}).encode(7)

    assert data(plain) == data(quick)
