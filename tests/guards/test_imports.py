"""Which room may know which: directions, no cycles, libraries in their rooms only."""

from __future__ import annotations

import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.guards.source import PACKAGE, TOP, Imported, imports, modules

RANKS = (
    ("errors",),
    ("paths", "visible", "process", "redaction", "events"),
    ("settings", "prompts", "storage", "log"),
    ("git", "gh"),
    ("claude", "allowance", "tasks", "context", "forge"),
    ("commit_message", "runs", "fleet", "setup"),
    ("wiring",),
    ("server", "editors", "mcp", "hook"),
    ("cli",),
    ("__main__",),
)
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
"""Lower knows nothing of higher. Rooms of one rank know each other's values and protocols."""

PARTS = {"log_file": "log", "file_lock": "paths"}
"""A room that is one subject in two files."""

SHARED = ("model", "protocol")

HOMES = {
    "click": ("runner.cli", "runner.__main__"),
    "jinja2": ("runner.prompts", "runner.server"),
    "markupsafe": ("runner.prompts", "runner.server"),
    "httpx": ("runner.tasks.api_client",),
    "pygit2": ("runner.git",),
    "detect_secrets": ("runner.redaction",),
    "yaml": ("runner.settings",),
    "starlette": ("runner.server",),
    "uvicorn": ("runner.server",),
}
"""Where a library may be imported; anywhere else it is a leak."""

HEAVY = frozenset({*HOMES, "anyascii", "tomlkit", "tomli_w", "redis", "psycopg"} - {"click"})
"""Imported where it is used, not where the program starts; click is what the cli is made of."""


def room(module: str) -> str:
    """`git` for `runner.git.model`; empty for the package itself, which holds only the version."""
    name = [*module.split("."), ""][1]
    return PARTS.get(name, name)


def fault(imported: Imported) -> str:
    """What is wrong with the direction of an import of ours; empty if nothing."""
    ours, theirs = room(imported.by), room(imported.what)
    if ours == theirs or theirs == "":
        return ""
    if ours not in RANK or theirs not in RANK:
        return f"{imported}: give the room a rank"
    if RANK[theirs] > RANK[ours]:
        return f"{imported}: {theirs} is above {ours}"
    if RANK[theirs] == RANK[ours] and imported.what.rpartition(".")[2] not in SHARED:
        return f"{imported}: beside {ours}, only its model and protocol may be known"
    return ""


def of_ours() -> list[Imported]:
    return [imported for imported in imports() if imported.library == "runner"]


def test_every_import_points_the_way_of_the_ranks() -> None:
    assert [fault(imported) for imported in of_ours() if fault(imported)] == []


def test_every_room_has_a_rank() -> None:
    assert {room(name) for name in modules()} - {""} <= RANK.keys()


def test_no_module_imports_itself_in_a_circle() -> None:
    wanted: dict[str, set[str]] = {name: set() for name in modules()}
    for imported in of_ours():
        if not imported.for_types and imported.what != imported.by:
            wanted[imported.by].add(imported.what)

    assert circle(wanted) == []


def circle(wanted: dict[str, set[str]]) -> list[str]:
    """One circle of names, or nothing: what has no open wishes is taken away until nothing changes."""
    left = {name: set(others) for name, others in wanted.items()}
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    path: list[str] = []
    name = next(iter(left), "")
    while name and name not in path:
        path.append(name)
        name = min(left[name] & left.keys())
    return path[path.index(name) :] if name else []


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_in_its_room(library: str) -> None:
    homes = HOMES[library]

    strays = [
        str(imported)
        for imported in imports()
        if imported.library == library and not imported.for_types
        if not any(imported.by == home or imported.by.startswith(f"{home}.") for home in homes)
    ]

    assert strays == []


def test_heavy_libraries_are_imported_only_when_they_are_used() -> None:
    early = [str(imported) for imported in imports() if imported.library in HEAVY and imported.at_import]

    assert early == []


def test_every_library_is_a_declared_dependency() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    declared = [*project["dependencies"], *extras]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0].replace("-", "_").lower() for line in declared}
    names |= {"yaml"} if "pyyaml" in names else set()

    foreign = {
        imported.library
        for imported in imports()
        if imported.library not in sys.stdlib_module_names and imported.library != "runner"
    }

    assert foreign <= names


def write(folder: Path, files: dict[str, str]) -> Path:
    package = folder / "runner"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return package


def test_the_guard_sees_imports_in_functions_and_of_modules_by_name(tmp_path: Path) -> None:
    package = write(
        tmp_path,
        {
            "__init__.py": "",
            "git/__init__.py": "",
            "git/model.py": "",
            "git/a.py": "def f():\n    from runner.cli import main\n    import click.testing\n",
            "cli/main.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from runner.git import model\n",
        },
    )

    seen = {(imported.by, imported.what): imported for imported in imports(package)}

    assert fault(seen["runner.git.a", "runner.cli.main"]) == (
        "runner.git.a:2 imports runner.cli.main: cli is above git"
    )
    assert seen["runner.git.a", "click.testing"].library == "click"
    assert not seen["runner.git.a", "click.testing"].at_import
    assert seen["runner.cli.main", "runner.git.model"].for_types


@pytest.mark.parametrize(
    ("by", "what", "wrong"),
    [
        ("runner.forge.github", "runner.gh", False),
        ("runner.forge.github", "runner.tasks.model", False),
        ("runner.forge.github", "runner.tasks.engine", True),
        ("runner.forge.github", "runner.runs.model", True),
        ("runner.errors", "runner.paths", True),
        ("runner.errors", "runner", False),
        ("runner.somewhere", "runner.errors", True),
    ],
)
def test_the_guard_tells_right_from_wrong(by: str, what: str, wrong: bool) -> None:
    imported = Imported(by=by, what=what, line=1, at_import=True, for_types=False)

    assert bool(fault(imported)) is wrong


def test_the_guard_finds_a_circle() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
    assert circle({"a": {"b"}, "b": set()}) == []


def test_the_package_is_where_the_guard_looks() -> None:
    assert "runner.errors" in modules()
    assert PACKAGE.is_dir()
