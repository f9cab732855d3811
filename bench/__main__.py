"""`make bench`: every measurement that needs nothing from outside, one after the other."""

from __future__ import annotations

import importlib

BENCHES = ("startup", "claim", "allowance")


def main() -> None:
    for name in BENCHES:
        print(f"\n## {name}\n", flush=True)
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
