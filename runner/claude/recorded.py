"""A recorded run, asked instead of Claude: the same stream, the same changes, offline and for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runner.claude.answer import ended_before_start, reader_for, to_result
from runner.claude.fields import object_of
from runner.claude.outcome import Ending
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.claude.recording import ended_line, ending_in, is_ending
from runner.claude.stream import StreamReader
from runner.errors import ClaudeNotStarted, RunnerError
from runner.process.stop import Stop


class RecordedClaude:
    """Each call replays the next one of the run in `run_folder`.

    The first is `stream.jsonl` with `changes.patch`, the second (a repair) `stream-2.jsonl` with `changes-2.patch`,
    and so on; a patch that is missing or empty changes nothing.
    """

    def __init__(self, run_folder: Path, apply: Callable[[Path, bytes], None]) -> None:
        """`apply(workdir, patch)` changes the files; a `RunnerError` from it says why it cannot."""
        self._folder = run_folder
        self._apply = apply
        self._calls = 0

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        """See `ClaudeRunner`. Money and tokens are those of the recorded call; its duration too.

        Raises:
            ClaudeNotStarted: the recording is missing, damaged, has no more calls, or does not fit the work tree.
        """
        early = ended_before_start(request, stop)
        if early is not None:
            return early
        number = self._calls + 1
        lines = self._stream(number)
        patch = self._patch(number)
        self._calls = number
        request.prompt()
        reader = reader_for(request)
        ending = _replay(lines, reader, on_message, on_line, stop)
        if ending.stop is None:
            self._change(request.workdir, patch)
        result = reader.own_result
        return to_result(
            request,
            reader,
            ending,
            duration_s=result.duration_ms / 1000 if result is not None else 0.0,
            session_id=request.session_id,
        )

    def _stream(self, number: int) -> tuple[bytes, ...]:
        name = _numbered("stream", number, "jsonl")
        lines = tuple(line + b"\n" for line in self._read(name).split(b"\n") if line)
        if not any(object_of(line) for line in lines if not is_ending(line)):
            raise ClaudeNotStarted(
                f"the recording {self._folder / name} is damaged: nothing in it is from claude",
                hint="replay another run, or run the task again",
            )
        return lines

    def _patch(self, number: int) -> bytes:
        name = _numbered("changes", number, "patch")
        return self._read(name) if (self._folder / name).exists() else b""

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise ClaudeNotStarted(
                f"there is no recording {self._folder / name}: {error.strerror}",
                hint="`runner runs` lists the runs that can be replayed",
            ) from error

    def _change(self, workdir: Path, patch: bytes) -> None:
        if not patch.strip():
            return
        try:
            self._apply(workdir, patch)
        except RunnerError as error:
            raise ClaudeNotStarted(
                f"the recorded changes do not fit this work tree: {error}",
                hint="replay it on the commit that the run started from",
            ) from error


def _numbered(stem: str, number: int, suffix: str) -> str:
    return f"{stem}.{suffix}" if number == 1 else f"{stem}-{number}.{suffix}"


def _replay(
    lines: tuple[bytes, ...],
    reader: StreamReader,
    on_message: Callable[[Message], None],
    on_line: Callable[[bytes], None],
    stop: Stop,
) -> Ending:
    """Everything claude said, until the end or the stop; our own last line is written anew."""
    for line in lines:
        if stop.is_set() or is_ending(line):
            break
        on_line(line)
        for message in reader.read(line):
            on_message(message)
    ending = ending_in(lines, has_result=bool(reader.results))
    if stop.reason is not None:
        ending = Ending(exit_code=-2, stop=stop.reason)
    on_line(ended_line(ending))
    return ending
