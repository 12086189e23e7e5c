"""How the scripted CLI misbehaves: from its start, while it is told the history, or in its answer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import speech

FOR_EVER = 3600  # seconds
LONG = 20_000_000  # bytes
TOO_LONG = 65 << 20  # bytes; cmappy takes lines of up to 64 MiB


def named(file):
    """Return the name of the fault that a file tells of; empty if there is no such file."""
    return file.read_text().strip() if file.exists() else ""


def version(file):
    """Return the version that the CLI claims to be, if it is a wrong one."""
    return {"old_version": "2.1.247 (Claude Code)", "foreign_program": "gcc (GCC) 14.2"}.get(named(file))


def at_start(file):
    """Misbehave before anything is read."""
    match named(file):
        case "exits_at_once":
            exit_loudly()
        case "silent_from_the_start":
            time.sleep(FOR_EVER)
        case "closes_stdin":
            os.close(0)
            time.sleep(FOR_EVER)
        case "exits_when_ready":
            os.read(0, 1 << 16)
            speech.say(speech.done("cmappy-0"), speech.done("cmappy-1"))
            exit_loudly()


def in_history(text):
    """Misbehave where a message of the history should be acknowledged."""
    if "!fault exits_in_history" in text:
        exit_loudly()


def exit_loudly():
    """Exit, and say something of it on stderr."""
    print("something went wrong", file=sys.stderr, flush=True)
    os._exit(3)


def in_answer(name, model, answer):
    """Misbehave in an answer; a fault that spares the answer ends like any answer."""
    start, text, stop = speech.start(model, 1), speech.text_block(0, answer, 1), speech.stop("end_turn")
    begun = [*start, *text[:2]]  # the first piece of the text is the last of these
    match name:
        case "exits_before":
            exit_loudly()
        case "exits_once":
            if not (trace := Path.home() / "exited").exists():
                trace.touch()
                exit_loudly()
            spare(name, start, text, stop)
        case "exits_within":
            speech.say(*begun)
            exit_loudly()
        case "exits_after":
            speech.say(*start, *text, *stop)
            exit_loudly()
        case "killed_before":
            os.kill(os.getpid(), signal.SIGKILL)
        case "killed_within":
            speech.say(*begun)
            os.kill(os.getpid(), signal.SIGKILL)
        case "silent":
            time.sleep(FOR_EVER)
        case "silent_within":
            speech.say(*begun)
            time.sleep(FOR_EVER)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            speech.say(*begun)
            time.sleep(FOR_EVER)
        case "closes_stdout":
            speech.say(*begun)
            os.closerange(1, 2)
            time.sleep(FOR_EVER)
        case "deaf":
            os.close(0)
            speech.say(*start, *text, *stop, speech.result())
            time.sleep(FOR_EVER)
        case "half_a_line":
            speech.say(*begun)
            speech.raw(speech.encode(text[2])[:40])
            os._exit(0)
        case "torn_line":
            speech.say(*begun)
            speech.raw(speech.encode(text[2])[:-20] + b"\n")
            time.sleep(FOR_EVER)
        case "line_without_end":
            speech.say(*begun)
            speech.raw(b'{"type":"' + b"x" * TOO_LONG)
            time.sleep(FOR_EVER)
        case "no_stop_reason":
            speech.say(*start, *text, speech.result(reason=None))
        case "unknown_stop_reason":
            speech.say(*start, *text, *speech.stop("bored"), speech.result(reason="bored"))
        case "no_answer":
            speech.say(speech.result())
        case "reports_an_error":
            speech.say(speech.result(subtype="error_during_execution", is_error=True, errors=["out of luck"]))
        case _:
            spare(name, start, text, stop)


def spare(name, start, text, stop):
    """Misbehave beside an answer that is as it should be."""
    match name:
        case "floods_stderr":
            for _ in range(500):
                os.write(2, b"trouble " * 12_500 + b"\n")
        case "noise":
            speech.raw(b"npm notice\n\n[1/3] building...\n\x1b[31mwarning\x1b[0m\n")
        case "long_line":
            speech.say({"type": "system", "subtype": "padding", "padding": "x" * LONG})
        case "unknown_events":
            speech.say({"type": "telepathy"}, speech.event(type="thought"), {"type": "system", "subtype": "dream"})
        case "grandchild":
            subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({FOR_EVER})"])
    speech.say(*start, *text, *stop)
    match name:
        case "no_result":
            pass
        case "two_results":
            speech.say(speech.result(), speech.result())
        case _:
            speech.say(speech.result())
