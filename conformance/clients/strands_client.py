"""Strands Agents: `OpenAIModel`."""

import base64

import cases
from pydantic import BaseModel
from strands import Agent, tool
from strands.models.openai import OpenAIModel

model = OpenAIModel(client_args={"base_url": cases.URL, "api_key": cases.KEY, "max_retries": 0}, model_id=cases.MODEL)


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def agent(**more):
    """Return an agent that prints nothing."""
    return Agent(model=model, callback_handler=None, **more)


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, str(agent()(cases.CHAT)).strip())


async def stream():
    """The same in pieces."""
    pieces = [event["data"] async for event in agent().stream_async(cases.CHAT) if "data" in event]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    cases.same(cases.COMPARED, str(agent(tools=[tool(cases.get_weather)])(cases.TOOLS)).strip())


def structured():
    """An object that follows a schema."""
    answer = agent()(cases.STRUCTURED, structured_output_model=Person)
    cases.same(cases.ADA, answer.structured_output.model_dump())


def image():
    """A picture."""
    picture = {"format": "png", "source": {"bytes": base64.b64decode(cases.PNG.partition(",")[2])}}
    cases.same(cases.SEEN, str(agent()([{"text": cases.IMAGE}, {"image": picture}])).strip())


def errors():
    """An error says what is wrong."""
    cases.fails(Exception, agent(), cases.ERRORS)


cases.run(chat, stream, tools, structured, image, errors)
