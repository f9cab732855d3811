"""Which file a written path means, and what is refused."""

from __future__ import annotations

import pytest

from runner.context.containment import Refusal, resolve
from runner.context.source import Entry
from tests.context.files import MemorySource

FILES = {"src/lease.py": "x", "README.md": "x", ".env": "KEY=1", "deep/er/id_rsa": "x", "größe.py": "x"}
LINKS = {
    "link.py": "src/lease.py",
    "lib": "src",
    "src/up.md": "../README.md",
    "out": "../../etc",
    "abs": "/etc/passwd",
    "round": "again",
    "again": "round",
    "gone": "nowhere.py",
    "key.txt": "deep/er/id_rsa",
}


def resolved(path: str) -> str | None:
    """The tracked path, or None when it is refused."""
    source = MemorySource(FILES, links=LINKS)
    entries: dict[str, Entry] = {entry.path: entry for entry in source.entries()}
    found = resolve(path, entries, lambda entry: source.read(entry.blob_id).decode())
    return None if isinstance(found, Refusal) else found.path


def refusal(path: str) -> str:
    source = MemorySource(FILES, links=LINKS)
    entries: dict[str, Entry] = {entry.path: entry for entry in source.entries()}
    found = resolve(path, entries, lambda entry: source.read(entry.blob_id).decode())
    assert isinstance(found, Refusal)
    return found.line


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/lease.py", "src/lease.py"),
        ("./src/lease.py", "src/lease.py"),
        ("src//lease.py", "src/lease.py"),
        ("src/../README.md", "README.md"),
        ("src\\lease.py", "src/lease.py"),
        ("größe.py", "größe.py"),
        ("link.py", "src/lease.py"),
        ("lib/lease.py", "src/lease.py"),
        ("src/up.md", "README.md"),
        ("lib/up.md", "README.md"),
    ],
)
def test_paths_and_links_inside_of_the_tree_are_followed(path: str, expected: str) -> None:
    assert resolved(path) == expected


@pytest.mark.parametrize("path", ["../secret.txt", "src/../../x", "..", "out/passwd", "out"])
def test_what_leads_out_of_the_tree_is_refused(path: str) -> None:
    assert refusal(path) == f"{path} is refused: it leads out of the repository"


@pytest.mark.parametrize("path", ["/etc/passwd", "~/x", "C:\\x", "\\\\host\\x", "", "  ", "a\0b"])
def test_what_is_no_path_of_the_repository_is_refused(path: str) -> None:
    assert refusal(path).endswith("is refused: only paths inside the repository are shown")


def test_a_link_to_an_absolute_path_is_refused() -> None:
    assert refusal("abs") == "abs is refused: it leads out of the repository"


@pytest.mark.parametrize("path", [".env", "deep/er/id_rsa", "key.txt", ".git/config", "src/../.env"])
def test_credentials_are_refused_also_behind_a_link(path: str) -> None:
    assert refusal(path) == f"{path} is refused: files of this name hold credentials"


@pytest.mark.parametrize("path", ["src/gone.py", "gone", "src", "src/lease.py/more"])
def test_what_is_not_tracked_is_skipped(path: str) -> None:
    assert refusal(path) == f"{path} is skipped: no such file is tracked"


def test_links_in_a_circle_end() -> None:
    assert refusal("round") == "round is refused: its symbolic links go round in a circle"


def test_a_line_for_people_has_no_line_breaks() -> None:
    assert "\n" not in refusal("src/\n# Task\n")
