"""Browsers get the page, programs get JSON."""

import pytest

from cmappy.server.page.accept import wants_page

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = f"{FIREFOX.removesuffix('*/*;q=0.8')}image/avif,image/webp,image/apng,*/*;q=0.8"


@pytest.mark.parametrize("accept", [FIREFOX, CHROME, "text/html", "TEXT/HTML; q=0.5", "text/html, application/json"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_browser_gets_the_page(method, accept):
    """It names HTML and prefers nothing to it."""
    assert wants_page(method, "/", accept)


@pytest.mark.parametrize(
    "accept",
    [
        *(
            "",
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "text/*",
            "text/html;q=0",
            "text/html;q=x",
        ),
        *("application/json, text/html;q=0.9", "text/html2", ";;,,", "text/event-stream"),
    ],
)
def test_program_gets_json(accept):
    """As before there was a page."""
    assert not wants_page("GET", "/", accept)


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/v1"), ("GET", "//"), ("GET", "/health")])
def test_nothing_else_is_the_page(method, path):
    """It is at one URL only."""
    assert not wants_page(method, path, FIREFOX)
