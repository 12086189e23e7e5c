"""Every setting, once. Flags, `CMAPPY_*` variables, the keys of the config file, `--help` and README come from here.

To add one, add a line to its group in `Settings`. This is also the only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from cmappy.units import Bytes, Seconds

_PACKAGED = Path(__file__).parent / "fixtures"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/*,\s]+", re.IGNORECASE)
RECORDINGS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "fixtures"  # installed, or a checkout

FIRST, ACCESS, ANSWERS = "Most used", "Access and billing", "Answers"
PROCESSES, WAITING, LIMITS = "Processes of the CLI", "Timeouts", "Limits"
REPLAYING, LOGGING, DEVELOPMENT = "Recordings", "Page, history and log", "Development"


@dataclass(frozen=True, slots=True)
class Option:
    """How a setting is shown. `value` names the flag's value, `bare` is the value of the flag without one."""

    group: str
    value: str | None = None
    bare: Any = None
    short: str | None = None
    aliases: tuple[str, ...] = ()


def setting(
    default: Any,
    description: str,
    group: str,
    *,
    value: str | None = None,
    bare: Any = None,
    short: str | None = None,
    aliases: tuple[str, ...] = (),
    **limits: Any,
) -> Any:
    """Return the field of a setting: its default, its help, its group and its limits (`ge`, `le`, `gt`)."""
    option = Option(group, value, bare, short, aliases)
    return Field(default, description=description, json_schema_extra={"option": option}, **limits)  # type: ignore[dict-item]


def _listed(value: Any) -> Any:
    """Read `a,b`, or several of them."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    return tuple(item.strip() for text in texts for item in text.split(","))


def _patterns(value: Any) -> Any:
    """Read one regular expression, one in each line, or several of them."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    return tuple(line for text in texts for line in text.splitlines() if line)


