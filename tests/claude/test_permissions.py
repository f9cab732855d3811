"""What the real program may and may not do with the permissions that we give it."""

from __future__ import annotations

import json
from pathlib import Path

from runner.claude.rules import rules_for
from runner.tasks.model import Outcome
from tests.claude.conftest import Speak
from tests.peers.messages_api import text, tool, tools


def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "id_ed25519").write_text("SECRET\n")
    return folder


def test_in_the_work_tree_files_are_changed_without_asking(speak: Speak, workdir: Path) -> None:
    spoken = speak(
        tool("Read", file_path="{cwd}/calc.py"),
        tool("Edit", file_path="{cwd}/calc.py", old_string="a - b", new_string="a + b"),
        tool("Write", file_path="{cwd}/NOTES.md", content="# Notes\n"),
        tool("Bash", command="touch made-by-bash"),
        text("done"),
    )

    assert spoken.result.outcome is Outcome.DONE
    assert spoken.denied == []
    assert "a + b" in (workdir / "calc.py").read_text()
    assert (workdir / "NOTES.md").read_text() == "# Notes\n"
    assert (workdir / "made-by-bash").exists()
    assert spoken.heard.texts("tool") == [
        "Read calc.py",
        "Edit calc.py",
        "Write NOTES.md",
        "Bash touch made-by-bash",
    ]


def test_outside_the_work_tree_nothing_is_read_or_written(speak: Speak, tmp_path: Path) -> None:
    folder = outside(tmp_path)

    spoken = speak(
        tools(
            ("Read", {"file_path": f"{folder}/id_ed25519"}),
            ("Write", {"file_path": f"{folder}/new", "content": "x"}),
            ("Bash", {"command": f"cat {folder}/id_ed25519"}),
            ("Bash", {"command": f"echo x > {folder}/new"}),
            ("Bash", {"command": "python3 -c 'print(1)'"}),
        ),
        text("done"),
    )

    assert spoken.result.outcome is Outcome.DONE
    assert [name for name, _ in spoken.denied] == ["Read", "Write", "Bash", "Bash", "Bash"]
    assert spoken.heard.texts("denied")[0] == f"Read {folder}/id_ed25519"
    assert "SECRET" not in json.dumps(spoken.requests[-1].body)
    assert [path.name for path in folder.iterdir()] == ["id_ed25519"]


def test_a_denied_path_is_kept_even_inside_the_work_tree(speak: Speak, workdir: Path, tmp_path: Path) -> None:
    state = workdir / "st[at]e *(1), x"
    state.mkdir()
    (state / "queue.db").write_text("SECRET")
    (tmp_path / "link").symlink_to(state)

    spoken = speak(
        tools(
            ("Read", {"file_path": f"{state}/queue.db"}),
            ("Write", {"file_path": f"{state}/new", "content": "x"}),
            ("Bash", {"command": f"cat '{state}/queue.db'"}),
            ("Bash", {"command": f"touch '{state}/new'"}),
            ("Read", {"file_path": f"{workdir}/calc.py"}),
        ),
        text("done"),
        denied=(str(tmp_path / "link"),),
    )

    assert len(spoken.denied) == 4
    assert "SECRET" not in json.dumps(spoken.requests[-1].body)
    assert "a - b" in json.dumps(spoken.requests[-1].body)
    assert [path.name for path in state.iterdir()] == ["queue.db"]


def test_the_rules_of_the_checks_allow_them_and_nothing_beside(speak: Speak, tmp_path: Path) -> None:
    folder = outside(tmp_path)
    commands = (
        "python3 -m compileall -q calc.py",
        "python3 -m compileall -q calc.py && python3 -c 1",
        f"python3 -m compileall -q $(cat {folder}/id_ed25519)",
        f"python3 -m compileall -q . > {folder}/new",
        "python3 -m http.server",
    )

    spoken = speak(
        tools(*(("Bash", {"command": command}) for command in commands)),
        text("done"),
        rules=rules_for(("python3 -m compileall",)),
    )

    assert [what for _, what in spoken.denied] == list(commands[1:])
    assert not (folder / "new").exists()


def test_without_edit_nothing_changes_whatever_the_users_settings_say(
    speak: Speak, workdir: Path, home: Path
) -> None:
    (home / ".claude").mkdir()
    (home / ".claude/settings.json").write_text(
        json.dumps({"permissions": {"defaultMode": "acceptEdits", "allow": ["Edit", "Write"]}})
    )

    spoken = speak(
        tool("Write", file_path="{cwd}/new.py", content="x"),
        tool("Bash", command="touch made-by-bash"),
        text("done"),
        edit=False,
        tools=("Read", "Bash"),
    )

    assert spoken.result.outcome is Outcome.DONE
    assert [path.name for path in workdir.iterdir()] == ["calc.py"]


def test_the_settings_of_a_repository_count_only_when_it_is_trusted(speak: Speak, workdir: Path) -> None:
    (workdir / ".claude").mkdir()
    hook = {"type": "command", "command": "touch hook-ran"}
    (workdir / ".claude/settings.json").write_text(
        json.dumps({"hooks": {"SessionStart": [{"hooks": [hook]}]}})
    )
    (workdir / "CLAUDE.md").write_text("Say BANANA.\n")

    untrusted = speak(text("done"))
    assert not (workdir / "hook-ran").exists()
    assert "BANANA" not in json.dumps(untrusted.requests[0].body)

    trusted = speak(text("done"), trusted_project=True)
    assert (workdir / "hook-ran").exists()
    assert "BANANA" in json.dumps(trusted.requests[0].body)


def test_tools_do_not_see_what_is_not_on_the_list(speak: Speak) -> None:
    secrets = {
        "GH_TOKEN": "SECRET-1",
        "GIT_INDEX_FILE": "SECRET-2",
        "AWS_SECRET_ACCESS_KEY": "SECRET-3",
        "SSH_AUTH_SOCK": "SECRET-4",
        "CLAUDECODE": "SECRET-5",
    }

    spoken = speak(
        tool("Bash", command="printenv"), text("done"), rules=("Bash(printenv)",), environment=secrets
    )

    seen = spoken.requests[-1].messages
    assert "HOME=" in seen
    assert "SECRET" not in seen
