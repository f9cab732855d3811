"""Binary files of a patch are looked through byte by byte, however large they become."""

from __future__ import annotations

import zlib

import pytest

from runner.redaction.scan import scan_patch
from tests.redaction.test_scan import AWS, GITHUB, patch_of, repository, told
from tests.redaction.writings import PLAIN
from tests.support.git import Sandbox

__all__ = ["repository"]


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("shift", [b"", b"\xff", b"\0", b"\0\0\0"])
def test_text_of_wide_characters_is_looked_through(repository: Sandbox, encoding: str, shift: bytes) -> None:
    text = f"# Schlüssel, 漢字\r\nname: x\r\ntoken: {GITHUB}\r\nother: {PLAIN}\r\n"
    (repository.path / "notes.txt").write_bytes(shift + text.encode(encoding))
    repository.commit("x")

    assert sorted(told(patch_of(repository))) == [
        "github token in notes.txt",
        "value of DEPLOY_TOKEN in notes.txt",
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_that_git_shows_as_lines_is_found_in_its_line(repository: Sandbox, encoding: str) -> None:
    (repository.path / ".gitattributes").write_text("*.txt diff\n")
    (repository.path / "notes.txt").write_bytes(f"one\ntwo\ntoken: {GITHUB}\n".encode(encoding))
    repository.commit("x")

    assert told(patch_of(repository)) == ["github token in notes.txt:3"]


def test_a_secret_of_wide_characters_that_was_there_before_is_not_new(repository: Sandbox) -> None:
    path = repository.path / "notes.txt"
    path.write_bytes(f"token: {GITHUB}\n".encode("utf-16"))
    repository.commit("base")
    path.write_bytes(f"token: {GITHUB}\nmore\n".encode("utf-16"))
    repository.commit("x")

    assert told(patch_of(repository, "diff", "--binary", "HEAD~1..HEAD")) == []


def test_words_that_a_nul_byte_parts_are_not_joined(repository: Sandbox) -> None:
    (repository.path / "data.bin").write_bytes(GITHUB[:10].encode() + b"\0" + GITHUB[10:].encode())
    repository.commit("x")

    assert told(patch_of(repository)) == []
