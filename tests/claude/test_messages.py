"""The Messages API through the real CLI: answers, calls, limits and errors as Anthropic's own SDK takes them."""

import anthropic
import pytest

pytestmark = pytest.mark.anyio

QUESTION = [{"role": "user", "content": "Hello"}]
TOOL = {
    "name": "f",
    "description": "does f",
    "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
}
THINKING = {"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmF0dXJl"}
CALLS = [{"type": "tool_use", "name": "f", "input": {"a": number}} for number in (1, 2)]


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


@pytest.fixture
async def sdk(server, upstream):
    """Open Anthropic's client of the shared server, which checks strictly what it gets."""
    async with anthropic.AsyncAnthropic(
        base_url=server.url, api_key="unused", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture
def create(sdk):
    """Return the way to ask for a message, whole."""

    async def ask(messages=QUESTION, **more):
        return await sdk.messages.create(model="sonnet", max_tokens=1000, messages=messages, **more)

    return ask


@pytest.fixture
def stream(sdk):
    """Return the way to ask with a stream, and to get the message that it adds up to."""

    async def ask(messages=QUESTION, **more):
        async with sdk.messages.stream(model="sonnet", max_tokens=1000, messages=messages, **more) as answer:
            return await answer.get_final_message()

    return ask


def told(message):
    """Return what a message says, without its id."""
    return message.to_dict(mode="json") | {"id": ""}


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "Hello."},
        {"blocks": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"blocks": [THINKING, {"type": "text", "text": "Hello."}]},
        {"blocks": [{"type": "redacted_thinking", "data": "eA=="}, {"type": "text", "text": "Hello."}]},
        {"text": "One, ", "stop_reason": "stop_sequence", "stop_sequence": "two"},
        {"text": "Cut o", "stop_reason": "max_tokens"},
        {
            "text": "I",
            "stop_reason": "refusal",
            "stop_details": {"type": "refusal", "category": None, "explanation": None},
        },
        {"text": "a", "usage": {"input_tokens": 3, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 5}},
    ],
    ids=["text", "two texts", "thinking", "redacted thinking", "stop sequence", "limit", "refusal", "cache"],
)
async def test_plain_and_streamed_answers_are_the_same_and_strict(create, stream, upstream, answer):
    """Everything that the API said, and nothing of the CLI's; a refusal is an answer, and a signature comes along."""
    upstream.script(answer, answer)
    whole, streamed = await create(), await stream()

    assert told(whole) == told(streamed)
    assert answer.get("stop_reason", "end_turn") == whole.stop_reason
    assert answer.get("stop_sequence") == whole.stop_sequence
    said = [block.to_dict() for block in whole.content]
    assert answer.get("blocks", [{"type": "text", "text": answer.get("text")}]) == said
    assert 2 == len(upstream.messages_requests)


async def test_calls_are_answered_on_the_process_that_waits(create, upstream):
    """Two at once; what arrives in the second request is the whole conversation, thinking included."""
    upstream.script({"blocks": [THINKING, *CALLS]}, {"text": "Done."})
    thinking = {"type": "adaptive"}
    first = await create(tools=[TOOL], thinking=thinking)
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": str(call.input["a"])}]}
        for call in calls
    ]
    said = [block.to_dict(exclude_none=True) for block in first.content]
    asked = [*QUESTION, {"role": "assistant", "content": said}, {"role": "user", "content": results}]
    last = await create(asked, tools=[TOOL], thinking=thinking)

    assert ("tool_use", "Done.") == (first.stop_reason, last.content[0].text)
    body = upstream.messages_requests[-1].body
    *_, again, answers = [message for message in body["messages"] if message["role"] != "system"]
    assert THINKING == again["content"][0]
    assert [call.id for call in calls] == [block["id"] for block in again["content"][1:]]
    assert ["1", "2"] == [result["content"][0]["text"] for result in answers["content"]]


async def test_result_with_an_error_arrives_as_one(create, upstream):
    """Also where a process waits for it."""
    upstream.script({"blocks": CALLS}, {"text": "Done."})
    first = await create(tools=[TOOL])
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "no"}], "is_error": True}
        for call in first.content
    ]
    said = [block.to_dict(exclude_none=True) for block in first.content]
    await create(
        [*QUESTION, {"role": "assistant", "content": said}, {"role": "user", "content": results}], tools=[TOOL]
    )

    *_, answers = [
        message for message in upstream.messages_requests[-1].body["messages"] if message["role"] != "system"
    ]
    assert [True, True] == [result.get("is_error") for result in answers["content"]]


@pytest.mark.parametrize(
    ("answer", "error", "kind"),
    [
        (
            {"status": 400, "error": {"type": "invalid_request_error", "message": "thinking.budget"}},
            400,
            "invalid_request_error",
        ),
        ({"status": 401}, 401, "authentication_error"),
        ({"status": 403}, 403, "permission_error"),
        ({"status": 404}, 404, "not_found_error"),
        ({"status": 413}, 413, "request_too_large"),
        ({"status": 429}, 429, "rate_limit_error"),
        ({"status": 500}, 500, "api_error"),
        ({"status": 529}, 529, "overloaded_error"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
async def test_errors_have_anthropics_status_and_type(create, upstream, answer, error, kind):
    """And the request's id, which the SDK offers."""
    upstream.default = answer
    with pytest.raises(anthropic.APIStatusError) as caught:
        await create()

    assert (error, "error", kind) == (
        caught.value.status_code,
        caught.value.body["type"],
        caught.value.body["error"]["type"],
    )
    assert caught.value.request_id == caught.value.body["request_id"] == caught.value.response.headers["x-request-id"]


async def broken(sdk):
    """Return what a stream says until it breaks off, and the error."""
    said = ""
    try:
        async with sdk.messages.stream(model="sonnet", max_tokens=1000, messages=QUESTION) as answer:
            async for text in answer.text_stream:
                said += text
    except anthropic.APIError as error:
        return said, error
    return said, None


@pytest.mark.parametrize("then", ["error", "cut"])
async def test_answer_that_breaks_off_is_an_error_and_never_a_short_one(sdk, upstream, then):
    """The CLI would make a short message of it."""
    upstream.default = {"text": "Hello from far away.", "then": then, "after": 3, "then_delay": 0.2}
    said, error = await broken(sdk)

    assert "Hello from far away.".startswith(said)
    assert said
    assert isinstance(error, anthropic.APIStatusError)


async def test_models_are_a_page_of_the_sdk(sdk):
    """Strictly checked, and one by one."""
    page = await sdk.models.list()
    one = await sdk.models.retrieve("sonnet")

    assert ("sonnet", "model") == (one.id, one.type)
    assert one.id in [model.id for model in page.data]


async def test_unknown_urls_and_models_are_anthropics_404(sdk, create):
    """With its own envelope, also where the URL is nobody's."""
    with pytest.raises(anthropic.NotFoundError) as counted:
        await sdk.messages.count_tokens(model="sonnet", messages=QUESTION)
    with pytest.raises(anthropic.NotFoundError) as batches:
        await sdk.messages.batches.list()
    with pytest.raises(anthropic.NotFoundError) as model:
        await sdk.messages.create(model="gpt-4o", max_tokens=9, messages=QUESTION)
    with pytest.raises(anthropic.NotFoundError) as elsewhere:
        await sdk.models.retrieve("gpt-4o")

    for caught in (counted, batches, model, elsewhere):
        assert "not_found_error" == caught.value.body["error"]["type"]
