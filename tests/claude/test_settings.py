"""What whoever runs the server decides: where thinking shows, whether sampling is passed on, images by address."""

import httpx
import pytest
from openai import BadRequestError

from cmappy.settings import Settings

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
THOUGHTFUL = {"blocks": [{"type": "thinking", "thinking": "Let me think."}, {"type": "text", "text": "Yes."}]}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.fixture
async def client(serve, upstream, tmp_path, request):
    """Run a server with the settings of the test, and open a client of it."""
    (tmp_path / "home").mkdir()
    async with serve(tmp_path, settings=Settings(**request.param)) as running, running.client() as sdk:
        yield sdk


@pytest.mark.parametrize(
    ("client", "fields"),
    [
        ({"reasoning": "off"}, set()),
        ({"reasoning": "reasoning_content"}, {"reasoning_content"}),
        ({"reasoning": "reasoning"}, {"reasoning"}),
        ({"reasoning": "both"}, {"reasoning", "reasoning_content"}),
    ],
    indirect=["client"],
    ids=["off", "reasoning_content", "reasoning", "both"],
)
async def test_thinking_shows_where_it_is_wanted(ask, stream, upstream, fields):
    """The same fields in a plain answer and in a stream, and in a stream before the content."""
    upstream.script(THOUGHTFUL, THOUGHTFUL)
    message = (await ask(QUESTION)).choices[0].message
    deltas = [chunk.choices[0].delta.to_dict() for chunk in await stream(QUESTION)]

    names = {"reasoning", "reasoning_content"}
    assert dict.fromkeys(fields, "Let me think.") == {
        name: value for name, value in message.to_dict().items() if name in names
    }
    told = "".join(
        "t" if names & delta.keys() else "c" for delta in deltas if names & delta.keys() or delta.get("content")
    )
    assert (bool(fields), "") == (told.startswith("t"), told.lstrip("t").strip("c"))
    assert "Yes." == message.content


@pytest.mark.parametrize("client", [{"forward_sampling": True}], indirect=True, ids=["forwarded"])
@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 0, "top_p": 0.9}, {"temperature": 0, "top_p": 0.9}),
        ({"temperature": 2}, {"temperature": 1}),
        ({}, {}),
    ],
    ids=["temperature", "both", "OpenAI's scale", "neither"],
)
async def test_sampling_can_be_forwarded(client, arrived, sent, arrives):
    """The API gets what it knows of sampling, on its own scale; the rest is still named as ignored."""
    raw = await client.chat.completions.with_raw_response.create(model="sonnet", messages=[QUESTION], seed=7, **sent)

    body = arrived().body
    assert arrives == {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body}
    assert "seed" == raw.headers["x-cmappy-ignored"]


@pytest.mark.parametrize("client", [{}], indirect=True, ids=["as it is"])
async def test_sampling_is_ignored_and_named(client, arrived):
    """By default the API is asked as the CLI asks it."""
    raw = await client.chat.completions.with_raw_response.create(
        model="sonnet", messages=[QUESTION], temperature=0.5, top_p=0.5, presence_penalty=1, logit_bias={"50256": 1}
    )

    assert set() == {"temperature", "top_p"} & arrived().body.keys()
    assert "logit_bias, presence_penalty, temperature, top_p" == raw.headers["x-cmappy-ignored"]


@pytest.mark.parametrize("client", [{"allow_url_images": True}], indirect=True, ids=["allowed"])
async def test_images_can_be_named_by_their_address(client, arrived):
    """The API fetches them, not this machine: the CLI passes the address on."""
    question = {"role": "user", "content": [IMAGE, {"type": "text", "text": "What is this?"}]}
    await client.chat.completions.create(model="sonnet", messages=[question])

    [image, text] = arrived().messages[0]["content"]
    assert {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}} == image
    assert "What is this?" == text["text"]


@pytest.mark.parametrize("client", [{}], indirect=True, ids=["refused"])
async def test_images_by_their_address_are_refused(client, upstream):
    """Nothing is fetched on a client's behalf unless that is allowed; the message says how to allow it."""
    with pytest.raises(BadRequestError, match="--allow-url-images") as refused:
        await client.chat.completions.create(model="sonnet", messages=[{"role": "user", "content": [IMAGE]}])

    assert ("messages[0].content[0].image_url.url", []) == (refused.value.param, upstream.requests)


@pytest.mark.parametrize("client", [{}], indirect=True, ids=["shown"])
async def test_capabilities_can_be_asked_for(client, upstream):
    """What becomes of every field is told without a request to the API."""
    async with httpx.AsyncClient() as http:
        told = (await http.get(f"{client.base_url}capabilities")).json()

    assert ("honoured", "ignored") == (
        told["chat.completions"]["tools"]["treatment"],
        told["chat.completions"]["seed"]["treatment"],
    )
    assert [] == upstream.requests
