"""Which credential the real CLI would use, and that an API key is not billed unless it is allowed."""

import json

import pytest
from openai import AuthenticationError

from cmappy.backends.claude import launch
from cmappy.backends.claude.login import inspect
from cmappy.settings import Settings
from tools import hermetic

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
MANAGED = {".claude.json": {"primaryApiKey": "sk-ant-api03-managed"}}
HELPER = {".claude/settings.json": {"apiKeyHelper": "echo sk-ant-helper"}}
ENVIRONMENT = {".claude/settings.json": {"env": {"ANTHROPIC_API_KEY": "sk-ant-settings"}}}
SUBSCRIPTION = {
    ".claude/.credentials.json": {
        "claudeAiOauth": {
            "accessToken": "sk-ant-oat01-subscription",
            "refreshToken": "none",
            "expiresAt": 4102444800000,
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        }
    }
}
SENT = "Bearer sk-ant-oat01-subscription"


@pytest.fixture
def home(tmp_path):
    """Return what fills the CLI's home with files."""

    def home(files):
        for name, content in files.items():
            path = tmp_path / "home" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))

    (tmp_path / "home").mkdir()
    return home


@pytest.fixture
def ask(serve, upstream, tmp_path):
    """Return the way to ask a server whose CLI has only the logins that are in its home."""

    async def ask(**chosen):
        options = {"settings": Settings(**chosen), "allow_api_key": chosen.get("allow_api_key", False)}
        async with serve(tmp_path, CLAUDE_CODE_OAUTH_TOKEN=None, **options) as server, server.client() as client:
            return await client.chat.completions.create(model="sonnet", messages=[QUESTION])

    return ask


async def test_key_of_the_console_is_refused(home, ask, upstream):
    """Who has once logged in with an API account has a key at home that nobody sees."""
    home(MANAGED)
    with pytest.raises(AuthenticationError, match="--allow-api-key") as refusal:
        await ask()

    assert ("api_key_refused", []) == (refusal.value.code, upstream.requests)


async def test_key_of_the_console_is_used_where_it_is_allowed(home, ask, arrived):
    """It is then the only login."""
    home(MANAGED)
    await ask(allow_api_key=True)

    assert "sk-ant-api03-managed" == arrived().headers["x-api-key"]


@pytest.mark.parametrize("beside", [{}, MANAGED, HELPER, ENVIRONMENT], ids=["alone", "managed", "helper", "settings"])
async def test_subscription_is_used_whatever_is_beside_it(home, ask, arrived, beside):
    """No key that lies around is billed, and none stops the subscription from working."""
    home(SUBSCRIPTION | beside)
    await ask()

    assert (SENT, None) == (arrived().headers["authorization"], arrived().headers.get("x-api-key"))


@pytest.mark.parametrize(
    ("files", "login"),
    [
        ({}, "none"),
        (MANAGED, "api_key"),
        (HELPER, "none"),
        (SUBSCRIPTION, "claude.ai"),
        (SUBSCRIPTION | MANAGED, "claude.ai"),
        (SUBSCRIPTION | HELPER, "claude.ai"),
        (SUBSCRIPTION | ENVIRONMENT, "claude.ai"),
    ],
    ids=["none", "managed", "helper", "subscription", "and managed", "and helper", "and settings"],
)
async def test_login_at_the_start_is_the_one_that_is_used(claude, home, tmp_path, files, login):
    """What the start tells, and refuses, is what the requests would show."""
    home(files)
    own = hermetic.environment(tmp_path / "home", "http://127.0.0.1:9", CLAUDE_CODE_OAUTH_TOKEN=None)
    child = launch.environment(own, own_address="127.0.0.1:3456", allow_api_key=False, max_retries=0)

    assert login == (await inspect(str(claude), child, check_login=False)).login
