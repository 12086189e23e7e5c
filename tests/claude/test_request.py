"""What arrives beside the conversation: the model, the limits, the effort; and little else."""

import pytest

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
OLD = "claude-opus-4-6"  # passed on although the CLI does not list it


@pytest.mark.parametrize(
    ("asked", "alias"),
    [
        ("sonnet", "sonnet"),
        ("claude-sonnet-4", "sonnet"),
        ("claude-sonnet-5", "sonnet"),
        ("claude-opus-4", "opus"),
        ("claude-haiku-4", "haiku"),
        ("default", "default"),
        ("openai/haiku", "haiku"),
    ],
)
async def test_alias_arrives_resolved(ask, arrived, resolved, asked, alias):
    """The model is the one that the CLI says it is, and no request of its own checks that it exists."""
    answer = await ask(QUESTION, model=asked)

    assert (resolved[alias], resolved[alias]) == (arrived().body["model"], answer.model)
    assert resolved[alias].startswith("claude-")


@pytest.mark.parametrize("model", ["claude-haiku-4-5", OLD])
async def test_full_id_arrives_as_it_is(ask, arrived, model):
    """Whoever names a model gets that one."""
    answer = await ask(QUESTION, model=model)

    assert (model, model) == (arrived().body["model"], answer.model)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_token_limit_arrives(ask, arrived, name):
    """Both of OpenAI's names for the limit are the API's one."""
    await ask(QUESTION, **{name: 321})

    assert 321 == arrived().body["max_tokens"]


async def test_stop_sequences_arrive(ask, arrived):
    """Texts to stop at are the API's own stop sequences, unless they are blank, which the API refuses."""
    await ask(QUESTION, stop=["\n\n", "END", " ", "\u2028stop"])

    assert ["END", "\u2028stop"] == arrived().body["stop_sequences"]


async def test_nothing_arrives_that_was_not_asked_for(ask, arrived):
    """A plain question carries no limits, no tools and no sampling of anybody's choice."""
    await ask(QUESTION)

    body = arrived().body
    assert [] == body["tools"]
    assert set() == {"stop_sequences", "temperature", "top_p", "top_k", "tool_choice"} & set(body)


@pytest.mark.parametrize(
    ("asked", "arrives"),
    [("minimal", "low"), ("low", "low"), ("medium", "medium"), ("high", "high"), ("xhigh", "xhigh"), ("max", "max")],
)
async def test_effort_arrives(ask, arrived, asked, arrives):
    """How hard to think is the API's own effort, and thinking stays on."""
    await ask(QUESTION, reasoning_effort=asked)

    body = arrived().body
    assert (arrives, "adaptive") == (body["output_config"]["effort"], body["thinking"]["type"])


async def test_no_effort_means_no_thinking(ask, arrived):
    """Effort `none` switches thinking off for good."""
    await ask(QUESTION, reasoning_effort="none")

    assert set() == {"thinking", "context_management"} & set(arrived().body)


async def test_settings_of_one_request_end_with_it(ask, upstream):
    """What one client asked for has no influence on the next one's request."""
    await ask(QUESTION)
    await ask(QUESTION, model="opus", max_tokens=5, stop=["x"], reasoning_effort="none")
    await ask(QUESTION)

    first, _, third = [dict.fromkeys(each.body) | each.body for each in upstream.messages_requests]
    changing = ("messages", "metadata", "system")
    assert [first[name] for name in first if name not in changing] == [
        third[name] for name in third if name not in changing
    ]


async def test_overhead_is_small(ask, arrived):
    """`Hello` costs less than 3 kB beyond its own bytes; the CLI's usual prompt and tools would be ten times that."""
    await ask(QUESTION)

    assert 3000 > arrived().size


async def test_subscription_is_what_pays(ask, arrived):
    """The request carries the login of the subscription and no API key."""
    await ask(QUESTION)

    headers = arrived().headers
    assert ("Bearer dummy", None) == (headers["authorization"], headers.get("x-api-key"))
