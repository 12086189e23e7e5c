"""Reading a request: what is tolerated, and how a mistake is named."""

import pytest

from cmappy.errors import InvalidRequest
from cmappy.faces.chat import request as chat

SMALLEST = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}


def read(**fields):
    """Read a request with these fields added."""
    return chat.read(SMALLEST | fields)


def wrong(**fields):
    """Return the error for a request with these fields added."""
    with pytest.raises(InvalidRequest) as caught:
        read(**fields)
    return caught.value


def test_plain_string_is_one_text_part():
    """Both forms of content become one."""
    assert [("text", "Hi")] == [(part.type, part.text) for part in read().messages[0].content]


@pytest.mark.parametrize(("stop", "read_as"), [("END", ("END",)), (["a", "b"], ("a", "b")), (None, ()), ([], ())])
def test_one_stop_sequence_need_not_be_a_list(stop, read_as):
    """Both forms of stop become one."""
    assert read_as == read(stop=stop).stop


@pytest.mark.parametrize(
    ("sent", "type", "name"),
    [
        ("auto", "auto", None),
        ("none", "none", None),
        ("required", "required", None),
        ({"type": "function", "function": {"name": "f"}}, "function", "f"),
        ({"name": "f"}, "function", "f"),
    ],
)
def test_choice_of_a_tool_has_three_spellings(sent, type, name):
    """A word, today's object, and the object of `function_call`."""
    choice = read(tool_choice=sent).tool_choice

    assert (type, name) == (choice.type, choice.function and choice.function.name)


def test_null_means_absent_at_every_depth():
    """The SDK sends null for what is given as None, and clients send messages back with all fields."""
    request = read(
        temperature=None,
        tools=[
            {"type": "function", "function": {"name": "f", "description": None, "parameters": None, "strict": None}}
        ],
        messages=[{"role": "assistant", "content": None, "tool_calls": None}, {"role": "user", "content": "Hi"}],
    )

    assert (None, "", ()) == (
        request.temperature,
        request.tools[0].function.description,
        request.messages[0].tool_calls,
    )


def test_unknown_fields_are_kept_aside():
    """They are named in a header, not refused."""
    assert {"session_id": "s"} == read(session_id="s").model_extra


def test_unknown_keys_of_messages_are_tolerated():
    """Clients send back what they got, with whatever else was in it."""
    message = {"role": "user", "content": "Hi", "name": "Ann", "reasoning_content": "hm", "cache_control": {}}

    assert "user" == read(messages=[message]).messages[0].role


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "robot", "content": ""}]}, "messages[0].role", "invalid_value"),
        (
            {"messages": [{"role": "user", "content": [{}]}]},
            "messages[0].content[0].type",
            "missing_required_parameter",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "", "function": {"name": "f"}}]}]},
            "messages[0].tool_calls[0].id",
            "invalid_value",
        ),
        ({"tools": [{}]}, "tools[0].type", "missing_required_parameter"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice", "invalid_value"),
        ({"tool_choice": "sometimes"}, "tool_choice.type", "invalid_value"),
        ({"tool_choice": "function"}, "tool_choice", "invalid_value"),
        ({"tool_choice": {"type": "auto", "function": {"name": "f"}}}, "tool_choice", "invalid_value"),
        ({"tool_choice": 5}, "tool_choice", "invalid_value"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"top_p": -1}, "top_p", "invalid_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls", "invalid_value"),
    ],
)
def test_mistake_is_named_by_its_path(fields, param, code):
    """As OpenAI writes paths."""
    error = wrong(**fields)

    assert (param, code) == (error.param, error.code)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "Missing required parameter: `model`."),
        ({"messages": []}, "`messages` must not be empty. Send at least one item."),
        ({"messages": "Hi"}, "Invalid type for `messages`: it must be an array."),
        ({"messages": ["Hi"]}, "Invalid type for `messages[0]`: it must be an object."),
        ({"model": 5}, "Invalid type for `model`: it must be a string."),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}, "it must be an object."),
        ({"max_tokens": 1.5}, "Invalid type for `max_tokens`: it must be a whole number."),
    ],
)
def test_message_says_what_is_wrong_in_plain_words(fields, message):
    """Its reader wrote JSON, not Python."""
    assert message in wrong(**fields).message


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_body_must_be_an_object(body):
    """Everything else is refused in one sentence."""
    with pytest.raises(InvalidRequest, match="must be a JSON object"):
        chat.read(body)


def test_body_of_the_responses_api_is_told_apart():
    """It has `input` where this endpoint has `messages`."""
    with pytest.raises(InvalidRequest, match="Responses API") as caught:
        chat.read({"model": "sonnet", "input": "Hi"})

    assert "input" == caught.value.param


def test_body_with_both_messages_and_input_is_read():
    """An unknown field beside messages is only an unknown field."""
    assert {"input": "Hi"} == read(input="Hi").model_extra


def test_url_of_an_image_may_be_a_plain_string():
    """Some clients leave out the object around it."""
    message = {"role": "user", "content": [{"type": "image_url", "image_url": "data:,"}]}

    assert "data:," == read(messages=[message]).messages[0].content[0].image_url.url


def test_arguments_of_a_call_may_be_an_object():
    """Clients of servers that take one send it back as they keep it."""
    call = {"id": "x", "function": {"name": "f", "arguments": {"b": 1, "a": [2]}}}
    message = read(messages=[{"role": "assistant", "tool_calls": [call]}]).messages[0]

    assert '{"b":1,"a":[2]}' == message.tool_calls[0].function.arguments


def test_many_stop_sequences_are_taken():
    """OpenAI takes four; editors send a dozen."""
    assert 20 == len(read(stop=[f"END {at}" for at in range(20)]).stop)
