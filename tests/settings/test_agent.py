"""The name of an agent that was given none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.settings.agent import default_agent_id
from runner.settings.rules import agent_name


def test_user_and_host_make_the_name() -> None:
    assert default_agent_id("ada", "laptop.example.org") == "ada@laptop"
    assert default_agent_id("Ada L.", "") == "Ada-L@localhost"
    assert default_agent_id("", "...") == "user@localhost"


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_name_is_always_one_an_agent_may_have(user: str, host: str) -> None:
    assert agent_name(default_agent_id(user, host)) == ""
