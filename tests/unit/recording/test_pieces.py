"""The pieces of one block are read as one text, and of no other."""

from cmappy.recording.pieces import Pieces
from tests.unit.recording.said import delta, stop


def blocks(*lines):
    """Return kind, places and text of the blocks in lines."""
    return [(block.kind, block.at, "".join(block.texts)) for block in Pieces(lines).blocks()]


def test_pieces_of_another_kind_are_another_block():
    """Even where the end of the block before is missing."""
    assert [("thinking_delta", [0, 1], "Hm."), ("text_delta", [2], "Yes.")] == blocks(
        delta("H", "thinking"), delta("m.", "thinking"), delta("Yes."), stop()
    )


def test_line_that_only_quotes_an_event_is_no_piece():
    """Neither in the CLI's own lines nor in a torn one; the block around it stays whole."""
    quotes = [b'{"type":"assistant","text":"\\"content_block_delta\\""}', delta("torn")[:-5], b'["content_block_stop"]']

    assert [("text_delta", [0, 4], "ab")] == blocks(delta("a"), *quotes, delta("b"), stop())
