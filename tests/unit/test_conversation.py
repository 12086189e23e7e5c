"""What is written to a CLI, line by line, and what follows from what it says: the table at the head of the module."""

import dataclasses
from itertools import count

import orjson
import pytest

from cmappy.backends.claude.conversation import Conversation, Step
from cmappy.backends.claude.phases import TRANSITIONS, OutOfPlace, Phase
from cmappy.backends.claude.prints import prints
from cmappy.backends.claude.stdin import END_OF_TEXT, RESULTS
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed, InvalidRequest, LoginFailed
from cmappy.turn import Media, Message, Text, Thinking, Tool, ToolResult, ToolUse, Turn

TOOL = Tool("f", "", '{"type":"object"}')
MARK = {"type": "ephemeral", "ttl": "1h"}


def message(role, *content):
    """Return a message; words are texts."""
    return Message(role, tuple(Text(each) if isinstance(each, str) else each for each in content))


def talk(*texts, **fields):
    """Return a turn with messages of user and assistant by turns."""
    roles = ["user", "assistant"] * len(texts)
    return Turn(**{"model": "sonnet", "messages": tuple(map(message, roles, texts))} | fields)


def line(**said):
    """Return a line of the CLI's stdout."""
    return orjson.dumps(said)


def event(**fields):
    """Return an event of the API, passed on."""
    return line(type="stream_event", event=fields)


START = event(type="message_start", message={"id": "m", "model": "claude-x"})
DELTA = event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello"})
INIT = line(type="system", subtype="init")
RESULT = line(type="result", subtype="success", is_error=False, num_turns=1)
FAILED = line(type="result", subtype="success", is_error=True, api_error_status=529)
ABORTED = line(type="result", subtype="error_during_execution", is_error=True)


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


def asks(id, method="tools/call"):
    """Return a request of the CLI to the tools' server, with the call's id."""
    params = {"name": "f", "arguments": {}, "_meta": {"claudecode/toolUseId": id}}
    request = {"subtype": "mcp_message", "message": {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}}
    return line(type="control_request", request_id=id, request=request)


def hook(name):
    """Return the CLI's question at a hook."""
    return line(type="control_request", request_id="h", request={"subtype": "hook_callback", "callback_id": name})


def done(request, **answer):
    """Return the CLI's answer to a control request."""
    return line(
        type="control_response",
        response={"subtype": "success", "request_id": request["request_id"], "response": answer},
    )


class Talk:
    """A conversation that is driven as a worker does it; control requests are answered as the CLI answers them."""

    def __init__(self, **options):
        self.conversation = Conversation("http://api", (f"uuid-{n}" for n in count(1)).__next__, **options)
        self.written = []
        self.rewound = {"rewound": True}

    def write(self, data):
        """Take what is written, and answer the control requests in it."""
        lines = [orjson.loads(each) for each in data.splitlines()]
        self.written += lines
        for each in lines:
            if each["type"] == "control_request":
                answers = {
                    "rewind_conversation": self.rewound,
                    "initialize": {"models": [{"value": "sonnet", "resolvedModel": "claude-sonnet-9"}]},
                }
                self.say(done(each, **answers.get(each["request"]["subtype"], {})))

    def say(self, *said):
        """Let the CLI say something; return what followed from the last of it."""
        step = Step()
        for each in said:
            step = self.conversation.feed(Line(each))
            if step.write:
                self.write(step.write)
        return step

    def begin(self, turn):
        """Ask a turn, up to its question; return what was written for it."""
        before = len(self.written)
        self.write(self.conversation.begin(turn))
        while self.conversation.phase is Phase.TELLING:
            self.say(line(type="result", subtype="success", is_error=False, num_turns=0))
        return self.written[before:]

    def answer(self, turn, *said):
        """Ask a turn and have it answered with `Hello`, or with what is said; return what was written for it."""
        written = self.begin(turn)
        self.say(*(said or (INIT, START, DELTA, SAID, stop(), RESULT)))
        return written

    def fits(self, turn, way):
        """Return what the conversation says of a turn."""
        asked = self.conversation if way == "answers_calls" else self.conversation.context
        return getattr(asked, way)(turn, prints(turn.messages))


