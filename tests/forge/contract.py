"""What every forge must do, whatever is behind it. A subclass gives it a `forge`, a way to `look` and to `edit`."""

from __future__ import annotations

from collections.abc import Callable

from runner.forge.protocol import Asked, Forge, NewPullRequest, PullRequest

Look = Callable[[], list[NewPullRequest]]
"""What the forge has now, oldest first, as people see it."""

Edit = Callable[[str | None, str | None], None]
"""A person gives the first pull request another title, another text, or both (None: left)."""

RUN = "r-20260101-000000-abcdef"

ODD_TEXT = (
    "--title=x `touch /tmp/x` $(id) \"quoted\" 'too'\n\n"
    "| a | b |\n|---|---|\n```\ncode\n```\nÜmläut, 漢字, 🙂, trailing blanks  \n\\n is no line end, %s no format\n"
)


def wanted(
    *,
    title: str = "Fix the clock",
    body: str = "It runs now.",
    branch: str = "feat/x",
    base: str = "main",
    draft: bool = False,
    labels: tuple[str, ...] = (),
    asked: Asked | None = None,
    run_id: str = "",
    task_id: str = "",
    commit_id: str = "",
) -> NewPullRequest:
    return NewPullRequest(
        title=title,
        body=body,
        branch=branch,
        base=base,
        draft=draft,
        labels=labels,
        asked=asked,
        run_id=run_id,
        task_id=task_id,
        commit_id=commit_id,
    )


