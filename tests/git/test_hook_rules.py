"""What hooks are shown of the settings, and which hook is git-lfs's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.git.hooks import is_only_lfs, shown_settings


def test_doors_are_not_among_the_settings_that_are_shown() -> None:
    pairs = (
        ("credential.helper", "!echo password=x"),
        ("http.https://git.example.org/.extraheader", "Authorization: x"),
        ("http.proxy", "http://a:b@proxy"),
        ("url.https://token@github.com/.insteadof", "gh:"),
        ("sentry.authtoken", "x"),
        ("core.hookspath", "elsewhere"),
        ("core.askpass", "x"),
    )

    assert shown_settings(pairs) == ()


def test_addresses_are_shown_without_who_logs_in() -> None:
    pairs = (
        ("remote.origin.url", "https://ada:hush@git.example.org/a.git"),
        ("remote.origin.pushurl", "git@git.example.org:a.git"),
        ("remote.fork.url", "ssh://git@git.example.org/a.git"),
        ("lfs.url", "https://git.example.org/a@b"),
        ("url.git@github.com:.insteadof", "https://github.com/"),
    )

    assert shown_settings(pairs) == (
        ("remote.origin.url", "https://git.example.org/a.git"),
        *pairs[1:],
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pre-push", 'npm test\ngit lfs pre-push "$@"\n'),
        ("pre-push", 'git lfs pre-push "$@"; npm test\n'),
        ("pre-push", 'git lfs pre-push "$@" $(npm test)\n'),
        (
            "pre-push",
            'command -v git-lfs >/dev/null 2>&1 || { echo >&2 "$(npm test)"; exit 2; }\ngit lfs pre-push "$@"\n',
        ),
        ("pre-push", "# nothing\n"),
        ("pre-push", 'git lfs pre-push "$@"\n' + "\n" * 5000),
        ("pre-commit", 'git lfs pre-push "$@"\n'),
    ],
)
def test_a_hook_that_does_more_than_git_lfs_is_not_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(f"#!/bin/sh\n{text}")

    assert not is_only_lfs(tmp_path / name)


def test_the_hook_of_a_newer_git_lfs_is_known(tmp_path: Path) -> None:
    told = (
        "This repository is configured for Git LFS but 'git-lfs' was not found on your path. If you no longer wish to"
        " use Git LFS, remove this hook by deleting the 'pre-push' file in the hooks directory (set by"
        " 'core.hookspath'; usually '.git/hooks')."
    )
    line = f'command -v git-lfs >/dev/null 2>&1 || {{ printf >&2 "\\n%s\\n\\n" "{told}"; exit 2; }}'
    (tmp_path / "pre-push").write_text(f'#!/bin/sh\n{line}\ngit lfs pre-push "$@"\n')

    assert is_only_lfs(tmp_path / "pre-push")
    assert not is_only_lfs(tmp_path / "gone" / "pre-push")
