"""What is read out of a text."""

from __future__ import annotations

import pytest

from runner.context.query import LONGEST_CHARS, code_terms, read_query

TRACE = """Renewal fails
Traceback (most recent call last):
  File "/srv/app/runner/fleet/lease.py", line 12, in renew
    raise LeaseLost(task)
  File "/srv/app/runner/tasks/engine.py", line 3, in claim
"""


def test_paths_are_read_with_and_without_folders() -> None:
    query = read_query("Broken\nSee runner/fleet/lease.py and `engine.go`, not http://x.org or e.g. this.")

    assert "runner/fleet/lease.py" in query.paths
    assert "engine.go" in query.paths


def test_frames_are_read_in_their_order() -> None:
    query = read_query(TRACE)

    assert query.frames == ("/srv/app/runner/fleet/lease.py", "/srv/app/runner/tasks/engine.py")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    at renew (/srv/app/src/lease.js:10:5)", "/srv/app/src/lease.js"),
        ("    at Object.<anonymous> (src/lease.ts:1:2)", "src/lease.ts"),
        ("panic: fleet/lease.go:42 +0x1", "fleet/lease.go"),
        ("lib/lease.rb:7:in `renew'", "lib/lease.rb"),
        ("src/lease.c:90: warning", "src/lease.c"),
    ],
)
def test_frames_of_several_languages_are_read(line: str, expected: str) -> None:
    assert read_query(f"Crash\n{line}").frames == (expected,)


def test_dotted_names_are_read_in_parts() -> None:
    query = read_query("x\nfleet.lease.Lease and Lease::renew and Fleet\\Lease and lease->fence")

    assert ("fleet", "lease", "Lease") in query.dotted
    assert ("Lease", "renew") in query.dotted
    assert ("Fleet", "Lease") in query.dotted
    assert ("lease", "fence") in query.dotted


def test_names_that_look_like_code_weigh_more() -> None:
    found = read_query("about renewals\nrenew_lease Lease plain `ticked`").identifiers

    assert found["renew_lease"] == 1.0
    assert found["Lease"] == 0.6
    assert found["plain"] == 0.25
    assert found["ticked"] == pytest.approx(0.9)
    assert found["renewals"] == 0.5


def test_a_stop_word_between_backticks_is_a_name() -> None:
    assert "run" in read_query("x\ncall `run` now").identifiers
    assert "run" not in read_query("x\ncall run now").identifiers


def test_code_terms_are_the_names_of_several_parts() -> None:
    query = read_query("x\nrenewLease lease_lost lease")

    assert set(code_terms(query)) == {"renewlease", "lease_lost"}


def test_prose_leaves_fenced_code_out() -> None:
    query = read_query("Title\nrenewal stalls\n```\npip freeze numpy\n```\nalways sometimes")

    assert "renewal" in query.prose
    assert "numpy" not in query.prose
    assert "numpy" in query.weights


def test_an_empty_text_has_nothing() -> None:
    query = read_query("")

    assert not query.weights
    assert (query.paths, query.frames, query.dotted) == ((), (), ())


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    query = read_query("title\n" + "filler " * (LONGEST_CHARS // 7) + " lastword")

    assert "lastword" not in query.weights


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["a/", "a.", "at ", "`", "```", "/", "::", 'File "', "a->"])
def test_a_hostile_text_does_not_take_for_ever(piece: str) -> None:
    assert read_query(piece * 40_000) is not None
