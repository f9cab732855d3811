"""What people install: the wheel and the source archive hold everything, and the wheel finds its files."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.guards.source import TOP

BUILD = """
import sys
from hatchling.builders.{kind} import {name}
print(next({name}(sys.argv[1]).build(directory=sys.argv[2])))
"""


def build(kind: str, name: str, folder: Path) -> Path:
    """Build without touching the checkout; as CI does it, but with the backend that is installed."""
    code = BUILD.format(kind=kind, name=name)
    done = subprocess.run(
        [sys.executable, "-c", code, str(TOP), str(folder)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", "WheelBuilder", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", "SdistBuilder", tmp_path_factory.mktemp("sdist"))


def files(folder: str) -> set[str]:
    """The files of a folder of the checkout that belong to the project."""
    found = {str(path.relative_to(TOP)) for path in (TOP / folder).rglob("*") if path.is_file()}
    return {name for name in found if "__pycache__" not in name}


def test_the_wheel_has_every_module_hook_and_prompt(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    bundled = {f"runner/_bundled/{name}" for name in files("hooks") | files("prompts")}
    assert files("runner") | bundled <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_has_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"runner", "agentic_runner"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_has_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))

    assert "runner = runner.__main__:main" in archive.read(name).decode()


def test_an_unpacked_wheel_finds_its_own_hooks_and_prompts(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")  # noqa: S202  (we made it)
    code = (
        "import runner.paths as paths\n"
        "for kind in ('hooks', 'prompts'):\n"
        "    print(*sorted(file.name for file in paths.bundled(kind).iterdir()), sep='\\n')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )

    there = {Path(name).name for name in files("hooks") | files("prompts")}
    assert set(done.stdout.split()) == there


def test_the_source_archive_has_everything_to_build_and_test(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    assert files("runner") | files("tests") | files("hooks") | files("prompts") <= names
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "Makefile"} <= names
