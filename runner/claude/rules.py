"""Permission rules: which ones we let through to claude, and how a path is denied.

What claude 2.1.330 did with them is in tests/claude/test_permissions.py: an allow rule without a scope opens the whole
machine (it read a private ssh key), a `Read(...)` deny rule alone does not keep Bash from writing.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from runner.errors import SettingsProblem

WRITING = ("Edit", "Write", "NotebookEdit")
"""The built-in tools that change files."""

_PATH_TOOLS = frozenset({"Read", "Glob", "Grep", *WRITING})
_NAMED_TOOLS = frozenset({"Agent", "Skill", "Task", "WebFetch"})
_SCOPE = re.compile(r"[^()]+")
_RULE = re.compile(r"([A-Za-z]+)\(([^()]+)\)")
_MCP_TOOL = re.compile(r"mcp__[\w-]+?__\w[\w-]*")
_WORD = re.compile(r"[^\s*]+")

_RUNS_ANYTHING = frozenset(
    {
        *("sh", "bash", "zsh", "dash", "ksh", "fish", "env", "sudo", "doas", "su", "xargs", "eval", "exec"),
        *("nohup", "timeout", "nice", "time", "command", "ssh", "docker", "podman", "run", "dlx", "tool"),
        *("python", "node", "deno", "bun", "ruby", "perl", "php", "lua", "osascript", "awk", "sed", "find"),
        *("uv", "uvx", "pipx", "poetry", "pdm", "hatch", "npx", "pnpx", "bunx", "npm", "pnpm", "yarn"),
    }
)
"""Programs that run whatever their arguments say: alone they are no scope, a word after them is."""


_SCRIPT_OPTION = re.compile(r"-\w*[ce]|--(eval|command|exec)|-exec(dir)?")
"""The word after such an option is a program of its own: a star behind it would open everything."""
_SHELL = re.compile(r"[;|&<>$`\\\n]")


def rules_for(commands: tuple[str, ...]) -> tuple[str, ...]:
    """Rules that allow each of these commands (trusted checks), alone and with more arguments.

    A command that no scoped rule can stand for (a pipe, a variable, `bash -c ...`) gets none: claude is refused it,
    and the run's own checks still run it.
    """
    scopes = [command.strip() for command in commands if _is_narrow_command(f"{command.strip()} *")]
    return tuple(f"Bash({scope}{more})" for scope in scopes if _SCOPE.fullmatch(scope) for more in ("", " *"))


def checked_rule(rule: str, *, edit: bool) -> str:
    """`rule` if it is scoped: one command prefix, paths inside the work tree, one domain, one named tool.

    Raises:
        SettingsProblem: it has no scope, a scope that covers everything or leaves the work tree, or two rules in
            one; or it allows changes although `edit` is off.
    """
    if _MCP_TOOL.fullmatch(rule):
        return rule
    parts = _RULE.fullmatch(rule)
    if parts is None or not rule.isprintable():
        raise _refused(rule, "it has no scope")
    tool, scope = parts[1], parts[2].strip()
    if tool in WRITING and not edit:
        raise _refused(rule, "nothing may be changed here")
    if tool == "Bash":
        narrow = _is_narrow_command(scope)
    elif tool in _PATH_TOOLS:
        narrow = _is_inside(scope)
    else:
        narrow = tool in _NAMED_TOOLS and "*" not in scope and bool(scope.removeprefix("domain:").strip())
    if not narrow:
        raise _refused(rule, "its scope is too wide")
    return rule


def deny_rules(paths: tuple[str, ...], workdir: str) -> tuple[str, ...]:
    """Rules that keep claude from reading and changing each of `paths` (absolute) and everything below.

    Raises:
        SettingsProblem: a path is not absolute, cannot be written as a rule, or holds the work tree itself.
    """
    return tuple(rule for path in paths for rule in _denied(path, workdir))


def _denied(path: str, workdir: str) -> tuple[str, ...]:
    whole = PurePosixPath(path)
    if not whole.is_absolute() or not path.isprintable():
        raise SettingsProblem(
            f"{path!r} cannot be denied to claude", hint="name an absolute path, without odd characters"
        )
    if PurePosixPath(workdir).is_relative_to(whole):
        raise SettingsProblem(
            f"denying {path} would deny claude the work tree {workdir} as well",
            hint="name the files and folders beside it one by one",
        )
    # The pattern is like one of .gitignore. A backslash cannot be escaped there; `?` stands for it and any other.
    escaped = re.sub(r"([\[\]*?])", r"\\\1", str(whole).replace("\\", "\0")).replace("\0", "?")
    return tuple(f"{tool}(/{escaped}{below})" for tool in ("Read", "Edit") for below in ("", "/**"))


def _is_narrow_command(scope: str) -> bool:
    """The words before the first star name something more than a program that runs anything."""
    words = scope.removesuffix(":*").partition("*")[0].split()
    if not words or _SHELL.search(scope) or not scope.isprintable():
        return False
    is_open_name = "*" in scope.removesuffix(":*").split()[0]
    is_script = any(_SCRIPT_OPTION.fullmatch(word) for word in words if _runs_anything(words[0]))
    return not is_open_name and not is_script and any(_names_something(word) for word in words)


def _runs_anything(word: str) -> bool:
    return re.sub(r"[\d.]+$", "", PurePosixPath(word).name) in _RUNS_ANYTHING


def _names_something(word: str) -> bool:
    is_name = re.search(r"[^\d.]", PurePosixPath(word).name) is not None
    return is_name and not word.startswith("-") and "=" not in word and not _runs_anything(word)


def _is_inside(scope: str) -> bool:
    """A relative path pattern that names something and does not climb out."""
    if scope.startswith(("/", "~", "!")) or ".." in scope.split("/"):
        return False
    return bool(_WORD.search(scope.replace("/", "").replace(".", "")))


def _refused(rule: str, because: str) -> SettingsProblem:
    return SettingsProblem(
        f"claude's permission rule {rule!r} is refused: {because}",
        hint="scope it, as in Bash(pytest *) or Edit(docs/**); wider ones belong into claude's own user settings",
    )
