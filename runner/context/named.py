"""Files that a text points at: written paths, stack frames, dotted names, identifiers and file names."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from runner.context.kinds import is_test
from runner.context.paths import PathIndex, plain
from runner.context.query import Query
from runner.context.score import Clues, capped, scaled

Definitions = Mapping[str, Mapping[str, int]]
"""Name -> file that defines it -> how often."""

FRAME_FADE = 0.75
"""What each step up the stack is worth of the one below it."""
COMMON_DEFINITIONS = 60
COMMON_STEMS = 20
"""A name with more homes than this points nowhere."""


def named_clues(query: Query, paths: PathIndex, defined: Definitions, *, files: int) -> Clues:
    """All clues that come from names in the text; `files` is how many are ranked in all."""
    module, qualified = _dotted(query, paths, defined)
    return {
        "path": capped(named_paths(query.paths, paths)),
        "frame": capped(_frames(query.frames, paths)),
        "module": capped(module),
        "qualified": capped(qualified),
        "defines": scaled(_defines(query.identifiers, defined, files)),
        "stem": scaled(_stems(query.identifiers, paths)),
    }


def named_paths(written: Iterable[str], paths: PathIndex) -> dict[str, float]:
    """Files meant by the written paths; a bare file name says less than one with its folder."""
    found: dict[str, float] = {}
    for raw in written:
        depth, files = paths.named(raw)
        for path in files:
            found[path] = max(found.get(path, 0.0), (1.0 if depth > 1 else 0.7) / len(files))
    return found


def _frames(written: tuple[str, ...], paths: PathIndex) -> dict[str, float]:
    """Sources in the stack: the last one counts most, where the error came from."""
    sources: list[str] = []
    for raw in written:
        depth, files = paths.named(raw)
        whole = depth > 1 or ("/" not in raw and "\\" not in raw)
        if whole and files and not is_test(files[0]):
            sources.append(files[0])
    found: dict[str, float] = {}
    for step, path in enumerate(reversed(sources)):
        found.setdefault(path, FRAME_FADE**step)
    return found


def _dotted(
    query: Query, paths: PathIndex, defined: Definitions
) -> tuple[dict[str, float], dict[str, float]]:
    module: dict[str, float] = {}
    qualified: dict[str, float] = {}
    for names in query.dotted:
        depth, files, rest = _module_of(names, paths)
        for path in files:
            _raise(module, path, min(1.0, (depth - 0.5) / 2) / len(files))
            _members(qualified, path, rest, defined)
        _same_home(qualified, names, defined)
    return module, qualified


def _module_of(names: tuple[str, ...], paths: PathIndex) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """The longest beginning of a dotted name that is a file, and the names that are left."""
    for end in range(len(names), 0, -1):
        depth, files = paths.module(names[:end])
        lone = depth == 1 and len(files) <= 2 and len(plain(names[end - 1])) > 3
        if depth >= 2 or lone:
            return depth, files, names[end:]
    return 0, (), ()


def _members(found: dict[str, float], path: str, names: tuple[str, ...], defined: Definitions) -> None:
    """What is left of a dotted name after its module: defined in the file itself, or below its folder."""
    folder = path.rpartition("/")[0] + "/"
    for name in names:
        homes = defined.get(name, {})
        for home in homes:
            if home == path:
                _raise(found, home, 1.0)
            elif home.startswith(folder) and not is_test(home):
                _raise(found, home, 0.8 / math.sqrt(len(homes)))


def _same_home(found: dict[str, float], names: tuple[str, ...], defined: Definitions) -> None:
    """`Class.method` where both are defined in one file, or a few."""
    if len(names) < 2:
        return
    both = sorted(defined.get(names[-2], {}).keys() & defined.get(names[-1], {}).keys())
    if len(both) <= 5:
        for home in both:
            _raise(found, home, 1.0 / math.sqrt(len(both)))


def _defines(identifiers: Mapping[str, float], defined: Definitions, files: int) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, weight in identifiers.items():
        homes = [home for home in defined.get(name, {}) if not is_test(home)]
        if 0 < len(homes) <= COMMON_DEFINITIONS:
            worth = weight * math.log(1 + files / len(homes)) / math.log(1 + files) / math.sqrt(len(homes))
            for home in homes:
                found[home] += worth
    return found


def _stems(identifiers: Mapping[str, float], paths: PathIndex) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, weight in identifiers.items():
        homes = paths.by_stem.get(plain(name), ())
        if 0 < len(homes) <= COMMON_STEMS:
            for home in homes:
                found[home] += weight / math.sqrt(len(homes))
    return found


def _raise(found: dict[str, float], path: str, value: float) -> None:
    found[path] = max(found.get(path, 0.0), value)
