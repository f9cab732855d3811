"""What people do with branch and pull request while a run is dead or slow: nothing comes back or is made twice."""

from __future__ import annotations

import json

import pytest

from tests.faults.scene import Scene
from tests.faults.slow_acts import slow
from tests.peers.github import Trouble
from tests.support.git import Sandbox

BRANCH = "fix/T-1-fix-add"
PUSHED, OPENED = "after:push done=1", "after:pull_request done=1"


def merge_by_hand(scene: Scene) -> None:
    """A person opens a pull request of the branch, squashes it into main, and deletes the branch."""
    scene.github.state.open_pull(head=BRANCH, title="By hand")
    merge(scene)


def merge(scene: Scene) -> None:
    (pull,) = scene.github.pulls
    scene.github.state.end_pull(pull, "MERGED", squashed=True, delete=True)


def delete_branch(scene: Scene) -> None:
    Sandbox(scene.github.state.origin).git("update-ref", "-d", f"refs/heads/{BRANCH}")


def claim_again(scene: Scene) -> dict[str, object]:
    """The report of the claim that goes on."""
    report = json.loads(scene.run("claim", "--json").out)
    assert isinstance(report, dict)
    return report


def ended_once(scene: Scene, *, pulls: int = 1) -> None:
    found = scene.found()
    assert (found.branches, found.pulls) == ((), pulls)
    assert (found.status, found.completions, found.unfinished, found.leftovers) == ("completed", 1, 0, ())


def test_one_that_was_merged_by_hand_right_after_the_push_is_the_runs_and_none_is_opened(
    scene: Scene,
) -> None:
    with slow(scene, "push done") as gate:
        claim = scene.start("claim", "--json")
        gate.wait()
        merge_by_hand(scene)
        gate.open()
        out, err = claim.communicate(timeout=120)

    assert claim.returncode == 0, err
    assert json.loads(out)["pull_request"] == scene.github.pulls[0].url
    assert "was merged already" in " ".join(json.loads(out)["warnings"])
    ended_once(scene)


@pytest.mark.quick
@pytest.mark.parametrize(
    "people",
    [pytest.param(delete_branch, marks=pytest.mark.long), merge],
    ids=["deleted the branch", "merged it"],
)
def test_after_the_pull_request_nothing_is_pushed_or_opened_again(scene: Scene, people: object) -> None:
    assert callable(people)
    scene.run("claim", place=OPENED, code=-9)
    people(scene)
    asked = len(scene.github.operations)

    report = claim_again(scene)

    assert (report["outcome"], report["pull_request"]) == ("done", scene.github.pulls[0].url)
    assert scene.github.operations[asked:] == []
    ended_once(scene)


@pytest.mark.long
def test_one_that_was_opened_but_not_noted_and_merged_since_is_found_and_nothing_pushed(scene: Scene) -> None:
    with slow(scene, "gh pr create done") as gate:
        claim = scene.start("claim")
        gate.wait()
        claim.kill()
        claim.communicate()
        merge(scene)

        report = claim_again(scene)

    assert report["pull_request"] == scene.github.pulls[0].url
    ended_once(scene)


@pytest.mark.long
@pytest.mark.parametrize("place", [PUSHED, "before:push done=1"])
def test_what_was_merged_by_hand_after_a_kill_is_not_pushed_again(scene: Scene, place: str) -> None:
    scene.run("claim", place=place, code=-9)
    merge_by_hand(scene)

    report = claim_again(scene)

    assert report["pull_request"] == scene.github.pulls[0].url
    assert "was merged already" in str(report["warnings"])
    ended_once(scene)


def test_what_was_closed_by_hand_after_a_kill_is_a_question_and_nothing_comes_back(scene: Scene) -> None:
    scene.run("claim", place="after:pull_request begun=1", code=-9)
    pull = scene.github.state.open_pull(head=BRANCH, title="By hand")
    scene.github.state.end_pull(pull, "CLOSED", delete=True)

    scene.run("claim", code=1)

    assert f"a person closed {pull.url}" in scene.task().question
    assert "`runner requeue T-1` starts afresh" in scene.task().question
    assert (scene.found().branches, scene.found().pulls) == ((), 1)


@pytest.mark.long
def test_a_warning_of_the_killed_process_is_in_the_report(scene: Scene) -> None:
    with slow(scene, "push done") as gate:
        claim = scene.start("claim", place=OPENED)
        gate.wait()
        merge_by_hand(scene)
        gate.open()
        claim.communicate(timeout=120)

    report = claim_again(scene)

    assert "was merged already" in str(report["warnings"])
    ended_once(scene)


@pytest.mark.long
def test_a_branch_that_was_only_pushed_comes_back_for_its_pull_request(scene: Scene) -> None:
    scene.run("claim", place=PUSHED, code=-9)
    delete_branch(scene)

    claim_again(scene)

    assert (scene.found().branches, scene.found().pulls) == ((BRANCH,), 1)


@pytest.mark.long
def test_without_a_pull_request_the_push_is_the_end_of_the_delivery(scene: Scene) -> None:
    scene.run("claim", "--no-pr", place=PUSHED, code=-9)
    delete_branch(scene)

    report = claim_again(scene)

    assert (report["outcome"], report["pull_request"]) == ("done", None)
    ended_once(scene, pulls=0)


@pytest.mark.long
def test_nothing_is_pushed_again_while_nobody_can_tell_what_people_did(scene: Scene) -> None:
    scene.run("claim", place=PUSHED, code=-9)
    merge_by_hand(scene)
    scene.github.trouble(Trouble.RESET, operation="PullRequestList", times=None)

    (run_id,) = scene.unfinished()
    waits = scene.run("resume", run_id, code=5)
    meanwhile = scene.found()
    scene.github.troubles_end()
    scene.run("resume", run_id)

    assert f"could not look what became of {BRANCH}" in waits.err
    assert (meanwhile.branches, meanwhile.unfinished) == ((), 1)
    ended_once(scene)