def answered(turn=None, *said, **options):
    """Return a talk after one answered turn."""
    driven = Talk(**options)
    driven.answer(turn or talk("Hi"), *said)
    return driven


def parked(*ids, **fields):
    """Return a talk whose calls of these ids wait for their results."""
    turn = talk("Hi", tools=(TOOL,), **fields)
    init = line(type="system", subtype="init", tools=["f"])
    return answered(turn, init, START, *map(use, ids), *map(asks, ids), stop("tool_use"))


def results(*ids, text="4", calls=None, **fields):
    """Return a turn that answers calls, which the client knows by other ids if told so."""
    uses = [ToolUse(id, "f", '{"n":1}') for id in calls or ids]
    told = [ToolResult(id, (Text(text),)) for id in ids]
    messages = (message("user", "Hi"), message("assistant", *uses), message("user", *told))
    return Turn(**{"model": "sonnet", "messages": messages, "tools": (TOOL,)} | fields)


def kinds(written):
    """Return what lines are, in short."""
    return [
        each["request"]["subtype"]
        if each["type"] == "control_request"
        else f"{'' if each.get('shouldQuery', True) else 'told '}{each['type']}"
        for each in written
    ]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_stands_in_the_table(phase):
    """What may happen in it, and what comes then."""
    assert set(TRANSITIONS[phase].values()) <= set(Phase)


def test_table_can_be_walked_through():
    """Each phase is reached from the first one, and all but the last lead on."""
    reached, new = {Phase.FRESH}, {Phase.FRESH}
    while new:
        new = {after for phase in new for after in TRANSITIONS[phase].values()} - reached
        reached |= new

    assert set(Phase) == reached
    assert [Phase.LOST] == [phase for phase in Phase if not TRANSITIONS[phase]]


def test_first_turn_waits_until_the_cli_has_said_who_it_is():
    """No question goes to a process whose login nobody has seen."""
    conversation = Conversation("", iter("ab").__next__)
    first = [orjson.loads(each) for each in conversation.begin(talk("Hi")).splitlines()]
    steps = [conversation.feed(Line(done(each))) for each in first]

    assert ["initialize", "apply_flag_settings"] == kinds(first)
    assert [(True, False), (False, True)] == [(step.initialized is not None, b"Hi" in step.write) for step in steps]


def test_history_goes_on_with_each_acknowledgement():
    """A user message waits for the result of the one before; the answers between go with the next."""
    written = Talk().begin(talk("1", "2", "3", "4", "5"))

    assert ["told user", "assistant", "told user", "assistant", "user"] == kinds(written)[2:]


