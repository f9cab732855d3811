"""Every test runs in a home folder of its own; the real one is never touched."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.git import Sandbox

KEEP = ("PATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START", "CI")
"""What a test inherits from the machine; all the rest of the environment is ours to set."""


OURS_AT_HOME = (".gitconfig", ".config/runner", ".local/state/runner", ".cache/runner", ".core")
"""What we would touch in the real home folder (claude and gh may be at work there for somebody else)."""

_before: dict[str, int] = {}


def _touched_at() -> dict[str, int]:
    real = Path(os.path.expanduser("~"))  # noqa: PTH111 - the real home, whatever a fixture says later
    there = (real / name for name in OURS_AT_HOME)
    return {str(path): path.stat().st_mtime_ns for path in there if path.exists()}


def pytest_sessionstart() -> None:
    _before.update(_touched_at())
    # A shell that starts the suite in the background has Ctrl-C ignored in it, and in all that tests start.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            ours = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, ours)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The suite fails if it touched the real home folder."""
    if _touched_at() != _before:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        raise pytest.UsageError(f"the suite touched the real home folder: {_touched_at()} was {_before}")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home folder with a git identity; XDG folders, state and caches all live in it."""
    folder = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name not in KEEP and not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = Ada Developer\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        '[commit]\n\tgpgSign = false\n[gc]\n\tauto = 0\n[protocol "file"]\n\tallow = always\n'
    )
    settings = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "XDG_STATE_HOME": str(folder / ".local/state"),
        "XDG_CACHE_HOME": str(folder / ".cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Sandbox:
    """A small repository with one commit and no remote."""
    return Sandbox.create(tmp_path / "repo", files={"README.md": "# Widget\n", "calc.py": CALC})


@pytest.fixture
def published(repository: Sandbox, tmp_path: Path) -> tuple[Sandbox, Sandbox]:
    """The same repository with a bare `origin` that has its main branch: (checkout, origin)."""
    return repository, repository.add_remote(tmp_path / "origin.git")


CALC = "def add(a, b):\n    return a - b\n"