def _paired(value: Any) -> Any:
    """Read `a=b,c=d`, or several of them."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    pairs = [pair.partition("=") for text in texts for pair in text.split(",") if pair]
    if not all(name and model for name, _, model in pairs):
        raise ValueError("must look like gpt-4o=sonnet")
    return {name.strip(): model.strip() for name, _, model in pairs}


def _home(value: Any) -> Any:
    """Read `~`, which a shell leaves alone in `--flag=~/path`, and a config file always."""
    return os.path.expanduser(value) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_patterns)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_listed)]
Pairs = Annotated[dict[str, str], BeforeValidator(_paired)]
File = Annotated[Path, BeforeValidator(_home)]


class Settings(BaseModel):
    """How to run. Times are in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    port: int = setting(3456, "port to listen on; 0 picks a free one", FIRST, short="-p", ge=0, le=65535)
    host: str = setting("127.0.0.1", "address to listen on; localhost is both IPv4 and IPv6", FIRST, value="ADDRESS")
    api_key: Secrets = setting(
        (), "key that clients have to send; needed to listen beyond this machine", FIRST, value="KEY"
    )
    claude: str = setting("claude", "path of the Claude Code CLI", FIRST, value="PATH")
    model_map: Pairs = setting(
        {}, "answer one model name with another; *=sonnet answers every unknown name", FIRST, value="NAME=MODEL"
    )
    max_concurrency: int = setting(4, "maximum answers generated concurrently", FIRST, ge=1)
    replay: File | None = setting(
        None,
        "answer from recordings instead of the CLI; without DIR from those that come with cmappy",
        FIRST,
        value="DIR",
        bare=RECORDINGS,
    )
    record: File | None = setting(None, "write a recording of every answer to this folder", FIRST, value="DIR")
    log_level: Literal["debug", "info", "warning", "error"] = setting("info", "how much to log", FIRST)

    record_missing: bool = setting(
        False, "with --replay DIR: ask the CLI for what is missing, and record it", REPLAYING
    )
    record_errors: bool = setting(False, "record errors too", REPLAYING)
    record_compact: bool = setting(False, "join the pieces of recorded answers, a line of text in each", REPLAYING)
    ignore: Patterns = setting(
        (), "regular expression; what it matches in a request counts as equal", REPLAYING, value="REGEX"
    )
    redact: Patterns = setting(
        (), "regular expression; what it matches is replaced before recording and comparing", REPLAYING, value="REGEX"
    )
    match: Texts = setting(
        (), "parts of a request that have to be equal: messages,model,system,tools,settings", REPLAYING, value="PARTS"
    )
    pace: str | None = setting(
        None, "replay at the recorded speed, or N pieces per second, instead of at once", REPLAYING, value="recorded|N"
    )
    unused_report: File | None = setting(
        None, "when the server stops, list the recordings that were not used in this file", REPLAYING, value="FILE"
    )

    token_file: File | None = setting(
        None, "file with the CLI's login token (`claude setup-token`), readable by you only", ACCESS, value="FILE"
    )
    api_key_file: File | None = setting(None, "file with more such keys, one per line", ACCESS, value="FILE")
    allow_host: Texts = setting((), "further host name by which clients may call the server", ACCESS, value="NAME")
    allow_origin: Texts = setting(
        (), "web page or app that may use the server, e.g. https://chat.example.com", ACCESS, value="ORIGIN"
    )
    allow_api_key: bool = setting(False, "let the CLI use ANTHROPIC_API_KEY, which is billed per token", ACCESS)
    allow_url_images: bool = setting(False, "let the upstream API fetch images that a client gives by URL", ACCESS)
    allow_server_tools: bool = setting(False, "let the upstream API run its own tools, e.g. web search", ACCESS)
    skip_auth_check: bool = setting(False, "start even if the CLI is not logged in", ACCESS)

    reasoning: Literal["off", "reasoning_content", "reasoning", "both"] = setting(
        "reasoning_content", "response field that carries the model's thinking", ANSWERS
    )
    forward_sampling: bool = setting(False, "send `temperature` and `top_p` upstream instead of ignoring them", ANSWERS)
    ping: Seconds = setting(15, "send a comment line on a stream that has been silent for this long", ANSWERS, gt=0)
    max_retries: int = setting(2, "how often the CLI retries a failed upstream request", ANSWERS, ge=0)
    store_bytes: Bytes = setting(
        64 << 20, "memory for earlier answers, which clients may refer to; 0 keeps none", ANSWERS, ge=0
    )
    store_age: Seconds = setting(3600, "forget an earlier answer after this long; 0 keeps none", ANSWERS, ge=0)

    warm: int = setting(1, "processes kept ready for new conversations; 0 starts each on demand", PROCESSES, ge=0)
    processes: int | None = setting(
        None,
        "maximum processes, 170 to 300 MB each; by default what fits this machine; 0 keeps none",
        PROCESSES,
        aliases=("live",),
        ge=0,
    )
    renew_turns: int = setting(400, "end a kept process after this many answers", PROCESSES, ge=1)
    live_timeout: Seconds = setting(900, "end a kept process that has been unused for this long", PROCESSES, gt=0)

    queue_timeout: Seconds = setting(120, "maximum wait for a free slot", WAITING, gt=0)
    first_timeout: Seconds = setting(120, "maximum wait for the CLI's first output", WAITING, gt=0)
    silence_timeout: Seconds = setting(300, "maximum silence of the CLI after that", WAITING, gt=0)
    total_timeout: Seconds = setting(3600, "maximum time for one answer", WAITING, gt=0)
    stall_timeout: Seconds = setting(60, "drop a streaming client that reads nothing for this long", WAITING, gt=0)
    drain: Seconds = setting(5, "on shutdown, let running answers finish for this long", WAITING, ge=0)

    queue: int = setting(32, "maximum requests waiting for a slot", LIMITS, ge=0)
    max_body: Bytes = setting(64 << 20, "largest request body", LIMITS, gt=0)
    max_body_memory: Bytes = setting(
        128 << 20, "memory for the bodies of all requests that are read or answered; more get 429", LIMITS, gt=0
    )
    max_messages: int = setting(10_000, "most messages in a request", LIMITS, gt=0)
    max_parts: int = setting(10_000, "most content parts in a request", LIMITS, gt=0)
    max_unread: Bytes = setting(4 << 20, "how much of a stream is buffered for a slow client", LIMITS, gt=0)

    stop_delay: Seconds = setting(
        0, "on shutdown, go on for this long with /health at 503, so that load balancers notice", WAITING, ge=0
    )

    page: bool = setting(True, "show a page at / to browsers: state, usage, requests and a chat", LOGGING)
    history: File | None = setting(
        None,
        "keep the counts of tokens and answers of the last week in this file across restarts",
        LOGGING,
        value="FILE",
    )
    log_format: Literal["text", "json"] = setting("text", "how to write the log", LOGGING)
    reload: bool = setting(False, "restart when the source changes", DEVELOPMENT)

    @field_validator("host")
    @classmethod
    def _bare(cls, value: str) -> str:
        """Read an address of IPv6 as it stands in a URL, too."""
        return value.removeprefix("[").removesuffix("]")

    @field_validator("claude")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """Make a path independent of the working directory, which is another one for the CLI."""
        separators = {os.sep, os.altsep or os.sep}
        return str(Path(value).expanduser().absolute()) if separators & set(value) else value

    @field_validator("replay", mode="before")
    @classmethod
    def _packaged(cls, value: Any) -> Any:
        """Read a plain yes, as `CMAPPY_REPLAY=1` is, as `--replay` without DIR."""
        return RECORDINGS if value is True or value in {"1", "true", "yes"} else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.replay and self.record:
            raise ValueError("--replay and --record exclude each other: only the CLI's own answers are recorded")
        if self.record_missing and (self.replay is None or self.replay == RECORDINGS):
            raise ValueError("--record-missing needs --replay DIR, with a folder of your own")
        return self

    @field_validator("pace")
    @classmethod
    def _positive(cls, value: str | None) -> str | None:
        if value and value != "recorded" and not re.fullmatch(r"0*[1-9]\d{0,5}(\.\d+)?|0?\.0*[1-9]\d*", value):
            raise ValueError("must be `recorded`, or how many pieces per second")
        return value

    @field_validator("api_key")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(key.get_secret_value() for key in value):
            raise ValueError("must not be empty")
        return value

    @field_validator("api_key_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value and not _keys_in(value):
            raise ValueError(f"there is no key in {value}")
        return value

    @field_validator("allow_origin")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "null" in value:
            raise ValueError("null is every sandboxed page's origin, whoever made it; serve yours from localhost")
        if not all(_ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("must look like https://chat.example.com or app://name, without a path")
        return value

    @field_validator("token_file")
    @classmethod
    def _private(cls, value: Path | None) -> Path | None:
        if value and len(_keys_in(value)) != 1:
            raise ValueError(f"there has to be one token in {value}")
        if value and os.name == "posix" and value.stat().st_mode & 0o077:
            raise ValueError(f"other users can read {value}; run `chmod 600 {value}`")
        return value

    def environment(self) -> dict[str, str]:
        """Return the process's environment, of which the CLI gets a part, with the token of the token file."""
        token = {"CLAUDE_CODE_OAUTH_TOKEN": _keys_in(self.token_file)[0]} if self.token_file else {}
        return environment() | token

    def api_keys(self) -> list[str]:
        """Return the keys of which clients have to send one; empty if they need none."""
        return [key.get_secret_value() for key in self.api_key] + (
            _keys_in(self.api_key_file) if self.api_key_file else []
        )


def state_folder() -> Path:
    """Return where cmappy keeps what it has found out about this machine; it may not exist yet."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base) / "cmappy" if os.path.isabs(base) else Path.home() / ".local" / "state" / "cmappy"


def environment() -> dict[str, str]:
    """Return the process's environment, of which the CLI gets a part."""
    return dict(os.environ)


def _keys_in(path: Path) -> list[str]:
    """Return the lines of a file but empty ones and comments; raises ValueError if it cannot be read."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file in UTF-8") from error
    return [line for line in lines if line and not line.startswith("#")]
