"""The CLI's events become chunks: what is said, in which order, and what is an error instead."""

import pytest

from cmappy import errors
from cmappy.backends.claude import events
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Line
from cmappy.faces.chat.chunk import Chunk, Head, Usage
from cmappy.faces.chat.reply import Reply
from cmappy.turn import Turn

SCHEMA = '{"type":"object","required":["n"]}'
START = events.MessageStart(id="msg_1", model="claude-x", usage=events.Usage(input_tokens=3))
HELLO = [events.BlockStart(type="text"), events.TextDelta(text="Hel"), events.TextDelta(text="lo"), events.BlockStop()]


THOUGHT = [events.BlockStart(type="thinking"), events.ThinkingDelta("hm"), events.BlockStop()]


def end(reason="end_turn"):
    """Return the end of an answer."""
    return events.MessageDelta(stop_reason=reason, usage=events.Usage(output_tokens=2))


def call(id="toolu_1", name="f", *pieces):
    """Return a call of a tool."""
    start = events.BlockStart(type="tool_use", id=id, name=name)
    return [start, *(events.ArgumentsDelta(partial_json=piece) for piece in pieces), events.BlockStop()]


class Making:
    """An answer in the making: from the CLI's events to the chunks of a reply."""

    def __init__(self, *, stop=(), schema="", **options):
        self.interpreter = Interpreter(Turn("sonnet", (), stop=stop, schema=schema))
        self.reply = Reply(id="chatcmpl-1", created=7, **options)

    def feed(self, event):
        """Yield the chunks for an event."""
        line = Line(b"")
        line.event = event
        for each in self.interpreter.feed(line):
            yield from self.reply.feed(each)


reply = Making


def said(*told, **options):
    """Return the deltas, and the last one's finish reason, of the chunks that events become."""
    making = reply(**options)
    chunks = [chunk for event in told for chunk in making.feed(event)]
    return [chunk.delta for chunk in chunks if chunk.delta], [chunk.finish_reason for chunk in chunks][-2]


def text(*told, **options):
    """Return the text that events become."""
    return "".join(delta.get("content", "") for delta in said(*told, **options)[0])


def test_answer_is_role_text_reason_and_usage():
    """In this order, each a chunk with the same head."""
    head = Head("chatcmpl-1", 7, "claude-x")
    making = reply()
    chunks = [chunk for event in [START, *HELLO, end()] for chunk in making.feed(event)]

    expected = [
        Chunk(head, {"role": "assistant", "content": ""}),
        Chunk(head, {"content": "Hel"}),
        Chunk(head, {"content": "lo"}),
        Chunk(head, {}, "stop"),
        Chunk(head, usage=Usage(3, 2)),
    ]

    assert (expected, True) == (chunks, making.interpreter.finished)


@pytest.mark.parametrize(("with_usage", "last"), [(True, b'"usage":{'), (False, b"")])
def test_usage_is_sent_if_it_was_asked_for(with_usage, last):
    """Older clients stumble over a chunk without choices."""
    making = reply(with_usage=with_usage)
    *_, sent = [making.reply.encode(chunk) for event in [START, *HELLO, end()] for chunk in making.feed(event)]

    assert (bool(last), True) == (bool(sent), last in sent)


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "tool_calls"),
    ],
)
def test_every_stop_reason_has_its_finish_reason(reason, finish_reason):
    """The SDK accepts OpenAI's words only."""
    assert finish_reason == said(START, *HELLO, end(reason))[1]


def test_unknown_stop_reason_is_an_error():
    """To guess would be to lie about how the answer ended."""
    with pytest.raises(errors.CliFailed, match="tired"):
        said(START, *HELLO, end("tired"))


def test_repeated_block_is_not_said_twice():
    """The CLI repeats each block as a whole message after its deltas."""
    repeated = events.AssistantMessage(id="msg_1", model="claude-x", content=({"type": "text", "text": "Hello"},))

    assert "Hello" == text(START, *HELLO, repeated, end())


