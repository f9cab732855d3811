"""Our TOML files changed by a command: comments and order stay, the rest is replaced whole; new ones are ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.errors import SettingsProblem
from runner.file_lock import one_writer
from runner.paths import write_private
from runner.settings.files import read_file
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
        if data is None:
            write_private(path, _new_file(wanted))
        else:
            write_private(path, _proven(str(path), data.decode("utf-8-sig"), changes, wanted))
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
    """The text of a TOML file with the changes, comments and order kept; pure. Check what it says: see `_proven`."""
    import tomlkit
    from tomlkit.items import InlineTable

    document = tomlkit.parse(text)
    for path, value in changes.items():
        table: Any = document
        for part in path[:-1]:
            if part not in table and value is not None:
                inline = isinstance(table, InlineTable)
                table[part] = (
                    tomlkit.inline_table() if inline else tomlkit.table(is_super_table=part != path[-2])
                )
            table = table.get(part, {})
        if value is not None:
            table[path[-1]] = list(value) if isinstance(value, tuple) else value
        elif path[-1] in table:
            del table[path[-1]]
    return tomlkit.dumps(document)


def _proven(name: str, text: str, changes: Changes, wanted: Mapping[str, Any]) -> bytes:
    """The edited file, once it is known to say exactly what was wanted.

    The library that keeps comments puts some keys into the wrong table, below dotted keys for one.
    """
    import tomllib

    try:
        edited = changed_text(text, changes)
        proven = without_empty(tomllib.loads(edited)) == without_empty(wanted)
    except ValueError:
        proven = False
    if not proven:
        raise SettingsProblem(
            f"{name}: is written in a way that only a person can change", hint="edit it by hand"
        )
    return edited.encode()


def without_empty(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The same without tables that hold nothing; a table of dotted keys goes with its last key."""
    kept = {
        name: without_empty(value) if isinstance(value, dict) else value for name, value in tables.items()
    }
    return {name: value for name, value in kept.items() if value != {}}


def _new_file(tables: Mapping[str, Any]) -> bytes:
    import tomli_w

    return tomli_w.dumps(tables).encode()
