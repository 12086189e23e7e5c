"""Servers of responses that forget, mix up their clients, or are disturbed by what does no harm."""

import json
from itertools import count

import httpx

from conformance.common.cases import Case
from conformance.common.scenarios import Expected, Scenario
from conformance.responses.subjects.harmless import Harmless
from conformance.responses.subjects.service import Service
from conformance.responses.subjects.stored import Continued, Stored
from tests.conformance_checks.defects import Broken, put
from tests.conformance_checks.defects.flavours import JSON, SSE
from tests.conformance_checks.defects.responses_flavours import Flavour, message, sse, text
from tests.conformance_checks.defects.responses_plain import ids

ERROR = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
ASKED = {"model": "sonnet", "input": [{"type": "message", "role": "user", "content": "Ada"}]}


def words(items):
    """Return what a conversation says, in one text."""
    said = [part["text"] if isinstance(part, dict) else part for item in items for part in item.get("content", ())]
    return "".join(said)


class Good:
    """A server that answers with all that was said to it, and keeps its answers; each defect changes one habit."""

    def __init__(self):
        self._numbers = count(1)
        self.kept = {}
        self.streams = 0

    def __call__(self, request):
        """Answer."""
        *_, last = path = request.url.path.removeprefix("/v1/responses").strip("/").split("/")
        if request.method == "POST":
            return self.create(json.loads(request.content), request)
        if not path[0]:
            return self.websocket()
        if path[0] not in self.kept:
            return self.unknown()
        if request.method == "DELETE":
            return self.delete(path[0])
        return self.items(path[0]) if last == "input_items" else self.retrieve(path[0])

    def create(self, asked, request):
        """Answer with what was said."""
        if any(asked.get(name) for name in ("conversation", "background", "prompt")):
            return self.refuse(asked)
        given = asked["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        items = self.before(asked.get("previous_response_id")) + self.resolved(items)
        body = self.body(self.words(words(items), asked, request)) | {"id": self.id("resp")}
        if self.keeps(asked):
            self.kept[body["id"]] = body, items
        if not asked.get("stream"):
            return httpx.Response(200, headers=JSON, json=body)
        self.streams += 1
        told = Flavour("echo", Expected(finish_reason="completed"), body["output"]).events
        return httpx.Response(200, headers=SSE, content=sse(told))

    def body(self, said):
        """Return the response that says something."""
        return Flavour("echo", Expected(finish_reason="completed"), [message(text(said), id=self.id("msg"))]).body

    def before(self, previous):
        """Return the items of a conversation that is kept."""
        body, items = self.kept.get(previous, ({"output": []}, []))
        return items + body["output"]

    def resolved(self, items):
        """Return the items with what is referred to in its place."""
        known = {item["id"]: item for body, _ in self.kept.values() for item in body["output"]}
        return [known[item["id"]] if item.get("type") == "item_reference" else item for item in items]

    def words(self, said, asked, request):
        """Return what to answer."""
        return said

    def keeps(self, asked):
        """Tell whether an answer is kept."""
        return asked.get("store") is not False

    def id(self, kind):
        """Return a new id."""
        return f"{kind}_{next(self._numbers)}"

    def refuse(self, asked):
        """Answer to what is not offered."""
        return httpx.Response(400, headers=JSON, json=ERROR)

    def unknown(self):
        """Answer for what is not there."""
        return httpx.Response(404, headers=JSON, json=ERROR)

    def websocket(self):
        """Answer to a client that wants a WebSocket."""
        return httpx.Response(426, headers=JSON, json=ERROR)

    def retrieve(self, id):
        """Answer with a kept response."""
        return httpx.Response(200, headers=JSON, json=self.kept[id][0])

    def items(self, id):
        """Answer with the items of a kept response."""
        parts = [{"type": "input_text", "text": "Ada"}]
        item = {"id": "msg_0", "type": "message", "role": "user", "status": "completed", "content": parts}
        listed = {"object": "list", "data": [item], "first_id": "msg_0", "last_id": "msg_0", "has_more": False}
        return httpx.Response(200, headers=JSON, json=listed)

    def delete(self, id):
        """Forget a response."""
        del self.kept[id]
        return httpx.Response(200, headers=JSON, json={"id": id, "object": "response", "deleted": True})


def without(method, answer):
    """Return a server of which one method answers something else."""
    return type("Bad", (Good,), {method: lambda self, *_: answer})()


def edited(method, edit):
    """Return a server of which one method's answer has an edit."""

    def changed(self, *args):
        answer = getattr(Good, method)(self, *args)
        return httpx.Response(answer.status_code, headers=JSON, json=edit(answer.json()))

    return type("Bad", (Good,), {method: changed})()


NOT_FOUND = httpx.Response(404, headers=JSON, json=ERROR)
KEPT = Case("kept", ASKED, Expected(content="Ada"))


def stored(name, server, **caught_by):
    """Return a server that keeps responses in a wrong way."""
    return Broken(name, Stored, KEPT, server, ids(caught_by))


STORED = [
    stored("nothing kept", without("keeps", False), stored__retrieve="404", stored__delete="404"),
    stored("kept otherwise", edited("retrieve", put("model", value="other")), stored__retrieve="other"),
    stored("no list", edited("items", lambda body: body["data"]), stored__items="input_text"),
    stored("items without id", edited("items", put("data", 0, "id", value=None)), stored__items="None"),
    stored("empty list", edited("items", put("data", value=[])), stored__items="nothing", stored__sdk="False"),
    stored("empty list again", edited("items", put("data", value=[])), stored__async_sdk="False"),
    stored("silent delete", edited("delete", put("deleted", value=False)), stored__delete="False"),
    stored(
        "kept after delete",
        without("delete", httpx.Response(200, headers=JSON, json={"deleted": True})),
        stored__gone="200",
    ),
    stored("keeps what it must not", without("keeps", True), stored__store_false="200"),
]
FIRST = Scenario("first", ASKED, Expected(content="Ada"), frozenset())
_SAID = [{"role": "assistant", "content": "Ada"}, {"role": "user", "content": "Bob"}]
LATER = ASKED | {"input": [*ASKED["input"], *_SAID]}


def continued(way, server):
    """Return a server that loses what came before when it is told in one way."""
    case = Case(f"later+{way}", LATER, Expected(content="AdaAdaBob"), traits=frozenset({way}), detail=(FIRST, way))
    return Broken(f"forgets, {way}", Continued, case, server, ids({f"continued__{way}": "AdaAdaBob"}))


class LosesItems(Good):
    """Does not read items that it has written."""

    def resolved(self, items):
        """Return the items without such."""
        return [item for item in items if "status" not in item]


CONTINUED = [
    continued("previous", without("before", [])),
    continued(
        "references", type("Bad", (Good,), {"resolved": lambda self, items: [i for i in items if "id" not in i]})()
    ),
    continued("items", LosesItems()),
    continued("sealed", LosesItems()),
]


def harmless(kind):
    """Return a server that refuses a field."""

    class Picky(Good):
        def create(self, asked, request):
            return self.refuse(asked) if "x" in asked else super().create(asked, request)

    case = Case(
        "x", ASKED, Expected(content="Ada"), traits=frozenset({kind}), detail=lambda request: request | {"x": 1}
    )
    return Broken(f"refuses a field, {kind}", Harmless, case, Picky(), {f"responses.harmless.{kind}": "400"})


class Upset(Good):
    """Answers wrongly once somebody has left a stream."""

    def words(self, said, asked, request):
        """Return what to answer."""
        return "[interrupted]" if self.streams else said


class NoRetry(Good):
    """Does not answer a request again."""

    def words(self, said, asked, request):
        """Return what to answer."""
        return "[seen before]" if "x-stainless-retry-count" in request.headers else said


class Mixes(Good):
    """Answers everybody alike."""

    def words(self, said, asked, request):
        """Return the words of one client."""
        return "Ada"


def service(name, server, **caught_by):
    """Return a server with a bad habit, looked at by two clients."""
    asked = [{"model": "sonnet", "input": said} for said in ("Ada", "Bob")]
    return Broken(name, Service, Case("service", {}, detail=(asked, ["Ada", "Bob"])), server, ids(caught_by))


_IGNORES = {"refuse": lambda self, asked: Good.create(self, {"input": "Ada"}, None)}
IGNORES = type("Ignores", (Good,), _IGNORES)
HABITS = [
    service("answers mixed up", Mixes(), service__at_once="Bob"),
    service("streams mixed up", Mixes(), service__streams_at_once="Bob"),
    service("one id for all", type("Bad", (Good,), {"id": lambda self, kind: kind})(), service__ids_differ="resp"),
    service("upset by a client that leaves", Upset(), service__survives_leaving="[interrupted]"),
    service("no second try", NoRetry(), service__second_try="[seen before]"),
    service("no WebSocket, and no word of it", without("websocket", NOT_FOUND), service__websocket="404"),
    service("ignores the conversation", IGNORES(), service__conversation="Ada"),
    service("ignores the background", IGNORES(), service__background="Ada"),
    service("ignores the template", IGNORES(), service__prompt="Ada"),
]
DEFECTS = [*STORED, *CONTINUED, harmless("common"), harmless("exotic"), *HABITS]
