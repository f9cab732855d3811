"""Where a symbolic link of a repository leads, also by way of the other links that it has; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

MOST_HOPS = 40
"""As many as Linux goes; a link that needs more leads nowhere, like one in a circle."""
LONGEST = 4096
"""No system follows a link that is longer."""

_OUT = ("..", "/")
"""To go up from the top is to follow a link out of the repository."""

Look = Callable[[str], str | None]
"""What the link at this path of the repository says; None where no link is."""


def places(path: str, target: str, look: Look) -> tuple[str, ...] | None:
    """Every place that the new link at `path` stands for: as it is written, and as each link on the way changes that.

    None when it leaves the repository, or nobody can tell because the way is too long. `.` is the repository's top.
    """
    found = tuple(dict.fromkeys(_way(path, target, look)))
    return None if None in found else tuple(place for place in found if place is not None)


def _way(path: str, target: str, look: Look) -> Iterator[str | None]:
    """One after another; None is outside."""
    here = posixpath.dirname(path)
    yield _place(here, target)
    done, ahead = _parts(here), _steps(path, target)
    for _ in range(MOST_HOPS):
        link = _next_link(done, ahead, look)
        if link is None:
            yield "/".join(done) or "."
            return
        if f"/{link[0]}" in ahead:
            return
        ahead += _steps(*link)
        rest = "/".join(part for part in reversed(ahead) if not part.startswith("/"))
        place = None if link[1].startswith("/") else _place("/".join(done), rest)
        yield place
        if place is None:
            return


def _next_link(done: list[str], ahead: list[str], look: Look) -> tuple[str, str] | None:
    """Go on until there is a link, without it in `done`; None at the end of the way."""
    while ahead:
        part = ahead.pop()
        if part.startswith("/"):
            continue
        if part == "..":
            if not done:
                return _OUT
            done.pop()
            continue
        done.append(part)
        says = look("/".join(done))
        if says is not None:
            link = "/".join(done)
            done.pop()
            return link, says
    return None


def _steps(link: str, target: str) -> list[str]:
    """The parts of a link's target, last first; the mark with a slash below them ends the following of this link."""
    return [f"/{link}", *reversed(_parts(target))]


def _place(folder: str, target: str) -> str | None:
    place = posixpath.normpath(posixpath.join(folder, target))
    out = target.startswith("/") or place == ".." or place.startswith("../")
    return None if out or len(target) > LONGEST else place


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
