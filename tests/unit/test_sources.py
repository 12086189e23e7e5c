"""Where settings come from: the config file below variables and flags, and what is said of its mistakes."""

from pathlib import Path

import pytest

from cmappy.commands.sources import WrongSetting, config_folder, load
from cmappy.settings import RECORDINGS


@pytest.fixture
def config(tmp_path):
    """Return what writes a config file where it is looked for, and reads the settings."""
    (tmp_path / "cmappy").mkdir()

    def config(text, flags=None, **variables):
        (tmp_path / "cmappy" / "cmappy.toml").write_text(text, encoding="utf-8")
        return load(flags or {}, {"XDG_CONFIG_HOME": str(tmp_path)} | variables, "linux")

    return config


def test_keys_are_those_of_the_flags(config):
    """With TOML's own lists, tables and numbers, or written as for a flag."""
    chosen = config(
        'port = 1\nlog-level = "debug"\nlive_timeout = "1h"\ndrain = 2\nallow-host = ["a", "b"]\nreload = true\n'
        'api-key = "k1,k2"\nreplay = true\n[model-map]\ngpt-4o = "sonnet"\n'
    ).settings

    assert (1, "debug", 3600, 2, ("a", "b"), True, ["k1", "k2"], RECORDINGS, {"gpt-4o": "sonnet"}) == (
        chosen.port,
        chosen.log_level,
        chosen.live_timeout,
        chosen.drain,
        chosen.allow_host,
        chosen.reload,
        chosen.api_keys(),
        chosen.replay,
        chosen.model_map,
    )


def test_flags_win_over_variables_and_these_over_the_file(config, tmp_path):
    """And each setting knows where it comes from."""
    chosen = config("port = 1\nwarm = 1\nrenew-turns = 1", {"port": "3"}, CMAPPY_PORT="2", CMAPPY_WARM="2")

    assert (3, 2, 1) == (chosen.settings.port, chosen.settings.warm, chosen.settings.renew_turns)
    assert {
        "port": "--port",
        "warm": "CMAPPY_WARM",
        "renew_turns": f"renew-turns in {tmp_path}/cmappy/cmappy.toml",
    } == chosen.origins


def test_paths_in_the_file_start_at_its_folder(config, tmp_path, monkeypatch):
    """So that it means the same from everywhere; `~` is at home, and a bare name of the CLI is looked up."""
    monkeypatch.setenv("HOME", "/home/me")
    chosen = config('record = "./here"\napi-key-file = "./keys"\nclaude = "claude"' if keys(tmp_path) else "").settings

    assert (tmp_path / "cmappy" / "here", "claude") == (chosen.record, chosen.claude)
    assert Path("/home/me/there") == config('record = "~/there"').settings.record


def keys(folder):
    """Write a key file."""
    return (folder / "cmappy" / "keys").write_text("one\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "There is no setting `prot`, in {file}. Did you mean `port`?"),
        ("[server]\nport = 1", "There is no setting `server`, in {file}."),
        ("port = ", "The config file {file} is not valid TOML: "),
        ('port = "x"', "port in {file}: must be a whole number from 0 to 65535, not `x`."),
        ("drain = nan", "drain in {file}: must be a time, e.g. 90, 15m or 1h30m, not `nan`."),
        ("replay = 1979-05-27", "replay in {file}: "),
        ("allow-host = 1", "allow-host in {file}: "),
        ("model-map = [1]", "model-map in {file}: "),
    ],
)
def test_mistake_in_the_file_is_told_with_the_file(config, tmp_path, text, said):
    """Few know by heart where it is."""
    with pytest.raises(WrongSetting) as caught:
        config(text)

    assert str(caught.value).startswith(said.format(file=tmp_path / "cmappy" / "cmappy.toml"))


def test_file_that_was_named_has_to_exist(tmp_path):
    """By a flag or a variable; nobody is surprised that the usual one does not."""
    for flags, variables in [({"config": "/nowhere/x"}, {}), ({}, {"CMAPPY_CONFIG": "/nowhere/x"})]:
        with pytest.raises(WrongSetting, match="no config file /nowhere/x"):
            load(flags, variables)

    assert 3456 == load({}, {"XDG_CONFIG_HOME": str(tmp_path)}).settings.port


def test_folder_instead_of_a_file_is_told(tmp_path):
    """In words."""
    with pytest.raises(WrongSetting, match="cannot be read"):
        load({"config": str(tmp_path)}, {})


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"HOME": "/home/me"}, "/home/me/.config/cmappy"),
        ("linux", {"HOME": "/home/me", "XDG_CONFIG_HOME": "/etc/me"}, "/etc/me/cmappy"),
        ("darwin", {"HOME": "/Users/me"}, "/Users/me/Library/Application Support/cmappy"),
        ("win32", {"APPDATA": "/C/me/Roaming"}, "/C/me/Roaming/cmappy"),
        ("win32", {"HOME": "/C/me"}, "/C/me/AppData/Roaming/cmappy"),
    ],
)
def test_config_file_is_where_the_platform_has_it(platform, variables, folder):
    """Not where it would be on another one."""
    assert Path(folder) == config_folder(variables, platform)


def test_unknown_variables_are_named(tmp_path):
    """A typing mistake in a compose file is silent otherwise; what is not ours is not our business."""
    chosen = load({}, {"XDG_CONFIG_HOME": str(tmp_path), "CMAPPY_PROT": "1", "CMAPPY_CONFIG": "", "OTHER": "1"})

    assert ("CMAPPY_PROT is not a setting and has no effect. Did you mean `CMAPPY_PORT`?",) == chosen.notes
