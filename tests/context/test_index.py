"""Counting wanted terms in blobs, and looking paths up."""

from __future__ import annotations

from runner.context.index import count_postings
from runner.context.paths import index_paths
from tests.context.files import MemorySource


def test_terms_are_counted_in_whole_words_and_in_their_parts() -> None:
    blobs = {"b1": b"def renewLease(): renew()\n", "b2": b"lease_lost = RENEW\n", "b3": b"nothing here\n"}

    postings = count_postings(blobs, blobs.__getitem__, wanted=frozenset({"renew", "lease"}))

    assert postings.counts == {"renew": {"b1": 2, "b2": 1}, "lease": {"b1": 1, "b2": 1}}
    assert postings.lengths == {"b1": 3, "b2": 2, "b3": 2}
    assert postings.words[b"renewLease"] == ("renew", "lease")


def test_a_term_inside_of_another_word_is_no_hit() -> None:
    blobs = {"b1": b"released understatement\n"}

    postings = count_postings(blobs, blobs.__getitem__, wanted=frozenset({"lease", "state"}))

    assert postings.counts == {"lease": {}, "state": {}}


def test_identifiers_are_found_in_their_own_case_only() -> None:
    blobs = {"b1": b"RenewLease\n", "b2": b"renewlease\n"}

    postings = count_postings(
        blobs, blobs.__getitem__, wanted=frozenset({"renewlease"}), identifiers=frozenset({"RenewLease"})
    )

    assert postings.spelled == {"RenewLease": frozenset({"b1"})}


def test_words_beyond_ascii_are_counted() -> None:
    blobs = {"b1": "naïve größe 更新租约\n".encode(), "b2": "ΑΒΓ".encode()}

    postings = count_postings(blobs, blobs.__getitem__, wanted=frozenset({"naive", "grosse", "租约", "αβγ"}))

    assert postings.counts == {
        "naive": {"b1": 1},
        "grosse": {"b1": 1},
        "租约": {"b1": 1},
        "αβγ": {"b2": 1},
    }


def test_a_binary_blob_is_not_there() -> None:
    blobs = {"b1": b"lease\0lease"}

    postings = count_postings(blobs, blobs.__getitem__, wanted=frozenset({"lease"}))

    assert postings.lengths == {}
    assert postings.counts == {"lease": {}}


def test_each_blob_is_read_once() -> None:
    source = MemorySource({"a.py": "lease", "b.py": "renew"})

    count_postings([e.blob_id for e in source.entries()], source.read, wanted=frozenset({"lease"}))

    assert sorted(source.reads) == sorted(e.blob_id for e in source.entries())


def test_the_terms_of_a_path_weigh_more_in_the_file_name() -> None:
    index = index_paths(["fleet/lease_renewal.py"])

    assert index.holding["fleet"] == {"fleet/lease_renewal.py": 1}
    assert index.holding["lease"] == {"fleet/lease_renewal.py": 2}


def test_a_written_path_means_the_files_that_share_most_of_its_end() -> None:
    index = index_paths(["src/fleet/lease.py", "src/tasks/lease.py", "lease.py"])

    assert index.named("fleet/lease.py") == (2, ("src/fleet/lease.py",))
    assert index.named("/usr/lib/python3/src/Fleet/lease.py") == (3, ("src/fleet/lease.py",))
    assert index.named("lease.py") == (1, ("lease.py", "src/fleet/lease.py", "src/tasks/lease.py"))
    assert index.named(r"fleet\lease.py")[1] == ("src/fleet/lease.py",)
    assert index.named("other.py") == (0, ())
    assert index.named("../..") == (0, ())


def test_a_dotted_name_means_a_module() -> None:
    index = index_paths(["src/fleet/lease.py", "src/fleet/__init__.py", "web/index.ts", "Makefile"])

    assert index.module(("fleet", "lease")) == (2, ("src/fleet/lease.py",))
    assert index.module(("src", "Fleet")) == (2, ("src/fleet/__init__.py",))
    assert index.module(("web",)) == (1, ("web/index.ts",))
    assert index.module(("gone",)) == (0, ())
    assert index.module(()) == (0, ())
