"""The fault table of the forge, held against the real gh; run with `-s` to see what is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runner.errors import GhFailed
from tests.faults.forge_table import FAULTS, NEW, Fault, forge_of, row_of
from tests.peers.github import GitHub, Trouble
from tests.support.branches import bare_with_branches
from tests.support.needs import needs_program

FINE, LATER, REFUSED, REJECTED = "fine", "later", "refused", "rejected"

# what goes wrong: (check before the work, opening, tries, pull requests on the server)
EXPECTED = {
    "nothing": (FINE, "opened", 1, 1),
    "it is open already": (FINE, "adopted", 1, 1),
    "reply of `gh pr create` lost": (FINE, "adopted", 1, 1),
    "the same, and no list to be had": (FINE, "adopted", 2, 1),
    "502 once": (FINE, "opened", 2, 1),
    "502 once, at the creation": (FINE, "opened", 2, 1),
    "502 always": (LATER, LATER, 2, 0),
    "connection cut once": (FINE, "opened", 2, 1),
    "label refused after the creation": (FINE, "opened", 1, 1),
    "the hour's requests are spent": ("later, in 30 min", "later, in 30 min", 1, 0),
    "the same, as a GraphQL error": (FINE, "later, in 30 min", 1, 0),
    "too fast (secondary limit)": ("later, in 1.5 min", "later, in 1.5 min", 1, 0),
    "no right to write": (REFUSED, REFUSED, 1, 0),
    "repository not seen": (REFUSED, REFUSED, 1, 0),
    "single sign-on wanted": (REFUSED, REFUSED, 1, 0),
    "not signed in": (REFUSED, REFUSED, 1, 0),
    "token refused (401)": (REFUSED, REFUSED, 1, 0),
    "no network": (LATER, LATER, 2, 0),
    "no answer": (LATER, LATER, 1, 0),
    "a sign-in page instead": (LATER, LATER, 1, 0),
    "no gh": (REFUSED, REFUSED, 1, 0),
    "base branch missing": (FINE, REJECTED, 1, 0),
    "branch not pushed": (FINE, REJECTED, 1, 0),
    "nothing to merge": (FINE, REJECTED, 1, 0),
}
SAYS_NOTHING = (
    *("nothing", "it is open already", "502 once", "502 once, at the creation", "connection cut once"),
)


def test_the_table_is_whole() -> None:
    assert [fault.name for fault in FAULTS] == list(EXPECTED)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_the_row_of_the_table(fault: Fault, tmp_path: Path) -> None:
    needs_program("gh")

    row = row_of(fault, tmp_path)

    sys.stdout.write(f"\n{fault.name}: {row}\n")
    assert (row.check, row.opening, row.tries, row.pulls) == EXPECTED[fault.name]
    assert (row.message == "") == (fault.name in SAYS_NOTHING)


def test_a_lost_reply_and_then_no_network_at_all_makes_one_pull_request_in_the_end(tmp_path: Path) -> None:
    needs_program("gh")
    with GitHub(bare_with_branches(tmp_path / "origin.git").path) as github:
        forge = forge_of(github, Fault(name=""))
        github.trouble(Trouble.LOST_REPLY, operation="PullRequestCreate")
        github.trouble(Trouble.RESET, operation="PullRequestList", times=2)
        github.trouble(Trouble.RESET, operation="RepositoryInfo", after=1)

        with pytest.raises(GhFailed) as caught:
            forge.open_pull_request(NEW)
        again = forge.open_pull_request(NEW)

        assert caught.value.kind == "later"
        assert again.adopted
        assert again.warnings == ()
        assert [(pull.title, pull.labels) for pull in github.pulls] == [("Fix the clock", ["bug"])]
