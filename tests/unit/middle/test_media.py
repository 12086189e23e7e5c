"""Images and files: what is taken, and what is said of the rest."""

import base64

import pytest

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.middle import media
from cmappy.middle.media import Attachments
from cmappy.turn import Media

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + bytes([0, 0, 0, 3, 0, 0, 0, 2])
GIF = b"GIF89a\3\0\2\0"
JPEG = b"\xff\xd8\xff\xc0\0\x11\x08\0\2\0\3"
PDF = b"%PDF-1.7"


def encode(data):
    """Return base64."""
    return base64.b64encode(data).decode()


def image(url, **options):
    """Return the block for an image."""
    return Attachments(**options).image(url, "p")


def file(data, title=""):
    """Return the block for a file."""
    return Attachments().file(data, title, "p")


@pytest.mark.parametrize(
    "label",
    [
        "image/png",
        "image/jpeg",
        "image/jpg",
        "IMAGE/PNG",
        "application/octet-stream",
        "text/plain",
        "image/tiff",
        "",
        "x",
    ],
)
@pytest.mark.parametrize(("media_type", "data"), [("image/png", PNG), ("image/gif", GIF), ("image/jpeg", JPEG)])
def test_type_of_an_image_is_that_of_its_bytes(label, media_type, data):
    """Half of all labels are wrong, and the API refuses what is mislabelled."""
    assert Media("image", media_type, encode(data)) == image(f"data:{label};base64,{encode(data)}")


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;charset=utf-8;base64,{encode(PNG)}",
        f"data:image/png; base64,{encode(PNG)}",
        f"DATA:IMAGE/PNG;BASE64,{encode(PNG)}",
        f"data:image/png;base64,{encode(PNG)[:6]}\n {encode(PNG)[6:]}",
        f"data:image/png;base64,{encode(PNG).rstrip('=')}",
        "data:image/png,%89PNG%0D%0A%1A%0a%00%00%00%00%00%00%00%00%00%00%00%03%00%00%00%02",
    ],
    ids=["parameters", "space", "capitals", "line breaks", "no padding", "percent"],
)
def test_every_spelling_of_a_data_url_is_read(url):
    """RFC 2397 allows more than browsers write, and clients write more than it allows."""
    assert Media("image", "image/png", encode(PNG)) == image(url)


def test_base64_of_urls_is_read():
    """It has other letters for two values."""
    data = GIF + b"\xff\xfe\xfb"

    assert encode(data) == image("data:image/gif;base64," + base64.urlsafe_b64encode(data).decode()).data


