"""Settings: one value from flags, variables and defaults, and what is said of a wrong one."""

from pathlib import Path

import pytest

from cmappy.commands.options import FIELDS, option
from cmappy.commands.parser import parse
from cmappy.commands.sources import WrongSetting, load
from cmappy.settings import RECORDINGS, Settings


def read(*arguments, **variables):
    """Read a command line and variables, away from anybody's config file."""
    _, options = parse(arguments)
    return load(vars(options), {"XDG_CONFIG_HOME": "/nowhere"} | variables).settings


def refuse(*arguments, **variables):
    """Return what is said of settings that are refused."""
    with pytest.raises(WrongSetting) as caught:
        read(*arguments, **variables)
    return str(caught.value)


def test_nothing_said_is_a_server_for_this_machine_only():
    """No port on the network, no key, no debugging: the safe ones are the defaults."""
    chosen = read()

    assert ("127.0.0.1", 3456, False, False, False, None, None) == (
        chosen.host,
        chosen.port,
        chosen.allow_api_key,
        chosen.allow_url_images,
        chosen.reload,
        chosen.replay,
        chosen.record,
    )


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_a_description_and_a_group(name):
    """They are the help."""
    assert "" not in (FIELDS[name].description, option(name).group)


@pytest.mark.parametrize(
    ("variable", "value", "name", "read_as"),
    [
        ("CMAPPY_PORT", "1", "port", 1),
        ("CMAPPY_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("CMAPPY_REPLAY", "here", "replay", Path("here")),
        ("CMAPPY_REPLAY", "1", "replay", RECORDINGS),
        ("CMAPPY_REPLAY", "true", "replay", RECORDINGS),
        ("CMAPPY_REPLAY", "", "replay", None),
        ("CMAPPY_SKIP_AUTH_CHECK", "yes", "skip_auth_check", True),
        ("CMAPPY_LOG_LEVEL", "debug", "log_level", "debug"),
        ("CMAPPY_MODEL_MAP", "a=b,*=c", "model_map", {"a": "b", "*": "c"}),
        ("CMAPPY_ALLOW_HOST", "a, b", "allow_host", ("a", "b")),
        ("CMAPPY_LIVE_TIMEOUT", "1h30m", "live_timeout", 5400),
        ("CMAPPY_MAX_BODY", "2MB", "max_body", 2 << 20),
    ],
)
def test_every_flag_is_a_variable_too(variable, value, name, read_as):
    """With the same meaning; an empty one is none."""
    assert read_as == getattr(read(**{variable: value}), name)


def test_flags_win():
    """What is typed is meant."""
    chosen = read("-p", "2", "--no-reload", CMAPPY_PORT="1", CMAPPY_RELOAD="1")

    assert (2, False) == (chosen.port, chosen.reload)


@pytest.mark.parametrize(
    ("arguments", "replay"),
    [(["--replay"], RECORDINGS), (["--replay", "here"], Path("here")), (["--replay", "--port", "1"], RECORDINGS)],
)
def test_replay_without_a_folder_is_of_the_recordings_that_come_with_it(arguments, replay):
    """So that a first try needs nothing."""
    assert replay == read(*arguments).replay


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model-map", "a=b", "--model-map", "c=d"],
        ["--model-map", "a=b,c=d"],
        ["--model-map", " a = b , c = d,"],
    ],
)
def test_maps_of_models_add_up(arguments):
    """Repeated, or in one."""
    assert {"a": "b", "c": "d"} == read(*arguments).model_map


def test_calls_may_stay_open_for_more_than_ten_minutes():
    """The CLI itself waits for longer; this is what ends its process."""
    assert 600 < Settings().live_timeout


def test_settings_can_be_made_from_python():
    """Tests and embedders have no command line."""
    assert {"a": "b"} == Settings(model_map={"a": "b"}).model_map


@pytest.mark.parametrize("path", ["./claude", "bin/claude", "~/claude"])
def test_path_of_the_cli_is_made_absolute(path):
    """The CLI itself runs in another folder."""
    assert str(Path(path).expanduser().absolute()) == read("--claude", path).claude


def test_name_of_the_cli_is_looked_up_on_the_path():
    """A name is not a path."""
    assert "claude" == read("--claude", "claude").claude


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "x"], "--port: must be a whole number from 0 to 65535, not `x`."),
        (["--port", "65536"], "--port: must be a whole number from 0 to 65535, not `65536`."),
        (["--warm", "-1"], "--warm: must be a whole number of at least 0, not `-1`."),
        (["--max-parts", "0"], "--max-parts: must be a whole number of at least 1, not `0`."),
        (["--first-timeout", "0"], "--first-timeout: must be a time above 0, e.g. 90, 15m or 1h30m, not `0`."),
        (["--drain", "soon"], "--drain: must be a time, e.g. 90, 15m or 1h30m, not `soon`."),
        (["--drain", "nan"], "--drain: must be a time, e.g. 90, 15m or 1h30m, not `nan`."),
        (["--max-body", "3x"], "--max-body: must be a size above 0, e.g. 64MB, not `3x`."),
        (["--log-level", "wurning"], "error, not `wurning`. Did you mean `warning`?"),
        (["--model-map", "a"], "--model-map: must look like gpt-4o=sonnet, not `a`."),
        (["--model-map", "=b"], "--model-map: must look like gpt-4o=sonnet"),
        (["--replay", "--record", "here"], "--replay and --record exclude each other"),
        (["--allow-origin", "*"], "--allow-origin: must look like"),
        (["--api-key", ""], "--api-key: must not be empty."),
        (["--api-key-file", "/nowhere"], "--api-key-file: /nowhere cannot be read"),
    ],
)
def test_wrong_setting_is_named_with_its_value_and_what_would_be_right(arguments, said):
    """In one line, without jargon."""
    assert said in refuse(*arguments)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CMAPPY_PORT": "x"}, "CMAPPY_PORT: must be a whole number from 0 to 65535, not `x`."),
        ({"CMAPPY_RELOAD": "perhaps"}, "CMAPPY_RELOAD: must be yes or no, not `perhaps`."),
        ({"CMAPPY_API_KEY": ","}, "CMAPPY_API_KEY: must not be empty."),
    ],
)
def test_wrong_variable_is_named_as_such(variables, said):
    """Whoever set a variable looks for no flag."""
    assert said == refuse(**variables)


def test_keys_come_from_flags_and_from_a_file(tmp_path):
    """A file is not shown in the list of processes; its comments are no keys."""
    path = tmp_path / "keys"
    path.write_text("# for the phone\none\n\n two \n", encoding="utf-8")

    assert ["zero", "one", "two"] == read("--api-key", "zero", "--api-key-file", str(path)).api_keys()


def test_keys_are_not_shown():
    """Settings end up in logs and bug reports."""
    assert "secret" not in repr(read("--api-key", "secret"))


def test_settings_cannot_be_changed():
    """One value, read once."""
    with pytest.raises(ValueError, match="frozen"):
        read().port = 1
