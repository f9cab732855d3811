"""The fault table of a run: what is taken away under it, what it says, where the work is, and what the next claim does.

`python -m tests.faults.fault_table` prints it as Markdown; it takes some minutes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.kill_table import fresh_scene, wanted
from tests.faults.scene import FIXED, Ended, Found, Scene
from tests.support.small_disk import SmallDisk, small_disk

PLACES = (
    "after:prepare begun=1",
    "after:claude begun=1",
    "after:verify begun=1",
    "after:commit begun=1",
    "after:push begun=1",
    "after:pull_request begun=1",
    "after:report begun=1",
    "after:settle begun=1",
)
"""Once in each part of a run."""
DISK_MB = 24
MOST_CLAIMS = 4


def nothing(_: Scene) -> None:
    """All is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that happens at one place of a run."""

    name: str
    place: str
    act: Callable[[Scene], str]
    """What happens, as a shell line or `clock:SECONDS`."""
    codes: tuple[int, ...] = (0,)
    prepare: Callable[[Scene], None] = nothing
    mend: Callable[[Scene], None] = nothing
    """What a person does about it before the next claim."""

    @property
    def title(self) -> str:
        return f"{self.name}, {self.place.removesuffix('=1')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of it."""

    ended: Ended
    found: Found
    """After the next claims."""
    wanted: Found
    claims: int
    """How many claims it took until the task was done."""

    @property
    def good(self) -> bool:
        return self.ended.code != 70 and self.found == self.wanted

    @property
    def errors(self) -> list[str]:
        return [line for line in self.ended.err.splitlines() if line.startswith("error: ")]

    @property
    def work(self) -> str:
        """Where the work is, as far as it is told."""
        said = f"{self.ended.out}\n{self.ended.err}"
        if "pull request:" in said and self.ended.code == 0:
            return "pull request"
        ways = {
            "runner resume": "the run goes on",
            "git apply": "patch",
            "the files are in": "files",
            "fetch": "ref",
        }
        return next((way for words, way in ways.items() if words in said), "nothing was done yet")


