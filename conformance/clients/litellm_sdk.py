"""LiteLLM as a library, with `openai/` before the model's name."""

import json

import cases
import litellm

litellm.suppress_debug_info = True


def ask(content, **more):
    """Ask for a completion; `content` may be a whole conversation."""
    messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
    return litellm.completion(
        model=f"openai/{cases.MODEL}", api_base=cases.URL, api_key=cases.KEY, messages=messages, num_retries=0, **more
    )


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, ask(cases.CHAT).choices[0].message.content)


def stream():
    """The same in pieces."""
    pieces = [chunk.choices[0].delta.content for chunk in ask(cases.CHAT, stream=True) if chunk.choices]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more."""
    messages = [{"role": "user", "content": cases.TOOLS}]
    while (message := ask(messages, tools=[cases.WEATHER_TOOL]).choices[0].message).tool_calls:
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            told = cases.get_weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": told})
    cases.same(cases.COMPARED, message.content)


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": cases.SCHEMA, "strict": True}}
    cases.same(cases.ADA, json.loads(ask(cases.STRUCTURED, response_format=form).choices[0].message.content))


def image():
    """A picture as a data URL."""
    parts = [{"type": "text", "text": cases.IMAGE}, {"type": "image_url", "image_url": {"url": cases.PNG}}]
    cases.same(cases.SEEN, ask([{"role": "user", "content": parts}]).choices[0].message.content)


def errors():
    """LiteLLM knows a prompt that is too long by its words."""
    cases.fails(litellm.ContextWindowExceededError, ask, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, errors)