@pytest.mark.parametrize("said", [START, DELTA, SAID, event(type="ping"), line(type="born_tomorrow"), b"noise"])
def test_all_of_the_answer_is_shown(said):
    """As it is; the interpreter decides what it means."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert driven.say(START, said).show


def test_nothing_is_shown_before_the_question():
    """What the CLI says while it is told the history is not the answer."""
    driven = Talk()
    driven.write(driven.conversation.begin(talk("1", "2", "3")))

    assert Step() == driven.say(INIT)


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
    driven = Talk()
    driven.begin(talk("Hi", tools=(TOOL,), schema="{}"))
    with pytest.raises(error) as caught:
        driven.say(line(type="system", subtype="init", tools=offered))

    assert code == caught.value.code


@pytest.mark.parametrize(
    "said",
    [
        line(type="control_response", response={"subtype": "error", "request_id": "cmappy-1", "error": "no"}),
        line(type="control_response", response={"subtype": "success", "request_id": "never"}),
    ],
    ids=["refused", "unknown"],
)
def test_wrong_answer_to_a_control_request_is_an_error(said):
    """The turn would go on without its settings, or the CLI speaks of something else."""
    driven = Talk()
    driven.write(driven.conversation.begin(talk("1", "2", "3")))
    with pytest.raises(OutOfPlace):
        driven.say(said)

    assert Phase.LOST is driven.conversation.phase


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence"])
def test_answer_is_over_at_its_stop_reason(reason):
    """The CLI has nothing more to ask, and may be kept."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert Step(show=True, over=True) == driven.say(START, DELTA, SAID, stop(reason))
    assert (False, True) == (driven.conversation.settled, driven.conversation.answered)
    driven.say(RESULT)
    assert driven.conversation.settled


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn", "model_context_window_exceeded", "tool_use"])
def test_cli_that_would_go_on_by_itself_is_known(reason):
    """It asks the API once more, for nobody: it has to be killed at this line."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert Step(show=True, over=True, goes_on=True) == driven.say(START, DELTA, SAID, stop(reason))


@pytest.mark.parametrize("said", [(), (block(type="thinking", thinking="hm"),)], ids=["nothing", "thinking"])
def test_cli_goes_on_after_an_answer_without_text(said):
    """It asks for some text then."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert driven.say(START, *said, stop()).goes_on


def test_answer_that_is_cut_behind_the_lock_is_interrupted():
    """The CLI can send nothing any more, so it need not be killed; it has settled with the result and the answer."""
    driven = Talk()
    driven.begin(talk("Hi", max_tokens=5))
    step = driven.say(START, DELTA, SAID, stop("max_tokens"))
    before = driven.conversation.settled
    driven.say(ABORTED)

    assert (True, False, True) == (step.over, step.goes_on, b"interrupt" in step.write)
    assert (False, True, True) == (before, driven.conversation.settled, driven.conversation.context.transcript.spoilt)


def test_answer_that_is_cut_is_killed_where_processes_are_not_rewound():
    """Then the process is of no more use."""
    driven = Talk()
    driven.conversation.rewindable = False
    driven.begin(talk("Hi", max_tokens=5))

    assert driven.say(START, DELTA, SAID, stop("max_tokens")).goes_on


def test_message_delta_without_a_reason_is_not_the_end():
    """An interrupt writes one."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert Step(show=True) == driven.say(START, stop(None))


def test_result_is_the_end_where_there_was_no_stop_reason():
    """Errors come so; nothing can follow."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert Step(show=True, over=True) == driven.say(FAILED)
    assert not driven.conversation.answered


def test_failed_history_is_the_end_too():
    """An error before the question is the answer to it."""
    driven = Talk()
    driven.write(driven.conversation.begin(talk("1", "2", "3")))

    assert Step(show=True, over=True) == driven.say(FAILED)


@pytest.mark.parametrize(("index", "over"), [(0, False), (1, True)])
def test_answer_that_broke_off_after_its_first_block_is_over(index, over):
    """The CLI would ask for the rest by itself; before that it begins anew, and nothing is lost."""
    driven = Talk()
    driven.begin(talk("Hi"))
    said = event(type="message_stop", abandoned_blocks={"from_block_index": index})

    assert Step(show=True, over=over, goes_on=over) == driven.say(START, said)


@pytest.mark.parametrize(
    ("kind", "fields", "locked"),
    [
        ("thinking", {}, True),
        ("tool_use", {}, True),
        ("text", {}, False),
        ("tool_use", {"schema": "{}"}, False),
    ],
    ids=["thinking", "call", "text", "structured"],
)
def test_api_is_locked_once_an_answer_has_begun_without_text(kind, fields, locked):
    """An answer that is nothing but thinking makes the CLI ask again; one that was lost may still be repeated."""
    driven = Talk()
    driven.begin(talk("Hi", **fields))
    begun = event(type="content_block_start", index=0, content_block={"type": kind, "id": "1", "name": "f"})

    assert locked == (b"127.0.0.1:9" in driven.say(START, begun).write)