class Machine:
    """Where the commands of a scene are run: on its own disk, or on a small one."""

    def __init__(self, scene: Scene, disk: SmallDisk | None = None) -> None:
        self.scene, self.disk = scene, disk

    def python(self, *words: str) -> Ended:
        command = [sys.executable, "-m", *words]
        cwd = self.scene.checkout.path
        if self.disk is not None:
            command = self.disk.command(*command, cwd=cwd)
        done = subprocess.run(
            command, cwd=cwd, env=self.scene.environ, capture_output=True, text=True, timeout=120, check=False
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def look(self) -> None:
        if self.disk is not None:
            self.disk.show()

    def mend(self, fault: Fault) -> None:
        if self.disk is not None:
            self.disk.free()
        fault.mend(self.scene)


def meet(fault: Fault, scene: Scene, disk: SmallDisk | None = None) -> Row:
    """A claim that meets the fault, then as many as it takes."""
    machine = Machine(scene, disk)
    fault.prepare(scene)
    ended = machine.python("tests.faults.saboteur", fault.place, fault.act(scene), "claim")
    machine.mend(fault)
    machine.look()
    claims = 0
    while (status := scene.task().status.value) != "completed" and claims < MOST_CLAIMS:
        if status == "blocked":
            machine.python("runner", "answer", "T-1", "go on")
        machine.python("runner", "claim", "--wait")
        machine.look()
        claims += 1
    # The task is done; whoever claims once more clears up what the fault has left.
    machine.python("runner", "claim")
    machine.look()
    found = scene.found()
    return Row(
        ended=ended, found=found, wanted=replace(wanted(scene), attempts=found.attempts), claims=claims
    )


def on_small_disk(fault: Fault, scene: Scene, act: Callable[[SmallDisk], str]) -> Row:
    """The same, with our state on a disk to which `act` happens."""
    with small_disk(scene.state.parent, size_mb=DISK_MB) as disk:
        return meet(replace(fault, act=lambda _: act(disk)), scene, disk)


def everything() -> Iterator[Fault]:
    """All faults but those of the disk."""
    for place in PLACES:
        yield Fault(name="checkout deleted", place=place, act=_delete_checkout, codes=(0, 5),
                    prepare=_save_checkout, mend=_restore_checkout)  # fmt: skip
        yield Fault(name="private clone deleted", place=place, act=_delete_clone, codes=(0, 1, 5))
        yield Fault(name="private clone damaged", place=place, act=_damage_clone, codes=(0, 1, 5))
        codes = (0, 5) if "prepare" in place else (0,)  # the checkout is just being written down in it
        yield Fault(name="run's folder deleted", place=place, act=_delete_run, codes=codes)
        yield Fault(name="queue deleted", place=place, act=_delete_queue, codes=(0, 1, 5), mend=_submit_again)
        yield Fault(name="gh removed", place=place, act=_remove_gh, codes=(0, 1, 5),
                    prepare=_own_gh, mend=_restore_gh)  # fmt: skip
        yield Fault(name="clock an hour on", place=place, act=lambda _: "clock:3600")
        yield Fault(name="clock an hour back", place=place, act=lambda _: "clock:-3600")
    for place in ("after:verify begun=1", "after:report begun=1"):
        yield Fault(name="queue locked", place=place, act=_lock_queue, codes=(0, 4), mend=_unlock_queue)
    yield from before_the_repair()


def before_the_repair() -> Iterator[Fault]:
    """What happens to the `claude` program between its first call and the next."""
    acts = {"removed": 'rm "$F"', "too old": "printf '#!/bin/sh\\necho 1.0.3\\n' > \"$F\"",
            "broken": "printf '#!/bin/sh\\nexit 3\\n' > \"$F\""}  # fmt: skip
    for name, act in acts.items():
        yield Fault(name=f"claude {name} before the repair", place="after:verify begun=1",
                    act=_on_claude(act), codes=(5,), prepare=_green_before, mend=_restore_claude)  # fmt: skip
    yield Fault(name="claude upgraded before the repair", place="after:verify begun=1",
                act=_upgrade_claude, prepare=_green_before)  # fmt: skip


def _delete_checkout(scene: Scene) -> str:
    return f"rm -rf {scene.checkout.path}"


def _save_checkout(scene: Scene) -> None:
    shutil.copytree(scene.checkout.path, scene.folder / "saved", symlinks=True)


def _restore_checkout(scene: Scene) -> None:
    shutil.copytree(scene.folder / "saved", scene.checkout.path, symlinks=True, dirs_exist_ok=True)


def _delete_clone(scene: Scene) -> str:
    return f"rm -rf {scene.state}/clones/*.git"


def _damage_clone(scene: Scene) -> str:
    return (
        f"find {scene.state}/clones/*.git/objects -type f | while read f; do chmod 600 $f; echo x > $f; done"
    )


def _delete_run(scene: Scene) -> str:
    # Somebody may be writing into it at this moment.
    return f"rm -rf {scene.state}/runs/r-* || rm -rf {scene.state}/runs/r-*"


def _delete_queue(scene: Scene) -> str:
    return f"rm -f {scene.state}/queue.db*"


def _submit_again(scene: Scene) -> None:
    listed = scene.run("list", "--json", "--status", "pending").out
    if "T-1" not in listed and scene.run("show", "T-1", code=None).code != 0:
        scene.run("claim", code=None)  # what is left of the run of a task that nobody knows any more
        scene.run("submit", "Fix add", "-d", "add(2, 3) must be 5.", "--label", "bug")


def _lock_queue(scene: Scene) -> str:
    hold = (
        f"import sqlite3, time, os; c = sqlite3.connect('{scene.state}/queue.db', timeout=30);"
        "c.execute('begin exclusive');"
        f"open('{scene.folder}/holder', 'w').write(str(os.getpid())); time.sleep(100)"
    )
    return (
        f'setsid {sys.executable} -c "{hold}" >/dev/null 2>&1 &'
        f" while [ ! -s {scene.folder}/holder ]; do sleep 0.05; done"
    )


def _unlock_queue(scene: Scene) -> None:
    subprocess.run(["kill", (scene.folder / "holder").read_text()], check=True)


def _own_gh(scene: Scene) -> None:
    """A PATH on which gh is a link in a folder of the scene, and nowhere else."""
    folder = scene.folder / "bin"
    folder.mkdir()
    for place in reversed(scene.environ["PATH"].split(":")):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    scene.environ["PATH"] = str(folder)


def _remove_gh(scene: Scene) -> str:
    return f"mv {scene.folder}/bin/gh {scene.folder}/gh-away"


def _restore_gh(scene: Scene) -> None:
    (scene.folder / "gh-away").rename(scene.folder / "bin/gh")


def _green_before(scene: Scene) -> None:
    """The check is green on the base, and Claude's first change turns it red."""
    scene.checkout.commit("right", FIXED)
    scene.checkout.git("push", "-q", "origin", "main")
    scene.plan(writes={"calc.py": "def add(a, b):\n    return a * b\n"}, text="It multiplies now.")
    shutil.copy2(scene.environ["RUNNER_CLAUDE_PROGRAM"], scene.folder / "claude-saved")


def _on_claude(act: str) -> Callable[[Scene], str]:
    return lambda scene: f"F={scene.environ['RUNNER_CLAUDE_PROGRAM']}; {act}"


def _upgrade_claude(scene: Scene) -> str:
    """Another file in the same place, which repairs what the one before has broken."""
    upgrade = 'cp "$F" "$F.new"; echo "# newer" >> "$F.new"; mv "$F.new" "$F"'
    return f"{_on_claude(upgrade)(scene)}; sed -i 's/a [*] b/b + a/' {scene.claude}/plan.json"


def _restore_claude(scene: Scene) -> None:
    shutil.copy2(scene.folder / "claude-saved", scene.environ["RUNNER_CLAUDE_PROGRAM"])
    scene.plan(writes={"calc.py": "def add(a, b):\n    return b + a\n"}, text="It adds, the other way round.")


def disk_faults() -> Iterator[tuple[Fault, Callable[[SmallDisk], str]]]:
    """A disk that takes no more, in each part of a run and right when something is written down."""
    for place in ("before:reserve done=1", "before:claim done=1", *PLACES):
        yield Fault(name="disk full", place=place, act=str, codes=(0, 5)), SmallDisk.fill
        yield Fault(name="state read-only", place=place, act=str, codes=(0, 5)), SmallDisk.make_read_only


def main() -> int:
    head = ("fault", "exit", "said", "where the work is", "claims until done", "calls of claude", "")
    sys.stdout.write("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|\n")
    bad = 0
    for fault, act in (*((fault, None) for fault in everything()), *disk_faults()):
        with fresh_scene() as scene:
            row = meet(fault, scene) if act is None else on_small_disk(fault, scene, act)
            calls = len(scene.calls())
        good = row.good and row.ended.code in fault.codes and len(row.errors) <= 1
        bad += not good
        lines = (*row.errors, *row.ended.out.splitlines())
        said = (lines or ("",))[0].removeprefix("error: ").replace("|", "/")[:110]
        cells = (fault.title, row.ended.code, said, row.work, row.claims, calls, "" if good else "WRONG")
        sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
        if not good:
            sys.stderr.write(f"{fault.title}\n{row.found}\n{row.wanted}\n{row.ended.out}{row.ended.err}\n\n")
        sys.stdout.flush()
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
