"""What the page shows, and how: live, in both themes, on small screens, with the keyboard, for everybody."""

import asyncio

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe

from cmappy.errors import LoginFailed
from cmappy.status import Model

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}


async def test_state_plan_and_processes_are_shown(looker):
    """All that tells whether the next request will be answered."""
    text = await looker.page.inner_text("#state")

    for told in ("Ready.", "Claude Code CLI 2.1.331", "the subscription pays", "0 of 4", "5 hours", "42 %", "7 days"):
        assert told in text
    assert [["any conversation", "ready"], ["sonnet, system prompt", "answering"]] == await looker.page.evaluate(
        "[...document.querySelectorAll('#processes tbody tr')]"
        ".map((row) => [...row.cells].slice(0, 2).map((cell) => cell.innerText))"
    )
    assert ["42", "93"] == await looker.page.evaluate(
        "[...document.querySelectorAll('[role=meter]')].map((each) => each.getAttribute('aria-valuenow'))"
    )


async def test_requests_of_others_are_shown_as_they_go_on(cli, backend, looker):
    """The page is for looking at other programs' requests, too."""
    go_on = asyncio.Event()
    backend.steps = [cli.start(), *cli.text("x")[:2], go_on, cli.stop()]
    async with httpx.AsyncClient(base_url=looker.page.url, timeout=60, trust_env=False) as client:
        asking = asyncio.create_task(client.post(CHAT, json=HELLO))
        await looker.page.wait_for_selector("#rows tr:has-text('running')")
        go_on.set()
        await asking
        await client.post("/v1/messages", json={"model": "sonnet"})

    await looker.page.wait_for_selector("#rows tr:has-text('400')")
    await looker.page.wait_for_selector("#today:has-text('1')")
    first, last = await looker.page.evaluate(
        "[...document.querySelectorAll('#rows tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    assert ("messages", "400 missing_required_parameter") == (first[1], first[4])
    assert ("chat", "claude-sonnet-5-5", "200") == (last[1], last[2], last[4])
    assert ["5", "3", "2", "1"] == last[7:]
    assert (2, 1) == (
        await looker.page.locator("#plot-time > rect:not(.first)").count(),
        await looker.page.locator("#plot-tokens > g").count(),
    )
    assert [] == looker.said


async def test_problem_of_the_cli_is_the_first_thing_that_is_read(backend, look, serve):
    """In its own words."""
    backend.problem = LoginFailed("The CLI is not logged in. Log in with `claude auth login`.")
    looker = await look()
    await looker.page.goto(await serve())

    await looker.page.wait_for_selector("#verdict.bad:has-text('claude auth login')")


async def test_words_from_outside_stay_text(backend, look, serve):
    """Models, clients' words and errors: the page makes nodes, never HTML."""
    evil = "<img src=x onerror=window.hacked=1>"
    backend.models = (Model(evil, display_name=evil, efforts=(evil,)), Model("sonnet"))
    backend.problem = None
    looker = await look()
    url = await serve()
    await looker.open(url)
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        await client.post(CHAT, json=HELLO | {"model": f"claude-{evil}"})
    backend.problem = LoginFailed(evil)
    await looker.page.wait_for_selector("#rows tr")
    await looker.page.wait_for_selector("#verdict.bad")

    assert evil == await looker.page.inner_text("#verdict")
    assert (0, None) == (await looker.page.locator("img").count(), await looker.page.evaluate("window.hacked ?? null"))


async def test_server_that_stops_and_comes_back_is_found_again(backend, look, serve):
    """Nobody reloads a page to see whether a server is there."""
    looker = await look()
    await looker.open(await serve())
    await looker.page.context.set_offline(True)
    await looker.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    await looker.page.wait_for_selector("#pulse.lost")
    await looker.page.context.set_offline(False)
    await looker.page.wait_for_selector("#pulse.live")


async def test_hidden_page_lets_go_of_its_stream(backend, look, serve):
    """A browser has six connections to a server; twenty tabs must not take them from the one that is looked at."""
    looker = await look()
    url = await serve()
    await looker.open(url)
    ended = looker.page.wait_for_event("requestfailed", lambda request: request.url.endswith("/live"))
    async with asyncio.timeout(60):
        waiting = asyncio.ensure_future(ended)
        await looker.page.evaluate(
            """() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange')); }"""
        )
        await waiting
    assert "paused" == await looker.page.inner_text("#pulse")

    await looker.page.evaluate(
        "() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }"
    )

    await looker.page.wait_for_selector("#pulse.live")


async def test_snippets_can_be_copied(look, serve):
    """With this server's address, for five clients."""
    looker = await look(permissions=["clipboard-read", "clipboard-write"])
    url = await serve()
    await looker.open(url)
    page, copied = looker.page, []
    for at in range(await page.locator("#tabs button").count()):
        await page.click(f"#tabs button >> nth={at}")
        await page.click("#copy-snippet")
        await page.wait_for_selector("#copied:has-text('Copied.')")
        copied.append(await page.evaluate("navigator.clipboard.readText()"))

    assert 5 == len(set(copied))
    assert [] == [each for each in copied if url not in each]


async def test_keyboard_reaches_everything(looker):
    """From the link past the header to the last button, with a visible mark on what has the focus."""
    page, seen = looker.page, []
    for _ in range(40):
        await page.keyboard.press("Tab")
        seen.append(
            await page.evaluate(
                """() => { const node = document.activeElement;
                return node === document.body ? ["", ""] : [node.id || node.ariaLabel || node.innerText.slice(0, 20),
                getComputedStyle(node).outlineStyle]; }"""
            )
        )
    names = [name for name, _ in seen]

    wanted = ["Skip to content", "The last requests", "model", "effort", "stream", "prompt", "send", "image", "clear"]
    assert [] == [each for each in [*wanted, "copy-base", "tab-0", "copy-snippet"] if each not in names]
    assert set() == {name for name, outline in seen if outline == "none"}
    await page.focus("#tab-0")
    await page.keyboard.press("ArrowRight")
    assert "true" == await page.get_attribute("#tab-1", "aria-selected")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_page_has_no_serious_fault(cli, backend, look, serve, shots, theme, width):
    """For those who see, hear or move differently; nothing is cut off, and the picture is kept to be looked at."""
    looker = await look(color_scheme=theme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    url = await serve()
    await looker.open(url)
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        for at in range(12):
            await client.post(CHAT, json=HELLO if at % 4 else {"model": "sonnet"})
    backend.steps = cli.answer(
        "# Title\n\nSome *text*, `code` and a [link](https://example.com).\n\n```\nx = 1\n```\n",
        "\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n- one\n- two\n",
    )
    await looker.ask("Show me what you can")
    await looker.answered()
    await looker.page.wait_for_selector("#rows tr >> nth=12")
    await looker.page.wait_for_function("document.querySelector('#week').textContent")
    await looker.page.screenshot(path=shots / f"{theme}-{width}.png", full_page=True)

    found = await Axe().run(looker.page)

    assert [] == [
        (each["id"], each["impact"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]
    ]
    assert width >= await looker.page.evaluate("document.documentElement.scrollWidth")
    assert [] == looker.said


async def test_key_dialog_has_no_serious_fault(look, serve, shots):
    """The first thing that is seen of a server with a key."""
    looker = await look()
    await looker.page.goto(await serve(api_key=("key-of-one-client",)))
    await looker.page.wait_for_selector("#ask[open]")
    await looker.page.screenshot(path=shots / "key.png")

    found = await Axe().run(looker.page)

    assert [] == [(each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]]
