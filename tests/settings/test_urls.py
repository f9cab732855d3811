"""Which addresses are ours to talk to, and what a token is bound to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.settings.urls import api_origin, is_loopback, url_fault, without_slash


@pytest.mark.parametrize(
    "url",
    [
        "https://queue.example.org",
        "https://queue.example.org/",
        "HTTPS://Queue.Example.org:8443/api/v1",
        "http://127.0.0.1:8080",
        "http://127.9.255.1",
        "http://localhost:1",
        "http://[::1]:8080/x",
        "https://[2001:db8::1]/a%20b",
    ],
)
def test_https_and_loopback_http_are_addresses(url: str) -> None:
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://queue.example.org", "use https"),
        ("http://127.0.0.1.example.org", "use https"),
        ("http://127.0.0.256", "use https"),
        ("http://localhost.example.org", "use https"),
        ("https://ada:secret@queue.example.org", "user name or a password"),
        ("https://queue.example.org/?a=b", "no ?"),
        ("https://queue.example.org/#a", "no ?"),
        ("https://queue.example.org:0", "port"),
        ("https://queue.example.org:65536", "port"),
        ("queue.example.org", "such as https://"),
        ("ftp://queue.example.org", "such as https://"),
        ("https://", "such as https://"),
        ("https://good.example.org\\.evil.example.org", "such as https://"),
        ("https://queue.example.org\n", "such as https://"),
        ("https://queue.example.org/a b", "such as https://"),
        ("https://quéue.example.org", "such as https://"),
        ("https://-queue.example.org", "such as https://"),
        ("", "such as https://"),
    ],
)
def test_other_addresses_are_refused_in_words_that_do_not_repeat_them(url: str, words: str) -> None:
    fault = url_fault(url)

    assert words in fault
    assert "secret" not in fault


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Queue.example.org/api/", "https://queue.example.org:443"),
        ("HTTPS://queue.example.org:443", "https://queue.example.org:443"),
        ("https://queue.example.org:08443", "https://queue.example.org:8443"),
        ("http://localhost", "http://localhost:80"),
        ("http://[::1]:99/x", "http://[::1]:99"),
    ],
)
def test_an_origin_has_scheme_host_and_port_in_one_spelling(url: str, origin: str) -> None:
    assert api_origin(url) == origin


def test_a_refused_address_has_no_origin() -> None:
    with pytest.raises(ValueError, match="use https"):
        api_origin("http://queue.example.org")


@given(st.text(max_size=40))
def test_an_address_is_either_refused_or_has_an_origin_that_is_an_address(text: str) -> None:
    for url in (text, f"https://{text}", f"http://{text}"):
        if not url_fault(url):
            assert api_origin(api_origin(url)) == api_origin(url)


def test_loopback_is_told_by_the_name() -> None:
    assert [is_loopback(host) for host in ("LOCALHOST", "[::1]", "127.0.0.1", "10.0.0.1", "::2")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_trailing_slashes_are_taken_off() -> None:
    assert without_slash("https://queue.example.org/api//") == "https://queue.example.org/api"
