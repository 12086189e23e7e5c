#!/usr/bin/env python3
"""A stand-in for the CLI whose answer is the time: each piece of text is the nanosecond at which it was written.

Only so can cmappy's own share of the latency be told from the CLI's. It speaks as much of the protocol as one turn
needs. A question with `pieces=N` in it is answered in so many pieces, without pauses.
"""

import json
import re
import sys
import time

PIECES = 40
PAUSE = 0.01  # seconds


def say(line: dict[str, object]) -> None:
    """Write one line to stdout at once."""
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def event(event: dict[str, object]) -> None:
    """Write one event of the API's."""
    say({"type": "stream_event", "event": event})


def answer(pieces: int, pause: float) -> None:
    """Write one whole answer."""
    event({"type": "message_start", "message": {"id": "msg_clock", "model": "clock", "usage": {"input_tokens": 1}}})
    for _ in range(pieces):
        time.sleep(pause)
        delta = {"type": "text_delta", "text": f"{time.monotonic_ns()} "}
        event({"type": "content_block_delta", "index": 0, "delta": delta})
    event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": pieces}})
    say({"type": "result", "subtype": "success", "is_error": False, "num_turns": 1, "stop_reason": "end_turn"})


def main() -> None:
    """Answer what cmappy asks of a CLI."""
    if "--version" in sys.argv:
        print("2.1.330 (clock)")
    elif "status" in sys.argv:
        print('{"loggedIn": true, "authMethod": "oauth_token"}')
    else:
        for line in sys.stdin:
            told = json.loads(line)
            if told["type"] == "control_request":
                done = {"subtype": "success", "request_id": told["request_id"], "response": {"models": []}}
                say({"type": "control_response", "response": done})
            elif told["type"] == "user":
                asked = re.search(r"pieces=(\d+)", line[-1000:])
                answer(int(asked[1]), 0) if asked else answer(PIECES, PAUSE)


if __name__ == "__main__":
    main()
