"""Pydantic AI's Anthropic model."""

import base64

import cases
from anthropic import AsyncAnthropic
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

client = AsyncAnthropic(base_url=cases.URL.removesuffix("/v1"), api_key=cases.KEY, max_retries=0)
model = AnthropicModel(cases.MODEL, provider=AnthropicProvider(anthropic_client=client))


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def content(url, media_type):
    """Return a data URL as the framework's own content."""
    return BinaryContent(base64.b64decode(url.partition(",")[2]), media_type=media_type)


async def ask(prompt):
    """Ask the model."""
    return (await Agent(model).run(prompt)).output


async def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, await ask(cases.CHAT))


async def stream():
    """The same in pieces."""
    async with Agent(model).run_stream(cases.CHAT) as answer:
        pieces = [piece async for piece in answer.stream_text(delta=True, debounce_by=None)]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


async def tools():
    """Calls of a function, two at once and then one more."""
    cases.same(cases.COMPARED, (await Agent(model, tools=[cases.get_weather]).run(cases.TOOLS)).output)


async def structured():
    """An object that follows a schema."""
    cases.same(cases.ADA, (await Agent(model, output_type=Person).run(cases.STRUCTURED)).output.model_dump())


async def image():
    """A picture."""
    cases.same(cases.SEEN, await ask([cases.IMAGE, content(cases.PNG, "image/png")]))


async def pdf():
    """A document."""
    cases.same(cases.READ, await ask([cases.PDF, content(cases.DOCUMENT, "application/pdf")]))


async def errors():
    """An error has its status, and says what is wrong."""
    try:
        await ask(cases.ERRORS)
    except ModelHTTPError as error:
        cases.same(400, error.status_code)
        cases.contains(cases.TOO_LONG, error)
    else:
        raise SystemExit("no error was raised")


cases.run(chat, stream, tools, structured, image, pdf, errors)
