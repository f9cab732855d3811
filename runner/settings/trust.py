"""Which repositories' own settings and prompts the user trusts: by repository, and by the exact content.

A grant is kept for each content of each file that was ever trusted, so that changing branches back and forth asks
once for each version; a content that was never trusted is not. It holds in every work tree of the repository. Kept
in `trust.toml` in the state folder, mode 0600.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from runner.errors import SettingsProblem
from runner.file_lock import one_writer
from runner.paths import Paths
from runner.settings.grants import MOST_VERSIONS, Grant, key_of, load_grants, save_grants
from runner.settings.home import home_of
from runner.settings.key import shown_key


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


def verdict(paths: Paths, top: Path, contents: Mapping[str, bytes]) -> Verdict:
    """Whether these very bytes are trusted for the repository of the checkout at `top`.

    Raises:
        SettingsProblem: the trust file is damaged, or other users can change it.
    """
    if not contents:
        return Verdict(standing=Standing.NOTHING)
    grant = load_grants(paths).get(key_of(home_of(top)))
    if grant is None:
        return Verdict(standing=Standing.UNTRUSTED, files=tuple(sorted(contents)))
    unknown = tuple(
        name
        for name, data in sorted(contents.items())
        if _digest(data) not in grant.files.get(key_of(name), ())
    )
    return Verdict(standing=Standing.CHANGED if unknown else Standing.TRUSTED, files=unknown)


def trust(paths: Paths, top: Path, contents: Mapping[str, bytes], *, now: datetime) -> Grant:
    """Trust these very bytes for the repository of the checkout at `top`; versions trusted before stay trusted.

    Raises:
        SettingsProblem: there is nothing to trust.
    """
    path = key_of(home_of(top))
    if not contents:
        raise SettingsProblem(
            f"{path} has nothing to trust: no .runner.toml and no prompts of its own",
            hint="write a .runner.toml first",
        )
    with one_writer(paths.state):
        grants = load_grants(paths)
        old = grants[path].files if path in grants else {}
        remembered = {
            key_of(name): _remember(old.get(key_of(name), ()), data) for name, data in contents.items()
        }
        files = {**old, **remembered}
        grants[path] = Grant(path=path, at=now, files=files)
        save_grants(paths, grants)
    return grants[path]


def revoke(paths: Paths, top: Path) -> bool:
    """Trust nothing of this repository any more. Returns whether anything was trusted."""
    with one_writer(paths.state):
        grants = load_grants(paths)
        # As typed too: a repository that is gone may have been reached through a link that is gone.
        gone = [path for path in {key_of(home_of(top)), key_of(top)} if grants.pop(path, None)]
        if gone:
            save_grants(paths, grants)
    return bool(gone)


def list_trusted(paths: Paths) -> tuple[Grant, ...]:
    """Every trusted repository, sorted by path."""
    return tuple(grant for _, grant in sorted(load_grants(paths).items()))


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _remember(versions: tuple[str, ...], data: bytes) -> tuple[str, ...]:
    digest = _digest(data)
    return (*(one for one in versions if one != digest), digest)[-MOST_VERSIONS:]
