"""Which of the developer's git settings a private clone needs, and how: pure rules.

A clone somewhere else loses what stands in the repository's own configuration and what `includeIf "gitdir:..."` adds.
What git needs to treat files as the developer's checkout does (`CONTENT`) is written into the clone, so that an agent's
own git sees it as well. What opens doors (`DELIVERY`: credentials, signing, addresses) is only lent to our own calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a configuration, as `git config --list --show-scope --show-origin` tells it."""

    scope: str
    """`system`, `global`, `local`, `worktree` or `command`."""
    origin: str
    key: str
    """Section and name in lower case, a subsection between them as written."""
    value: str


Pair = tuple[str, str]

CONTENT = re.compile(
    r"(user|author|committer)\.(name|email)|user\.useconfigonly|filter\..+|i18n\..+|diff\..+\.(binary|textconv|xfuncname)"
    r"|core\.(autocrlf|eol|whitespace|attributesfile|excludesfile)",
    re.DOTALL,
)
DELIVERY = re.compile(
    r"user\.signingkey|commit\.gpgsign|gpg\..+|credential\..+|url\..+|http\..+|protocol\..+|ssh\..+|lfs\..+|hooks\..+"
    r"|core\.(sshcommand|gitproxy|askpass)|push\.(pushoption|gpgsign)|trailer\..+"
    r"|remote\..+\.(url|pushurl|proxy|proxyauthmethod|receivepack|uploadpack)",
    re.DOTALL,
)
_LISTS = re.compile(
    r"credential\.(.+\.)?helper|url\..+\.(push)?insteadof|http\.(.+\.)?(extraheader|curloptresolve)|push\.pushoption"
    r"|remote\..+\.(url|pushurl)",
    re.DOTALL,
)
"""Keys of which every value counts; of all others the last one wins."""

_STRUCTURE = re.compile(
    r"core\.(repositoryformatversion|filemode|symlinks|ignorecase|precomposeunicode)|extensions\.(objectformat|refstorage)"
)
"""What git found out about the clone's disk and format when it made it; harmless whatever the value."""
_PATHS = re.compile(
    r"core\.(attributesfile|excludesfile|askpass)|user\.signingkey|gpg\.ssh\.(allowedsigners|revocation)file"
    r"|http\.(.+\.)?ssl(cert|key|cainfo|capath)|http\.(.+\.)?cookiefile|remote\..+\.(url|pushurl)",
    re.DOTALL,
)
"""Values that may be a path, which git would look for from the top of the work tree."""


def parse_entries(listed: bytes) -> tuple[Entry, ...]:
    """The entries in the output of `git config --list -z --show-scope --show-origin`."""
    fields = listed.decode(errors="surrogateescape").split("\0")
    found = []
    for scope, origin, line in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        key, newline, value = line.partition("\n")
        # A key that stands alone on its line means true.
        found.append(Entry(scope=scope, origin=origin, key=key, value=value if newline else "true"))
    return tuple(found)


def last_value(entries: Iterable[Entry], key: str) -> str | None:
    """The effective value of a key that has one; None if it is not set."""
    return next((entry.value for entry in reversed(tuple(entries)) if entry.key == key), None)


def carried(
    developer: Sequence[Entry],
    seen: Sequence[Entry],
    *,
    wanted: re.Pattern[str],
    absolute: Callable[[str], str],
) -> tuple[Pair, ...]:
    """What must be added to the `seen` settings (all that git reads in the clone anyway) to be as the developer's.

    `absolute` turns a value that is a path below the developer's checkout into an absolute one.
    """
    last_seen = {entry.key: entry.value for entry in seen}
    origins_seen = {entry.origin for entry in seen}
    # Built anew at each later value, so that a key stands where its last value stood.
    singles: dict[str, str] = {}
    lists: list[Pair] = []
    for entry in developer:
        if not wanted.fullmatch(entry.key):
            continue
        value = absolute(entry.value) if _PATHS.fullmatch(entry.key) else entry.value
        if _LISTS.fullmatch(entry.key):
            # A second time the same extra header, say, and the server refuses.
            if entry.origin not in origins_seen:
                lists.append((entry.key, value))
        else:
            singles[entry.key] = value
    changed = ((key, value) for key, value in singles.items() if last_seen.get(key) != value)
    return (*changed, *lists)


def structure(own: Iterable[Entry]) -> tuple[Pair, ...]:
    """What stays of the clone's own configuration: nothing that could run a program."""
    return tuple((entry.key, entry.value) for entry in own if _STRUCTURE.fullmatch(entry.key))


def promises(developer: Sequence[Entry]) -> tuple[Pair, ...]:
    """For a partial clone: where the objects that were left out are to be had; () for all others."""
    found: list[Pair] = []
    for entry in developer:
        match = re.fullmatch(r"remote\.(.+)\.promisor", entry.key, re.DOTALL)
        if match and entry.value == "true":
            keys = (f"remote.{match[1]}.{name}" for name in ("url", "promisor", "partialclonefilter"))
            found += [(key, value) for key in keys if (value := last_value(developer, key)) is not None]
            found.append(("extensions.partialclone", match[1]))
    return tuple(found)


def render(pairs: Iterable[Pair]) -> bytes:
    """A git configuration file with these settings, one section head for each."""
    lines = ["# Written by runner; changes are lost.\n"]
    for key, value in pairs:
        section, _, rest = key.partition(".")
        subsection, dot, name = rest.rpartition(".")
        head = f'{section} "{_quoted(subsection)}"' if dot else section
        written = _quoted(value).replace("\n", "\\n").replace("\t", "\\t")
        lines.append(f'[{head}]\n\t{name} = "{written}"\n')
    return "".join(lines).encode(errors="surrogateescape")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
