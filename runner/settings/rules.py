"""What a single text in the settings must look like; pure. Each rule answers what is wrong, or nothing."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

AGENT = r"(?a:[A-Za-z0-9][A-Za-z0-9._@:/+-]{0,127})"
WORD = r"(?a:[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99})"
VARIABLE = r"(?a:[A-Za-z_][A-Za-z0-9_]*\*?)"
PERSON = r"[^<>]*[^<>\s] <[^<>\s@]+@[^<>\s@]+>"
BRANCH = r"(?a:[A-Za-z0-9_][A-Za-z0-9_.+#-]*(/[A-Za-z0-9_][A-Za-z0-9_.+#-]*)*)"


def single_line(text: str) -> str:
    """Something to read, on one line, without control characters."""
    if not text.strip():
        return "must not be empty"
    return "" if text.isprintable() else "must be one line without control characters"


def project_name(text: str) -> str:
    """A project's name: a folder's path may be one, so blanks inside are fine."""
    return single_line(text) or ("" if text == text.strip() else "must not begin or end with a blank")


def agent_name(text: str) -> str:
    """An agent's id: it ends up in file names, trailers and addresses."""
    return _match(AGENT, text, "wants up to 128 letters, digits and . _ @ : / + -, without spaces")


def word(text: str) -> str:
    """A capability: one word."""
    return _match(WORD, text, "wants one word of letters, digits and . _ : / + -")


def variable(text: str) -> str:
    """The name of an environment variable, or the beginning of some with a star: `MY_*`."""
    return _match(VARIABLE, text, "wants the name of an environment variable, or PREFIX_*")


def person(text: str) -> str:
    """`Name <mail@host>` for a trailer, or nothing."""
    if not text:
        return ""
    return single_line(text) or _match(PERSON, text, "wants Name <mail@host>, or nothing for no co-author")


def branch_name(text: str) -> str:
    """A branch, or the first part of one: what git takes, and a little less."""
    fault = _match(BRANCH, text, "wants a branch name such as main or team/fix")
    if not fault and (".." in text or any(part.endswith((".", ".lock")) for part in text.split("/"))):
        return "wants a branch name that git accepts: no .., no part that ends in . or .lock"
    return fault


def label(text: str) -> str:
    """A label of a pull request; a comma would split it in two on the way to the forge."""
    return single_line(text) or ("must not hold a comma" if "," in text else "")


SHELL_OPERATORS = frozenset({"&&", "||", "|", "|&", ";", "&", ">", ">>", "<", "2>", "2>&1"})


def command_line(text: str) -> str:
    """A program and its arguments, quoted as in a shell but run without one."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        return f"is not a command line: {str(error).lower()}"
    if "\0" in text:
        return "must not hold a NUL character"
    if not words or not words[0]:
        return "wants a program and its arguments"
    operator = next((word for word in words if word in SHELL_OPERATORS), None)
    # Taken as an argument, `true && false` would pass as a check.
    return f"runs without a shell, so {operator} means nothing: write sh -c '...'" if operator else ""


def inside_path(text: str) -> str:
    """A path inside the repository, relative to its top."""
    path = PurePosixPath(text)
    if fault := single_line(text):
        return fault
    if path.is_absolute() or ".." in path.parts or path.parts[:1] in ((), (".git",)) or text.startswith("~"):
        return "wants a path inside the repository, relative to its top"
    return ""


def path_pattern(text: str) -> str:
    """A pattern for paths inside the repository: `*.lock`, `infra/**`, `.github/workflows/`."""
    if fault := single_line(text):
        return fault
    if text.startswith(("/", "!", "~")) or ".." in text.split("/"):
        return "wants a pattern for paths inside the repository, relative to its top"
    return ""


def whole_path(text: str) -> str:
    """A path from the root of the file system."""
    return single_line(text) or ("" if text.startswith("/") else "wants a whole path, from the / on")


def _match(pattern: str, text: str, fault: str) -> str:
    # Compiled when first needed: most calls of the program meet none of these.
    return "" if re.fullmatch(pattern, text) else fault
