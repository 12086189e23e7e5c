"""Images and files: what is taken, and what is said of the rest."""

import base64

import pytest

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.openai.chat import File, ImageUrl
from cmappy.translate import media
from cmappy.turn import Media

JPEG = b"\xff\xd8\xff\xe0" + bytes(9) + b"\xff\xc2" + bytes(17)
PNG = b"\x89PNG\r\n\x1a\n" + b"size" * 4
GIF = b"GIF89asize"
WEBP = b"RIFFsizeWEBPVP8L" + bytes(9)


def encode(data):
    """Return base64."""
    return base64.b64encode(data).decode()


def image(url, **options):
    """Return the block for an image."""
    return media.image(ImageUrl(url=url), "p", **{"url_images": False} | options)


def document(data, filename=""):
    """Return the block for a file."""
    return media.document(File(file_data=data, filename=filename), "p")


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/png", PNG),
        ("image/jpeg", JPEG),
        ("image/gif", GIF),
        ("image/gif", b"GIF87a\n\n\n\n"),
        ("image/webp", WEBP),
    ],
)
def test_these_images_are_taken(media_type, data):
    """The types that the API knows."""
    assert Media("image", media_type, encode(data)) == image(f"data:{media_type};base64,{encode(data)}")


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;charset=utf-8;base64,{encode(PNG)}",
        f"data:IMAGE/PNG;BASE64,{encode(PNG)}",
        f"data:image/png;base64,{encode(PNG)[:6]}\n {encode(PNG)[6:]}",
        "data:image/png,%89PNG%0D%0A%1A%0Asizesizesizesize",
    ],
    ids=["parameters", "capitals", "line breaks", "percent"],
)
def test_every_spelling_of_a_data_url_is_read(url):
    """RFC 2397 allows more than browsers write."""
    assert Media("image", "image/png", encode(PNG)) == image(url)


def test_jpg_is_jpeg():
    """Half of all clients name it so."""
    assert "image/jpeg" == image(f"data:image/jpg;base64,{encode(JPEG)}").media_type


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64",
        "data:image/png;base64,a",
        "data:image/png;base64,!!!!",
        f"data:image/png;base64,{encode(GIF)}",
        f"data:image/tiff;base64,{encode(b'II')}",
        f"data:application/pdf;base64,{encode(b'%PDF-')}",
        f"data:,{encode(PNG)}",
    ],
    ids=["no comma", "no base64", "other letters", "another type", "unknown type", "no image", "no type"],
)
def test_image_that_is_none_is_an_error(url):
    """The API would refuse it after the upload, without saying where it stood."""
    with pytest.raises(InvalidRequest) as caught:
        image(url)

    assert ("p.image_url.url", 400) == (caught.value.param, caught.value.status)


@pytest.mark.parametrize(
    ("media_type", "data"),
    [("png", PNG), ("gif", GIF), ("webp", WEBP), ("jpeg", JPEG)],
    ids=["png", "gif", "webp", "jpeg"],
)
def test_image_without_a_size_is_an_error(media_type, data):
    """The CLI would replace it by a sentence of its own, in silence."""
    with pytest.raises(InvalidRequest, match="cut off"):
        image(f"data:image/{media_type};base64,{encode(data[:-1])}")


@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://example.com/a.png"])
def test_nothing_is_fetched(url):
    """A server that fetches what a client names can be sent anywhere; the API may be let do it."""
    with pytest.raises(Unsupported, match="--allow-url-images"):
        image(url)

    assert Media("image", "", url) == image(url, url_images=True)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/a.png", "a.png"])
def test_other_addresses_are_never_passed_on(url):
    """Not even by option."""
    with pytest.raises(Unsupported):
        image(url, url_images=True)


def test_image_that_is_too_large_is_told_so(monkeypatch):
    """Before the API does."""
    monkeypatch.setattr(media, "LARGEST_IMAGE", 9)
    with pytest.raises(TooLarge):
        image(f"data:image/png;base64,{encode(PNG + b'more')}")


def test_pdf_is_taken_with_its_name():
    """As a data URL or as bare base64, which is what the SDK's documentation shows."""
    data = encode(b"%PDF-1.7")
    expected = Media("document", "application/pdf", data, "a.pdf")

    assert [expected] * 2 == [document(f"data:application/pdf;base64,{data}", "a.pdf"), document(data, "a.pdf")]


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/csv", ""])
def test_text_file_is_taken_as_text(media_type):
    """Of any kind; a data URL without a type is plain text."""
    assert Media("document", "text/plain", "häi", "a.txt") == document(
        f"data:{media_type};base64,{encode('häi'.encode())}", "a.txt"
    )


@pytest.mark.parametrize(
    "data",
    [
        f"data:application/zip;base64,{encode(b'PK')}",
        f"data:application/pdf;base64,{encode(b'PK')}",
        f"data:text/plain;base64,{encode(JPEG)}",
        "not base64",
    ],
    ids=["unknown type", "no PDF", "no UTF-8", "no base64"],
)
def test_file_that_cannot_be_read_is_an_error(data):
    """By its path."""
    with pytest.raises(InvalidRequest) as caught:
        document(data)

    assert "p.file.file_data" == caught.value.param


def test_file_by_id_is_not_offered():
    """There is no file store."""
    with pytest.raises(Unsupported) as caught:
        media.document(File(filename="a.pdf"), "p")

    assert "p.file" == caught.value.param
