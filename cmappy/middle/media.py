"""Images and files of a request become the API's blocks, or the error that says what is wrong with them (pure).

What something is, is told by its first bytes: half of all labels are wrong. Size is bounded before anything is decoded.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import NamedTuple

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.middle import pictures
from cmappy.turn import Media

MOST = 100  # images and files in one request, the API's own limit
LARGEST_IMAGE = 20 << 20  # bytes, decoded; the CLI scales what the API would find too large
LARGEST_FILE = 32 << 20  # bytes, decoded; the API's own limit
MOST_PERCENT_ENCODED = 4 << 20  # characters of one request, which take longer to decode than base64
MOST_PIXELS = 100_000_000  # of one image, which somebody has to decode

_NO_CODE = re.compile(rb"%(?![0-9a-fA-F]{2})")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Attachments:
    """Takes the images and files of one request; `path` always is that of the string that holds the data.

    `url_images` lets the API fetch images by their address. All methods raise InvalidRequest with `param`.
    """

    def __init__(self, *, url_images: bool = False) -> None:
        self._url_images = url_images
        self._taken = 0
        self._percent_encoded = 0

    def image(self, url: str, path: str) -> Media:
        """Return the block for an image by its URL."""
        self._count(path)
        if _is_data(url):
            return _image(self._unpacked(url, path, LARGEST_IMAGE), path)
        if self._url_images and url.startswith(("http://", "https://")):
            return Media("image", "", url)
        raise Unsupported(
            "Images are taken as `data:` URLs only; nothing is fetched from the network. Send the image itself as "
            "`data:image/png;base64,...`, or start cmappy with `--allow-url-images` to let the API fetch it.",
            param=path,
        )

    def image_base64(self, data: str, path: str) -> Media:
        """Return the block for an image in base64."""
        self._count(path)
        return _image(_decoded(data, path, LARGEST_IMAGE), path)

    def file(self, data: str, title: str, path: str) -> Media:
        """Return the block for a PDF, a text or an image, as a `data:` URL or in base64."""
        self._count(path)
        file = self._unpacked(data, path, LARGEST_FILE) if _is_data(data) else _decoded(data, path, LARGEST_FILE)
        if file.content.startswith(b"%PDF-"):
            return Media("document", "application/pdf", file.base64, title)
        if pictures.look(file.content):
            return _image(file, path)
        return Media("document", "text/plain", _text(file.content, path), title)

    def _count(self, path: str) -> None:
        self._taken += 1
        if self._taken > MOST:
            raise TooLarge(f"At most {MOST} images and files are taken.", param=path)

    def _unpacked(self, url: str, path: str, most: int) -> _Data:
        """Return the content of a `data:` URL (RFC 2397)."""
        head, comma, data = url[5:].partition(",")
        if not comma:
            raise InvalidRequest("The `data:` URL has no comma before its data.", param=path)
        if "base64" in (parameter.strip() for parameter in head.lower().split(";")):
            return _decoded(data, path, most)
        self._percent_encoded += len(data)
        if self._percent_encoded > MOST_PERCENT_ENCODED:
            raise TooLarge(
                f"At most {MOST_PERCENT_ENCODED >> 20} MB of percent-encoded data are taken. Send it in base64.",
                param=path,
            )
        # Codes differ from those of quoted-printable in one character only, and for these there is a fast decoder.
        codes = _NO_CODE.sub(b"%25", data.encode()).replace(b"=", b"%3D").replace(b"%", b"=")
        content = binascii.a2b_qp(codes)
        return _Data(content, base64.b64encode(content).decode())


class _Data(NamedTuple):
    """The same bytes twice: as they are, and in base64."""

    content: bytes
    base64: str


def _image(image: _Data, path: str) -> Media:
    picture = pictures.look(image.content)
    if picture is None:
        raise InvalidRequest("The data is no image that can be read. Send a png, jpeg, gif or webp.", param=path)
    if not picture.width or not picture.height:
        raise InvalidRequest(f"The {picture.media_type} is cut off, or has no size. Send all of it.", param=path)
    if picture.width * picture.height > MOST_PIXELS:
        raise TooLarge(
            f"The image has {picture.width} x {picture.height} pixels, and {MOST_PIXELS // 1_000_000} million are "
            "taken. Send a smaller one.",
            param=path,
        )
    if len(image.content) > LARGEST_IMAGE:
        raise _too_large(LARGEST_IMAGE, path)
    return Media("image", picture.media_type, image.base64)


def _text(content: bytes, path: str) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if _NOT_IN_TEXT.search(text):
        raise InvalidRequest("The file is none that can be read. Send a PDF, an image or a text in UTF-8.", param=path)
    if not text.strip():
        raise InvalidRequest("The file is empty.", param=path)
    return text


def _is_data(url: str) -> bool:
    return url[:5].lower() == "data:"


def _decoded(data: str, path: str, most: int) -> _Data:
    if len(data) > most * 4 // 3 + most // 16:  # there may be line breaks in it
        raise _too_large(most, path)
    try:
        return _Data(binascii.a2b_base64(data, strict_mode=True), data)
    except ValueError:
        bare = "".join(data.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        content = binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)
    except ValueError as error:
        raise InvalidRequest("The data is not valid base64.", param=path) from error
    return _Data(content, base64.b64encode(content).decode())


def _too_large(most: int, path: str) -> TooLarge:
    return TooLarge(f"The data is larger than {most >> 20} MB. Send less.", param=path)
