"""The recordings are what the real CLI says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RECORD = Path(__file__).parents[2] / "tools" / "record"
SAMPLE = [
    *(
        "flags",
        "initialize",
        "hello",
        "conversation",
        "thinking",
        "length",
        "refusal",
        "tool_calls_parallel",
        "tool_result",
    ),
    *("json_schema_second_try", "images", "error_invalid", "retry_overloaded", "retry_lost", "broken_by_error"),
]


@pytest.mark.skipif("CMAPPY_CLAUDE_VERSION" in os.environ, reason="the recordings are of the pinned version")
def test_recordings_have_the_shape_of_what_the_cli_says(claude):
    """The same flags, and lines of the same kinds with the same keys; `tools/record --check` does this for all."""
    command = [sys.executable, RECORD, "--check", "--claude", claude, *SAMPLE]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)

    assert (0, "") == (done.returncode, done.stderr), done.stdout
