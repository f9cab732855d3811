"""Nothing happens at import: no files, no environment, no threads, no processes, no word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.guards.source import TOP, modules

WATCHER = Path(__file__).with_name("watch_imports.py")


def watched(folder: Path, names: list[str]) -> list[str]:
    """What happened while the modules were imported, one line each."""
    done = subprocess.run(
        [sys.executable, str(WATCHER), str(folder), *names],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [str(line) for line in json.loads(done.stdout)]


def test_importing_every_module_does_nothing_else() -> None:
    names = [name for name in modules() if name != "runner.__main__"]

    assert watched(TOP, names) == []


def test_the_guard_sees_what_a_module_does(tmp_path: Path) -> None:
    deeds = {
        "reads": "from pathlib import Path\nPath('/etc/hostname').exists()\nopen('/etc/hostname').close()\n",
        "writes": "import tempfile\ntempfile.mkdtemp()\n",
        "asks": "import os\nHOME = os.environ.get('HOME')\n",
        "asks_too": "import os\nPATH = os.getenv('PATH')\n",
        "starts": "import subprocess\nsubprocess.run(['true'])\n",
        "threads": "import threading\nthreading.Thread(target=print).start()\n",
        "connects": "import sqlite3\nsqlite3.connect(':memory:').close()\n",
        "talks": "print('hello')\n",
        "rests": "import os\nimport json\n\n\ndef f():\n    return os.environ['HOME']\n",
    }
    package = tmp_path / "runner"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name, code in deeds.items():
        (package / f"{name}.py").write_text(code)

    seen = {line.split(":")[0] for line in watched(tmp_path, [f"runner.{name}" for name in deeds])}

    assert seen == {f"runner/{name}.py" for name in deeds} - {"runner/rests.py"}
