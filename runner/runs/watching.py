"""The developer's checkout while a run works: looked at before and after, and the run answers for what it changed."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from runner.errors import RunnerError, StoreFailed
from runner.git.alibi import take
from runner.git.fingerprint import Fingerprint
from runner.git.footprint import READING
from runner.runs.alibi import (
    BEFORE,
    KEPT,
    Alibi,
    Verdict,
    begin_alibi,
    check_alibi,
    end_alibi,
    lost_between,
    open_alibi,
    tool_uses,
    uses_in,
)
from runner.runs.judging import Judgement
from runner.runs.record import Json
from runner.runs.run import Run
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")

USES_LIMIT, USES_LIMIT_BYTES = 50_000, 50 * 2**20
"""More uses of tools, or longer ones, are not held in memory: then the recorded streams are read, too."""
LOST = "what was known of your checkout is gone, so nobody can say what the run did there"


def begin(run: Run) -> Alibi:
    """Look at the checkout before Claude is started, and keep what is unsaved in it.

    Raises:
        GitFailed, ChildTimedOut, StoreFailed, Busy: it cannot be read or kept; then Claude is not started.
    """
    if run.alibi is None and run.record.data.get("alibi") is not None:
        _try_to_take_up(run)
    if run.alibi is not None:
        return run.alibi  # a second conversation of one run answers for the first one, too
    tools = run.tools
    run.alibi = begin_alibi(
        tools.clone,
        run.run_id,
        run.record.folder,
        ours=tools.own_folders,
        at=int(tools.now().timestamp()),
    )
    try:
        # Not noted here: this runs beside the other preparations, and they note things too.
        run.alibi_digests = _digests(run.record.folder)
    except OSError as error:
        raise StoreFailed(
            f"{run.record.folder}: {error}", hint="somebody removed the run's folder"
        ) from error
    return run.alibi


def mark(run: Run) -> Json:
    """What goes into the record before Claude is started: by it another process knows our files again."""
    return dict(run.alibi_digests) or run.record.data.get("alibi")


def notice(run: Run, line: bytes) -> None:
    """Remember what a line of Claude's stream tells of tools that can change something."""
    if b'"tool_use"' not in line or _is_full(run):
        return
    for use in tool_uses((line,)):
        if use["name"] not in READING:
            run.uses.append(use)
            run.uses_bytes += len(line)


def broken_alibi(run: Run) -> Judgement | None:
    """The ending of a run that changed the checkout, with the way back; None when it did not."""
    try:
        verdict = look(run)
    except StoreFailed as lost:
        return Judgement(
            outcome=Outcome.NEEDS_INPUT, cause=str(lost), question=f"{lost}. {lost.hint}", hint=lost.hint
        )
    if verdict is None or not verdict.ours:
        run.alibi_held = verdict is not None
        return None
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=verdict.cause,
        question=f"{verdict.cause}. {verdict.hint}".strip(),
        hint=verdict.hint,
    )


@contextmanager
def witnessed(run: Run) -> Iterator[None]:
    """Around the checks of the result: what the checkout loses in these seconds, the run answers for.

    Where it cannot be looked at nothing is witnessed; the last look says so then.
    """
    first = _glance(run)
    try:
        yield
    finally:
        then = _glance(run) if first is not None else None
        if first is not None and then is not None:
            run.witnessed = tuple(dict.fromkeys((*run.witnessed, *lost_between(first, then))))


def _glance(run: Run) -> Fingerprint | None:
    try:
        if run.alibi is None:
            _take_up(run)
        if run.alibi is None:
            return None
        return take(run.tools.clone.ground.checkout, ours=run.tools.own_folders, since=run.alibi.before)
    except (RunnerError, OSError) as error:
        log.warning("the checkout could not be looked at around the checks: %s", error)
        return None


def look(run: Run) -> Verdict | None:
    """Look again, and note whose the differences are; None when nothing was looked at before.

    Raises:
        GitFailed, ChildTimedOut: the checkout cannot be read any more.
        StoreFailed: a process before this one had looked, and what it wrote down is gone or another.
    """
    if run.alibi is None:
        _take_up(run)
    alibi = run.alibi
    if alibi is None:
        return None
    verdict = check_alibi(
        alibi,
        run.tools.clone,
        run.work_tree,
        uses=_uses(run),
        home=run.tools.home,
        ours=run.tools.own_folders,
        expected=(f"refs/heads/{run.branch}",),
        redact=run.tools.redactor.text,
        witnessed=run.witnessed,
    )
    run.record.note(
        checkout={
            "by_the_run": [item.told() for item in verdict.ours],
            "by_others": [item.told() for item in verdict.theirs],
            "may_be_missed": [item.told() for item in verdict.missed],
        }
    )
    run.verdict = verdict
    return verdict


def answer_for(run: Run, judgement: Judgement) -> Judgement:
    """The last look, when all else is done: what was judged, or that the checkout was changed by the run."""
    if run.alibi_held and not _has_hooks(run):
        return _without(run, judgement)  # since the last look nothing ran but git and gh
    try:
        broken = broken_alibi(run)
    except RunnerError as error:
        log.warning("the checkout could not be looked at again: %s", error)
        run.warn(f"your checkout could not be looked at again: {error}")
        return judgement
    return _without(run, judgement) if broken is None else replace(broken, hint=broken.hint or judgement.hint)


def _try_to_take_up(run: Run) -> None:
    try:
        _take_up(run)
    except StoreFailed as lost:
        log.warning("%s", lost)
        run.warn(str(lost))


def _take_up(run: Run) -> None:
    """What the process before this one knew. Raises: StoreFailed, when it is not what that process wrote."""
    folder, known = run.record.folder, run.record.data.get("alibi")
    hint = f"look at your checkout yourself; what was kept of it is still there, see {folder}"
    try:
        if known is not None and known != _digests(folder):
            raise StoreFailed(LOST, hint=hint)
        run.alibi = open_alibi(run.run_id, folder)
        if run.alibi is not None:
            run.uses.extend(uses_in(folder))
    except OSError as error:
        raise StoreFailed(LOST, hint=hint) from error


def _digests(folder: Path) -> dict[str, str]:
    """Raises: OSError."""
    return {name: hashlib.sha256(_content(folder / name)).hexdigest() for name in (BEFORE, KEPT)}


def _content(path: Path) -> bytes:
    """Of a file of ours; what an agent may have put in its place could keep a reader waiting."""
    if path.is_symlink() or not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    return path.read_bytes()


def _uses(run: Run) -> Iterable[Mapping[str, object]]:
    return chain(run.uses, uses_in(run.record.folder)) if _is_full(run) else run.uses


def _is_full(run: Run) -> bool:
    return len(run.uses) >= USES_LIMIT or run.uses_bytes >= USES_LIMIT_BYTES


def _without(run: Run, judgement: Judgement) -> Judgement:
    """What was kept of the checkout is needed no longer; unless something is missing that only this copy has."""
    if run.verdict is not None and run.verdict.missed:
        # Nobody saw who did it: it may have been a program that the checks started.
        run.warn(run.verdict.warning)
        return judgement
    if warning := end_alibi(run.tools.clone, run.run_id):
        run.warn(warning)
    return judgement


def _has_hooks(run: Run) -> bool:
    """Whether the developer has hooks that a commit or a push of ours runs; they may run what Claude wrote."""
    folder = run.tools.clone.ground.carried.hooks
    try:
        return any(os.access(path, os.X_OK) and path.suffix != ".sample" for path in folder.iterdir())
    except OSError:
        return False
