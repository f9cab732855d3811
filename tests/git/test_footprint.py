"""Whose a difference is: what claude's tools named, and what they could have reached unnamed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.git.alibi_compare import Difference, Kind
from runner.git.footprint import Footprint, Site, attribute, footprint_of

SITE = Site(
    work_tree="/home/ada/.local/state/runner/worktrees/widget-1/T-7",
    checkout="/home/ada/src/widget",
    git_folders=("/home/ada/src/widget/.git",),
    home="/home/ada",
    private=("/home/ada/.local/state/runner",),
    other_names=("/srv/widget",),
)


def _bash(command: str) -> dict[str, object]:
    return {"name": "Bash", "input": {"command": command}}


def _difference(name: str, kind: Kind = Kind.FILE, *, grave: bool = False) -> Difference:
    return Difference(kind=kind, name=name, before="x", after="", grave=grave)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("rm /home/ada/src/widget/a.py", "a.py"),
        ("rm '/home/ada/src/widget/a.py'", "a.py"),
        ("cat x > /srv/widget/sub/a.py", "sub/a.py"),
        ("rm ~/src/widget/a.py", "a.py"),
        ("rm $HOME/src/widget/a.py", "a.py"),
        ("rm ${HOME}/src/widget/a.py;", "a.py"),
        ("rm /home/ada/src/widget/../widget/a.py", "a.py"),
        ("rm ../../../../../../src/widget/a.py", "a.py"),
        ("cd deep/down && rm ../../../../../../../../src/widget/a.py", "a.py"),
        ("cp x /home/ada/src/widget/a\\ b.py", "a b.py"),
        ("python -c \"open('/home/ada/src/widget/a.py', 'w')\"", "a.py"),
    ],
)
def test_a_path_that_a_tool_names_is_touched(command: str, path: str) -> None:
    found = footprint_of([_bash(command)], SITE)

    assert path.split(" ", maxsplit=1)[0] in {name.split(" ", maxsplit=1)[0] for name in found.paths}
    assert found.because


@pytest.mark.parametrize(
    "command",
    [
        "cd /home/ada/src/widget && make",
        "git -C /home/ada/src/widget status",
        "GIT_DIR=/home/ada/src/widget/.git git log",
        "echo x > /home/ada/src/widget/.git/config",
        "cd /home/ada/src/widget/sub && git reset --hard",
        "cd ../../../../../../src/widget",
        "ls ~/src/widget",
    ],
)
def test_whoever_is_aimed_at_the_checkout_as_a_whole_answers_for_all_of_it(command: str) -> None:
    found = footprint_of([_bash(command)], SITE)

    assert found.whole == command
    ours, theirs = attribute([_difference("anything"), _difference("x", Kind.STASH)], found)
    assert (len(ours), theirs) == (2, ())


@pytest.mark.parametrize(
    "command",
    [
        "cat /proc/self/environ",
        "python -c 'import pathlib; pathlib.Path.home()'",
        "cd ~",
        "ls $HOME",
        "rm -rf /home/ada",
        "find / -name widget",
        "grep -r x /home/ada/src",
        "cat /home/ada/.local/state/runner/runs/r-1/run.json",
        "git config --global user.name evil",
        "echo aGk= | base64 -d | sh",
        "cat $(git rev-parse --git-common-dir)/config",
        "cd ../../../../../..",
        "up = __file__\nwhile up != os.sep:\n    up = os.path.dirname(up)",
        "while not (here / 'setup.py').exists(): here = here.parent",
        "for folder in Path(__file__).resolve().parents:",
        'while [ ! -d "$d/.x" ]; do d=$(dirname "$d"); done',
    ],
)
def test_whoever_may_have_gone_anywhere_answers_for_what_is_lost(command: str) -> None:
    found = footprint_of([_bash(command)], SITE)

    assert found.roams
    ours, theirs = attribute([_difference("a", grave=True), _difference("b")], found)
    assert ([item.name for item in ours], [item.name for item in theirs]) == (["a"], ["b"])


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q tests/",
        "rm -rf build && ls ../T-7/src",
        "cat /home/ada/.local/state/runner/worktrees/widget-1/T-7/a.py",
        "cat /home/ada/src/widget-2/a.py",
        "cat /home/ada/src/widgets/a.py",
        "echo 'a ~ b, ~5 ms, 1..2, ... and a / b'",
        "import x from '../../lib/x'",
        "sed -i s/home/house/ a.py; cat /etc/hosts",
        "git stash; git reset --hard; git push . HEAD:x",
        "ROOT = Path(__file__).resolve().parent.parent\nhere = os.path.dirname(__file__)",
        "if commit in parents: parent = node.parent",
    ],
)
def test_work_inside_of_the_work_tree_leaves_no_footprint(command: str) -> None:
    assert footprint_of([_bash(command)], SITE) == Footprint()


def test_reading_is_no_touching_and_every_text_of_an_input_counts() -> None:
    path = "/home/ada/src/widget/a.py"

    assert footprint_of([{"name": "Read", "input": {"file_path": path}}], SITE) == Footprint()
    deep = {"name": "MultiEdit", "input": {"edits": [{"new": (path, 1, None)}], "n": 3}}
    assert footprint_of([deep], SITE).paths == ("a.py",)
    assert footprint_of([{"name": "Bash"}, {}], SITE) == Footprint()


def test_a_link_out_of_the_tree_is_a_footprint() -> None:
    assert footprint_of([], SITE, links=["/home/ada/src/widget/notes"]).paths == ("notes",)
    assert footprint_of([], SITE, links=["/home/ada/src/widget"]).whole
    assert footprint_of([], SITE, links=["/usr/lib"]) == Footprint()


def test_the_run_answers_for_what_lies_under_or_over_a_path_and_the_developer_for_the_rest() -> None:
    found = Footprint(paths=("sub", "other/deep/file"), expected=("refs/heads/fix/T-7",))
    differences = [
        _difference("sub/a"),
        _difference("subway"),
        _difference("other/", Kind.FOLDER),
        _difference("README.md", grave=True),
        _difference("refs/heads/fix/T-7", Kind.REF),
        _difference("refs/heads/main", Kind.REF),
        _difference("refs/remotes/origin/main", Kind.REMOTE),
    ]

    ours, theirs = attribute(differences, found)

    assert [item.name for item in ours] == ["sub/a", "other/"]
    assert [item.name for item in theirs] == [
        "subway",
        "README.md",
        "refs/heads/main",
        "refs/remotes/origin/main",
    ]


def test_what_a_fetch_moves_is_nobody_s() -> None:
    ours, _ = attribute([_difference("refs/remotes/origin/x", Kind.REMOTE)], Footprint(whole="cd there"))

    assert ours == ()


@given(
    st.text(),
    st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)
def test_no_input_breaks_the_reading(command: str, value: object) -> None:
    found = footprint_of([_bash(command), {"name": "X", "input": value}], SITE, links=[command])

    assert len(found.because) <= 160
