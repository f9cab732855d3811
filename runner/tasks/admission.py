"""What is let into the queue: values from outside, checked and brought into one form; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from runner.errors import UsageProblem
from runner.tasks import text
from runner.tasks.issues import MAX_ISSUES, issue_reference
from runner.tasks.model import ClaimRequest, Ending, FileReference, NewTask, Report, TaskChange

MAX_ATTEMPTS = 100
MAX_MEMBERS = 100
"""Labels, capabilities, files or needs of one task."""
MIN_LEASE_S, MAX_LEASE_S = 1.0, 30 * 86_400.0
MAX_PARK_S = 31 * 86_400.0
_MAX_OUTPUT, _MAX_ERROR, _MAX_ARTIFACT = 1_000_000, 100_000, 2_000


def new_task(new: NewTask) -> NewTask:
    """The task as it goes into the queue. Raises: UsageProblem."""
    if not 1 <= new.max_attempts <= MAX_ATTEMPTS:
        raise UsageProblem(f"max_attempts must be from 1 to {MAX_ATTEMPTS}, not {new.max_attempts}")
    return replace(
        new,
        title=text.line(new.title, "a title"),
        project=text.line(new.project, "a project", most=text.MAX_PROJECT),
        description=text.block(new.description, "a description"),
        labels=_members(new.labels, "labels", lambda label: text.line(label, "a label", most=text.MAX_LABEL)),
        requires=_members(new.requires, "capabilities", text.capability),
        needs=_members(new.needs, "needs", lambda task: text.line(task, "the id of a task")),
        closes=_issues(new.closes),
        files=_files(new),
        model=None if new.model is None else text.name(new.model, "a model"),
    )


def claim(request: ClaimRequest) -> ClaimRequest:
    """The request with its capabilities in one form. Raises: UsageProblem."""
    if not MIN_LEASE_S <= request.lease_s <= MAX_LEASE_S:
        raise UsageProblem(f"a lease lasts {MIN_LEASE_S:.0f} s to 30 days, not {request.lease_s} s")
    return replace(
        request,
        agent_id=text.line(request.agent_id, "an agent's id"),
        request_id=request_id(request.request_id),
        run_id=text.line(request.run_id, "a run's id") if request.run_id else "",
        resume_run=text.line(request.resume_run, "a run's id") if request.resume_run else None,
        capabilities=_members(request.capabilities, "capabilities", text.capability),
    )


def pause(park_s: float) -> float:
    """How long a task that is given back stays parked, in seconds. Raises: UsageProblem."""
    if not 0.0 <= park_s <= MAX_PARK_S:
        raise UsageProblem(f"a task is parked for 0 s to 31 days, not {park_s} s")
    return park_s


def request_id(given: str) -> str:
    """The id of a request that may be repeated. Raises: UsageProblem."""
    return text.line(given, "a request id")


def report(said: Report) -> Report:
    """A holder's news. Raises: UsageProblem."""
    _percent(said.progress)
    return replace(said, note=None if said.note is None else text.cleaned_line(said.note))


def change(wanted: TaskChange) -> TaskChange:
    """A person's change. Raises: UsageProblem."""
    _percent(wanted.progress)
    return replace(
        wanted,
        note=text.line(wanted.note, "a note", most=text.MAX_NOTE) if wanted.note else wanted.note,
        closes=None if wanted.closes is None else _issues(wanted.closes),
    )


def ending(told: Ending) -> Ending:
    """How a run ended, in texts that fit. Raises: UsageProblem for a time without a zone."""
    if told.retry_at is not None and told.retry_at.tzinfo is None:
        raise UsageProblem("retry_at must have a time zone")
    return replace(
        told,
        run_id=text.cleaned_line(told.run_id, most=text.MAX_LINE),
        output=text.cleaned(told.output, most=_MAX_OUTPUT),
        error=text.cleaned(told.error, most=_MAX_ERROR),
        question=text.cleaned(told.question, most=_MAX_ERROR),
        artifacts=tuple(text.cleaned_line(artifact, most=_MAX_ARTIFACT) for artifact in told.artifacts),
        conversation=text.cleaned_line(told.conversation, most=text.MAX_LINE) if told.conversation else None,
    )


def answer(given: str) -> str:
    """A person's answer. Raises: UsageProblem."""
    if not given.strip():
        raise UsageProblem("an answer may not be empty")
    return text.block(given, "an answer", most_bytes=_MAX_ERROR)


def _members(
    given: Iterable[str], what: str, checked: Callable[[str], str], *, most: int = MAX_MEMBERS
) -> tuple[str, ...]:
    members = tuple(dict.fromkeys(checked(member) for member in given))
    if len(members) > most:
        raise UsageProblem(
            f"a task has at most {most} {what}, not {len(members)}",
            hint="leave some out, or make several tasks of it",
        )
    return members


def _issues(closes: Iterable[str]) -> tuple[str, ...]:
    return _members(closes, "issues to close", issue_reference, most=MAX_ISSUES)


def _files(new: NewTask) -> tuple[FileReference, ...]:
    files = tuple(dict.fromkeys(text.checked_reference(file) for file in new.files))
    if len(files) > MAX_MEMBERS:
        raise UsageProblem(f"a task has at most {MAX_MEMBERS} files, not {len(files)}")
    return files


def _percent(progress: int | None) -> None:
    if progress is not None and not 0 <= progress <= 100:
        raise UsageProblem(f"progress is from 0 to 100, not {progress}")
