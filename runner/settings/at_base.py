"""A repository's own words as they are where a run starts, beside those in the checkout; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.settings.key import shown_key
from runner.settings.load import Configuration

MOST_NAMES = 6


def ignored_for_want_of_trust(configuration: Configuration) -> tuple[str, ...]:
    """The keys, and the files of prompts, that the repository has and that are not followed; () for none."""
    project = configuration.project
    if project is None or configuration.verdict.trusted:
        return ()
    return (*configuration.left_out, *project.prompt_files)


def base_warnings(
    there: Configuration, here: Configuration, *, place: str, rev: str, fetched: bool
) -> Iterator[str]:
    """What a developer would not expect of a run that starts at `place`, whose commit is `rev`; at most two lines.

    `here` is the checkout. `fetched` says that the checkout knows the commit already.
    """
    ignored = ignored_for_want_of_trust(there)
    differing = _differing(there, here)
    if ignored:
        files = list(map(shown_key, there.verdict.files))
        remedy = _remedy(files[0], rev, fetched=fetched) if differing else there.verdict.hint
        yield (
            f"{place}: {_listed(ignored)} {_is(ignored)} ignored, because {_listed(files)} "
            f"{_is(files)} not trusted as {'it stands' if len(files) == 1 else 'they stand'} there; {remedy}"
        )
    if differing:
        yield (
            f"{_listed(differing)} {_is(differing)} not the same here as in {place}, where the run starts: "
            "what is committed there holds"
        )


def _differing(there: Configuration, here: Configuration) -> tuple[str, ...]:
    one = there.project.contents if there.project else {}
    other = here.project.contents if here.project else {}
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))


def _remedy(file: str, rev: str, *, fetched: bool) -> str:
    first = "" if fetched else "run `git fetch`, "
    return f"{first}look at `git show {rev}:{file}`, then run `runner trust --rev {rev}`"


def _listed(names: Sequence[str]) -> str:
    shown = [shown_key(name) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMES} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
