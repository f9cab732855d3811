"""The developer's hooks as a run lets git call them: without the keys to anything, and gone when git is.

Hooks run what is in the tree - tests, linters, scripts - and an agent wrote that. git itself needs the developer's ssh
agent and tokens for a signature or a push. So git is shown a folder of small starters in the place of the hooks; each
starts the real one with the environment of a check, without network if that is wished, and leaves none of its processes
behind.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from runner.errors import Busy
from runner.file_lock import one_holder
from runner.git.config import Pair
from runner.git.ground import put
from runner.git.plot import Plot
from runner.git.program import Git, Reach
from runner.process import attended
from runner.process.confinement import Confinement
from runner.process.environment import ALLOWED, child_environment
from runner.process.launch import ISOLATED

GONE_S = 10.0
"""Once git has ended, the hooks that it left are ended within a moment."""

MOST_SETTINGS = 1000

PASSED = (
    *ALLOWED,
    *("EMAIL", "GIT_AUTHOR_*", "GIT_COMMITTER_*", "GIT_EDITOR", "GIT_PAGER"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_INTERNAL_*"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_EXEC_PATH"),
    *(
        "GIT_REFLOG_ACTION",
        "GIT_PUSH_OPTION_*",
        "GIT_TERMINAL_PROMPT",
        "GIT_OPTIONAL_LOCKS",
        "GIT_NO_REPLACE_OBJECTS",
    ),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
)
"""What a check may see, and what git itself tells its hooks: where it works, on what, as whom."""

_DOORS = re.compile(
    r"credential\..+|http\.(.+\.)?(extraheader|proxy)|core\.askpass|core\.hookspath|.*(token|passw|secret).*",
    re.IGNORECASE | re.DOTALL,
)
"""Settings whose value opens something, and the one that we set ourselves."""

_LFS_LINE = re.compile(
    r"\s*|\s*#.*"
    r'|command -v git-lfs >/dev/null 2>&1 \|\| \{ (echo|printf) >&2( "([^"`$\\]|\\n)*")+; exit 2; \}'
    r'|git[ -]lfs pre-push "\$@"'
)
_LFS_LIMIT_BYTES = 4096

_log = logging.getLogger("runner.git")


def make_hooks_ready(folder: Path, confine: Callable[[], Confinement] | None) -> None:
    """Find out now, before anything is held or claimed, whether the hooks of the folder can be run as is wished.

    `confine` is as in `Ground.confine_hooks`; without hooks it is not asked.

    Raises:
        ProgramMissing, OutsideTrouble: they may not have the network, and cannot be kept from it here.
    """
    if confine and not all(map(is_only_lfs, _hooks_in(folder))):
        confine()


@contextmanager
def git_with_hooks(plot: Plot) -> Iterator[Git]:
    """git in the work tree, with the developer's hooks. When the block ends, none of their processes is left.

    Raises: ProgramMissing, OutsideTrouble (as `make_hooks_ready`).
    """
    folder = plot.git_dir / "runner-hooks"
    lock = folder / ".lock"
    _prepare(plot, folder, lock)
    try:
        yield _for_hooks(plot.ground.git_in(plot.path, hooks=folder), plot.ground.shown_to_hooks)
    finally:
        busy = Busy("hooks that git has left behind do not end", hint="look for them with `ps`")
        try:
            with one_holder(lock, busy=busy, timeout_s=GONE_S):
                pass
        except Busy as late:
            _log.warning("%s: %s", plot.path, late)


def _for_hooks(git: Git, shown: tuple[str, ...]) -> Git:
    """The same, with the variables that are there for the hooks' sake."""
    known = git.environment(Reach.REMOTE)
    wanted = child_environment(git.source, extra=shown)
    return git.with_variables((name, value) for name, value in wanted.items() if name not in known)


def _prepare(plot: Plot, folder: Path, lock: Path) -> None:
    """One starter for each hook that git would call; nothing else stays in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    ground = plot.ground
    hooks = ground.carried.hooks
    given = _given(ground.carried.delivery, hooks, ground.checkout.source)
    passed = (*PASSED, *ground.shown_to_hooks)
    planned = folder / ".plan"
    put(planned, attended.plan(str(lock), passed, given))
    root = str(Path(__file__).resolve().parents[2])
    started = (*ISOLATED, "-c", attended.BOOT, root, str(planned))
    for hook in _hooks_in(hooks):
        command = (str(hook),) if is_only_lfs(hook) else (*started, *_words(plot, hook, given))
        put(folder / hook.name, os.fsencode(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'))
        (folder / hook.name).chmod(0o700)


def _words(plot: Plot, hook: Path, given: Mapping[str, str]) -> tuple[str, ...]:
    """What the starter calls: the hook, or what runs it without network."""
    confine = plot.ground.confine_hooks
    if confine is None:
        return (str(hook),)
    # `attended` is outside, and would not hear that the kernel does not take a text.
    argv = (attended.SHELL, str(hook)) if _is_text_alone(hook) else (str(hook),)
    return confine().argv(argv, env=given, cwd=plot.path)


def _is_text_alone(hook: Path) -> bool:
    """Whether it is a text whose first line does not say what reads it."""
    beginning = _beginning(hook)
    return beginning is not None and not beginning.startswith(b"#!") and b"\0" not in beginning


def _hooks_in(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    # A name with a dot is a sample, or something that hooks call themselves.
    found = (path for path in sorted(folder.iterdir()) if "." not in path.name and path.is_file())
    return tuple(path for path in found if os.access(path, os.X_OK))


def is_only_lfs(hook: Path) -> bool:
    """Whether the hook is the one that git-lfs writes: it runs nothing of the tree, and needs what the push needs."""
    text = _beginning(hook) or b""
    lines = text.decode(errors="replace").splitlines()
    whole = len(text) <= _LFS_LIMIT_BYTES and any(line.startswith("git") for line in lines)
    return hook.name == "pre-push" and whole and all(map(_LFS_LINE.fullmatch, lines))


def _beginning(hook: Path) -> bytes | None:
    """None when it cannot be read: a compiled program need not be readable to be run."""
    try:
        with hook.open("rb") as file:
            return file.read(_LFS_LIMIT_BYTES + 1)
    except OSError:
        return None


def _given(delivery: Iterable[Pair], hooks: Path, source: Mapping[str, str]) -> dict[str, str]:
    """What hooks are told beside git's own words: the character set, and settings as in the checkout."""
    own = Git(folder=hooks, source=source).environment(Reach.READING)
    settings = (*shown_settings((*_in_environment(source), *delivery)), ("core.hooksPath", str(hooks)))
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return told | ({"LC_CTYPE": own["LC_CTYPE"]} if "LC_CTYPE" in own else {})


def shown_settings(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Those of the settings that open no door; an address keeps no password."""
    return tuple(
        (key, attended.without_login(value))
        for key, value in pairs
        if not _DOORS.fullmatch(key) and not _has_login(key.removeprefix("url."))
    )


def _has_login(address: str) -> bool:
    return address != attended.without_login(address)


def _in_environment(source: Mapping[str, str]) -> tuple[Pair, ...]:
    """The settings that the developer's environment adds."""
    count = source.get("GIT_CONFIG_COUNT", "")
    numbers = range(min(int(count), MOST_SETTINGS)) if count.isdecimal() else range(0)
    pairs = ((source.get(f"GIT_CONFIG_KEY_{n}"), source.get(f"GIT_CONFIG_VALUE_{n}")) for n in numbers)
    return tuple((key, value) for key, value in pairs if key is not None and value is not None)
