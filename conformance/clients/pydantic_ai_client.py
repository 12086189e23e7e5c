"""Pydantic AI: agents with `OpenAIChatModel`."""

import cases
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ModelHTTPError, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

model = OpenAIChatModel(cases.MODEL, provider=OpenAIProvider(base_url=cases.URL, api_key=cases.KEY))


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, Agent(model).run_sync(cases.CHAT).output)


async def stream():
    """The same in pieces."""
    async with Agent(model).run_stream(cases.CHAT) as answer:
        pieces = [piece async for piece in answer.stream_text(delta=True, debounce_by=None)]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    agent = Agent(model, tools=[cases.get_weather])
    cases.same(cases.COMPARED, agent.run_sync(cases.TOOLS).output)


def structured():
    """An object by a tool, and by a schema."""
    for kind in (Person, NativeOutput(Person)):
        cases.same(cases.ADA, Agent(model, output_type=kind).run_sync(cases.STRUCTURED).output.model_dump())


def image():
    """A picture."""
    picture = BinaryContent.from_data_uri(cases.PNG)
    cases.same(cases.SEEN, Agent(model).run_sync([cases.IMAGE, picture]).output)


def pdf():
    """A document."""
    document = BinaryContent.from_data_uri(cases.DOCUMENT)
    cases.same(cases.READ, Agent(model).run_sync([cases.PDF, document]).output)


def errors():
    """An error says what is wrong."""
    cases.fails(ModelHTTPError, Agent(model).run_sync, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
