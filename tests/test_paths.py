"""Where things live, and how private files are written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import runner.paths
from runner.errors import OutsideTrouble, SettingsProblem, StoreFailed
from runner.paths import Paths, bundled, private_folder, write_private

HOME = {"HOME": "/home/ada"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_below_home_by_default() -> None:
    paths = Paths.from_environment(HOME)

    assert paths == Paths(
        config=Path("/home/ada/.config/runner"),
        state=Path("/home/ada/.local/state/runner"),
        cache=Path("/home/ada/.cache/runner"),
    )


def test_every_place_of_the_design_has_a_name() -> None:
    paths = Paths(config=Path("/c"), state=Path("/s"), cache=Path("/k"))

    assert [paths.config_file, paths.allowance_file, paths.credentials_file] == [
        Path("/c/config.toml"),
        Path("/c/allowance.toml"),
        Path("/c/credentials.toml"),
    ]
    assert [paths.allowance_folder, paths.queue_file, paths.runs] == [
        Path("/s/allowance"),
        Path("/s/queue.db"),
        Path("/s/runs"),
    ]
    assert [paths.clones, paths.worktrees, paths.log] == [
        Path("/s/clones"),
        Path("/s/worktrees"),
        Path("/s/log"),
    ]


def test_xdg_folders_win_over_home_and_our_own_over_both() -> None:
    environ = HOME | {
        "XDG_CONFIG_HOME": "/x/config",
        "XDG_STATE_HOME": "/x/state",
        "XDG_CACHE_HOME": "/x/cache",
    }
    ours = {"RUNNER_CONFIG_DIR": "/o/config", "RUNNER_STATE_DIR": "/o/state"}

    by_xdg, by_us = Paths.from_environment(environ), Paths.from_environment(environ | ours)

    assert by_xdg.state == Path("/x/state/runner")
    assert by_us == Paths(config=Path("/o/config"), state=Path("/o/state"), cache=Path("/x/cache/runner"))


@pytest.mark.parametrize("value", ["", "relative", "./state", "~/state"])
def test_a_relative_xdg_folder_is_ignored(value: str) -> None:
    assert Paths.from_environment(HOME | {"XDG_STATE_HOME": value}).state == Path(
        "/home/ada/.local/state/runner"
    )


def test_a_relative_folder_of_our_own_is_refused() -> None:
    with pytest.raises(SettingsProblem, match="RUNNER_STATE_DIR") as problem:
        Paths.from_environment(HOME | {"RUNNER_STATE_DIR": "state"})

    assert "absolute" in problem.value.hint


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_no_home_is_one_clear_error(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsProblem, match="no home folder") as problem:
        Paths.from_environment(environ)

    assert "HOME" in problem.value.hint
    assert problem.value.exit_code == 2


def test_without_home_the_xdg_folders_are_enough() -> None:
    xdg = {"XDG_CONFIG_HOME": "/x/c", "XDG_STATE_HOME": "/x/s", "XDG_CACHE_HOME": "/x/k"}

    assert Paths.from_environment(xdg).cache == Path("/x/k/runner")


def test_a_private_folder_and_what_is_above_it_belong_to_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a/b/c"

    made = private_folder(folder)

    assert made == folder
    assert [mode(path) for path in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    assert private_folder(folder) == folder


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)

    private_folder(shared / "ours")

    assert (mode(shared), mode(shared / "ours")) == (0o755, 0o700)


def test_a_file_in_the_way_of_a_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(StoreFailed, match="file") as problem:
            private_folder(path)
        assert problem.value.hint


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new/credentials.toml"

    write_private(path, b"first, and longer")
    write_private(path, b"second")

    assert path.read_bytes() == b"second"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert os.listdir(path.parent) == ["credentials.toml"]  # noqa: PTH208


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)

    write_private(path, b"new")

    assert mode(path) == 0o600


def test_a_linked_settings_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config.toml").symlink_to(tmp_path / "dotfiles/config.toml")

    write_private(tmp_path / "config.toml", b"x = 1\n")

    assert (tmp_path / "config.toml").is_symlink()
    assert (tmp_path / "dotfiles/config.toml").read_bytes() == b"x = 1\n"


def test_what_cannot_be_written_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(StoreFailed, match="taken") as problem:
        write_private(tmp_path / "taken", b"x")

    assert "permissions" in problem.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_folders_of_this_checkout_are_found() -> None:
    top = Path(runner.paths.__file__).parents[1]

    found = [bundled("hooks"), bundled("prompts")]

    assert found == [top / "hooks", top / "prompts"]


def test_the_installed_folder_is_looked_for_first(tmp_path: Path) -> None:
    package = tmp_path / "runner"
    (package / "_bundled/prompts").mkdir(parents=True)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "agentic-runner"\n')

    assert bundled("prompts", package=package) == package / "_bundled/prompts"


@pytest.mark.parametrize(
    "pyproject",
    [None, "", "not toml [", '[project]\nname = "widget"\n', 'project = "agentic-runner"\n', "\ufeff\udcff"],
)
def test_a_folder_beside_somebody_else_s_package_is_not_ours(pyproject: str | None, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    if pyproject is not None:
        (tmp_path / "pyproject.toml").write_text(pyproject, errors="surrogateescape")

    with pytest.raises(OutsideTrouble, match="prompts") as problem:
        bundled("prompts", package=tmp_path / "runner")

    assert "install agentic-runner again" in problem.value.hint
