"""What a call that was killed had cost, read back from its recording."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.allowance.model import Tokens
from runner.claude.outcome import Ending, judge
from runner.claude.recording import Recorded, ended_line, read_spent, spent_in
from runner.claude.spending import NOTHING, Spending
from runner.claude.stream import StreamReader
from runner.errors import StoreFailed
from runner.process.buffers import Lines
from tests.claude.conftest import Speak
from tests.peers.messages_api import text, tool
from tests.support.claude_lines import init, line, message, result, said, started

ONE = Tokens(input=1000, output=50)
BEFORE = Spending(tokens=ONE, cost_nano_usd=10_000_000)
BROKEN_OFF = (
    init("s-1"),
    started("m1", input_tokens=1000, output_tokens=50),
    message("m1", said("hi")),
    started("m2", input_tokens=2000, output_tokens=1),
)


def test_a_call_that_was_killed_is_charged_from_its_messages(tmp_path: Path) -> None:
    path = tmp_path / "stream.jsonl"
    path.write_bytes(b"".join(BROKEN_OFF) + result("never whole")[:-30])

    told = read_spent(path)

    assert told == Recorded(
        tokens=Tokens(input=3000, output=51),
        cost_nano=3000 * 4000 + 51 * 20000,
        session_id="s-1",
        model="claude-opus-5-5",
        result=None,
        ended=False,
        estimated=True,
        unpriced=False,
        total=NOTHING,
        context_tokens=2001,
        window_tokens=0,
    )


def test_it_moves_no_total_so_the_next_call_subtracts_what_it_would_have() -> None:
    killed = spent_in(BROKEN_OFF, BEFORE)
    assert killed.total == BEFORE

    after_sigkill = result(cost_usd=0.03, tokens=ONE + ONE)
    assert spent_in((init(), after_sigkill), killed.total).cost_nano == 20_000_000


def test_a_version_that_tells_its_own_part_is_not_subtracted_from() -> None:
    later = result(cost_usd=0.09, tokens=ONE + ONE + ONE, since=(ONE, 0.01))

    assert spent_in((init(), later), BEFORE).cost_nano == 10_000_000


def test_a_call_with_its_result_tells_that_and_how_it_ended() -> None:
    whole = (*BROKEN_OFF, result("done", cost_usd=0.01, tokens=ONE, since=(ONE, 0.01)))
    usage = {"claude-opus-5-5": {"inputTokens": 1000, "contextWindow": 1_000_000}}

    told = spent_in((*whole, ended_line(Ending(exit_code=0))))

    assert (told.ended, told.estimated, told.cost_nano) == (True, False, 10_000_000)
    assert told.result is not None
    assert told.result.text == "done"
    assert spent_in((init(), result(modelUsage=usage))).window_tokens == 1_000_000


def test_a_model_without_a_price_keeps_the_hold() -> None:
    assert spent_in((init(), started("m1", model="claude-next", input_tokens=1))).unpriced


def test_a_recording_that_was_never_begun_has_cost_nothing(tmp_path: Path) -> None:
    told = read_spent(tmp_path / "gone.jsonl", BEFORE)

    assert (told.tokens, told.cost_nano, told.total) == (Tokens(), 0, BEFORE)


def test_a_recording_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot read"):
        read_spent(tmp_path)


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_torn_anywhere_it_never_tells_more_than_the_whole(position: int) -> None:
    stream = b"".join(BROKEN_OFF)
    cut = stream[: position % (len(stream) + 1)]

    told = spent_in([line + b"\n" for line in cut.split(b"\n")])

    assert told.cost_nano <= spent_in(BROKEN_OFF).cost_nano
    assert told.result is None


def test_the_real_program_says_the_same_to_us_and_to_the_recording(speak: Speak) -> None:
    spoken = speak(tool("Read", file_path="{cwd}/calc.py"), text("read"))

    told = spent_in(spoken.heard.lines)

    assert (told.tokens, told.cost_nano) == (spoken.result.tokens, spoken.result.cost_nano_usd)
    assert told.session_id == spoken.result.session_id
    assert told.context_tokens == 1050
    assert told.window_tokens > 100_000
    assert told.ended


NOISE = (
    b"[sandbox] debug\n",
    b"\x00\xff\xfe\n",
    b"\n",
    b"{broken\n",
    b"[[[[\n",
    line(type="brand_new", tokens=7),
    line(type="system", subtype="newer", message={"usage": {"input_tokens": 9}}),
    line(type="tool_progress", elapsed_time_seconds=30),
)
FOLDER = Path(__file__).parent / "transcripts"


def heard(pieces: list[bytes]) -> StreamReader:
    """Bytes as they come from a pipe, into lines, into the reader."""
    lines, reader = Lines(), StreamReader()
    for piece in pieces:
        lines.add(piece)
        for whole in iter(lines.take, None):
            reader.read(whole)
    lines.finish()
    for whole in iter(lines.take, None):
        reader.read(whole)
    return reader


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from(["unicode", "edit_accept", "hello_partial", "budget", "sig_KILL_bash", "instream"]),
    cuts=st.lists(st.integers(0, 60_000), max_size=30),
    between=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(NOISE)), max_size=10),
)
def test_however_a_stream_is_cut_up_and_whatever_is_between_its_lines_it_says_the_same(
    name: str, cuts: list[int], between: list[tuple[int, bytes]]
) -> None:
    stream = (FOLDER / f"{name}.jsonl").read_bytes()
    noisy = [line + b"\n" for line in stream.split(b"\n")]
    for position, noise in between:
        noisy.insert(position % (len(noisy) + 1), noise)
    data = b"".join(noisy)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[begin:end] for begin, end in pairwise(edges)]

    whole, torn = heard([stream]), heard(pieces)

    ending = Ending(exit_code=1)
    assert judge(torn, ending) == judge(whole, ending)
    assert torn.account.spent == whole.account.spent
    assert (torn.session_id, torn.denials, torn.results) == (whole.session_id, whole.denials, whole.results)
    assert torn.context_tokens == whole.context_tokens
