"""What the CLI says, as types: one for each kind of line on its stdout (pure).

Source: CLI 2.1.330 and the Messages API's streaming events, which the CLI passes on inside `stream_event`. Lines and
fields that are not known here are skipped: every release of the CLI says something new.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from cmappy.status import Billing, Model, Plan, Window


class Event(BaseModel):
    """Anything the CLI says, but for the pieces of an answer, of which there is one for each token."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Unknown(Event):
    """A line that means nothing to us; skipping it is safe."""


class OutputDetails(Event):
    """Where the output tokens went."""

    thinking_tokens: int | None = None


class Usage(Event):
    """Token counts of one API request; absent means as said before. What is not named here stays as it came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None

    def counts(self) -> dict[str, int]:
        """Return the counts that were told, thinking tokens among them."""
        told = self.model_dump(exclude_none=True, exclude=set(self.model_extra or ()))
        details: dict[str, int] = told.pop("output_tokens_details", {})
        return told | details

    def more(self) -> dict[str, Any]:
        """Return what else was told."""
        return {name: value for name, value in (self.model_extra or {}).items() if value is not None}


class Setup(Event):
    """What the CLI is about to ask the model with, once for each message of the user's."""

    tools: tuple[str, ...] | None = None


class MessageStart(Event):
    """The model begins to answer. A second one in the same turn is the CLI's own second try."""

    id: str = ""
    model: str
    usage: Usage = Usage()


class TextDelta(NamedTuple):
    """A piece of the answer's text; it may end in half a character, whose other half comes next."""

    text: str


class ThinkingDelta(NamedTuple):
    """A piece of the model's thinking, as far as the API shows it."""

    thinking: str


class SignatureDelta(NamedTuple):
    """The signature of the thinking."""

    signature: str


class ArgumentsDelta(NamedTuple):
    """A piece of a call's arguments, as JSON text."""

    partial_json: str


class OtherDelta(NamedTuple):
    """A piece of any other kind, as the API has it."""

    delta: dict[str, Any]


class BlockStart(Event):
    """A content block begins; `id` and `name` are those of a call, `block` is all of it as the API has it."""

    type: str
    id: str = ""
    name: str = ""
    block: dict[str, Any] = {}


class BlockStop(Event):
    """The content block is complete, or was given up."""


class Abandoned(Event):
    """The answer broke off in the middle; from the second block on, the CLI asks for the rest by itself."""

    from_block_index: int = 0


class MessageDelta(Event):
    """The end of the answer: why the model stopped, and the final token counts; `details` is what else is told."""

    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage = Usage()
    details: dict[str, Any] = {}


class UserMessage(Event):
    """What the CLI adds to the conversation by itself: results of calls, and reminders."""


class AssistantMessage(Event):
    """A whole content block, repeated after its deltas; `<synthetic>` ones are the CLI's own words.

    Without deltas before it, its `stop_reason` is that of the message to which the block belongs.
    """

    id: str = ""
    model: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None
    content: tuple[dict[str, Any], ...] = ()
    usage: Usage = Usage()

    @property
    def synthetic(self) -> bool:
        """Whether the CLI wrote this itself, to tell of an error."""
        return self.model == "<synthetic>"


class Result(Event):
    """The CLI's summary of a turn; the only line that tells of an error."""

    subtype: str = ""
    is_error: bool = False
    api_error_status: int | None = None
    terminal_reason: str | None = None
    stop_reason: str | None = None
    num_turns: int | None = None
    result: str = ""
    errors: tuple[str, ...] = ()
    total_cost_usd: float = 0.0


class LimitWindow(Event):
    """One of the plan's limits, as `five_hour`. `resets_at` is in Unix seconds, `utilization` from 0 to 1."""

    status: str = ""
    utilization: float | None = None
    resets_at: int | None = Field(default=None, alias="resetsAt")


class RateLimit(Event):
    """How much of the subscription's plan is used up; `kind` is the window that matters now."""

    status: str = ""
    kind: str | None = Field(default=None, alias="rateLimitType")
    resets_at: int | None = Field(default=None, alias="resetsAt")
    windows: dict[str, LimitWindow] = Field(default={}, alias="unifiedWindows")

    def plan(self) -> Plan:
        """Return the same in terms that fit any CLI."""
        windows = {
            name: Window(window.status, window.utilization, window.resets_at) for name, window in self.windows.items()
        }
        return Plan(self.status, self.kind, self.resets_at, windows)


class ControlRequest(Event):
    """A question of the CLI's.

    For `mcp_message`, `message` is JSON-RPC for the tools' server; for `hook_callback`, `callback_id` names the hook.
    """

    subtype: str = ""
    callback_id: str = ""
    message: dict[str, Any] = {}
    request_id: str = ""


class ApiRetry(Event):
    """The CLI is about to repeat a failed API request."""

    attempt: int = 0
    max_retries: int = 0
    error_status: int | None = None
    error: str | None = None


class ModelInfo(Event):
    """One entry of the CLI's own model list."""

    value: str
    resolved_model: str | None = Field(default=None, alias="resolvedModel")
    display_name: str | None = Field(default=None, alias="displayName")
    efforts: tuple[str, ...] = Field(default=(), alias="supportedEffortLevels")

    def model(self) -> Model:
        """Return the same in terms that fit any CLI."""
        return Model(self.value, self.resolved_model, self.display_name, self.efforts)


class Account(Event):
    """Which login the CLI uses."""

    token_source: str | None = Field(default=None, alias="tokenSource")
    api_key_source: str | None = Field(default=None, alias="apiKeySource")
    subscription: str | None = Field(default=None, alias="subscriptionType")

    @property
    def billing(self) -> Billing:
        """Who pays for what this login asks (measured on 2.1.330 by what arrives at the API)."""
        if self.subscription or self.token_source not in {None, "none"}:
            return "subscription"
        return "none" if self.api_key_source in {None, "none"} else "api_key"


class Initialized(Event):
    """What the CLI answers to `initialize`."""

    models: tuple[ModelInfo, ...] = ()
    account: Account = Account()
    capabilities: tuple[str, ...] = ()


class ControlResponse(Event):
    """The CLI's answer to one of our control requests."""

    subtype: Literal["success", "error"]
    request_id: str
    error: str = ""
    response: dict[str, Any] = {}


AnyEvent = Event | TextDelta | ThinkingDelta | SignatureDelta | ArgumentsDelta | OtherDelta
