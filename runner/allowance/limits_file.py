"""The limits of an agent, read from `allowance.toml` each time, cheaply: a person may edit it at any moment.

Reading TOML costs a hook more than everything else it does, so what was read is kept beside the state, with
the text that it was read from: the same text means the same limits, whatever the clock says.
"""

from __future__ import annotations

import os

from runner.allowance.files.disk import make_private_folder, read_whole, replace_copy
from runner.allowance.files.lines import Damaged, decode, encode
from runner.allowance.limits import SAFE_DEFAULTS, LimitTables, parse_limits
from runner.allowance.model import Limits
from runner.errors import SettingsProblem

_CACHE_FORMAT = "1"
"""Raise it with every new key: an older program's cache would not have it."""
_NONE = ""


class LimitsFile:
    """Call it with an agent's id for its limits: the file's, or the safe defaults while there is none.

    A call raises `SettingsProblem` when the file cannot be read or a key or value in it is wrong.
    """

    def __init__(self, path: str | os.PathLike[str], *, cache: str | os.PathLike[str] | None = None) -> None:
        """`cache` is a file of ours that may be lost at any time; None does without."""
        self._path = os.fspath(path)
        self._cache = None if cache is None else os.fspath(cache)
        self._text: bytes | None = None
        self._tables = LimitTables(default=SAFE_DEFAULTS, agents={})

    def __call__(self, agent_id: str) -> Limits:
        return self.tables().of(agent_id)

    def tables(self) -> LimitTables:
        """The limits of every agent. Raises: SettingsProblem."""
        text = self._read()
        if text is None:
            return LimitTables(default=SAFE_DEFAULTS, agents={})
        if text != self._text:
            self._tables = self._from_cache(text) or self._from_toml(text)
            self._text = text
        return self._tables

    def source(self) -> str:
        """Where the limits come from, for people."""
        if self._read() is None:
            return f"built-in safe defaults ({self._path} does not exist yet)"
        return self._path

    def _read(self) -> bytes | None:
        try:
            return read_whole(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingsProblem(
                f"{self._path}: cannot be read: {error.strerror}", hint="make it a file that you can read"
            ) from error

    def _from_toml(self, data: bytes) -> LimitTables:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SettingsProblem(
                f"{self._path}: not a text in UTF-8 (byte {error.start})", hint="save it as UTF-8"
            ) from error
        tables = parse_limits(text, file_name=self._path)
        self._keep(data, tables)
        return tables

    def _from_cache(self, text: bytes) -> LimitTables | None:
        if self._cache is None:
            return None
        try:
            return _unpack(read_whole(self._cache), text)
        except (OSError, Damaged, ValueError):
            # It only saves time: whatever is wrong with it, the file itself is read.
            return None

    def _keep(self, text: bytes, tables: LimitTables) -> None:
        if self._cache is None:
            return
        try:
            make_private_folder(os.path.dirname(self._cache))
            replace_copy(self._cache, _pack(text, tables))
        except OSError:
            # A full or read-only disk does not matter here; the ledger tells what is wrong with it.
            return


def _pack(text: bytes, tables: LimitTables) -> bytes:
    lines = [encode([_CACHE_FORMAT, text.decode("utf-8")]), encode(["", *_fields(tables.default)])]
    lines += [encode([name, *_fields(limits)]) for name, limits in tables.agents.items()]
    return b"".join(lines) + encode([str(len(lines))])


def _unpack(data: bytes, text: bytes) -> LimitTables | None:
    """The tables, or None when they were read from another text. Raises: Damaged, ValueError."""
    head, default, *agents, count = [decode(line) for line in data.split(b"\n")[:-1]]
    if head != [_CACHE_FORMAT, text.decode("utf-8")] or count != [str(len(agents) + 2)]:
        return None
    return LimitTables(
        default=_limits(default[1:]), agents={name: _limits(fields) for name, *fields in agents}
    )


def _fields(limits: Limits) -> list[str]:
    numbers = (
        limits.daily_tokens,
        limits.daily_jobs,
        limits.concurrent_jobs,
        limits.daily_cost_nano,
        limits.run_tokens,
        limits.run_cost_nano,
        limits.job_duration_s,
    )
    texts = [_NONE if number is None else str(number) for number in numbers]
    return texts + ([] if limits.models is None else list(limits.models))


def _limits(fields: list[str]) -> Limits:
    tokens, jobs, running, cost, run_tokens, run_cost, duration = [
        None if text == _NONE else int(text) for text in fields[:7]
    ]
    return Limits(
        models=tuple(fields[7:]) or None,
        daily_tokens=tokens,
        daily_jobs=jobs,
        concurrent_jobs=running,
        daily_cost_nano=cost,
        run_tokens=run_tokens,
        run_cost_nano=run_cost,
        job_duration_s=duration,
    )
