"""What every forge must do about pull requests that a person closed or merged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import GhFailed
from runner.forge.protocol import Asked, Forge, PullRequest
from tests.forge.contract import RUN, Look, wanted

End = Callable[[str], None]
"""A person closes (`CLOSED`) or merges (`MERGED`) the newest pull request."""

ByHand = Callable[[str], tuple[str, str]]
"""A person opens a pull request of `feat/x` into this base; its address, and the id of the branch's newest commit."""


class EndingContract:
    """Where people can close and merge: what a run that was cut off does about its own."""

    def test_one_that_was_merged_is_told_and_none_is_opened(self, forge: Forge, look: Look, end: End) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))
        end("MERGED")

        again = forge.open_pull_request(wanted(run_id=RUN))

        assert again == PullRequest(url=first.url, adopted=True, state="merged")
        assert len(look()) == 1

    def test_one_that_was_closed_is_refused_with_a_way_out(self, forge: Forge, look: Look, end: End) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")

        with pytest.raises(GhFailed) as caught:
            forge.open_pull_request(wanted(run_id=RUN))

        assert str(caught.value) == f"a person closed {first.url}"
        assert caught.value.kind == "rejected"
        assert caught.value.hint == "reopen it, or requeue the task to start afresh"
        assert len(look()) == 1

    def test_the_way_out_names_the_task(self, forge: Forge, end: End) -> None:
        forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")

        with pytest.raises(GhFailed) as caught:
            forge.find_merged(wanted(run_id=RUN, task_id="T-7"))

        assert caught.value.hint == "reopen it, or `runner requeue T-7` starts afresh"

    def test_what_another_run_had_ended_is_no_reason_not_to_open_one(
        self, forge: Forge, look: Look, end: End
    ) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")

        second = forge.open_pull_request(wanted(run_id="r-2"))

        assert second.url != first.url
        assert not second.adopted
        assert len(look()) == 2

    def test_the_run_that_adopted_it_last_is_the_one_that_finds_it(self, forge: Forge, end: End) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))
        forge.open_pull_request(wanted(run_id="r-2"))
        end("MERGED")

        again = forge.open_pull_request(wanted(run_id="r-2"))

        assert (again.url, again.state) == (first.url, "merged")

    def test_an_open_one_is_adopted_whatever_was_closed_before(
        self, forge: Forge, look: Look, end: End
    ) -> None:
        forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")
        second = forge.open_pull_request(wanted())

        again = forge.open_pull_request(wanted(run_id=RUN))

        assert again == PullRequest(url=second.url, adopted=True)
        assert len(look()) == 2

    def test_by_hand_a_new_one_is_opened_after_one_that_was_closed(
        self, forge: Forge, look: Look, end: End
    ) -> None:
        forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")

        second = forge.open_pull_request(wanted(run_id=RUN, asked=Asked()))

        assert not second.adopted
        assert len(look()) == 2

    def test_a_persons_that_brought_the_pushed_commit_is_the_runs_when_it_is_merged(
        self, forge: Forge, look: Look, end: End, by_hand: ByHand
    ) -> None:
        url, commit_id = by_hand("main")
        end("MERGED")

        found = forge.open_pull_request(wanted(run_id=RUN, commit_id=commit_id))

        assert found == PullRequest(url=url, adopted=True, state="merged")
        assert len(look()) == 1

    def test_a_persons_that_brought_another_commit_is_not(
        self, forge: Forge, look: Look, end: End, by_hand: ByHand
    ) -> None:
        by_hand("main")
        end("MERGED")

        opened = forge.open_pull_request(wanted(run_id=RUN, commit_id="f" * 40))

        assert not opened.adopted
        assert len(look()) == 2

    def test_a_persons_into_another_base_is_not(
        self, forge: Forge, look: Look, end: End, by_hand: ByHand
    ) -> None:
        _, commit_id = by_hand("next")
        end("MERGED")

        opened = forge.open_pull_request(wanted(run_id=RUN, commit_id=commit_id))

        assert not opened.adopted
        assert len(look()) == 2

    def test_a_persons_of_the_pushed_commit_that_was_closed_is_as_good_as_its_own(
        self, forge: Forge, look: Look, end: End, by_hand: ByHand
    ) -> None:
        url, commit_id = by_hand("main")
        end("CLOSED")

        for ask in (forge.open_pull_request, forge.find_merged):
            with pytest.raises(GhFailed, match="a person closed") as caught:
                ask(wanted(run_id=RUN, commit_id=commit_id))
            assert url in str(caught.value)

        assert len(look()) == 1

    @pytest.mark.parametrize(("base", "pushed"), [("main", "f" * 40), ("next", "")])
    def test_a_persons_of_something_else_that_was_closed_keeps_nobody_from_opening_one(
        self, forge: Forge, look: Look, end: End, by_hand: ByHand, base: str, pushed: str
    ) -> None:
        _, commit_id = by_hand(base)
        end("CLOSED")

        opened = forge.open_pull_request(wanted(run_id=RUN, commit_id=pushed or commit_id))

        assert not opened.adopted
        assert len(look()) == 2

    def test_a_merged_one_is_found_before_anything_is_pushed_again(
        self, forge: Forge, end: End, by_hand: ByHand
    ) -> None:
        url, commit_id = by_hand("main")
        end("MERGED")

        found = forge.find_merged(wanted(run_id=RUN, commit_id=commit_id))

        assert found == PullRequest(url=url, adopted=True, state="merged")

    def test_one_that_was_closed_is_told_before_anything_is_pushed_again(
        self, forge: Forge, end: End
    ) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))
        end("CLOSED")

        with pytest.raises(GhFailed, match="a person closed") as caught:
            forge.find_merged(wanted(run_id=RUN))

        assert first.url in str(caught.value)
