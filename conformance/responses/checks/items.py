"""The life of an item in a stream: added, its pieces, done; and then it stands in the response, as it was done."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import is_integer, is_text, pick
from conformance.common.registry import MUST, check
from conformance.responses.subjects.answer import CALLS
from conformance.responses.subjects.stream import DELTAS, Stream

_PLACED = ("response.output_item.", "response.content_part.", *(f"{kind.rpartition('.')[0]}." for kind in DELTAS))
_WITHIN = _PLACED[1:]  # events of something in an item


@check("responses.items.added", MUST)
def added(stream: Stream) -> None:
    """Codex and the AI SDK show nothing of an item that was not added: each is, in the order of the output."""
    assert [item.get("id") for item in stream.response.output] == [pick(item, "id") for item in stream.added]


@check("responses.items.done", MUST)
def done(stream: Stream) -> None:
    """Codex keeps what is done and nothing else, openai-agents what is in the response: both are the same."""
    assert stream.response.pick("output") == stream.done


@check("responses.items.indices", MUST)
def indices(stream: Stream) -> None:
    """API reference: `output_index` is the place of the item in the output, counted from 0."""
    told = [event.get("output_index") for event in stream.of("response.output_item.added")]

    assert list(range(len(told))) == told


@check("responses.items.named", MUST)
def named(stream: Stream) -> None:
    """SDK: events of what is in an item have its `item_id` and `output_index`; Zed refuses a stream without them."""
    places = {pick(item, "id"): at for at, item in enumerate(stream.added)}
    within = [event for event in stream.events if _is(event, *_WITHIN)]

    assert [] == [event for event in within if _nowhere(event, places)]


@check("responses.items.one-after-the-other", MUST)
def one_after_the_other(stream: Stream) -> None:
    """An item is done before the next one is added, and nothing of it comes after that."""
    told = [event.get("output_index") for event in stream.events if _is(event, *_PLACED)]

    assert sorted(told, key=repr) == told
    assert [] == [event for event in _after_done(stream) if not _is(event, "response.output_item.")]


@check("responses.items.begin-empty", MUST)
def begin_empty(stream: Stream) -> None:
    """Clients add the pieces to the item as it was added: it has no text, no parts and no arguments yet."""
    told = [item.get(name) for item in stream.added for name in ("content", "summary", *CALLS.values())]

    assert [] == [value for value in told if value]


@check("responses.items.parts-first", MUST)
def parts_first(stream: Stream) -> None:
    """SDK: `.stream()` raises IndexError for a piece of a part that was not added before."""
    known: set[Any] = set()
    early = []
    for event in stream.events:
        place = event.get("item_id"), repr(event.get("content_index"))
        if event.get("type") == "response.content_part.added":
            known.add(place)
        elif _is(event, "response.output_text.", "response.refusal.") and place not in known:
            early.append(event)

    assert [] == early


@check("responses.items.parts-done", MUST)
def parts_done(stream: Stream) -> None:
    """API reference: each part that was added is done, and stands so in its message."""
    parts = [event.get("part") for event in stream.of("response.content_part.done")]

    assert len(stream.of("response.content_part.added")) == len(parts)
    assert stream.response.parts() == parts


@check("responses.items.sums", MUST)
def sums(stream: Stream) -> None:
    """The pieces of a text or of arguments add up to what is told as the whole of it when it is done."""
    assert [] == [(kind, pair) for kind, pairs in stream.sums().items() for pair in pairs if pair[0] != pair[1]]


@check("responses.items.wholes", MUST)
def wholes(stream: Stream) -> None:
    """Each text that had pieces has a whole: clients wait for it to run a tool or to close a paragraph."""
    places = {kind: {_place(event) for event in stream.of(kind)} for kind in DELTAS}
    ended = {kind: {_place(event) for event in stream.of(end)} for kind, (end, _) in DELTAS.items()}
    cut = _place_of_cut_call(stream)

    assert {} == {kind: places[kind] - ended[kind] - cut for kind in DELTAS if places[kind] - ended[kind] - cut}


@check("responses.items.deltas-are-text", MUST)
def deltas_are_text(stream: Stream) -> None:
    """SDK: `delta` is a required str."""
    told = [event.get("delta") for event in stream.of(*DELTAS)]

    assert [] == [delta for delta in told if not isinstance(delta, str)]


def _is(event: dict[str, Any], *beginnings: str) -> bool:
    return str(event.get("type")).startswith(beginnings)


def _nowhere(event: dict[str, Any], places: dict[Any, int]) -> bool:
    id, at = event.get("item_id"), event.get("output_index")
    return not is_text(id) or not is_integer(at) or places.get(id) != at


def _after_done(stream: Stream) -> list[dict[str, Any]]:
    """Return the events of an item that come after it was done."""
    done: set[Any] = set()
    late = []
    for event in stream.events:
        if _is(event, *_PLACED) and event.get("output_index") in done:
            late.append(event)
        if event.get("type") == "response.output_item.done":
            done.add(event.get("output_index"))
    return late


def _place(event: dict[str, Any]) -> tuple[Any, ...]:
    return event.get("item_id"), event.get("content_index"), event.get("summary_index")


def _place_of_cut_call(stream: Stream) -> set[tuple[Any, ...]]:
    """Return where a call stands that the limit of an incomplete response has cut: half of it is no call."""
    if stream.response.pick("status") != "incomplete":
        return set()
    return {(pick(item, "id"), None, None) for item in stream.added if pick(item, "type") in CALLS}
