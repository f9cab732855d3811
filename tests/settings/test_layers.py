"""The layers over each other, and where each value came from."""

from __future__ import annotations

import pytest

from runner.errors import SettingsProblem
from runner.settings.keys import KEYS
from runner.settings.layers import Flag
from runner.settings.load import load
from tests.settings.conftest import Desk


def test_without_any_file_every_key_has_its_default(desk: Desk) -> None:
    found = desk.load()

    assert {name: setting.value for name, setting in found.found.items()} == {
        name: key.default for name, key in KEYS.items()
    }
    assert {found.origin(name) for name in KEYS} == {"default"}
    assert found.warnings == ()
    assert found.prompts == {}


def test_each_layer_beats_the_one_below(desk: Desk) -> None:
    flags = {"agent_id": Flag(name="--agent", value="g"), "claude.model": Flag(name="--model", value=None)}
    desk.seed("agent_id: a\n")
    seen = [desk.load().settings.agent_id]

    desk.config('agent_id = "b"\n[profile.work]\nagent_id = "c"\n')
    seen += [desk.load().settings.agent_id, desk.load(profile="work").settings.agent_id]
    desk.dotenv("AGENTIC_AGENT_ID=d\n")
    seen += [desk.load(profile="work").settings.agent_id]
    seen += [desk.load(profile="work", AGENTIC_AGENT_ID="e").settings.agent_id]
    seen += [desk.load(profile="work", AGENTIC_AGENT_ID="e", RUNNER_AGENT_ID="f").settings.agent_id]
    seen += [desk.load(flags=flags, profile="work", RUNNER_AGENT_ID="f").settings.agent_id]

    assert seen == ["a", "b", "c", "d", "e", "f", "g"]


def test_the_origin_of_every_value_is_told(desk: Desk) -> None:
    desk.config('agent_id = "a"\n\n[claude]\nmax_turns = 5\n[profile.work.claude]\ntimeout_s = 9\n')
    desk.project('[pull_request]\nlabels = ["x"]\n')
    desk.dotenv("\nAGENTIC_PROJECT=p\n")
    seed = desk.seed("# x\nbase_url: http://localhost:8080\n")
    flags = {"claude.model": Flag(name="--model", value="opus")}

    found = desk.load(flags=flags, profile="work", RUNNER_LOG="debug")

    config = desk.paths.config_file
    assert {name: found.origin(name) for name in KEYS if found.origin(name) != "default"} == {
        "agent_id": f"{config}:1",
        "claude.max_turns": f"{config}:4",
        "claude.timeout_s": f"{config}:6",
        "pull_request.labels": ".runner.toml:2",
        "project": f"{desk.top / '.env'}:2",
        "base_url": f"{seed}:2",
        "log.level": "environment RUNNER_LOG",
        "claude.model": "flag --model",
    }


def test_values_have_the_types_of_the_settings(desk: Desk) -> None:
    flags = {"pull_request.labels": Flag(name="--label", value=("a", "b"))}

    settings = desk.load(
        flags=flags,
        RUNNER_CLAUDE_TIMEOUT_S="5",
        RUNNER_PULL_REQUEST_DRAFT="on",
        RUNNER_CHECKS_COMMANDS="make test\nmake lint",
        RUNNER_BASE_URL="https://queue.example.org/api/",
    ).settings

    assert settings.claude.timeout_s == 5.0
    assert settings.pull_request.draft is True
    assert settings.pull_request.labels == ("a", "b")
    assert settings.checks.commands == ("make test", "make lint")
    assert settings.base_url == "https://queue.example.org/api"


def test_an_empty_variable_is_not_set_and_an_empty_text_unsets(desk: Desk) -> None:
    desk.config('base_url = "https://queue.example.org"\n[profile.here]\nbase_url = ""\n')

    assert desk.load(RUNNER_BASE_URL="").settings.base_url == "https://queue.example.org"
    assert desk.load(profile="here").settings.base_url is None


def test_excluded_patterns_add_up(desk: Desk) -> None:
    desk.config('[context]\nexclude = ["a", "b"]\n')
    desk.project('[context]\nexclude = ["b", "c"]\n')

    found = desk.load(RUNNER_CONTEXT_EXCLUDE="a")

    assert found.settings.context.exclude == ("a", "b", "c")
    assert found.origin("context.exclude") == f"{desk.paths.config_file}:2; .runner.toml:2"


def test_a_profile_is_chosen_by_flag_or_variable_and_the_flag_wins(desk: Desk) -> None:
    desk.config('[profile.a]\nagent_id = "x"\n[profile.b]\nagent_id = "y"\n')

    assert desk.load().settings.agent_id is None
    assert desk.load(RUNNER_PROFILE="a").settings.agent_id == "x"
    assert desk.load(profile="b", RUNNER_PROFILE="a").settings.agent_id == "y"
    assert desk.load(profile="b").profile == "b"


