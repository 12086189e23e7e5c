"""The suite is a product of its own: it can be pointed at any server because it knows none."""

import ast
from pathlib import Path

import pytest

import conformance

SUITE = Path(conformance.__file__).parent


def imported(path):
    """Return the top-level packages that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", sorted(SUITE.rglob("*.py")), ids=lambda path: str(path.relative_to(SUITE)))
def test_suite_never_imports_the_server_or_its_tools(path):
    """What the suite knows of cmappy is its command line and what it sends over HTTP."""
    assert set() == {"cmappy", "tools"} & set(imported(path))
