"""A request asks for a scenario by header or by model, and only where answers are replayed."""

import pytest

from cmappy.errors import InvalidRequest
from cmappy.recording.faults import wanted
from cmappy.status import Status

REPLAY, LIVE = (Status(provider, "2.1.330", "none", ()) for provider in ("replay", "claude-code-cli"))


@pytest.mark.parametrize(
    ("header", "model", "expected"),
    [
        pytest.param(None, "sonnet", None, id="none"),
        pytest.param("overloaded", "sonnet", "scenario/overloaded", id="header"),
        pytest.param(None, "scenario/slow", "scenario/slow", id="model"),
        pytest.param("slow", "scenario/overloaded", "scenario/slow", id="header before model"),
    ],
)
def test_scenario_is_asked_for_by_header_or_model(header, model, expected):
    """What comes back stands for the scenario in place of a model."""
    assert expected == wanted(header, model, REPLAY)


@pytest.mark.parametrize(
    ("header", "model", "status", "reason", "param"),
    [
        pytest.param("overload", "sonnet", REPLAY, "no scenario 'overload'. There are: plan-", None, id="header"),
        pytest.param(None, "scenario/", REPLAY, "no scenario ''. There are: plan-", "model", id="model"),
        pytest.param("x" * 500, "sonnet", REPLAY, f"no scenario '{'x' * 60}'.", None, id="long"),
        pytest.param("overloaded", "sonnet", LIVE, "need a server that runs with `--replay`", None, id="live, header"),
        pytest.param(None, "scenario/slow", LIVE, "need a server that runs with `--replay`", "model", id="live, model"),
    ],
)
def test_scenario_that_cannot_be_had_is_refused(header, model, status, reason, param):
    """With the names that there are, and never by a real answer instead."""
    with pytest.raises(InvalidRequest) as refused:
        wanted(header, model, status)

    assert (True, param) == (reason in refused.value.message, refused.value.param)


def test_real_answers_need_no_scenario():
    """A live server treats every other request as ever."""
    assert wanted(None, "sonnet", LIVE) is None
