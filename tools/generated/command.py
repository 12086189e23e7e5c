"""The `tools/openai-tests` command."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tools.generated.relay import Relay
from tools.programs import server
from tools.programs.environments import ROOT
from tools.upstream import Upstream

CACHE = ROOT / ".cache" / "openai-tests"
PYTHON = ("chat/test_completions.py", "chat/completions", "test_models.py", "test_completions.py", "test_responses.py")
PYTHON_MORE = ("responses/test_input_items.py",)
NODE = ("chat", "models.test.ts", "completions.test.ts", "responses/responses.test.ts", "responses/input-items.test.ts")

# What the tests ask for and no server in front of this CLI can do, by a part of the test's name.
NOT_OFFERED = {
    r"test_models\b.*delete|resource models > delete": "models of the CLI cannot be deleted",
    r"cancel": "a response in the background is not offered",
    r"compact": "the compaction of a response is not offered",
    r"test_responses\.\S+ test_method_create_with_all_params": "they send `conversation`, `prompt` and `background`, "
    "which are refused",
    r"retrieve\w*_overload_2": "a stored response is not streamed again",
    r"TestA?\w*Messages \w+list\w*\[(strict|aiohttp)": "the SDK's own type takes the assistant's messages only, and "
    "stored ones are the user's",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the tests of a checkout; exits with 1 if a test of an offered endpoint fails."""
    parser = argparse.ArgumentParser(
        prog="tools/openai-tests",
        description="Run tests/api_resources of a checkout of openai-python or openai-node against cmappy with the "
        "real CLI on a stub of its API. The checkout stays where it is, and nothing of it becomes part of the project.",
    )
    parser.add_argument("path", type=Path, help="the checkout")
    parser.add_argument("-k", metavar="TEXT", help="only the tests whose name has this text")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the results as JSON")
    flags = parser.parse_args(argv)
    path = flags.path.absolute()
    installed = subprocess.run([ROOT / "tools" / "install-claude"], stdout=subprocess.PIPE, text=True, check=True)
    results, refusals = asyncio.run(run(path, installed.stdout.splitlines()[-1], flags.k or ""))
    if flags.report:
        flags.report.write_text(json.dumps({"results": results, "refusals": refusals}, indent=1) + "\n", "utf-8")
    sys.exit(tell(results))


async def run(path: Path, claude: str, only: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return how each test ended, an empty text for well, and how requests were refused."""
    async with Upstream() as upstream:
        upstream.default = {"text": "This is a test."}
        with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
            async with server.cmappy(claude, Path(home), upstream.url, "--model-map", "*=sonnet") as url:
                relay = Relay(url)
                async with relay as address:
                    tests = _python if (path / "tests" / "api_resources").is_dir() else _node
                    results = await asyncio.to_thread(tests, path, address, only)
                return results, relay.refusals


def tell(results: dict[str, str]) -> int:
    """Print how the tests went, by reason where they did not, and return the exit code."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for name, why in results.items():
        left_out = next((reason for pattern, reason in NOT_OFFERED.items() if re.search(pattern, name)), None)
        outcome = "pass" if not why else "skipped" if why == "skipped" else "not offered" if left_out else "FAIL"
        counts[outcome] += 1
        if outcome in ("not offered", "FAIL"):
            reasons[f"{outcome}: {left_out or why}"].append(name)
    for reason, names in sorted(reasons.items()):
        print(reason, *sorted(names), sep="\n    ")
    print(f"{len(results)} tests: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    return 1 if counts["FAIL"] or not results else 0


def _python(path: Path, url: str, only: str) -> dict[str, str]:
    folder = CACHE / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        needs = ["openai[aiohttp]", "pytest>=9", "pytest-asyncio>=1.4", "rich"]
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *needs], check=True)
        (folder / "ready").touch()
    tests = [f"tests/api_resources/{name}" for name in (*PYTHON, *PYTHON_MORE)]
    with tempfile.TemporaryDirectory() as temporary:
        told = Path(temporary) / "junit.xml"
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={told}", "-W", "ignore", "-o", "asyncio_mode=auto"]
        options += ["-c", os.devnull, f"--rootdir={path}", "-o", "asyncio_default_fixture_loop_scope=session"]
        options += ["-k", only] if only else []
        environment = _environment(url) | {"PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(
            [folder / "bin" / "python", "-m", "pytest", *options, *tests], cwd=path, env=environment, check=False
        )
        return _junit(told)


def _node(path: Path, url: str, only: str) -> dict[str, str]:
    folder = CACHE / "node"
    if not (folder / "ready").exists():
        npm = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "openai", "vitest"]
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(npm, check=True)
        (folder / "ready").touch()
    # Node looks for packages where a file is, so the tests are run from a copy.
    copy = folder / "tests"
    shutil.rmtree(copy, ignore_errors=True)
    for name in NODE:
        source, target = path / "tests" / "api-resources" / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    told = folder / "junit.xml"
    told.unlink(missing_ok=True)
    options = ["run", "--globals", "--reporter=junit", f"--outputFile={told}", "--testTimeout=120000", "--dir", "tests"]
    command = [str(folder / "node_modules" / ".bin" / "vitest"), *options, *(["-t", only] if only else [])]
    subprocess.run(command, cwd=folder, env=_environment(url), check=False)
    return _junit(told)


def _environment(url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.gettempdir(),
        "TEST_API_BASE_URL": url,
        "CI": "true",
    }


def _junit(file: Path) -> dict[str, str]:
    """Return how each test of a JUnit report ended: an empty text for well, or the first line of why not."""
    found = {}
    for test in ElementTree.parse(file).getroot().iter("testcase"):
        name = f"{test.get('classname')} {test.get('name')}"
        bad = next((each for each in test if each.tag in ("failure", "error")), None)
        if bad is not None:
            found[name] = (bad.get("message") or bad.text or "fails").strip().partition("\n")[0][:200]
        else:
            found[name] = "skipped" if test.find("skipped") is not None else ""
    return found
