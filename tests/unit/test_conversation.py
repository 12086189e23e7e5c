"""The conversation with one process as a state machine: what is written, shown, and when an answer is over."""

import dataclasses

import orjson
import pytest

from cmappy.backends.claude.conversation import Conversation, Step
from cmappy.backends.claude.stdin import END_OF_TEXT, RESULTS
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed, InvalidRequest
from cmappy.turn import Media, Message, Text, Tool, ToolResult, Turn

TOOL = Tool("f", "", '{"type":"object"}')
IMAGE = Media("image", "image/png", "aGk=")


def user(*blocks):
    """Return a user message of texts and other blocks."""
    return Message("user", tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def assistant(text):
    """Return an assistant message."""
    return Message("assistant", (Text(text),))


TURN = Turn("sonnet", (user("Hi"),))


def line(**fields):
    """Return a line of the CLI's stdout."""
    return orjson.dumps(fields)


def event(**fields):
    """Return a line that passes on an event of the API."""
    return line(type="stream_event", event=fields)


START = event(type="message_start", message={"id": "m", "model": "claude-x"})
DELTA = event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello"})
RESULT = line(type="result", subtype="success", is_error=False, num_turns=1)
ACKNOWLEDGED = line(type="result", subtype="success", is_error=False, num_turns=0)


def block(**fields):
    """Return a finished content block, as the CLI repeats it."""
    return line(type="assistant", message={"id": "m", "model": "claude-x", "content": [fields]})


SAID = block(type="text", text="Hello")


def stop(reason="end_turn"):
    """Return the end of an answer."""
    return event(type="message_delta", delta={"stop_reason": reason})


def use(id):
    """Return a finished call, as the CLI repeats it."""
    return block(type="tool_use", id=id, name="f", input={"n": 1})


def asks(id, request_id="r"):
    """Return the CLI's request to run a call."""
    params = {"name": "f", "arguments": {}, "_meta": {"claudecode/toolUseId": id}}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
    return line(type="control_request", request_id=request_id, request={"subtype": "mcp_message", "message": message})


def after(*lines, turn=TURN):
    """Return the conversation after these lines, and the last step."""
    conversation = Conversation()
    conversation.open(turn)
    step = Step()
    for said in lines:
        step = conversation.feed(Line(said))
    return conversation, step


def step(*lines, turn=TURN):
    """Return the last step after these lines."""
    return after(*lines, turn=turn)[1]


def results(*ids, text="4"):
    """Return a turn that answers calls."""
    told = tuple(ToolResult(id, (Text(text),)) for id in ids)
    return dataclasses.replace(TURN, messages=(user("Hi"), assistant(""), user(*told)))


def parked(*ids, **fields):
    """Return a conversation whose calls of these ids wait for their results."""
    turn = dataclasses.replace(TURN, tools=(TOOL,), **fields)
    return after(START, *map(use, ids), *map(asks, ids), stop("tool_use"), turn=turn)[0]


def test_history_goes_on_with_each_acknowledgement():
    """The next line is written when the CLI has taken the one before."""
    turn = dataclasses.replace(TURN, messages=(user("1"), assistant("2"), user("3"), assistant("4"), user("5")))
    conversation = Conversation()
    written = [
        conversation.open(turn),
        conversation.feed(Line(ACKNOWLEDGED)).write,
        conversation.feed(Line(ACKNOWLEDGED)).write,
    ]

    assert [1, 2, 2] == [part.count(b'"role":') for part in written]


def test_nothing_is_shown_before_the_question():
    """What the CLI says while it is told the history is not the answer."""
    turn = dataclasses.replace(TURN, messages=(user("1"), assistant("2"), user("3")))
    init = line(type="system", subtype="init")

    assert (Step(), Step(show=True)) == (step(init, turn=turn), step(ACKNOWLEDGED, init, turn=turn))


@pytest.mark.parametrize("said", [START, DELTA, SAID, event(type="ping"), line(type="born_tomorrow"), b"noise"])
def test_all_of_the_answer_is_shown(said):
    """As it is; the translator decides what it means."""
    assert Step(show=True) == step(said)


@pytest.mark.parametrize(
    ("offered", "error", "code"),
    [
        (["f"], InvalidRequest, "invalid_schema"),
        (["StructuredOutput"], CliFailed, "wrong_functions"),
        (["f", "StructuredOutput", "g"], CliFailed, "wrong_functions"),
    ],
    ids=["schema", "function", "too much"],
)
def test_cli_that_does_not_offer_what_it_was_told_is_an_error(offered, error, code):
    """It drops a schema or a function that it does not understand, and says nothing."""
    turn = dataclasses.replace(TURN, tools=(TOOL,), schema="{}")
    init = {"type": "system", "subtype": "init"}
    with pytest.raises(error) as caught:
        step(line(**init, tools=["f", "StructuredOutput"]), line(**init, tools=offered), turn=turn)

    assert code == caught.value.code


def test_answers_to_control_requests_are_not_shown():
    """They are between the two of us."""
    said = line(type="control_response", response={"subtype": "success", "request_id": "r"})

    assert Step() == step(said)


def test_refused_control_request_is_an_error():
    """The turn would go on without its settings."""
    said = line(type="control_response", response={"subtype": "error", "request_id": "r", "error": "no such subtype"})

    with pytest.raises(CliFailed, match="no such subtype"):
        step(said)


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence"])
def test_answer_is_over_at_its_stop_reason(reason):
    """The CLI has nothing more to ask, and may be kept."""
    assert Step(show=True, over=True) == step(START, DELTA, SAID, stop(reason))


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn", "model_context_window_exceeded", "tool_use"])
def test_cli_that_would_go_on_by_itself_is_known(reason):
    """It asks the API once more, for nobody: it has to be killed at this line."""
    assert Step(show=True, over=True, goes_on=True) == step(START, DELTA, SAID, stop(reason))


def test_cli_goes_on_after_an_answer_of_nothing():
    """It asks for some text then."""
    assert step(START, stop()).goes_on


def test_message_delta_without_a_reason_is_not_the_end():
    """An interrupt writes one."""
    assert Step(show=True) == step(START, stop(None))


def test_result_is_the_end_where_there_was_no_stop_reason():
    """Errors come so."""
    failed = line(type="result", subtype="success", is_error=True, api_error_status=529)
    conversation, last = after(failed)

    assert (Step(show=True, over=True), False) == (last, conversation.settled)


def test_failed_history_is_the_end_too():
    """An error before the question is the answer to it."""
    turn = dataclasses.replace(TURN, messages=(user("1"), assistant("2"), user("3")))
    failed = line(type="result", subtype="success", is_error=True)

    assert Step(show=True, over=True) == step(failed, turn=turn)


@pytest.mark.parametrize(("index", "over"), [(0, False), (1, True)])
def test_answer_that_broke_off_after_its_first_block_is_over(index, over):
    """The CLI would ask for the rest by itself; before that it begins anew, and nothing is lost."""
    said = event(type="message_stop", abandoned_blocks={"from_block_index": index})

    assert Step(show=True, over=over, goes_on=over) == step(START, said)


def test_api_is_locked_where_the_cli_would_go_on_at_a_limit():
    """To kill it at the limit may come too late."""
    limited = dataclasses.replace(TURN, max_tokens=5)

    assert (b"", True) == (step(START).write, b"127.0.0.1:9" in step(START, turn=limited).write)


def test_api_stays_open_for_the_second_try_of_a_structured_answer():
    """A limit does not keep the CLI from reminding the model of the schema."""
    assert b"" == step(START, turn=dataclasses.replace(TURN, max_tokens=5, schema="{}")).write


@pytest.mark.parametrize(
    ("kind", "fields", "locked"),
    [
        ("thinking", {}, True),
        ("tool_use", {}, True),
        ("text", {}, False),
        ("tool_use", {"schema": "{}"}, False),
        ("thinking", {"max_tokens": 5}, False),
    ],
    ids=["thinking", "call", "text", "structured", "limited"],
)
def test_api_is_locked_once_an_answer_has_begun_without_text(kind, fields, locked):
    """An answer that is nothing but thinking makes the CLI ask again; one that was lost may still be repeated."""
    begun = event(type="content_block_start", index=0, content_block={"type": kind, "id": "1", "name": "f"})
    told = step(START, begun, turn=dataclasses.replace(TURN, **fields))

    assert locked == (b"127.0.0.1:9" in told.write)


def test_api_is_locked_at_the_end_of_a_text():
    """The CLI waits there for an answer, so this is never too late; and the client sees nothing of it."""
    hook = line(
        type="control_request", request_id="r7", request={"subtype": "hook_callback", "callback_id": END_OF_TEXT}
    )
    told = step(START, DELTA, hook)

    assert (False, True, True) == (told.show, b"127.0.0.1:9" in told.write, b"r7" in told.write)


def test_process_settles_with_the_result():
    """Then it can take the next turn."""
    conversation, _ = after(START, DELTA, SAID, stop())
    before = conversation.settled
    conversation.feed(Line(RESULT))

    assert (False, True, True) == (before, conversation.settled, conversation.answered)


def test_history_is_what_was_heard_and_said():
    """A turn that begins so can be told to this process; neighbouring texts are one."""
    conversation, _ = after(START, SAID, block(type="text", text=" you"), block(type="thinking", thinking="hm"), stop())

    assert (user("Hi"), assistant("Hello you")) == conversation.history


def test_history_of_a_failed_try_is_forgotten():
    """The second try begins the answer anew."""
    assert (user("Hi"), assistant("Hello")) == after(START, SAID, START, SAID, stop())[0].history


def test_history_has_no_words_of_the_clis_own():
    """They are not the model's."""
    own = line(type="assistant", message={"model": "<synthetic>", "content": [{"type": "text", "text": "Error"}]})

    assert (user("Hi"), Message("assistant", ())) == after(START, own, block(type="text", text=""))[0].history


def test_history_before_the_first_turn_is_an_empty_answer():
    """Nothing was heard."""
    assert (Message("assistant", ()),) == Conversation().history


def test_next_turn_is_told_without_its_history():
    """The process knows it."""
    conversation, _ = after(START, SAID, stop(), RESULT)
    turn = dataclasses.replace(TURN, messages=(*conversation.history, user("And?")))
    fits = conversation.fits(turn)
    written = conversation.resume(turn)

    assert (True, 1, True) == (fits, written.count(b'"role":'), b"And?" in written)


def test_calls_are_parked():
    """The answer is over for the client, and the CLI waits for its tools."""
    conversation, last = after(START, use("a"), asks("a"), stop("tool_use"))

    assert (Step(show=True, over=True), True, True) == (last, conversation.parked, conversation.settled)


def test_calls_that_the_cli_does_not_ask_for_are_not_parked():
    """An unknown name, or arguments that are no JSON: the CLI answers those itself, with a second request."""
    assert step(START, use("a"), use("b"), asks("a"), stop("tool_use")).goes_on


def test_more_calls_than_the_cli_keeps_in_order_are_not_parked():
    """A fresh process is told the results in order."""
    ids = ["a", "b", "c", "d"]

    assert step(START, *map(use, ids), *map(asks, ids), stop("tool_use")).goes_on


def test_calls_beside_a_schema_are_not_parked():
    """One of them may be the CLI's own tool, which it answers itself."""
    turn = dataclasses.replace(TURN, schema="{}", tools=(TOOL,))

    assert step(START, use("a"), asks("a"), stop("tool_use"), turn=turn).goes_on


def test_other_requests_of_the_cli_are_refused():
    """Left without an answer it would wait."""
    said = line(type="control_request", request_id="r", request={"subtype": "mcp_message", "message": {"id": 1}})
    refused = step(said)

    assert (False, True) == (refused.show, b"not offered" in refused.write)


def test_prose_before_a_structured_answer_is_not_the_end():
    """The CLI reminds the model of the schema, once."""
    turn = dataclasses.replace(TURN, schema='{"type":"object"}')

    assert Step(show=True) == step(START, SAID, stop(), turn=turn)


def test_results_in_order_fit_parked_calls():
    """The process goes on with a native result, in milliseconds."""
    conversation = parked("a", "b")
    turn = results("a", "b")
    fits = conversation.fits(turn)
    written = conversation.resume(turn)

    assert (True, 2, False) == (fits, written.count(b'"mcp_response"'), conversation.parked)


@pytest.mark.parametrize(
    "turn",
    [
        results("a"),
        results("b", "a"),
        results("a", "c"),
        dataclasses.replace(TURN, messages=(user("And?"),)),
        dataclasses.replace(TURN, messages=(user(*results("a", "b").messages[-1].content, "And?"),)),
        dataclasses.replace(TURN, messages=(user(ToolResult("a", ()), ToolResult("b", (Text("4"),))),)),
        dataclasses.replace(TURN, messages=(user(ToolResult("a", (IMAGE,)), ToolResult("b", (Text("4"),))),)),
        results("a", "b", text="x" * 400_001),
        dataclasses.replace(results("a", "b"), max_tokens=5),
        dataclasses.replace(results("a", "b"), effort="low"),
    ],
    ids=[
        "one missing",
        "another order",
        "another call",
        "no result",
        "text beside",
        "empty result",
        "image",
        "too long",
        "another limit",
        "another effort",
    ],
)
def test_other_turns_do_not_fit_parked_calls(turn):
    """The CLI would change them on their way, or cannot take them at all."""
    assert not parked("a", "b").fits(turn)


def test_process_that_goes_on_by_itself_is_not_settled():
    """A call that was given up in the meantime leads to a request that nobody has asked for."""
    conversation = parked("a")
    conversation.feed(Line(START))

    assert not conversation.settled


def test_heartbeat_of_a_parked_call_changes_nothing():
    """The CLI tells every 30 seconds that it still waits."""
    conversation = parked("a")
    beat = line(type="tool_progress", tool_use_id="a-heartbeat-0", elapsed_time_seconds=30, heartbeat=True)
    told = [conversation.feed(Line(beat)) for _ in range(20)]

    assert {b""} == {step.write for step in told}
    assert (True, True) == (conversation.settled, conversation.fits(results("a")))


def test_only_the_clients_results_go_to_the_api():
    """The CLI asks by its hook: it may send what the client returned, and not its own words for a wrong call."""
    hook = line(type="control_request", request_id="h", request={"subtype": "hook_callback", "callback_id": RESULTS})
    turn = dataclasses.replace(TURN, tools=(TOOL,))
    wrong = step(START, use("a"), stop("tool_use"), hook, turn=turn)
    unstreamed = step(use("a"), hook, turn=turn)
    conversation = parked("a")
    conversation.resume(results("a"))
    permitted = orjson.loads(conversation.feed(Line(hook)).write)

    assert [Step(), Step()] == [wrong, unstreamed]
    assert {"subtype": "success", "request_id": "h", "response": {}} == permitted["response"]
