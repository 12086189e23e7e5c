"""The lines that the scripted CLI writes: the shapes of CLI 2.1.330, as far as anybody reads them."""

import json
import os
import uuid

SESSION = str(uuid.uuid4())
PIECE = 12  # characters in a delta


def say(*lines):
    """Write lines to stdout, all in one go."""
    raw(b"".join(encode({**line, "session_id": SESSION}) + b"\n" for line in lines))


def encode(line):
    """Return a line as JSON without spaces, as JavaScript writes it."""
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()


def raw(data):
    """Write bytes to stdout, however long that takes."""
    while data:
        data = data[os.write(1, data) :]


def event(**fields):
    """Return an event of the Messages API."""
    return {"type": "stream_event", "event": fields}


def start(model, number):
    """Return the lines that begin an answer."""
    message = {"id": f"msg_{number}", "model": model, "role": "assistant", "content": [], "usage": {"input_tokens": 7}}
    return [
        {"type": "system", "subtype": "init", "model": model},
        {"type": "system", "subtype": "status", "status": "requesting"},
        event(type="message_start", message=message),
    ]


def text_block(index, text, number, piece=PIECE):
    """Return the lines of a block of text."""
    pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
    return [
        event(type="content_block_start", index=index, content_block={"type": "text", "text": ""}),
        *(
            event(type="content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
            for piece in pieces
        ),
        whole({"type": "text", "text": text}, number),
        event(type="content_block_stop", index=index),
    ]


def call_block(index, call, number):
    """Return the lines of a call, and the CLI's request to make it."""
    block = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}}
    piece = {"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
    params = {"name": call["name"], "arguments": call["input"], "_meta": {"claudecode/toolUseId": call["id"]}}
    message = {"jsonrpc": "2.0", "id": index + 2, "method": "tools/call", "params": params}
    request = {"subtype": "mcp_message", "server_name": "client", "message": message}
    return [
        event(type="content_block_start", index=index, content_block=block),
        event(type="content_block_delta", index=index, delta=piece),
        whole({**block, "input": call["input"]}, number),
        event(type="content_block_stop", index=index),
        {"type": "control_request", "request_id": call["id"], "request": request},
    ]


def whole(block, number):
    """Return the line that repeats a complete block."""
    return {"type": "assistant", "message": {"id": f"msg_{number}", "model": "claude", "content": [block]}}


def stop(reason):
    """Return the lines that end an answer."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [event(type="message_delta", delta=delta, usage={"output_tokens": 5}), event(type="message_stop")]


def result(*, turns=1, reason="end_turn", **fields):
    """Return the summary of a turn."""
    summary = {"type": "result", "subtype": "success", "is_error": False, "num_turns": turns, "stop_reason": reason}
    return {**summary, "result": ""} | fields


def done(request_id, answer=None):
    """Return the answer to a control request."""
    response = {"subtype": "success", "request_id": request_id}
    return {"type": "control_response", "response": response | ({"response": answer} if answer else {})}


def refused(request_id, why):
    """Return the refusal of a control request."""
    return {"type": "control_response", "response": {"subtype": "error", "request_id": request_id, "error": why}}
