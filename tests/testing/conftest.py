"""The example in a folder of its own, under a pytest of its own, as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

collect_ignore = ["example"]  # it needs the plugin, and a folder of its own

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds
# Installed, pytest finds the plugin by itself.
PLUGIN = [] if entry_points(group="pytest11", name="cmappy") else ["-p", "cmappy.testing.plugin"]


class Project:
    """A copy of the example."""

    def __init__(self, folder):
        self.folder = folder
        self.variables = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *command, **more):
        """Run a command; return its exit code and what it has printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
            start_new_session=True,  # a test may interrupt its whole group
        )
        return done.returncode, done.stdout

    def pytest(self, *arguments, **more):
        """Run the example's tests."""
        return self.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *PLUGIN, *arguments, **more)

    def recordings(self):
        """Return what is recorded, by the names of the files; when and how fast is left out."""
        files = sorted(self.folder.rglob("*.ndjson"))
        return {str(path.relative_to(self.folder)): path.read_bytes().splitlines()[1:-1] for path in files}

    def change(self, file, before, after):
        """Change a file."""
        text = (self.folder / file).read_text("utf-8")
        (self.folder / file).write_text(text.replace(before, after), "utf-8")


@pytest.fixture
def project(tmp_path):
    """Copy the example."""
    shutil.copytree(ROOT / "tests" / "testing" / "example", tmp_path / "example")
    return Project(tmp_path / "example")


@pytest.fixture
def recording(project):
    """Let the example ask the real CLI, with a stub of the API and no account."""
    installed = subprocess.run([ROOT / "tools" / "install-claude"], stdout=subprocess.PIPE, text=True, check=False)
    if installed.returncode:
        if "CMAPPY_REQUIRE_CLAUDE" in os.environ:
            pytest.fail("the CLI cannot be installed: tools/install-claude")
        pytest.skip("the CLI cannot be installed: tools/install-claude")
    command = [sys.executable, "-m", "tests.testing.model"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stub:
        variables = json.loads(stub.stdout.readline())
        path = {"PATH": project.variables["PATH"]}
        project.variables |= variables | path | {"CMAPPY_CLAUDE": installed.stdout.splitlines()[-1]}
        yield
        stub.stdin.close()
        stub.wait(PATIENCE)
