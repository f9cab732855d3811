"""What a push would publish, as text: every commit with its message and all that it changes."""

from __future__ import annotations

from runner.git.ground import Ground

_OPTIONS = (
    *("--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--root"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--no-notes", "--no-show-signature", "--no-mailmap"),
    *("--no-relative", "--submodule=short"),
)


def outgoing_patch(ground: Ground, base: str, tip: str) -> bytes:
    """The commits that `tip` has beyond `base`, each with its patch; independent of the developer's settings.

    A merge is shown against each of its parents, so that nothing hides in it.

    Raises:
        GitFailed: one of the two is not in the clone.
    """
    return ground.git.run("log", "-p", "-m", "--format=medium", *_OPTIONS, f"{base}..{tip}", "--")
