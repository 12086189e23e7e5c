"""`cmappy recordings`: look at recordings, check them, and throw away what no test uses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from cmappy.backends.claude.interpret import Interpreter
from cmappy.recording import folder as folders
from cmappy.recording.format import Recording
from cmappy.recording.match import key
from cmappy.recording.redact import is_left
from cmappy.recording.rules import Rules, read
from cmappy.recording.show import conversation, differences, row, table
from cmappy.recording.sound import check
from cmappy.recording.suspects import suspects
from cmappy.recording.turns import BadRecording

SETTINGS = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the command."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog=parser.prog)

    def add(name: str, about: str, run: Callable[[argparse.Namespace], int], *names: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        for each in names:
            command.add_argument(each.lower(), type=Path, metavar=each)
        command.set_defaults(work=run)
        return command

    command = add("list", "list the recordings of a folder", _list)
    command.add_argument(
        "dir", type=Path, metavar="DIR", nargs="?", default=Path("recordings"), help="default: %(default)s"
    )
    add("show", "show a recording as a conversation", _show, "FILE")
    add("check", "find recordings that are torn or unreadable, and what looks like a secret", _check, "DIR")
    command = add("prune", "delete the recordings that were not used", _prune, "DIR")
    command.add_argument(
        "--unused",
        type=Path,
        metavar="FILE",
        required=True,
        help="the report of `cmappy --replay DIR --unused-report FILE`",
    )
    command.add_argument("--dry-run", action="store_true", help="only name them")
    add("diff", "say how two recordings, or the recordings of two folders, differ", _diff, "A", "B")


def run(options: argparse.Namespace) -> int:
    """Run the command that was named; returns 1 for bad recordings and for differences, as diff does."""
    try:
        code: int = options.work(options)
    except (BadRecording, OSError) as error:
        print(f"cmappy: {error}", file=sys.stderr)
        return 1
    return code


def _list(options: argparse.Namespace) -> int:
    rows, bad = [], 0
    for path in folders.paths(options.dir):
        name = path.relative_to(options.dir).as_posix()
        try:
            rows.append(row(name, folders.read(path)))
        except BadRecording as error:
            print(f"cmappy: {error}", file=sys.stderr)
            bad += 1
    if not rows and not bad:
        raise BadRecording(f"there are no recordings (*.ndjson) in {options.dir}")
    print(_printable(table(rows)))
    return 1 if bad else 0


def _show(options: argparse.Namespace) -> int:
    print(_printable(conversation(folders.read(options.file))))
    return 0


def _check(options: argparse.Namespace) -> int:
    found = folders.paths(options.dir)
    if not found:
        raise BadRecording(f"there are no recordings (*.ndjson) in {options.dir}")
    told: list[str] = []
    for path in found:
        rules = Rules()
        try:
            rules = read(path.parent)
        except BadRecording as error:
            told.append(str(error))
        try:
            recording = folders.read(path, lambda recording: check(recording, Interpreter))
            told += [
                f"{path}:{line}: this looks like {kind} ({start})" for line, kind, start in suspects(path.read_bytes())
            ]
            if is_left(recording.turn, recording.lines, rules.redacting()):
                told.append(f"{path}: it holds what `redact` in recordings.toml replaces; record it again")
        except BadRecording as error:
            told.append(str(error))
    for line in dict.fromkeys(told):
        print(_printable(line))
    problems = len(set(told))
    print(
        f"{len(found)} recording{'' if len(found) == 1 else 's'}, "
        f"{problems or 'no'} problem{'' if problems == 1 else 's'}"
    )
    return 1 if told else 0


def _prune(options: argparse.Namespace) -> int:
    known = {path.relative_to(options.dir).as_posix(): path for path in folders.paths(options.dir)}
    written = options.unused.stat().st_mtime_ns
    unused = options.unused.read_text("utf-8").splitlines()
    if strange := [name for name in unused if name not in known and "/" in name and name.startswith(("/", ".."))]:
        raise BadRecording(f"{options.unused} is no report on {options.dir}: it names {strange[0]}")
    done = 0
    for name in unused:
        path = known.get(name)
        if path is None:
            continue
        if path.stat().st_mtime_ns > written:
            print(f"kept {path}: it was recorded after the report was written")
            continue
        if not options.dry_run:
            folders.delete([path], options.dir)
        done += 1
        print(f"{'would delete' if options.dry_run else 'deleted'} {path}")
    print(f"{done} of {len(known)} recordings {'are unused' if options.dry_run else 'deleted'}")
    return 0


def _diff(options: argparse.Namespace) -> int:
    if not options.a.is_dir() and not options.b.is_dir():
        told = differences(folders.read(options.a), folders.read(options.b))
        print(_printable(told or "They say the same."))
        return 1 if told else 0
    one, other = _by_turn(options.a), _by_turn(options.b)
    found = [f"only in {options.a}: {one[same][0]}" for same in one.keys() - other.keys()]
    found += [f"only in {options.b}: {other[same][0]}" for same in other.keys() - one.keys()]
    for same in one.keys() & other.keys():
        if changed := differences(one[same][1], other[same][1]):
            found.append(f"{one[same][0]}: {changed}")
    for line in sorted(found):
        print(_printable(line))
    if not found:
        print("They say the same.")
    return 1 if found else 0


def _by_turn(folder: Path) -> dict[tuple[str, int], tuple[str, Recording]]:
    """Return a folder's recordings by what was asked, and how often it was asked before."""
    found: dict[tuple[str, int], tuple[str, Recording]] = {}
    for path, recording in folders.read_all(folder):
        same = key(recording.turn or {"messages": []}, Rules())
        count = sum(known == same for known, _ in found)
        found[same, count] = (path.relative_to(folder).as_posix(), recording)
    return found


def _printable(text: str) -> str:
    """Return a text that cannot move the cursor: a recording may come from anybody."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
