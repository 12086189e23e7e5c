"""What the model is told of a request for a message, and what is refused instead."""

import orjson
import pytest

from cmappy import answer
from cmappy.errors import InvalidRequest, TooLarge
from cmappy.faces.face import Caller, Options
from cmappy.faces.messages import FACE

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQK"
MARK = {"type": "ephemeral"}
FUNCTION = {"name": "f", "description": "does f", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
HI = {"role": "user", "content": "Hi"}


def asked(*messages, options=None, headers=None, **more):
    """Return a request as the face reads it."""
    body = {"model": "sonnet", "max_tokens": 9, "messages": list(messages or [HI]), **more}
    return FACE.read(body, options or Options(), Caller("", headers or {}))


def turn(*messages, **more):
    """Return the turn of a request."""
    return asked(*messages, **more).turn("sonnet")


def told(*messages, **more):
    """Return the messages of a turn, as the API has them."""
    return turn(*messages, **more).canonical()["messages"]


def user(*blocks):
    """Return a message of the user's."""
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks):
    """Return a message of the model's."""
    return {"role": "assistant", "content": list(blocks)}


def text(text, **more):
    """Return a text block."""
    return {"type": "text", "text": text, **more}


def refused(*messages, **more):
    """Return the error for a request."""
    with pytest.raises(InvalidRequest) as caught:
        turn(*messages, **more)
    return caught.value


def test_smallest_request_is_a_turn_without_thinking_of_the_backends_own():
    """What the client does not say, the API decides."""
    assert {
        "model": "sonnet",
        "messages": [user(text("Hi"))],
        "max_tokens": 9,
        "not_adaptive": True,
    } == turn().canonical()


@pytest.mark.parametrize(
    "blocks",
    [
        [text("a"), text("b")],
        [text("a", citations=[{"type": "char_location"}])],
        [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}, "title": "T"}],
        [{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}],
        [{"type": "document", "source": {"type": "content", "content": [text("x")]}, "citations": {"enabled": True}}],
        [{"type": "document", "source": {"type": "content", "content": "x"}}],
        [{"type": "search_result", "source": "s", "title": "t", "content": [text("x")]}],
        [{"type": "something_new", "x": 1}],
        [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}],
    ],
    ids=str,
)
def test_users_blocks_arrive_as_they_are(blocks):
    """Documents keep their titles and citations, and what is not known is passed on."""
    assert [user(*blocks)] == told(user(*blocks))


def test_nulls_are_absent_and_a_wrong_image_type_is_mended():
    """Clients send nulls for what they do not use."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PNG}}

    assert [user(text("a"), image | {"source": image["source"] | {"media_type": "image/png"}})] == told(
        user(text("a", cache_control=None, citations=None), image)
    )


def test_url_is_fetched_by_the_api_if_that_is_allowed():
    """Images and documents alike."""
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    document = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}

    assert [user(image, document)] == told(user(image, document), options=Options(url_images=True))


def test_answers_keep_thinking_calls_and_results_with_errors():
    """Thinking goes back with its signature; a call's result says whether it is an error."""
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    redacted = {"type": "redacted_thinking", "data": "eHg="}
    server = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    result = {**RESULT, "content": [text("no")], "is_error": True}

    assert [user(text("Hi")), assistant(thinking, redacted, server, text("a"), CALL), user(result, text("b"))] == told(
        HI, assistant(thinking, redacted, server, text("a", citations=[{}]), CALL), user(result, text("b"))
    )


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"content": "done"}, [text("done")]),
        ({"content": [text("done")]}, [text("done")]),
        ({}, ""),
        ({"content": []}, ""),
    ],
    ids=str,
)
def test_result_may_be_a_text_blocks_or_nothing(result, expected):
    """An empty one stays empty."""
    *_, last = told(HI, assistant(CALL), user({"type": "tool_result", "tool_use_id": "toolu_1", **result}))

    assert expected == last["content"][0]["content"]


def test_answer_of_thinking_only_is_left_out():
    """The CLI would drop it, and merge what is beside it with a line break of its own."""
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}

    assert [user(text("a"), text("b"))] == told(user(text("a")), assistant(thinking), user(text("b")))


@pytest.mark.parametrize(
    ("system", "expected"),
    [("Be kind.", "Be kind."), ([text("a", cache_control=MARK), text("b")], "a\n\nb"), (" ", ""), (None, "")],
)
def test_system_is_one_text(system, expected):
    """Blocks are joined; the cache keeps it anyway."""
    assert expected == turn(system=system).system


