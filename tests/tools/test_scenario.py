"""Scenarios are checked when they are read, and the stub answers each request by the scenario it belongs to."""

import json

import pytest

from tools.scenario import load
from tools.upstream.scenarios import Scenarios

GOOD = {
    "about": "A greeting.",
    "request": {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]},
    "upstream": [{"text": "Hello"}],
    "expect": {"content": "Hello"},
    "tags": ["text"],
}


@pytest.fixture
def put(tmp_path):
    """Write a scenario into a folder, like the good one but for some keys; None removes one."""

    def write(name, **changes):
        told = {key: value for key, value in (GOOD | changes).items() if value is not None}
        (tmp_path / f"{name}.json").write_text(json.dumps(told))

    return write


@pytest.fixture
def ask(tmp_path):
    """Ask the stub's scenarios as a process of the CLI does."""
    answers = None

    def answer(*messages, process="one"):
        nonlocal answers
        answers = answers or Scenarios(load(tmp_path))
        return answers({"messages": list(messages), "metadata": {"user_id": process}})

    return answer


def asked(content):
    """Build a request's fields that end with this content."""
    return {"model": "sonnet", "messages": [{"role": "user", "content": content}]}


def user(*blocks):
    """Build a user message of the Messages API."""
    return {"role": "user", "content": list(blocks)}


def text(words):
    """Build a text block."""
    return {"type": "text", "text": words}


def test_scenarios_are_read_in_order_of_their_names(put, tmp_path):
    """A file's name is the scenario's."""
    put("b", request=asked("Two"))
    put("a", request=asked("One"))

    one, two = load(tmp_path)

    assert ("a", "A greeting.", ({"text": "Hello"},), {"content": "Hello"}, {"text"}, False) == (
        one.name,
        one.about,
        one.upstream,
        one.expect,
        one.tags,
        one.handmade,
    )
    assert ("b", asked("Two")) == (two.name, two.request)


@pytest.mark.parametrize(
    ("content", "cue"),
    [
        pytest.param("Hi", "Hi", id="string"),
        pytest.param([text("Hi"), text("there")], "there", id="parts"),
        pytest.param([text("Hi"), {"type": "image_url", "image_url": {"url": "data:"}}], "Hi", id="image"),
    ],
)
def test_cue_is_the_last_text(put, tmp_path, content, cue):
    """A scenario is known by the last words of its request."""
    put("a", request=asked(content))

    assert [cue] == [scenario.cue for scenario in load(tmp_path)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"upstraem": []}, "unknown key 'upstraem'", id="unknown key"),
        pytest.param({"upstream": None}, "or is `handmade`", id="no answer"),
        pytest.param({"handmade": True}, "or is `handmade`", id="both"),
        pytest.param({"upstream": [{"txt": "x"}]}, "unknown key 'txt' in an answer", id="wrong answer"),
        pytest.param({"about": None}, "KeyError.*about", id="missing key"),
    ],
)
def test_mistake_in_a_scenario_names_its_file(put, tmp_path, changes, reason):
    """Who writes a scenario is told what is wrong, and where."""
    put("wrong", **changes)

    with pytest.raises(ValueError, match=rf"wrong\.json: .*{reason}"):
        load(tmp_path)


def test_two_scenarios_with_one_cue_are_refused(put, tmp_path):
    """The stub could not tell them apart."""
    put("a")
    put("b")

    with pytest.raises(ValueError, match="the scenarios a and b end with the same text 'Hi'"):
        load(tmp_path)


def test_folder_without_scenarios_is_refused(tmp_path):
    """A wrong folder is told at once."""
    with pytest.raises(ValueError, match="there are no scenarios"):
        load(tmp_path)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([user(text("Hi"))], id="alone"),
        pytest.param([user(text("<system-reminder>"), text("Hi"))], id="after the CLI's words"),
        pytest.param([user(text("Hi")), {"role": "system", "content": [text("# Environment")]}], id="before them"),
        pytest.param([user(text("Hi")), user(text("Output token limit hit."))], id="when the CLI goes on"),
        pytest.param([user({"type": "tool_result", "content": "Hi"})], id="result"),
        pytest.param([user({"type": "tool_result", "content": [text("Hi")]})], id="result in blocks"),
        pytest.param([user(text("Other")), {"role": "assistant", "content": "x"}, user(text("Hi"))], id="last of two"),
    ],
)
def test_request_is_known_by_its_cue(put, ask, messages):
    """Whatever the CLI adds, and whatever came before, the scenario is found."""
    put("hi")
    put("other", request=asked("Other"), upstream=[{"text": "No"}])

    assert {"text": "Hello"} == ask(*messages)


def test_unknown_request_is_refused(put, ask):
    """A request that belongs to no scenario is never answered by chance."""
    put("hi")

    assert {"error": {"type": "invalid_request_error", "message": "No scenario ends with this text: Who?"}} == ask(
        user(text("Who?"))
    )


def test_handmade_scenario_is_not_answered(put, ask):
    """What no API says, the stub does not say either."""
    put("hi")
    put("odd", request=asked("Odd"), upstream=None, handmade=True)

    assert "error" in ask(user(text("Odd")))


def test_answers_of_a_scenario_are_taken_in_turn_and_again(put, ask):
    """The second try gets the second answer, and the next run begins with the first."""
    put("hi", upstream=[{"status": 529}, {"text": "Hello"}])

    assert [{"status": 529}, {"text": "Hello"}, {"status": 529}] == [ask(user(text("Hi"))) for _ in range(3)]


def test_processes_do_not_disturb_each_other(put, ask):
    """One that gives up after the first answer leaves the first to the next, also at the same time."""
    put("hi", upstream=[{"status": 529}, {"text": "Hello"}])
    processes = ["one", "two", "two", "one"]

    assert [{"status": 529}, {"status": 529}, {"text": "Hello"}, {"text": "Hello"}] == [
        ask(user(text("Hi")), process=process) for process in processes
    ]
