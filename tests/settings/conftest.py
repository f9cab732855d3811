"""Settings files of a test, in folders of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.paths import Paths, write_private
from runner.settings.layers import Flag
from runner.settings.load import Configuration, load
from runner.settings.project_files import ProjectSource, WorkTree
from runner.settings.trust import Verdict, trust
from tests.settings.now import NOW


class Desk:
    """A user with settings files, and a checkout to stand in."""

    def __init__(self, paths: Paths, top: Path) -> None:
        self.paths = paths
        self.top = top
        self.environment = {"HOME": os.environ["HOME"]}
        self.tracked = False
        """Whether git has the `.env`."""

    def config(self, text: str) -> None:
        write_private(self.paths.config_file, text.encode())

    def credentials(self, text: str) -> None:
        write_private(self.paths.credentials_file, text.encode())

    def seed(self, text: str, *, mode: int = 0o600) -> Path:
        path = Path(self.environment["HOME"], ".core", "agentic.yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def project(self, text: str, **prompts: str) -> None:
        """Write `.runner.toml`, and prompts by name (without their ending)."""
        (self.top / ".runner.toml").write_text(text)
        for name, prompt in prompts.items():
            path = self.top / ".runner/prompts" / f"{name}.md.j2"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(prompt)

    def dotenv(self, text: str) -> None:
        (self.top / ".env").write_text(text)

    def load(
        self,
        *,
        flags: dict[str, Flag] | None = None,
        profile: str | None = None,
        source: ProjectSource | None = None,
        **environment: str,
    ) -> Configuration:
        """Load as in the checkout, with these variables beside HOME."""
        return load(
            self.paths,
            environment={**self.environment, **environment},
            project=source or WorkTree(top=self.top),
            flags=flags,
            profile=profile,
            tracked=lambda _: self.tracked,
        )

    def trust(self) -> Verdict:
        """Trust what the repository says now; returns the verdict after it."""
        found = self.load()
        assert found.project is not None
        contents = {**found.project.contents, **found.env_words}
        trust(self.paths, self.top, contents, now=NOW)
        return self.load().verdict


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    top = tmp_path / "checkout"
    top.mkdir()
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state", cache=tmp_path / "cache")
    return Desk(paths, top)