def test_system_messages_before_all_others_are_part_of_the_system_text():
    """Behind the system field."""
    asked = turn({"role": "system", "content": "b"}, HI, system="a")

    assert ("a\n\nb", 1) == (asked.system, len(asked.messages))


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, None),
        ({"thinking": {"type": "disabled"}}, None),
        ({"context_management": {"edits": []}}, None),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "low"}}, "c"),
        ({"output_format": {"type": "json_schema", "schema": {"type": "object"}}}, "c"),
        ({"tools": [FUNCTION]}, {}),
        ({"tools": [{**FUNCTION, "type": "custom", "cache_control": MARK}]}, {}),
        ({"tools": [{**FUNCTION, "strict": True}]}, None),
        ({"tools": [FUNCTION, {"type": "bash_20250124", "name": "bash"}]}, None),
    ],
    ids=str,
)
def test_what_the_cli_has_no_setting_for_goes_to_the_api_as_it_is(fields, extra):
    """Only what is not the CLI's own business: thinking, the answer's form, and tools that say more than it knows."""
    if extra == "c":
        extra = {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}

    assert (fields if extra is None else extra) == orjson.loads(turn(**fields).extra or b"{}")


def test_effort_is_the_clis_setting():
    """In the API request it has a beta of its own, which the CLI sends."""
    assert "max" == turn(output_config={"effort": "max"}).effort


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, ("auto", "", True)),
        ({"type": "any"}, ("any", "", True)),
        ({"type": "none"}, ("none", "", True)),
        ({"type": "tool", "name": "f"}, ("tool", "f", True)),
        ({"type": "auto", "disable_parallel_tool_use": True}, ("auto", "", False)),
    ],
)
def test_choice_is_the_apis(choice, expected):
    """And so is the ban on parallel calls."""
    made = turn(tools=[FUNCTION], tool_choice=choice)

    assert expected == (made.tool_choice, made.tool_name, made.parallel_tools)


def test_choice_of_none_without_tools_is_nothing():
    """There is nothing to choose from."""
    assert "auto" == turn(tool_choice={"type": "none"}).tool_choice


def test_tools_that_the_api_runs_are_for_the_api_alone():
    """The CLI does not hear of them; where there are no others, neither does it of the choice."""
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 1}
    choice = {"type": "tool", "name": "web_search"}
    made = turn(tools=[search], tool_choice=choice, options=Options(server_tools=True))

    assert ((), "auto", {"tools": [search], "tool_choice": choice}) == (
        made.tools,
        made.tool_choice,
        orjson.loads(made.extra),
    )


def test_reserved_name_is_another_one_for_the_cli_and_the_clients_own_in_the_answer():
    """The CLI would drop a tool of this name."""
    read = asked(
        HI,
        assistant({**CALL, "name": "ToolSearch"}),
        user(RESULT),
        tools=[{**FUNCTION, "name": "ToolSearch", "strict": True}],
        tool_choice={"type": "tool", "name": "ToolSearch"},
    )
    made = read.turn("sonnet")

    assert "ToolSearch_2" == made.tools[0].name == made.tool_name
    assert "ToolSearch_2" == orjson.loads(made.extra)["tools"][0]["name"] == made.messages[1].content[0].name


def test_marks_of_the_client_replace_the_clis_as_soon_as_a_message_has_one():
    """Never both: the CLI does not count the client's."""
    made = turn(
        user(text("a", cache_control=MARK)),
        assistant(CALL),
        user({**RESULT, "content": [text("done")], "cache_control": {**MARK, "ttl": "1h"}}),
        tools=[{**FUNCTION, "cache_control": MARK}],
    )
    first, _, last = made.canonical()["messages"]

    assert (True, MARK, {**MARK, "ttl": "1h"}, MARK) == (
        made.own_marks,
        first["content"][0]["cache_control"],
        last["content"][0]["cache_control"],
        orjson.loads(made.extra)["tools"][0]["cache_control"],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"system": [text("a", cache_control=MARK)]},
        {"tools": [{**FUNCTION, "cache_control": MARK}]},
        {"cache_control": MARK},
    ],
)
def test_marks_elsewhere_are_left_to_the_cli(fields):
    """It marks tools and system by itself, and would have no mark left for the conversation."""
    made = turn(**fields)

    assert (False, "") == (made.own_marks, made.extra)


