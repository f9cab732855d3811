"""Our TOML files changed by a command: comments and order stay, the rest is replaced whole; new ones are ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.errors import SettingsProblem
from runner.paths import write_private
from runner.settings.files import one_writer, read_file
from runner.settings.toml_file import parse_toml

KeyPath = tuple[str, ...]
Changes = Mapping[KeyPath, object]
"""New values by path; None takes the key out."""


def change_file(path: Path, changes: Changes, *, private: bool = False) -> bool:
    """Apply the changes to the file, which is made when it is not there. Returns whether anything changed.

    With `private` True a file that other users can read is refused before it is touched.

    Raises:
        SettingsProblem: the file is not TOML, or holds a plain value where a table is needed.
        StoreFailed, Busy: it could not be written; it is as it was.
    """
    with one_writer(path.parent):
        data = read_file(path, private=private)
        old = dict(parse_toml(str(path), data).tables) if data is not None else {}
        wanted = changed_tables(str(path), old, changes)
        if wanted == old:
            return False
        text = _new_text(wanted) if data is None else changed_text(data.decode("utf-8-sig"), changes)
        write_private(path, _proven(str(path), text, wanted))
    return True


def changed_tables(name: str, old: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """What the file must say afterwards; pure.

    Raises:
        SettingsProblem: a plain value stands where a table is needed.
    """
    tables = copy.deepcopy(dict(old))
    for path, value in changes.items():
        table: Any = tables
        for depth, part in enumerate(path[:-1], start=1):
            # Taking a key out must not make the tables around it.
            table = table.get(part, {}) if value is None else table.setdefault(part, {})
            if not isinstance(table, dict):
                raise SettingsProblem(
                    f"{name}: {'.'.join(path[:depth])}: wants a table",
                    hint=f"take the line out of {name} first",
                )
        if value is None:
            table.pop(path[-1], None)
        else:
            table[path[-1]] = list(value) if isinstance(value, tuple) else value
    return tables


def changed_text(text: str, changes: Changes) -> str:
    """The text of the file with the changes, comments and order kept; pure."""
    import tomlkit

    document = tomlkit.parse(text)
    for path, value in changes.items():
        table: Any = document
        for part in path[:-1]:
            if part not in table and value is not None:
                table[part] = tomlkit.table(is_super_table=part != path[-2])
            table = table.get(part, {})
        if value is not None:
            table[path[-1]] = list(value) if isinstance(value, tuple) else value
        elif path[-1] in table:
            del table[path[-1]]
    return tomlkit.dumps(document)


def _new_text(tables: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(tables)


def _proven(name: str, text: str, wanted: Mapping[str, Any]) -> bytes:
    """The bytes to write, once they are known to say exactly what was wanted."""
    data = text.encode()
    if parse_toml(name, data).tables != wanted:
        raise SettingsProblem(
            f"{name}: is written in a way that cannot be changed safely", hint="edit it by hand"
        )
    return data
