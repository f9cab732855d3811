"""What would be pushed is looked through, commit by commit; a find is told without the secret."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from runner.redaction.redactor import Redactor
from runner.redaction.scan import scan_patch
from tests.redaction.samples import TOKENS, private_key
from tests.redaction.writings import ODD, PLAIN, WRITINGS
from tests.support.git import Sandbox

PATCH_ARGUMENTS = (
    *(
        "log",
        "--patch",
        "--binary",
        "--full-index",
        "-m",
        "--root",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
    ),
    *("--no-relative", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--no-show-signature"),
)
"""All of a change is in, whatever attributes and settings there are."""
KNOWN = Redactor({"DEPLOY_TOKEN": PLAIN})
GITHUB = TOKENS["github classic"][1]
AWS = TOKENS["aws"][1]


@pytest.fixture
def repository(tmp_path: Path) -> Sandbox:
    return Sandbox.create(
        tmp_path / "widget", files={"a.py": "one = 1\ntwo = 2\nthree = 3\n", "b.txt": "b\n"}
    )


def patch_of(repository: Sandbox, *arguments: str) -> bytes:
    """What git prints; as bytes, because a change may be anything."""
    done = subprocess.run(
        ["git", *(arguments or (*PATCH_ARGUMENTS, "main~1..main"))],
        cwd=repository.path, env=os.environ, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def told(patch: bytes, redactor: Redactor = KNOWN) -> list[str]:
    return [str(finding) for finding in scan_patch(patch, redactor=redactor)]


def test_a_find_is_told_with_its_place_and_without_the_secret(repository: Sandbox) -> None:
    repository.commit("x", {"src/a.py": f"import os\n\nkey = '{AWS}'\ntoken = '{PLAIN}'\n"})

    found = scan_patch(patch_of(repository), redactor=KNOWN)

    assert [str(finding) for finding in found] == [
        "AWS access key in src/a.py:3",
        "value of DEPLOY_TOKEN in src/a.py:4",
    ]
    assert AWS not in repr(found)
    assert PLAIN not in repr(found)
    assert found[0].digest not in repr(found)
    assert len({finding.digest for finding in found}) == 2


@pytest.mark.parametrize("name", TOKENS)
def test_every_known_shape_is_found(repository: Sandbox, name: str) -> None:
    kind, token = TOKENS[name]
    repository.commit("x", {"a.py": f"one = 1\nkey = '{token}'\n"})

    (finding,) = scan_patch(patch_of(repository))

    assert (finding.path, finding.line) == ("a.py", 2)
    assert kind == "aws-key" or finding.kind.replace(" ", "-").lower() == kind


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_value_of_this_machine_is_found_in_every_writing(repository: Sandbox, writing: str) -> None:
    redactor = Redactor({"MY_TOKEN": ODD})
    repository.commit("x", {"notes.txt": f"before\n{WRITINGS[writing](ODD)}\nafter\n"})

    (first, *more) = scan_patch(patch_of(repository), redactor=redactor)

    assert str(first).startswith("value of MY_TOKEN in notes.txt:2")
    assert {finding.path for finding in more} <= {"notes.txt"}


def test_lines_that_were_there_before_are_no_find(repository: Sandbox) -> None:
    repository.commit("base", {"a.py": f"one = 1\nkey = '{GITHUB}'\nthree = 3\n"})
    repository.commit("x", {"a.py": f"one = 10\nkey = '{GITHUB}'\nthree = 30\n"})

    assert told(patch_of(repository)) == []


def test_a_secret_that_only_moves_or_is_indented_is_no_find(repository: Sandbox) -> None:
    repository.commit("base", {"a.py": f"key = '{GITHUB}'  # pragma: allowlist secret\n"})
    (repository.path / "a.py").unlink()
    repository.commit("x", {"c/d.py": f"def f():\n    return '{GITHUB}'\n"})

    assert told(patch_of(repository)) == []


def test_nobody_allows_himself_a_secret(repository: Sandbox) -> None:
    repository.commit("x", {"a.py": f"key = '{GITHUB}'  # pragma: allowlist secret\n"})

    assert told(patch_of(repository)) == ["github token in a.py:1"]


def test_a_secret_that_a_later_commit_takes_out_again_is_found(repository: Sandbox) -> None:
    repository.commit("with", {"a.py": f"key = '{GITHUB}'\n"})
    repository.commit("without", {"a.py": "key = load()\n"})

    assert told(patch_of(repository, *PATCH_ARGUMENTS, "main~2..main")) == ["github token in a.py:1"]
    assert told(patch_of(repository, "diff", "--binary", "main~2..main")) == []


def test_removed_lines_are_no_find(repository: Sandbox) -> None:
    repository.commit("with", {"a.py": f"key = '{GITHUB}'\n"})
    repository.commit("without", {"a.py": "key = load()\n"})

    assert told(patch_of(repository)) == []


def test_a_private_key_is_one_find_at_its_first_line(repository: Sandbox) -> None:
    repository.commit("x", {"id_rsa": f"# mine\n{private_key()}\n"})

    assert told(patch_of(repository)) == ["private key in id_rsa:2"]


def test_a_key_whose_first_line_was_there_before_is_found(repository: Sandbox) -> None:
    head, _, rest = private_key().partition("\n")
    repository.commit("base", {"id_rsa": f"{head}\n"})
    repository.commit("x", {"id_rsa": f"{head}\n{rest}\n"})

    assert told(patch_of(repository)) == ["private key in id_rsa:1"]


def test_the_text_of_a_commit_and_the_name_of_a_file_are_looked_through(repository: Sandbox) -> None:
    repository.commit(f"Use {GITHUB}\n\ndiff --git a/x b/x\n@@ -1 +1 @@", {f"new-{AWS}.txt": "x\n"})

    found = told(patch_of(repository))

    assert found == ["github token in the text of the commit:1", "AWS access key in the name of a file"] or found == [
        "github token in the text of the commit", "AWS access key in the name of a file",
    ]  # fmt: skip


def test_a_secret_in_a_path_is_not_told_with_the_place(repository: Sandbox) -> None:
    repository.commit("x", {f"{GITHUB}/a\x1b[31m.py": f"key = '{AWS}'\n"})

    text = " ".join(told(patch_of(repository)))

    assert GITHUB not in text
    assert "\x1b" not in text
    assert "AWS access key in [redacted:github-token]/a?[31m.py:1" in text


def test_renamed_files_and_odd_names_keep_their_place(repository: Sandbox) -> None:
    long = "".join(f"line {number}\n" for number in range(30))
    repository.commit("base", {"old name.txt": long})
    repository.git("mv", "old name.txt", "n\u00e4me\t2.txt")
    repository.commit("x", {"n\u00e4me\t2.txt": long + f"{AWS}\n"})

    assert told(patch_of(repository)) == ["AWS access key in n\u00e4me?2.txt:31"]


@pytest.mark.parametrize("quote", ["true", "false"])
def test_the_settings_of_the_repository_do_not_blind_the_scan(repository: Sandbox, quote: str) -> None:
    for key, value in {
        "core.quotePath": quote, "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "color.ui": "always",
        "diff.external": "true",
        "diff.suppressBlankEmpty": "true", "log.showSignature": "true", "diff.relative": "true",
        "diff.context": "0",
    }.items():  # fmt: skip
        repository.git("config", key, value)
    repository.git("config", "diff.hide.textconv", "true")
    attributes = "*.py diff=hide\n*.txt -diff\n*.md binary\n"
    repository.commit(
        "x",
        {
            ".gitattributes": attributes,
            "s/\u00e9.py": f"\n{AWS}\n",
            "c.txt": f"{GITHUB}\n",
            "d.md": f"{PLAIN}\n",
        },
    )

    assert sorted(told(patch_of(repository))) == [
        "AWS access key in s/\u00e9.py:2",
        "github token in c.txt",
        "value of DEPLOY_TOKEN in d.md",
    ]


def test_a_merge_is_looked_through(repository: Sandbox) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side", {"b.txt": "side\n"})
    repository.git("checkout", "-q", "main")
    repository.commit("main", {"b.txt": "main\n"})
    subprocess.run(["git", "merge", "-q", "side"], cwd=repository.path, capture_output=True, check=False)
    repository.commit("merge", {"b.txt": f"both {AWS}\n"})

    assert told(patch_of(repository, *PATCH_ARGUMENTS, "main~1..main")) == ["AWS access key in b.txt:1"]
    assert told(patch_of(repository, "show", "--binary", "main")) == ["AWS access key in b.txt:1"]


def test_a_text_of_many_hunks_is_told_with_the_right_lines(repository: Sandbox) -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    repository.commit("base", {"long.txt": "\n".join(lines)})
    lines[9:9], lines[80] = ["new", AWS], f"{GITHUB}"
    repository.commit("x", {"long.txt": "\n".join(lines)})

    assert told(patch_of(repository)) == ["AWS access key in long.txt:11", "github token in long.txt:81"]


def test_a_line_that_looks_like_the_head_of_a_file_is_a_line(repository: Sandbox) -> None:
    text = f"++ b/other.py\n-- a/other.py\ndiff --git a/x b/x\n@@ -1 +1 @@\n{AWS}"
    repository.commit("x", {"a.py": text})

    assert told(patch_of(repository)) == ["AWS access key in a.py:5"]


def test_a_patch_that_breaks_off_is_looked_through_as_far_as_it_goes() -> None:
    patch = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n+{AWS}\n".encode()

    assert told(patch) == ["AWS access key in x:1"]
