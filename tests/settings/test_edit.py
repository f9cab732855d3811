"""Files of ours changed by a command keep what people wrote around the values."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import RunnerError, SettingsProblem, StoreFailed
from runner.settings.config_file import set_value, unset_value
from runner.settings.edit import change_file, changed_tables, changed_text, without_empty
from tests.settings.conftest import Desk

MINE = """\
# my settings
agent_id = "ada"   # me

[claude]
# not too many
max_turns = 5
labels = [
    "a", # one
]

[profile.work]
project = "widget"
"""


def test_comments_and_order_stay(desk: Desk) -> None:
    desk.config(MINE)

    set_value(desk.paths, "claude.max_turns", "7")
    set_value(desk.paths, "project", "gadget")
    set_value(desk.paths, "claude.timeout_s", "9", profile="work")
    set_value(desk.paths, "log.level", "debug", profile="home")

    text = desk.paths.config_file.read_text()
    assert tomllib.loads(text) == {
        "agent_id": "ada",
        "project": "gadget",
        "claude": {"max_turns": 7, "labels": ["a"]},
        "profile": {
            "work": {"project": "widget", "claude": {"timeout_s": 9.0}},
            "home": {"log": {"level": "debug"}},
        },
    }
    assert text.startswith('# my settings\nagent_id = "ada"   # me\n')
    assert "# not too many\nmax_turns = 7\n" in text
    assert '    "a", # one\n' in text
    assert desk.paths.config_file.stat().st_mode & 0o777 == 0o600


def test_a_new_file_is_written_whole(desk: Desk) -> None:
    set_value(desk.paths, "pull_request.labels", "a, b")

    assert desk.paths.config_file.read_text() == '[pull_request]\nlabels = [\n    "a",\n    "b",\n]\n'
    assert desk.paths.config_file.stat().st_mode & 0o777 == 0o600


def test_the_value_is_returned_as_it_will_be_read(desk: Desk) -> None:
    assert set_value(desk.paths, "claude.timeout_s", "5") == 5.0
    assert set_value(desk.paths, "base_url", "") is None
    assert desk.load().settings.base_url is None


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("claude.modle", "opus", "claude.modle: is no setting; did you mean claude.model?"),
        ("claude", "x", "claude: wants a table: [claude]"),
        ("claude.max_turns", "many", "claude.max_turns: wants a whole number from 1 to 10000, not 'many'"),
        ("token", "hush", "token: is no setting; tokens belong in credentials.toml"),
        ("profile.work.project", "x", "profile.work.project: is no setting; did you mean project?"),
    ],
)
def test_a_bad_key_or_value_writes_nothing(desk: Desk, key: str, text: str, message: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        set_value(desk.paths, key, text)

    assert str(caught.value) == message
    assert not desk.paths.config_file.exists()


def test_a_value_in_the_place_of_a_table_is_told(desk: Desk) -> None:
    desk.config("claude = 3\n")

    with pytest.raises(SettingsProblem, match="claude: wants a table"):
        set_value(desk.paths, "claude.model", "opus")


def test_a_file_that_is_not_toml_is_left_alone(desk: Desk) -> None:
    desk.config("a = \n")

    with pytest.raises(SettingsProblem, match=r"config\.toml:1:5"):
        set_value(desk.paths, "agent_id", "ada")

    assert desk.paths.config_file.read_text() == "a = \n"


def test_a_key_is_taken_out_also_one_we_do_not_know(desk: Desk) -> None:
    desk.config(MINE + "\n[old]\nthing = 1\n")

    done = [
        unset_value(desk.paths, "claude.max_turns"),
        unset_value(desk.paths, "claude.max_turns"),
        unset_value(desk.paths, "project"),
        unset_value(desk.paths, "project", profile="work"),
        unset_value(desk.paths, "agent_id.x"),
        unset_value(desk.paths, "old"),
    ]

    assert done == [True, False, False, True, False, True]
    text = desk.paths.config_file.read_text()
    assert tomllib.loads(text) == {"agent_id": "ada", "claude": {"labels": ["a"]}, "profile": {"work": {}}}
    assert "# not too many" in text


def test_taking_a_key_out_of_no_file_makes_none(desk: Desk) -> None:
    assert not unset_value(desk.paths, "project")
    assert not change_file(desk.paths.config_file, {("a", "b"): None})
    assert not desk.paths.config_file.exists()


def test_setting_what_is_there_already_writes_nothing(desk: Desk) -> None:
    desk.config(MINE)
    before = desk.paths.config_file.stat().st_ino

    changed = change_file(desk.paths.config_file, {("agent_id",): "ada"})

    assert not changed
    assert desk.paths.config_file.stat().st_ino == before


def test_a_linked_file_stays_a_link(desk: Desk, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text(MINE)
    desk.paths.config.mkdir()
    desk.paths.config_file.symlink_to(real)

    set_value(desk.paths, "agent_id", "bob")

    assert desk.paths.config_file.is_symlink()
    assert 'agent_id = "bob"' in real.read_text()


def test_a_folder_that_cannot_be_made_is_store_trouble(desk: Desk) -> None:
    desk.paths.config.write_text("in the way")

    with pytest.raises(RunnerError) as caught:
        set_value(desk.paths, "agent_id", "ada")

    assert isinstance(caught.value, StoreFailed | SettingsProblem)
    assert desk.paths.config.read_text() == "in the way"


@pytest.mark.parametrize(
    ("text", "key", "profile"),
    [
        ("claude.model = 'x'\nagent_id = 'a'\n", "claude.model", None),
        ("claude = {model = 'x'}\n[log]\nlevel = 'info'\n", "claude.max_turns", None),
        ("profile = {work = {agent_id = 'x'}}\n", "claude.max_turns", "work"),
        (
            "[profile.work.claude]\nmodel = 'x'\n[log]\n[profile.work]\nagent_id = 'x'\n",
            "claude.max_turns",
            "work",
        ),
        ("[claude]\r\nmodel = 'x'\r\n", "claude.max_turns", None),
        ("agent_id = 'a'", "claude.max_turns", None),
        ("# nothing yet", "claude.max_turns", "work"),
    ],
)
def test_files_in_other_styles_are_changed_in_place(
    desk: Desk, text: str, key: str, profile: str | None
) -> None:
    desk.config(text)

    set_value(desk.paths, key, "7", profile=profile)

    assert desk.load(profile=profile).found[key].value in (7, "7")


def test_what_cannot_be_changed_safely_is_left_for_a_person(desk: Desk) -> None:
    text = "profile.work.claude.model = 'x'\nagent_id = 'a'\n"
    desk.config(text)

    with pytest.raises(SettingsProblem, match="only a person can change") as caught:
        set_value(desk.paths, "log.level", "debug", profile="work")

    assert caught.value.hint == "edit it by hand"
    assert desk.paths.config_file.read_text() == text


def test_an_edit_that_would_not_even_be_toml_is_left_for_a_person(desk: Desk) -> None:
    text = "claude.model = 'x'\nagent_id = 'a'\n"
    desk.config(text)

    with pytest.raises(SettingsProblem, match="only a person can change"):
        change_file(desk.paths.config_file, {("claude", "deep", "agent_id"): "b"})

    assert desk.paths.config_file.read_text() == text


def test_the_last_of_dotted_keys_is_taken_out(desk: Desk) -> None:
    desk.config("claude.model = 'x'\nagent_id = 'a'\n")

    assert unset_value(desk.paths, "claude.model")
    assert desk.paths.config_file.read_text() == "agent_id = 'a'\n"


PLAIN = st.one_of(
    st.integers(-5, 5), st.booleans(), st.text(max_size=8), st.lists(st.text(max_size=3), max_size=3)
)
NAMES = st.sampled_from(["a", "b", "c", "a b", "ü"])
TABLES = st.dictionaries(
    NAMES, st.one_of(PLAIN, st.dictionaries(NAMES, st.one_of(PLAIN, st.dictionaries(NAMES, PLAIN))))
)
CHANGES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.one_of(st.none(), PLAIN), max_size=3
)


@given(TABLES, CHANGES)
def test_the_edited_text_says_exactly_what_was_wanted(
    tables: dict[str, Any], changes: dict[tuple[str, ...], object]
) -> None:
    import tomli_w

    try:
        wanted = changed_tables("x", tables, changes)
    except SettingsProblem:
        return

    edited = tomllib.loads(changed_text(tomli_w.dumps(tables), changes))
    assert without_empty(edited) == without_empty(wanted)
