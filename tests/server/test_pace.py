"""A replay that takes its time, on a real socket: the pieces come apart, and not before they are due."""

import json
from time import monotonic

import httpx
import pytest

from cmappy.recording.format import Recording
from tests.server.command import Command, url
from tests.unit.recording.said import asked, delta, line

LINES = (
    line({"type": "message_start", "message": {"id": "msg_0001", "model": "claude-test"}}),
    line({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    *map(delta, ("one ", "two ", "three")),
    line({"type": "content_block_stop", "index": 0}),
    line({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
)


@pytest.fixture
def command(tmp_path):
    """Return what runs the command; what is still running in the end is stopped."""
    command = Command(tmp_path)
    yield command
    command.stop()


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        pytest.param("recorded", (0.4, 0.6, 0.8), id="recorded"),
        pytest.param("5", (0.2, 0.4, 0.6), id="pieces a second"),
    ],
)
def test_pieces_come_when_they_are_due(command, pace, due):
    """Each after its pause, however slow the machine: nothing comes early, and nothing is joined."""
    folder = command.folder / "recordings"
    folder.mkdir()
    recording = Recording(asked(), LINES, "2.1.331", "2026-11-25", first=0.4, took=0.8)
    (folder / "01.ndjson").write_bytes(recording.dump())
    base = url(command.start("--port", "0", "--replay", "recordings", "--pace", pace))
    body = {"model": "sonnet", "stream": True, "messages": [{"role": "user", "content": "Say hello."}]}

    began = monotonic()
    with httpx.stream("POST", f"{base}/v1/chat/completions", json=body, trust_env=False, timeout=60) as response:
        arrived = [
            (content, monotonic() - began)
            for text in response.iter_lines()
            if text.startswith("data: {")
            and (content := json.loads(text.removeprefix("data: "))["choices"][0]["delta"].get("content"))
        ]

    assert ["one ", "two ", "three"] == [content for content, _ in arrived]
    assert [] == [(content, at, soonest) for (content, at), soonest in zip(arrived, due, strict=True) if at < soonest]
