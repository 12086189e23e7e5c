"""LiteLLM's proxy in front of one instance with the real CLI: clients get through it what they get without it.

Run by `CMAPPY_SOAK=1 pytest tests/soak/test_litellm.py`, with `litellm` of `pip install 'litellm[proxy]'` in the PATH.
The client is the one of conformance/clients, and so are the questions.
"""

import asyncio
import os
import secrets
import shutil
import sys
import urllib.request
from pathlib import Path

import pytest

from tools import hermetic
from tools.programs import model
from tools.programs.server import cmappy
from tools.upstream import Upstream

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not os.environ.get("CMAPPY_SOAK"), reason="long; CMAPPY_SOAK=1 runs it"),
    pytest.mark.skipif(not shutil.which("litellm"), reason="needs litellm[proxy]"),
]

ROOT = Path(__file__).parents[2]
CLI = ROOT / ".cache" / "claude"
PATIENCE = 500  # seconds; it takes long to start
KEY = f"sk-{secrets.token_hex(32)}"


async def ready(url, process, log):
    """Wait until a server answers; an AssertionError shows the end of its log."""
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            try:
                with await asyncio.to_thread(urllib.request.urlopen, url):
                    return
            except OSError:
                await asyncio.sleep(1)
    raise AssertionError(log.read_text("utf-8")[-2000:])


@pytest.mark.parametrize("capability", ["chat", "stream", "tools", "structured", "image", "errors"])
async def test_client_works_through_litellm(litellm, capability, tmp_path):
    """What the official SDK does with cmappy, it does with LiteLLM's proxy in between."""
    script = ROOT / "conformance" / "clients" / "openai_python.py"
    variables = {"PATH": os.defpath, "HOME": str(tmp_path), "BASE_URL": litellm, "API_KEY": KEY, "MODEL": "sonnet"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), capability, env=variables, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        _, told = await process.communicate()

    assert (0, "") == (process.returncode, told.decode())


@pytest.fixture(scope="module")
async def litellm(tmp_path_factory, free_port):
    """Run the stub, cmappy and LiteLLM's proxy, and yield the base URL for clients."""
    home, port = tmp_path_factory.mktemp("litellm"), free_port()
    async with Upstream() as upstream:
        upstream.always = model.answer
        async with cmappy(str(sorted(CLI.glob("**/claude"))[-1]), home, upstream.url) as url:
            recipe = Path(__file__).with_name("litellm.yaml").read_text("utf-8")
            (home / "litellm.yaml").write_text(recipe.replace("http://127.0.0.1:3456/v1", url), "utf-8")
            variables = hermetic.environment(home, upstream.url, CLAUDE_CODE_OAUTH_TOKEN=None) | {
                "PATH": f"{Path(shutil.which('litellm')).parent}:{os.defpath}",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "LITELLM_MASTER_KEY": KEY,
            }
            command = [shutil.which("litellm"), "--config", "litellm.yaml", "--host", "127.0.0.1", "--port", str(port)]
            with (home / "litellm.log").open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    *command, env=variables, cwd=home, stdout=log, stderr=log
                )
            try:
                await ready(f"http://127.0.0.1:{port}/health/liveliness", process, home / "litellm.log")
                yield f"http://127.0.0.1:{port}/v1"
            finally:
                if process.returncode is None:
                    process.terminate()
                await process.wait()
