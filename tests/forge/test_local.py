"""The local stand-in: files for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.forge.local import LocalForge
from runner.forge.protocol import PullRequest
from tests.forge.contract import wanted


def test_people_get_markdown_and_programs_a_record(tmp_path: Path) -> None:
    opened = LocalForge(tmp_path / "run").open_pull_request(wanted(body="Body.\n\n", labels=("bug",)))

    assert opened == PullRequest(url=(tmp_path / "run/pull_request.md").as_uri())
    assert (tmp_path / "run/pull_request.md").read_text() == "# Fix the clock\n\nBody.\n"
    assert json.loads((tmp_path / "run/pull_request.json").read_text()) == {
        "title": "Fix the clock",
        "branch": "feat/x",
        "base": "main",
        "draft": False,
        "labels": ["bug"],
        "body": "Body.\n\n",
    }


def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    LocalForge(tmp_path / "run").open_pull_request(wanted())

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir()}
    assert modes == {"pull_request.md": 0o600, "pull_request.json": 0o600}


def test_one_that_was_cut_off_before_its_record_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "pull_request.md").write_text("half")

    opened = LocalForge(tmp_path).open_pull_request(wanted())

    assert not opened.adopted
    assert (tmp_path / "pull_request.md").read_text().startswith("# Fix the clock")


@pytest.mark.parametrize("record", ["{", "[]", "\udcff"])
def test_a_record_that_cannot_be_read_is_replaced(tmp_path: Path, record: str) -> None:
    (tmp_path / "pull_request.json").write_bytes(record.encode("utf-8", "surrogateescape"))

    LocalForge(tmp_path).open_pull_request(wanted())

    assert json.loads((tmp_path / "pull_request.json").read_text())["branch"] == "feat/x"


def test_a_second_one_has_files_of_its_own(tmp_path: Path) -> None:
    LocalForge(tmp_path).open_pull_request(wanted())

    second = LocalForge(tmp_path).open_pull_request(wanted(branch="feat/y"))

    assert second.url == (tmp_path / "pull_request-2.md").as_uri()


def test_half_a_character_does_not_stop_it(tmp_path: Path) -> None:
    LocalForge(tmp_path).open_pull_request(wanted(title="a\ud800b"))

    assert (tmp_path / "pull_request.md").read_text().startswith("# a?b")


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")

    with pytest.raises(StoreFailed, match="is not a folder"):
        LocalForge(tmp_path / "run").open_pull_request(wanted())


def test_a_text_that_a_person_threw_away_is_written_anew(tmp_path: Path) -> None:
    LocalForge(tmp_path).open_pull_request(wanted())
    (tmp_path / "pull_request.md").unlink()

    opened = LocalForge(tmp_path).open_pull_request(wanted(body="Now."))

    assert (opened.adopted, opened.warnings) == (True, ())
    assert (tmp_path / "pull_request.md").read_text() == "# Fix the clock\n\nNow.\n"


def test_one_that_was_cut_off_before_its_record_was_brought_up_to_date_is_finished(tmp_path: Path) -> None:
    LocalForge(tmp_path).open_pull_request(wanted())
    (tmp_path / "pull_request.md").write_text("# Other\n\nNow.\n")

    opened = LocalForge(tmp_path).open_pull_request(wanted(title="Other", body="Now."))

    assert opened.warnings == ()


def test_why_it_is_written_down_is_told_each_time(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path, warning="gh is not installed")

    first, again = forge.open_pull_request(wanted()), forge.open_pull_request(wanted())

    assert (first.adopted, first.warnings) == (False, ("gh is not installed",))
    assert (again.adopted, again.warnings) == (True, ("gh is not installed",))
