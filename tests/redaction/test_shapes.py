"""Tokens of known shape disappear wherever they stand; innocent text stays."""

from __future__ import annotations

import json

import pytest

from runner.redaction.redactor import Redactor
from runner.redaction.shapes import known_shapes
from tests.redaction.samples import ALNUM, TOKENS, WITHIN

redactor = Redactor()

AROUND = (
    *("{}", "token={} ", '{{"token":"{}"}}', "x\\n{}\\n", "(\u201c{}\u201d)"),
    *("https://h/?t={}&x", "\x1b[31m{}\x1b[0m", "a%3D{}%26b", "\u00e9{}\u00e9"),
)


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("around", AROUND)
def test_every_known_token_is_hidden_wherever_it_stands(name: str, around: str) -> None:
    kind, token = TOKENS[name]

    out = redactor.text(around.format(token))

    assert out == around.format(f"[redacted:{kind}]")


@pytest.mark.parametrize("name", WITHIN)
def test_a_secret_is_hidden_and_the_text_around_it_stays(name: str) -> None:
    kind, secret, text = WITHIN[name]

    assert redactor.text(text) == text.replace(secret, f"[redacted:{kind}]")


@pytest.mark.parametrize("name", TOKENS)
def test_a_longer_token_of_the_family_goes_whole(name: str) -> None:
    kind, token = TOKENS[name]
    longer = token.rstrip("=") + "-" + ALNUM if "=" not in token else token

    assert redactor.text(f"<{longer}>") == f"<[redacted:{kind}]>"


@pytest.mark.parametrize(
    "text",
    [
        "def test_sk_live_mode(): return ghp_token or AKIA",
        "https://example.org:8080/path?x=1@2 and mailto:ada@example.org",
        'url = "https://user:password@host" or f"https://{user}:{password}@{host}" or "https://u:$PASS@h"',
        "git clone https://x-access-token:${{ secrets.TOKEN }}@github.com/o/r",
        "https://u:p@h https://u:xxxx@h https://u:<token>@h https://u:***@h",
        "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "commit 0f1e2d3c4b5a69788796a5b4c3d2e1f012345678 and 550e8400-e29b-41d4-a716-446655440000",
        "eyJhbGciOiJIUzI1NiJ9 is only the head of a token",
        "ACCESS SKIPPED SG.short xoxo-hugs npm_config_registry hf_hub_download glpat-short",
        "13:37:42.123456 [INFO] 1700000000: started",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    ],
)
def test_innocent_text_stays_as_it_is(text: str) -> None:
    assert redactor.text(text) == text
    assert redactor.spans(text.encode()) == ()


def test_the_line_of_a_stream_stays_json() -> None:
    tokens = [token for _, token in TOKENS.values()]
    line = json.dumps({"type": "user", "content": [{"text": "\n".join(tokens)}], "again": json.dumps(tokens)})

    answer = json.loads(redactor.text(line))

    assert answer["content"][0]["text"].count("[redacted:") == len(tokens)
    assert len(json.loads(answer["again"])) == len(tokens)


def test_the_library_gives_the_patterns_that_we_ask_for() -> None:
    shapes = known_shapes()

    assert all(shape.patterns for shape in shapes)
    assert {kind for kind, _ in TOKENS.values()} | {kind for kind, *_ in WITHIN.values()} == {
        s.kind for s in shapes if not s.weak
    }
    assert known_shapes() is shapes


def test_no_pattern_reads_over_the_end_of_a_line() -> None:
    for kind, token in TOKENS.values():
        for cut in range(1, len(token)):
            text = f"{token[:cut]}\n{token[cut:]}"
            assert redactor.text(text).count("\n") == 1, (kind, cut)
