"""OpenAI's agents for Python, by responses."""

import cases
import openai
from agents import Agent, Runner, function_tool, set_tracing_disabled
from agents.models.openai_responses import OpenAIResponsesModel
from pydantic import BaseModel

set_tracing_disabled(disabled=True)
MODEL = OpenAIResponsesModel(cases.MODEL, openai.AsyncOpenAI(base_url=cases.URL, api_key=cases.KEY, max_retries=0))


class Person(BaseModel):
    """What is asked for."""

    name: str
    born: int


def agent(**more):
    """Return an agent."""
    return Agent(name="assistant", instructions="Be brief.", model=MODEL, **more)


def said(*parts):
    """Return an input of one message."""
    return [{"role": "user", "content": list(parts)}]


async def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, (await Runner.run(agent(), cases.CHAT)).final_output)


async def stream():
    """The same in pieces."""
    run = Runner.run_streamed(agent(), cases.CHAT)
    raw = [event.data async for event in run.stream_events() if event.type == "raw_response_event"]
    pieces = [event.delta for event in raw if event.type == "response.output_text.delta"]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))
    cases.same(cases.HELLO, run.final_output)


async def tools():
    """Calls of a function, with the whole conversation each time and by reference to the turn before."""
    able = agent(tools=[function_tool(cases.get_weather)])
    for by_reference in (False, True):
        run = await Runner.run(able, cases.TOOLS, auto_previous_response_id=by_reference)
        cases.same(cases.COMPARED, run.final_output)


async def structured():
    """An object that follows a schema."""
    cases.same(cases.ADA, (await Runner.run(agent(output_type=Person), cases.STRUCTURED)).final_output.model_dump())


async def image():
    """A picture as a data URL."""
    part = {"type": "input_image", "image_url": cases.PNG, "detail": "auto"}
    run = await Runner.run(agent(), said({"type": "input_text", "text": cases.IMAGE}, part))
    cases.same(cases.SEEN, run.final_output)


async def pdf():
    """A document as a data URL."""
    part = {"type": "input_file", "filename": "a.pdf", "file_data": cases.DOCUMENT}
    run = await Runner.run(agent(), said({"type": "input_text", "text": cases.PDF}, part))
    cases.same(cases.READ, run.final_output)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(openai.BadRequestError, Runner.run_sync, agent(), cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
