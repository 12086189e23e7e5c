"""A request becomes the turn that it means, or is refused with the path of what is wrong."""

import inspect

import orjson
import pytest
from openai.resources.responses import Responses

from cmappy.errors import CmappyError
from cmappy.faces.face import Caller, Options
from cmappy.faces.responses import FACE
from cmappy.faces.responses.fields import FIELDS
from cmappy.faces.responses.sealed import seal
from cmappy.turn import Media, Message, Text, Thinking, ToolResult, ToolUse

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5"
    "ErkJggg=="
)
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "done"}
USER = {"role": "user", "content": "Hi"}
THOUGHT = Thinking("Hm", "sig")
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": "x"}
SEALED = REASONING | {"encrypted_content": seal(THOUGHT, ["sonnet", "claude-sonnet-5-5"])}


def read(input="Hi", options=None, **body):
    """Read a request."""
    return FACE.read({"model": "sonnet", "input": input, **body}, options or Options(), Caller())


def turn(input="Hi", options=None, **body):
    """Return the turn of a request."""
    return read(input, options, **body).turn("sonnet")


def refused(body):
    """Return what is said of a body that is refused."""
    with pytest.raises(CmappyError) as caught:
        FACE.read(body, Options(), Caller()).turn("sonnet")
    return caught.value


def said(*blocks, role="user"):
    """Return a message."""
    return Message(role, tuple(Text(block) if isinstance(block, str) else block for block in blocks))


@pytest.mark.parametrize(
    ("input", "messages"),
    [
        ("Hi", [said("Hi")]),
        ([USER], [said("Hi")]),
        ([{"type": "message", **USER}], [said("Hi")]),
        ([{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}], [said("Hi")]),
        ([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], [said("Hi")]),
        (
            [USER, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "No."}],
            [said("Hi"), said("Yes?", role="assistant"), said("No.")],
        ),
        (
            [
                USER,
                {
                    "type": "message",
                    "id": "msg_1",
                    "status": "completed",
                    "role": "assistant",
                    "phase": "final_answer",
                    "content": [
                        {"type": "output_text", "text": "Yes?", "annotations": [], "logprobs": []},
                        {"type": "refusal", "refusal": "No!"},
                    ],
                },
                USER,
            ],
            [said("Hi"), said("Yes?", "No!", role="assistant"), said("Hi")],
        ),
        ([REASONING, USER], [said("Hi")]),
        ([USER, {"type": "web_search_call", "id": "ws_1", "action": {}}, USER], [said("Hi", "Hi")]),
        (
            [USER, CALL, OUTPUT],
            [said("Hi"), said(ToolUse("c1", "f", "{}"), role="assistant"), said(ToolResult("c1", (Text("done"),)))],
        ),
        (
            [USER, CALL, USER, OUTPUT],
            [
                said("Hi"),
                said(ToolUse("c1", "f", "{}"), role="assistant"),
                said(ToolResult("c1", (Text("done"),)), "Hi"),
            ],
        ),
        (
            [
                USER,
                {"type": "custom_tool_call", "call_id": "c1", "name": "p", "input": "a\n"},
                {"type": "custom_tool_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "ok"}]},
            ],
            [
                said("Hi"),
                said(ToolUse("c1", "p", '{"input":"a\\n"}'), role="assistant"),
                said(ToolResult("c1", (Text("ok"),))),
            ],
        ),
        (
            [USER, SEALED, CALL, OUTPUT],
            [
                said("Hi"),
                said(THOUGHT, ToolUse("c1", "f", "{}"), role="assistant"),
                said(ToolResult("c1", (Text("done"),))),
            ],
        ),
        (
            [USER, CALL | {"namespace": "ns"}, OUTPUT],
            [said("Hi"), said(ToolUse("c1", "ns__f", "{}"), role="assistant"), said(ToolResult("c1", (Text("done"),)))],
        ),
    ],
    ids=[
        "text",
        "untyped",
        "typed",
        "part",
        "text part",
        "three",
        "output",
        "reasoning",
        "search",
        "call",
        "user before output",
        "custom",
        "sealed",
        "namespace",
    ],
)
def test_items_become_messages(input, messages):
    """Roles alternate, the outputs of calls come first, and what cannot be used disappears."""
    assert tuple(messages) == turn(input).messages


