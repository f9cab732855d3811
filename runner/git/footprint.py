"""What a run did or tried outside of its work tree, read from the tools that claude used: pure rules.

A text can name the checkout in plain words (`cd /home/ada/widget`), by climbing (`../../widget`), or not at all (a
script that searches the home folder). The first two are told by name; of the third only that it was possible.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from runner.git.alibi_compare import Difference, Kind

READING = frozenset({"Read", "Glob", "Grep", "LS", "WebFetch", "WebSearch", "TodoWrite", "NotebookRead"})
"""Tools that change nothing, whatever they are told."""

_WORD = re.compile(r"[^\s\"'`;|&<>(),]*")
_CLIMB = re.compile(r"(?<![\w.])(?:\./)?(?:\.\./)+[^\s\"'`;|&<>(),]*|(?<![\w./])\.\.(?![\w./])")
_HOME = re.compile(r"(?<![\w/])(?:~|\$HOME|\$\{HOME\})(/[^\s\"'`;|&<>(),]+)")
_GIT = re.compile(
    r"\bgit\b|GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY)|pygit2|libgit2|dulwich|isomorphic-git"
)
_ROAMS = re.compile(
    r"Path\.home|expanduser|\bgetpwuid\b|\bhomedir\b|environ.{0,12}[\"']HOME|ENV\[.HOME|getenv\(.HOME"
    r"|\$HOME(?![\w/])|\$\{HOME\}(?!/)|\b(cd|rm|find|ls|du)\b[^\n;|&]{0,40}\s~(?=/?[\s;|&]|/?$)"
    r"|git\s+config\b[^\n;|&]*--(global|system)|base64|b64decode|fromhex|\bxxd\b|\beval\b"
    r"|/proc/(self|\d|\*)|OLDPWD|worktree list|objects/info/alternates|commondir|git-common-dir"
    r"|\b(find|rm|chmod|chown|fd|ls|du|walk|rglob|glob)\b[^\n;|&]{0,40}?[\s\"'(]/(?=[\s\"')*]|$)"
    # From folder to folder upwards, until something is found.
    r"|\b(?P<up>\w+)\s*=\s*(?:\w+\.){0,2}dirname\(\s*(?P=up)\s*\)|\b(?P<on>\w+)\s*=\s*(?P=on)\.parent\b"
    r"|\bin\s[^\n:]{0,80}\.parents\b"
    r"|\b(?P<sh>\w+)=[\"']?\$\(\s*dirname\s+[\"']?\$\{?(?P=sh)\b"
)
"""Ways to a place that the text does not name."""
_ABOVE = "/"
"""Instead of a path: a folder around the checkout was named, or one of ours."""
_DEEPEST = 6
"""From so many folders below the work tree a climbing path is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where things are. All paths absolute, without links."""

    work_tree: str
    checkout: str
    git_folders: tuple[str, ...]
    """The checkout's own and the one that it shares with other work trees."""
    home: str
    private: tuple[str, ...] = ()
    """Folders of ours that a task has no business in; from there, too, a way leads to the checkout."""
    other_names: tuple[str, ...] = ()
    """The checkout's path as the developer says it, if links are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What the run is known to have touched in the checkout, or to have tried to."""

    paths: tuple[str, ...] = ()
    """Below the checkout's top, without a slash at the ends."""
    named: str = ""
    """Words of the first tool that named one of them."""
    whole: str = ""
    """Words of a tool that was aimed at the checkout as a whole, or at its git folder; empty for none."""
    roams: str = ""
    """Words of a tool that may have gone anywhere; empty for none."""
    expected: tuple[str, ...] = ()
    """Refs that the runner itself makes in the checkout."""
    witnessed: tuple[tuple[Kind, str], ...] = ()
    """What was lost while nothing but the checks ran: kinds and names of differences."""

    @property
    def because(self) -> str:
        """The words that speak most plainly; empty when none do."""
        seen = "lost while the checks ran what it wrote" if self.witnessed else ""
        return self.whole or self.named or self.roams or seen


