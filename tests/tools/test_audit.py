"""What `tools/audit` makes of a report of pip-audit's, without a network."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "audit"
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found"}


@pytest.fixture
def script(monkeypatch):
    """Load the script as a module."""
    loader = importlib.machinery.SourceFileLoader("audit", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("audit", loader))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    return module


def test_audit_is_passed_if_every_package_is_known_to_be_good(script, capsys):
    """Then, and only then, it says so."""
    assert script.verdict([GOOD, GOOD]) is None
    assert "audit: nothing is known against the 2 packages\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        pytest.param([GOOD, BAD, UNKNOWN], "bad 2.0: PYSEC-1", id="vulnerable"),
        pytest.param([GOOD, UNKNOWN], "1 of 2 packages could not be judged", id="unknown"),
        pytest.param([], "0 of 0 packages could not be judged", id="nothing"),
    ],
)
def test_audit_is_not_passed(script, packages, reason):
    """What could not be judged is not taken for good."""
    assert reason in script.verdict(packages)