def test_what_the_user_says_waits_for_all_outputs():
    """The API wants the outputs of an answer's calls first."""
    second = CALL | {"call_id": "c2"}
    *_, last = turn([USER, CALL, second, OUTPUT, USER, OUTPUT | {"call_id": "c2"}]).messages

    assert [ToolResult, ToolResult, Text] == [type(block) for block in last.content]


def test_system_text_is_the_instructions_and_then_all_developer_items():
    """They may stand anywhere in the input."""
    items = [
        {"role": "system", "content": "two"},
        USER,
        {"role": "developer", "content": [{"type": "input_text", "text": "three"}]},
    ]

    assert "one\ntwo\nthree" == turn(items, instructions="one").system
    assert "" == turn(instructions=" ").system
    assert "x" == turn([{"role": "developer", "content": ""}, USER], instructions="x").system


def test_images_and_files_become_media():
    """In what the user says, and in what a tool returns."""
    image = {"type": "input_image", "image_url": PNG, "detail": "original"}
    file = {"type": "input_file", "file_data": "data:application/pdf;base64,JVBERi0xLjQ=", "filename": "a.pdf"}
    _, _, results = turn([{"role": "user", "content": [image, file]}, CALL, OUTPUT | {"output": [image]}]).messages

    first = turn([{"role": "user", "content": [image, file]}]).messages[0]
    assert [("image", ""), ("document", "a.pdf")] == [(block.type, block.title) for block in first.content]
    assert isinstance(results.content[0].content[0], Media)


TOOLS = [
    {"type": "function", "name": "f", "description": None, "parameters": None, "strict": None},
    {"type": "web_search", "external_web_access": False},
    {"type": "namespace", "name": "ns", "description": "d", "tools": [{"type": "function", "name": "f"}]},
    {
        "type": "custom",
        "name": "patch",
        "description": "Edit.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"},
    },
]


def test_tools_are_flattened_and_hosted_ones_left_out():
    """The model sees functions only; the client is told what it does not see."""
    asked = read(tools=TOOLS)
    offered = asked.turn("sonnet").tools

    assert ["f", "ns__f", "patch"] == [tool.name for tool in offered]
    assert ["tools[1]"] == asked.ignored()
    assert "Edit." in offered[2].description
    assert offered[2].description.endswith(
        "This input must follow this lark grammar:\nstart: X".replace("This", "The", 1)
    )
    assert {"input"} == orjson.loads(offered[2].schema)["properties"].keys()


def test_long_names_in_namespaces_are_shortened_and_stay_apart():
    """The API takes 64 characters."""
    names = ["a" * 40 + "x", "a" * 40 + "y"]
    tools = [{"type": "namespace", "name": "n" * 40, "tools": [{"type": "function", "name": name} for name in names]}]
    asked = read(tools=tools)
    offered = [tool.name for tool in asked.turn("sonnet").tools]

    assert [64, 64] == [len(name) for name in offered]
    assert names == [asked.tools.names[name].name for name in offered]


def test_further_tools_come_with_items():
    """An `additional_tools` item adds to the offer, and may be there again."""
    extra = {"type": "additional_tools", "role": "developer", "tools": TOOLS[:1]}

    assert ["f"] == [tool.name for tool in turn([extra, extra, USER]).tools]


