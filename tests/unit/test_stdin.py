"""The lines that are written to the CLI's stdin."""

import dataclasses

import orjson
import pytest

from cmappy.backends.claude import stdin
from cmappy.backends.claude.events import ControlRequest
from cmappy.turn import Message, Text, Tool, ToolResult, ToolUse, Turn


def user(text):
    """Return a user message."""
    return Message("user", (Text(text),))


def assistant(text):
    """Return an assistant message."""
    return Message("assistant", (Text(text),))


TURN = Turn("sonnet", (user("Hi"),))
TOOL = Tool("f", "does f", '{"type":"object"}')


def turn(**fields):
    """Return a turn with these fields."""
    return dataclasses.replace(TURN, **fields)


def lines(data):
    """Return the JSON of stdin lines."""
    return [orjson.loads(line) for line in data.splitlines()]


def settings(first=True, **fields):
    """Return the settings of a turn."""
    return stdin.settings(turn(**fields), first=first)["settings"]


def body(**fields):
    """Return what is merged into the API request of a turn."""
    text = settings(**fields)["env"]["CLAUDE_CODE_EXTRA_BODY"]
    return orjson.loads(text) if text else {}


def test_first_batch_opens_sets_and_asks():
    """All of it at once: the CLI does control requests before the message that follows."""
    [batch] = stdin.opening(TURN)

    assert ["initialize", "apply_flag_settings", None] == [
        line.get("request", {}).get("subtype") for line in lines(batch)
    ]


def test_question_is_a_user_line_that_nothing_is_read_into():
    """Without `client_composed`, `@/etc/passwd` in a prompt is a file that is read, and `/x` a command that is run."""
    [batch] = stdin.opening(TURN)

    expected = {
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        "parent_tool_use_id": None,
        "session_id": "",
        "client_composed": True,
    }

    assert expected == lines(batch)[-1]


def test_history_is_cut_after_each_user_message():
    """The CLI queues user lines and applies assistant lines at once: order is kept only if each is acknowledged."""
    history = (assistant("0"), user("1"), assistant("2"), user("3"), assistant("4"), user("5"))
    batches = [
        [line["message"]["content"][0]["text"] for line in lines(batch) if "message" in line]
        for batch in stdin.opening(turn(messages=history))
    ]

    assert [["0", "1"], ["2", "3"], ["4", "5"]] == batches


def test_history_asks_no_question():
    """All but the last user line are told, not asked; and nothing is read into them either."""
    history = (user("1"), assistant("2"), user("3"))
    told = [
        (line.get("shouldQuery", True), line["client_composed"])
        for batch in stdin.opening(turn(messages=history))
        for line in lines(batch)
        if line["type"] == "user"
    ]

    assert [(False, True), (True, True)] == told


@pytest.mark.parametrize(("system", "prompt"), [("Be kind.", ["Be kind."]), ("", [])])
def test_system_text_is_the_clients_or_none(system, prompt):
    """An empty list keeps the CLI's own long prompt out."""
    assert prompt == stdin.initialize(turn(system=system))["systemPrompt"]


def test_initialization_without_a_turn_only_asks():
    """Who the CLI is, and which models it has."""
    assert {"subtype": "initialize", "systemPrompt": []} == stdin.initialize()


@pytest.mark.parametrize(("schema", "gated"), [("", True), ('{"type":"object"}', False)], ids=["text", "schema"])
def test_end_of_a_text_waits_for_us(schema, gated):
    """The CLI must not go on by itself after an answer, but it may ask once more for a structured one."""
    assert gated == ("MessageDisplay" in stdin.initialize(turn(schema=schema))["hooks"])


@pytest.mark.parametrize(
    ("fields", "gated"),
    [({}, False), ({"tools": (TOOL,)}, True), ({"schema": '{"type":"object"}'}, True)],
    ids=["text", "tools", "schema"],
)
def test_results_of_calls_wait_for_us(fields, gated):
    """The CLI must not tell the API of a call that it found wrong by itself."""
    assert gated == ("PostToolBatch" in stdin.initialize(turn(**fields))["hooks"])


def test_end_of_a_text_is_answered_behind_the_lock():
    """The lock is in place before the CLI learns that it may go on."""
    lock, answer = lines(stdin.finish(ControlRequest(subtype="hook_callback", request_id="r7")))

    assert "https://127.0.0.1:9" == lock["request"]["settings"]["env"]["ANTHROPIC_BASE_URL"]
    assert {"subtype": "success", "request_id": "r7", "response": {}} == answer["response"]


def test_schema_goes_without_what_the_cli_does_not_know():
    """It would drop all of it."""
    schema = '{"type":"object","x-order":1}'

    assert {"type": "object"} == stdin.initialize(turn(schema=schema))["jsonSchema"]


def test_tools_are_a_server_that_is_described_in_advance():
    """So the CLI need not ask, and no first turn lacks its tools."""
    request = stdin.initialize(turn(tools=(TOOL,)))

    expected = {
        "name": "f",
        "description": "does f",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True},
        "_meta": {"anthropic/maxResultSizeChars": 500_000},
    }

    assert (["client"], [expected]) == (
        request["sdkMcpServers"],
        request["sdkMcpServerManifests"]["client"]["toolsListResult"]["tools"],
    )


def test_every_setting_is_there_so_that_earlier_ones_are_undone():
    """A process that has served another turn keeps what is not set anew."""
    expected = {
        "model": "sonnet",
        "effortLevel": None,
        "env": {
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "",
            "CLAUDE_CODE_DISABLE_THINKING": "",
            "CLAUDE_CODE_EXTRA_BODY": "",
        },
    }

    assert expected == settings()


