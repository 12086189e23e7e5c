"""How a `claude` process is started: its arguments and its environment, both built from nothing (pure).

Nothing that a client sends gets here. Source of every flag and variable: CLI 2.1.330, seen together.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

# The names of the in-process MCP server that offers the client's tools, another one for each offer, since the CLI does
# not ask a server that it has known for its tools again; no model sees them.
SERVERS = tuple(f"client{number}" for number in range(1000))

ARGUMENTS = (
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    # No tools of the CLI's own, and nothing of the user's set-up: memory files, hooks, plugins, MCP servers, commands.
    "--tools=",
    "--no-session-persistence",
    "--safe-mode",
    "--restricted",
    "--setting-sources=",
    "--strict-mcp-config",
    "--disable-slash-commands",
    "--permission-mode=dontAsk",
    "--allowedTools=" + ",".join(f"mcp__{server}" for server in SERVERS),
    "--thinking-display=summarized",
)

_INHERITED = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "TMPDIR", "LANG", "LANGUAGE", "XDG_CONFIG_HOME"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
    # Without these, no program of Windows starts, or finds its user's folders; the CLI runs commands in Git's bash.
    *("SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "PROGRAMDATA", "PROGRAMFILES", "TEMP", "TMP"),
    *("USERPROFILE", "USERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "CLAUDE_CODE_GIT_BASH_PATH"),
    *("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL"),
}
_API_KEYS = {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"}
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104 (compared, not listened on)

_FIXED = {
    "TERM": "dumb",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    # A prompt is text: it names no file to read and runs no command.
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS": "1",
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": "1",
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    # One request of the client is one request to the API.
    "DISABLE_AUTO_COMPACT": "1",
    "DISABLE_COMPACT": "1",
    "ENABLE_TOOL_SEARCH": "false",
    "CLAUDE_CODE_DISABLE_REFUSAL_RETRY": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE": "100000000",  # the API judges the length of a prompt, not the CLI
    # The CLI adds advice of its own where a tool is named like one of its own, `Bash` or `Agent`.
    "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS": "1",
    "CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS": "1",
    # The model sees the client's own tool names and whole descriptions.
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX": "1",
    "CLAUDE_CODE_MAX_MCP_DESCRIPTION_LENGTH": "1000000",
}


def arguments(claude: str) -> list[str]:
    """Return the command line of a process that can serve any turn."""
    return [claude, *ARGUMENTS]


def environment(
    inherited: Mapping[str, str], *, own_address: str, allow_api_key: bool = False, max_retries: int = 2
) -> dict[str, str]:
    """Return the child's environment: an allow-list of the inherited one, and what isolates the CLI.

    API keys are left out unless allowed, because the CLI would bill them although a subscription is logged in.
    `ANTHROPIC_BASE_URL` is left out if it leads to `own_address` (host:port): the CLI would call this very server.
    """
    allowed = _INHERITED | (_API_KEYS if allow_api_key else set())
    kept = {name: value for name, value in inherited.items() if name in allowed or name.startswith("LC_")}
    if _leads_to(own_address, kept.get("ANTHROPIC_BASE_URL", "")):
        del kept["ANTHROPIC_BASE_URL"]
    return {**kept, **_FIXED, "CLAUDE_CODE_MAX_RETRIES": str(max_retries)}


def _leads_to(address: str, url: str) -> bool:
    """Return whether a URL leads to an address (host:port), whichever of this machine's own names either uses."""
    host, _, port = address.rpartition(":")
    _, _, place = urlsplit(url).netloc.rpartition("@")
    name, _, number = place.rpartition(":")
    return bool(port) and number == port and (name.strip("[]") == host or {name.strip("[]"), host} <= _THIS_MACHINE)
