"""Reading the allowance file: fresh every time, cheap by a copy that can never be stale or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.allowance.limits import SAFE_DEFAULTS
from runner.allowance.limits_file import LimitsFile
from runner.allowance.model import Limits
from runner.errors import SettingsProblem

TEXT = (
    '[agent.default]\ndaily_tokens = 7\nmodels = ["a\\tb", "c"]\n'
    '[agent."ada@laptop"]\ndaily_tokens = "unlimited"\njob_duration_s = 9\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "allowance.toml"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "state" / "limits.cache"


def test_without_a_file_the_safe_defaults_hold_and_are_named(path: Path, cache: Path) -> None:
    limits = LimitsFile(path, cache=cache)

    assert limits("me") == SAFE_DEFAULTS
    assert limits.source() == f"built-in safe defaults ({path} does not exist yet)"
    assert not cache.exists()


def test_an_empty_file_limits_nothing_and_is_named(path: Path) -> None:
    path.write_text("")

    assert LimitsFile(path)("me") == Limits()
    assert LimitsFile(path).source() == str(path)


def test_an_edit_counts_at_once_and_a_removed_file_means_the_defaults(path: Path, cache: Path) -> None:
    limits = LimitsFile(path, cache=cache)
    path.write_text("[agent.default]\ndaily_jobs = 1\n")
    first = limits("me")
    path.write_text("[agent.default]\ndaily_jobs = 2\n")
    second = limits("me")
    path.unlink()

    assert (first.daily_jobs, second.daily_jobs) == (1, 2)
    assert limits("me") == SAFE_DEFAULTS


def test_the_copy_says_the_same_as_the_file(path: Path, cache: Path) -> None:
    path.write_text(TEXT)
    from_file = LimitsFile(path, cache=cache).tables()

    from_copy = LimitsFile(path, cache=cache).tables()

    assert cache.exists()
    assert from_copy == from_file == LimitsFile(path).tables()
    assert from_copy.of("ada@laptop") == Limits(models=("a\tb", "c"), job_duration_s=9)
    assert cache.stat().st_mode & 0o777 == 0o600


def test_the_copy_is_what_is_read_while_the_text_is_the_same(path: Path, cache: Path) -> None:
    from runner.allowance.limits import parse_limits
    from runner.allowance.limits_file import _pack

    path.write_text(TEXT)
    told_apart = parse_limits("[agent.default]\ndaily_tokens = 8\n", file_name="x")
    cache.parent.mkdir()
    cache.write_bytes(_pack(TEXT.encode(), told_apart))

    assert LimitsFile(path, cache=cache)("me").daily_tokens == 8
    path.write_text(TEXT + "\n")
    assert LimitsFile(path, cache=cache)("me").daily_tokens == 7


def test_a_damaged_copy_is_never_believed(path: Path, cache: Path) -> None:
    path.write_text(TEXT)
    right = LimitsFile(path, cache=cache).tables()
    whole = cache.read_bytes()

    for position in range(len(whole)):
        cache.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        assert LimitsFile(path, cache=cache).tables() == right
        cache.write_bytes(whole[:position])
        assert LimitsFile(path, cache=cache).tables() == right


def test_a_copy_that_cannot_be_written_does_not_matter(path: Path, tmp_path: Path) -> None:
    path.write_text(TEXT)
    (tmp_path / "file").write_text("")

    assert LimitsFile(path, cache=tmp_path / "file" / "limits.cache")("me").daily_tokens == 7


def test_a_wrong_file_is_an_error_each_time(path: Path, cache: Path) -> None:
    path.write_text("[agent.default]\ndaily_tokens = -1\n")
    limits = LimitsFile(path, cache=cache)

    for _ in range(2):
        with pytest.raises(SettingsProblem, match=r"allowance.toml: agent.default.daily_tokens is -1"):
            limits("me")
    assert not cache.exists()


def test_a_file_that_is_no_text_is_an_error(path: Path) -> None:
    path.write_bytes(b"# caf\xe9\n")

    with pytest.raises(SettingsProblem, match="not a text in UTF-8"):
        LimitsFile(path)("me")


def test_a_file_that_cannot_be_read_is_an_error(path: Path) -> None:
    path.mkdir()

    with pytest.raises(SettingsProblem, match="cannot be read"):
        LimitsFile(path)("me")