@pytest.mark.parametrize(
    ("choice", "expected", "offered"),
    [
        ("auto", ("auto", ""), 3),
        ("none", ("none", ""), 3),
        ("required", ("any", ""), 3),
        ({"type": "function", "name": "f"}, ("tool", "f"), 3),
        ({"type": "custom", "name": "patch"}, ("tool", "patch"), 3),
        ({"type": "function", "name": "ns__f"}, ("tool", "ns__f"), 3),
        ({"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]}, ("auto", ""), 1),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "custom", "name": "patch"}]},
            ("any", ""),
            1,
        ),
    ],
)
def test_tool_choice_is_the_apis(choice, expected, offered):
    """What is not allowed is not offered."""
    chosen = turn(tools=TOOLS, tool_choice=choice)

    assert (expected, offered) == ((chosen.tool_choice, chosen.tool_name), len(chosen.tools))


def test_without_tools_the_choice_is_free():
    """`none` says nothing then, and neither does a wish for single calls."""
    free = turn(tool_choice="none", parallel_tool_calls=False)

    assert ("auto", True) == (free.tool_choice, free.parallel_tools)


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"max_output_tokens": 9}, "max_tokens", 9),
        ({"max_output_tokens": 0}, "max_tokens", None),
        ({"reasoning": {"effort": "minimal", "summary": "auto"}}, "effort", "low"),
        ({"reasoning": {"effort": None}}, "effort", None),
        ({"text": {}}, "schema", ""),
        ({"text": {"format": {"type": "text"}}}, "schema", ""),
        ({"text": {"format": {"type": "json_object"}}}, "schema", '{"type":"object"}'),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": True}}},
            "schema",
            '{"type":"object"}',
        ),
        ({"parallel_tool_calls": False, "tools": TOOLS}, "parallel_tools", False),
        ({"temperature": 2, "top_p": 0.5}, "sampling", ()),
    ],
)
def test_options_reach_the_turn(body, field, value):
    """Each as the Messages API has it."""
    assert value == getattr(turn(**body), field)


def test_sampling_is_forwarded_if_the_user_wants_it():
    """The API's scale of temperatures ends at 1."""
    options = Options(forward_sampling=True)

    assert (("temperature", 1.0), ("top_p", 0.5)) == turn(options=options, temperature=2, top_p=0.5).sampling
    assert [] == read(options=options, temperature=2, top_p=0.5).ignored()


@pytest.mark.parametrize("stream", [True, False])
def test_a_stream_is_given_to_who_asks_for_one(stream):
    """And the model goes by the client's name."""
    asked = read(stream=stream)

    assert (stream, "sonnet") == (asked.request.stream, asked.request.model)


