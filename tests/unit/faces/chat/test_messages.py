"""Messages of a request become a conversation that the API takes, block for block."""

import pytest

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.faces.chat import messages as reader
from cmappy.faces.chat import request
from cmappy.middle import media
from cmappy.middle.tools import Toolbox
from cmappy.turn import Media, Text, ToolResult, ToolUse

GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/gif;base64,{GIF}"}}


def read(*messages):
    """Return messages as the request's model reads them."""
    return request.read({"model": "sonnet", "messages": list(messages)}).messages


def taken(*messages, **options):
    """Return the system text, and the conversation as pairs of a role and its blocks."""
    text, conversation = reader.conversation(read(*messages), Toolbox(), **options)
    return text, [(message.role, list(message.content)) for message in conversation]


def said(*messages, **options):
    """Return the conversation as pairs of a role and its blocks."""
    return taken(*messages, **options)[1]


def wrong(*messages, kind=InvalidRequest):
    """Return the error that messages are."""
    with pytest.raises(kind) as caught:
        taken(*messages)
    return caught.value


def user(content):
    """Return a user message."""
    return {"role": "user", "content": content}


def assistant(content=None, **fields):
    """Return an assistant message."""
    return {"role": "assistant", "content": content} | fields


def calls(*ids, arguments="{}"):
    """Return an assistant message with calls of these ids."""
    tool_calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}} for id in ids]
    return assistant(tool_calls=tool_calls)


def result(id, content="4"):
    """Return a tool message."""
    return {"role": "tool", "tool_call_id": id, "content": content}


def text(*parts):
    """Return text parts."""
    return [{"type": "text", "text": part} for part in parts]


def test_roles_are_real():
    """The model sees a conversation, not a transcript."""
    expected = [("user", [Text("a")]), ("assistant", [Text("b")]), ("user", [Text("c")])]

    assert expected == said(user("a"), assistant("b"), user("c"))


def test_neighbours_of_one_role_become_one_message():
    """The API wants alternation; every byte survives, block for block."""
    assert [("user", [Text("a"), Text("b"), Text("c")])] == said(user("a"), user(text("b", "c")))


def test_conversation_may_begin_with_the_assistant():
    """Chat windows have greetings."""
    assert ["assistant", "user"] == [role for role, _ in said(assistant("Hello"), user("Hi"))]


def test_system_and_developer_messages_are_not_part_of_it():
    """They are the system text, wherever they stand."""
    messages = [
        {"role": "system", "content": "S"},
        user("a"),
        {"role": "developer", "content": text("D", "E")},
        user("b"),
    ]

    assert ([("user", [Text("a"), Text("b")])], "S\nD\nE") == (said(*messages), taken(*messages)[0])


def test_no_system_message_is_no_system_text():
    """Nothing is added."""
    assert taken(user("a"))[0] == ""


def test_refusals_in_the_history_are_text():
    """The model said them."""
    message = assistant([{"type": "refusal", "refusal": "No."}])

    assert ("assistant", [Text("No.")]) == said(user("a"), message, user("b"))[1]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user("a"), assistant(""), user("b")], [Text("a"), Text("b")]),
        ([user("a"), assistant(), user("b")], [Text("a"), Text("b")]),
        ([user(text("a", " ", "b"))], [Text("a "), Text("b")]),
        ([user(text("\n", "a"))], [Text("\na")]),
        ([user(text("a", "")), user(" ")], [Text("a ")]),
        ([user(text("\ufeff", "a"))], [Text("\ufeffa")]),
        ([user([*text(" "), IMAGE, *text("")])], [Media("image", "image/gif", GIF)]),
    ],
    ids=[
        "empty answer",
        "null answer",
        "blank between",
        "blank first",
        "blank last",
        "byte order mark",
        "blank beside an image",
    ],
)
def test_blank_texts_join_their_neighbours(messages, expected):
    """The API refuses them as blocks, but a line break between two parts is the client's own."""
    assert [("user", expected)] == said(*messages)


@pytest.mark.parametrize(
    "messages", [[user("")], [user(" \n")], [user("\ufeff")], [{"role": "system", "content": " "}]]
)
def test_conversation_without_content_is_an_error(messages):
    """There is nothing to answer."""
    assert "messages" == wrong(*messages).param


def test_last_message_cannot_be_the_assistants():
    """Models that always think cannot continue a given beginning."""
    assert "messages[1]" == wrong(user("a"), assistant("b"), kind=Unsupported).param


