"""smolagents: `OpenAIModel`, and its agent that calls tools."""

import cases
from smolagents import OpenAIModel, ToolCallingAgent, tool

model = OpenAIModel(model_id=cases.MODEL, api_base=cases.URL, api_key=cases.KEY, client_kwargs={"max_retries": 0})


def asked(text):
    """Return a question as messages."""
    return [{"role": "user", "content": [{"type": "text", "text": text}]}]


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city.

    Args:
        city: the city

    """
    return cases.WEATHER[city]


def chat():
    """A question and its answer, with the tokens that it took."""
    answer = model.generate(asked(cases.CHAT))
    cases.same(cases.HELLO, answer.content)
    cases.same(True, answer.token_usage.total_tokens > 0)


def stream():
    """The same in pieces."""
    pieces = [delta.content for delta in model.generate_stream(asked(cases.CHAT))]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more, and the agent's own tool for the end."""
    cases.same(cases.COMPARED, ToolCallingAgent(tools=[get_weather], model=model, verbosity_level=0).run(cases.TOOLS))


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": cases.SCHEMA}}
    answer = model.generate(asked(cases.STRUCTURED), response_format=form)
    cases.same(cases.ADA, cases.json.loads(answer.content))


def image():
    """A picture as a data URL."""
    parts = [{"type": "text", "text": cases.IMAGE}, {"type": "image_url", "image_url": {"url": cases.PNG}}]
    cases.same(cases.SEEN, model.generate([{"role": "user", "content": parts}]).content)


def errors():
    """An error says what is wrong."""
    cases.fails(Exception, model.generate, asked(cases.ERRORS))


cases.run(chat, stream, tools, structured, image, errors)