def test_message_without_deltas_is_said_whole():
    """The CLI's own non-streaming second try comes so."""
    content = (
        {"type": "thinking", "thinking": "hm"},
        {"type": "redacted_thinking", "data": "c2VjcmV0"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}},
    )
    message = events.AssistantMessage(id="msg_2", model="claude-x", content=content)
    deltas, reason = said(message, events.Result(stop_reason="tool_use"))

    expected = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "hm"},
        {"content": "Hello"},
        {"tool_calls": [{"index": 0, "id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x":1}'}}]},
    ]

    assert (expected, "tool_calls") == (deltas, reason)


def whole(text):
    """Return a block of a message that comes without deltas."""
    return events.AssistantMessage(id="msg_2", model="claude-x", content=({"type": "text", "text": text},))


def test_message_without_deltas_may_come_block_by_block():
    """The CLI writes a line for each block, all with the id of their message."""
    assert "Hello, world!" == text(whole("Hello,"), whole(" world!"), events.Result(stop_reason="end_turn"))


@pytest.mark.parametrize(
    "next",
    [
        events.UserMessage(),
        events.ControlRequest(),
        events.Result(stop_reason="end_turn"),
        events.Result(is_error=True),
    ],
    ids=["user", "control request", "result", "error"],
)
def test_message_without_deltas_ends_where_the_cli_acts_on_it(next):
    """It tells why it ended with every block; that it has ended, only the next line of another kind tells."""
    blocks = [each.model_copy(update={"stop_reason": "max_tokens"}) for each in (whole("Hello,"), whole(" world!"))]
    deltas, reason = said(*blocks, next)

    assert ("Hello, world!", "length") == ("".join(delta["content"] for delta in deltas), reason)


def test_message_without_deltas_may_lack_its_structured_part():
    """Then the CLI asks the model once more."""
    prose = whole("Well.").model_copy(update={"stop_reason": "end_turn"})
    structured = events.AssistantMessage(
        id="msg_3",
        model="claude-x",
        stop_reason="tool_use",
        content=({"type": "tool_use", "id": "t", "name": "StructuredOutput", "input": {"n": 1}},),
    )

    assert '{"n":1}' == text(prose, events.UserMessage(), structured, events.UserMessage(), schema=SCHEMA)


def test_message_without_deltas_is_cut_at_a_stop_sequence_once():
    """What follows the cut is not said, and the answer does not end twice."""
    content = ({"type": "text", "text": "one. "}, {"type": "text", "text": "two. "})
    message = events.AssistantMessage(id="msg_2", model="claude-x", content=content)
    chunks = list(reply(stop=(".",)).feed(message))

    assert [{"role": "assistant", "content": ""}, {"content": "one"}, {}, None] == [chunk.delta for chunk in chunks]


def test_words_of_the_clis_own_are_not_said():
    """They tell of an error, and the error follows."""
    own = events.AssistantMessage(id="x", model="<synthetic>", content=({"type": "text", "text": "API Error"},))

    assert [] == list(reply().feed(own))


@pytest.mark.parametrize(
    ("reasoning", "thought"),
    [
        ("off", []),
        ("reasoning_content", [{"reasoning_content": "hm"}]),
        ("reasoning", [{"reasoning": "hm"}]),
        ("both", [{"reasoning_content": "hm", "reasoning": "hm"}]),
    ],
)
def test_thinking_is_said_in_the_chosen_fields(reasoning, thought):
    """Clients disagree about the name, and some fall over either."""
    deltas, _ = said(START, *THOUGHT, *HELLO, end(), reasoning=reasoning)

    assert [{"role": "assistant", "content": ""}, *thought, {"content": "Hel"}, {"content": "lo"}] == deltas


def test_empty_thinking_is_not_said():
    """Hidden thinking comes as empty pieces."""
    assert said(START, *HELLO, end()) == said(START, THOUGHT[0], events.ThinkingDelta(""), THOUGHT[-1], *HELLO, end())


def test_stop_sequence_ends_the_answer_before_it():
    """The API refuses some of them, and pieces of text end anywhere."""
    making = reply(stop=("ll",))
    chunks = [chunk for event in [START, *HELLO] for chunk in making.feed(event)]

    assert (["He"], "stop", True) == (
        [chunk.delta["content"] for chunk in chunks[1:-2]],
        chunks[-2].finish_reason,
        making.interpreter.finished,
    )


def test_text_held_back_is_said_at_the_end():
    """What only began like a stop sequence belongs to the answer."""
    assert "Hello" == text(START, *HELLO, end(), stop=("lo!",))


def test_calls_are_said_after_text():
    """A model may speak and call in one answer."""
    deltas, reason = said(START, *HELLO, *call("toolu_1", "f", '{"x":', "1}"), end("tool_use"))

    assert ('{"x":1}', "tool_calls") == (
        "".join(delta["tool_calls"][0]["function"]["arguments"] for delta in deltas if "tool_calls" in delta),
        reason,
    )


def test_calls_have_the_clients_names():
    """The API's are others where the client's have a character that it does not know."""
    deltas, _ = said(START, *call("t", "my_f", "{}"), *call("u", "g", "{}"), end("tool_use"), names={"my_f": "my.f"})

    names = [delta["tool_calls"][0]["function"].get("name") for delta in deltas if "tool_calls" in delta]

    assert ["my.f", None, "g", None] == names


def test_older_form_of_calls_has_its_own_reason():
    """Who sent `functions` waits for `function_call`."""
    assert "function_call" == said(START, *call("toolu_1", "f", "{}"), end("tool_use"), legacy=True)[1]


@pytest.mark.parametrize(
    "second",
    [
        events.MessageStart(id="msg_2", model="claude-x"),
        events.ApiRetry(attempt=1),
        events.Abandoned(from_block_index=1),
    ],
    ids=["starts", "is announced", "continues"],
)
def test_second_try_after_text_is_an_error(second):
    """Its text would follow the first one's, and be nobody's answer."""
    with pytest.raises(errors.CliFailed) as caught:
        said(START, *HELLO, second)

    assert "upstream_error" == caught.value.code


def test_second_try_before_text_is_fine():
    """Nothing was said yet; the second message is the answer, and only its tokens count."""
    second = events.MessageStart(id="msg_2", model="claude-x", usage=events.Usage(input_tokens=4))
    making = reply()
    told = [START, events.ApiRetry(attempt=1), events.Abandoned(), second, *HELLO, end()]
    chunks = [chunk for event in told for chunk in making.feed(event)]

    assert ("Hello", 4) == ("".join(chunk.delta["content"] for chunk in chunks[1:-2]), chunks[-1].usage.prompt_tokens)


def test_reported_error_is_raised():
    """Which one is another module's matter."""
    with pytest.raises(errors.Overloaded):
        said(events.Result(is_error=True, api_error_status=529))


def test_plan_that_is_used_up_is_told_with_its_end():
    """The CLI tells of the plan in a line of its own, before the error."""
    limit = events.RateLimit(status="rejected", resetsAt=1234)
    with pytest.raises(errors.PlanExhausted) as caught:
        said(limit, events.Result(is_error=True, api_error_status=429))

    assert 1234 == caught.value.resets_at


def test_text_without_a_beginning_is_an_error():
    """Nobody would know which model answered."""
    with pytest.raises(errors.CliFailed, match="which model"):
        said(*HELLO)


@pytest.mark.parametrize("told", [[], [START], [START, *HELLO]], ids=["nothing", "role", "text"])
def test_answer_without_an_end_is_an_error(told):
    """Half an answer is not a short one."""
    making = reply()
    for event in told:
        list(making.feed(event))

    with pytest.raises(errors.CliFailed, match="in the middle"):
        making.interpreter.close()


def test_answer_with_an_end_closes_in_peace():
    """The other side of the rule above."""
    making = reply()
    for event in [START, *HELLO, end()]:
        list(making.feed(event))

    assert making.interpreter.close() is None


@pytest.mark.parametrize(
    "event",
    [events.Unknown(), events.Result(), events.MessageDelta(), events.SignatureDelta("s"), events.OtherDelta({})],
)
def test_events_without_meaning_say_nothing(event):
    """They come at any time."""
    assert [] == list(reply().feed(event))


def test_structured_answer_is_the_text():
    """The CLI has it as a call of its own tool; prose around it is not part of it."""
    answer = call("toolu_1", "StructuredOutput", '{"n"', "", ":1}")
    deltas, reason = said(START, *HELLO, *answer, end("tool_use"), schema=SCHEMA)

    assert ([{"content": '{"n"'}, {"content": ":1}"}], "stop") == (deltas[1:], reason)


def test_structured_answer_is_checked_before_it_ends():
    """A plain answer is then an error, and a stream has no good end."""
    with pytest.raises(errors.CliFailed) as caught:
        said(START, *call("toolu_1", "StructuredOutput", "{}"), end("tool_use"), schema=SCHEMA)

    assert "schema_not_followed" == caught.value.code


def test_structured_answer_may_take_the_model_two_messages():
    """After prose the CLI reminds the model of the schema, once; both messages are paid for."""
    making = reply(schema=SCHEMA)
    second = events.MessageStart(id="msg_2", model="claude-x", usage=events.Usage(input_tokens=4))
    answer = call("toolu_1", "StructuredOutput", '{"n":1}')
    told = [START, *HELLO, end(), second, *answer, end("tool_use")]
    chunks = [chunk for event in told for chunk in making.feed(event)]

    assert ('{"n":1}', 7, "stop") == (
        chunks[1].delta["content"],
        chunks[-1].usage.prompt_tokens,
        chunks[-2].finish_reason,
    )


def test_prose_instead_of_structure_is_an_error():
    """The CLI gives up after its reminder, and calls that a success."""
    with pytest.raises(errors.CliFailed, match="in prose"):
        said(START, *HELLO, end(), events.Result(), schema=SCHEMA)


def test_calls_of_tools_are_possible_beside_a_schema():
    """The model may need a tool before it can answer."""
    assert "tool_calls" == said(START, *call("toolu_1", "f", "{}"), end("tool_use"), schema=SCHEMA)[1]


def test_structured_answer_that_is_cut_off_says_so():
    """Its client knows that torn JSON goes with `length`."""
    answer = call("toolu_1", "StructuredOutput", '{"n"')[:2]

    assert "length" == said(START, *answer, end("max_tokens"), schema=SCHEMA)[1]


def test_refusal_of_a_structured_answer_is_told_as_one():
    """The SDK's `parse` looks for `refusal` where there is no JSON."""
    deltas, reason = said(START, *HELLO, end("refusal"), schema=SCHEMA)

    assert ([{"refusal": "Hello"}], "content_filter") == (deltas[1:], reason)


def test_stop_sequence_does_not_reach_across_a_call():
    """Text that was held back is said before the call that follows it."""
    deltas, _ = said(START, *HELLO, *call("toolu_1", "f", "{}"), end("tool_use"), stop=("lo!",))

    assert [{"content": "He"}, {"content": "l"}, {"content": "lo"}] == deltas[1:4]
