"""What every forge must do, whatever is behind it. A subclass gives it a `forge` and a way to look at it."""

from __future__ import annotations

from collections.abc import Callable

from runner.forge.protocol import Forge, NewPullRequest

Look = Callable[[], list[NewPullRequest]]
"""What the forge has now, oldest first."""

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
) -> NewPullRequest:
    return NewPullRequest(title=title, body=body, branch=branch, base=base, draft=draft, labels=labels)


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

    def test_a_repeat_adopts_the_first(self, forge: Forge, look: Look) -> None:
        first = forge.open_pull_request(wanted())

        again = forge.open_pull_request(wanted(title="Another title"))

        assert again.adopted
        assert again.url == first.url
        assert [new.title for new in look()] == ["Fix the clock"]

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
