"""A folder of recordings on the disk: read with suspicion, written in one step, for the user's eyes only."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from cmappy.recording.format import Recording, load
from cmappy.recording.turns import BadRecording

_LARGEST = 256 << 20  # bytes of a file
_PROBE = 1 << 14  # bytes
_SLUG = 40  # characters
_WORDS = 6


def paths(folder: Path) -> list[Path]:
    """Return the files of a folder and those below it; raises BadRecording if it is none."""
    if not folder.exists():
        raise BadRecording(f"there is no folder {folder}")
    if not folder.is_dir():
        raise BadRecording(f"{folder} is a file; recordings are in a folder")
    try:
        return sorted(path for path in folder.rglob("*.ndjson") if not path.name.startswith("."))
    except OSError as error:
        raise BadRecording(f"{folder} cannot be read: {error.strerror}") from error


def read(path: Path) -> Recording:
    """Return the recording in a file; raises BadRecording, which names the file. Never waits, as a pipe would."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise BadRecording("it is no regular file")
        if about.st_size > _LARGEST:
            raise BadRecording(f"it has more than {_LARGEST >> 20} MB")
        return load(path.read_bytes())
    except (BadRecording, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadRecording(f"{path}: {reason}") from error


def read_all(folder: Path) -> Iterator[tuple[Path, Recording]]:
    """Yield the recordings of a folder; raises BadRecording."""
    for path in paths(folder):
        yield path, read(path)


def ready(folder: Path) -> None:
    """Make a folder fit for being written to, with the user's own rights only if it is new; raises BadRecording."""
    probe = folder / f".{os.getpid()}.tmp"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(probe, bytes(_PROBE))
    except FileExistsError as error:
        raise BadRecording(f"{folder} is a file; recordings go to a folder") from error
    except OSError as error:
        raise BadRecording(f"{folder} cannot be written to: {error.strerror}") from error
    finally:
        with suppress(OSError):
            probe.unlink()


def put(path: Path, recording: Recording) -> None:
    """Write a recording in one step, instead of the one that may be there.

    One that was made or edited by hand is left alone, and so is one that only differs in when and how fast.
    """
    with suppress(BadRecording, FileNotFoundError):  # one that cannot be read is worth nothing
        before = load(path.read_bytes())
        same = replace(recording, date=before.date, first=before.first, took=before.took)
        if before.origin != "recorded" or before.dump() == same.dump():
            return
    draft = _draft(path, recording)
    try:
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink()


def add(folder: Path, recording: Recording, key: str) -> Path:
    """Write a recording as a further file with a readable name, as `03-say-hello-3f2a.ndjson`; return its path.

    Whoever else writes to the folder at the same time, nothing is lost: each takes a name that nobody has.
    """
    numbers = (re.match(r"\d+", path.name) for path in folder.glob("*.ndjson"))
    number = max((int(found[0]) for found in numbers if found), default=0)
    draft = _draft(folder / "new", recording)
    try:
        while True:
            number += 1
            path = folder / f"{number:02}-{slug(recording.turn)}-{key[:4]}.ndjson"
            try:
                os.link(draft, path)  # unlike a renaming, never instead of another file
            except FileExistsError:
                continue
            return path
    finally:
        with suppress(OSError):
            draft.unlink()


def delete(files: Iterable[Path], top: Path) -> None:
    """Delete recordings, and the folders below `top` that are empty then."""
    for file in files:
        with suppress(FileNotFoundError):
            file.unlink()
        with suppress(OSError):  # a folder that holds something else
            for folder in takewhile(lambda folder: top in folder.parents, file.parents):
                folder.rmdir()


def slug(turn: dict[str, Any] | None) -> str:
    """Return the first words of a turn's question, fit for a file's name."""
    question = ""
    for block in turn["messages"][-1]["content"] if turn and turn["messages"] else ():
        if block["type"] == "text":
            question = block["text"]
        elif block["type"] == "tool_result" and not question:
            question = "result of a call"
    plain = unicodedata.normalize("NFKD", question[:500]).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:_WORDS]
    return "-".join(words)[:_SLUG].strip("-") or "turn"


def _draft(path: Path, recording: Recording) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        _create(draft, recording.dump())
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    return draft


def _create(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