def test_bare_base64_is_an_image():
    """As the Messages API has it."""
    assert Media("image", "image/gif", encode(GIF)) == Attachments().image_base64(encode(GIF), "p")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,a", "not valid base64"),
        ("data:image/png;base64,!!!!", "not valid base64"),
        ("data:image/png;base64,é===", "not valid base64"),
        (f"data:image/tiff;base64,{encode(b'II')}", "no image"),
        (f"data:image/png;base64,{encode(PDF)}", "no image"),
        ("data:image/svg+xml,<svg/>", "no image"),
        (f"data:image/png;base64,{encode(PNG[:-1])}", "cut off"),
        (f"data:image/gif;base64,{encode(b'GIF89a' + bytes(4))}", "cut off"),
    ],
)
def test_image_that_is_none_is_an_error(url, words):
    """The API would refuse it after the upload, without saying where it stood; the CLI replaces one without a size."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        image(url)

    assert ("p", 400) == (caught.value.param, caught.value.status)


@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://example.com/a.png"])
def test_nothing_is_fetched(url):
    """A server that fetches what a client names can be sent anywhere; the API may be let do it."""
    with pytest.raises(Unsupported, match="--allow-url-images"):
        image(url)

    assert Media("image", "", url) == image(url, url_images=True)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/a.png", "a.png", ""])
def test_other_addresses_are_never_passed_on(url):
    """Not even by option."""
    with pytest.raises(Unsupported):
        image(url, url_images=True)


@pytest.mark.parametrize(
    ("limit", "url"),
    [
        ("LARGEST_IMAGE", f"data:image/png;base64,{encode(PNG)}"),
        ("MOST_PERCENT_ENCODED", "data:,%41%41%41%41%41%41%41%41"),
    ],
)
def test_data_that_are_too_large_are_not_even_decoded(monkeypatch, limit, url):
    """What is not base64 has a limit that is far lower."""
    monkeypatch.setattr(media, limit, 9)
    monkeypatch.setattr(media, "binascii", None)

    with pytest.raises(TooLarge):
        image(url)


def test_large_image_in_a_file_is_too_large_all_the_same(monkeypatch):
    """Files may be larger than images."""
    monkeypatch.setattr(media, "LARGEST_IMAGE", 9)

    with pytest.raises(TooLarge):
        file(encode(PNG))


def test_percent_encoded_data_are_bounded_together():
    """Many small ones take as long as a large one."""
    attachments = Attachments()
    small = "data:," + "a" * (media.MOST_PERCENT_ENCODED // 4)

    for _ in range(4):
        attachments.file(small, "", "p")
    with pytest.raises(TooLarge):
        attachments.file(small, "", "p")


def test_pixels_are_bounded_by_the_header():
    """A small file can be an image that fills all memory where it is scaled."""
    side = (50_000).to_bytes(4, "big")

    with pytest.raises(TooLarge, match="50000 x 50000"):
        image("data:image/png;base64," + encode(PNG[:16] + side + side))


def test_images_are_counted_before_they_are_read(monkeypatch):
    """The API has a limit for all of a request's together."""
    monkeypatch.setattr(media, "MOST", 1)
    attachments = Attachments()
    attachments.image_base64(encode(GIF), "p")

    with pytest.raises(TooLarge) as caught:
        attachments.file("not base64", "", "q")

    assert "q" == caught.value.param


@pytest.mark.parametrize(
    "data", [f"data:application/pdf;base64,{encode(PDF)}", encode(PDF), f"data:,%25{PDF.decode()[1:]}"]
)
def test_pdf_is_taken_with_its_name(data):
    """As a data URL or as bare base64, which is what the SDK's documentation shows."""
    assert Media("document", "application/pdf", encode(PDF), "a.pdf") == file(data, "a.pdf")


def test_image_as_a_file_is_an_image():
    """Clients attach whatever they are given."""
    assert Media("image", "image/png", encode(PNG)) == file(f"data:application/pdf;base64,{encode(PNG)}", "a.png")


@pytest.mark.parametrize("label", ["text/plain", "text/markdown", "application/json", "image/svg+xml", ""])
@pytest.mark.parametrize(
    "data", ["häi".encode(), "häi".encode("utf-8-sig"), "häi".encode("utf-16")], ids=["utf-8", "with a mark", "utf-16"]
)
def test_text_file_is_taken_as_text(label, data):
    """Whatever it is called: a JSON file is text, too."""
    assert Media("document", "text/plain", "häi", "a.txt") == file(f"data:{label};base64,{encode(data)}", "a.txt")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("a%20b=c%3d%0A+_", "a b=c=\n+_"),
        ("100% %zz %4", "100% %zz %4"),
        ("=\n=41 h%C3%A4i é", "=\n=41 häi é"),
    ],
)
def test_percent_encoding_is_read_as_browsers_do(data, text):
    """What is no code stands for itself."""
    assert text == file(f"data:text/plain;charset=utf-8,{data}").data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (f"data:application/zip;base64,{encode(bytes([80, 75, 3, 4]))}", "none that can be read"),
        (f"data:text/plain;base64,{encode(bytes([0x68, 0xE4]))}", "none that can be read"),
        ("not base64", "not valid base64"),
        (f"data:text/plain;base64,{encode(b' ')}", "empty"),
        ("data:,", "empty"),
        ("", "empty"),
    ],
)
def test_file_that_cannot_be_read_is_an_error(data, words):
    """By its path."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        file(data)

    assert "p" == caught.value.param
