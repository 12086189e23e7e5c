"""Broken servers, each with one defect and the checks that must catch it; and the ways to break a good answer."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import httpx

from conformance.common.cases import Case


@dataclass(frozen=True)
class Broken:
    """A server with a defect. `caught_by` are the checks that must fail, and what each of them must say."""

    name: str
    kind: type
    case: Case
    server: Callable[[httpx.Request], httpx.Response]
    caught_by: dict[str, str]


def ids(caught_by):
    """Return the check ids for keywords: `usage_stream__once` stands for `usage-stream.once`."""
    return {name.replace("__", ".").replace("_", "-"): says for name, says in caught_by.items()}


def put(*path, value):
    """Return an edit that sets what stands at a path."""

    def edit(body):
        changed = deepcopy(body)
        _at(changed, path[:-1])[path[-1]] = value
        return changed

    return edit


def drop(*path):
    """Return an edit that removes what stands at a path."""

    def edit(body):
        changed = deepcopy(body)
        del _at(changed, path[:-1])[path[-1]]
        return changed

    return edit


def each(edit):
    """Return an edit of all chunks of a stream."""
    return lambda chunks: [edit(chunk) for chunk in chunks]


def insert(at, chunk):
    """Return an edit that puts one more chunk into a stream."""
    return lambda chunks: [*chunks[:at], chunk, *chunks[at:]]


def _at(value, path):
    for step in path:
        value = value[step]
    return value
