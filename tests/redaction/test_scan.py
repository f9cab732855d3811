"""What would be pushed is looked through, commit by commit; a find is told without the secret."""

from __future__ import annotations

import os
import subprocess
import zlib
from pathlib import Path

import pytest

from runner.redaction.patches import PATCH_ARGUMENTS
from runner.redaction.redactor import Redactor
from runner.redaction.scan import Finding, scan_patch, scan_text
from tests.redaction.samples import ALNUM, TOKENS, private_key
from tests.redaction.writings import ODD, PLAIN, WRITINGS
from tests.support.git import Sandbox

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


@pytest.mark.parametrize("before", [b"", bytes(range(256)) * 400])
def test_a_binary_file_is_looked_through_whole_or_as_a_delta(repository: Sandbox, before: bytes) -> None:
    path = repository.path / "data.bin"
    path.write_bytes(b"\0" + before)
    repository.commit("base")
    long = PLAIN.encode() + b"-" + GITHUB.encode()
    path.write_bytes(b"\0" + before[:50_000] + b"~" * 100 + long + before[50_000:])
    repository.commit("x")

    patch = patch_of(repository)

    assert (b"\ndelta " in patch) == bool(before)
    assert told(patch) == ["value of DEPLOY_TOKEN in data.bin", "github token in data.bin"]


def test_a_huge_binary_file_is_looked_through_in_pieces(repository: Sandbox) -> None:
    path = repository.path / "huge.bin"
    with path.open("wb") as file:
        file.write(b"\0" * 3_999_990 + PLAIN.encode())
        file.truncate(9_000_000)
        file.seek(0, 2)
        file.write(GITHUB.encode())
    repository.commit("x")

    assert told(patch_of(repository)) == ["value of DEPLOY_TOKEN in huge.bin", "github token in huge.bin"]


def test_a_patch_without_its_binary_files_is_refused(repository: Sandbox) -> None:
    (repository.path / "data.bin").write_bytes(b"\0\1")
    repository.commit("x")

    with pytest.raises(ValueError, match="--binary"):
        scan_patch(patch_of(repository, "diff", "main~1..main"))


def test_a_damaged_binary_file_is_refused() -> None:
    patch = b"diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 5\nIcmZzzzzzzzzzz\n\n"

    with pytest.raises(ValueError, match="damaged"):
        scan_patch(patch)


def test_a_patch_that_breaks_off_is_looked_through_as_far_as_it_goes() -> None:
    patch = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n+{AWS}\n".encode()

    assert told(patch) == ["AWS access key in x:1"]


def test_nothing_is_found_in_nothing() -> None:
    assert scan_patch(b"") == ()
    assert scan_text("", path="body") == ()


def test_a_text_is_looked_through_with_its_lines() -> None:
    text = f"## Summary\n\nused {PLAIN} and\n{GITHUB}, {GITHUB}\n"

    found = scan_text(text, path="the pull request", redactor=KNOWN)

    assert list(map(str, found)) == [
        "value of DEPLOY_TOKEN in the pull request:3",
        "github token in the pull request:4",
    ]
    assert isinstance(found[0], Finding)


FOUND = {
    "postgres://ada:kT9x-Lw2q@db.acme.io/x": "password in a URL",
    f"Authorization: Bearer {ALNUM[:30]}": "credential of an Authorization header",
    f"api_key = '{ALNUM[:24]}'": "token",
    "password = 'kT9xLw2qVb7n-Rz4M'": "password",
}
INNOCENT = (
    "AKIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ghp_" + "x" * 36,
    "ghp_" + "0" * 36,
    "sk-ant-your-api-key-goes-here-instead",
    "postgres://postgres:postgres@localhost:5432/app",
    "postgres://app:kT9x-Lw2q@localhost/app",
    "redis://:kT9x-Lw2q@127.0.0.1:6379",
    "https://ada:kT9x-Lw2q@api.example.com/",
    "mysql://root:root@mysql.acme.io/app",
    "amqp://guest:guest@mq.acme.io",
    "postgres://user:hunter2@db.acme.io",
    "password = 'hunter2'",
    "password='correct-horse-battery-staple'",
    "PASSWORD=swordfish",
    "token = 'test-token-1234567890abcdef'",
    "Authorization: Basic dXNlcjpwYXNz",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "MyVeryLongClassNameForTest.object.some_function_name_of_27_c",
    'resolved "https://registry.example.org/x/-/x-1.0.0.tgz#0f1e2d3c4b5a69788796a5b4c3d2e1f012345678"',
    '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
    '    {file = "x-1.0.whl", hash = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},',
    "golang.org/x/net v0.1.0 h1:hZ/3BUoy5aId7sCpA/Tc5lt8DkFgdVS2onTpJsZ/fl0=",
    'uuid = "550e8400-e29b-41d4-a716-446655440000"',
    "sha256 = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIBADANBgkqhkiG9w0BAQUFADAAMB4XDTE\n-----END CERTIFICATE-----",
    'if "-----BEGIN RSA PRIVATE KEY-----" in text:',
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "password = get_password()",
)


@pytest.mark.parametrize("text", FOUND)
def test_what_opens_something_is_found(text: str) -> None:
    assert [finding.kind for finding in scan_text(text, path="x")] == [FOUND[text]]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_opens_nothing_stops_no_push(text: str) -> None:
    assert scan_text(f"a\n{text}\nb\n", path="x") == ()


def test_our_own_source_stops_no_push() -> None:
    top = Path(__file__).parents[2]
    files = [*top.glob("runner/**/*.py"), *top.glob("docs/*.md"), *top.glob("prompts/*"), top / "README.md"]

    found = [finding for file in files for finding in scan_text(file.read_text(), path=str(file))]

    assert list(map(str, found)) == []


def test_what_is_inflated_without_end_is_held_in_pieces() -> None:
    packed = zlib.compress(b"\0" * 9_000_000 + AWS.encode(), 9)
    alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    lines = []
    for at in range(0, len(packed), 52):
        part = packed[at : at + 52]
        groups = [part[n : n + 4].ljust(4, b"\0") for n in range(0, len(part), 4)]
        numbers = [int.from_bytes(group, "big") for group in groups]
        text = b"".join(
            bytes(alphabet[number // 85**power % 85] for power in (4, 3, 2, 1, 0)) for number in numbers
        )
        lines.append(bytes([len(part) + (64 if len(part) <= 26 else 70)]) + text)
    patch = (
        b"diff --git a/x b/x\nGIT binary patch\nliteral 1\n"
        + b"\n".join(lines)
        + b"\n\nliteral 0\nHcmV?d00001\n\n"
    )

    assert told(patch) == ["AWS access key in x"]