def test_marks_on_images_and_calls_do_not_count():
    """The CLI loses them."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}

    assert not turn(
        user({**image, "cache_control": MARK}), assistant({**CALL, "cache_control": MARK}), user(RESULT)
    ).own_marks


def test_harmless_betas_are_switched_on_and_others_named():
    """From the header and from the body."""
    read = asked(headers={"anthropic-beta": "computer-use-2025-01-24, oauth-2025-04-20"}, betas=["pdfs-2024-09-25"])

    assert ("computer-use-2025-01-24", "pdfs-2024-09-25") == read.turn("sonnet").betas
    assert ["anthropic-beta: oauth-2025-04-20"] == read.ignored()


def test_ignored_are_fields_without_effect():
    """Known ones and others."""
    assert ["metadata", "nonsense", "temperature"] == asked(
        metadata={}, nonsense=1, temperature=0.5, thinking=None
    ).ignored()


def test_sampling_is_forwarded_if_that_is_wanted():
    """All three of the API's."""
    read = asked(temperature=0.5, top_p=0.9, top_k=40, options=Options(forward_sampling=True))

    assert (("temperature", 0.5), ("top_p", 0.9), ("top_k", 40)) == read.turn("sonnet").sampling
    assert [] == read.ignored()


def test_stop_sequences_are_the_apis():
    """White space may be in them, but not alone."""
    assert ("END", "a\n") == turn(stop_sequences=["END", "a\n"]).stop


def test_reply_has_the_servers_token_and_the_clients_names():
    """The message's id is made of the token; a tool that the CLI knows by another name is called by the client's."""
    read = asked(tools=[{**FUNCTION, "name": "ToolSearch"}])
    reply = read.reply(read.turn("sonnet"), token="7", created=0)
    [begun] = reply.feed(answer.Began("claude-x", answer.Usage()))
    [call] = reply.feed(answer.CallStart("toolu_1", "ToolSearch_2"))

    assert ("msg_7", "ToolSearch") == (begun["message"]["id"], call["content_block"]["name"])


def test_model_and_stream_are_the_clients():
    """The server asks for both."""
    assert ("sonnet", True) == (asked(stream=True).request.model, asked(stream=True).request.stream)


DOCUMENT = {"type": "document"}
IMAGE = {"type": "image"}


