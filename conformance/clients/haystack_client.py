"""Haystack: `OpenAIChatGenerator`, and its agent for tools."""

import cases
import openai
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage, ImageContent
from haystack.tools import create_tool_from_function
from haystack.utils import Secret


def generator(**more):
    """Return the generator."""
    key = Secret.from_token(cases.KEY)
    return OpenAIChatGenerator(api_base_url=cases.URL, api_key=key, model=cases.MODEL, max_retries=0, **more)


def chat():
    """A question and its answer, with the tokens that it took."""
    [answer] = generator().run([ChatMessage.from_user(cases.CHAT)])["replies"]
    cases.same(cases.HELLO, answer.text)
    cases.same(True, answer.meta["usage"]["total_tokens"] > 0)


def stream():
    """The same in pieces."""
    pieces = []
    generator(streaming_callback=lambda chunk: pieces.append(chunk.content)).run([ChatMessage.from_user(cases.CHAT)])
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    agent = Agent(chat_generator=generator(), tools=[create_tool_from_function(cases.get_weather)])
    cases.same(cases.COMPARED, agent.run(messages=[ChatMessage.from_user(cases.TOOLS)])["last_message"].text)


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": cases.SCHEMA}}
    asked = [ChatMessage.from_user(cases.STRUCTURED)]
    [answer] = generator(generation_kwargs={"response_format": form}).run(asked)["replies"]
    cases.same(cases.ADA, cases.json.loads(answer.text))


def image():
    """A picture in base64."""
    picture = ImageContent(base64_image=cases.PNG.partition(",")[2], mime_type="image/png")
    [answer] = generator().run([ChatMessage.from_user(content_parts=[cases.IMAGE, picture])])["replies"]
    cases.same(cases.SEEN, answer.text)


def errors():
    """An error says what is wrong."""
    cases.fails(openai.BadRequestError, generator().run, [ChatMessage.from_user(cases.ERRORS)])


cases.run(chat, stream, tools, structured, image, errors)
