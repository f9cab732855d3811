"""The page about settings is the table of settings."""

from __future__ import annotations

from pathlib import Path

from runner.settings.keys import KEYS
from runner.settings.page import settings_page

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == settings_page(), "its head says how to make it anew"


def test_the_page_names_every_key_and_variable_once() -> None:
    page = settings_page()

    for name, key in KEYS.items():
        group, _, last = name.rpartition(".")
        start = page.index(f"### `[{group}]`") if group else page.index("### At the top")
        end = page.find("\n### ", start + 1)
        assert page[start:end].count(f"| `{last}` |") == 1
        assert all(page.count(f"`{variable}`") >= 1 for variable in key.variables)
