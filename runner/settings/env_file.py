"""How far the `.env` of a work tree is followed: it is the developer's own word only where git does not track it.

Whoever commits a `.env` could else choose the agent that others claim as, and with it their limits, or the project
whose tasks are worked on. Such a file needs trust like any other words of a repository; trust is about our lines alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from runner.paths import Paths
from runner.settings.dotenv import DotEnv
from runner.settings.layers import NO_LAYER, Layer, dotenv_layer
from runner.settings.trust import verdict

Tracked = Callable[[Path], bool]
"""Whether git has the file, so that others may have written it."""


class EnvFile(NamedTuple):
    """What a `.env` sets."""

    layer: Layer
    """Empty while it is not followed."""
    words: Mapping[str, bytes]
    """What the user is asked to trust, by the file's name in the repository; empty where no trust is needed."""
    warnings: tuple[str, ...] = ()


def follow_env_file(
    paths: Paths, path: Path, found: DotEnv, *, top: Path | None, tracked: Tracked | None
) -> EnvFile:
    """What `found` in the file `path` sets; `top` is the repository's, None outside of one.

    Without `tracked` nobody can say who wrote the file, and it needs trust.

    Raises:
        SettingsProblem: the trust file is damaged.
    """
    follow = _follow(paths, path, found, top=top, tracked=tracked)
    if found.is_text:
        return follow
    warning = f"{path} is not UTF-8: what we cannot read there is passed over; save it as UTF-8"
    return follow._replace(warnings=(warning, *follow.warnings))


def _follow(paths: Paths, path: Path, found: DotEnv, *, top: Path | None, tracked: Tracked | None) -> EnvFile:
    layer = dotenv_layer(str(path), found)
    if top is None or not found.values or not (tracked is None or tracked(path)):
        return EnvFile(layer=layer, words={})
    words = {_name(path, top): _words(found)}
    if verdict(paths, top, words).trusted:
        return EnvFile(layer=layer, words=words)
    names = " and ".join(sorted(found.values))
    warning = (
        f"{path}: {names} {'is' if len(found.values) == 1 else 'are'} ignored, because git tracks this file: "
        "look at it, then run `runner trust`, or use your own settings"
    )
    return EnvFile(layer=NO_LAYER, words=words, warnings=(warning,))


def _name(path: Path, top: Path) -> str:
    return Path(os.path.relpath(path.parent.resolve(), top.resolve()), path.name).as_posix()


def _words(found: DotEnv) -> bytes:
    lines = (f"{name}={value}\n" for name, value in sorted(found.values.items()))
    return "".join(lines).encode("utf-8", "backslashreplace")
