"""Every recording is translated into exactly the bytes that were reviewed: tests/replay/__snapshots__/."""

import orjson
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tools import scenario as scenarios

ALL = scenarios.load()
FAILING = [pytest.param(scenario, id=scenario.name) for scenario in ALL if "error" in scenario.expect]
WHOLE = [pytest.param(scenario, id=scenario.name) for scenario in ALL if "error" not in scenario.expect]


def test_stream(answer, reviewed_stream):
    """The stream of a recorded answer, with usage, is the reviewed one."""
    assert reviewed_stream == answer.stream()


def test_plain(answer, reviewed_plain):
    """The plain form of a recorded answer is the reviewed one."""
    assert reviewed_plain == answer.plain()


def test_answer_is_what_the_scenario_expects(scenario, answer):
    """The words, calls, reasons and errors of an answer are those that the scenario names."""
    told = answer.told()

    assert {"error": None, **scenario.expect} == {key: told.get(key) for key in {"error", *scenario.expect}}


def test_chunks_are_the_sdks(answer):
    """The official SDK's own model takes every chunk."""
    for chunk in answer.chunks:
        ChatCompletionChunk.model_validate_json(chunk.encode(with_usage=True).removeprefix(b"data: "))


@pytest.mark.parametrize("scenario", WHOLE, indirect=True)
def test_completion_is_the_sdks(answer):
    """The official SDK's own model takes the plain answer."""
    ChatCompletion.model_validate_json(answer.plain())


@pytest.mark.parametrize("scenario", FAILING, indirect=True)
def test_error_is_openais(answer):
    """An error has exactly the four fields that OpenAI's own have."""
    assert {"message", "type", "param", "code"} == orjson.loads(answer.plain())["error"].keys()


def test_request_has_the_key_of_its_recording(turn, recording):
    """A scenario's request is translated into the turn that was recorded: replaying finds it."""
    assert recording.turn == turn.canonical()
