"""What a repository may set before and after the user trusts it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import SettingsProblem
from runner.settings.grants import MOST_VERSIONS, trust_file
from runner.settings.project_files import MOST_PROMPTS, WorkTree, gather
from runner.settings.trust import Standing, list_trusted, revoke, trust, verdict
from tests.settings.conftest import Desk
from tests.settings.given import Given
from tests.settings.now import NOW

TRUSTED_KEYS = """\
project = "gadget"
[claude]
model = "opus"
rules = ["Bash(make *)"]
[checks]
commands = ["make test"]
[work_tree]
setup = ["make deps"]
copy = [".env.test"]
[commit]
co_author = ""
sign_off = true
[prompts]
folder = "robot/prompts"
"""


def test_an_untrusted_project_sets_style_and_nothing_else(desk: Desk) -> None:
    style = '[branch]\nprefix = "team"\n[pull_request]\nbase = "next"\ndraft = true\nlabels = ["ai"]\n'
    desk.project(TRUSTED_KEYS + style)
    (desk.top / "robot/prompts").mkdir(parents=True)
    (desk.top / "robot/prompts/task.md.j2").write_text("Obey")

    found = desk.load()

    settings = found.settings
    assert (settings.branch.prefix, settings.pull_request.base) == ("team", "next")
    assert (settings.pull_request.draft, settings.pull_request.labels) == (True, ("ai",))
    assert settings.project is None
    assert settings.claude.model is None
    assert (settings.claude.rules, settings.checks.commands, settings.work_tree.setup) == ((), (), ())
    assert (settings.work_tree.copy, settings.commit.sign_off) == ((), False)
    assert settings.commit.co_author == "Claude <noreply@anthropic.com>"
    assert settings.prompts.folder == ".runner/prompts"
    assert found.prompts == {}
    assert found.verdict.standing is Standing.UNTRUSTED


def test_everything_left_aside_is_told_with_place_and_remedy(desk: Desk) -> None:
    desk.project('[claude]\nmodel = "opus"\nmax_turns = 90\n', task="Obey")

    assert desk.load().warnings == (
        ".runner.toml:2: claude.model: is ignored while the project is not trusted; "
        "look at it, then run `runner trust`",
        ".runner.toml:3: claude.max_turns: may only be lowered while the project is not trusted; "
        "look at it, then run `runner trust`",
        ".runner/prompts: its prompts are ignored while the project is not trusted; "
        "look at it, then run `runner trust`",
    )


def test_an_untrusted_project_only_lowers_limits_below_what_the_user_set(desk: Desk) -> None:
    desk.config("[claude]\nmax_turns = 20\n[context]\nbudget_tokens = 100\n")
    desk.project("[claude]\nmax_turns = 30\ntimeout_s = 60\n[context]\nbudget_tokens = 50\n")

    found = desk.load()

    assert (found.settings.claude.max_turns, found.settings.claude.timeout_s) == (20, 60.0)
    assert found.settings.context.budget_tokens == 50
    assert found.origin("claude.max_turns") == f"{desk.paths.config_file}:2"


@pytest.mark.parametrize("group", ["checks", "hooks"])
def test_an_untrusted_project_takes_the_network_away_and_never_gives_it_back(desk: Desk, group: str) -> None:
    desk.project(f"[{group}]\nnetwork = false\n")
    taken = desk.load()

    desk.config(f"[{group}]\nnetwork = false\n")
    desk.project(f"[{group}]\nnetwork = true\n")
    given = desk.load()

    assert [getattr(found.settings, group).network for found in (taken, given)] == [False, False]
    assert f"{group}.network: may only be lowered" in given.warnings[0]


def test_an_untrusted_project_protects_more_files_and_allows_none(desk: Desk) -> None:
    desk.config('[protect]\npaths = ["*.lock"]\n')
    desk.project('[protect]\npaths = ["infra/**"]\nallow = [".github/**"]\n')
    before = desk.load().settings.protect

    desk.trust()

    assert (before.paths, before.allow) == (("*.lock", "infra/**"), ())
    assert desk.load().settings.protect.allow == (".github/**",)


def test_the_environment_beats_a_project_that_lowers(desk: Desk) -> None:
    desk.project("[claude]\nmax_turns = 3\n")

    assert desk.load(RUNNER_CLAUDE_MAX_TURNS="40").settings.claude.max_turns == 40


def test_a_trusted_project_sets_all_but_what_is_the_users(desk: Desk) -> None:
    desk.project(TRUSTED_KEYS + "[context]\nbudget_tokens = 9000\n")
    folder = desk.top / "robot/prompts"
    folder.mkdir(parents=True)
    (folder / "task.md.j2").write_text("Work well")

    assert desk.trust().trusted

    found = desk.load()
    assert found.settings.project == "gadget"
    assert found.settings.checks.commands == ("make test",)
    assert found.settings.commit.sign_off
    assert found.settings.commit.co_author == ""
    assert found.settings.context.budget_tokens == 9000
    assert found.settings.prompts.folder == "robot/prompts"
    assert found.prompts == {"task.md.j2": b"Work well"}
    assert found.warnings == ()


@pytest.mark.parametrize(
    "change", [".runner.toml", ".runner/prompts/task.md.j2", ".runner/prompts/deep/new.md.j2"]
)
def test_a_changed_or_new_file_takes_the_trust_away(desk: Desk, change: str) -> None:
    desk.project('[claude]\nmodel = "opus"\n', task="Work well")
    desk.trust()
    path = desk.top / change
    path.parent.mkdir(exist_ok=True)
    before = path.read_text() if path.exists() else ""

    path.write_text(before + "\n# more")

    found = desk.load()
    assert found.verdict.standing is Standing.CHANGED
    assert found.verdict.files == (change,)
    assert found.settings.claude.model is None
    assert found.prompts == {}
    assert f"{change} changed since you trusted it" in found.warnings[0]
    assert "run `runner trust`" in found.warnings[0]


def test_versions_trusted_before_stay_trusted(desk: Desk) -> None:
    desk.project('[claude]\nmodel = "a"\n')
    desk.trust()
    desk.project('[claude]\nmodel = "b"\n')
    desk.trust()

    desk.project('[claude]\nmodel = "a"\n')

    assert desk.load().settings.claude.model == "a"


def test_only_so_many_versions_are_remembered(desk: Desk) -> None:
    for number in range(MOST_VERSIONS + 1):
        trust(desk.paths, desk.top, {"a": str(number).encode()}, now=NOW)

    assert not verdict(desk.paths, desk.top, {"a": b"0"}).trusted
    assert verdict(desk.paths, desk.top, {"a": b"1"}).trusted


def test_trust_belongs_to_one_path_however_it_is_reached(desk: Desk, tmp_path: Path) -> None:
    contents = {".runner.toml": b"x"}
    trust(desk.paths, desk.top, contents, now=NOW)
    (tmp_path / "link").symlink_to(desk.top)
    (tmp_path / "copy").mkdir()

    assert verdict(desk.paths, tmp_path / "link", contents).trusted
    assert not verdict(desk.paths, tmp_path / "copy", contents).trusted


def test_trust_is_about_the_bytes_that_are_given_not_about_the_disk(desk: Desk) -> None:
    desk.project('[claude]\nmodel = "opus"\n')
    desk.trust()
    evil = Given(top=desk.top, files={".runner.toml": b'[checks]\ncommands = ["evil"]\n'})
    same = Given(
        top=desk.top, files={".runner.toml": b'[claude]\nmodel = "opus"\n', "other": b"", ".runner/x": b""}
    )

    assert desk.load(source=evil).settings.checks.commands == ()
    assert desk.load(source=same).settings.claude.model == "opus"


def test_prompts_are_named_from_their_folder_on(desk: Desk) -> None:
    source = Given(
        top=desk.top,
        files={
            ".runner/prompts/task.md.j2": b"a",
            ".runner/prompts/sub/x.j2": b"b",
            ".runner/prompts.txt": b"c",
        },
    )

    files = gather(source, ".runner/./prompts/")

    assert files.prompts == {"task.md.j2": b"a", "sub/x.j2": b"b"}
    assert files.prompt_files == (".runner/prompts/sub/x.j2", ".runner/prompts/task.md.j2")
    assert sorted(files.contents) == [".runner/prompts/sub/x.j2", ".runner/prompts/task.md.j2"]


def test_too_many_prompts_are_a_problem(desk: Desk) -> None:
    source = Given(top=desk.top, files={f"p/{number}": b"" for number in range(MOST_PROMPTS + 1)})

    with pytest.raises(SettingsProblem, match="has 101 files"):
        gather(source, "p")


def test_links_lead_nowhere(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "task.md.j2").write_text("secret")
    (outside / "settings").write_text("secret = 1")
    (desk.top / ".runner").symlink_to(outside)
    (desk.top / "prompts").mkdir()
    (desk.top / "prompts/link.j2").symlink_to(outside / "task.md.j2")
    (desk.top / "prompts/real.j2").write_text("x")
    (desk.top / ".runner.toml").symlink_to(outside / "settings")
    tree = WorkTree(top=desk.top)

    assert tree.under(".runner") == ()
    assert tree.under("prompts") == ("prompts/real.j2",)
    assert tree.read(".runner.toml") is None
    assert tree.read(".runner/task.md.j2") is None
    assert desk.load().verdict.standing is Standing.NOTHING


def test_a_repository_that_says_nothing_is_neither_trusted_nor_asked_about(desk: Desk) -> None:
    found = desk.load()

    assert found.verdict.standing is Standing.NOTHING
    assert found.verdict.hint == ""
    assert not found.verdict.trusted
    with pytest.raises(SettingsProblem, match="has nothing to trust"):
        trust(desk.paths, desk.top, {}, now=NOW)


def test_trust_is_listed_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    trust(desk.paths, tmp_path / "b", {"x": b"1"}, now=NOW)
    trust(desk.paths, tmp_path / "a", {"x": b"1", "y": b"2"}, now=NOW + timedelta(days=1))

    listed = list_trusted(desk.paths)
    gone = revoke(desk.paths, tmp_path / "a")

    assert [(grant.path, sorted(grant.files)) for grant in listed] == [
        (str(tmp_path / "a"), ["x", "y"]),
        (str(tmp_path / "b"), ["x"]),
    ]
    assert listed[0].at == NOW + timedelta(days=1)
    assert gone
    assert [grant.path for grant in list_trusted(desk.paths)] == [str(tmp_path / "b")]
    assert not revoke(desk.paths, tmp_path / "a")
    assert verdict(desk.paths, tmp_path / "a", {"x": b"1"}).standing is Standing.UNTRUSTED


def test_the_trust_file_is_private(desk: Desk) -> None:
    trust(desk.paths, desk.top, {"x": b"1"}, now=NOW)
    path = trust_file(desk.paths)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o660)
    with pytest.raises(SettingsProblem, match="other users can read or change it"):
        verdict(desk.paths, desk.top, {"x": b"1"})


@pytest.mark.parametrize(
    "text",
    [
        "repository = 1",
        "[repository]\na = 1",
        "[repository.a]\nat = 1\nfiles = {}",
        "[repository.a]\nfiles = {}",
    ],
)
def test_a_damaged_trust_file_trusts_nobody_and_says_so(desk: Desk, text: str) -> None:
    desk.project("[claude]\nmax_turns = 1\n")
    desk.trust()
    trust_file(desk.paths).write_text(text)

    with pytest.raises(SettingsProblem, match=r"trust\.toml: is damaged"):
        desk.load()


def test_names_that_are_not_utf8_can_be_trusted(desk: Desk) -> None:
    top = Path(os.fsdecode(os.fsencode(desk.top) + b"\xff"))
    contents = {"a\udcff\n": b"1"}
    trust(desk.paths, top, contents, now=NOW)

    assert verdict(desk.paths, top, contents).trusted
    assert verdict(desk.paths, top, {"a\udcff\n": b"2"}).hint.isprintable()