@pytest.mark.parametrize(("fields", "locked"), [({}, False), ({"max_tokens": 5}, True), ({"schema": "{}"}, False)])
def test_api_is_locked_where_the_cli_would_go_on_at_a_limit(fields, locked):
    """To kill it at the limit may come too late; a structured answer may be asked for twice."""
    driven = Talk()
    driven.begin(talk("Hi", **fields))

    assert locked == (b"127.0.0.1:9" in driven.say(START).write)


def test_api_is_locked_at_the_end_of_a_text_and_open_again_after_it():
    """The CLI waits at the hook, so the lock is never too late; and it is gone before the next turn comes."""
    driven = Talk()
    driven.begin(talk("Hi"))
    told = driven.say(START, DELTA, hook(END_OF_TEXT))
    opened = driven.say(SAID, stop(), RESULT)

    assert (False, True, True) == (told.show, b"127.0.0.1:9" in told.write, b'"h"' in told.write)
    assert b"http://api" in opened.write
    assert ["user"] == kinds(driven.begin(talk("Hi", "Hello", "And?")))


def test_settings_are_sent_where_they_change_only():
    """Each request takes the CLI some milliseconds."""
    driven = answered()
    driven.answer(talk("Hi", "Hello", "And?", max_tokens=7))
    [setting, _] = driven.begin(talk("Hi", "Hello", "And?", "Hello", "More?"))

    assert {"env": {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": ""}} == {
        "env": {
            name: value for name, value in setting["request"]["settings"]["env"].items() if name != "ANTHROPIC_BASE_URL"
        }
    }


@pytest.mark.parametrize(
    ("turn", "continues"),
    [
        (talk("Hi", "Hello", "And?"), True),
        (talk("Hi"), False),
        (talk("Ho", "Hello", "And?"), False),
        (talk("Hi", "Hello!", "And?"), False),
        (talk("Hi", "Hello", "And?", model="opus"), False),
        (talk("Hi", "Hello", "And?", system="x"), False),
        (talk("Hi", "Hello", "And?", tools=(TOOL,)), False),
        (talk("Hi", "Hello", "And?", schema="{}"), False),
    ],
    ids=["next", "first", "question", "answer", "model", "system", "tools", "schema"],
)
def test_turn_goes_on_only_where_everything_before_it_is_the_same(turn, continues):
    """All that the process was set up with, was told and has said."""
    assert continues == answered().fits(turn, "continues")


def test_thinking_may_be_left_out_but_not_made_up():
    """Some clients send it back and some do not; what the process has is the model's own."""
    own = [START, block(type="thinking", thinking="hm", signature="s"), SAID, stop(), RESULT]
    driven = answered(None, *own)

    def turn(*thinking):
        told = message("assistant", *thinking, "Hello")
        return Turn("sonnet", (message("user", "Hi"), told, message("user", "And?")))

    assert [True, True, False] == [
        driven.fits(turn(*thinking), "continues") for thinking in ([], [Thinking("hm", "s")], [Thinking("hm", "other")])
    ]


def test_neighbouring_texts_of_an_answer_may_come_back_as_one():
    """Some APIs show them so."""
    driven = answered(None, START, SAID, block(type="text", text=" you"), stop(), RESULT)

    assert driven.fits(talk("Hi", "Hello you", "And?"), "continues")


def test_failed_try_and_own_words_of_the_cli_are_no_part_of_the_answer():
    """The second try begins anew, and synthetic messages are not the model's."""
    own = line(type="assistant", message={"model": "<synthetic>", "content": [{"type": "text", "text": "Error"}]})
    driven = answered(None, START, SAID, START, own, SAID, stop(), RESULT)

    assert driven.fits(talk("Hi", "Hello", "And?"), "continues")


@pytest.mark.parametrize(
    ("turn", "target", "told"),
    [
        (talk("Hi", "Hello", "Edited"), "uuid-2", 1),
        (talk("Hi", "Changed", "And?"), "uuid-1", 3),
        (talk("New"), "uuid-1", 1),
        (talk("Hi", "Hello", "And?", "Hello", "Trimmed"), "uuid-3", 1),
    ],
    ids=["last question", "first answer", "another conversation", "third question"],
)
def test_process_is_rewound_to_what_both_have_and_told_the_rest(turn, target, told):
    """Back to before the first user message that is not the same, or whose answer is not."""
    driven = answered()
    driven.answer(talk("Hi", "Hello", "And?"))
    driven.answer(talk("Hi", "Hello", "And?", "Hello", "More?"))
    written = driven.begin(turn)

    assert ["rewind_conversation"] == [kind for kind in kinds(written) if "user" not in kind and kind != "assistant"]
    rewind = written[0]["request"]
    assert (target, "uuid-3", told) == (
        rewind["target_message_uuid"],
        rewind["last_seen_user_message_uuid"],
        len(written) - 1,
    )


def test_everything_is_switched_before_the_first_message():
    """The prompt first, because it resets the model; the tools are asked for, and only then the question goes out."""
    driven = answered(talk("Hi", system="old"))
    written = driven.begin(talk("Ho", system="new", model="opus", tools=(TOOL,)))
    before = kinds(written)
    step = driven.say(asks("list", "initialize"), asks("list", "tools/list"))

    assert ["rewind_conversation", "set_model", "mcp_set_servers", "apply_flag_settings"] == before
    assert ("opus", True, True) == (
        written[3]["request"]["settings"]["model"],
        b"inputSchema" in step.write,
        b"Ho" in step.write,
    )


def test_tools_come_from_a_server_of_another_name_each_time():
    """The CLI does not ask a server that it knows for its tools again."""
    driven = answered(talk("Hi", tools=(TOOL,)), line(type="system", subtype="init"), START, SAID, stop(), RESULT)
    names = []
    for tools in ((dataclasses.replace(TOOL, name="g"),), (TOOL,), ()):
        written = driven.begin(talk("Ho", tools=tools))
        names += [list(each["request"]["servers"]) for each in written if "servers" in each.get("request", {})]
        if tools:
            driven.say(asks("list", "tools/list"))
        driven.say(START, SAID, stop(), RESULT)

    assert [["client1"], ["client2"], []] == names


def test_refusal_to_rewind_is_an_error_before_anything_was_asked():
    """Then another process can be asked."""
    driven = answered()
    driven.rewound = {"rewound": False, "reason": "stale_target"}
    with pytest.raises(OutOfPlace, match="stale_target"):
        driven.begin(talk("New"))

    assert not driven.conversation.left


def test_conversation_that_begins_with_an_answer_cannot_be_rewound():
    """There is no user message to rewind to."""
    first = Turn("sonnet", (message("assistant", "Welcome"), message("user", "Hi")))
    driven = answered(first)

    assert not driven.conversation.context.serves(talk("New"))
    with pytest.raises(OutOfPlace):
        driven.begin(talk("New"))


def test_structured_answer_is_told_again_as_its_client_knows_it():
    """What the process has of it is a call of the CLI's own tool."""
    init = line(type="system", subtype="init", tools=["StructuredOutput"])
    own = block(type="tool_use", id="x", name="StructuredOutput", input={"a": 1})
    driven = answered(talk("Hi", schema="{}"), init, START, own, hook(RESULTS), stop("tool_use"), ABORTED)
    written = driven.begin(talk("Hi", '{"a":1}', "And?", schema="{}"))

    assert (True, False) == (driven.conversation.phase is Phase.ASKED, driven.conversation.settled)
    assert ["rewind_conversation", "told user", "assistant", "user"] == kinds(written)


def test_prose_before_a_structured_answer_is_not_the_end():
    """The CLI reminds the model of the schema, once."""
    driven = Talk()
    driven.begin(talk("Hi", schema="{}"))

    assert Step(show=True) == driven.say(START, SAID, stop())


def test_calls_are_parked_and_their_results_go_to_the_cli():
    """In their order, with the API open again, and past the hook before they go to it."""
    driven = parked("a", "b")
    turn = results("a", "b")
    fits = driven.fits(turn, "answers_calls")
    written = driven.begin(turn)
    permitted = driven.say(hook(RESULTS))

    assert (True, ["a", "b"]) == (fits, [each["response"]["request_id"] for each in written])
    assert (b'"h"' in permitted.write, driven.conversation.left) == (True, True)


def test_results_fit_whatever_the_client_calls_the_calls():
    """By place and content."""
    turn = results("0", "1")
    driven = parked("a", "b")

    assert driven.fits(turn, "answers_calls")
    assert ["a", "b"] == [each["response"]["request_id"] for each in driven.begin(turn)]


@pytest.mark.parametrize(
    "turn",
    [
        results("a", calls=["a", "b"]),
        results("b", "a", calls=["a", "b"]),
        talk("Hi", "And?", "x", tools=(TOOL,)),
        results("a", "b", text="x" * 400_001),
        results("a", "b", max_tokens=5),
        results("a", "b", effort="low"),
        *(
            dataclasses.replace(results("a", "b"), messages=(*results("a", "b").messages[:2], message("user", *told)))
            for told in (
                (*results("a", "b").messages[-1].content, "And?"),
                (ToolResult("a", ()), ToolResult("b", (Text("4"),))),
                (ToolResult("a", (Media("image", "image/png", "AAAA"),)), ToolResult("b", (Text("4"),))),
                (ToolResult("a", (Text("4"),), is_error=True), ToolResult("b", (Text("4"),))),
            )
        ),
    ],
    ids=["missing", "order", "other", "long", "limit", "effort", "beside", "empty", "image", "error"],
)
def test_other_turns_do_not_fit_parked_calls(turn):
    """The CLI would change them on their way, or cannot take them at all."""
    assert not parked("a", "b").fits(turn, "answers_calls")


def test_calls_that_are_given_up_are_interrupted_and_rewound():
    """The exchange goes, and the results are told as history."""
    driven = parked("a")
    driven.write(driven.conversation.stop())
    driven.say(asks("a", "notifications/cancelled"), ABORTED)
    turn = results("a")
    more = dataclasses.replace(turn, messages=(*turn.messages[:2], message("user", *turn.messages[2].content, "And?")))

    assert ["rewind_conversation", "told user", "assistant", "user"] == kinds(driven.begin(more))


@pytest.mark.parametrize(
    "said", [(use("a"), use("b"), asks("a")), tuple(each for id in "abcd" for each in (use(id), asks(id)))]
)
def test_calls_that_cannot_be_parked_are_given_up_at_once(said):
    """Unknown names the CLI answers itself; of more than three it changes the order."""
    driven = Talk()
    driven.begin(talk("Hi", tools=(TOOL,)))
    begun = event(type="content_block_start", index=0, content_block={"type": "tool_use", "id": "a", "name": "f"})
    step = driven.say(START, begun, *said, stop("tool_use"))

    assert (True, False, True) == (step.over, step.goes_on, b"interrupt" in step.write)


@pytest.mark.parametrize("said", [START, hook(RESULTS), RESULT, DELTA], ids=["answer", "hook", "result", "delta"])
def test_process_that_goes_on_by_itself_while_calls_wait_is_lost(said):
    """It has given them up, which leads to a request that nobody has asked for."""
    driven = parked("a")
    with pytest.raises(OutOfPlace):
        driven.say(said)


@pytest.mark.parametrize("said", [START, RESULT, DELTA], ids=["answer", "result", "delta"])
def test_words_between_two_turns_are_out_of_place(said):
    """They would pass for the next answer."""
    driven = answered()
    with pytest.raises(OutOfPlace):
        driven.say(said)


def test_heartbeat_of_a_parked_call_changes_nothing():
    """The CLI tells every half minute that it still waits."""
    driven = parked("a")
    driven.say(line(type="tool_progress", tool_use_id="a", elapsed_time_seconds=30))

    assert driven.conversation.settled


def test_other_requests_of_the_cli_are_refused():
    """Left without an answer it would wait."""
    driven = Talk()
    driven.begin(talk("Hi"))

    assert b"not offered" in driven.say(asks("r", "resources/list")).write


@pytest.mark.parametrize(("static", "raises"), [(True, True), (False, False)])
def test_refused_token_is_not_tried_again(static, raises):
    """A login that the CLI can renew it may try twice."""
    driven = Talk(static_login=static)
    driven.begin(talk("Hi"))
    retry = line(type="system", subtype="api_retry", attempt=1, error_status=401)
    try:
        driven.say(retry)
    except LoginFailed:
        assert raises
    else:
        assert not raises


@pytest.mark.parametrize(
    ("said", "left"),
    [((), False), ((INIT,), True), ((line(type="system", subtype="status", status="requesting"),), True)],
)
def test_question_has_left_only_when_the_cli_says_so(said, left):
    """Until then it can be asked again of another process."""
    driven = Talk()
    driven.begin(talk("Hi"))
    driven.say(line(type="command_lifecycle"), *said)

    assert left == driven.conversation.left


def test_mark_is_on_the_first_question_of_a_history_only():
    """Behind it the CLI adds a message of its own; later questions the CLI marks by itself."""
    driven = Talk(mark=MARK)
    written = [*driven.answer(talk("1", "2", "3")), *driven.answer(talk("1", "2", "3", "Hello", "5"))]

    assert [None, MARK, None] == [
        each["message"]["content"][-1].get("cache_control") for each in written if each["type"] == "user"
    ]


def test_client_that_marks_by_itself_finds_no_marks_of_ours():
    """More than four are refused: where the process has one, it is rewound to before it."""
    driven = answered(mark=MARK)
    written = driven.begin(talk("Hi", "Hello", "And?", own_marks=True))

    assert "rewind_conversation" in kinds(written)
    assert b"ephemeral" not in orjson.dumps(written)


def test_thinking_is_told_with_the_model_that_is_asked_now():
    """Without it, or with another one, the CLI drops it."""
    told = message("assistant", Thinking("hm", "sig"), "Hello")
    written = Talk().begin(Turn("sonnet", (message("user", "Hi"), told, message("user", "And?"))))

    assert ["claude-sonnet-9"] == [each["message"]["model"] for each in written if each["type"] == "assistant"]


def test_answer_that_nests_too_deep_is_nobodys_history():
    """It cannot be compared, so the process is rewound over it."""
    text = b'{"type":"text","text":"x","a":%b}' % (b'{"a":' * 300 + b"1" + b"}" * 300)
    said = b'{"type":"assistant","message":{"model":"x","content":[%b]}}' % text
    driven = answered(None, START, said, stop(), RESULT)

    assert driven.conversation.context.transcript.spoilt


def test_what_two_turns_share_is_counted_up_to_the_question():
    """The pool gives a turn the process that has most of it, if it is set up alike."""
    driven = answered(talk("1", "2", "3"))
    same, other = talk("1", "2", "Another"), talk("1", "2", "Another", model="opus")

    assert (4, 2, 0) == (
        len(driven.conversation.context.transcript),
        driven.fits(same, "shared"),
        driven.fits(other, "shared"),
    )


def test_answer_without_a_stream_is_one_too():
    """The CLI tries again without a stream where one was lost; then nothing comes before the message."""
    driven = Talk()
    driven.begin(talk("Hi"))
    driven.say(SAID)

    assert Phase.ANSWERING is driven.conversation.phase
    assert driven.say(stop()).over


def test_call_that_comes_after_the_answer_was_given_up_is_nobodys():
    """The CLI asks for it before it has read that it is interrupted."""
    driven = Talk()
    driven.begin(talk("Hi", tools=(TOOL,)))
    driven.say(START)
    driven.write(driven.conversation.stop())

    assert Step() == driven.say(asks("a"))


def exact_tools(written):
    """Return the tools that the settings tell the API in their exact form; None if they tell nothing of them."""
    [env] = [each["request"]["settings"]["env"] for each in written if "settings" in each.get("request", {})]
    extra = env.get("CLAUDE_CODE_EXTRA_BODY")
    return orjson.loads(extra).get("tools") if extra else None


def test_tool_that_is_defined_anew_is_told_to_the_api_in_its_exact_form():
    """The CLI keeps the first description, and later ones it may keep or not; other tools are as good as new."""
    other, third = (dataclasses.replace(TOOL, description=text) for text in ("Other.", "Third."))
    fresh = dataclasses.replace(TOOL, name="g")
    init = line(type="system", subtype="init", tools=["f"])
    driven = Talk()
    told = []
    for tool in (TOOL, other, TOOL, third, fresh):
        turn = talk("Hi", tools=(tool,), max_tokens=5 + len(told))
        written = driven.begin(turn)
        driven.say(*([asks("list", "tools/list")] if told else []), init, START, SAID, stop(), RESULT)
        told.append(exact_tools(written))

    assert [None, [other.api()], [TOOL.api()], [third.api()], None] == told


def test_some_tools_that_are_defined_anew_need_another_process():
    """Long ones do not fit into a variable; of alternatives the CLI makes an object; with a schema it has a tool."""
    other = dataclasses.replace(TOOL, description="of another client")
    long = dataclasses.replace(TOOL, description="x" * 100_000)
    either = [
        dataclasses.replace(TOOL, schema=f'{{"type":"object","{word}":[{{}}]}}') for word in ("anyOf", "oneOf", "allOf")
    ]
    deeper = dataclasses.replace(TOOL, schema='{"type":"object","properties":{"a":{"anyOf":[{}]}}}')
    init = line(type="system", subtype="init", tools=["f", "StructuredOutput"])

    def can(schema, *tools):
        own = block(type="tool_use", id="x", name="StructuredOutput", input={})
        plain = (line(type="system", subtype="init", tools=["f"]), START, SAID, stop(), RESULT)
        said = (init, START, own, hook(RESULTS), stop("tool_use"), ABORTED) if schema else plain
        driven = answered(talk("Hi", tools=(TOOL,), schema=schema), *said)
        return driven.conversation.context.serves(talk("New", tools=tools, schema=schema))

    assert [True, True, True] == [can("", tool) for tool in (TOOL, other, deeper)]
    assert [False, False, False, False] == [can("", tool) for tool in (long, *either)]
    assert [True, False] == [can("{}", *tools) for tools in ((TOOL,), (other,))]


def test_results_are_never_forgotten_without_their_calls():
    """The CLI refuses to: it goes back to the question before them."""
    uses = message("assistant", ToolUse("a", "f", '{"n":1}'))
    first = (message("user", "Hi"), uses, message("user", ToolResult("a", (Text("4"),))))
    init = line(type="system", subtype="init", tools=["f"])
    driven = answered(Turn("sonnet", first, tools=(TOOL,)), init, START, SAID, stop(), RESULT)
    edited = (*first[:2], message("user", ToolResult("a", (Text("5"),))))
    written = driven.begin(Turn("sonnet", edited, tools=(TOOL,)))

    assert ["rewind_conversation", "told user", "assistant", "user"] == kinds(written)
    assert "uuid-1" == written[0]["request"]["target_message_uuid"]
