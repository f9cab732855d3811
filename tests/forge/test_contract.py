"""The forge contract, over the real gh, the local stand-in and the fake of other tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from runner.forge.local import LocalForge
from runner.forge.marking import unmarked
from runner.forge.protocol import NewPullRequest
from tests.forge.contract import Edit, ForgeContract, Look, wanted
from tests.forge.ending_contract import ByHand, End, EndingContract
from tests.peers.github import GitHub
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox


class TestGitHub(ForgeContract, EndingContract):
    """The `forge` is the one of conftest: the real gh."""

    @pytest.fixture
    def look(self, github: GitHub) -> Look:
        return lambda: [
            NewPullRequest(
                title=pull.title,
                body=unmarked(pull.body),
                branch=pull.head,
                base=pull.base,
                draft=pull.draft,
                labels=tuple(pull.labels),
            )
            for pull in github.pulls
        ]

    @pytest.fixture
    def edit(self, github: GitHub) -> Edit:
        def save(title: str | None, body: str | None) -> None:
            pull = github.pulls[0]
            pull.title = pull.title if title is None else title
            # The web page sends its own line ends, also for what nobody touched.
            kept = pull.body.removeprefix(unmarked(pull.body))
            pull.body = (pull.body if body is None else body + kept).replace("\n", "\r\n")

        return save

    @pytest.fixture
    def end(self, github: GitHub) -> End:
        return lambda state: github.state.end_pull(github.pulls[-1], state)

    @pytest.fixture
    def by_hand(self, github: GitHub) -> ByHand:
        def open_one(base: str) -> tuple[str, str]:
            tip = Sandbox(github.state.origin).git("rev-parse", "feat/x")
            return github.state.open_pull(head="feat/x", base=base).url, tip

        return open_one


class TestLocal(ForgeContract):
    @pytest.fixture
    def forge(self, tmp_path: Path) -> LocalForge:
        return LocalForge(tmp_path / "run")

    @pytest.fixture
    def look(self, tmp_path: Path) -> Look:
        def read() -> list[NewPullRequest]:
            files = sorted((tmp_path / "run").glob("*.json"), key=lambda path: (len(path.name), path.name))
            return [one(path) for path in files]

        def one(path: Path) -> NewPullRequest:
            record = json.loads(path.read_text())
            title, _, body = path.with_suffix(".md").read_text().removeprefix("# ").partition("\n\n")
            if body.strip() == record["body"].strip():
                body = record["body"]  # people's copy ends with one line end
            return NewPullRequest(
                **{**record, "title": title, "body": body, "labels": tuple(record["labels"])}
            )

        return read

    @pytest.fixture
    def edit(self, tmp_path: Path) -> Edit:
        def save(title: str | None, body: str | None) -> None:
            path = tmp_path / "run/pull_request.md"
            old_title, _, old_body = path.read_text().removeprefix("# ").partition("\n\n")
            path.write_text(f"# {title or old_title}\n\n{body or old_body}")

        return save


class TestFake(ForgeContract, EndingContract):
    @pytest.fixture
    def forge(self) -> FakeForge:
        return FakeForge()

    @pytest.fixture
    def look(self, forge: FakeForge) -> Look:
        return lambda: list(forge.opened)

    @pytest.fixture
    def edit(self, forge: FakeForge) -> Edit:
        def save(title: str | None, body: str | None) -> None:
            old = forge.opened[0]
            forge.opened[0] = replace(old, title=title or old.title, body=body or old.body)

        return save

    @pytest.fixture
    def end(self, forge: FakeForge) -> End:
        def decide(state: str) -> None:
            forge.states[-1] = state

        return decide

    @pytest.fixture
    def by_hand(self, forge: FakeForge) -> ByHand:
        def open_one(base: str) -> tuple[str, str]:
            tip = "e" * 40
            return forge.open_by_hand(wanted(title="By hand", body="", base=base, commit_id=tip)), tip

        return open_one
