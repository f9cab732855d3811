"""`python -m runner` and the console script `runner`."""

from __future__ import annotations

import gc
import sys

FEW = 100_000
"""Objects that may be made before garbage is looked for; a short command never makes as many."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # Looking for garbage while modules load, and once more at the end, costs a short command a fifth of its time.
    gc.set_threshold(FEW, *gc.get_threshold()[1:])
    from runner.cli.main import run

    code = run()
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
