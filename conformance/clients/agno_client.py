"""Agno: `OpenAILike`. It sends tool calls back with other ids."""

import base64

import cases
from agno.agent import Agent
from agno.media import Image
from agno.models.openai.like import OpenAILike
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def agent(**more):
    """Return an agent."""
    model = OpenAILike(id=cases.MODEL, base_url=cases.URL, api_key=cases.KEY, max_retries=0)
    return Agent(model=model, telemetry=False, **more)


def chat():
    """A question and its answer, with the tokens that it took."""
    answer = agent().run(cases.CHAT)
    cases.same(cases.HELLO, answer.content)
    cases.same(True, answer.metrics.total_tokens > 0)


def stream():
    """The same in pieces."""
    pieces = [event.content for event in agent().run(cases.CHAT, stream=True) if event.event == "RunContent"]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    cases.same(cases.COMPARED, agent(tools=[cases.get_weather]).run(cases.TOOLS).content)


def structured():
    """An object that follows a schema."""
    cases.same(cases.ADA, agent(output_schema=Person).run(cases.STRUCTURED).content.model_dump())


def image():
    """A picture."""
    picture = Image(content=base64.b64decode(cases.PNG.partition(",")[2]), mime_type="image/png", format="png")
    cases.same(cases.SEEN, agent().run(cases.IMAGE, images=[picture]).content)


def errors():
    """An error says what is wrong: the run tells it as its content."""
    try:
        cases.contains(cases.TOO_LONG, agent().run(cases.ERRORS).content)
    except Exception as error:
        cases.contains(cases.TOO_LONG, error)


cases.run(chat, stream, tools, structured, image, errors)
