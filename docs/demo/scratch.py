"""The scratch repository of the demo: a small shop with a real failing test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

TITLE = "Discounts must stay whole cents"
DESCRIPTION = """\
with_discount(999, 15) gives 849.15. A price is a whole number of cents: round half up, so it must give 849.
A percentage outside of 0 to 100 is a ValueError.
"""

FILES = {
    "README.md": "# Shop\n\nPrices are integers: cents.\n",
    ".gitignore": "__pycache__/\n",
    ".runner.toml": '[checks]\ncommands = ["python3 -m unittest -q"]\n',
    "shop/__init__.py": "",
    "shop/price.py": '''"""Prices in cents."""


def with_discount(cents, percent):
    """The price after a discount of `percent`."""
    return cents - cents * percent / 100
''',
    "shop/basket.py": '''"""What a customer is about to buy."""

from shop.price import with_discount


def total(items, percent=0):
    """The sum of (name, cents) items after a discount."""
    return sum(with_discount(cents, percent) for _, cents in items)
''',
    "tests/__init__.py": "",
    "tests/test_price.py": """import unittest

from shop.basket import total
from shop.price import with_discount


class Discount(unittest.TestCase):
    def test_is_a_whole_number_of_cents(self):
        self.assertEqual(with_discount(999, 15), 849)
        self.assertIsInstance(with_discount(999, 15), int)

    def test_refuses_more_than_everything(self):
        with self.assertRaises(ValueError):
            with_discount(999, 101)

    def test_basket_adds_up(self):
        self.assertEqual(total([("tea", 300), ("cup", 700)]), 1000)
""",
}


def make_repository(folder: Path, environ: dict[str, str]) -> None:
    """Write the files and commit them on `main`."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("config", "user.name", "Demo"),
        ("config", "user.email", "demo@example.org"),
        ("config", "commit.gpgSign", "false"),
        ("add", "-A"),
        ("commit", "-q", "-m", "A small shop"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, env=environ, check=True, timeout=30)


def own_environment(folder: Path) -> dict[str, str]:
    """This process's environment, with settings, state and cache of runner in `folder`."""
    places = {f"RUNNER_{name.upper()}_DIR": str(folder / name) for name in ("config", "state", "cache")}
    return {**os.environ, **places}
