"""LlamaIndex with `OpenAILike`."""

import asyncio

import cases
import openai
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

model = OpenAILike(
    model=cases.MODEL,
    api_base=cases.URL,
    api_key=cases.KEY,
    is_chat_model=True,
    is_function_calling_model=True,
    context_window=200000,
    max_retries=0,
)


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, model.chat([ChatMessage(cases.CHAT)]).message.content)


def stream():
    """The same in pieces."""
    pieces = [chunk.delta for chunk in model.stream_chat([ChatMessage(cases.CHAT)])]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""

    async def run():
        agent = FunctionAgent(tools=[FunctionTool.from_defaults(cases.get_weather)], llm=model)
        return await agent.run(cases.TOOLS)

    cases.same(cases.COMPARED, str(asyncio.run(run())))


def structured():
    """An object that follows a schema."""
    answer = model.as_structured_llm(Person).chat([ChatMessage(cases.STRUCTURED)])
    cases.same(cases.ADA, answer.raw.model_dump())


def image():
    """A picture as a data URL."""
    blocks = [TextBlock(text=cases.IMAGE), ImageBlock(url=cases.PNG)]
    cases.same(cases.SEEN, model.chat([ChatMessage(role="user", blocks=blocks)]).message.content)


def errors():
    """An error says what is wrong."""
    cases.fails(openai.BadRequestError, model.chat, [ChatMessage(cases.ERRORS)])


cases.run(chat, stream, tools, structured, image, errors)
