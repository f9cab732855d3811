"""The tree of a commit as a source."""

from __future__ import annotations

from pathlib import Path

from runner.context.bundle import build_bundle
from runner.context.rank import rank_files
from runner.context.source import CommitSource
from runner.git.repository import Repository
from runner.tasks.model import FileReference
from tests.support.git import Sandbox


def test_related_code_is_found_in_the_commit_not_in_the_work_tree(repository: Sandbox) -> None:
    repository.write({"calc.py": "", "untracked.py": "def add(): pass\n"})
    source = CommitSource(Repository.open(repository.path))

    found = rank_files(source, "`add` subtracts")

    assert [ranked.path for ranked in found] == ["calc.py"]


def test_a_source_keeps_the_commit_it_was_first_asked_about(repository: Sandbox) -> None:
    source = CommitSource(Repository.open(repository.path), "main")
    before = source.entries()

    repository.commit("second", {"new.py": "x = 1\n"})

    assert source.entries() == before
    assert {entry.path for entry in CommitSource(Repository.open(repository.path), "main").entries()} == {
        "README.md",
        "calc.py",
        "new.py",
    }


def test_at_most_ten_of_many_matching_files_are_related(repository: Sandbox) -> None:
    repository.commit("many", {f"pkg/widget_{n}.py": f"widget = {n}\n" * 3000 for n in range(15)})
    source = CommitSource(Repository.open(repository.path))

    bundle = build_bundle(source, title="widget", description="")

    assert len(bundle.related) == 10
    assert all(item.tokens < 5000 for item in bundle.related)


def test_a_full_build_has_files_commits_and_related_code(repository: Sandbox) -> None:
    repository.commit("Näher: größe", {"größe/rechnen.py": "from calc import add\n"})
    (repository.path / "link.py").symlink_to("calc.py")
    (repository.path / "escape.py").symlink_to(Path("/etc/passwd"))
    repository.commit("links")
    reader = Repository.open(repository.path)

    bundle = build_bundle(
        CommitSource(reader),
        title="add subtracts",
        description="see größe/rechnen.py",
        files=(FileReference(path="link.py"), FileReference(path="escape.py")),
        git_status=reader.status_text(),
        recent_commits=reader.recent_commits(10),
    )

    assert [item.path for item in bundle.named] == ["calc.py"]
    assert [item.path for item in bundle.related] == ["größe/rechnen.py"]
    assert len(bundle.recent_commits) == 3
    assert bundle.left_out == ("escape.py is refused: it leads out of the repository",)


def test_an_empty_repository_has_no_context(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "empty")

    bundle = build_bundle(CommitSource(Repository.open(sandbox.path)), title="lease", description="")

    assert bundle.items == ()
    assert bundle.left_out == ()
