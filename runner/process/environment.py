"""The environment of a child process: what is on the list goes through, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.errors import SettingsProblem

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY")

ALLOWED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "TERM", "LANG", "LANGUAGE", "LC_*"),
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_*"),
)
"""What every child may see: enough to find programs, the home folder, the language and the way out."""

NEVER = frozenset(
    {
        "CLAUDECODE",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
        "CLAUDE_PID",
    }
)
"""Marks of the session we may be running in ourselves; a child that saw them would think it was that one."""


def child_environment(
    source: Mapping[str, str],
    *,
    extra: Iterable[str] = (),
    overrides: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The part of `source` that a child may see, then `overrides` on top.

    `extra` are more names, or `PREFIX_*` for all that start so; no name in `NEVER` gets through by either.

    Raises:
        SettingsProblem: an extra is a lone `*` or has its star elsewhere than at the end.
    """
    patterns = (*ALLOWED, *(_checked(pattern) for pattern in extra))
    names = frozenset(pattern for pattern in patterns if not pattern.endswith("*"))
    prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    passed = {
        name: value
        for name, value in source.items()
        if name not in NEVER and (name in names or name.startswith(prefixes))
    }
    return passed | dict(overrides or {})


def _checked(pattern: str) -> str:
    if not pattern.strip("*") or "*" in pattern[:-1]:
        raise SettingsProblem(
            f"{pattern!r} is neither the name of an environment variable nor PREFIX_*",
            hint="list the variables that child processes need one by one, or as MYTOOL_*",
        )
    return pattern
