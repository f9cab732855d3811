"""`runner claim` without claude and checks, beside the same git and gh commands typed by hand.

A repository of 5,000 files, a real bare origin, the real gh against a GitHub on loopback. Claude is a recording that
answers at once. Run: python -m bench.claim
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, in_turn, measure, table
from bench.startup import environment
from tests.peers.github import GitHub
from tests.support.git import Sandbox

FILES = 5_000
RUNS = 5
BY_HAND = "git and gh by hand"
PATCH = """\
diff --git a/package_7/module_7.py b/package_7/module_7.py
--- a/package_7/module_7.py
+++ b/package_7/module_7.py
@@ -1,2 +1,2 @@
 def value_7(scale):
-    return scale * 7
+    return scale * 8
"""


class Bench:
    """A checkout with an origin, and two ways to a pull request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = {
            f"package_{n % 50}/module_{n}.py": f"def value_{n}(scale):\n    return scale * {n}\n"
            for n in range(FILES)
        }
        self.checkout = Sandbox.create(folder / "widget", files=files)
        self.origin = self.checkout.add_remote(folder / "origin.git")
        self.number = 0
        self.recording = folder / "recording"
        self.recording.mkdir()
        (self.recording / "changes.patch").write_text(PATCH)
        (self.recording / "stream.jsonl").write_text(json.dumps(RESULT) + "\n")

    def environ(self, github: GitHub) -> dict[str, str]:
        named = environment(self.folder) | github.environment
        self.checkout.git("remote", "set-url", "origin", github.remote_url)
        return named | {"RUNNER_CLAUDE_RECORDING": str(self.recording)}

    def by_hand(self, environ: dict[str, str]) -> Cost:
        """The eight commands that a careful person types."""
        self.number += 1
        branch, tree = f"hand/{self.number}", self.folder / f"tree-{self.number}"
        body = self.folder / "body.md"
        body.write_text("## Summary\n\nA change.\n")
        create = [
            "gh",
            "pr",
            "create",
            "--title=Change",
            f"--body-file={body}",
            "--base=main",
            f"--head={branch}",
        ]

        def type_them() -> None:
            self._run(environ, "git", "fetch", "-q", "origin", "main")
            self._run(environ, "git", "worktree", "add", "-q", "-b", branch, str(tree), "FETCH_HEAD")
            subprocess.run(["git", "apply"], input=PATCH, text=True, cwd=tree, env=environ, check=True)
            self._run(environ, "git", "add", "-A", cwd=tree)
            self._run(environ, "git", "commit", "-q", "-m", "Change", cwd=tree)
            self._run(environ, "git", "push", "-q", "origin", branch, cwd=tree)
            self._run(environ, *create, "--repo=github.localhost/acme/widget")
            self._run(environ, "git", "worktree", "remove", "--force", str(tree))

        return measure(type_them)

    def claim(self, environ: dict[str, str]) -> Cost:
        """`runner submit` is not counted; `runner claim` is."""
        self._run(environ, sys.executable, "-m", "runner", "submit", "Scale value_7 by eight")
        return measure(lambda: self._run(environ, sys.executable, "-m", "runner", "claim"))

    def _run(self, environ: dict[str, str], *argv: str, cwd: Path | None = None) -> None:
        done = subprocess.run(
            argv, cwd=cwd or self.checkout.path, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(argv)} ended with {done.returncode}\n{done.stdout}{done.stderr}")


RESULT = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "The scale is eight now.",
    "session_id": "00000000-0000-4000-8000-000000000000",
    "num_turns": 1,
    "total_cost_usd": 0.01,
    "duration_ms": 1,
    "usage": {"input_tokens": 100, "output_tokens": 10},
    "modelUsage": {"claude-opus-5-5": {"inputTokens": 100, "outputTokens": 10, "costUSD": 0.01}},
    "permission_denials": [],
}


def main() -> None:
    if shutil.which("gh") is None:
        sys.exit("this bench needs gh")
    home = Path(tempfile.mkdtemp(prefix="bench-claim-"))
    os.environ["HOME"] = str(home)
    (home / ".gitconfig").write_text("[user]\n\tname = Bench\n\temail = bench@example.org\n")
    try:
        bench = Bench(home / "box")
        with GitHub(bench.origin.path) as github:
            environ = bench.environ(github)
            works = {BY_HAND: lambda: bench.by_hand(environ), "runner claim": lambda: bench.claim(environ)}
            rows = in_turn(works, runs=RUNS)
    finally:
        shutil.rmtree(home)
    print(table(rows, floor=BY_HAND, goal={"runner claim": 1.5}))


if __name__ == "__main__":
    main()
