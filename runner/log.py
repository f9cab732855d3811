"""The log: JSON lines in a rotated file that only this user can read, with every secret taken out."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runner.errors import RunnerError, SettingsProblem
from runner.log_file import LogFile
from runner.paths import Paths, private_folder, write_private

if TYPE_CHECKING:
    from runner.redaction.redactor import Redactor

FILE_NAME = "runner.log"
LEVELS = ("debug", "info", "warning", "error", "critical")
KEPT_TRACEBACKS = 20

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; whatever else it carries was given as `extra`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setup:
    folder: Path
    redactor: Callable[[], Redactor]


_setup: _Setup | None = None


def configure(
    folder: Path,
    *,
    verbosity: int,
    level: str,
    redactor: Callable[[], Redactor],
    stderr: TextIO | None = None,
) -> None:
    """Send what `runner.*` loggers say to `folder`/runner.log and, from verbosity 1 on, to `stderr` too.

    `level` is what the file keeps; 1 shows info, 2 shows debug. `redactor` is called when the first line is
    written. A folder that cannot be written costs one warning on `stderr`, never more. A second call replaces
    the first.

    Raises:
        SettingsProblem: `level` is not one of `LEVELS`.
    """
    global _setup
    threshold = _level(level)
    _setup = _Setup(folder=folder, redactor=redactor)
    logger = logging.getLogger("runner")
    for old in tuple(logger.handlers):
        logger.removeHandler(old)
    logger.propagate = False
    terminal = stderr or sys.stderr
    file = LogFile(folder / FILE_NAME, on_trouble=lambda error: _tell_trouble(terminal, folder, error))
    file.setFormatter(_JsonLine(redactor))
    file.setLevel(threshold)
    logger.addHandler(file)
    if verbosity > 0:
        shown = _Terminal(terminal)
        shown.setFormatter(_TerminalLine(redactor))
        shown.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
        logger.addHandler(shown)
    logger.setLevel(min(handler.level for handler in logger.handlers))


def write_traceback(bug: BaseException) -> Path:
    """Keep the traceback of `bug` in a file beside the log, else in a temporary folder."""
    try:
        setup = _setup or _default_setup()
        text = _redacted_traceback(bug, setup.redactor)
        target = private_folder(setup.folder) / f"bug-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}.txt"
        write_private(target, text.encode("utf-8", "backslashreplace"))
        _forget_old_tracebacks(setup.folder)
    except RunnerError:
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="runner-"))
        target = folder / "bug.txt"
        target.write_text(_without_messages(bug), encoding="utf-8", errors="backslashreplace")
    return target


class _JsonLine(logging.Formatter):
    """One JSON object per record: time, level, logger, process, message, extras, traceback."""

    def __init__(self, redactor: Callable[[], Redactor]) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return self._redactor().text(json.dumps(fields, ensure_ascii=False, default=str))


class _Terminal(logging.StreamHandler[TextIO]):
    """Standard error; when it is gone, nobody is there to be told."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """Say nothing."""


class _TerminalLine(logging.Formatter):
    """`level: message` in one line, without control characters that somebody else's text may hold."""

    def __init__(self, redactor: Callable[[], Redactor]) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        text = self._redactor().text(f"{record.levelname.lower()}: {record.getMessage()}")
        if record.exc_info and record.exc_info[1]:
            text += f" ({type(record.exc_info[1]).__name__})"
        return "".join(char if char.isprintable() else " " for char in text)


def _level(name: str) -> int:
    if name.lower() not in LEVELS:
        raise SettingsProblem(
            f"{name!r} is not a log level (RUNNER_LOG)", hint=f"use one of {', '.join(LEVELS)}"
        )
    return logging.getLevelNamesMapping()[name.upper()]


def _tell_trouble(stderr: TextIO, folder: Path, error: Exception) -> None:
    with suppress(OSError, ValueError):
        stderr.write(f"warning: nothing can be logged in {folder}: {error}\n")


def _default_setup() -> _Setup:
    """What a bug before `configure` gets."""
    from runner.redaction.redactor import Redactor

    environ = dict(os.environ)
    return _Setup(folder=Paths.from_environment(environ).log, redactor=lambda: Redactor(environ))


def _redacted_traceback(bug: BaseException, redactor: Callable[[], Redactor]) -> str:
    import traceback

    try:
        return redactor().text("".join(traceback.format_exception(bug)))
    except Exception:  # noqa: BLE001 - the bug may sit in what we use here
        return _without_messages(bug)


def _without_messages(bug: BaseException) -> str:
    """What cannot hold a secret: where it happened and the class of the error."""
    import traceback

    return "".join(traceback.format_tb(bug.__traceback__)) + f"{type(bug).__name__} (message left out)\n"


def _forget_old_tracebacks(folder: Path) -> None:
    for old in sorted(folder.glob("bug-*.txt"))[:-KEPT_TRACEBACKS]:
        with suppress(OSError):
            old.unlink()