@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_content_is_required(role):
    """Except of the assistant, which may only have called, and of tools, which may return nothing."""
    error = wrong(user("a"), {"role": role})

    assert ("messages[1].content", "missing_required_parameter") == (error.param, error.code)


def test_image_becomes_a_block():
    """Between the texts where it stood."""
    expected = [Text("a"), Media("image", "image/gif", GIF), Text("b")]

    assert [("user", expected)] == said(user([*text("a"), IMAGE, *text("b")]))


def test_image_by_url_is_an_option():
    """It lets the API fetch from anywhere."""
    part = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}

    assert [("user", [Media("image", "", "https://example.com/a.png")])] == said(user([part]), url_images=True)


def test_file_becomes_a_block():
    """PDFs and texts."""
    part = {"type": "file", "file": {"file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"}}

    assert [("user", [Media("document", "text/plain", "hi", "a.txt")])] == said(user([part]))


def test_too_many_images_are_refused(monkeypatch):
    """The API has a limit for all messages together."""
    monkeypatch.setattr(media, "MOST", 2)

    assert "messages[1].content[1].image_url.url" == wrong(user([IMAGE]), user([IMAGE, IMAGE]), kind=TooLarge).param


@pytest.mark.parametrize(
    ("role", "part", "param", "code"),
    [
        ("user", {"type": "hologram"}, "content[0].type", "invalid_value"),
        ("user", {"type": "input_audio"}, "content[0].type", "unsupported_parameter"),
        ("user", {"type": "text"}, "content[0].text", "missing_required_parameter"),
        ("user", {"type": "refusal"}, "content[0].refusal", "missing_required_parameter"),
        ("user", {"type": "image_url"}, "content[0].image_url", "missing_required_parameter"),
        ("user", {"type": "file"}, "content[0].file", "missing_required_parameter"),
        ("assistant", IMAGE, "content[0].type", "invalid_value"),
        ("assistant", {"type": "file", "file": {"file_data": ""}}, "content[0].type", "invalid_value"),
    ],
)
def test_part_that_cannot_be_is_named(role, part, param, code):
    """By its path."""
    error = wrong(user("a"), {"role": role, "content": [part]})

    assert (f"messages[1].{param}", code) == (error.param, error.code)


def test_image_in_a_system_message_is_refused():
    """The system text is text."""
    assert "messages[0].content[0].type" == wrong({"role": "system", "content": [IMAGE]}, user("a")).param


def test_calls_and_results_are_blocks():
    """In the API's order: calls at the end of the answer, results at the beginning of what follows."""
    messages = [user("a"), calls("x", "y") | {"content": "Let me see."}]

    expected = [
        ("user", [Text("a")]),
        ("assistant", [Text("Let me see."), ToolUse("x", "f", "{}"), ToolUse("y", "f", "{}")]),
        ("user", [ToolResult("x", (Text("1"),)), ToolResult("y", (Text("2"),)), Text("b")]),
    ]

    assert expected == said(*messages, result("x", "1"), result("y", "2"), user("b"))


def test_results_may_have_images_and_nothing():
    """A tool returns what it has."""
    expected = [ToolResult("x", (Text("a"), Media("image", "image/gif", GIF))), ToolResult("y", ())]

    assert ("user", expected) == said(user("a"), calls("x", "y"), result("x", [*text("a"), IMAGE]), result("y", ""))[2]


@pytest.mark.parametrize(
    ("arguments", "input"), [('{"b": 1, "a": 2}', '{"b":1,"a":2}'), ("", "{}"), ('{"x":"é"}', '{"x":"é"}')]
)
def test_arguments_keep_the_order_of_their_keys(arguments, input):
    """The model wrote them so; an empty text stands for none."""
    assert [ToolUse("x", "f", input)] == said(user("a"), calls("x", arguments=arguments), result("x"))[1][1]


@pytest.mark.parametrize("arguments", ['{"city": "Par', "[]", "5", '{"a":' * 300 + "1" + "}" * 300])
def test_arguments_that_are_no_object_are_kept_in_one(arguments):
    """The model wrote them, and `max_tokens` cuts them anywhere."""
    [call] = said(user("a"), calls("x", arguments=arguments), result("x"))[1][1]

    assert {"INVALID_JSON": arguments} == call.api()["input"]


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (["a b/c"], ["a_b_c"]),
        (["x", "x"], ["x", "x-2"]),
        (["x", "x", "x"], ["x", "x-2", "x-3"]),
        (["a b", "a_b"], ["a_b", "a_b-2"]),
        (["x", "x_1"], ["x", "x_1-2"]),
        (["x_1", "x"], ["x_1", "x-2"]),
        (["x_1", "x_2"], ["x_1", "x_2"]),
    ],
)
def test_ids_of_calls_become_the_apis_and_unique(sent, taken):
    """Clients count anew in every answer; the CLI takes a second use, or a number behind one, for a copy."""
    turns = [message for id in sent for message in (calls(id), result(id))]

    used = [block.id for role, blocks in said(user("a"), *turns) for block in blocks if role == "assistant"]

    assert taken == used


