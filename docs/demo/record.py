"""Makes the recording of the demo anew: the real `claude` program, its model's answers scripted on loopback.

Run from the top of a checkout with the test extra installed: `python docs/demo/record.py`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP))
from scratch import DESCRIPTION, TITLE, make_repository, own_environment  # noqa: E402

from tests.peers.claude_program import real_claude  # noqa: E402
from tests.peers.messages_api import MessagesApi, text, tool  # noqa: E402

FOLDER = Path("/tmp/runner-demo")  # noqa: S108 - the same neutral place each time; it stands in the recording
RECORDING = Path(__file__).parent / "recording"
KEPT = ("stream.jsonl", "changes.patch")

BEFORE = "    return cents - cents * percent / 100"
AFTER = """    if not 0 <= percent <= 100:
        raise ValueError(f"a discount is 0 to 100 percent, not {percent}")
    # Integers only: a float would bring back the fractions of a cent. Adding half rounds half up.
    return (cents * (100 - percent) + 50) // 100"""
SUMMARY = """\
`with_discount` divided with `/`, so a discounted price became a float with fractions of a cent (849.15).
It now stays in integers and rounds half up: `with_discount(999, 15)` is 849. A percentage outside of 0 to 100
raises `ValueError`, as the task asks; before, it gave a negative or a raised price.

`python3 -m unittest -q` passes: three tests, of which two were red before. Percentages with a fraction (12.5)
still work, but then give a float again; no caller has one, and the task does not mention them."""


def main() -> None:
    """Record, and keep the two files that replay needs."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    environ = own_environment(FOLDER)
    environ |= {
        "HOME": str(FOLDER / "home"),
        "ANTHROPIC_API_KEY": "not-a-key",
        "RUNNER_CLAUDE_PROGRAM": real_claude(),
    }
    (FOLDER / "home").mkdir(parents=True)
    repository = FOLDER / "shop"
    make_repository(repository, environ)
    answers = [
        tool("Read", say="I will look at the price first.", file_path="{cwd}/shop/price.py"),
        tool("Read", file_path="{cwd}/tests/test_price.py"),
        tool("Edit", file_path="{cwd}/shop/price.py", old_string=BEFORE, new_string=AFTER),
        tool("Bash", command="python3 -m unittest -q", description="Run the tests"),
        text(SUMMARY),
    ]
    with MessagesApi(answers=answers) as api:
        environ["ANTHROPIC_BASE_URL"] = api.url
        for arguments in (("trust", "--yes"), ("submit", TITLE, "-d", DESCRIPTION, "--label", "bug")):
            subprocess.run(
                [sys.executable, "-m", "runner", *arguments], cwd=repository, env=environ, check=True
            )
        command = [sys.executable, "-m", "runner", "claim", "--json"]
        done = subprocess.run(command, cwd=repository, env=environ, stdout=subprocess.PIPE, check=True)
    run = FOLDER / "state/runs" / json.loads(done.stdout)["run_id"]
    RECORDING.mkdir(exist_ok=True)
    for name in KEPT:
        shutil.copy(run / name, RECORDING / name)
    shutil.rmtree(FOLDER)
    print(f"recorded into {RECORDING}")


if __name__ == "__main__":
    main()
