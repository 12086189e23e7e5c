"""Signed thinking comes back exactly, for the model that thought it; everything else is dropped."""

import base64

import pytest

from cmappy.faces.responses.sealed import seal, unseal
from cmappy.turn import Opaque, Thinking

THOUGHT = Thinking("Hm, \u2028 \U0001f600", "c2ln")
REDACTED = Opaque('{"type":"redacted_thinking","data":"abc"}')


def packed(json: bytes) -> str:
    """Return a text that looks like a sealed block."""
    return "cmappy1." + base64.urlsafe_b64encode(json).decode()


@pytest.mark.parametrize("block", [THOUGHT, REDACTED], ids=["thinking", "redacted"])
@pytest.mark.parametrize("model", ["sonnet", "claude-sonnet-5-5"])
def test_a_block_comes_back_for_its_own_model(block, model):
    """Both names of the model are its own."""
    assert block == unseal(seal(block, ["sonnet", "claude-sonnet-5-5"]), model)


def test_another_models_block_is_dropped():
    """The API refuses the signatures of other models."""
    assert unseal(seal(THOUGHT, ["sonnet"]), "opus") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gAAAAABo",
        "cmappy1.",
        "cmappy1.%%%",
        "cmappy1.é",
        seal(THOUGHT, ["sonnet"])[:-9],
        packed(b"[]"),
        packed(b"null"),
        packed(b'{"models":"sonnet"}'),
        packed(b'{"models":7,"block":{}}'),
        packed(b'{"models":["sonnet"],"block":{"type":"thinking","thinking":"x","signature":""}}'),
        packed(b'{"models":["sonnet"],"block":{"type":"text","text":"x"}}'),
        packed(b'{"models":["sonnet"],"block":{"type":"redacted_thinking","data":1}}'),
    ],
)
def test_what_is_no_sealed_block_is_dropped(text):
    """OpenAI's own, and what was cut off, changed or made up: none of it stops the request."""
    assert unseal(text, "sonnet") is None