def test_names_of_calls_are_the_apis():
    """It refuses a conversation with any other."""
    call = assistant(tool_calls=[{"id": "x", "function": {"name": "my.tool v2", "arguments": "{}"}}])

    assert [ToolUse("x", "my_tool_v2", "{}")] == said(user("a"), call, result("x"))[1][1]


def test_result_follows_its_call_to_the_new_id():
    """Else it would answer the first of them."""
    conversation = said(user("a"), calls("x"), result("x", "1"), calls("x"), result("x", "2"))

    assert [ToolResult("x-2", (Text("2"),))] == conversation[4][1]


def test_older_form_of_calls_has_names_for_ids():
    """`function_call` and `function` messages know no ids."""
    call = assistant(function_call={"name": "f", "arguments": '{"x":1}'})
    conversation = said(user("a"), call, {"role": "function", "name": "f", "content": "4"})

    expected = [
        ("assistant", [ToolUse("function_f", "f", '{"x":1}')]),
        ("user", [ToolResult("function_f", (Text("4"),))]),
    ]

    assert expected == conversation[1:]


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([user("a"), result("x")], "messages[1].tool_call_id"),
        ([user("a"), calls("x"), result("y")], "messages[2].tool_call_id"),
        ([user("a"), calls("x"), result("x"), result("x")], "messages[3].tool_call_id"),
        ([user("a"), calls("x"), {"role": "tool", "content": "4"}], "messages[2].tool_call_id"),
        ([user("a"), {"role": "function", "name": "f", "content": "4"}], "messages[1].role"),
        ([user("a"), calls("x", "x"), result("x")], "messages[1].tool_calls[1].id"),
        ([user("a"), calls("x", "y"), result("x"), user("b")], "messages"),
        ([user("a"), calls("x"), assistant("b"), user("c")], "messages"),
        ([user("a"), calls("x")], "messages"),
    ],
    ids=[
        "no call",
        "another call",
        "twice",
        "no id",
        "no function call",
        "two with one id",
        "one without",
        "answer without",
        "end without",
    ],
)
def test_every_call_has_one_result_and_every_result_a_call(messages, param):
    """The API refuses the rest, in words that no client of OpenAI's understands."""
    assert param == wrong(*messages).param


def test_refusal_of_an_earlier_answer_is_told_to_the_model():
    """What the SDK returns as a message's `refusal` comes back as one."""
    refused = {"role": "assistant", "content": None, "refusal": "I will not."}

    assert ("assistant", [Text("I will not.")]) == said(user("a"), refused, user("b"))[1]


@pytest.mark.parametrize("content", [None, "", " "])
def test_tool_may_return_nothing(content):
    """Many a tool has no result, and its client says so in its own way."""
    assert [ToolResult("x", ())] == said(user("a"), calls("x"), result("x", content))[2][1]


@pytest.mark.parametrize(
    ("messages", "system", "conversation"),
    [
        ([{"role": "system", "content": "S"}], "", [("user", [Text("S")])]),
        (
            [{"role": "system", "content": "S"}, {"role": "developer", "content": "D"}],
            "",
            [("user", [Text("S"), Text("D")])],
        ),
        ([{"role": "system", "content": "S"}, user("")], "", [("user", [Text("S")])]),
        ([user("a"), {"role": "system", "content": "S"}], "S", [("user", [Text("a")])]),
    ],
    ids=["one", "two", "with a blank question", "behind a question"],
)
def test_system_messages_are_the_question_where_there_is_no_other(messages, system, conversation):
    """OpenAI answers such requests; the API wants somebody who asks."""
    assert (system, conversation) == taken(*messages)


def test_file_by_id_is_not_offered():
    """There is no file store."""
    error = wrong(user([{"type": "file", "file": {"file_id": "file-1", "filename": "a.pdf"}}]), kind=Unsupported)

    assert "messages[0].content[0].file" == error.param
