"""What keeps a person's own commit back: secrets in it, and new files that are made to hold some."""

from __future__ import annotations

from runner.errors import RunnerError
from runner.git.staging import Staging
from runner.redaction.redactor import Redactor
from runner.redaction.scan import scan_patch, scan_text
from runner.redaction.secret_files import looks_like_secrets

TOLD_LIMIT = 10


def refuse_secrets(staging: Staging, message: str, *, redactor: Redactor) -> None:
    """Let a commit through that holds nothing secret; a value is told nowhere, only its kind and place.

    Raises:
        RunnerError: it holds a secret, or a file that was not tracked before is one for secrets by its name.
    """
    found = [str(finding) for finding in scan_patch(staging.patch, redactor=redactor)]
    found += [str(finding) for finding in scan_text(message, path="the message", redactor=redactor)]
    found += [
        f"new file {redactor.text(path)}, by its name for secrets"
        for path in staging.untracked
        if looks_like_secrets(path)
    ]
    if found:
        more = f" and {len(found) - TOLD_LIMIT} more" if len(found) > TOLD_LIMIT else ""
        raise RunnerError(
            f"nothing was committed: {'; '.join(found[:TOLD_LIMIT])}{more}",
            hint="take it out, or name the file in .gitignore; if it is meant to be there: --allow-secrets",
        )
