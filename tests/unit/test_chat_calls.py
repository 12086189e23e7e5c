"""The model's calls as deltas."""

from cmappy.faces.chat.calls import Calls


def said(calls, *steps):
    """Return the deltas of several steps: each is the method and what it is given."""
    deltas = []
    for kind, value in steps:
        match kind:
            case "start":
                deltas += calls.start(*value)
            case "feed":
                deltas += calls.feed(value)
    return deltas


ONE = [("start", ("a", "f")), ("feed", '{"x"'), ("feed", ":1}")]
OTHER = [("start", ("b", "g")), ("feed", "{}")]


def test_id_and_name_are_said_once():
    """The SDK concatenates: `call_1call_1`."""
    expected = [
        {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
    ]

    assert expected == said(Calls(), *ONE)


def test_calls_are_counted_from_zero():
    """A first index of 1 is an IndexError in the SDK."""
    indexes = [delta["tool_calls"][0]["index"] for delta in said(Calls(), *ONE, *OTHER)]

    assert [0, 0, 0, 1, 1] == indexes


def test_older_form_has_room_for_one_call():
    """`function_call` has no id and no index; a second call would be mixed into the first."""
    expected = [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": '{"x"'}},
        {"function_call": {"arguments": ":1}"}},
    ]

    assert expected == said(Calls(legacy=True), *ONE, *OTHER)


def test_finish_reason_fits_the_form():
    """The older form has its own."""
    assert ("tool_calls", "function_call") == (Calls().finish_reason, Calls(legacy=True).finish_reason)
