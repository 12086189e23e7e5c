"""The lines that are written to the CLI's stdin."""

import dataclasses

import orjson
import pytest

from cmappy.backends.claude import mcp, stdin
from cmappy.backends.claude.events import ControlRequest
from cmappy.turn import Media, Message, Text, Thinking, Tool, ToolResult, Turn


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


def settings(**fields):
    """Return the settings of a turn."""
    return stdin.settings(turn(**fields))


def body(**fields):
    """Return what is merged into the API request of a turn."""
    text = settings(**fields)["env"]["CLAUDE_CODE_EXTRA_BODY"]
    return orjson.loads(text) if text else {}


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

    assert (["client0"], [expected]) == (
        request["sdkMcpServers"],
        request["sdkMcpServerManifests"]["client0"]["toolsListResult"]["tools"],
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
            "ANTHROPIC_BETAS": "",
            "DISABLE_PROMPT_CACHING": "",
        },
    }

    assert expected == settings()


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
        (
            {"extra": '{"thinking":{"type":"enabled","budget_tokens":9},"top_k":3}'},
            {"top_k": 3, "thinking": {"type": "enabled", "budget_tokens": 9}},
        ),
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


def asked(**message):
    """Return a request of the CLI's to the server of tools."""
    return ControlRequest(subtype="mcp_message", request_id="r", message={"jsonrpc": "2.0", "id": 7} | message)


def test_call_is_recognised():
    """With the ids that its answer needs, and the one that the client knows."""
    request = asked(method="tools/call", params={"name": "f", "_meta": {"claudecode/toolUseId": "toolu_1"}})

    assert mcp.Call("toolu_1", "r", 7) == mcp.call(request)


@pytest.mark.parametrize(("query", "more"), [(True, {}), (False, {"shouldQuery": False})], ids=["question", "history"])
def test_user_line_is_plain_text_that_nothing_is_read_into(query, more):
    """Without `client_composed`, `@/etc/passwd` in a prompt is a file that is read, and `/x` a command that is run."""
    expected = {
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        "parent_tool_use_id": None,
        "session_id": "",
        "client_composed": True,
        "uuid": "u",
    }

    assert [expected | more] == lines(stdin.user(user("Hi"), "u", query=query))


def test_text_is_one_line_whatever_is_in_it():
    """A line break in a prompt is not one on stdin."""
    assert 1 == stdin.user(user("a\nb\r\u2028c"), "u", query=True).count(b"\n")


IMAGE = Media("image", "image/png", "AAAA")


@pytest.mark.parametrize(
    ("content", "marked"),
    [
        ((Text("a"), Text("b")), [False, True]),
        ((Text("a"), IMAGE), [False, False]),
        ((ToolResult("x", (Text("4"),)),), [True]),
        ((Text(" "),), [False]),
    ],
    ids=["text", "image", "result", "blank"],
)
def test_mark_is_on_the_last_block_if_that_can_have_one(content, marked):
    """The API takes none on nothing, and the CLI re-encodes images."""
    [line] = lines(stdin.user(Message("user", content), "u", query=True, mark={"type": "ephemeral"}))

    assert marked == ["cache_control" in block for block in line["message"]["content"]]


def test_thinking_is_told_with_its_model():
    """Anything else is told without."""
    thought = Message("assistant", (Thinking("hm", "sig"), Text("a")))
    [one], [other] = (lines(stdin.assistant(message, "claude-x")) for message in (thought, assistant("a")))

    assert ("claude-x", None) == (one["message"]["model"], other["message"].get("model"))


def test_only_what_changes_is_sent():
    """A variable that was never set counts as empty."""
    now = settings() | {"env": {}}

    assert {} == stdin.changes(now, settings())
    assert {"effortLevel": "low", "env": {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "5"}} == stdin.changes(
        now, settings(effort="low", max_tokens=5)
    )


def test_betas_and_marks_are_the_clients_own():
    """Where a client marks by itself, the CLI does not."""
    env = settings(betas=("a-1", "b-2"), own_marks=True)["env"]

    assert ("a-1,b-2", "1") == (env["ANTHROPIC_BETAS"], env["DISABLE_PROMPT_CACHING"])


def test_result_of_a_call_answers_it():
    """With the ids of the request that the CLI waits with."""
    call = mcp.Call("toolu_1", "r", 7)
    [told] = lines(mcp.answer(call, ToolResult("toolu_1", (Text("4"), Text("5")))))
    content = [{"type": "text", "text": "4"}, {"type": "text", "text": "5"}]
    expected = {"mcp_response": {"jsonrpc": "2.0", "id": 7, "result": {"content": content}}}

    assert ("control_response", "r", expected) == (
        told["type"],
        told["response"]["request_id"],
        told["response"]["response"],
    )


@pytest.mark.parametrize(
    ("method", "result"),
    [("tools/list", "tools"), ("initialize", "serverInfo"), ("notifications/initialized", None)],
)
def test_server_of_the_tools_answers_what_it_is_asked(method, result):
    """Where the tools are new, the CLI asks for them."""
    [line] = lines(mcp.serve(asked(method=method), (TOOL,)))
    answer = line["response"]["response"]["mcp_response"]

    assert result is None or result in answer["result"]
    assert "error" not in answer


@pytest.mark.parametrize(
    "request_", [asked(), ControlRequest(subtype="can_use_tool", request_id="r")], ids=["nothing", "permission"]
)
def test_other_requests_are_no_calls_and_are_refused(request_):
    """There is nothing else to ask; to leave it unanswered would hang."""
    [line] = lines(mcp.serve(request_, ()))

    assert (None, -32601) == (mcp.call(request_), line["response"]["response"]["mcp_response"]["error"]["code"])


def test_control_request_can_be_taken_back():
    """By its id."""
    assert [{"type": "control_cancel_request", "request_id": "r"}] == lines(stdin.cancel("r"))


def test_tools_are_told_to_the_api_in_the_order_of_the_cli():
    """Whoever tells them: the prompt cache knows them again."""
    names = ["look", "_look", "-look", "2look", "Look", "a", "B", "aB", "Ab"]
    offered = [dataclasses.replace(TOOL, name=name) for name in names]

    assert ["_look", "-look", "2look", "a", "aB", "Ab", "B", "look", "Look"] == [
        tool["name"] for tool in mcp.for_api(offered)
    ]
