"""What is different in a checkout between two moments: pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from runner.git.fingerprint import INDEX, FileFacts, Fingerprint
from runner.visible import visible_line

WORDS_LIMIT = 300
_LONG_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


class Kind(StrEnum):
    """Which part of the checkout a difference is in."""

    HEAD = "HEAD"
    INDEX = "index"
    FILE = "file"
    FOLDER = "ignored folder"
    REF = "ref"
    REMOTE = "remote ref"
    STASH = "stash"
    SETTING = "git setting"
    LOG = "reflog"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was."""

    kind: Kind
    name: str
    """The path, ref or file that it is about."""
    before: str
    """Empty: it was not there."""
    after: str
    """Empty: it is gone."""
    grave: bool = False
    """Something is lost that was nowhere else, or git was told to act differently."""

    def told(self) -> str:
        """One line for people; a name may have been chosen to confuse a terminal."""
        what = f"{self.kind.value} {self.name}"
        if not self.before:
            words = f"{what} is new"
        elif not self.after:
            words = f"{what} is gone"
        else:
            words = f"{what}: {self.before} became {self.after}"
        return visible_line(words, WORDS_LIMIT)


def compare(before: Fingerprint, after: Fingerprint) -> tuple[Difference, ...]:
    """All differences, in the order in which a person would want to know; () when the checkout is as it was."""
    return (
        *_head(before, after),
        *_stash(before.stash, after.stash),
        *_refs(before.refs, after.refs),
        *_index(before, after),
        *_files(before, after),
        *_folders(before, after),
        *_settings(before.settings, after.settings),
        *_store(before, after),
        *_each(Kind.REMOTE, before.remotes, after.remotes),
    )


def _head(before: Fingerprint, after: Fingerprint) -> Iterator[Difference]:
    if before.head != after.head:
        was, is_ = (found.head or f"detached at {found.commit[:12]}" for found in (before, after))
        yield Difference(kind=Kind.HEAD, name="HEAD", before=was, after=is_)
    elif not before.head and before.commit != after.commit:
        yield Difference(kind=Kind.HEAD, name="HEAD", before=before.commit, after=after.commit)


def _stash(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Difference]:
    for number, entry in enumerate(before):
        if entry not in after:
            yield Difference(kind=Kind.STASH, name=f"stash@{{{number}}}", before=entry, after="", grave=True)
    for number, entry in enumerate(after):
        if entry not in before:
            yield Difference(kind=Kind.STASH, name=f"stash@{{{number}}}", before="", after=entry)


def _refs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    # The stash has its own lines: one for each entry.
    kept = ({name: id_ for name, id_ in refs.items() if name != "refs/stash"} for refs in (before, after))
    for found in _each(Kind.REF, *kept):
        yield found if found.after else _grave(found)


def _index(before: Fingerprint, after: Fingerprint) -> Iterator[Difference]:
    """What was staged. Where the commit is another, the rest of the index is with it."""
    for found in _each(Kind.INDEX, before.staged, after.staged):
        # What is committed now is no longer staged, and that is no loss.
        lost = not found.after and before.commit == after.commit
        yield _grave(found) if lost else found


def _files(before: Fingerprint, after: Fingerprint) -> Iterator[Difference]:
    for path in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(path), after.files.get(path)
        if old is not None and new is not None and _is_same(path, old, new, before, after):
            continue
        if (old or new) and not _is_told_as_folder(path, old, new, before, after):
            yield Difference(
                kind=Kind.FILE,
                name=path,
                before=_file_words(old),
                after=_file_words(new),
                grave=_is_lost(
                    old, new, staged=path in before.staged, same_commit=before.commit == after.commit
                ),
            )


def _is_told_as_folder(
    path: str, old: FileFacts | None, new: FileFacts | None, before: Fingerprint, after: Fingerprint
) -> bool:
    """Files of an ignored folder that grew or shrank over the limit: they are part of the folder's own line."""
    other = after.folders if new is None else before.folders if old is None else {}
    return any(path.startswith(folder) for folder in other)


def _is_same(path: str, old: FileFacts, new: FileFacts, before: Fingerprint, after: Fingerprint) -> bool:
    if old[:5] == new[:5] and old.link == new.link:
        return True
    if old.mode != new.mode or old.link != new.link:
        return False
    if old.link:
        return True
    if old.content == INDEX:
        same_index = before.commit == after.commit and before.staged.get(path) == after.staged.get(path)
        return new.content == INDEX and same_index
    return bool(old.content) and old.content == new.content


def _is_lost(old: FileFacts | None, new: FileFacts | None, *, staged: bool, same_commit: bool) -> bool:
    """Unsaved work is gone, and not because it was edited further or committed."""
    if old is None or (old.kind == "tracked" and not staged):
        return False
    return new is None or (old.kind != "tracked" and new.kind == "tracked" and same_commit)


def _file_words(facts: FileFacts | None) -> str:
    if facts is None:
        return ""
    if facts.link:
        return f"a link to {facts.link}"
    known = f", {facts.content[:12]}" if facts.content not in ("", INDEX) else ""
    return f"{facts.kind}, mode {facts.mode & 0o7777:o}, {facts.size_bytes} bytes{known}"


def _folders(before: Fingerprint, after: Fingerprint) -> Iterator[Difference]:
    for path in sorted(before.folders.keys() | after.folders.keys()):
        old, new = before.folders.get(path), after.folders.get(path)
        if old != new:
            words = (
                "" if found is None else f"{found.files} files, {found.size_bytes} bytes"
                for found in (old, new)
            )
            was, is_ = words
            is_there = bool(new) or any(name.startswith(path) for name in after.files)
            if old is not None and new is None and is_there:
                is_ = "fewer files"
            yield Difference(
                kind=Kind.FOLDER, name=path, before=was, after=is_, grave=old is not None and not is_there
            )


def _settings(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for found in _each(Kind.SETTING, before, after):
        was, is_ = (_LONG_HASH.sub(r"\1", words) for words in (found.before, found.after))
        shown = (was, is_) if was != is_ else (found.before, found.after)
        yield Difference(kind=found.kind, name=found.name, before=shown[0], after=shown[1], grave=True)


def _store(before: Fingerprint, after: Fingerprint) -> Iterator[Difference]:
    """Objects may come, and many may be packed into one; but none gets shorter, and none goes without a new pack."""
    for name, size in before.logs.items():
        if after.logs.get(name, 0) < size:
            is_ = f"{after.logs.get(name, 0)} bytes"
            yield Difference(kind=Kind.LOG, name=name, before=f"{size} bytes", after=is_, grave=True)
    packed_anew = bool(after.packs.keys() - before.packs.keys())
    for name, size in before.packs.items():
        now = after.packs.get(name)
        if now != size and (now is not None or not packed_anew):
            is_ = "" if now is None else f"{now} bytes"
            yield Difference(
                kind=Kind.OBJECTS, name=f"pack/{name}", before=f"{size} bytes", after=is_, grave=True
            )
    for name, (count, size) in before.loose.items():
        now_count, now_size = after.loose.get(name, (0, 0))
        if (now_count < count and not packed_anew) or (now_count >= count and now_size < size):
            was, is_ = (
                f"{many} objects, {bytes_} bytes" for many, bytes_ in ((count, size), (now_count, now_size))
            )
            yield Difference(kind=Kind.OBJECTS, name=name, before=was, after=is_, grave=True)


def _each(kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Difference(kind=kind, name=name, before=before.get(name, ""), after=after.get(name, ""))


def _grave(found: Difference) -> Difference:
    return Difference(kind=found.kind, name=found.name, before=found.before, after=found.after, grave=True)
