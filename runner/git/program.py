"""The `git` program: the one place that calls it, with a clean environment, a deadline and clear errors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from runner.errors import ChildTimedOut, GitFailed
from runner.git.failures import hint_for, last_words
from runner.process.environment import child_environment
from runner.process.run import Completed, run
from runner.process.stop import Stop

QUICK_S = 60.0
"""For a question about files on this disk, in seconds."""
NETWORK_S = 120.0
"""For a fetch."""
HOOKS_S = 900.0
"""For a commit or a push, whose hooks may run the project's tests."""
OUTPUT_LIMIT_BYTES = 1_000_000_000

_READING = (
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*"),
)
_COMMITTING = (
    *_READING,
    *("EMAIL", "GIT_AUTHOR_*", "GIT_COMMITTER_*"),
    *("GNUPGHOME", "GPG_TTY", "SSH_AUTH_SOCK", "SSH_ASKPASS*"),
    *("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"),
)
_REMOTE = (
    *_COMMITTING,
    *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "SSH_AGENT_PID"),
    *("GIT_ASKPASS", "GIT_SSL_*", "GIT_HTTP_*", "GIT_PROXY_COMMAND", "GIT_ALLOW_PROTOCOL"),
    *(
        "KRB5CCNAME",
        "GH_CONFIG_DIR",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
    ),
)


class Reach(Enum):
    """How much of the developer's own environment a call of git may see. Never what aims git at a repository."""

    READING = _READING
    """Where the settings are."""
    COMMITTING = _COMMITTING
    """And who the developer is, and what signs for them."""
    REMOTE = _REMOTE
    """And what opens the way to a remote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """`git`, called in `folder`, always with the same settings."""

    folder: Path
    source: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    """The developer's environment, from which each call gets what its reach allows."""
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(key, value) pairs over all configuration files, in order. They reach git outside of its argument list, since
    that is for every user of the machine to read and a value may be a credential."""
    variables: tuple[tuple[str, str], ...] = ()
    """More environment, such as an index file."""

    def with_settings(self, settings: Iterable[tuple[str, str]]) -> Git:
        """The same, with more settings, which win."""
        return replace(self, settings=(*self.settings, *settings))

    def with_index(self, index: Path) -> Git:
        """The same, with another index file."""
        return self.with_variables((("GIT_INDEX_FILE", str(index)),))

    def with_variables(self, variables: Iterable[tuple[str, str]]) -> Git:
        """The same, with more environment."""
        return replace(self, variables=(*self.variables, *variables))

    def run(
        self,
        *arguments: str,
        reach: Reach = Reach.READING,
        input_bytes: bytes = b"",
        timeout_s: float = QUICK_S,
        stop: Stop | None = None,
        doing: str = "",
    ) -> bytes:
        """Run `git` to a good end and return its standard output; `doing` says in an error what did not work.

        Raises:
            GitFailed: git ended badly; the message carries its last words.
            ChildTimedOut: it took longer than `timeout_s` seconds and was ended.
            Stopped: `stop` was set.
            ProgramMissing: there is no git.
        """
        done = self.ask(*arguments, reach=reach, input_bytes=input_bytes, timeout_s=timeout_s, stop=stop)
        if done.exit_code != 0:
            raise failure(done, doing or f"git {_verb(arguments)} failed")
        if done.truncated:
            raise GitFailed(f"git {_verb(arguments)} wrote more than {OUTPUT_LIMIT_BYTES} bytes")
        return done.stdout

    def text(self, *arguments: str, reach: Reach = Reach.READING) -> str:
        """The output of a short question, without its last newline. Raises: as `run`."""
        return os.fsdecode(self.run(*arguments, reach=reach)).removesuffix("\n")

    def ask(
        self,
        *arguments: str,
        reach: Reach = Reach.READING,
        input_bytes: bytes = b"",
        timeout_s: float = QUICK_S,
        stop: Stop | None = None,
    ) -> Completed:
        """Run `git` and return how it ended, whatever its exit code. Raises: as `run`, but for GitFailed."""
        done = run(
            self.argv(*arguments),
            env=self.environment(reach),
            cwd=self.folder,
            input_bytes=input_bytes,
            timeout_s=timeout_s,
            stop=stop,
            output_limit_bytes=OUTPUT_LIMIT_BYTES,
        )
        if done.stopped and stop is not None:
            stop.check()
        if done.timed_out:
            raise ChildTimedOut(
                f"git {_verb(arguments)} was ended after {timeout_s:g} seconds",
                hint="a hook, a prompt or the network may be hanging; try the same git command by hand",
            )
        return done

    def argv(self, *arguments: str) -> list[str]:
        # The value comes from a variable that is named here.
        passed = [f"--config-env={key}={_VALUE}{number}" for number, (key, _) in enumerate(self.settings)]
        return ["git", *passed, *arguments]

    def environment(self, reach: Reach) -> dict[str, str]:
        env = child_environment(self.source, extra=reach.value, overrides=_QUIET)
        # English messages, but the developer's own character set: hooks read and write more than ASCII.
        charset = env.pop("LC_ALL", "") or env.get("LC_CTYPE", "") or env.get("LANG", "")
        env |= {"LC_MESSAGES": "C"} | ({"LC_CTYPE": charset} if charset else {})
        env |= {f"{_VALUE}{number}": value for number, (_, value) in enumerate(self.settings)}
        return env | dict(self.variables)


_VALUE = "RUNNER_GIT_SETTING_"
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_EDITOR": ":",
    "GIT_PAGER": "cat",
    "LANGUAGE": "C",
}
"""Nobody is asked, nothing is opened, and a question never writes (a status would refresh the index).
An object is what its id says: with `git replace`, an agent could show us another one than it delivers."""


def failure(done: Completed, doing: str, *, with_stdout: bool = False) -> GitFailed:
    """The error for a call that ended badly: `doing`, git's last words, and what to do about it."""
    output = (done.stderr + (done.stdout if with_stdout or not done.stderr else b"")).decode(errors="replace")
    words = last_words(output) or f"exit code {done.exit_code}"
    return GitFailed(f"{doing}: {words}", hint=hint_for(output))


def _verb(arguments: tuple[str, ...]) -> str:
    return next((argument for argument in arguments if not argument.startswith("-")), "")