def test_model_is_set_once():
    """To set it later injects texts into the conversation."""
    assert "model" not in settings(first=False)


def test_limit_is_the_apis():
    """In tokens."""
    assert "5" == settings(max_tokens=5)["env"]["CLAUDE_CODE_MAX_OUTPUT_TOKENS"]


@pytest.mark.parametrize(
    ("fields", "level", "disabled"),
    [
        ({"effort": "high"}, "high", ""),
        ({"effort": "none"}, None, "1"),
        ({"effort": "high", "adaptive": False}, "high", "1"),
        ({"tools": (TOOL,), "tool_choice": "any"}, None, "1"),
        ({"tools": (TOOL,), "tool_choice": "tool", "tool_name": "f", "effort": "low"}, "low", "1"),
        ({"tools": (TOOL,), "tool_choice": "none"}, None, ""),
    ],
)
def test_thinking_is_off_where_it_is_not_wanted_or_not_possible(fields, level, disabled):
    """The API refuses to think before a forced call."""
    asked = settings(**fields)

    assert (level, disabled) == (asked["effortLevel"], asked["env"]["CLAUDE_CODE_DISABLE_THINKING"])


@pytest.mark.parametrize(
    ("fields", "merged"),
    [
        ({}, {}),
        ({"stop": ("a", " \n", "b")}, {"stop_sequences": ["a", "b"]}),
        ({"stop": (" ",)}, {}),
        ({"sampling": (("temperature", 0.5),)}, {"temperature": 0.5}),
        ({"tools": (TOOL,)}, {}),
        ({"tools": (TOOL,), "tool_choice": "any"}, {"tool_choice": {"type": "any"}}),
        ({"tools": (TOOL,), "tool_choice": "none"}, {"tool_choice": {"type": "none"}}),
        (
            {"tools": (TOOL,), "tool_choice": "tool", "tool_name": "f"},
            {"tool_choice": {"type": "tool", "name": "f"}},
        ),
        (
            {"tools": (TOOL,), "parallel_tools": False},
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        ),
        ({"tools": (TOOL,), "tool_choice": "none", "parallel_tools": False}, {"tool_choice": {"type": "none"}}),
    ],
)
def test_fields_without_a_setting_are_merged_into_the_request(fields, merged):
    """Blank stop sequences are not: the API refuses them, and the translator cuts by itself."""
    assert merged == body(**fields)


def test_continuation_is_settings_and_the_next_question():
    """The process knows the rest; the API is where it was, though it may have been locked."""
    flags, question = lines(stdin.continuation(turn(messages=(user("1"), assistant("2"), user("3"))), [], "http://api"))

    assert ("apply_flag_settings", "http://api", "3") == (
        flags["request"]["subtype"],
        flags["request"]["settings"]["env"]["ANTHROPIC_BASE_URL"],
        question["message"]["content"][0]["text"],
    )


def test_continuation_of_parked_calls_is_their_answers():
    """They are the question."""
    call = stdin.Call("toolu_1", "r", 7)
    answer = stdin.answer(call, ToolResult("toolu_1", (Text("4"), Text("5"))))
    *_, told = lines(stdin.continuation(TURN, [answer], ""))

    content = [{"type": "text", "text": "4"}, {"type": "text", "text": "5"}]
    expected = {"mcp_response": {"jsonrpc": "2.0", "id": 7, "result": {"content": content}}}

    assert ("control_response", "r", expected) == (
        told["type"],
        told["response"]["request_id"],
        told["response"]["response"],
    )


def test_lock_leads_the_api_nowhere():
    """What the CLI would still ask by itself is refused on this machine, at once, and no proxy can read it."""
    [line] = lines(stdin.lock())

    assert {"env": {"ANTHROPIC_BASE_URL": "https://127.0.0.1:9"}} == line["request"]["settings"]


def asked(**message):
    """Return a request of the CLI's to the server of tools."""
    return ControlRequest(subtype="mcp_message", request_id="r", message={"jsonrpc": "2.0", "id": 7} | message)


def test_call_is_recognised():
    """With the ids that its answer needs, and the one that the client knows."""
    request = asked(method="tools/call", params={"name": "f", "_meta": {"claudecode/toolUseId": "toolu_1"}})

    assert stdin.Call("toolu_1", "r", 7) == stdin.call(request)


@pytest.mark.parametrize(
    "request_",
    [asked(method="tools/list"), asked(), ControlRequest(subtype="can_use_tool", request_id="r")],
    ids=["list", "nothing", "permission"],
)
def test_other_requests_are_no_calls_and_are_refused(request_):
    """There is nothing else to ask; to leave it unanswered would hang."""
    [line] = lines(stdin.refusal(request_))

    assert (None, "r", -32601) == (
        stdin.call(request_),
        line["response"]["request_id"],
        line["response"]["response"]["mcp_response"]["error"]["code"],
    )


def test_calls_in_the_history_are_blocks():
    """Native ones, as the API knows them."""
    history = (
        user("a"),
        Message("assistant", (ToolUse("x", "f", '{"n":1}'),)),
        Message("user", (ToolResult("x", (Text("4"),)),)),
    )
    *_, last = stdin.opening(turn(messages=history))

    assert [["tool_use"], ["tool_result"]] == [
        [block["type"] for block in line["message"]["content"]] for line in lines(last)
    ]


def test_text_is_one_line_whatever_is_in_it():
    """A line break in a prompt is not one on stdin."""
    [batch] = stdin.opening(turn(messages=(user("a\nb\r\u2028c"),)))

    assert 3 == batch.count(b"\n")
