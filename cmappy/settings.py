"""Every setting, once: a flag, a `CMAPPY_*` environment variable, and a default. The only reader of the environment."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cmappy import __version__

_PACKAGED = Path(__file__).parent / "fixtures"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/*,\s]+", re.IGNORECASE)
RECORDINGS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "fixtures"  # installed, or a checkout


class Settings(BaseSettings):
    """How to run. Times are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="CMAPPY_", env_ignore_empty=True, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(3456, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    api_key: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="the key that clients have to send; repeatable; needed to listen beyond this machine",
        json_schema_extra={"metavar": "KEY"},
    )
    api_key_file: Path | None = Field(
        None, description="a file with more such keys, one per line", json_schema_extra={"metavar": "FILE"}
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="a further host name by which clients may call the server; repeatable",
        json_schema_extra={"metavar": "NAME"},
    )
    allow_origin: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="a web page or app that may use the server, e.g. https://chat.example.com; repeatable",
        json_schema_extra={"metavar": "ORIGIN"},
    )
    claude: str = Field("claude", description="the Claude Code CLI", json_schema_extra={"metavar": "PATH"})
    replay: Path | None = Field(
        None,
        description="answer from recordings, without the CLI; without DIR: the ones that come with cmappy",
        json_schema_extra={"metavar": "DIR"},
    )
    record: Path | None = Field(
        None, description="write a recording of every answer to this folder", json_schema_extra={"metavar": "DIR"}
    )
    model_map: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description="take a model name for another one, e.g. gpt-4o=sonnet; *=sonnet for all unknown ones; repeatable",
        json_schema_extra={"metavar": "NAME=MODEL"},
    )
    reasoning: Literal["off", "reasoning_content", "reasoning", "both"] = Field(
        "reasoning_content", description="the field that carries the model's thinking"
    )
    allow_api_key: bool = Field(False, description="let the CLI use and bill an API key, as ANTHROPIC_API_KEY")
    allow_url_images: bool = Field(False, description="let the API fetch images that a client names by their URL")
    forward_sampling: bool = Field(
        False, description="send `temperature` and `top_p` to the API instead of ignoring them"
    )
    warm: int = Field(1, ge=0, description="processes started ahead; 0 starts each when it is needed")
    live: int = Field(4, ge=0, description="conversations whose process is kept for their next turn; 0 keeps none")
    live_timeout: float = Field(900, gt=0, description="how long a conversation's process is kept unused")
    store_bytes: int = Field(
        64 << 20,
        ge=0,
        description="how much of earlier answers is kept, in memory, for clients that refer to them; 0 = off",
    )
    store_age: float = Field(3600, ge=0, description="how long a stored answer is kept unused; 0 = off")
    skip_auth_check: bool = Field(False, description="start although the CLI is not logged in")
    max_retries: int = Field(2, ge=0, description="how often the CLI repeats a failed API request")
    max_concurrency: int = Field(4, ge=1, description="answers that are made at once")
    queue: int = Field(32, ge=0, description="requests that may wait for one of these places")
    queue_timeout: float = Field(120, gt=0, description="longest wait for a place")
    first_timeout: float = Field(120, gt=0, description="longest wait for the CLI's first sign of life")
    silence_timeout: float = Field(300, gt=0, description="longest silence of the CLI later on")
    total_timeout: float = Field(3600, gt=0, description="longest time for one answer")
    ping: float = Field(15, gt=0, description="pause after which a silent stream gets a comment line")
    stall_timeout: float = Field(60, gt=0, description="how long a client may take nothing of an answer that waits")
    drain: float = Field(5, ge=0, description="how long answers under way may go on when the server is told to stop")
    max_body: int = Field(64 << 20, gt=0, description="largest request body")
    max_messages: int = Field(10_000, gt=0, description="most messages in a request")
    max_parts: int = Field(10_000, gt=0, description="most content parts in all its messages")
    max_unread: int = Field(4 << 20, gt=0, description="how much of a stream may wait for a slow client")
    reload: bool = Field(False, description="restart when the source changes (for development)")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much to log")
    log_format: Literal["text", "json"] = Field("text", description="how to write the log")

    @field_validator("claude")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """Make a path independent of the working directory, which is another one for the CLI."""
        return str(Path(value).expanduser().absolute()) if os.sep in value else value

    @field_validator("replay", mode="before")
    @classmethod
    def _packaged(cls, value: Any) -> Any:
        """Read a plain yes, as `CMAPPY_REPLAY=1` is, as `--replay` without DIR."""
        return RECORDINGS if value in {"1", "true", "yes"} else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.replay and self.record:
            raise ValueError("--replay and --record exclude each other: only the CLI's own answers are recorded")
        return self

    @field_validator("api_key", "allow_host", "allow_origin", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        """Read `a,b`, or several of them."""
        texts = [value] if isinstance(value, str) else value
        return tuple(item.strip() for text in texts for item in text.split(","))

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
        if not all(_ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("must look like https://chat.example.com or app://name, without a path")
        return value

    @field_validator("model_map", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        """Read `a=b,c=d`, or several of them."""
        if isinstance(value, Mapping):
            return value
        texts = [value] if isinstance(value, str) else value
        pairs = [pair.partition("=") for text in texts for pair in text.split(",") if pair]
        if not all(name and model for name, _, model in pairs):
            raise ValueError("must look like gpt-4o=sonnet")
        return {name.strip(): model.strip() for name, _, model in pairs}

    def api_keys(self) -> list[str]:
        """Return the keys of which clients have to send one; empty if they need none."""
        return [key.get_secret_value() for key in self.api_key] + (
            _keys_in(self.api_key_file) if self.api_key_file else []
        )


def environment() -> dict[str, str]:
    """Return the process's environment, of which the CLI gets a part."""
    return dict(os.environ)


def from_command_line(argv: Sequence[str] | None = None) -> Settings:
    """Return the settings from flags and environment; prints help or what is wrong, and exits, where argparse would."""
    parser = _parser()
    try:
        return Settings(**vars(parser.parse_args(argv)))
    except ValidationError as error:
        wrong = error.errors()[0]
        flag = "".join(f"--{str(name).replace('_', '-')}: " for name in wrong["loc"][:1])
        parser.error(flag + wrong["msg"].removeprefix("Value error, "))


def _keys_in(path: Path) -> list[str]:
    """Return the lines of a file but empty ones and comments; raises ValueError if it cannot be read."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    return [line for line in lines if line and not line.startswith("#")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cmappy",
        usage="%(prog)s [options]",
        description="OpenAI's chat API in front of the Claude Code CLI you are logged in to.",
        epilog="Each flag is also an environment variable: --log-level is CMAPPY_LOG_LEVEL. Flags win. "
        "Times are in seconds, sizes in bytes.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"cmappy {__version__}")
    for name, field in Settings.model_fields.items():
        flags = [f"--{name.replace('_', '-')}"] + (["-p"] if name == "port" else [])
        shown = "" if field.default in (None, False, ()) or field.default == {} else f" (default: {field.default})"
        options: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": f"{field.description}{shown}"}
        extra = field.json_schema_extra
        if isinstance(extra, dict):
            options |= extra
        if field.annotation is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif "repeatable" in (field.description or ""):
            options["action"] = "append"
        elif name == "replay":
            options |= {"nargs": "?", "const": RECORDINGS}
        elif values := get_args(field.annotation):
            options.setdefault("metavar", "|".join(map(str, values)))
        elif field.annotation in {int, float}:
            options["metavar"] = "N"
        parser.add_argument(*flags, **options)
    return parser
