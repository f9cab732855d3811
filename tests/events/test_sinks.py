"""Sinks take every event, never raise, and lose nothing silently."""

from __future__ import annotations

import json
import resource
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner.events.model import Event, EventName
from runner.events.sinks import InMemory, JsonLines, Several, as_json
from tests.support.logs import logged

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def event(number: int = 1, **data: Any) -> Event:
    return Event(name=EventName.STEP_STARTED, at=AT, run_id="r-1", data={"number": number, **data})


def test_an_event_is_one_line_of_json() -> None:
    line = as_json(event(text="two\nlines \u2028 \u20ac"))

    assert line.count("\n") == 0
    assert json.loads(line) == {
        "name": "StepStarted",
        "at": "2026-11-22T08:30:00+00:00",
        "run_id": "r-1",
        "data": {"number": 1, "text": "two\nlines \u2028 \u20ac"},
    }


def test_events_are_appended_and_readable_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    sink = JsonLines(path)

    sink.emit(event(1))
    sink.emit(event(2))

    lines = path.read_text().splitlines()
    assert [json.loads(line).get("data") for line in lines] == [None, {"number": 1}, {"number": 2}]
    assert sink.dropped == 0


def test_the_file_is_for_this_user_alone(tmp_path: Path) -> None:
    JsonLines(tmp_path / "events.jsonl").emit(event())

    assert (tmp_path / "events.jsonl").stat().st_mode & 0o777 == 0o600


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "events.jsonl", redact=lambda text: text.replace("hunter2", "[redacted]"))

    sink.emit(event(text="it is hunter2"))

    assert json.loads((tmp_path / "events.jsonl").read_text())["data"]["text"] == "it is [redacted]"


def test_lines_of_several_threads_and_sinks_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sinks = [JsonLines(path), JsonLines(path)]
    threads = [
        threading.Thread(target=lambda sink=sink: [sink.emit(event(n, text="x" * 5000)) for n in range(100)])
        for sink in sinks * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = [json.loads(line)["data"]["number"] for line in path.read_text().splitlines()]
    assert sorted(numbers) == sorted(list(range(100)) * 4)


def test_what_cannot_be_written_is_counted_and_told_once(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "no/such/folder/events.jsonl")

    with logged("runner.events") as messages:
        sink.emit(event(1))
        sink.emit(event(2))

    assert sink.dropped == 2
    assert len(messages) == 1
    assert "events.jsonl" in messages[0]


def test_a_value_that_is_not_plain_is_dropped_and_the_next_event_arrives(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "events.jsonl")

    sink.emit(event(1, odd=object()))
    sink.emit(event(2, odd="\udcff"))
    sink.emit(event(3))

    assert sink.dropped == 2
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 1


def test_a_line_that_fitted_in_part_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonLines(path)
    sink.emit(event(1))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
        sink.emit(event(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    sink.emit(event(3))

    whole = [line for line in path.read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["data"]["number"] for line in whole] == [1, 3]
    assert sink.dropped == 1


class Broken:
    """A sink with a bug."""

    def __init__(self) -> None:
        self.asked = 0

    def emit(self, event: Event) -> None:
        self.asked += 1
        raise RuntimeError("disk on fire")


def test_one_that_fails_stops_neither_the_others_nor_the_caller() -> None:
    first, broken, last = InMemory(), Broken(), InMemory()
    several = Several(first, broken, last)

    with logged("runner.events") as messages:
        several.emit(event(1))
        several.emit(event(2))

    assert first.events == last.events == (event(1), event(2))
    assert broken.asked == 2
    assert len(messages) == 1
    assert "Broken" in messages[0]
    assert "disk on fire" in messages[0]


def test_a_late_member_gets_what_comes_after_it() -> None:
    early, late = InMemory(), InMemory()
    several = Several(early)

    several.emit(event(1))
    several.add(late)
    several.emit(event(2))

    assert (len(early.events), late.events) == (2, (event(2),))


def test_who_was_removed_gets_nothing_more() -> None:
    stays, goes = InMemory(), InMemory()
    several = Several(stays, goes)

    several.emit(event(1))
    several.remove(goes)
    several.remove(goes)
    several.emit(event(2))

    assert (len(stays.events), goes.events) == (2, (event(1),))


def test_nobody_at_all_is_fine() -> None:
    Several().emit(event())
