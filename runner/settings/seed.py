"""The seed system's own settings file, `~/.core/agentic.yaml`: read as a layer below config.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.errors import SettingsProblem
from runner.settings.files import read_file

NAMES = {"base_url": "base_url", "default_project": "project", "agent_id": "agent_id"}
"""The file's names and ours; `token` is beside them, and all else is ignored as the seed did."""


class SeedFile(NamedTuple):
    """What the file says; an empty text is not set."""

    path: Path
    values: Mapping[str, tuple[str, int]]
    """Text and line by our key names."""
    token: str
    open_to_others: bool
    """Other users of this machine can read it, as the seed left it."""

    def __repr__(self) -> str:
        return f"SeedFile(path={self.path!r}, token=...)"


def seed_path(environment: Mapping[str, str]) -> Path | None:
    """Where the seed kept its settings; None without a home folder."""
    home = environment.get("HOME", "")
    return Path(home, ".core", "agentic.yaml") if home.startswith("/") else None


def read_seed(environment: Mapping[str, str]) -> SeedFile | None:
    """Read it; None if there is none.

    Raises:
        SettingsProblem: it cannot be read or is not YAML of the expected shape.
    """
    path = seed_path(environment)
    data = read_file(path) if path else None
    if path is None or data is None:
        return None
    texts = _texts(path, data)
    token, _ = texts.pop("token", ("", 0))
    values = {NAMES[name]: found for name, found in texts.items() if name in NAMES}
    return SeedFile(path=path, values=values, token=token, open_to_others=bool(path.stat().st_mode & 0o077))


def _texts(path: Path, data: bytes) -> dict[str, tuple[str, int]]:
    """Every name of the file with its text as written and its line; null is an empty text."""
    import yaml

    try:
        root: Any = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsProblem(f"{path}{_place(error)}: is not YAML", hint="correct or delete it") from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SettingsProblem(f"{path}: wants `name: value` lines", hint="correct or delete it")
    pairs = [(key.value, value) for key, value in root.value if isinstance(key, yaml.ScalarNode)]
    return {name: (_text(path, name, node), node.start_mark.line + 1) for name, node in pairs}


def _text(path: Path, name: str, node: Any) -> str:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
    if name in (*NAMES, "token"):
        raise SettingsProblem(f"{path}:{node.start_mark.line + 1}: {name}: wants a text", hint="correct it")
    return ""


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""
