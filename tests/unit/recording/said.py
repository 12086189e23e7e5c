"""Lines as a CLI says them, short to write."""

import orjson


def line(event):
    """Return a line that passes on an event."""
    return orjson.dumps({"type": "stream_event", "event": event})


def delta(text, kind="text"):
    """Return a piece of a text, of thinking or of a call's arguments."""
    type_, key = {
        "text": ("text_delta", "text"),
        "thinking": ("thinking_delta", "thinking"),
        "call": ("input_json_delta", "partial_json"),
    }[kind]
    return line({"type": "content_block_delta", "index": 0, "delta": {"type": type_, key: text}})


def stop():
    """Return the end of a block."""
    return line({"type": "content_block_stop", "index": 0})


def pieces(lines):
    """Return the texts of the pieces in lines."""
    deltas = [orjson.loads(one)["event"].get("delta", {}) for one in lines]
    return [delta.get("text", delta.get("partial_json", delta.get("thinking"))) for delta in deltas if delta]


def asked(text="Say hello.", **more):
    """Return a canonical turn."""
    return {"model": "sonnet", "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}], **more}
