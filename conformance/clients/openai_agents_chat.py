"""OpenAI's Agents SDK, by chat completions."""

import agents
import cases
import openai
from pydantic import BaseModel

agents.set_tracing_disabled(True)
client = openai.AsyncOpenAI(base_url=cases.URL, api_key=cases.KEY, max_retries=0)
model = agents.OpenAIChatCompletionsModel(cases.MODEL, client)


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def agent(**more):
    """Return an agent."""
    return agents.Agent(name="cmappy", model=model, **more)


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, agents.Runner.run_sync(agent(), cases.CHAT).final_output)


async def stream():
    """The same in pieces."""
    run = agents.Runner.run_streamed(agent(), cases.CHAT)
    events = [event.data async for event in run.stream_events() if event.type == "raw_response_event"]
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    weather = agents.function_tool(cases.get_weather)
    cases.same(cases.COMPARED, agents.Runner.run_sync(agent(tools=[weather]), cases.TOOLS).final_output)


def structured():
    """An object that follows a schema."""
    run = agents.Runner.run_sync(agent(output_type=Person), cases.STRUCTURED)
    cases.same(cases.ADA, run.final_output.model_dump())


def errors():
    """An error says what is wrong."""
    cases.fails(openai.BadRequestError, agents.Runner.run_sync, agent(), cases.ERRORS)


cases.run(chat, stream, tools, structured, errors)