@pytest.mark.parametrize(
    ("config", "there"), [("[profile.a]\n[profile.b]\n", "there are: a, b"), ("", "there are none")]
)
def test_an_unknown_profile_is_one_line_with_those_there_are(desk: Desk, config: str, there: str) -> None:
    desk.config(config)

    with pytest.raises(SettingsProblem) as caught:
        desk.load(profile="c")

    assert str(caught.value) == f"{desk.paths.config_file}: no profile 'c'; {there}"
    assert caught.value.hint == "write a table [profile.c]"


def test_everything_wrong_is_told_at_once_one_line_each(desk: Desk) -> None:
    desk.config(
        'agent = "a"\nclaude = 3\ntoken = "secret"\n[checks]\nrepairs = "many"\ncommands = ["echo \'x"]\n'
        "[claud]\nx = 1\n[profile]\nx = 1\n[profile.p.claude]\nmax_turn = 3\n"
    )
    desk.project('base_url = "https://evil.example.org"\n[claude]\nmax_turns = true\n"model" = 1\n')
    desk.dotenv("AGENTIC_AGENT_ID=a b\n")
    flags = {"claude.timeout_s": Flag(name="--timeout", value="soon")}

    with pytest.raises(SettingsProblem) as caught:
        desk.load(flags=flags, RUNNER_LOG="loud")

    config = desk.paths.config_file
    assert str(caught.value).split("\n") == [
        f"{config}:1: agent: is no setting; did you mean agent_id?",
        f"{config}:2: claude: wants a table: [claude]",
        f"{config}:3: token: is no setting; tokens belong in credentials.toml",
        f"{config}:5: checks.repairs: wants a whole number from 0 to 20, not 'many'",
        f"{config}:6: checks.commands: is not a command line: no closing quotation",
        f"{config}:7: claud: is no setting; did you mean claude?",
        f"{config}:10: profile.x: wants a table",
        f"{config}:12: claude.max_turn: is no setting; did you mean claude.max_turns?",
        ".runner.toml:1: base_url: is for your own config.toml only; a project file may not set it",
        ".runner.toml:3: claude.max_turns: wants a whole number from 1 to 10000, not true",
        ".runner.toml:4: claude.model: wants a text in quotes, not 1",
        f"{desk.top / '.env'}:1: agent_id: wants up to 128 letters, digits and . _ @ : / + -, without spaces",
        "environment RUNNER_LOG: log.level: wants one of debug, info, warning, error, not 'loud'",
        "flag --timeout: claude.timeout_s: wants a number from 1 to 86400, not 'soon'",
    ]
    assert "runner config validate" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("max_turns = 3\n", "1: max_turns: is no setting; did you mean claude.max_turns?"),
        (
            "[work_tree]\nsetup_timeout = 3\n",
            "2: work_tree.setup_timeout: is no setting; did you mean work_tree.setup_timeout_s?",
        ),
        ("[xyz]\nsign_off = true\n", "1: xyz: is no setting; `runner config show` lists all"),
        ("sign_off = true\n", "1: sign_off: is no setting; did you mean commit.sign_off?"),
        ('"claude.model" = "x"\n', "1: 'claude.model': is no setting; did you mean claude.model?"),
        ('"a\\nb" = 1\n', "1: 'a\\nb': is no setting; `runner config show` lists all"),
        ("profile = 1\n", "1: profile: wants tables such as [profile.work], in your own config.toml"),
        ("[claude]\nmodel.name = 1\n", "2: claude.model: wants a text in quotes, not {'name': 1}"),
        ("a = 1\na = 2\n", "2:6: cannot overwrite a value"),
    ],
)
def test_a_slip_is_one_line_that_helps(desk: Desk, text: str, line: str) -> None:
    desk.config(text)

    with pytest.raises(SettingsProblem) as caught:
        desk.load()

    assert str(caught.value) == f"{desk.paths.config_file}:{line}"


def test_a_profile_in_a_project_file_is_refused(desk: Desk) -> None:
    desk.project("[profile.x]\n")

    with pytest.raises(
        SettingsProblem, match=r"\.runner\.toml:1: profile: wants tables .* in your own config.toml"
    ):
        desk.load()


def test_the_only_problem_keeps_its_own_hint(desk: Desk) -> None:
    desk.config("a = \n")

    with pytest.raises(SettingsProblem) as caught:
        desk.load()

    assert "toml.io" in caught.value.hint


def test_outside_a_repository_there_is_no_project(desk: Desk) -> None:
    found = load(desk.paths, environment={}, folder=desk.top)

    assert found.project is None
    assert found.prompts == {}
    assert not found.verdict.trusted
