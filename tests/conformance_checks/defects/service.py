"""Servers that a harmless field disturbs, and servers that mix up their clients."""

import json
from itertools import count

import httpx

from conformance.chat.subjects.harmless import Harmless
from conformance.chat.subjects.service import Service
from conformance.common.cases import Case
from tests.conformance_checks.defects import Broken, ids, put
from tests.conformance_checks.defects.flavours import JSON, SSE, TEXT, chunk, sse


def picky(field):
    """Return a server that refuses a field."""

    def server(request):
        refused = field in json.loads(request.content)
        body = {"error": {"message": f"unknown field {field}"}} if refused else TEXT.body
        return httpx.Response(400 if refused else 200, headers=JSON, json=body)

    return server


def disturbed(request):
    """Answer with something else."""
    return httpx.Response(200, headers=JSON, json=put("choices", 0, "message", "content", value="")(TEXT.body))


def harmless(name, kind, server, **edit):
    """Return a server that an additional field disturbs."""
    case = Case(name, TEXT.case().request, TEXT.expect, traits=frozenset({kind}), detail=lambda request: request | edit)
    return Broken(name, Harmless, case, server, {f"harmless.{kind}": "sentence"})


ADDITIONS = [
    Broken(
        "temperature refused",
        Harmless,
        Case(
            "temperature",
            TEXT.case().request,
            TEXT.expect,
            traits=frozenset({"common"}),
            detail=lambda r: r | {"temperature": 0},
        ),
        picky("temperature"),
        {"harmless.common": "unknown field temperature"},
    ),
    Broken(
        "cache key refused",
        Harmless,
        Case(
            "key",
            TEXT.case().request,
            TEXT.expect,
            traits=frozenset({"exotic"}),
            detail=lambda r: r | {"prompt_cache_key": "a"},
        ),
        picky("prompt_cache_key"),
        {"harmless.exotic": "unknown field prompt_cache_key"},
    ),
    harmless("nulls disturb", "common", disturbed, temperature=None),
    harmless("store disturbs", "exotic", disturbed, store=False),
]


class Echo:
    """A server that answers with the user's own words; each defect changes one of its habits."""

    def __init__(self):
        self._numbers = count(1)
        self.streams = 0

    def __call__(self, request):
        """Answer."""
        if request.method == "GET":
            return self.listing(request)
        asked = json.loads(request.content)
        self.streams += asked.get("stream", False)
        return (
            self.stream(self.words(asked, request)) if asked.get("stream") else self.plain(self.words(asked, request))
        )

    def words(self, asked, request):
        """Return what to answer."""
        return asked["messages"][0]["content"]

    def id(self):
        """Return a number for an answer."""
        return f"chatcmpl-{next(self._numbers)}"

    def request_id(self):
        """Return a number for a request."""
        return f"req_{next(self._numbers)}"

    def listing(self, request):
        """Answer for the list of models."""
        return httpx.Response(200, headers=JSON, json={"object": "list", "data": []})

    def plain(self, words):
        """Answer with one object."""
        body = put("choices", 0, "message", "content", value=words)(TEXT.body) | {"id": self.id()}
        return httpx.Response(200, headers=JSON | {"x-request-id": self.request_id()}, json=body)

    def stream(self, words):
        """Answer with a stream."""
        chunks = [chunk({"role": "assistant", "content": ""}), chunk({"content": words}), chunk({}, "stop")]
        return httpx.Response(200, headers=SSE, content=sse(chunks))


class MixesPlain(Echo):
    """Answers everybody alike."""

    def plain(self, words):
        """Answer with the words of one client."""
        return super().plain("Ada")


class MixesStreams(Echo):
    """Streams the same to everybody."""

    def stream(self, words):
        """Answer with the words of one client."""
        return super().stream("Ada")


class OneId(Echo):
    """Gives all answers the same id."""

    def id(self):
        """Return the same id."""
        return "chatcmpl-1"


class OneRequestId(Echo):
    """Gives all requests the same id."""

    def request_id(self):
        """Return the same id."""
        return "req_1"


class Upset(Echo):
    """Answers wrongly once somebody has left a stream."""

    def words(self, asked, request):
        """Return what to answer."""
        return "[interrupted]" if self.streams else super().words(asked, request)


class Hurt(Echo):
    """Answers wrongly once somebody has not waited for an answer."""

    def __init__(self):
        super().__init__()
        self.hurt = False

    def words(self, asked, request):
        """Return what to answer."""
        if request.extensions["timeout"]["read"] < 1:
            self.hurt = True
            raise httpx.ReadTimeout("too slow", request=request)
        return "[busy]" if self.hurt else super().words(asked, request)


class NoQuery(Echo):
    """Does not know an URL with a query."""

    def listing(self, request):
        """Answer for the list of models."""
        return httpx.Response(404) if request.url.query else super().listing(request)


class NoRetry(Echo):
    """Does not answer a request again."""

    def words(self, asked, request):
        """Return what to answer."""
        return "[seen before]" if "x-stainless-retry-count" in request.headers else super().words(asked, request)


def service(name, server, **caught_by):
    """Return a server with a bad habit, looked at by two clients."""
    asked = [{"model": "sonnet", "messages": [{"role": "user", "content": words}]} for words in ("Ada", "Bob")]
    return Broken(name, Service, Case("service", {}, detail=(asked, ["Ada", "Bob"])), server, ids(caught_by))


HABITS = [
    service("answers mixed up", MixesPlain(), service__at_once="Bob"),
    service("streams mixed up", MixesStreams(), service__streams_at_once="Bob"),
    service("one id for all answers", OneId(), service__ids_differ="chatcmpl-1"),
    service("one id for all requests", OneRequestId(), service__request_ids_differ="req_1"),
    service("upset by a client that leaves", Upset(), service__survives_leaving="[interrupted]"),
    service("hurt by a client that does not wait", Hurt(), service__survives_time_outs="[busy]"),
    service("ignores n", Echo(), service__two_choices="chatcmpl"),
    service("no query", NoQuery(), service__list_with_query="404"),
    service("no second try", NoRetry(), service__second_try="[seen before]"),
]
DEFECTS = [*ADDITIONS, *HABITS]
