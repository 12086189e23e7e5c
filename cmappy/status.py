"""What a backend tells of itself, in terms that fit any CLI: who pays, which models there are, how much is used up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Billing = Literal["subscription", "api_key", "none"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that the backend offers: the name to ask for it, and what that name stands for now.

    `context_window` and `max_output` are in tokens, `efforts` the levels of thinking; each only where it was told.
    """

    name: str
    resolved: str | None = None
    display_name: str | None = None
    efforts: tuple[str, ...] = ()
    context_window: int | None = None
    max_output: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """One of the plan's limits, as `five_hour`. `resets_at` is in Unix seconds, `utilization` from 0 to 1."""

    status: str = ""
    utilization: float | None = None
    resets_at: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of a subscription's plan is used up; `kind` names the window that matters now."""

    status: str = ""
    kind: str | None = None
    resets_at: int | None = None
    windows: dict[str, Window] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Child:
    """A process of the CLI: what it is set up for, what it does, when it began (Unix seconds), its turns so far."""

    profile: str
    state: str
    since: float
    turns: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a backend is: `provider` is `claude-code-cli` or `replay`, `login` how the CLI is logged in.

    `billing` is who pays, `plan` what was said last of the subscription's limits, `processes` how many of the CLI
    there are. `rewinding` is `proven` where its processes can be used for any conversation, else why not. `names` are
    further names for models, as recordings remember them; with `any_model`, a model of no known name may be asked for.
    `children` are listed only for who looks closely.
    """

    provider: str
    cli_version: str
    login: str
    models: tuple[Model, ...]
    billing: Billing = "none"
    plan: Plan | None = None
    processes: int = 0
    rewinding: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    any_model: bool = False
    children: tuple[Child, ...] = ()
