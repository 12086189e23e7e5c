"""What the pages and docstrings cite is there."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("cmappy", "tests", "tools", "conformance", "fixtures", ".github")
# A path from the top, or the name of a page; what holds a placeholder is none.
CITED = re.compile(
    rf"(?<![\w/.~<-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*[\w/]|[A-Z_]{{4,}}\.md)(?![\w*<{{/-])"
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
# What looks like one of ours: methods of MCP, a folder of a user's tests, a file of the CLI's users.
FOREIGN = {"tools/call", "tools/list", "tests/recordings", "CLAUDE.md", "cmappy/fixtures"}
PLACEHOLDER = re.compile(r"\b(?:NAME|FILE|X)\b")


def tracked(*patterns):
    """Return the files of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


PAGES = tracked("*.md")
MODULES = tracked("*.py")
NAMES = {path.name for path in PAGES}


def known(path, cited):
    """Return whether a path that is cited in a file leads somewhere, from the top, from the file or from above it."""
    if cited in FOREIGN or PLACEHOLDER.search(cited) or ("/" not in cited and cited in NAMES):
        return True
    return any((folder / cited).exists() for folder in path.parents[: len(path.relative_to(ROOT).parts)])


def docstrings(path):
    """Return the docstrings and comments of a module."""
    text = path.read_text("utf-8")
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, nodes)]
    return "\n".join([*found, *re.findall(r"(?:^|  )# .*", text, re.MULTILINE)])


def test_there_are_pages_and_modules():
    """Otherwise nothing below says anything."""
    assert {"README.md", "SECURITY.md", "PROTOCOL.md"} <= {path.name for path in PAGES}
    assert len(MODULES) > 300


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_that_a_page_cites_are_there(path):
    """Its links, and the files that it names."""
    text = path.read_text("utf-8")
    cited = {*LINK.findall(text), *CITED.findall(text)}

    assert [] == sorted(each for each in cited if not known(path, each))


def test_paths_that_docstrings_cite_are_there():
    """Whoever follows one finds something, with nothing but the checkout."""
    missing = {
        str(path.relative_to(ROOT)): wrong
        for path in MODULES
        if (wrong := sorted(each for each in set(CITED.findall(docstrings(path))) if not known(path, each)))
    }

    assert {} == missing
