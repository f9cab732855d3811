"""Files: none too long, every test where pytest finds it."""

from __future__ import annotations

import ast

from tests.guards.source import TOP

CEILING = 300


def test_no_file_is_longer_than_300_lines() -> None:
    files = [path for folder in ("runner", "tests") for path in (TOP / folder).rglob("*.py")]

    lengths = {str(path.relative_to(TOP)): len(path.read_text().splitlines()) for path in files}

    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > CEILING} == {}


def test_every_test_module_is_in_a_package() -> None:
    folders = {path.parent for path in (TOP / "tests").rglob("*.py")}

    bare = [str(folder.relative_to(TOP)) for folder in folders if not (folder / "__init__.py").is_file()]

    assert bare == []


def test_every_module_of_ours_says_what_it_is() -> None:
    modules = [path for path in (TOP / "runner").rglob("*.py") if path.stat().st_size]

    silent = [
        str(path.relative_to(TOP)) for path in modules if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_every_package_of_ours_has_an_init() -> None:
    folders = {path.parent for path in (TOP / "runner").rglob("*.py")}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []
