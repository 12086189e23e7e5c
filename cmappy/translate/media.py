"""Images and files of a request become the API's blocks, or the error that says what is wrong with them."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.openai.chat import File, ImageUrl
from cmappy.turn import Media

MOST_MEDIA = 100  # images and files in one request, the API's own limit
LARGEST_IMAGE = 5 << 20  # bytes, decoded; the API's own limit
LARGEST_FILE = 32 << 20  # bytes, decoded; the API's own limit

# How each begins, up to the size of an image: one without a size the CLI replaces by a sentence of its own.
_BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n.{16}", re.DOTALL),
    "image/jpeg": re.compile(rb"\xff\xd8\xff.*?\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf].{17}", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a.{4}", re.DOTALL),
    "image/webp": re.compile(rb"RIFF.{4}WEBPVP8[ LX].{9}", re.DOTALL),
    "application/pdf": re.compile(rb"%PDF-"),
}


def image(sent: ImageUrl, path: str, *, url_images: bool) -> Media:
    """Return the block for an `image_url` part; raises InvalidRequest with a `param` below `path`."""
    path = f"{path}.image_url.url"
    if not sent.url.startswith("data:"):
        if url_images and sent.url.startswith(("http://", "https://")):
            return Media("image", "", sent.url)
        raise Unsupported(
            "Images are taken as `data:` URLs only; nothing is fetched from the network. Send the image itself as "
            "`data:image/png;base64,...`, or start cmappy with `--allow-url-images` to let the API fetch it.",
            param=path,
        )
    media_type, data = _split(sent.url, path)
    if not media_type.startswith("image/") or media_type not in _BEGINNINGS:
        raise InvalidRequest(f"Unknown image type `{media_type}`. Use png, jpeg, gif or webp.", param=path)
    return Media("image", media_type, _checked(media_type, data, path, LARGEST_IMAGE))


def document(sent: File, path: str) -> Media:
    """Return the block for a `file` part (PDF or text); raises InvalidRequest with a `param` below `path`."""
    if sent.file_data is None:
        raise Unsupported("Only files with `file_data` are taken; there is no file store.", param=f"{path}.file")
    path = f"{path}.file.file_data"
    url = sent.file_data if sent.file_data.startswith("data:") else f"data:application/pdf;base64,{sent.file_data}"
    media_type, data = _split(url, path)
    if media_type == "application/pdf":
        return Media("document", media_type, _checked(media_type, data, path, LARGEST_FILE), sent.filename)
    if not media_type.startswith("text/"):
        raise InvalidRequest(f"Unknown file type `{media_type}`. Use PDF or text.", param=path)
    try:
        return Media("document", "text/plain", _decoded(data, path, LARGEST_FILE).decode(), sent.filename)
    except UnicodeDecodeError as error:
        raise InvalidRequest("The text file is not UTF-8.", param=path) from error


def _split(url: str, path: str) -> tuple[str, str]:
    """Return the media type and the base64 of a `data:` URL (RFC 2397)."""
    head, comma, data = url.removeprefix("data:").partition(",")
    media_type, *parameters = head.lower().split(";")
    if not comma:
        raise InvalidRequest("The `data:` URL has no comma before its data.", param=path)
    if "base64" not in parameters:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return {"image/jpg": "image/jpeg"}.get(media_type, media_type or "text/plain"), data


def _checked(media_type: str, data: str, path: str, most: int) -> str:
    content = _decoded(data, path, most)
    if not _BEGINNINGS[media_type].match(content):
        raise InvalidRequest(
            f"The data is not `{media_type}`, or is cut off. Send all of it, with the type that it has.", param=path
        )
    return base64.b64encode(content).decode()


def _decoded(data: str, path: str, most: int) -> bytes:
    if len(data) > most * 4 // 3 + 4:
        raise TooLarge(f"The data is larger than {most >> 20} MB. Send less.", param=path)
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The data is not valid base64.", param=path) from error