def footprint_of(
    uses: Iterable[Mapping[str, object]],
    site: Site,
    *,
    links: Iterable[str] = (),
    expected: tuple[str, ...] = (),
    redact: Callable[[str], str] = str,
) -> Footprint:
    """Read all uses of tools: `{"name": "Bash", "input": {...}}`, refused ones too.

    `links` are where symbolic links of the work tree lead; `expected` full names of refs that the runner makes;
    `redact` takes the secrets out of the words that are shown.
    """
    paths: dict[str, None] = {}
    first, whole, roams = "", "", ""
    texts = [text for use in uses if use.get("name") not in READING for text in _texts(use.get("input"))]
    for text in (*texts, *links):
        named = set(_reached(text, site))
        paths.update(dict.fromkeys(sorted(path for path in named if path not in {"", _ABOVE})))
        if not first and named - {_ABOVE}:
            first = _shown(redact(text))
        if not whole and ("" in named or (named - {_ABOVE} and _GIT.search(text))):
            whole = _shown(redact(text))
        found = _ROAMS.search(text)
        if not roams and (found or _ABOVE in named):
            roams = _shown(_from_the_sign_on(redact(text)))
    return Footprint(paths=tuple(paths), named=first, whole=whole, roams=roams, expected=expected)


def attribute(
    differences: Iterable[Difference], footprint: Footprint
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """(the run's, the developer's). What the runner itself is expected to do is in neither.

    The run's are all that it is known to have reached for; and, when it may have gone anywhere, all grave ones: it
    has to be shown that the run did not do it, not that it did. Remote refs are moved by any fetch and are nobody's.
    """
    ours: list[Difference] = []
    theirs: list[Difference] = []
    for found in differences:
        if found.kind is Kind.REF and found.name in footprint.expected:
            continue
        (ours if _is_ours(found, footprint) else theirs).append(found)
    return tuple(ours), tuple(theirs)


def _is_ours(found: Difference, footprint: Footprint) -> bool:
    if found.kind is Kind.REMOTE:
        return False
    if footprint.whole or (footprint.roams and found.grave):
        return True
    if found.grave and (found.kind, found.name) in footprint.witnessed:
        return True
    if found.kind not in {Kind.FILE, Kind.FOLDER, Kind.INDEX}:
        return False
    return any(_overlap(path, found.name.rstrip("/")) for path in footprint.paths)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, however deep."""
    if isinstance(value, str):
        yield value
        if "\\ " in value:
            yield value.replace("\\ ", " ")
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _reached(text: str, site: Site) -> Iterator[str]:
    """Paths in the checkout that a text names, relative to it; "" is the checkout itself or its git folder."""
    for name in dict.fromkeys((site.checkout, *site.other_names, *site.git_folders)):
        yield from _literal(text, name, site)
    for found in _CLIMB.finditer(text):
        for depth in range(_DEEPEST):
            yield from _placed(f"{site.work_tree}{'/x' * depth}/{found[0]}", site)
    for found in _HOME.finditer(text):
        yield from _placed(site.home + found[1], site)
    if any(_names_private(text, folder, site) for folder in site.private):
        yield _ABOVE
    for folder in _above(site.checkout):
        if re.search(rf"{re.escape(folder)}/?(?=[\s\"'`;|&<>(),*]|$)", text):
            yield _ABOVE


def _names_private(text: str, folder: str, site: Site) -> bool:
    """Whether a folder of ours is named, other than as the beginning of the work tree's own path."""
    return folder in text and folder in text.replace(site.work_tree, "")


def _literal(text: str, name: str, site: Site) -> Iterator[str]:
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        rest = _WORD.match(text, end)
        following = rest[0] if rest else ""
        # /home/ada/widget-2 is another folder.
        if not following or not (following[0].isalnum() or following[0] in "-_."):
            yield from _placed(name + following, site)
        start = text.find(name, end)


def _placed(path: str, site: Site) -> Iterator[str]:
    """Where a path is in the checkout, if it is."""
    path = os.path.normpath(path)
    if _is_below(path, site.work_tree):
        return
    if any(_is_below(path, folder) for folder in site.git_folders):
        yield ""
    for top in (site.checkout, *site.other_names):
        if path in _above(top):
            yield _ABOVE
        elif _is_below(path, top):
            yield path[len(top) + 1 :]


def _above(path: str) -> tuple[str, ...]:
    """The folders around `path`, but for the root: a slash alone says too little."""
    parts = path.split("/")
    return tuple("/".join(parts[:count]) for count in range(2, len(parts)))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _from_the_sign_on(text: str) -> str:
    found = _ROAMS.search(text)
    return text[max(0, found.start() - 40) :] if found else text


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:157]}..."
