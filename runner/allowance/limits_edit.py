"""Change `allowance.toml`: a person's comments and order stay, and a half-written file is never seen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from runner.allowance.limits import (
    DEFAULT_AGENT,
    FILE_HEAD,
    UNLIMITED,
    LimitTables,
    parse_limits,
    safe_file_values,
)
from runner.errors import SettingsProblem, StoreFailed
from runner.file_lock import one_writer
from runner.paths import write_private
from runner.settings.files import read_file


def set_limits(path: Path, changes: Mapping[str, object], *, agent_id: str | None = None) -> LimitTables:
    """Write keys of one agent's table (None: the default of every agent) and return what the file then says.

    Keys and values are those of the file (`daily_cost_usd`: a number or decimal text, `models`: a list); None
    takes a limit away. A first file starts from the safe defaults, so that one changed key never lifts the
    limits that held until now. The file is replaced whole, mode 0600; a symbolic link stays one.

    Raises:
        SettingsProblem: a key or value is wrong, here or in the file, or it cannot be read or written.
        Busy: another process is changing files beside it.
    """
    target = Path(os.path.realpath(path))
    table = agent_id or DEFAULT_AGENT
    try:
        with one_writer(target.parent):
            data = read_file(target)
            text = None if data is None else data.decode("utf-8")
            new = _first(table, changes) if text is None else _edited(text, table, changes, path)
            tables = parse_limits(new, file_name=str(path))
            write_private(target, new.encode("utf-8"))
    except StoreFailed as error:
        raise SettingsProblem(
            f"{path}: cannot be written: {error}", hint="make the file and its folder writable"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsProblem(
            f"{path}: not a text in UTF-8 (byte {error.start})", hint="save it as UTF-8"
        ) from error
    return tables


def _first(table: str, changes: Mapping[str, object]) -> str:
    import tomli_w

    values = safe_file_values()
    _change(values["agent"].setdefault(table, {}), changes, under=values["agent"][DEFAULT_AGENT])
    return FILE_HEAD + tomli_w.dumps(values)


def _edited(text: str, table: str, changes: Mapping[str, object], path: Path) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsProblem(
            f"{path}: not valid TOML: {error}", hint="correct the file, then set the limit again"
        ) from error
    if "agent" not in document:
        document["agent"] = tomlkit.table(is_super_table=True)
    agents = _mapping(document["agent"], f"{path}: agent")
    if table not in agents:
        agents[table] = tomlkit.table()
    default = _mapping(agents.get(DEFAULT_AGENT, {}), f"{path}: agent.{DEFAULT_AGENT}")
    mine = _mapping(agents[table], f"{path}: agent.{table}")
    with _behind_the_last_key(mine):
        _change(mine, changes, under=default)
    return tomlkit.dumps(document)


@contextmanager
def _behind_the_last_key(table: object) -> Iterator[None]:
    """New keys go before the comments at a table's end, which speak of the table that follows."""
    from tomlkit.items import Table

    if not isinstance(table, Table):
        yield
        return
    body = table.value.body
    keys = [place for place, (key, _) in enumerate(body) if key is not None]
    end = body[keys[-1] + 1 :] if keys else []
    del body[len(body) - len(end) :]
    yield
    body.extend(end)


def _mapping(value: object, where: str) -> MutableMapping[str, object]:
    if not isinstance(value, MutableMapping):
        raise SettingsProblem(f"{where} is not a table", hint="wanted tables such as [agent.default]")
    return value


def _change(
    table: MutableMapping[str, object], changes: Mapping[str, object], *, under: Mapping[str, object]
) -> None:
    for key, value in changes.items():
        if value is not None:
            table[key] = list(value) if isinstance(value, tuple) else value
        elif table is not under and key in under:
            # Leaving the key out would let the default's limit through.
            table[key] = UNLIMITED
        else:
            table.pop(key, None)
