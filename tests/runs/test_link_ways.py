"""Where a link leads by way of others."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.runs.link_ways import LONGEST, MOST_HOPS, places


@pytest.mark.parametrize(
    ("path", "target", "links", "found"),
    [
        ("new", "a/b", {}, ("a/b",)),
        ("x/new", "../a/./b//c", {}, ("a/b/c",)),
        ("new", "a/b", {"a": "c"}, ("a/b", "c/b")),
        ("new", "a/b", {"a": "c", "c/b": "../d"}, ("a/b", "c/b", "d")),
        ("new", "a/..", {"a": "c/d"}, (".", "c")),
        ("new", "a", {"a": "."}, ("a", ".")),
        ("new", "..", {}, None),
        ("x/new", "../..", {}, None),
        ("new", "/a", {}, None),
        ("new", "a/b", {"a": "/etc"}, None),
        ("new", "a/b", {"a": ".."}, None),
        ("new", "a/../../b", {"a": "c/d/e"}, None),
        ("new", "a/../b", {"a": "."}, None),
    ],
)
def test_each_link_on_the_way_is_a_place_more(
    path: str, target: str, links: dict[str, str], found: tuple[str, ...] | None
) -> None:
    assert places(path, target, links.get) == found


def test_a_link_in_a_circle_leads_nowhere_and_ends() -> None:
    assert places("new", "a/x", {"a": "b", "b": "a"}.get) == ("a/x", "b/x")
    assert places("new", "new/x", {"new": "new/x"}.get) == ("new/x",)


def test_the_same_link_twice_is_no_circle() -> None:
    assert places("new", "a/a/b", {"a": "."}.get) == ("a/a/b", "a/b", "b")


def test_no_more_links_are_followed_than_an_operating_system_does() -> None:
    asked = []

    def look(path: str) -> str:
        asked.append(path)
        return f"l{len(asked)}"

    found = places("new", "l0", look)

    assert len(asked) == MOST_HOPS
    assert found == tuple(f"l{number}" for number in range(MOST_HOPS + 1))


def test_of_a_way_that_is_too_long_nobody_can_tell() -> None:
    long = "x/../" * (LONGEST // 5)

    none: dict[str, str] = {}

    assert places("new", long + "y", none.get) is not None
    assert places("new", long + "x/../y", none.get) is None
    assert places("new", "a/" + long[:2100], {"a": long[:2100]}.get) is None


_NAMES = st.sampled_from(["a", "b", "c"])
_TARGETS = st.lists(st.sampled_from(["a", "b", "c", "..", "."]), min_size=1, max_size=4).map("/".join)


@settings(deadline=None)
@given(st.dictionaries(_NAMES, _TARGETS, max_size=3), _TARGETS)
def test_the_last_place_is_where_the_operating_system_ends(links: dict[str, str], target: str) -> None:
    with TemporaryDirectory() as folder:
        top = Path(os.path.realpath(folder)) / "top"
        top.mkdir()
        for name in ("a", "b", "c"):
            if name in links:
                (top / name).symlink_to(links[name])
            else:
                (top / name / "a" / "a").mkdir(parents=True)
        (top / "new").symlink_to(target)
        try:
            real = (top / "new").resolve(strict=True)
        except (OSError, RuntimeError):
            return

    found = places("new", target, links.get)

    if found is None:
        assert ".." in target + "".join(links.values())
    else:
        assert found[-1] == real.relative_to(top).as_posix()
