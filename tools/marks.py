"""Parts of a Markdown file that a command writes: all between `<!-- name: begin -->` and `<!-- name: end -->`."""

from __future__ import annotations

from pathlib import Path


def replace(text: str, name: str, content: str) -> str:
    """Return a text with other content between the marks of that name; raises ValueError if they are not there."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the marks of {name} are missing")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def write(file: Path, name: str, content: str) -> None:
    """Put content between the marks of that name in a file; raises ValueError if they are not there."""
    file.write_text(replace(file.read_text("utf-8"), name, content), "utf-8")
