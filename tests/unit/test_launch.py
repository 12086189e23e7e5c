"""How the CLI is started: with a command line and an environment built from nothing."""

import pytest

from cmappy.backends.claude.launch import ARGUMENTS, arguments, environment

ADDRESS = "127.0.0.1:3456"


def inherited(allow_api_key=False, **variables):
    """Return what a child inherits of these variables."""
    built = environment(variables, own_address=ADDRESS, allow_api_key=allow_api_key)
    return {name: value for name, value in built.items() if name in variables}


@pytest.mark.parametrize(
    "flag",
    [
        "--tools=",
        "--no-session-persistence",
        "--safe-mode",
        "--restricted",
        "--setting-sources=",
        "--strict-mcp-config",
        "--disable-slash-commands",
        "--permission-mode=dontAsk",
        "--allowedTools=" + ",".join(f"mcp__client{number}" for number in range(1000)),
    ],
)
def test_isolation_is_on_the_command_line(flag):
    """No tools of the CLI's own, and nothing of the user's set-up."""
    assert flag in arguments("claude")


def test_command_line_is_the_same_for_every_request():
    """So that one process can serve any of them, and no client's text gets there."""
    assert ["/opt/claude", *ARGUMENTS] == arguments("/opt/claude")


def test_values_are_part_of_their_flags():
    """A value that stood alone could become a flag."""
    assert [] == [argument for argument in ARGUMENTS if not argument.startswith("-")]


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HTTPS_PROXY", "no_proxy"),
        *("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL"),
    ],
)
def test_what_the_cli_needs_is_inherited(name):
    """Where it is, who logs in, and how the network is reached."""
    assert {name: "value"} == inherited(**{name: "value"})


@pytest.mark.parametrize(
    "name",
    [
        *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL", "CLAUDE_CODE_USE_BEDROCK", "CLAUDECODE"),
        *("NODE_OPTIONS", "LD_PRELOAD", "AWS_SECRET_ACCESS_KEY", "CMAPPY_API_KEY", "MAX_THINKING_TOKENS", "PYTHONPATH"),
    ],
)
def test_everything_else_is_not(name):
    """Least of all keys, which the CLI would bill, and switches that change what it does."""
    assert {} == inherited(**{name: "value"})


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
def test_keys_are_inherited_on_demand(name):
    """For those who mean to pay by the token."""
    assert {name: "value"} == inherited(allow_api_key=True, **{name: "value"})


@pytest.mark.parametrize("name", ["DISABLE_TELEMETRY", "TERM", "CLAUDE_CODE_DISABLE_FILE_MENTIONS"])
def test_isolation_cannot_be_overridden(name):
    """The caller's own value of it does not count."""
    assert {name: "0"} != inherited(**{name: "0"})


@pytest.mark.parametrize(
    "name",
    [
        "CLAUDE_CODE_DISABLE_FILE_MENTIONS",
        "CLAUDE_CODE_DISABLE_ATTACHMENTS",
        "CLAUDE_CODE_DISABLE_CLAUDE_MDS",
        "CLAUDE_CODE_DISABLE_AUTO_MEMORY",
        "CLAUDE_CODE_DISABLE_REFUSAL_RETRY",
        "CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK",
        "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK",
        "DISABLE_AUTO_COMPACT",
        "DISABLE_COMPACT",
        "CLAUDE_AGENT_SDK_MCP_NO_PREFIX",
    ],
)
def test_isolation_is_in_the_environment_too(name):
    """Each was measured to matter."""
    assert "1" == environment({}, own_address=ADDRESS)[name]


def test_retries_are_bounded():
    """By default the CLI tries for minutes."""
    told = [
        environment({}, own_address=ADDRESS)["CLAUDE_CODE_MAX_RETRIES"],
        environment({}, own_address=ADDRESS, max_retries=0)["CLAUDE_CODE_MAX_RETRIES"],
    ]

    assert ["2", "0"] == told


def test_limits_of_the_cli_for_calls_are_nobodys():
    """Where it stops waiting for a call, it asks the API by itself; without a limit it waited for 46 minutes."""
    limits = {"MCP_TOOL_TIMEOUT": "1000", "CLAUDE_CODE_SDK_MCP_TOOL_IDLE_TIMEOUT": "1000", "MCP_TIMEOUT": "1000"}

    assert set() == limits.keys() & environment(limits, own_address=ADDRESS).keys()
