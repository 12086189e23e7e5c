"""Who must get nothing: pages of other origins, names that are rebound, frames; and where a key must never be."""

import asyncio

import httpx
import pytest

pytestmark = pytest.mark.anyio

KEY = "key-of-one-client"
SECRET = "cmappy-marks-this"


async def test_key_is_asked_for_and_stays_in_the_tab(backend, look, serve, caplog):
    """It goes into a header: never into a URL, a cookie, the log or what outlives the tab."""
    caplog.set_level("DEBUG")
    url = await serve(api_key=(KEY,))
    looker = await look()
    page = looker.page
    await page.goto(url)
    await page.wait_for_selector("#ask[open]")
    before = await page.inner_text("#state")
    await page.fill("#key", "wrong")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#why:has-text('does not take this key')")
    await page.fill("#key", KEY)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#pulse.live")
    await looker.ask("Hi")
    answer = await looker.answered()
    await page.reload()
    await page.wait_for_selector("#pulse.live")

    assert ("Hello, world!", False) == (answer, "Claude Code CLI" in before)
    assert [] == [url for url in looker.asked if KEY in url]
    assert (0, 0, []) == (
        await page.evaluate("localStorage.length"),
        len(await page.context.cookies()),
        await page.evaluate("indexedDB.databases()"),
    )
    assert (False, False) == (KEY in await page.content(), KEY in caplog.text)
    other = await page.context.new_page()
    await other.goto(url)
    await other.wait_for_selector("#ask[open]")


async def test_key_can_be_forgotten(look, serve):
    """On a machine of somebody else."""
    looker = await look()
    await looker.page.goto(await serve(api_key=(KEY,)))
    await looker.page.fill("#key", KEY)
    await looker.page.keyboard.press("Enter")
    await looker.page.wait_for_selector("#pulse.live")

    await looker.page.click("#forget")

    await looker.page.wait_for_selector("#ask[open]")
    assert 0 == await looker.page.evaluate("sessionStorage.length")


async def test_key_that_no_longer_holds_is_asked_for_again(look, serve):
    """As after a restart with another key, in the middle of a chat."""
    url = await serve(api_key=(KEY,))
    looker = await look()
    await looker.page.add_init_script("sessionStorage.setItem('cmappy-key', 'of-yesterday')")
    await looker.page.goto(url)

    await looker.page.wait_for_selector("#ask[open]")
    assert 0 == await looker.page.evaluate("sessionStorage.length")


PROBES = """
<!doctype html><title>evil</title><iframe id=frame src=TARGET></iframe>
<script>
window.results = {};
const probe = async (name, path, options) => {
  try {
    const response = await fetch("TARGET" + path, options), text = (await response.text()).slice(0, 200);
    results[name] = response.type === "opaque" ? "opaque" : response.status + " " + text;
  } catch (error) { results[name] = "refused"; }
};
const json = { "content-type": "application/json" }, plain = { "content-type": "text/plain" };
const body = JSON.stringify({ model: "sonnet", messages: [{ role: "user", content: "SECRET" }] });
const script = (path) => new Promise((done) => {
  const node = document.createElement("script");
  node.onload = () => done("ran"); node.onerror = () => done("refused"); node.src = "TARGET" + path;
  document.head.append(node);
});
(async () => {
  await probe("page", "", { headers: { accept: "text/html" } });
  await probe("live", "live"); await probe("usage", "usage"); await probe("models", "v1/models");
  await probe("blind", "usage", { mode: "no-cors" });
  await probe("chat", "v1/chat/completions", { method: "POST", headers: json, body });
  await probe("form", "v1/chat/completions", { method: "POST", mode: "no-cors", headers: plain, body });
  results.script = await script("usage");
  const opened = window.open("TARGET");
  await new Promise((done) => setTimeout(done, 500));
  try { results.opened = opened.document.title; } catch { results.opened = "refused"; }
  try { results.frame = document.getElementById("frame").contentDocument.title; } catch { results.frame = "refused"; }
  window.finished = true;
})();
</script>
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_page_of_another_origin_gets_nothing(backend, look, serve, elsewhere, host):
    """It neither reads nor asks, not even blindly, and cannot show the page inside its own."""
    target = await serve() + "/"
    evil = await elsewhere(PROBES.replace("TARGET", target).replace("SECRET", SECRET), host)
    looker = await look()
    framed = []
    looker.page.on("response", lambda response: framed.append((response.url, response.status)))
    await looker.page.goto(evil)
    await looker.page.wait_for_function("window.finished")
    results = await looker.page.evaluate("window.results")

    blind = {results.pop("blind"), results.pop("form")}
    assert {"refused"} == set(results.values()), results
    assert blind <= {"refused", "opaque"}
    assert [] == backend.turns
    assert [] == [(url, status) for url, status in framed if url.startswith(target) and status not in {403, 415}]


async def test_rebound_name_gets_nothing(backend, browser, serve):
    """A page whose own name suddenly leads to this machine is of the same origin for the browser, not for cmappy."""
    from tests.page.browser import chromium

    target = await serve()
    port = target.rpartition(":")[2]
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"host": f"evil.example:{port}", "accept": "text/html", "origin": f"http://evil.example:{port}"}
        told = [
            await client.get(f"{target}/", headers=headers),
            await client.get(f"{target}/live", headers=headers),
            await client.post(f"{target}/v1/chat/completions", headers=headers, json={}),
        ]

    assert [403, 403, 403] == [each.status_code for each in told]
    async with chromium(f"--host-resolver-rules=MAP evil.example 127.0.0.1:{port}") as rebound:
        page = await rebound.new_page()
        response = await page.goto("http://evil.example/")

        assert (403, False) == (response.status, "Claude Code CLI" in await page.content())


async def test_page_leads_nowhere_by_itself(looker):
    """It asks its own server only."""
    await looker.ask("Hi")
    await looker.answered()
    await asyncio.sleep(0)

    own = looker.page.url
    assert [] == [url for url in looker.asked if not url.startswith((own, "data:"))]
