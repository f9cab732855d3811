"""Real repositories for tests, driven by the real git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Sandbox:
    """A repository on disk and a short way to say things to git in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, files: dict[str, str] | None = None, bare: bool = False) -> Sandbox:
        """Make a repository with branch `main`; with `files` (not bare) they are its first commit, "first"."""
        path.mkdir(parents=True, exist_ok=True)
        sandbox = cls(path)
        sandbox.git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
        if files:
            sandbox.commit("first", files)
        return sandbox

    def git(self, *arguments: str, input_text: str | None = None) -> str:
        """Run git here and return its standard output, without the last newline; it must succeed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=os.environ,
            input=input_text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout.removesuffix("\n")

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def commit(self, message: str, files: dict[str, str] | None = None) -> str:
        """Write the files, stage everything, commit; returns the commit id."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def log(self, rev: str) -> list[str]:
        """Whole messages, newest first."""
        return [
            text.strip("\n") + "\n" for text in self.git("log", "-z", "--format=%B", rev).split("\0") if text
        ]

    def add_remote(self, path: Path) -> Sandbox:
        """Make a bare repository at `path`, name it origin, push main to it."""
        origin = Sandbox.create(path, bare=True)
        self.git("remote", "add", "origin", str(path))
        self.git("push", "-q", "-u", "origin", "main")
        return origin
