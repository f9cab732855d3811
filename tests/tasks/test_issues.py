"""How issues are written: many ways in, one form kept, one line for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import UsageProblem
from runner.forge.plain import closed_by
from runner.tasks.issues import Issue, issue_reference, read_issue
from runner.tasks.record import join, split

NUMBERS = st.integers(min_value=1, max_value=9_999_999_999)
NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True).filter(lambda name: name not in (".", ".."))
OWNERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", fullmatch=True)
REPOSITORIES = st.tuples(OWNERS, NAMES).map("/".join)
HOSTS = st.sampled_from(("github.com", "github.example.org", "ghe-1.acme.co.uk"))
ISSUES = st.one_of(
    st.builds(Issue, number=NUMBERS),
    st.builds(Issue, number=NUMBERS, repository=REPOSITORIES),
    st.builds(Issue, number=NUMBERS, repository=REPOSITORIES, host=HOSTS),
)


@given(ISSUES)
def test_an_issue_as_text_is_read_as_the_same_issue(issue: Issue) -> None:
    assert read_issue(str(issue)) == issue
    assert issue_reference(str(issue)) == str(issue)


@given(ISSUES)
def test_after_a_closing_word_exactly_this_issue_is_closed(issue: Issue) -> None:
    assert closed_by(f"Closes {issue}") == {f"{issue.repository}#{issue.number}".lower()}


@given(st.text(alphabet="#12/.-_aA:\\?hHtps \n\t\x00é`@", max_size=40))
def test_whatever_is_given_is_refused_or_is_plain_and_comes_back_from_the_store(text: str) -> None:
    issue = read_issue(text)
    if issue is None:
        with pytest.raises(UsageProblem, match=r"is no issue$") as refused:
            issue_reference(text)
        assert len(str(refused.value).splitlines()) == 1
        return

    reference = issue_reference(text)
    assert issue_reference(reference) == reference == str(issue)
    assert reference.isascii()
    assert reference.isprintable()
    assert not set(reference) & set(" `@<>[]()\\")
    assert split(join((reference, reference))) == (reference, reference)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("12", "#12"),
        ("#12", "#12"),
        (" #12 ", "#12"),
        ("acme/widget#12", "acme/widget#12"),
        ("Acme/.github#1", "Acme/.github#1"),
        ("https://github.com/acme/widget/issues/12", "https://github.com/acme/widget/issues/12"),
        ("HTTPS://GitHub.com/acme/widget/issues/12/", "https://github.com/acme/widget/issues/12"),
        ("https://github.com/a/b/issues/12#issuecomment-7", "https://github.com/a/b/issues/12"),
        ("https://github.com/a/b/issues/12?x=y", "https://github.com/a/b/issues/12"),
    ],
)
def test_every_way_to_name_an_issue_has_one_form(text: str, reference: str) -> None:
    assert issue_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        *("", "#", "0", "#0", "-1", "+1", "012", "1.5", "twelve", "##12", "# 12", "12 13", "12,13", "12\n13", "٣"),
        *("12345678901", "GH-12", "Closes #12", "widget#12", "a/b/c#12", "/b#12", "a/#12", "../b#1", "a/..#1"),
        *(".a/b#1", "a b/c#1", "a/b#", "@a/b#1", "http://github.com/a/b/issues/12", "https://github.com/a/b/pull/12"),
        *("https://github.com/a/b/issues", "https://u:p@github.com/a/b/issues/1", "https://github.com/a/b/issues/1 x"),
        *("https://github.com:8443/a/b/issues/1", "https://github.com/a/../issues/1", "ftp://h/a/b/issues/1"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        issue_reference(text)

    assert str(refused.value) == f"{text!r} is no issue"
    assert refused.value.hint == "write 12, #12, owner/repo#12 or the issue's https address"


def test_of_a_very_long_one_the_beginning_is_told() -> None:
    with pytest.raises(UsageProblem) as refused:
        issue_reference("x" * 1_000_000)

    assert str(refused.value) == f"{'x' * 100!r} is no issue"
