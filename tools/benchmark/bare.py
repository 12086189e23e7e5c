"""The least that Sanic can do: sends prepared bytes, in as many pieces as they have events."""

from __future__ import annotations

import sys
from pathlib import Path

from sanic import HTTPResponse, Request, Sanic
from sanic.response import raw


def main() -> None:
    """Serve on the port given first the bytes of the files given next: a stream, and a plain answer."""
    port, stream, plain = int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]).read_bytes()
    frames = [frame + b"\n\n" for frame in stream.split(b"\n\n") if frame]
    app = Sanic("bare", configure_logging=False)

    @app.get("/health")
    async def health(_: Request) -> HTTPResponse:
        return raw(b"{}")

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> HTTPResponse | None:
        if not request.json.get("stream"):
            return raw(plain, content_type="application/json")
        response = await request.respond(content_type="text/event-stream")
        for frame in frames:
            await response.send(frame)
        await response.eof()
        return None

    app.run("127.0.0.1", port, single_process=True, motd=False, access_log=False)


if __name__ == "__main__":
    main()
