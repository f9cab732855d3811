"""Which settings a private clone takes over, and how they are written."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.git.config import CONTENT, DELIVERY, Entry, carried, parse_entries, promises, render, structure
from tests.support.git import Sandbox

GLOBAL, LOCAL, WORK = "file:/home/ada/.gitconfig", "file:.git/config", "file:/home/ada/work.inc"


def _entry(key: str, value: str, origin: str = LOCAL, scope: str = "local") -> Entry:
    return Entry(scope=scope, origin=origin, key=key, value=value)


def _as_is(value: str) -> str:
    return value


def test_git_s_listing_is_parsed() -> None:
    listed = b"global\0file:/x\0user.name\nAda\nL.\0local\0file:.git/config\0core.bare\0"

    assert parse_entries(listed) == (
        Entry(scope="global", origin="file:/x", key="user.name", value="Ada\nL."),
        Entry(scope="local", origin="file:.git/config", key="core.bare", value="true"),
    )
    assert parse_entries(b"") == ()


def test_the_last_of_several_values_is_carried() -> None:
    developer = [
        _entry("user.name", "Work", WORK),
        _entry("user.name", "Home", GLOBAL),
        _entry("core.eol", "lf"),
    ]

    assert carried(developer, [], wanted=CONTENT, absolute=_as_is) == (
        ("user.name", "Home"),
        ("core.eol", "lf"),
    )


def test_what_the_clone_reads_anyway_is_not_carried() -> None:
    developer = [_entry("user.name", "Ada", GLOBAL), _entry("credential.helper", "store", GLOBAL)]

    assert carried(developer, developer, wanted=CONTENT, absolute=_as_is) == ()
    assert carried(developer, developer, wanted=DELIVERY, absolute=_as_is) == ()


def test_every_value_of_a_list_is_carried_once_and_in_order() -> None:
    seen = [_entry("http.extraheader", "A: 1", GLOBAL), _entry("credential.helper", "store", GLOBAL)]
    developer = [
        *seen,
        _entry("credential.helper", "", LOCAL),
        _entry("credential.https://x.helper", "gh", LOCAL),
        _entry("http.https://x/.extraheader", "B: 2", LOCAL),
    ]

    assert carried(developer, seen, wanted=DELIVERY, absolute=_as_is) == (
        ("credential.helper", ""),
        ("credential.https://x.helper", "gh"),
        ("http.https://x/.extraheader", "B: 2"),
    )


def test_credentials_and_signing_are_not_written_into_the_clone() -> None:
    for key in (
        "credential.helper",
        "http.x.extraheader",
        "url.a.insteadof",
        "user.signingkey",
        "remote.origin.url",
    ):
        assert DELIVERY.fullmatch(key)
        assert not CONTENT.fullmatch(key)
    for key in (
        "core.hookspath",
        "core.fsmonitor",
        "core.worktree",
        "alias.x",
        "include.path",
        "remote.origin.fetch",
    ):
        assert not DELIVERY.fullmatch(key)
        assert not CONTENT.fullmatch(key)


def test_paths_are_meant_from_the_checkout() -> None:
    developer = [_entry("core.excludesfile", "ignore"), _entry("user.name", "ignore")]

    found = carried(developer, [], wanted=CONTENT, absolute=lambda value: f"/top/{value}")

    assert found == (("core.excludesfile", "/top/ignore"), ("user.name", "ignore"))


def test_of_the_clone_s_own_settings_only_harmless_ones_stay() -> None:
    own = [
        _entry("core.filemode", "false"),
        _entry("extensions.objectformat", "sha256"),
        _entry("core.sshcommand", "evil"),
        _entry("include.path", "evil"),
        _entry("filter.x.clean", "evil"),
    ]

    assert structure(own) == (("core.filemode", "false"), ("extensions.objectformat", "sha256"))


def test_a_partial_clone_knows_where_the_rest_is() -> None:
    developer = [
        _entry("remote.origin.url", "https://x/y"),
        _entry("remote.origin.promisor", "true"),
        _entry("remote.origin.partialclonefilter", "blob:none"),
        _entry("remote.other.promisor", "false"),
    ]

    assert promises(developer) == (
        ("remote.origin.url", "https://x/y"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialclonefilter", "blob:none"),
        ("extensions.partialclone", "origin"),
    )
    assert promises(developer[:1]) == ()


_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=30)
_SUBSECTION = _TEXT.filter(lambda text: "\n" not in text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_SUBSECTION, _TEXT), max_size=5))
def test_git_reads_back_what_is_written(
    repository: Sandbox, tmp_path: Path, values: list[tuple[str, str]]
) -> None:
    pairs = tuple((f"url.{subsection}.insteadof", value) for subsection, value in values)
    (tmp_path / "config").write_bytes(render((*pairs, ("core.eol", "lf"))))

    listed = repository.git(
        "config", "--file", str(tmp_path / "config"), "--list", "-z", "--show-scope", "--show-origin"
    )

    assert [(entry.key, entry.value) for entry in parse_entries(listed.encode())] == [
        *pairs,
        ("core.eol", "lf"),
    ]
