"""Which repositories' own settings and prompts the user trusts: by path, and by the exact content.

A grant is kept for each content of each file that was ever trusted, so that changing branches back and forth asks
once for each version; a content that was never trusted is not. Kept in `trust.toml` in the state folder, mode 0600.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from runner.errors import SettingsProblem
from runner.file_lock import one_writer
from runner.paths import Paths, write_private
from runner.settings.files import read_file
from runner.settings.key import shown_key
from runner.settings.toml_file import parse_toml

MOST_VERSIONS = 50
"""Contents remembered for one file; the oldest is forgotten first."""


class Standing(StrEnum):
    """How far a repository's own files may be followed."""

    NOTHING = "nothing"
    """It has none; nothing was decided about it."""
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    """It was never trusted, or the trust was taken back."""
    CHANGED = "changed"
    """It was trusted, but some of its files are new or different now."""


class Verdict(NamedTuple):
    """The answer for the files as they are; `files` are those that still need the user's word."""

    standing: Standing
    files: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        return self.standing is Standing.TRUSTED

    @property
    def hint(self) -> str:
        """What to do about it; empty if nothing."""
        if self.standing is Standing.CHANGED:
            changed = ", ".join(map(shown_key, self.files))
            return f"{changed} changed since you trusted it: look at it, then run `runner trust`"
        return "look at it, then run `runner trust`" if self.standing is Standing.UNTRUSTED else ""


class Grant(NamedTuple):
    """One trusted repository."""

    path: str
    """The real path of its top."""
    at: datetime
    """When it was last trusted, aware UTC."""
    files: Mapping[str, tuple[str, ...]]
    """SHA-256 of every trusted content, oldest first, by file name."""


def verdict(paths: Paths, top: Path, contents: Mapping[str, bytes]) -> Verdict:
    """Whether these very bytes are trusted for this repository.

    Raises:
        SettingsProblem: the trust file is damaged, or other users can change it.
    """
    if not contents:
        return Verdict(standing=Standing.NOTHING)
    grant = _load(paths).get(_name(top.resolve()))
    if grant is None:
        return Verdict(standing=Standing.UNTRUSTED, files=tuple(sorted(contents)))
    unknown = tuple(
        name
        for name, data in sorted(contents.items())
        if _digest(data) not in grant.files.get(_name(name), ())
    )
    return Verdict(standing=Standing.CHANGED if unknown else Standing.TRUSTED, files=unknown)


def trust(paths: Paths, top: Path, contents: Mapping[str, bytes], *, now: datetime) -> Grant:
    """Trust these very bytes for this repository from now on; versions trusted before stay trusted.

    Raises:
        SettingsProblem: there is nothing to trust.
    """
    path = _name(top.resolve())
    if not contents:
        raise SettingsProblem(
            f"{path} has nothing to trust: no .runner.toml and no prompts of its own",
            hint="write a .runner.toml first",
        )
    with one_writer(paths.state):
        grants = _load(paths)
        old = grants[path].files if path in grants else {}
        remembered = {
            _name(name): _remember(old.get(_name(name), ()), data) for name, data in contents.items()
        }
        files = {**old, **remembered}
        grants[path] = Grant(path=path, at=now, files=files)
        _save(paths, grants)
    return grants[path]


def revoke(paths: Paths, top: Path) -> bool:
    """Trust nothing of this repository any more. Returns whether anything was trusted."""
    with one_writer(paths.state):
        grants = _load(paths)
        # As typed too: a repository that is gone may have been reached through a link that is gone.
        gone = [path for path in {_name(top.resolve()), _name(top)} if grants.pop(path, None)]
        if gone:
            _save(paths, grants)
    return bool(gone)


def list_trusted(paths: Paths) -> tuple[Grant, ...]:
    """Every trusted repository, sorted by path."""
    return tuple(grant for _, grant in sorted(_load(paths).items()))


def _name(path: Path | str) -> str:
    """A path as TOML can hold it, also one that is not UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _remember(versions: tuple[str, ...], data: bytes) -> tuple[str, ...]:
    digest = _digest(data)
    return (*(one for one in versions if one != digest), digest)[-MOST_VERSIONS:]


def trust_file(paths: Paths) -> Path:
    """Where trust is kept."""
    return paths.state / "trust.toml"


def _load(paths: Paths) -> dict[str, Grant]:
    path = trust_file(paths)
    data = read_file(path, private=True)
    if data is None:
        return {}
    tables = parse_toml(str(path), data).tables
    try:
        return {name: _grant(name, table) for name, table in _as_table(tables.get("repository", {})).items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsProblem(
            f"{path}: is damaged", hint="delete it, then run `runner trust` in each repository you trust"
        ) from error


def _as_table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a table")
    return value


def _grant(path: str, table: dict[str, Any]) -> Grant:
    files = {
        name: tuple(str(one) for one in versions) for name, versions in _as_table(table["files"]).items()
    }
    return Grant(path=path, at=table["at"].astimezone(UTC), files=files)


def _save(paths: Paths, grants: Mapping[str, Grant]) -> None:
    import tomli_w

    tables = {
        path: {"at": grant.at, "files": {name: list(versions) for name, versions in grant.files.items()}}
        for path, grant in sorted(grants.items())
    }
    write_private(trust_file(paths), tomli_w.dumps({"repository": tables}).encode())
