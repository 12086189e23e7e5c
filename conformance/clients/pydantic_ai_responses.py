"""pydantic-ai, by responses."""

import base64

import cases
import openai
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput, exceptions
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

CLIENT = openai.AsyncOpenAI(base_url=cases.URL, api_key=cases.KEY, max_retries=0)
MODEL = OpenAIResponsesModel(cases.MODEL, provider=OpenAIProvider(openai_client=CLIENT))


class Person(BaseModel):
    """What is asked for."""

    name: str
    born: int


def agent(**more):
    """Return an agent."""
    return Agent(MODEL, instructions="Be brief.", **more)


def content(url):
    """Return what a data URL holds."""
    head, _, data = url.partition(";base64,")
    return BinaryContent(base64.b64decode(data), media_type=head.removeprefix("data:"))


async def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, (await agent().run(cases.CHAT)).output)


async def stream():
    """The same in pieces."""
    async with agent().run_stream(cases.CHAT) as run:
        pieces = [piece async for piece in run.stream_text(delta=True, debounce_by=None)]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


async def tools():
    """Calls of a function, two at once and then one more."""
    cases.same(cases.COMPARED, (await agent(tools=[cases.get_weather]).run(cases.TOOLS)).output)


async def structured():
    """An object that follows a schema, as a call that is required and as the answer itself."""
    for kind in (Person, NativeOutput(Person)):
        cases.same(cases.ADA, (await agent(output_type=kind).run(cases.STRUCTURED)).output.model_dump())


async def image():
    """A picture."""
    cases.same(cases.SEEN, (await agent().run([cases.IMAGE, content(cases.PNG)])).output)


async def pdf():
    """A document."""
    cases.same(cases.READ, (await agent().run([cases.PDF, content(cases.DOCUMENT)])).output)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(exceptions.ModelHTTPError, agent().run_sync, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
