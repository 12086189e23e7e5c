"""Recordings in words: a conversation to read, a row of a table, the difference of two (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from cmappy.recording.format import Recording
from cmappy.recording.match import difference, readable
from cmappy.recording.pieces import piece, stream_event

COLUMNS = ("file", "date", "model", "question", "answer")
_WIDE = 44  # characters of a column


def conversation(recording: Recording) -> str:
    """Return all of a recording: who said what, and how the run ended."""
    about = f"# {recording.origin} on {recording.date} with CLI {recording.cli}"
    names = f", asked for as {', '.join(sorted(recording.models))}" if recording.models else ""
    joined = ", pieces joined" if recording.compact else ""
    asked = readable(recording.turn) if recording.turn else ["the CLI's own answer to `initialize`"]
    return "\n".join([f"{about}{names}{joined}", *asked, "", *answer(recording.lines), *_end(recording)])


def row(name: str, recording: Recording) -> tuple[str, ...]:
    """Return a recording's row of the table."""
    turn = recording.turn or {}
    question = _question(turn) if turn else "(the CLI's models)"
    return name, recording.date, turn.get("model", ""), _short(question), _short(" ".join(answer(recording.lines)))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a table for the terminal."""
    whole = [COLUMNS, *rows]
    widths = [max(len(row[at]) for row in whole) for at in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in whole]
    return "\n".join(lines)


def differences(one: Recording, other: Recording) -> str:
    """Return what differs between two recordings: in the request, then in the answer; empty if nothing does."""
    told = []
    for what, before, after in (
        ("request", readable(one.turn or {}), readable(other.turn or {})),
        ("answer", [*answer(one.lines), *_end(one)], [*answer(other.lines), *_end(other)]),
    ):
        if changed := difference(before, after):
            told.append(f"The {what} differs:\n{changed}")
    return "\n".join(told)


def answer(lines: Sequence[bytes]) -> list[str]:
    """Return what was answered: texts, thinking, calls, why it ended, and the error if there was one."""
    told: list[str] = []
    text, what = "", ""
    for line in lines:
        event = stream_event(line)
        if event is None:
            told += _failure(line)
            continue
        _, more = piece(event)
        if more is not None:
            text += more
            continue
        match event.get("type"):
            case "content_block_start":
                text, what = "", _begin(event.get("content_block"))
            case "content_block_stop":
                told += [f"{what}{part}" for part in text.splitlines() or [""]] if text or what else []
                text, what = "", ""
            case "message_delta" if isinstance(event.get("delta"), dict) and event["delta"].get("stop_reason"):
                told += [f"{what}{text}"] if text else []
                text = ""
                told.append(f"({event['delta']['stop_reason']})")
    return told + ([f"{what}{text} (broken off)"] if text else [])


def _begin(block: Any) -> str:
    """Return what stands before the text of a block."""
    match block:
        case {"type": "text"}:
            return ""
        case {"type": "tool_use", "name": name}:
            return f"call of {name}: "
        case {"type": kind}:
            return f"{kind}: "
    return ""


def _failure(line: bytes) -> Iterator[str]:
    if b'"is_error":true' in line:
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            return
        if isinstance(said, dict) and said.get("is_error") is True:
            yield f"error {said.get('api_error_status') or ''}: {said.get('result') or said.get('subtype')}"


def _end(recording: Recording) -> Iterator[str]:
    if recording.exit is not None:
        yield f"the process exited with code {recording.exit}: {recording.stderr.strip()}"


def _question(turn: dict[str, Any]) -> str:
    """Return the last text that was asked, or what was sent instead."""
    content = turn["messages"][-1]["content"] if turn.get("messages") else []
    said = [block["text"] for block in content if block["type"] == "text"]
    return said[-1] if said else ", ".join(str(block["type"]).replace("_", " ") for block in content)


def _short(text: str) -> str:
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"
