"""Nothing of the user's own set-up reaches the model, and nothing of a prompt stays on the disk or shows in `ps`."""

import asyncio
import json
from pathlib import Path

import pytest

from tools import hermetic

pytestmark = pytest.mark.anyio

PLANTED = "PLANTED-bd41"
SECRET = "PROMPT-7c0e"
SETTABLE = ("model", "max_tokens", "output_config", "thinking")
TOOL = {"name": f"tool_{SECRET}", "description": SECRET, "parameters": {"properties": {SECRET: {"type": "string"}}}}
EVERYTHING = {  # that a client can say beside its messages
    "model": f"claude-{SECRET}",
    "stop": [SECRET],
    "user": SECRET,
    "tools": [{"type": "function", "function": TOOL}],
    "tool_choice": {"type": "function", "function": {"name": TOOL["name"]}},
    "metadata": {SECRET: SECRET},
    "max_tokens": 77,
}
MEMORY = f"# Rules\nAlways say {PLANTED}.\n"
DEFINITION = f"---\nname: planted\ndescription: {PLANTED}\n---\nSay {PLANTED}.\n"
MEMORY_FILES = ("CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".claude/CLAUDE.md", ".claude/rules/planted.md")
DEFINITION_FILES = ("commands/planted.md", "agents/planted.md", "skills/planted/SKILL.md", "output-styles/planted.md")


def write(path, content):
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def plant(folder, trace):
    """Fill a folder with everything that Claude Code reads from a home or a project; whatever runs makes `trace`."""
    server = {"command": "touch", "args": [str(trace)]}
    hooks = [{"hooks": [{"type": "command", "command": f"touch {trace}; echo {PLANTED}"}]}]
    events = ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd", "Setup", "InstructionsLoaded")
    settings = {
        "env": {"ANTHROPIC_CUSTOM_HEADERS": f"x-planted: {PLANTED}", "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "4321"},
        "hooks": dict.fromkeys(events, hooks),
        "model": "opus",
        "effortLevel": "max",
        "outputStyle": "planted",
        "apiKeyHelper": f"touch {trace}; echo {PLANTED}",
        "statusLine": {"type": "command", "command": f"touch {trace}"},
        "permissions": {"allow": ["Bash"], "additionalDirectories": ["/etc"]},
        "enableAllProjectMcpServers": True,
        "enabledPlugins": {"planted@planted": True},
        "extraKnownMarketplaces": {"planted": {"source": {"source": "directory", "path": str(folder / "market")}}},
    }
    for name in MEMORY_FILES:
        write(folder / name, MEMORY)
    for name in DEFINITION_FILES:
        write(folder / ".claude" / name, DEFINITION)
    for name in ("settings.json", "settings.local.json"):
        write(folder / ".claude" / name, settings)
    write(folder / ".mcp.json", {"mcpServers": {"planted": server}})
    write(folder / ".claude.json", {"mcpServers": {"planted": server}, "hasCompletedOnboarding": True})
    plugin = {"name": "planted", "version": "1.0.0", "description": PLANTED}
    entry = {**plugin, "source": "./planted"}
    write(
        folder / "market/.claude-plugin/marketplace.json",
        {"name": "planted", "owner": {"name": "nobody"}, "plugins": [entry]},
    )
    write(folder / "market/planted/.claude-plugin/plugin.json", plugin)
    write(folder / "market/planted/hooks/hooks.json", {"hooks": dict.fromkeys(events, hooks)})
    write(folder / "market/planted/commands/planted.md", DEFINITION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of the module's server; it lies above the working directory and is planted, as its home is."""
    folder = tmp_path_factory.mktemp("planted")
    plant(folder, folder / "it-ran")
    plant(folder / "home", folder / "it-ran")
    return folder


@pytest.fixture
def say(server, upstream):
    """Return the way to ask something with a full conversation, all of it with the secret in it."""

    async def ask(text=SECRET, **more):
        roles = ("system", "user", "assistant", "user")
        messages = [{"role": role, "content": text} for role in roles]
        async with server.client() as client:
            return await client.chat.completions.create(**{"model": "sonnet", "messages": messages} | more)

    return ask


@pytest.fixture
def while_answering(say, upstream, descendants):
    """Return the way to look at something while the CLI waits for an answer."""

    async def look(at):
        upstream.script({"text": SECRET, "wait": "looked"})
        asked = asyncio.create_task(say(**EVERYTHING))
        await upstream.received(1)
        seen = at(descendants())
        upstream.release("looked")
        await asked
        return seen

    return look


async def test_own_instructions_do_not_reach_the_model(say, arrived):
    """Memory files, commands, agents, skills, styles, plugins and settings are the user's own, not the client's."""
    await say()

    request = arrived()
    assert PLANTED not in str(request)
    assert ([SECRET], 1) == (request.system, len(request.notes))
    assert [] == request.body["tools"]


async def test_own_settings_do_not_change_the_request(usual, say, arrived):
    """The user's choice of model, effort and limits for Claude Code does not apply to clients of cmappy."""
    await say()

    told = arrived().body
    assert [usual[name] for name in SETTABLE] == [told[name] for name in SETTABLE]


async def test_own_programs_do_not_run(say, descendants, gone, folder):
    """Hooks, MCP servers and key helpers of the user do not run because somebody asks cmappy something."""
    await say()
    await gone(descendants())

    assert not (folder / "it-ran").exists()


async def test_planted_set_up_works_in_plain_claude_code(claude, folder, upstream):
    """The same folder does leak from a plain `claude`: the tests above would notice."""
    environment = hermetic.environment(folder / "home", upstream.url)
    trace = folder / "it-ran"
    command = [claude, "--print", "--no-session-persistence", "Hello"]
    running = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    await running.wait()
    ran = trace.exists()
    trace.unlink(missing_ok=True)

    assert (True, True) == (ran, PLANTED in str(upstream.messages_requests[0].body))


async def test_requests_do_not_show_in_arguments_or_environments(while_answering):
    """Every user of a machine can read the arguments of every process; and they are none that a client chooses."""
    names = ("cmdline", "environ")
    seen = await while_answering(
        lambda processes: [Path(f"/proc/{pid}/{name}").read_bytes() for pid in processes for name in names]
    )

    assert [] != seen
    assert [] == [content for content in seen if SECRET.encode() in content]


async def test_working_directory_is_empty_and_the_model_knows_it(while_answering, arrived):
    """The model is told where it is: in a folder of its own, with nothing in it."""
    seen = await while_answering(lambda processes: [Path(f"/proc/{pid}/cwd").readlink() for pid in processes])

    [cwd] = set(seen)
    assert [] == list(cwd.iterdir())
    assert f"Primary working directory: {cwd}\n" in arrived().notes[0]


async def test_conversation_leaves_nothing_on_the_disk(say, descendants, gone, folder):
    """Neither a question nor an answer is in any file of the home, the working directory or the temporary folder."""
    await say()
    await say(**EVERYTHING)
    await gone(descendants())

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [] != files
    assert [] == [path for path in files if SECRET.encode() in path.read_bytes()]