def message(*parts):
    """Return an input of one message."""
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": []}, "input", "invalid_value"),
        ({"input": 5}, "input", "invalid_value"),
        ({"input": ["x"]}, "input[0]", "invalid_value"),
        ({"input": [{}]}, "input[0].type", "missing_required_parameter"),
        ({"input": [{"type": "shell_call", "action": {}}]}, "input[0].type", "unsupported_value"),
        ({"input": [USER, {"type": "compaction"}]}, "input[1].type", "unsupported_value"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role", "invalid_value"),
        ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter"),
        ({"input": [{"type": "message", "content": "x"}]}, "input[0].role", "missing_required_parameter"),
        ({"input": [{"role": "user", "content": 5}]}, "input[0].content", "invalid_value"),
        ({"input": message({"type": "input_text"})}, "input[0].content[0].text", "missing_required_parameter"),
        ({"input": message({"type": "input_text", "text": 5})}, "input[0].content[0].text", "invalid_value"),
        ({"input": message({"text": "x"})}, "input[0].content[0].type", "missing_required_parameter"),
        ({"input": message({"type": "input_audio"})}, "input[0].content[0].type", "unsupported_value"),
        ({"input": message({"type": "video"})}, "input[0].content[0].type", "invalid_value"),
        ({"input": message({"type": "input_image"})}, "input[0].content[0].image_url", "missing_required_parameter"),
        (
            {"input": message({"type": "input_image", "file_id": "x"})},
            "input[0].content[0].file_id",
            "unsupported_parameter",
        ),
        (
            {"input": message({"type": "input_image", "image_url": "https://x/y.png"})},
            "input[0].content[0].image_url",
            "unsupported_parameter",
        ),
        (
            {"input": message({"type": "input_image", "image_url": {"url": "x"}})},
            "input[0].content[0].image_url",
            "invalid_value",
        ),
        (
            {"input": message({"type": "input_file", "file_id": "x"})},
            "input[0].content[0].file_id",
            "unsupported_parameter",
        ),
        (
            {"input": message({"type": "input_file", "file_url": "https://x"})},
            "input[0].content[0].file_url",
            "unsupported_parameter",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_image", "image_url": PNG}]}, USER]},
            "input[0].content[0].type",
            "invalid_value",
        ),
        ({"input": [USER, CALL]}, "input", "invalid_value"),
        ({"input": [USER, CALL | {"call_id": None}]}, "input[1].call_id", "missing_required_parameter"),
        ({"input": [USER, CALL | {"name": ""}]}, "input[1].name", "missing_required_parameter"),
        ({"input": [USER, CALL | {"arguments": None}]}, "input[1].arguments", "missing_required_parameter"),
        ({"input": [USER, OUTPUT]}, "input[1].call_id", "invalid_value"),
        ({"input": [USER, CALL, {**OUTPUT, "output": None}]}, "input[2].output", "missing_required_parameter"),
        ({"input": [USER, {"role": "assistant", "content": "x"}]}, "input[1]", "unsupported_parameter"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input", None),
        ({"tools": [{"type": "file_search"}]}, "tools[0].type", "unsupported_value"),
        ({"tools": [{"type": "magic"}]}, "tools[0].type", "unsupported_value"),
        ({"tools": [{"name": "f"}]}, "tools[0].type", "missing_required_parameter"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "invalid_value"),
        ({"tools": [{"type": "function", "name": "f"}] * 2}, "tools[1].name", "invalid_value"),
        (
            {"tools": [{"type": "function", "name": "f", "parameters": {"type": "array"}}]},
            "tools[0].parameters",
            "invalid_schema",
        ),
        (
            {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "namespace", "name": "n"}]}]},
            "tools[0].tools[0].type",
            "unsupported_value",
        ),
        ({"tools": [{"type": "function", "name": f"f{at}"} for at in range(129)]}, "tools", "array_above_max_length"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice.name", "invalid_value"),
        ({"tool_choice": {"type": "web_search_preview"}}, "tool_choice", "unsupported_value"),
        (
            {"tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]}},
            "tool_choice.tools[0].name",
            "invalid_value",
        ),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "invalid_value"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type", "invalid_value"),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"anyOf": []}}}},
            "text.format.schema",
            "invalid_schema",
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "array"}}}},
            "text.format.schema",
            "invalid_schema",
        ),
        ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
        ({"prompt": {"id": "x"}}, "prompt", "unsupported_parameter"),
        ({"background": True}, "background", "unsupported_value"),
        ({"previous_response_id": "resp_x"}, "previous_response_id", "previous_response_not_found"),
        ({"stream": "yes"}, "stream", "invalid_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
    ],
    ids=lambda value: str(value)[:60] if not isinstance(value, dict) else "-",
)
def test_what_is_wrong_is_named(body, param, code):
    """Nothing is sent upstream, and the client can find the place."""
    error = refused({"model": "sonnet", "input": "Hi"} | body)

    assert (param, code) == (error.param, error.code)


def test_a_chat_request_is_sent_to_the_other_endpoint():
    """`messages` without `input` is another API."""
    error = refused({"model": "sonnet", "messages": []})

    assert ("messages", True) == (error.param, "/v1/chat/completions" in error.message)


def test_a_body_has_to_be_an_object():
    """Nothing else has fields."""
    assert "JSON object" in refused([]).message


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, []),
        ({"store": False, "stream": True, "include": []}, []),
        ({"client_metadata": {}, "truncation": "auto", "metadata": None}, ["client_metadata", "truncation"]),
    ],
)
def test_fields_without_effect_are_named(sent, named):
    """What was sent and changes nothing, and nothing else."""
    assert named == read(**sent).ignored()


def test_table_has_every_field_that_the_sdk_can_send():
    """A new SDK with a new field needs a decision here."""
    parameters = set(inspect.signature(Responses.create).parameters)

    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    assert sorted(parameters - own) == [field.name for field in FIELDS]
