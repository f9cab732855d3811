"""`make demo`: the main job end to end, in a scratch repository that is removed afterwards.

It replays a recorded run, which costs nothing; with DEMO_CLAUDE=1 and a signed-in `claude` it is live.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scratch import DESCRIPTION, TITLE, make_repository, own_environment

RECORDING = Path(__file__).parent / "recording"
LIVE = "Live: claude is asked, and it costs."
REPLAYED = "Replaying a recorded run: claude is not asked and nothing is spent. DEMO_CLAUDE=1 makes it live."


class Demo:
    """Says what it runs, runs it, and shows what came of it."""

    def __init__(self, folder: Path, *, live: bool) -> None:
        self.environ = own_environment(folder)
        if not live:
            self.environ["RUNNER_CLAUDE_RECORDING"] = str(RECORDING)
        self.repository = folder / "shop"

    def play(self) -> int:
        """The whole demo; returns the exit code of `runner claim`."""
        make_repository(self.repository, self.environ)
        self.title("A repository with a failing test")
        self.run("python3", "-m", "unittest", "-q", shown_lines=12, allowed=(1,))
        self.title("Safe limits, and trust for this repository's checks")
        self.runner("init", "--yes")
        self.runner("trust", "--yes")
        self.title("A task")
        task = self.runner("submit", TITLE, "-d", DESCRIPTION, "--label", "bug").strip()
        self.title("The main job")
        code = self.claim(task)
        self.show(task, self.last_outcome())
        return code

    def claim(self, task: str) -> int:
        """`runner claim`, seen as a person sees it."""
        print(f"$ runner claim {task}", flush=True)
        command = [sys.executable, "-m", "runner", "claim", task]
        return subprocess.run(command, cwd=self.repository, env=self.environ, check=False).returncode

    def last_outcome(self) -> dict[str, object]:
        """What the run's folder keeps of it, as `runner runs show --json` tells."""
        run = json.loads(self.quietly("runs", "--limit", "1", "--json"))[0]
        return dict(json.loads(self.quietly("runs", "show", run["run_id"], "--json"))["outcome"])

    def quietly(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "runner", *arguments]
        done = subprocess.run(
            command, cwd=self.repository, env=self.environ, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def show(self, task: str, claimed: dict[str, object]) -> None:
        """The diff, the checks, the pull request, the cost, and that the checkout is as it was."""
        branch = claimed.get("branch")
        if isinstance(branch, str):
            self.title(f"The diff on {branch}")
            self.run("git", "diff", "--stat", "-p", f"main...{branch}")
        self.title("Checks before and after")
        checks = claimed.get("checks")
        for where, results in checks.items() if isinstance(checks, dict) else ():
            for check in results:
                print(f"{where:<7} {check['command']}: {'passed' if check['exit_code'] == 0 else 'failed'}")
        self.title("The pull request")
        url = claimed.get("pull_request")
        if isinstance(url, str) and url.startswith("file://"):
            print(Path(url.removeprefix("file://")).read_text())
        self.title("What it cost")
        print(json.dumps(claimed["usage"], indent=2))
        self.runner("allowance", "show")
        self.title("Your checkout is as it was, with one new branch")
        self.run("git", "status", "--short", "--branch")
        self.run("git", "branch", "--list")
        self.runner("show", task)

    def runner(self, *arguments: str) -> str:
        return self.run("runner", *arguments)

    def run(self, *argv: str, shown_lines: int = 200, allowed: tuple[int, ...] = ()) -> str:
        """Run a command in the repository and show it; any other exit code than 0 or `allowed` ends the demo."""
        print(f"$ {shlex.join(argv)}", flush=True)
        command = [sys.executable, "-m", *argv] if argv[0] == "runner" else list(argv)
        done = subprocess.run(
            command,
            cwd=self.repository,
            env={**self.environ, "GIT_PAGER": "cat"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        print("\n".join(done.stdout.rstrip().split("\n")[-shown_lines:]), flush=True)
        if done.returncode not in (0, *allowed):
            sys.exit(f"the demo ends here: {shlex.join(argv)} ended with {done.returncode}")
        return done.stdout

    @staticmethod
    def title(text: str) -> None:
        print(f"\n--- {text} ---", flush=True)


def main() -> int:
    live = os.environ.get("DEMO_CLAUDE", "") not in ("", "0")
    if live and shutil.which("claude") is None:
        print(
            "DEMO_CLAUDE is set, but there is no `claude` on PATH; install it and sign in first",
            file=sys.stderr,
        )
        return 5
    print(LIVE if live else REPLAYED)
    with tempfile.TemporaryDirectory(prefix="runner-demo-") as name:
        return Demo(Path(name).resolve(), live=live).play()


if __name__ == "__main__":
    sys.exit(main())
