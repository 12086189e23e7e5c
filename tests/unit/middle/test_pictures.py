"""Types and sizes of images, from their first bytes."""

import pytest

from cmappy.middle.pictures import Picture, look

SIZE = b"\0\0\0\3\0\0\0\2"
SOF = b"\0\x11\x08\0\2\0\3"
LOSSLESS = (0x2F).to_bytes(1, "little") + (2 | 1 << 14).to_bytes(4, "little")


def webp(kind, data):
    """Return a WebP of this kind."""
    return b"RIFFsizeWEBP" + kind + b"size" + data


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + SIZE, "image/png"),
        (b"GIF87a\3\0\2\0", "image/gif"),
        (b"GIF89a\3\0\2\0", "image/gif"),
        (b"\xff\xd8\xff\xc0" + SOF, "image/jpeg"),
        (b"\xff\xd8\xff\xff\xff\xc2" + SOF, "image/jpeg"),
        (b"\xff\xd8\xff\xe1\0\x0d\xff\xd8\xff\xc0" + SOF + b"\xff\xc4\0\2\xff\xc1" + SOF, "image/jpeg"),
        (webp(b"VP8 ", b"tag\x9d\x01\x2a\3\x40\2\x80"), "image/webp"),
        (webp(b"VP8L", LOSSLESS), "image/webp"),
        (webp(b"VP8X", b"\0\0\0\0\2\0\0\1\0\0"), "image/webp"),
    ],
    ids=["png", "gif 87", "gif 89", "jpeg", "fill bytes", "thumbnail before", "webp", "lossless", "extended"],
)
def test_type_and_size_are_told(data, media_type):
    """Three pixels wide and two high, each of them."""
    assert Picture(media_type, 3, 2) == look(data + b"more")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\xff\xd8\xff\xe1\0\x40", "image/jpeg"),
        (b"\xff\xd8\xff" + b"\xfe\0\2\xff" * 5000, "image/jpeg"),
        (b"\xff\xd8" + b"\xff" * 5000, "image/jpeg"),
        (webp(b"VP8 ", b""), "image/webp"),
        (webp(b"VP8L", b""), "image/webp"),
        (webp(b"VP8X", b""), "image/webp"),
        (webp(b"ALPH", b""), "image/webp"),
    ],
)
def test_size_that_is_not_told_is_none(data, media_type):
    """The data end before it, or there is too much before it."""
    assert Picture(media_type) == look(data)


@pytest.mark.parametrize("data", [b"", b"II*\0", b"RIFFsizeWAVE", b"%PDF-", b"BM", b"<svg/>"])
def test_anything_else_is_no_image(data):
    """None of those that the API takes."""
    assert look(data) is None
