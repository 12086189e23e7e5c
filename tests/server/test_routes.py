"""The endpoints: where they are, what they answer, and what every response has."""

import re

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/"])
async def test_index_tells_where_to_go(client, path):
    """Whoever opens the address in a browser learns what this is."""
    response = await client.get(path)

    assert (200, "cmappy") == (response.status_code, response.json()["name"])


@pytest.mark.parametrize("path", ["/health", "/health/", "/v1/health"])
async def test_health_tells_what_answers(client, path):
    """Monitoring sees the provider, the versions and the login."""
    health = (await client.get(path)).json()

    told = (health["status"], health["provider"], health["versions"]["cli"], health["login"])

    assert ("ok", "claude-code-cli", "2.1.330", "oauth_token") == told


async def test_health_has_a_timestamp(client):
    """A cached answer can be told from a fresh one; Unix seconds."""
    assert isinstance((await client.get("/health")).json()["timestamp"], int)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/", "/models", "/models/"])
async def test_models_lists_the_clis_models(client, path):
    """The list is the CLI's own, after the names that always work."""
    ids = [model["id"] for model in (await client.get(path)).json()["data"]]

    assert ["claude-opus-4", "claude-sonnet-4", "claude-sonnet-5", "claude-haiku-4", "sonnet", "sonnet[1m]"] == ids[:6]


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("/v1/models/sonnet", "sonnet"),
        ("/models/sonnet", "sonnet"),
        ("/v1/models/sonnet/", "sonnet"),
        ("/v1/models/sonnet%5B1m%5D", "sonnet[1m]"),
        ("/v1/models/openai%2Fsonnet", "openai/sonnet"),
        ("/v1/models/openai/sonnet", "openai/sonnet"),
        ("/v1/models/claude-not-yet-born", "claude-not-yet-born"),
    ],
)
async def test_model_answers_for_every_name_that_a_request_may_use(client, path, id):
    """Ids are percent-decoded; they hold brackets and slashes in real life."""
    response = await client.get(path)

    told = response.json()
    assert (200, id, "model", "model") == (response.status_code, told["id"], told["object"], told["type"])


async def test_model_that_nobody_knows_is_a_404_about_the_model(client):
    """The SDK raises NotFoundError from this; `param` tells that the URL itself is right."""
    response = await client.get("/v1/models/gpt-4o")

    assert (404, "model_not_found", "model") == (
        response.status_code,
        response.json()["error"]["code"],
        response.json()["error"]["param"],
    )


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/chat/completions/", "/chat/completions", "/chat/completions/"]
)
async def test_chat_answers_with_and_without_v1_and_slash(client, path):
    """Half of all configurations have one slash or prefix too many or too few."""
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}

    response = await client.post(path, json=body)

    assert (200, "Hello, world!") == (response.status_code, response.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize("path", ["/", "/v1", "/health", "/v1/health", "/v1/models", "/models", "/v1/models/sonnet"])
async def test_head_is_get_without_a_body(client, path):
    """Health checks and uptime monitors send HEAD."""
    got, asked = await client.get(path), await client.head(path)

    assert (200, b"", got.headers["content-type"]) == (asked.status_code, asked.content, asked.headers["content-type"])


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/embeddings", "/v1/chat", "/v2/models"])
async def test_unknown_url_is_an_openai_error(client, path):
    """A client that is pointed at the wrong address must be able to say so."""
    response = await client.post(path, json={})

    error = response.json()["error"]

    assert (404, "invalid_request_error", "unknown_url", None) == (
        response.status_code,
        error["type"],
        error["code"],
        error["param"],
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/completions", {"POST"}),
        ("PUT", "/v1/chat/completions", {"GET", "HEAD", "POST"}),
        ("POST", "/v1/models", {"GET", "HEAD"}),
        ("DELETE", "/v1/models/sonnet", {"GET", "HEAD"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("OPTIONS", "/v1/chat/completions", {"GET", "HEAD", "POST"}),
    ],
)
async def test_wrong_method_is_an_openai_error_that_names_the_right_one(client, method, path, allowed):
    """405 without `Allow` is not HTTP, and without an error body no SDK can explain it."""
    response = await client.request(method, path)

    told = (response.status_code, response.json()["error"]["code"], set(response.headers["allow"].split(", ")))

    assert (405, "method_not_allowed", allowed) == told


async def test_head_of_an_unknown_url_has_no_body(client):
    """A body after HEAD would be taken for the beginning of the next response."""
    response = await client.head("/nothing")

    assert (404, b"") == (response.status_code, response.content)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", b""),
        ("HEAD", "/health", b""),
        ("GET", "/nothing", b""),
        ("DELETE", "/v1/models", b""),
        ("POST", "/v1/chat/completions", b"{"),
        ("POST", "/v1/chat/completions", b'{"model":"sonnet","messages":[{"role":"user","content":"Hi"}]}'),
        (
            "POST",
            "/v1/chat/completions",
            b'{"model":"sonnet","messages":[{"role":"user","content":"Hi"}],"stream":true}',
        ),
    ],
    ids=["get", "head", "404", "405", "400", "answer", "stream"],
)
async def test_every_response_has_a_request_id(client, method, path, body):
    """The SDK shows `x-request-id` as `request_id`; our log has the same."""
    response = await client.request(method, path, content=body)

    assert re.fullmatch(r"req_[0-9a-f]{24}", response.headers["x-request-id"])


async def test_every_request_has_an_id_of_its_own(client):
    """An id that comes twice identifies nothing."""
    ids = [(await client.get("/health")).headers["x-request-id"] for _ in range(3)]

    assert 3 == len(set(ids))


async def test_backend_is_closed_when_the_server_stops(serve, backend):
    """What the backend has started must not outlive the server."""
    async with serve():
        before = backend.shut_down

    assert (False, True) == (before, backend.shut_down)


async def test_requests_on_one_connection_answer_one_after_the_other(client):
    """A connection is kept after an answer, an error and a stream alike."""
    statuses = [
        (await client.get("/health")).status_code,
        (await client.post("/v1/chat/completions", content=b"{")).status_code,
        (await client.get("/nothing")).status_code,
        (await client.get("/health")).status_code,
    ]

    assert [200, 400, 404, 200] == statuses


async def test_response_has_no_empty_headers(client):
    """Sanic sends `alt-svc` without a value if it is not told which HTTP it speaks; strict proxies refuse that."""
    headers = (await client.get("/health")).headers

    assert [] == [name for name, value in headers.items() if not value]
