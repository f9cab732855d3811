"""`python -m runner` and the console script `runner`."""

from __future__ import annotations


def main() -> None:
    """Hand over to the command line."""
    from runner.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
