"""Whose account pays: the login that the CLI has, and API keys only where they are allowed."""

import pytest
from openai import AuthenticationError, InternalServerError

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}


@pytest.fixture
def ask_with(serve, upstream, tmp_path):
    """Return the way to ask a server of its own, whose environment has some more or other variables."""
    (tmp_path / "home").mkdir()

    async def ask(**options):
        async with serve(tmp_path, **options) as server, server.client() as client:
            return await client.chat.completions.create(model="sonnet", messages=[QUESTION])

    return ask


async def test_api_keys_are_kept_from_the_cli(ask_with, arrived):
    """A key in the environment would be billed although a subscription is logged in."""
    await ask_with(ANTHROPIC_API_KEY="key", ANTHROPIC_AUTH_TOKEN="token")

    headers = arrived().headers
    assert ("Bearer dummy", None) == (headers["authorization"], headers.get("x-api-key"))


async def test_api_key_is_used_where_it_is_allowed(ask_with, arrived):
    """Whoever says so pays with a key, and not with the subscription as well."""
    await ask_with(allow_api_key=True, ANTHROPIC_API_KEY="key", CLAUDE_CODE_OAUTH_TOKEN=None)

    headers = arrived().headers
    assert ("key", None) == (headers["x-api-key"], headers.get("authorization"))


async def test_environment_of_the_server_does_not_steer_the_cli(usual, ask_with, arrived):
    """Variables of Claude Code that happen to be set where cmappy starts change no request."""
    await ask_with(
        ANTHROPIC_MODEL="opus",
        ANTHROPIC_CUSTOM_HEADERS="x-planted: yes",
        CLAUDE_CODE_MAX_OUTPUT_TOKENS="4321",
        CLAUDE_CODE_EXTRA_BODY='{"temperature": 0.1}',
        CLAUDE_CODE_EFFORT_LEVEL="max",
        CLAUDE_CODE_USE_BEDROCK="1",
    )

    request = arrived()
    settable = ("model", "max_tokens", "output_config", "thinking")
    assert [usual[name] for name in settable] == [request.body[name] for name in settable]
    assert (None, None) == (request.headers.get("x-planted"), request.body.get("temperature"))


async def test_missing_login_is_a_login_error(ask_with, upstream):
    """Without any login the client is told what mends it, and nothing is asked of the API."""
    with pytest.raises(AuthenticationError) as caught:
        await ask_with(CLAUDE_CODE_OAUTH_TOKEN=None)

    assert ("claude_auth_error", "false") == (caught.value.code, caught.value.response.headers["x-should-retry"])
    assert "claude auth login" in caught.value.message
    assert [] == upstream.requests


async def test_key_that_is_not_allowed_is_no_login(ask_with, upstream):
    """With nothing but a key, and no leave to use it, nothing is asked of the API."""
    with pytest.raises(AuthenticationError):
        await ask_with(CLAUDE_CODE_OAUTH_TOKEN=None, ANTHROPIC_API_KEY="key")

    assert [] == upstream.requests


async def test_upstream_that_cannot_be_reached_is_an_error(ask_with, upstream):
    """Nobody listens there: the client gets an error and no answer made of it."""
    with pytest.raises(InternalServerError) as caught:
        await ask_with(ANTHROPIC_BASE_URL="http://127.0.0.1:9")

    assert (502, "upstream_error") == (caught.value.status_code, caught.value.code)
