"""What the model says arrives at the client as it was said, however oddly it is cut, and nothing else arrives."""

import asyncio

import pytest
from openai import InternalServerError

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
TEXTS = {
    "line separators": "one\u2028two\u2029three\u0085four\r\nfive\u2028",
    "emoji": "👩‍👩‍👧‍👦\U0001f980 naïve 漢字",
    "white space": "  \n leading and trailing \n\n",
    "control characters": "nul \x00 escape \x1b[31m delete \x7f",
    "frames": 'data: [DONE]\n\nevent: error\ndata: {"error": {}}\n\n',
    "events": '{"type":"result","is_error":true}\n{"type":"stream_event"}',
}
THINKING = [{"type": "thinking", "thinking": "Let me\u2028see."}, {"type": "text", "text": "Seen."}]


def text_of(chunks):
    """Return the text that the chunks of a stream add up to."""
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_text_comes_back_unchanged(stream, upstream, text):
    """Not one character of an answer may change on its way, in whatever pieces the API sends it."""
    upstream.script({"blocks": [{"type": "text", "text": text, "pieces": len(text)}]})
    chunks = await stream(QUESTION)

    assert (text, "stop") == (text_of(chunks), chunks[-1].choices[0].finish_reason)


@pytest.mark.parametrize("pieces", [1, 20_000], ids=["one line of 5 MB", "many deltas"])
async def test_long_answer_comes_back_whole(ask, upstream, pieces):
    """Neither the length of a line of the CLI nor their number bounds an answer."""
    text = "".join(f"{number:>9}\u2028" for number in range(500_000 if pieces == 1 else 20_000))
    upstream.script({"blocks": [{"type": "text", "text": text, "pieces": pieces}]})
    answer = await ask(QUESTION)

    assert text == answer.choices[0].message.content


async def test_several_blocks_are_one_text(ask, upstream):
    """The model may say its text in several blocks; a client of OpenAI knows only one."""
    upstream.script({"blocks": [{"type": "text", "text": text} for text in ("one ", "two", " three")]})
    answer = await ask(QUESTION)

    assert "one two three" == answer.choices[0].message.content


async def test_thinking_comes_before_the_answer_and_apart(stream, upstream):
    """What the model thinks is not what it answers."""
    upstream.script({"blocks": THINKING})
    chunks = await stream(QUESTION)
    thoughts = [getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in chunks]

    assert ("Let me\u2028see.", "Seen.") == ("".join(thoughts), text_of(chunks))


async def test_hidden_thinking_does_not_show(ask, upstream):
    """Thinking that the API keeps to itself leaves the answer as it is."""
    upstream.script({"blocks": [{"type": "redacted_thinking", "data": "c2VjcmV0"}, {"type": "text", "text": "Seen."}]})
    answer = await ask(QUESTION)

    assert "Seen." == answer.choices[0].message.content
    assert "c2VjcmV0" not in answer.to_json()


async def test_tokens_are_counted_as_openai_counts_them(ask, upstream):
    """The prompt includes what was read from the cache and written to it; thinking is told apart."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3000}
    upstream.script({"blocks": THINKING, "usage": usage, "output_tokens": 40000})
    told = (await ask(QUESTION)).usage

    assert (3210, 40000, 43210) == (told.prompt_tokens, told.completion_tokens, told.total_tokens)
    assert (200, 3000) == (told.prompt_tokens_details.cached_tokens, told.prompt_tokens_details.cache_write_tokens)
    assert 0 < told.completion_tokens_details.reasoning_tokens


async def test_answering_model_is_named(ask, upstream):
    """The API may answer with another model than was asked for, and the client is told which."""
    upstream.script({"model": "claude-other-1"})
    answer = await ask(QUESTION)

    assert "claude-other-1" == answer.model


async def test_unknown_stop_reason_is_an_error(ask, upstream):
    """An end that cmappy does not understand is not passed off as a complete answer."""
    upstream.script({"text": "Hm", "stop_reason": "something_new"})
    with pytest.raises(InternalServerError) as caught:
        await ask(QUESTION)

    assert "something_new" in caught.value.message


async def test_answers_at_once_are_not_mixed_up(stream, upstream):
    """Several clients at the same time get each their own answer, piece by piece and turn by turn."""

    def echo(body):
        [question] = [message for message in body["messages"] if message["role"] == "user"]
        text = question["content"][0]["text"]
        return {"blocks": [{"type": "text", "text": text * 50, "pieces": 50, "pause": 0.002}]}

    upstream.always = echo
    texts = [f"<{number}>" for number in range(4)]
    answers = await asyncio.gather(*(stream({"role": "user", "content": text}) for text in texts))

    assert [text * 50 for text in texts] == [text_of(answer) for answer in answers]


async def test_stream_comes_piece_by_piece(client, upstream):
    """A client sees the beginning of an answer before the rest of it exists."""
    beginning = {"type": "text", "text": "begun", "pieces": 1}
    upstream.script({"blocks": [beginning, {"type": "text", "text": " and ended", "wait": "seen"}]})
    said = []
    async for chunk in await client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=True):
        said.append(chunk.choices[0].delta.content or "")
        if said[-1] == "begun":
            upstream.release("seen")

    assert "begun and ended" == "".join(said)