@pytest.mark.parametrize(
    ("messages", "fields", "param"),
    [
        ([{"role": "system", "content": "x"}], {}, "messages"),
        ([HI, assistant(text("The answer is"))], {}, "messages[1]"),
        ([HI, assistant({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})], {}, "messages[1]"),
        ([HI, assistant(CALL)], {}, "messages"),
        ([HI, assistant(CALL), HI], {}, "messages"),
        ([user(RESULT)], {}, "messages[0].content[0].tool_use_id"),
        ([HI, assistant(CALL), user({"type": "tool_result"})], {}, "messages[2].content[0].tool_use_id"),
        ([HI, assistant(CALL), user({**RESULT, "is_error": "yes"})], {}, "messages[2].content[0].is_error"),
        ([HI, assistant(CALL), user({**RESULT, "content": 7})], {}, "messages[2].content[0].content"),
        ([HI, assistant(CALL), user({**RESULT, "content": ["x"]})], {}, "messages[2].content[0].content[0]"),
        (
            [HI, assistant(CALL), user({**RESULT, "content": [{"type": "tool_reference", "tool_name": "f"}]})],
            {},
            "messages[2].content[0].content[0]",
        ),
        ([HI, assistant({**CALL, "input": "x"}), user(RESULT)], {}, "messages[1].content[0].input"),
        ([HI, assistant({**CALL, "id": None}), user(RESULT)], {}, "messages[1].content[0].id"),
        ([HI, assistant({**CALL, "name": 7}), user(RESULT)], {}, "messages[1].content[0].name"),
        ([HI, assistant({"type": "thinking", "thinking": "x"}, text("a")), HI], {}, "messages[1].content[0].signature"),
        ([HI, assistant(RESULT), HI], {}, "messages[1].content[0]"),
        ([user(CALL)], {}, "messages[0].content[0]"),
        ([HI, {"role": "system", "content": "x"}, HI], {}, "messages[1].role"),
        ([user({"type": "text"})], {}, "messages[0].content[0].text"),
        ([user({"text": "x"})], {}, "messages[0].content[0]"),
        ([user("x")], {}, "messages[0].content[0]"),
        ([user(text("x", cache_control="ephemeral"))], {}, "messages[0].content[0].cache_control"),
        ([user({"type": "container_upload", "file_id": "f"})], {}, "messages[0].content[0]"),
        ([user(DOCUMENT)], {}, "messages[0].content[0].source"),
        ([user({**DOCUMENT, "source": {"type": "url", "url": "x"}})], {}, "messages[0].content[0].source.url"),
        ([user({**DOCUMENT, "source": {"type": "file", "file_id": "x"}})], {}, "messages[0].content[0].source"),
        ([user({**DOCUMENT, "source": {"type": "tape"}})], {}, "messages[0].content[0].source"),
        ([user({**DOCUMENT, "source": {"type": "base64", "data": "?"}})], {}, "messages[0].content[0].source.data"),
        ([user({**DOCUMENT, "source": {"type": "text"}})], {}, "messages[0].content[0].source.data"),
        ([user({**DOCUMENT, "source": {"type": "content"}})], {}, "messages[0].content[0].source.content"),
        ([user(IMAGE)], {}, "messages[0].content[0].source"),
        ([user({**IMAGE, "source": "x"})], {}, "messages[0].content[0].source"),
        ([user({**IMAGE, "source": {"type": "file", "file_id": "x"}})], {}, "messages[0].content[0].source"),
        ([user({**IMAGE, "source": {"type": "url", "url": "http://x"}})], {}, "messages[0].content[0].source.url"),
        ([user({**IMAGE, "source": {"type": "base64", "data": "AAAA"}})], {}, "messages[0].content[0].source.data"),
        ([], {"system": [{"type": "image"}]}, "system[0].type"),
        ([], {"stop_sequences": ["\n"]}, "stop_sequences[0]"),
        ([], {"mcp_servers": [{"type": "url"}]}, "mcp_servers"),
        ([], {"container": "c"}, "container"),
        ([], {"thread": {"id": "t"}}, "thread"),
        ([], {"max_tokens": None}, "max_tokens"),
        ([], {"max_tokens": 0}, "max_tokens"),
        ([], {"temperature": 1.5}, "temperature"),
        ([], {"messages": []}, "messages"),
        ([], {"tools": [{"name": "f"}]}, "tools[0].input_schema"),
        ([], {"tools": [{"input_schema": {}}]}, "tools[0].name"),
        ([], {"tools": [{"name": 7, "input_schema": {}}]}, "tools[0]"),
        ([], {"tools": [{"name": "f", "input_schema": []}]}, "tools[0].input_schema"),
        ([], {"tools": [{"type": 7}]}, "tools[0].type"),
        ([], {"tools": [{"type": "mcp_toolset"}]}, "tools[0].type"),
        ([], {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ([], {"tools": [FUNCTION, FUNCTION]}, "tools[1].name"),
        ([], {"tool_choice": {"type": "any"}}, "tool_choice"),
        ([], {"tools": [FUNCTION], "tool_choice": {"type": "tool", "name": "g"}}, "tool_choice.name"),
        ([], {"output_config": {"effort": "none"}}, "output_config.effort"),
        ([user(*[text("x", cache_control=MARK)] * 3)], {"system": [text("x", cache_control=MARK)] * 2}, "messages"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_path(messages, fields, param):
    """Never dropped in silence, and never answered with words of the CLI's."""
    assert param == refused(*messages, **fields).param


def test_what_is_nested_too_deeply_is_refused():
    """It could not be written."""
    deep = {}
    for _ in range(300):
        deep = {"a": deep}

    assert "messages[1].content[0].input" == refused(HI, assistant({**CALL, "input": deep}), user(RESULT)).param


@pytest.mark.parametrize(
    ("messages", "fields"),
    [
        ([], {"temperature": 1.0}),
        ([], {"top_p": 0.5}),
        ([], {"top_k": 5}),
        ([user(text("x", citations=[{"type": "char_location"}]))], {}),
        ([HI, assistant({**DOCUMENT, "source": {"type": "text", "data": "x"}}), HI], {}),
    ],
)
def test_newest_version_takes_less(messages, fields):
    """What Anthropic's API refuses from 2026-10-21 on, and takes before."""
    turn(*messages, **fields, headers={"anthropic-version": "2023-06-01"})
    refused(*messages, **fields, headers={"anthropic-version": "2026-10-21"})


def test_version_must_be_a_date():
    """A wrong one is a mistake of the client's; none at all is taken."""
    assert "2023-06-01" in refused(headers={"anthropic-version": "latest"}).message


def test_cli_does_not_call_itself():
    """Its environment leads back here; the error says what to do."""
    assert "ANTHROPIC_BASE_URL" in refused(headers={"user-agent": "claude-cli/2.1.330 (external, cli)"}).message


def test_body_must_be_an_object():
    """The message says what one is."""
    with pytest.raises(InvalidRequest, match="max_tokens"):
        FACE.read([], Options(), Caller())


def test_too_many_images_are_too_large():
    """As everywhere else."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}

    with pytest.raises(TooLarge):
        turn(user(*[image] * 101))


def test_property_with_a_name_that_the_api_refuses_is_named():
    """As the API does: whoever speaks to it knows its names."""
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {"$filter": {}}}}
    body = {"model": "sonnet", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "tools": [tool]}

    with pytest.raises(InvalidRequest, match="`f`") as caught:
        FACE.read(body, Options(), Caller())

    assert "tools[0].input_schema" == caught.value.param
