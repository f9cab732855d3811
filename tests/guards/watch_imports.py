"""A program: imports the modules it is told and prints, as JSON, what their top levels did besides.

Only what code of the package itself sets off counts; a library that reads its own data file does not.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

WATCHED = (
    *(
        "open",
        "os.mkdir",
        "os.rename",
        "os.remove",
        "os.chmod",
        "os.listdir",
        "os.scandir",
        "tempfile.mkdtemp",
    ),
    *("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "os.exec", "pty.spawn"),
    *("socket.__new__", "sqlite3.connect", "os.putenv", "signal.pthread_kill"),
)
SOURCES = (".py", ".pyc", ".so", ".pth")

seen: list[str] = []
package = Path()
busy = False


def culprit() -> str:
    """Which line of the package did it, or empty: the first frame that is neither the library's nor the importer's."""
    frame: FrameType | None = sys._getframe(2)  # the only way to look at callers
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(f"{package}{os.sep}"):
            return f"{Path(path).relative_to(package.parent)}:{frame.f_lineno}"
        if "site-packages" in path:
            return ""
        frame = frame.f_back
    return ""


def note(what: str) -> None:
    if where := culprit():
        seen.append(f"{where}: {what}")


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    global busy
    if busy or event not in WATCHED:
        return
    busy = True
    try:
        if not _is_importing(event, arguments):
            note(f"{event} {arguments[0] if arguments else ''}")
    finally:
        busy = False


def _is_importing(event: str, arguments: tuple[Any, ...]) -> bool:
    """The import system reads sources, writes compiled ones beside them and lists folders."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    by = frame.f_code.co_filename if frame else ""
    return by.startswith("<frozen importlib") or (event == "open" and str(arguments[0]).endswith(SOURCES))


class Environment(type(os.environ)):  # type: ignore[misc]  # its class has no public name
    """The environment, telling who looks into it."""

    def __getitem__(self, name: str) -> str:
        note(f"environment {name}")
        return str(super().__getitem__(name))


def watch_threads() -> None:
    """Python has no audit event for the start of a thread, and no one name for it in its versions."""
    for name in ("_start_new_thread", "_start_joinable_thread"):
        if start := getattr(threading, name, None):
            setattr(threading, name, functools.partial(_start_thread, start))


def _start_thread(start: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    note("thread")
    return start(*arguments, **options)


class Voice:
    """Standard output, telling who speaks."""

    def write(self, text: str) -> int:
        note(f"print {text.strip()!r}")
        return len(text)

    def flush(self) -> None:
        """There is nothing to wait for."""


def main(folder: str, names: list[str]) -> None:
    global package
    package = Path(folder, "runner")
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    out, sys.stdout = sys.stdout, Voice()
    os.environ.__class__ = Environment
    watch_threads()
    sys.addaudithook(audit)
    for name in names:
        importlib.import_module(name)
    json.dump(seen, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
