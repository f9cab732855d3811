"""`runner config set` and `unset`: one key of the user's own config.toml."""

from __future__ import annotations

from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.edit import change_file
from runner.settings.files import read_file
from runner.settings.key import Bad, Value, accept_text, shown_key
from runner.settings.layers import known_key
from runner.settings.toml_file import parse_toml


def set_value(paths: Paths, key: str, text: str, *, profile: str | None = None) -> Value:
    """Write a value, typed as on a command line, into config.toml or one of its profiles. Returns it.

    Raises:
        SettingsProblem: no such key, a value it does not take, or a file that is not TOML; nothing was written.
        StoreFailed, Busy: the file could not be written.
    """
    value = checked_value(key, text)
    change_file(paths.config_file, {_path(key, profile): "" if value is None else value})
    return value


def checked_value(key: str, text: str) -> Value:
    """The value of a key from its text.

    Raises:
        SettingsProblem: no such key, or a value it does not take.
    """
    try:
        return accept_text(known_key(key), text)
    except Bad as bad:
        raise SettingsProblem(
            f"{shown_key(key)}: {bad}", hint="`runner config show` lists every key"
        ) from bad


def unset_value(paths: Paths, key: str, *, profile: str | None = None) -> bool:
    """Take a key out of config.toml or one of its profiles, also one we do not know. Returns whether it was there.

    Raises:
        SettingsProblem: the file is not TOML.
        StoreFailed, Busy: the file could not be written.
    """
    data = read_file(paths.config_file)
    here: object = {} if data is None else parse_toml(str(paths.config_file), data).tables
    for part in _path(key, profile):
        here = here.get(part) if isinstance(here, dict) else None
    return here is not None and change_file(paths.config_file, {_path(key, profile): None})


def _path(key: str, profile: str | None) -> tuple[str, ...]:
    return (*(() if profile is None else ("profile", profile)), *key.split("."))
