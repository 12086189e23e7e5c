"""Bodies: what is JSON is read, and halves of characters cost nothing but themselves."""

import pytest

from cmappy.errors import InvalidRequest
from cmappy.middle import body
from cmappy.middle.body import parse


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'{"a":"\\ud83d"}', {"a": "\ufffd"}),
        (b'{"a":"x\\uDE00y"}', {"a": "x\ufffdy"}),
        (b'{"a":"\\ud83d\\ud83d\\ude00"}', {"a": "\ufffd\U0001f600"}),
        (b'{"a":"\\ude00\\ud83d"}', {"a": "\ufffd\ufffd"}),
        (b'{"\\ud83d":"\\ud83d\\ude00"}', {"\ufffd": "\U0001f600"}),
        (b'{"a":"\\\\ud83d \\ud83d"}', {"a": "\\ud83d \ufffd"}),
        (b'{"a":"\\\\\\ud83d\\\\\\\\ud83d"}', {"a": "\\\ufffd\\\\ud83d"}),
        (b'{"a":"\\uD83D\\uDE00\\uDE00\\udbff\\n"}', {"a": "\U0001f600\ufffd\ufffd\n"}),
        (b'{"a":"\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80\xed\xb8\x80"}', {"a": "\ufffd\U0001f600\ufffd"}),
        (b'{"a":"\xed\xa0\xbd\xed\xb8\x80"}', {"a": "\U0001f600"}),
        (b'{"a":"\xed\xa0\xbd","b":"\\n\\u0000\xc3\xa9"}', {"a": "\ufffd", "b": "\n\0\xe9"}),
        (
            b'{"a":"\\ud83d","n":[1,1.5,-0.0,9007199254740993,true,null]}',
            {"a": "\ufffd", "n": [1, 1.5, -0.0, 9007199254740993, True, None]},
        ),
    ],
)
def test_halves_of_characters_are_replaced_or_joined(sent, read):
    """A conversation is not lost for half of an emoji in it."""
    assert read == parse(sent)


def test_whole_body_is_read_as_usual(monkeypatch):
    """The slower way is for halves only."""
    monkeypatch.setattr(body, "_whole", None)

    assert {"a": "\\ud83d", "b": "\U0001f600"} == parse(b'{"a":"\\\\ud83d","b":"\\ud83d\\ude00"}')


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"{'a':1}",
        b'{"a":"\xe4"}',
        b'{"a":NaN}',
        b'{"a":"\\ud83d"',
        b'{"a":"\\ud83d","b":NaN}',
        b'{"a":"\\ud83d","b":"\xe4"}',
        b'{"a":"\\ud83d","b":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":"\\ud83d","b":1' + b"0" * 5000 + b"}",
    ],
)
def test_anything_else_is_no_json(sent):
    """And says what its reader found."""
    with pytest.raises(InvalidRequest, match="no valid JSON: "):
        parse(sent)


def test_slower_way_is_bounded(monkeypatch):
    """Its time depends on the number of escapes."""
    monkeypatch.setattr(body, "_MOST_ESCAPES", 2)

    with pytest.raises(InvalidRequest):
        parse(b'{"a":"\\ud83d\\n"}')
