"""The file that keeps what the user trusts: `trust.toml` in the state folder, mode 0600."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from runner.errors import SettingsProblem
from runner.paths import Paths, write_private
from runner.settings.files import read_file
from runner.settings.home import home_of
from runner.settings.toml_file import parse_toml

MOST_VERSIONS = 50
"""Contents remembered for one file; the oldest is forgotten first."""


class Grant(NamedTuple):
    """One trusted repository."""

    path: str
    """Its home: the real path of its main checkout's top, or of its git folder where there is none."""
    at: datetime
    """When it was last trusted, aware UTC."""
    files: Mapping[str, tuple[str, ...]]
    """SHA-256 of every trusted content, oldest first, by file name."""


def trust_file(paths: Paths) -> Path:
    """Where trust is kept."""
    return paths.state / "trust.toml"


def key_of(path: Path | str) -> str:
    """A path as TOML can hold it, also one that is not UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def load_grants(paths: Paths) -> dict[str, Grant]:
    """Every grant by its path.

    Raises:
        SettingsProblem: the file is damaged, or other users can change it.
    """
    path = trust_file(paths)
    data = read_file(path, private=True)
    if data is None:
        return {}
    tables = parse_toml(str(path), data).tables
    try:
        found = [_grant(name, table) for name, table in _as_table(tables.get("repository", {})).items()]
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsProblem(
            f"{path}: is damaged", hint="delete it, then run `runner trust` in each repository you trust"
        ) from error
    grants: dict[str, Grant] = {}
    for grant in found:
        grants[grant.path] = _both(grants[grant.path], grant) if grant.path in grants else grant
    return grants


def _both(one: Grant, other: Grant) -> Grant:
    """What two checkouts of one repository were trusted with, before trust belonged to the repository."""
    files = {**one.files, **other.files}
    for name in one.files.keys() & other.files.keys():
        files[name] = tuple(dict.fromkeys((*one.files[name], *other.files[name])))[-MOST_VERSIONS:]
    return Grant(path=one.path, at=max(one.at, other.at), files=files)


def _home_now(path: str) -> str:
    """Files of before name the checkout itself, also where that is a linked work tree or a submodule."""
    top = Path(path)
    # A path that leads through a link by now is another one than was trusted.
    moved = (top / ".git").is_file() and top.resolve() == top
    return key_of(home_of(top)) if moved else path


def _as_table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a table")
    return value


def _grant(path: str, table: dict[str, Any]) -> Grant:
    files = {
        name: tuple(str(one) for one in versions) for name, versions in _as_table(table["files"]).items()
    }
    return Grant(path=_home_now(path), at=table["at"].astimezone(UTC), files=files)


def save_grants(paths: Paths, grants: Mapping[str, Grant]) -> None:
    """Write all of it; the caller keeps other writers out."""
    import tomli_w

    tables = {
        path: {"at": grant.at, "files": {name: list(versions) for name, versions in grant.files.items()}}
        for path, grant in sorted(grants.items())
    }
    write_private(trust_file(paths), tomli_w.dumps({"repository": tables}).encode())
