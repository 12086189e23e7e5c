"""The recordings are what the real CLI says."""

import subprocess
import sys
from pathlib import Path

RECORD = Path(__file__).parents[2] / "tools" / "record"
SAMPLE = [
    *("initialize", "hello", "conversation", "thinking", "length", "refusal", "tool_calls_parallel", "tool_result"),
    *("json_schema_second_try", "images", "error_invalid", "retry_overloaded", "retry_lost", "broken_by_error"),
]


def test_recordings_have_the_shape_of_what_the_cli_says(claude):
    """Lines of the same kinds with the same keys come again; `tools/record --check` does this for all recordings."""
    command = [sys.executable, RECORD, "--check", "--claude", claude, *SAMPLE]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr), done.stdout
