"""The paths of a tree, taken apart once: their terms, and which files a name in a text can mean."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.context.terms import terms

_FOLDER_STEMS = frozenset({"__init__", "index", "mod", "main", "lib"})
"""Files that go by the name of their folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathIndex:
    """Look-ups over all ranked paths."""

    holding: Mapping[str, Mapping[str, int]]
    """Term -> path -> weight: two for the file's own name, one for a folder."""
    components: Mapping[str, tuple[str, ...]]
    """Path -> folders and stem, each without case, `_` and `-`."""
    by_name: Mapping[str, tuple[str, ...]]
    """Lower-cased file name -> paths."""
    by_stem: Mapping[str, tuple[str, ...]]
    """Last component -> paths."""

    def named(self, raw: str) -> tuple[int, tuple[str, ...]]:
        """How many trailing parts of a written path agree at best, and the paths where they do; (0, ()) for none."""
        parts = tuple(
            part for part in raw.replace("\\", "/").lower().split("/") if part not in {"", ".", ".."}
        )
        if not parts:
            return 0, ()
        candidates = self.by_name.get(parts[-1], ())
        return _best(parts, {path: tuple(path.lower().split("/")) for path in candidates})

    def module(self, names: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """The same for the parts of a dotted name, `a.b.c` for `src/a/b/c.py`."""
        wanted = tuple(plain(name) for name in names)
        candidates = self.by_stem.get(wanted[-1], ()) if wanted else ()
        return _best(wanted, {path: self.components[path] for path in candidates})


def plain(name: str) -> str:
    """A name without case, underscores and dashes."""
    return name.lower().replace("_", "").replace("-", "")


def index_paths(paths: Iterable[str]) -> PathIndex:
    """Take all paths apart."""
    by_name: dict[str, list[str]] = defaultdict(list)
    by_stem: dict[str, list[str]] = defaultdict(list)
    holding: dict[str, dict[str, int]] = defaultdict(dict)
    components: dict[str, tuple[str, ...]] = {}
    for path in sorted(paths):
        *folders, name = path.split("/")
        stem = name.rpartition(".")[0] or name
        for term, count in Counter(terms(" ".join(folders)) + 2 * terms(stem)).items():
            holding[term][path] = count
        own = folders if folders and stem in _FOLDER_STEMS else [*folders, stem]
        components[path] = tuple(plain(part) for part in own)
        by_name[name.lower()].append(path)
        by_stem[components[path][-1]].append(path)
    return PathIndex(
        holding=holding, components=components, by_name=_frozen(by_name), by_stem=_frozen(by_stem)
    )


def _frozen(lists: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(paths) for name, paths in lists.items()}


def _best(wanted: tuple[str, ...], candidates: Mapping[str, tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    depths = {path: _common_tail(wanted, parts) for path, parts in candidates.items()}
    deepest = max(depths.values(), default=0)
    return deepest, tuple(path for path, depth in depths.items() if depth == deepest) if deepest else ()


def _common_tail(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    depth = 0
    while depth < min(len(left), len(right)) and left[-1 - depth] == right[-1 - depth]:
        depth += 1
    return depth
