"""A text to go on with: what the model is asked, and what the client gets."""

import orjson
import pytest
from openai.types import Completion

from cmappy import answer, errors
from cmappy.errors import InvalidRequest
from cmappy.faces.completions import FACE
from cmappy.faces.completions.turn import CONTINUE, FILL
from cmappy.faces.face import Caller, Options

USAGE = answer.Usage(3, 9, 2, 4)
EVENTS = (
    answer.Routed("live"),
    answer.Began("claude-x", USAGE),
    answer.ThinkingStart(),
    answer.Piece("hm"),
    answer.BlockEnd(),
    answer.TextStart(),
    answer.Piece("wor"),
    answer.Piece("ld"),
    answer.BlockEnd(),
)


def asked(options=None, **more):
    """Return a request as the face reads it."""
    return FACE.read({"model": "sonnet", "prompt": "Hello, ", **more}, options or Options(), Caller())


def replied(reason="end_turn", **more):
    """Return the stream of an answer, and the completion that it adds up to."""
    read = asked(**more)
    reply = read.reply(read.turn("sonnet"), token="0" * 32, created=7)
    wire = [wire for event in (*EVENTS, answer.Ended(reason, USAGE)) for wire in reply.feed(event)]
    for one in wire:
        reply.add(one)
    return [orjson.loads(sent[6:]) for one in wire if (sent := reply.encode(one))], reply.whole()


def test_model_is_asked_to_go_on_without_thinking():
    """The prompt stays as it is."""
    assert {
        "model": "sonnet",
        "system": CONTINUE,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello, "}]}],
        "max_tokens": 256,
        "effort": "none",
        "stop": ["\n"],
    } == asked(stop=["\n", ""]).turn("sonnet").canonical()


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a", "suffix": "b"},
        {"prompt": "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"},
        {"prompt": "<PRE>a<SUF>b<MID>"},
        {"prompt": "<fim_prefix>a<fim_suffix>b<fim_middle>\n"},
        {"prompt": "<\uff5cfim\u2581begin\uff5c>a<\uff5cfim\u2581hole\uff5c>b<\uff5cfim\u2581end\uff5c>"},
    ],
    ids=str,
)
def test_gap_is_filled(fields):
    """Whether the client names what follows it, or an editor writes it into the prompt."""
    turn = asked(**fields).turn("sonnet")

    assert (FILL, "<prefix>a</prefix><suffix>b</suffix>") == (turn.system, turn.messages[0].content[0].text)


def test_one_prompt_in_a_list_is_a_prompt():
    """Some clients always send a list."""
    assert "x" == asked(prompt=["x"]).turn("sonnet").messages[0].content[0].text


def test_stream_is_made_of_completions():
    """Pieces without a reason, then the reason."""
    stream, _ = replied()

    assert [("wor", None), ("ld", None), ("", "stop")] == [
        (piece["choices"][0]["text"], piece["choices"][0]["finish_reason"]) for piece in stream
    ]
    assert {("cmpl-" + "0" * 32, "text_completion", 7, "claude-x")} == {
        (piece["id"], piece["object"], piece["created"], piece["model"]) for piece in stream
    }


def test_usage_comes_last_if_it_was_asked_for():
    """Without choices; the other pieces say that they have none."""
    stream, _ = replied(stream_options={"include_usage": True})

    assert ([], {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}) == (
        stream[-1]["choices"],
        stream[-1]["usage"],
    )
    assert [None] * 3 == [piece["usage"] for piece in stream[:-1]]


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
    ],
)
def test_whole_completion_is_what_the_sdk_takes(reason, finish_reason):
    """Strictly."""
    _, whole = replied(reason)

    assert ("world", finish_reason) == (whole["choices"][0]["text"], whole["choices"][0]["finish_reason"])
    Completion.model_validate(whole, strict=True)


def test_echo_comes_first():
    """The prompt, then what follows it."""
    _, whole = replied(echo=True)

    assert "Hello, world" == whole["choices"][0]["text"]


def test_answer_that_breaks_off_ends_in_an_error():
    """As in OpenAI's API."""
    reply = asked().reply(asked().turn("sonnet"), token="0" * 32, created=7)

    assert b'data: {"error":{"message":"x"' == reply.broken(errors.CliFailed("x"))[:29]


def test_error_is_openais():
    """With its own envelope."""
    fault = FACE.fault(errors.InvalidRequest("x", param="prompt"), "req_1")

    assert (400, "prompt", {}) == (fault.status, fault.body["error"]["param"], fault.headers)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": [[1, 2], [3]]}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"n": 2}, "n"),
        ({"best_of": 3}, "best_of"),
        ({"logprobs": 1}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"prompt": None, "messages": []}, "messages"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused(fields, param):
    """Each with the field that asks for it."""
    body = {name: value for name, value in {"prompt": "x", **fields}.items() if value is not None}

    with pytest.raises(InvalidRequest) as caught:
        FACE.read({"model": "sonnet", **body}, Options(), Caller()).turn("sonnet")

    assert param == caught.value.param


def test_body_must_be_an_object():
    """The message says what one is."""
    with pytest.raises(InvalidRequest, match="prompt"):
        FACE.read([], Options(), Caller())


def test_sampling_is_forwarded_if_that_is_wanted():
    """And ignored, and named, if not."""
    forwarding = asked(Options(forward_sampling=True), temperature=2, top_p=0.5)

    assert ((("temperature", 1.0), ("top_p", 0.5)), []) == (forwarding.turn("sonnet").sampling, forwarding.ignored())
    assert ["seed", "temperature"] == asked(temperature=0, seed=1).ignored()


def test_model_and_stream_are_the_clients():
    """The server asks for both."""
    assert ("sonnet", True) == (asked(stream=True).request.model, asked(stream=True).request.stream)