class ForgeContract:
    """The branches `feat/x` and `feat/y` and the bases `main` and `next` exist, and the labels `bug` and `agent`."""

    def test_a_new_pull_request_has_an_address_and_no_warnings(self, forge: Forge, look: Look) -> None:
        opened = forge.open_pull_request(wanted())

        assert opened.url
        assert not opened.adopted
        assert opened.warnings == ()
        assert len(look()) == 1

    def test_everything_asked_for_arrives(self, forge: Forge, look: Look) -> None:
        new = wanted(
            title='-- "Fix", it\'s 100 % <ok> 漢字', body="A\n\nB\n", draft=True, labels=("bug", "agent")
        )

        forge.open_pull_request(new)

        assert look() == [new]

    def test_odd_text_arrives_unchanged(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(body=ODD_TEXT))

        assert look()[0].body == ODD_TEXT

    def test_a_long_body_arrives_whole(self, forge: Forge, look: Look) -> None:
        body = "a line of text\n" * 4000

        forge.open_pull_request(wanted(body=body))

        assert look()[0].body == body

    def test_an_empty_body_is_fine(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(body=""))

        assert look()[0].body == ""

    def test_access_can_be_checked_and_nothing_is_opened_by_it(self, forge: Forge, look: Look) -> None:
        forge.check_access()

        assert look() == []

    def test_one_that_is_open_is_not_merged(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(run_id=RUN))

        assert forge.find_merged(wanted(run_id=RUN)) is None
        assert len(look()) == 1

    def test_a_repeat_adopts_the_first_and_says_nothing_new(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted(body=ODD_TEXT, labels=("bug",)))

        again = forge.open_pull_request(wanted(body=ODD_TEXT, labels=("bug",)))

        assert again == PullRequest(url=first.url, adopted=True)
        assert [new.body.strip() for new in look()] == [ODD_TEXT.strip()]

    def test_an_adopted_one_gets_title_text_and_labels_of_now(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(labels=("agent",)))
        new = wanted(title="Another title", body="Another text.", labels=("bug", "agent"))

        again = forge.open_pull_request(new)

        (seen,) = look()
        assert again.warnings == ()
        assert (seen.title, seen.body, seen.labels) == ("Another title", "Another text.", ("agent", "bug"))

    def test_it_is_brought_up_to_date_as_often_as_needed(self, forge: Forge, look: Look) -> None:
        for number in range(3):
            opened = forge.open_pull_request(wanted(body=f"Text {number}.", title=f"Title {number}"))

        (seen,) = look()
        assert opened.warnings == ()
        assert (seen.title, seen.body) == ("Title 2", "Text 2.")

    def test_a_draft_that_is_proven_now_is_ready(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(draft=True))

        again = forge.open_pull_request(wanted(draft=False))

        assert again.warnings == ()
        assert [new.draft for new in look()] == [False]

    def test_one_that_is_not_proven_any_more_is_a_draft_again(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted())

        again = forge.open_pull_request(wanted(draft=True))

        assert again.warnings == ()
        assert [new.draft for new in look()] == [True]

    def test_what_a_person_edited_is_left_with_a_warning(self, forge: Forge, look: Look, edit: Edit) -> None:
        forge.open_pull_request(wanted())
        edit("My title", "My words.")

        again = forge.open_pull_request(wanted(title="Another", body="Another."))

        (seen,) = look()
        assert again.adopted
        assert again.warnings == ("a person edited its text: title and text are left as they are",)
        assert (seen.title, seen.body.strip()) == ("My title", "My words.")

    def test_a_persons_title_stays_over_a_text_of_ours(self, forge: Forge, look: Look, edit: Edit) -> None:
        forge.open_pull_request(wanted())
        edit("My title", None)

        for text in ("Another.", "And another."):
            again = forge.open_pull_request(wanted(title="Another", body=text))

        (seen,) = look()
        assert again.warnings == ("a person edited its title: it is left as it is",)
        assert (seen.title, seen.body.strip()) == ("My title", "And another.")

    def test_an_edit_that_says_what_is_wanted_is_no_reason_to_warn(
        self, forge: Forge, look: Look, edit: Edit
    ) -> None:
        forge.open_pull_request(wanted())
        edit("Another", "Another.")

        again = forge.open_pull_request(wanted(title="Another", body="Another."))

        assert again.warnings == ()

    def test_by_hand_only_what_was_asked_for_is_changed(self, forge: Forge, look: Look, edit: Edit) -> None:
        forge.open_pull_request(wanted(draft=True))
        edit(None, "My words.")

        again = forge.open_pull_request(wanted(title="By hand", body="Other.", asked=Asked(title=True)))

        (seen,) = look()
        assert again.warnings == ()
        assert (seen.title, seen.body.strip(), seen.draft) == ("By hand", "My words.", True)

    def test_by_hand_nothing_is_changed_unasked(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted(draft=True))
        before = look()

        again = forge.open_pull_request(wanted(title="Other", body="Other.", asked=Asked()))

        assert again.warnings == ()
        assert [(new.title, new.body.strip(), new.draft) for new in before] == [
            (new.title, new.body.strip(), new.draft) for new in look()
        ]

    def test_by_hand_a_draft_is_made_ready_and_a_ready_one_a_draft(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted())
        states = []

        for draft in (True, False):
            forge.open_pull_request(wanted(draft=draft, asked=Asked(draft=True)))
            states.append(look()[0].draft)

        assert states == [True, False]

    def test_a_title_by_hand_is_a_persons(self, forge: Forge, look: Look) -> None:
        forge.open_pull_request(wanted())
        forge.open_pull_request(wanted(title="By hand", asked=Asked(title=True)))

        again = forge.open_pull_request(wanted(title="Another", body="Another."))

        (seen,) = look()
        assert again.warnings == ("a person edited its title: it is left as it is",)
        assert (seen.title, seen.body.strip()) == ("By hand", "Another.")

    def test_another_branch_gets_a_pull_request_of_its_own(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted())

        second = forge.open_pull_request(wanted(branch="feat/y"))

        assert second.url != first.url
        assert not second.adopted
        assert [new.branch for new in look()] == ["feat/x", "feat/y"]

    def test_another_base_gets_a_pull_request_of_its_own(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted())
        forge.open_pull_request(wanted(base="next"))

        again = forge.open_pull_request(wanted())

        assert again.url == first.url
        assert [new.base for new in look()] == ["main", "next"]

    def test_a_run_adopts_its_own_that_is_open(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))

        again = forge.open_pull_request(wanted(run_id=RUN))

        assert again == PullRequest(url=first.url, adopted=True)
        assert look() == [wanted()]

    def test_another_run_adopts_it_and_says_nothing_new(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted(run_id=RUN))

        again = forge.open_pull_request(wanted(run_id="r-2"))

        assert again == PullRequest(url=first.url, adopted=True)
        assert [new.body.strip() for new in look()] == ["It runs now."]
