"""AutoGen: `OpenAIChatCompletionClient`, which has to be told what the model can do."""

import cases
import openai
from autogen_agentchat.agents import AssistantAgent
from autogen_core import Image
from autogen_core.models import UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from pydantic import BaseModel

INFO = {
    "vision": True,
    "function_calling": True,
    "json_output": True,
    "structured_output": True,
    "family": "unknown",
    "multiple_system_messages": True,
}
client = OpenAIChatCompletionClient(
    model=cases.MODEL, base_url=cases.URL, api_key=cases.KEY, model_info=INFO, max_retries=0
)


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def asked(content):
    """Return a question as messages."""
    return [UserMessage(content=content, source="user")]


async def chat():
    """A question and its answer, with the tokens that it took."""
    answer = await client.create(asked(cases.CHAT))
    cases.same(cases.HELLO, answer.content)
    cases.same(True, answer.usage.prompt_tokens > 0)


async def stream():
    """The same in pieces."""
    *pieces, last = [piece async for piece in client.create_stream(asked(cases.CHAT))]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))
    cases.same(cases.HELLO, last.content)


async def tools():
    """Calls of a function, two at once and then one more."""

    async def get_weather(city: str) -> str:
        return cases.WEATHER[city]

    agent = AssistantAgent(
        "assistant", model_client=client, tools=[get_weather], max_tool_iterations=5, system_message="Be brief."
    )
    get_weather.__doc__ = cases.get_weather.__doc__
    answer = await agent.run(task=cases.TOOLS)
    cases.same(cases.COMPARED, answer.messages[-1].content)


async def structured():
    """An object that follows a schema."""
    answer = await client.create(asked(cases.STRUCTURED), json_output=Person)
    cases.same(cases.ADA, cases.json.loads(answer.content))


async def image():
    """A picture."""
    picture = Image.from_base64(cases.PNG.partition(",")[2])
    cases.same(cases.SEEN, (await client.create(asked([cases.IMAGE, picture]))).content)


async def errors():
    """An error says what is wrong."""
    try:
        await client.create(asked(cases.ERRORS))
    except openai.BadRequestError as error:
        cases.contains(cases.TOO_LONG, error)
    else:
        raise SystemExit("no error was raised")


cases.run(chat, stream, tools, structured, image, errors)
