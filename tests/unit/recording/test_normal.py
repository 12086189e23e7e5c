"""What the API names anew in every run has the same name in every recording."""

import orjson
import pytest

from cmappy.recording.normal import SIGNATURE, Normal, distinct
from tests.unit.recording.said import line


def conversation(*ids):
    """Return a canonical turn with a call and its result for each id."""
    messages = [{"role": "user", "content": [{"type": "text", "text": "Go."}]}]
    for id in ids:
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "f", "input": {"id": id}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": id}]},
        ]
    return {"model": "sonnet", "messages": messages}


def call(id):
    """Return the line that begins a call."""
    block = {"type": "tool_use", "id": id, "name": "f", "input": {}}
    return line({"type": "content_block_start", "index": 0, "content_block": block})


def test_turns_that_differ_in_ids_only_are_equal():
    """The order counts, not the name; what was said about an id stays."""
    one, other = Normal().turn(conversation("toolu_x", "toolu_y")), Normal().turn(conversation("call_1", "toolu_0001"))

    ids = [[block.get("id") or block.get("tool_use_id") for block in m["content"]] for m in one["messages"][1:]]
    assert [["toolu_0001"], ["toolu_0001"], ["toolu_0002"], ["toolu_0002"]] == ids
    assert ids == [
        [block.get("id") or block.get("tool_use_id") for block in m["content"]] for m in other["messages"][1:]
    ]
    assert {"id": "toolu_x"} == one["messages"][1]["content"][0]["input"]
    assert "toolu_x" == one["messages"][2]["content"][0]["content"]


def test_lines_go_on_with_the_names_of_their_turn():
    """A new call is never named as one of the history."""
    normal = Normal()
    normal.turn(conversation("toolu_x"))

    assert [call("toolu_0002"), call("toolu_0001"), call("toolu_0003")] == [
        normal.line(call(id)) for id in ("toolu_new", "toolu_x", "toolu_more")
    ]


def test_signatures_and_encrypted_thinking_are_constants():
    """They differ in each run, and come back in the history."""
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "EqQB"}, {"type": "redacted_thinking", "data": "Eq"}]
    turn = {"model": "m", "messages": [{"role": "assistant", "content": blocks}]}

    [message] = Normal().turn(turn)["messages"]
    assert [SIGNATURE, SIGNATURE] == [message["content"][0]["signature"], message["content"][1]["data"]]
    delta = {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "EqQB"}}
    assert SIGNATURE == orjson.loads(Normal().line(line(delta)))["event"]["delta"]["signature"]


@pytest.mark.parametrize("raw", [b"noise", b'{"tool_use', b'{"a" : "signature"}', b'{"signature":""}', b"[7]"])
def test_other_lines_stay(raw):
    """Byte for byte."""
    assert raw == Normal().line(raw)


def test_new_calls_are_told_apart_from_a_history_that_was_not_replayed():
    """A client with ids of its own must not get one of them for another call."""
    recorded, asked = conversation("toolu_0001"), conversation("toolu_0002")
    lines = [call("toolu_0002"), line({"type": "ping"})]

    assert lines == distinct(lines, recorded, recorded)
    assert [call("toolu_0002_again"), lines[1]] == distinct(lines, asked, recorded)
