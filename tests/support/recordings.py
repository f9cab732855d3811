"""Run folders as a real run leaves them, for replay without claude."""

from __future__ import annotations

import subprocess
from pathlib import Path

from runner.allowance.model import Tokens
from runner.errors import GitFailed
from tests.support.claude_lines import init, message, result, said, used
from tests.support.git import Sandbox

ONE = Tokens(input=1000, output=50)


def git_apply(workdir: Path, patch: bytes) -> None:
    """Apply a patch to a folder, with git itself."""
    done = subprocess.run(["git", "apply", "-"], cwd=workdir, input=patch, capture_output=True, check=False)
    if done.returncode != 0:
        raise GitFailed("the patch does not fit")


def record(folder: Path, *calls: dict[str, str], scratch: Path) -> Path:
    """A run folder in which each call wrote the given files; the patches are real ones."""
    folder.mkdir()
    repository = Sandbox.create(scratch, files={"calc.py": "def add(a, b):\n    return a - b\n"})
    for number, writes in enumerate(calls, 1):
        stem = "" if number == 1 else f"-{number}"
        blocks = [used("Write", file_path=f"/repo/{name}") for name in writes]
        lines = (
            init(),
            message("m1", *blocks, usage={"input_tokens": 1000, "output_tokens": 50}),
            message("m2", said("done")),
            result(
                "done",
                cost_usd=0.005 * number,
                tokens=Tokens(input=1000 * number, output=50 * number),
                since=(ONE, 0.005),
            ),
        )
        (folder / f"stream{stem}.jsonl").write_bytes(b"".join(lines))
        for name, content in writes.items():
            (repository.path / name).parent.mkdir(parents=True, exist_ok=True)
            (repository.path / name).write_text(content)
        repository.git("add", "-A")
        (folder / f"changes{stem}.patch").write_text(repository.git("diff", "--cached", "--binary") + "\n")
        repository.git("commit", "-q", "--allow-empty", "-m", f"call {number}")
    return folder
