"""The forge contract, over the real gh, the local stand-in and the fake of other tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.forge.local import LocalForge
from runner.forge.protocol import NewPullRequest
from tests.forge.contract import ForgeContract, Look
from tests.peers.github import GitHub
from tests.support.fake_forge import FakeForge


class TestGitHub(ForgeContract):
    """The `forge` is the one of conftest: the real gh."""

    @pytest.fixture
    def look(self, github: GitHub) -> Look:
        return lambda: [
            NewPullRequest(
                title=pull.title,
                body=pull.body,
                branch=pull.head,
                base=pull.base,
                draft=pull.draft,
                labels=tuple(pull.labels),
            )
            for pull in github.pulls
        ]


class TestLocal(ForgeContract):
    @pytest.fixture
    def forge(self, tmp_path: Path) -> LocalForge:
        return LocalForge(tmp_path / "run")

    @pytest.fixture
    def look(self, tmp_path: Path) -> Look:
        def read() -> list[NewPullRequest]:
            files = sorted((tmp_path / "run").glob("*.json"), key=lambda path: (len(path.name), path.name))
            records = [json.loads(path.read_text()) for path in files]
            return [NewPullRequest(**{**record, "labels": tuple(record["labels"])}) for record in records]

        return read


class TestFake(ForgeContract):
    @pytest.fixture
    def forge(self) -> FakeForge:
        return FakeForge()

    @pytest.fixture
    def look(self, forge: FakeForge) -> Look:
        return lambda: list(forge.opened)
