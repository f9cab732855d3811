"""What `gh api --include` prints, and when a host that wants fewer requests answers again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.gh.api import ApiAnswer, read_api
from runner.gh.rate_limits import HASTE_S, MOST_S, limit_ends
from runner.gh.words import Said

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
RESET = str(int(NOW.timestamp()) + 1200)


def answered(status: int, *headers: str, body: str = "{}", stderr: str = "", code: int = 1) -> ApiAnswer:
    head = "".join(f"{line}\r\n" for line in headers)
    return read_api(
        exit_code=code, stdout=f"HTTP/2.0 {status} Words\n{head}\r\n{body}", stderr=f"gh: {stderr}\n"
    )


def wait_s(answer: ApiAnswer) -> float:
    return (limit_ends(answer, now=NOW) - NOW).total_seconds()


def test_a_good_answer_is_its_headers_and_its_json() -> None:
    answer = answered(200, "Date: x", "X-Odd : a: b", body='{"a": [1]}', code=0)

    assert answer == ApiAnswer(status=200, headers={"date": "x", "x-odd": "a: b"}, content={"a": [1]})


def test_an_answer_without_content_is_fine() -> None:
    assert answered(204, body="", code=0) == ApiAnswer(status=204, headers={"": ""})


@pytest.mark.parametrize(
    ("status", "headers", "words", "said"),
    [
        (301, (), "HTTP 301", Said.OTHER),
        (401, (), "Bad credentials (HTTP 401)", Said.SIGN_IN_REFUSED),
        (403, (), "Forbidden (HTTP 403)", Said.FORBIDDEN),
        (403, ("X-Ratelimit-Remaining: 12",), "Forbidden", Said.FORBIDDEN),
        (403, ("X-Ratelimit-Remaining: 0",), "Forbidden", Said.RATE_LIMITED),
        (403, ("Retry-After: 5",), "Forbidden", Said.RATE_LIMITED),
        (403, (), "You have triggered an abuse detection mechanism", Said.RATE_LIMITED),
        (404, ("X-Ratelimit-Remaining: 0",), "Not Found", Said.NOT_FOUND),
        (422, (), "Validation Failed", Said.OTHER),
        (429, (), "Too many", Said.RATE_LIMITED),
        (500, (), "HTTP 500", Said.SERVER_ERROR),
        (503, ("Retry-After: 5",), "HTTP 503", Said.SERVER_ERROR),
    ],
)
def test_each_refusal_is_told_by_its_status(
    status: int, headers: tuple[str, ...], words: str, said: Said
) -> None:
    answer = answered(status, *headers, stderr=words)

    assert (answer.said, answer.status, answer.detail) == (said, status, f"gh: {words}")


def test_without_an_answer_gh_tells_why() -> None:
    refused = read_api(exit_code=1, stdout="", stderr="error connecting to github.com\n")
    silent = read_api(exit_code=3, stdout="", stderr="")

    assert (refused.said, refused.status) == (Said.NO_NETWORK, None)
    assert (silent.said, silent.detail) == (Said.OTHER, "gh ended with 3 and no word")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Retry-After: 5",), 5),
        (("Retry-After: 0",), 1),
        (("Retry-After: 99999999999",), MOST_S),
        (("Retry-After: Sun, 01 Mar 2026 12:10:00 GMT",), HASTE_S),
        (("X-Ratelimit-Remaining: 0", f"X-Ratelimit-Reset: {RESET}", f"Date: {DATE}"), 1200),
        (("X-Ratelimit-Remaining: 0", f"X-Ratelimit-Reset: {RESET}"), 1200),
        (("X-Ratelimit-Remaining: 0", f"X-Ratelimit-Reset: {RESET}", "Date: soon"), 1200),
        (("X-Ratelimit-Remaining: 0", "X-Ratelimit-Reset: 1"), 1),
        (("X-Ratelimit-Remaining: 0", "X-Ratelimit-Reset: \u0661"), HASTE_S),
        (("X-Ratelimit-Remaining: 7", f"X-Ratelimit-Reset: {RESET}"), HASTE_S),
        ((), HASTE_S),
    ],
)
def test_a_refusal_tells_when_to_ask_again(headers: tuple[str, ...], seconds: int) -> None:
    assert wait_s(answered(403, *headers)) == seconds


def test_a_wrong_clock_of_ours_does_not_matter() -> None:
    answer = answered(403, "X-Ratelimit-Remaining: 0", f"X-Ratelimit-Reset: {RESET}", f"Date: {DATE}")

    fast, slow = NOW + timedelta(hours=1), NOW - timedelta(hours=1)

    assert limit_ends(answer, now=fast) == fast + timedelta(seconds=1200)
    assert limit_ends(answer, now=slow) == slow + timedelta(seconds=1200)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"resources": {"graphql": {"remaining": 0, "reset": RESET}, "core": {"remaining": 9}}}', 1200),
        ('{"resources": {"graphql": {"remaining": 0, "reset": RESET}, "core": {"remaining": 0, "reset": 1}}}', 1200),
        ('{"resources": {"search": {"remaining": 0, "reset": RESET}}}', HASTE_S),
        ('{"resources": {"graphql": {"remaining": 0, "reset": "x"}, "core": []}}', HASTE_S),
        ('{"resources": []}', HASTE_S),
        ("[]", HASTE_S),
    ],
)  # fmt: skip
def test_an_empty_purse_tells_when_it_is_filled(body: str, seconds: int) -> None:
    answer = answered(200, f"Date: {DATE}", body=body.replace("RESET", RESET), code=0)

    assert wait_s(answer) == seconds


@given(
    st.text(max_size=200),
    st.dictionaries(
        st.sampled_from(["date", "retry-after", "x-ratelimit-reset", "x-ratelimit-remaining"]),
        st.one_of(st.text(max_size=20), st.integers().map(str)),
    ),
)
def test_no_answer_breaks_the_reader_and_no_wait_is_absurd(noise: str, headers: dict[str, str]) -> None:
    answer = read_api(exit_code=1, stdout=f"HTTP/1.1 403 No\n{noise}", stderr="")

    assert answer.said in (Said.FORBIDDEN, Said.RATE_LIMITED)
    assert 1 <= wait_s(ApiAnswer(status=403, headers=headers)) <= MOST_S
